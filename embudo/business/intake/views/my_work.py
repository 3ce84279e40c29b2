from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _, ngettext, pgettext_lazy

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Assignment, Binding, Draft, Entry
from embudo.business.intake.permissions import CREATE_ASSIGNMENT, ENTER
from embudo.business.intake.rules.states import TO_HAND_IN, WITH_OPERATOR, EntryState
from embudo.business.intake.views.badges import entry_badge
from embudo.business.intake.views.entering import uuid_of, work_url
from embudo.foundation.transfer.permissions import IMPORT
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import ConfirmPage, ListPage
from embudo.foundation.ui.parts import Action, Column, Tab
from embudo.kernel.errors import NotFound

MOST_REJECTED = 20  # shown above the list; the tab has all of them
MOST_DRAFTS = 50


@dataclass(frozen=True)
class Returned:
    """An entry that came back, and why."""

    entry: Entry
    url: str
    comment: str
    verifier: str
    is_disputed: bool


@dataclass(frozen=True)
class Begun:
    """A form that somebody has not finished."""

    draft: Draft
    title: str
    url: str
    discard_url: str


@dataclass(frozen=True)
class Choice:
    """An assignment to switch to."""

    part: Binding
    url: str
    is_current: bool
    is_open: bool
    rejected: int


def rejected_ones(entries: QuerySet[Entry], _actor: Any) -> QuerySet[Entry]:
    return entries.filter(state=EntryState.REJECTED)


def ones_to_hand_in(entries: QuerySet[Entry], _actor: Any) -> QuerySet[Entry]:
    return entries.filter(state__in=TO_HAND_IN)


TABS = (
    Tab("all", _("All")),
    Tab("rejected", _("Rejected"), rejected_ones),
    Tab("to_hand_in", _("To hand in"), ones_to_hand_in),
)


