import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy as _, ngettext, pgettext_lazy

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.entries import MessageForm
from embudo.business.intake.models import Entry, Message, Round
from embudo.business.intake.permissions import CORRECT, DECIDE, VERIFY, VIEW_ENTRIES
from embudo.business.intake.rules.acts import Act
from embudo.business.intake.rules.states import EntryState, Second
from embudo.business.intake.rules.verdicts import Fault, Outcome, Point
from embudo.business.intake.views.badges import duration_text, entry_badge, judgement_badge
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import about_url, record_url
from embudo.foundation.ui.pages import CommandPage, Page, RecordPage
from embudo.foundation.ui.pages.records import Shown
from embudo.foundation.ui.parts import Action, Crumb
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import kind_of

MOST_SPOKEN = 200
WAY = (EntryState.ENTERED, EntryState.HANDED_IN, EntryState.IN_VERIFICATION, EntryState.ACCEPTED)
WAY_BACK = (
    EntryState.ENTERED,
    EntryState.HANDED_IN,
    EntryState.REJECTED,
    EntryState.CORRECTED,
    EntryState.ACCEPTED,
)
# name of the page, label, icon and permission of each act, the likeliest first
ACTS: dict[Act, tuple[str, Any, str, Any]] = {
    Act.DECIDE: ("entry_decide", _("Decide the dispute"), "scale", DECIDE),
    Act.VERIFY: ("verify", _("Verify"), "eye", VERIFY),
    Act.HAND_IN: ("entry_hand_in", _("Hand in"), "send", CORRECT),
    Act.CORRECT: ("entry_correct", _("Correct"), "pencil", CORRECT),
    Act.DISPUTE: ("entry_dispute", _("Dispute"), "shield-question-mark", CORRECT),
    Act.WITHDRAW: ("entry_withdraw", _("Withdraw"), "undo-2", CORRECT),
}
WHOLE_PAGES = (Act.CORRECT, Act.VERIFY)
REASONS = {
    "tax": _("The same tax number"),
    "name": _("The same name and town"),
    "email": _("The same e-mail address"),
    "phone": _("The same phone"),
}


def entry_steps(state: str) -> list[tuple[str, str]]:
    """(label, "done" | "current" | "") of each step on the way; nothing for an entry that was withdrawn."""
    if state == EntryState.WITHDRAWN:
        return []
    way = WAY_BACK if state in (EntryState.REJECTED, EntryState.CORRECTED) else WAY
    at = way.index(EntryState(state))
    is_over = at == len(way) - 1
    marks = [
        "done" if place < at or is_over else "current" if place == at else "" for place in range(len(way))
    ]
    return [(str(step.label), mark) for step, mark in zip(way, marks, strict=True)]


@dataclass(frozen=True)
class Judged:
    """A value, with what verification said of it."""

    fact: queries.Fact
    badge: Any = ""
    reason: str = ""
    comment: str = ""
    suggested: Any = ""
    before: Any = ""  # what was judged, where it is another now


def reason_of(point: Point) -> str:
    return str(Fault(point.code).label) if point.code in Fault.values else ""


@dataclass(frozen=True)
class ShownRound:
    """A round of verification: what was changed for it, and what was said of the values that are not simply right."""

    round: Round
    badge: Any
    moves: Sequence[queries.Move]
    judged: Sequence[Judged]


