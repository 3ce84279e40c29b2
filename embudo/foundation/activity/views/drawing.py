"""What happened about a record, in words and drawn in code: a template loop costs several times as much."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.text import normalize_newlines
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.activity import permissions
from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.foundation.activity.queries import TimelineItem
from embudo.foundation.activity.rules import Direction, Outcome
from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.forms import phone_text
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.parts import Action
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_of
from embudo.kernel.models import LogEntry
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.wording import event_text


@dataclass(frozen=True)
class Shown:
    """A timeline item in words: who, what ("called"), the thing itself in bold, and what follows."""

    icon: str
    words: str
    thing: str = ""
    tail: str = ""
    tone: str = ""
    body: str = ""
    url: str = ""
    actions: list[Action] = field(default_factory=list)


def may_touch(actor: Actor, permission: Permission, thing: AboutRecord) -> bool:
    """Whether to offer an act; the command itself decides."""
    scope = actor.scope(permission)
    return scope is not None and (scope is not Scope.OWN or thing.owner_id == actor.id)


def duration_text(seconds: int) -> str:
    if not seconds:
        return ""
    minutes, rest = divmod(seconds, 60)
    if not minutes:
        return gettext("%(s)d s") % {"s": rest}
    return (
        gettext("%(m)d min %(s)d s") % {"m": minutes, "s": rest}
        if rest
        else gettext("%(m)d min") % {"m": minutes}
    )


@singledispatch
def shown(thing: Any, actor: Actor) -> Shown:
    raise TypeError(thing)


@shown.register
def _entry(thing: LogEntry, actor: Actor) -> Shown:
    event = event_text(thing.name)
    return Shown(event.icon, event.words(thing.data), tone=event.tone)


@shown.register
def _note(thing: Note, actor: Actor) -> Shown:
    actions = []
    if thing.owner_id == actor.id and actor.may(permissions.CHANGE_NOTE):
        actions.append(Action(_("Edit"), record_url("activity:note_change", thing.pk), "pencil", dialog=True))
    if may_touch(actor, permissions.REMOVE_NOTE, thing):
        actions.append(
            Action(_("Remove"), record_url("activity:note_remove", thing.pk), "trash-2", dialog=True)
        )
    tail = "" if thing.version == 1 else gettext("(edited)")
    return Shown("sticky-note", gettext("wrote a note"), tail=tail, body=thing.text, actions=actions)


@shown.register
def _call(thing: Call, actor: Actor) -> Shown:
    is_incoming = thing.direction == Direction.INCOMING
    words = (
        gettext("took a call from %(phone)s") if is_incoming else gettext("called %(phone)s")
    ) if thing.phone else gettext("took a call") if is_incoming else gettext("made a call")  # fmt: skip
    is_reached = thing.outcome == Outcome.ANSWERED
    icon = ("phone-incoming" if is_incoming else "phone-outgoing") if is_reached else "phone-missed"
    actions = []
    if may_touch(actor, permissions.CHANGE_CALL, thing):
        actions.append(Action(_("Edit"), record_url("activity:call_change", thing.pk), "pencil", dialog=True))
    return Shown(
        icon, words % {"phone": phone_text(thing.phone) if thing.phone.startswith("+") else thing.phone}, thing=str(Outcome(thing.outcome).label),
        tail=duration_text(thing.seconds), tone="info" if is_reached else "", body=thing.summary, actions=actions,
    )  # fmt: skip


def meeting_facts(thing: Meeting) -> str:
    parts = (thing.place, thing.participants, thing.summary)
    return "\n".join(part for part in parts if part)


@shown.register
def _meeting(thing: Meeting, actor: Actor) -> Shown:
    words = gettext("cancelled the meeting") if thing.is_cancelled else gettext("held a meeting:")
    actions = []
    if not thing.is_cancelled and may_touch(actor, permissions.CHANGE_MEETING, thing):
        actions.append(
            Action(_("Edit"), record_url("activity:meeting_change", thing.pk), "pencil", dialog=True)
        )
    icon, tone = ("circle-x", "") if thing.is_cancelled else ("calendar-check", "ok")
    return Shown(icon, words, thing=thing.title, tone=tone, body=meeting_facts(thing), actions=actions)


@shown.register
def _task(thing: Task, actor: Actor) -> Shown:
    words = gettext("Closed by itself:") if thing.is_automatic else gettext("completed")
    return Shown("square-check", words, thing=thing.words, tone="ok", url=kind_of(thing).url(thing.pk))


def items(found: Sequence[TimelineItem], actor: Actor, earlier: str = "") -> SafeString:
    """The lines of the list, the last of them with the button that brings what came `earlier`."""
    lines = "\n".join([_line(item, said(item, actor)) for item in found])
    return mark_safe(f"{lines}\n{_more(earlier)}" if earlier else lines)  # noqa: S308 - every part is escaped


def said(item: TimelineItem, actor: Actor) -> Shown:
    plain = shown(item.thing, actor)
    return replace(plain, thing=item.named[0], url=item.named[1]) if item.named else plain


def _line(item: TimelineItem, says: Shown) -> str:
    at = atoms.moment(item.at)
    acts = "".join([_act(action, says.words, at) for action in says.actions])
    return f"""<li>{_dot(says)}<div class="tl-body"><h4>{_heading(item.who, says)}</h4>
<div class="row row-wrap">{at}{acts}</div>{_body(says.body)}</div></li>"""


def _dot(says: Shown) -> str:
    tone = f" tl-{says.tone}" if says.tone else ""
    return f'<span class="tl-dot{tone}">{atoms.icon(says.icon)}</span>'


def _heading(who: str, says: Shown) -> str:
    heading = f"<strong>{text(who or 'Embudo')}</strong> {text(says.words)}"
    if says.thing:
        thing = text(says.thing)
        heading += f' <a href="{text(says.url)}">{thing}</a>' if says.url else f" <strong>{thing}</strong>"
    return f"{heading} {text(says.tail)}" if says.tail else heading


def _act(action: Action, words: str, at: str) -> str:
    """Named by what it acts on: there is one of the same label in many lines."""
    name = f'<span class="vh">: {text(words)}, {at}</span>'
    return f'<a class="small" href="{text(action.url)}" data-dialog>{text(action.label)}{name}</a>'


def _body(words: str) -> str:
    if not words:
        return ""
    lines = "<br>".join([text(line) for line in normalize_newlines(words).split("\n")])
    return f'<div class="tl-card">{lines}</div>'


def _more(address: str) -> str:
    there, words = text(address), text(gettext("Show earlier"))
    return (
        f'<li class="tl-more"><span class="tl-dot">{atoms.icon("history")}</span><div class="tl-body"><a class="btn"'
        f' href="{there}" hx-get="{there}" hx-target="closest li" hx-swap="outerHTML">{words}</a>'
        "</div></li>"
    )