class MyWork(ListPage):
    """The operator's home: the assignment at hand, what came back, what is unfinished, and everything they entered for it."""

    permission = ENTER
    template_name = "intake/my_work.html"
    title = _("My work")
    icon = "notebook-pen"
    columns = (
        Column("name", _("Name")),
        Column("state", _("State"), cell=lambda row: entry_badge(row.state)),
        Column("town", _("Town")),
        Column(
            "created",
            pgettext_lazy("of records", "Entered"),
            kind="datetime",
            sort="created",
            descends_first=True,
        ),
    )
    tabs = TABS
    search = lambda entries, words: entries.matching(words)  # noqa: E731 - one expression, as the page wants it
    search_label = _("Find by name, number, e-mail or phone")
    default_sort = "-created"
    empty_title = _("No records yet")
    empty_text = _("“New record” (F2) opens the first form.")

    # --- the assignment at hand ---

    @cached_property
    def parts(self) -> list[Binding]:
        return queries.own_parts(self.actor)

    @cached_property
    def part(self) -> Binding | None:
        """The one asked for, else the most urgent."""
        asked = uuid_of(self.request.GET.get("assignment", ""))
        first = next(iter(self.parts), None)
        if asked is None:
            return first
        known = next((one for one in self.parts if one.assignment_id == asked), None)
        return known or queries.part_with_assignment(self.actor, asked) or first

    @property
    def assignment(self) -> Assignment:
        if self.part is None:
            raise NotFound
        return self.part.assignment

    @cached_property
    def hindrance(self) -> str:
        return queries.hindrance(self.part)

    @cached_property
    def counts(self) -> tuple[queries.Counts, queries.Counts]:
        return queries.own_counts(self.actor, self.assignment)

    @cached_property
    def to_hand_in(self) -> int:
        return self.counts[1].of(*TO_HAND_IN)

    # --- the list ---

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.part is None:
            may_start = self.actor.may(CREATE_ASSIGNMENT)
            return self.render(
                self.get_context() | {"may_start": may_start}, template="intake/my_work_none.html"
            )
        return super().get(request, *args, **kwargs)

    def get_query(self) -> QuerySet[Entry]:
        return queries.own_entries(self.actor, self.part.assignment if self.part else None)

    def state(self) -> dict[str, str]:
        return super().state() | ({"assignment": str(self.part.assignment_id)} if self.part else {})

    def drawing(self, rows: Sequence[Any] = ()) -> Any:
        self.verdicts = queries.rejections(one for one in rows if one.state == EntryState.REJECTED)
        return super().drawing(rows)

    def row_url(self, row: Entry) -> str:
        name = "entry_correct" if row.state in WITH_OPERATOR and not self.hindrance else "entry"
        return record_url(f"intake:{name}", row.pk)

    def row_sub(self, row: Entry) -> Any:
        """Why it came back."""
        found = self.verdicts.get(row.pk)
        return comment_of(found) if found else None

    def row_tone(self, row: Entry) -> str:
        return "bad" if row.state == EntryState.REJECTED else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s record", "%(n)s records", n) % {"n": self.count_shown(n)}

    # --- what stands above it ---

    def get_actions(self) -> Sequence[Action]:
        if self.part is None or self.hindrance:
            return ()
        found = []
        if self.to_hand_in:
            label = ngettext("Hand in %(n)d record", "Hand in %(n)d records", self.to_hand_in)
            url = reverse("intake:hand_in_all", args=[self.assignment.pk])
            found.append(Action(label % {"n": self.to_hand_in}, url, "send", post=True))
        url = f"{reverse('transfer:import_new')}?kind={Entry.kind_name()}:{self.assignment.pk}"
        return [*found, Action(_("Import rows"), url, "upload", IMPORT)]

    def get_context(self) -> dict[str, Any]:
        if self.part is None:
            return super().get_context()
        today, total = self.counts
        return super().get_context() | {
            "part": self.part,
            "assignment": self.assignment,
            "target": self.part.target or self.assignment.target,
            "hindrance": self.hindrance,
            "choices": self.choices() if len(self.parts) > 1 else [],
            "today": today.entered,
            "total": total.entered,
            "accepted": total.accepted,
            "rejected": total.rejected,
            "to_hand_in": self.to_hand_in,
            "returned": self.returned() if total.rejected else [],
            "begun": self.begun(),
            "seconds": 0 if self.hindrance else queries.waiting_seconds(self.actor, self.assignment),
            "new_url": reverse("intake:entry_new", args=[self.assignment.pk]),
            "rejected_url": self.url(tab="rejected", q=""),
        }

    def choices(self) -> list[Choice]:
        counts = queries.counts_of_many([one.assignment_id for one in self.parts], owner=self.actor.id)
        return [
            Choice(
                one, work_url(one.assignment), one.assignment_id == self.assignment.pk,
                is_open=one.is_open and one.assignment.is_open,
                rejected=counts[one.assignment_id].rejected if one.assignment_id in counts else 0,
            )
            for one in self.parts
        ]  # fmt: skip

    def returned(self) -> list[Returned]:
        """What came back, the last first, with the verifier's words. Two statements."""
        found = list(rejected_ones(self.get_query(), self.actor).order_by("-decided", "-id")[:MOST_REJECTED])
        verdicts = queries.rejections(found)
        return [
            Returned(
                one, self.row_url(one), comment_of(verdicts.get(one.pk)), _verifier(verdicts.get(one.pk)),
                is_disputed=one.disputed is not None,
            )
            for one in found
        ]  # fmt: skip

    def begun(self) -> list[Begun]:
        return [self._begun(one) for one in queries.drafts(self.actor, self.assignment)[:MOST_DRAFTS]]

    def _begun(self, draft: Draft) -> Begun:
        if draft.entry_id:
            url = record_url("intake:entry_correct", draft.entry_id)
        else:
            url = reverse("intake:entry_new", args=[draft.assignment_id])
        return Begun(
            draft, draft.title.strip() or gettext("Without a name"), f"{url}?draft={draft.pk}",
            reverse("intake:draft_discard", args=[draft.assignment_id, draft.pk]),
        )  # fmt: skip


def _verifier(verdict: Any) -> str:
    return str(verdict.verifier or "") if verdict else ""


def comment_of(verdict: Any) -> str:
    """The verifier's words: on the whole, and of the values."""
    if verdict is None:
        return ""
    parts = [verdict.comment, *(point.comment for point in verdict.judged)]
    return " ".join(part for part in parts if part)


class HandInAll(ConfirmPage):
    """What waits to be handed in, in one go; the button on the home posts here at once."""

    query: ClassVar[Any] = queries.assignment
    command = commands.hand_in_entries
    title = _("Hand in my records")
    submit_label = _("Hand in")
    intro = _("Everything that you entered or corrected here goes to the verifier.")
    nav = "intake:my_work"

    def get_cancel_url(self) -> str:
        return work_url(self.record)

    def success_url(self, result: Any, record: Any) -> str:
        return work_url(record)

    def success_message(self, result: Any) -> str:
        n = int(result)
        if not n:
            return gettext("Nothing waits to be handed in.")
        return ngettext("%(n)d record was handed in.", "%(n)d records were handed in.", n) % {"n": n}