class EntryPage(RecordPage):
    permission = VIEW_ENTRIES
    query = queries.entry
    template_name = "intake/entry.html"
    nav = "intake:entries"

    def get_crumbs(self) -> Sequence[Crumb]:
        return (Crumb(pgettext_lazy("of an assignment", "Entries"), reverse("intake:entries")),)

    @cached_property
    def acts(self) -> frozenset[Act]:
        return queries.entry_acts(self.actor, self.record)

    def get_actions(self) -> Sequence[Action]:
        """What can be done next; the likeliest act is primary, and withdrawing never is."""
        found: list[Action] = []
        for act, (name, label, icon, permission) in ACTS.items():
            address = _address(name, self.record.pk) if act in self.acts else ""
            if address:
                is_first, is_dialog = not found and act is not Act.WITHDRAW, act not in WHOLE_PAGES
                found.append(Action(label, address, icon, permission, primary=is_first, dialog=is_dialog))
        return found

    @cached_property
    def panels(self) -> list[Shown]:
        """The custom values stand among the others already."""
        record: Entry = self.record
        twice = about_url("attributes:values", record.kind_name(), record.pk)
        return [one for one in super().panels if one.url != twice]

    @cached_property
    def wording(self) -> queries.Wording:
        return queries.Wording(self.actor, self.record.assignment)

    @cached_property
    def rounds(self) -> list[Round]:
        return list(queries.rounds(self.actor, self.record))

    @cached_property
    def blind(self) -> frozenset[str]:
        return queries.blind_to(self.actor, self.record)

    def judged(self, values: Any, points: Sequence[Point], old: Any = None) -> list[Judged]:
        """`old` are the values that the points are about, where they may have changed since."""
        said = {one.name: one for one in points}
        changed = [] if old is None else queries.changed_names(self.wording.labels, old, values)
        before = {name: self.wording.text(name, old.get(name)) for name in changed if name in said}
        shown = (one for one in self.wording.facts(values) if one.name not in self.blind)
        return [self._judged(fact, said.get(fact.name), before.get(fact.name, "")) for fact in shown]

    def _judged(self, fact: queries.Fact, point: Point | None, before: Any) -> Judged:
        if point is None:
            return Judged(fact)
        badge = judgement_badge(point.judgement)
        return Judged(fact, badge, reason_of(point), point.comment, point.suggested, before)

    @cached_property
    def verdict(self) -> Round | None:
        """The last round that was decided."""
        return next((one for one in self.rounds if one.outcome), None)

    def values(self) -> list[Judged]:
        last, now = self.verdict, queries.asked_values(self.record)
        return self.judged(now, last.judged, last.values) if last else self.judged(now, ())

    def shown_rounds(self) -> list[ShownRound]:
        """The last first, each with what differs from the one before it."""
        found = []
        before = {one.number + 1: one.values for one in self.rounds}
        for one in self.rounds:
            old = before.get(one.number)
            moved = queries.moves(self.wording, old, one.values) if old is not None else []
            wrong = [
                each
                for each in self.judged(one.values, one.judged)
                if each.reason or each.comment or each.suggested
            ]
            found.append(
                ShownRound(
                    one, self._outcome(one), [each for each in moved if each.name not in self.blind], wrong
                )
            )
        return found

    def _outcome(self, one: Round) -> Any:
        if one.is_overruled:
            return atoms.badge("ok", "scale", gettext("Rejected, then overruled"))
        if not one.outcome:
            return atoms.badge("info", "inbox", gettext("Waits for a verdict"))
        return entry_badge(EntryState.ACCEPTED if one.outcome == Outcome.ACCEPTED else EntryState.REJECTED)

    def became(self) -> tuple[Any, str] | None:
        """The record of the directory that it became, for whoever may see that."""
        found = self.record.company or self.record.person
        if found is None or not found.is_visible_to(self.actor):
            return None
        return found, kind_of(found).url(found.pk)

    def alike(self) -> list[dict[str, Any]]:
        return [
            {
                "other": other,
                "url": record_url("intake:entry", other.pk),
                "reason": REASONS.get(one.reason, ""),
                "badge": _likeness_badge(is_same=one.is_same),
                "decide_url": _address("likeness_decide", one.pk) if one.decided is None else "",
            }
            for one, other in queries.likenesses_about(self.actor, self.record)
        ]

    def get_context(self) -> dict[str, Any]:
        entry: Entry = self.record
        is_own = entry.owner_id == self.actor.id
        return (
            super().get_context()
            | {
                "badge": entry_badge(entry.state),
                "steps": entry_steps(entry.state),
                "is_own": is_own,
                "is_part_closed": is_own and not queries.is_part_open(entry),
                "verdict": self.verdict if entry.state == EntryState.REJECTED else None,
                "values": self.values(),
                "blind": [self.wording.labels[name] for name in self.wording.labels if name in self.blind],
                "rounds": self.shown_rounds(),
                "second": queries.second_moves(self.actor, entry, self.wording),
                "is_second_wanted": entry.second == Second.WANTED and entry.state == EntryState.HANDED_IN,
                "took": duration_text(entry.seconds),
                "became": self.became(),
                "alike": self.alike(),
            }
            | talk_context(self.actor, entry, may_write=Act.CONVERSE in self.acts)
        )


def _address(name: str, *args: Any) -> str:
    """ "" where the page is not there."""
    try:
        return reverse(f"intake:{name}", args=args)
    except NoReverseMatch:
        return ""


def _likeness_badge(*, is_same: bool | None) -> Any:
    if is_same is None:
        return atoms.badge("warn", "circle-help", gettext("Not decided"))
    if is_same:
        return atoms.badge("bad", "copy", gettext("The same"))
    return atoms.badge("plain", "split", gettext("Another one"))


# ------------------------------------------------------------------------------------- the conversation


