"""Draws a board's cards in code, as `table` draws rows: in a template 180 cards cost five times as much."""

from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.parts import Card, Lane


class CardDrawing:
    """The cards of one board. All share one menu, which the page keeps: it differs in the card it is opened for alone."""

    def __init__(self, *, may_move: bool, said: str = "") -> None:
        self.may_move = may_move
        self.said = said  # of cards that come later: spoken, and the first of them takes the focus
        self.move_icon, self.owner_word = text(atoms.icon("move-horizontal")), text(gettext("Owner"))
        self.move_words = gettext("Move %(name)s, now in")

    def cards(self, lane: Lane) -> SafeString:
        label = text(lane.label)
        drawn = "".join([self._card(card, label) for card in lane.cards])
        if self.said:
            drawn = drawn.replace("<li ", f'<li data-say-now="{text(self.said)}" ', 1).replace(
                "<a ", "<a data-focus-now ", 1
            )
        return mark_safe(drawn + text(lane.cards_more))  # noqa: S308

    def _card(self, card: Card, lane: str) -> str:
        key = text(card.id)
        fixed = "" if self.may_move and card.can_move else " data-fixed"
        version = f' data-version="{text(card.version)}"' if card.version else ""
        mover = self._mover(card, key, lane) if self.may_move and card.can_move else ""
        return (
            f'<li class="deal" id="card-{key}" data-card="{key}"{version}{fixed}>'
            f'<h3><a href="{text(card.url)}">{text(card.title)}</a>{mover}</h3>{self._body(card)}</li>'
        )

    def _mover(self, card: Card, key: str, lane: str) -> str:
        """The button, named by card and lane. Script lets it open the menu; without, it asks for the page with the choices."""
        words = text(self.move_words % {"name": card.title})
        return (
            f'<button class="btn btn-ghost btn-icon" form="board-ask" name="ask" value="{key}" id="move-{key}">'
            f'{self.move_icon}<span class="vh">{words} <span data-stage-name>{lane}</span></span></button>'
        )

    def _body(self, card: Card) -> str:
        below = f'<p class="small muted truncate">{text(card.subtitle)}</p>' if card.subtitle else ""
        facts = "".join(
            [
                f'<p class="small deal-fact"><span>{text(label)}</span> {text(value)}</p>'
                for label, value in card.facts
            ]
        )
        marks = f'<p class="row row-wrap">{"".join(map(text, card.badges))}</p>' if card.badges else ""
        amount = f'<span class="deal-amount muted">{text(card.amount)}</span>' if card.amount else ""
        return f'{below}{facts}{marks}<p class="deal-meta">{amount}<span class="push">{text(card.meta)}</span>{self._owner(card)}</p>'

    def _owner(self, card: Card) -> Any:
        if not card.owner:
            return ""
        return f'{atoms.avatar(card.owner)}<span class="vh">{self.owner_word} {text(card.owner)}</span>'
