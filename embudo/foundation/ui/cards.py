"""Draws a board's cards in code, as `table` draws rows: in a template 180 cards with their menus cost five times as much."""

from collections.abc import Sequence
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.parts import Card, Lane


class CardDrawing:
    """The cards of one board. `forms` maps the keys of lanes whose move opens a dialog to its address."""

    def __init__(self, lanes: Sequence[Lane], forms: dict[str, str], *, may_move: bool) -> None:
        self.lanes, self.forms, self.may_move = lanes, forms, may_move
        self.move_icon, self.owner_word = text(atoms.icon("move-horizontal")), text(gettext("Owner"))
        self.menu_title = f'<p class="menu-title">{text(gettext("Move to"))}</p>'
        self.move_words = gettext("Move %(name)s, now in")

    def cards(self, lane: Lane) -> SafeString:
        # what differs in a card's menu is its own id alone: the rest is put together once for a lane
        menu = "".join(self._choice(other, is_here=other.key == lane.key) for other in self.lanes)
        return mark_safe("".join([self._card(card, lane, menu) for card in lane.cards]))  # noqa: S308

    def _choice(self, other: Lane, *, is_here: bool) -> str:
        kind, dot = ("button" if self.forms[other.key] else "submit"), f"dot-{other.dot}" if other.dot else ""
        return (
            f'<button type="{kind}" form="board-form" name="move" value="\0 {text(other.key)}"'
            f' data-move-to="lane-{text(other.key)}"{" hidden" if is_here else ""}>'
            f'<span class="dot {text(dot)}"></span>{text(other.label)}</button>'
        )

    def _card(self, card: Card, lane: Lane, menu: str) -> str:
        is_movable, key = self.may_move and card.can_move, text(card.id)
        fixed = "" if card.can_move else " data-fixed"
        mover, choices = self._mover(card, key, lane, menu) if is_movable else ("", "")
        return (
            f'<li class="deal" id="card-{key}" data-card="{key}"{fixed}>'
            f'<h3><a href="{text(card.url)}">{text(card.title)}</a>{mover}</h3>{choices}{self._body(card)}</li>'
        )

    def _mover(self, card: Card, key: str, lane: Lane, menu: str) -> tuple[str, str]:
        """The button, named by card and lane, and the menu that it opens."""
        words = text(self.move_words % {"name": card.title})
        button = (
            f'<button class="btn btn-ghost btn-icon" type="button" id="move-{key}" popovertarget="menu-{key}">{self.move_icon}'
            f'<span class="vh">{words} <span data-stage-name>{text(lane.label)}</span></span></button>'
        )
        choices = menu.replace("\0", key)
        return button, f'<div class="menu" id="menu-{key}" popover>{self.menu_title}{choices}</div>'

    def _body(self, card: Card) -> str:
        below = f'<p class="small muted truncate">{text(card.subtitle)}</p>' if card.subtitle else ""
        marks = f'<p class="row row-wrap">{"".join(map(text, card.badges))}</p>' if card.badges else ""
        amount = f'<span class="deal-amount muted">{text(card.amount)}</span>' if card.amount else ""
        return f'{below}{marks}<p class="deal-meta">{amount}<span class="push">{text(card.meta)}</span>{self._owner(card)}</p>'

    def _owner(self, card: Card) -> Any:
        if not card.owner:
            return ""
        return f'{atoms.avatar(card.owner)}<span class="vh">{self.owner_word} {text(card.owner)}</span>'
