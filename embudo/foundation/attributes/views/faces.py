"""The switch between a list's faces, and what each of them can be laid out by."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.rules import Face, ListAttribute, Look
from embudo.foundation.attributes.rules.faces import BOARD_TYPES, CALENDAR_TYPES, NO_TOTAL
from embudo.foundation.attributes.views.groups import summable
from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text

if TYPE_CHECKING:
    from embudo.foundation.attributes.views.design import Design

TYPES = {Face.BOARD: BOARD_TYPES, Face.CALENDAR: CALENDAR_TYPES}
ICONS = {Face.TABLE: "table", Face.BOARD: "kanban", Face.CALENDAR: "calendar"}
OF_EVERY_RECORD = ("created", "updated")


def fitting(design: "Design", face: Face) -> dict[str, ListAttribute]:
    """The attributes that the list can be laid out by in this way."""
    return {key: one for key, one in design.attributes.items() if one.type in TYPES.get(face, ())}


def laid_out_by(design: "Design", look: Look) -> ListAttribute | None:
    """The attribute asked for, else the list's own, else the first that says something; None for a table."""
    if look.face is Face.TABLE:
        return None
    known = fitting(design, look.face)
    own = design.page.board_by if look.face is Face.BOARD else design.page.calendar_by
    telling = [key for key in known if key not in OF_EVERY_RECORD]
    wanted = (look.by, own, *telling, *known)
    return next((known[key] for key in wanted if key in known), None)


def offered(design: "Design") -> list[Face]:
    """The faces that the list can take: by attributes that not every record has, unless the list names another."""
    page, found = design.page, [Face.TABLE]
    for face, own in ((Face.BOARD, page.board_by), (Face.CALENDAR, page.calendar_by)):
        is_at_hand = bool(own) or face is design.look.face
        if is_at_hand or queries.has_attribute(design.actor, design.model, TYPES[face], but=OF_EVERY_RECORD):
            found.append(face)
    return found if len(found) > 1 else []


def switch(design: "Design") -> str:
    """ "Table, Board, Calendar": links, so that each has its address."""
    links = "".join(_face_link(design, face) for face in offered(design))
    if not links:
        return ""
    name = text(gettext("Show as"))
    return f'<div class="group" role="group" aria-label="{name}">{links}</div>'


def _face_link(design: "Design", face: Face) -> str:
    is_here = face is design.look.face
    here = ' aria-current="page"' if is_here else ""
    look = design.look if is_here else Look(face)
    address = design.page.url(**design.look_words(look))
    return f'<a class="btn" id="face-{face}" href="{text(address)}"{here}>{atoms.icon(ICONS[face])}{text(face.label)}</a>'


def layout_form(design: "Design") -> str:
    """What a board or a calendar is laid out by, and what a board adds up."""
    look = design.look
    state = {key: value for key, value in design.page.state().items() if key not in ("by", "total", "face")}
    hidden = _hidden(state | {"face": look.face.value})
    by = [(key, str(one)) for key, one in fitting(design, look.face).items()]
    label = gettext("Columns by") if look.face is Face.BOARD else gettext("Days by")
    selects = _select("by", label, by, look.by) + (_totals(design) if look.face is Face.BOARD else "")
    path, apply = text(design.page.request.path), text(gettext("Apply"))
    return (
        f'<form class="row row-wrap face-form" id="face-form" method="get" action="{path}" hx-get="{path}" hx-trigger="submit, change"'
        f' hx-target="#main" hx-push-url="true">{hidden}{selects}'
        f'<button class="btn no-js" type="submit">{apply}</button></form>'
    )


def _totals(design: "Design") -> str:
    known = [(one.key, str(one)) for one in summable(design)]
    if not known:
        return ""
    total = design.face.total
    return _select(
        "total", gettext("Sum of"), [*known, (NO_TOTAL, gettext("nothing"))], total.key if total else NO_TOTAL
    )


def _hidden(state: dict[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{text(key)}" value="{text(value)}">' for key, value in state.items()
    )


def _select(name: str, label: str, options: Iterable[tuple[str, Any]], chosen: str) -> str:
    drawn = "".join(
        f'<option value="{text(value)}"{" selected" if value == chosen else ""}>{text(words)}</option>'
        for value, words in options
    )
    return (
        f'<label class="row small"><span>{text(label)}</span>'
        f'<select class="select input-sm" name="{name}" id="face-{name}">{drawn}</select></label>'
    )