def talk_context(actor: Any, entry: Entry, *, may_write: bool, form: Any = None) -> dict[str, Any]:
    said = list(queries.messages(actor, entry))
    return {
        "record": entry,
        "said": said,
        "last": said[-1].pk if said else "",
        "me": actor.id,
        "shown": entry.version,
        "is_changed": False,
        "state_badge": entry_badge(entry.state),
        "form": form or MessageForm(actor=actor, auto_id="say-%s"),
        "may_write": may_write,
    }


def new_words(said: Sequence[Message], after: str, me: UUID | None) -> str:
    """What is spoken of the messages that others sent since the one that the page showed last."""
    ids = [str(one.pk) for one in said]
    since = ids.index(after) + 1 if after in ids else 0 if not after else len(ids)
    new = [one for one in said[since:] if one.author_id != me]
    if not new:
        return ""
    words = gettext("%(name)s writes: %(text)s") % {
        "name": new[-1].author, "text": Truncator(new[-1].text).chars(MOST_SPOKEN),
    }  # fmt: skip
    if len(new) == 1:
        return words
    count = ngettext("%(n)d new message.", "%(n)d new messages.", len(new)) % {"n": len(new)}
    return f"{count} {words}"


class EntryThread(Page):
    """What was said, asked for again whenever the entry changes; the form below it is left alone."""

    permission = VIEW_ENTRIES
    template_name = "intake/entry_thread.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_part = self.htmx_target == "thread"
        try:
            entry = queries.entry(self.actor, self.kwargs["entry_id"])
        except NotFound:
            if not is_part:
                raise
            return self.gone()
        if not is_part:
            return HttpResponseRedirect(f"{record_url('intake:entry', entry.pk)}#thread")
        given = request.GET
        context = talk_context(self.actor, entry, may_write=False)
        shown, heard = given.get("shown", ""), given.get("heard", "") or given.get("shown", "")
        is_changed = shown.isdecimal() and shown != str(entry.version)
        context |= {"shown": shown if shown.isdecimal() else entry.version, "is_changed": is_changed}
        spoken = [new_words(context["said"], given.get("after", ""), self.actor.id)]
        if is_changed and heard != str(entry.version):
            spoken.append(changed_words(entry))
        text = " ".join(filter(None, spoken))
        headers = {"HX-Trigger": json.dumps({"say": {"text": text}})} if text else {}
        html = render_to_string(self.template_name, context, request=request)
        return HttpResponse(html, headers={"Vary": "HX-Request, HX-Target", **headers})

    def gone(self) -> HttpResponse:
        """To a page that still shows it: nobody is left to wonder why nothing works any more."""
        said = gettext("This entry was withdrawn, or it is no longer yours to see.")
        html = render_to_string("intake/entry_gone.html", {"said": said}, request=self.request)
        return HttpResponse(html, headers={"HX-Trigger": json.dumps({"say": {"text": said}})})


def changed_words(entry: Entry) -> str:
    state = EntryState(entry.state).label
    return gettext("This entry has changed. It is “%(state)s” now.") % {"state": state}


class SendMessage(CommandPage):
    """From the entry's page it answers with the conversation alone, so that nothing else on the page moves."""

    query = queries.entry
    command = commands.send_message
    form_class = MessageForm
    title = _("Write a message")
    submit_label = _("Send")
    nav = "intake:entries"

    @property
    def is_from_page(self) -> bool:
        return self.htmx_target == "talk"

    def initial(self, record: Any) -> dict[str, Any]:
        return {}

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        return MessageForm(data, actor=self.actor, auto_id="say-%s" if self.is_from_page else "id_%s")

    def success_message(self, result: Any) -> str:
        return gettext("Message sent.")

    def success_url(self, result: Any, record: Any) -> str:
        return f"{record_url('intake:entry', record.pk)}#thread"

    def talk(self, form: Any = None) -> str:
        entry: Entry = self.record
        context = talk_context(self.actor, entry, may_write=True, form=form)
        shown = self.request.POST.get("shown", "")
        if shown.isdecimal():
            context |= {"shown": shown, "is_changed": shown != str(entry.version)}
        context["form"].fields["text"].widget.attrs["data-focus-now"] = ""
        return render_to_string("intake/entry_talk.html", context, request=self.request)

    def succeed(self, result: Any) -> HttpResponse:
        if not self.is_from_page:
            return super().succeed(result)
        say = {"say": {"text": self.success_message(result)}}
        return HttpResponse(self.talk(), headers={"HX-Trigger": json.dumps(say)})

    def show(self, form: Any, *, status: int = 200) -> HttpResponse:
        return (
            HttpResponse(self.talk(form), status=status)
            if self.is_from_page
            else super().show(form, status=status)
        )
