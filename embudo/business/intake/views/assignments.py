from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext, pgettext_lazy

from embudo.business.intake import queries
from embudo.business.intake.forms.assignments import POLICY_WORDS
from embudo.business.intake.permissions import (
    BIND,
    CLOSE_ASSIGNMENT,
    CLOSE_PART,
    CREATE_ASSIGNMENT,
    DECIDE,
    EDIT_ASSIGNMENT,
    ENTER,
    TAKE_DELIVERY,
    VIEW_ASSIGNMENTS,
    VIEW_ENTRIES,
    VIEW_PROGRESS,
    WAIVE_SECOND,
)
from embudo.business.intake.queries import Counts
from embudo.business.intake.rules.policies import Policy
from embudo.business.intake.rules.states import AssignmentState, Duty
from embudo.business.intake.views.badges import assignment_badge
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter, Tab
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Permission

NAV = "intake:assignments"
WORKED_ON = (AssignmentState.DRAFT, AssignmentState.OPEN)
ENTERED = pgettext_lazy("of records", "Entered")
ASSIGNMENTS = Crumb(_("Assignments"), reverse_lazy(NAV))


def of_actor(assignments: Any, actor: Actor) -> Any:
    bound = queries.bound_assignments(actor)
    own = Q(principal=actor.id) | Q(coordinator=actor.id) | Q(pk__in=bound)
    return assignments.filter(own).exclude(state=AssignmentState.ARCHIVED)


def counts_of(row: Any) -> Counts:
    found: Counts = row.get("counts") or Counts()
    return found


def done_cell(row: Any) -> Any:
    """Accepted of the target, as a bar and in figures."""
    done, target = counts_of(row).accepted, row["target"]
    if not target:
        return atoms.number(done)
    shown = gettext("%(done)s of %(target)s") % {"done": atoms.number(done), "target": atoms.number(target)}
    return atoms.join(atoms.bar(min(done, target), target), shown)


class Assignments(ListPage):
    permission = VIEW_ASSIGNMENTS
    title = _("Assignments")
    icon = "target"
    query = queries.assignments
    fields = (
        "title", "subject", "state", "deadline", "target", "principal__name", "coordinator__name", "parent__title",
        "created",
    )  # fmt: skip
    columns = (
        Column("title", _("Assignment"), sort="title"),
        Column("state", _("State"), cell=lambda row: assignment_badge(row["state"]), sort="state"),
        Column("principal__name", _("Principal"), kind="person"),
        Column("coordinator__name", _("Coordinator"), kind="person"),
        Column("deadline", _("Deadline"), kind="date", sort="deadline"),
        Column(
            "entered",
            ENTERED,
            cell=lambda row: atoms.number(counts_of(row).entered),
            value=lambda row: counts_of(row).entered,
            end=True,
        ),
        Column("accepted", _("Accepted"), cell=done_cell),
    )
    tabs = (
        Tab("open", _("Open and drafts"), lambda found, _actor: found.filter(state__in=WORKED_ON)),
        Tab("mine", _("Mine"), of_actor),
        Tab("all", _("All"), lambda found, _actor: found.exclude(state=AssignmentState.ARCHIVED)),
        Tab("archived", _("Archived"), lambda found, _actor: found.filter(state=AssignmentState.ARCHIVED)),
    )
    filters = (Filter("state", _("State"), tuple(AssignmentState.choices)),)
    search_fields = ("title",)
    search_label = _("Find by title")
    default_sort = "-created"
    actions = (
        Action(
            _("New assignment"),
            reverse_lazy("intake:assignment_new"),
            "plus",
            CREATE_ASSIGNMENT,
            primary=True,
        ),
    )
    empty_title = _("No assignments yet")
    empty_text = _("An assignment says which records are wanted, where, how many and until when.")

    def get_actions(self) -> Sequence[Action]:
        alone = Action(_("Start on my own"), reverse("intake:alone"), "play", CREATE_ASSIGNMENT, dialog=True)
        return (*self.actions, alone) if self.actor.may(ENTER) else self.actions

    def prepare(self, rows: Sequence[Any]) -> None:
        found = queries.counts_seen(self.actor, [row["pk"] for row in rows]) if rows else {}
        for row in rows:
            row["counts"] = found.get(row["pk"], Counts())

    def row_url(self, row: Any) -> str:
        return record_url("intake:assignment", row["pk"])

    def row_sub(self, row: Any) -> Any:
        return row["parent__title"] or ""

    def row_tone(self, row: Any) -> str:
        is_late = row["deadline"] is not None and row["deadline"] < clock.today()
        return "bad" if is_late and row["state"] == AssignmentState.OPEN else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s assignment", "%(n)s assignments", n) % {"n": self.count_shown(n)}


def policy_words(assignment: Any) -> str:
    """How it is verified, in a sentence."""
    if assignment.policy == Policy.SAMPLE:
        return gettext("A sample of %(n)s %%, drawn by chance. The rest counts at once.") % {
            "n": assignment.percent
        }
    return str(POLICY_WORDS[assignment.policy])


def part_badge(*, is_open: bool) -> Any:
    if is_open:
        return atoms.badge("accent", "circle-dot", gettext("Open"))
    return atoms.badge("plain", "lock", gettext("Closed"))


def tree(branches: Sequence[queries.Branch]) -> list[dict[str, Any]]:
    return [
        {
            "assignment": one.assignment,
            "badge": assignment_badge(one.assignment.state),
            "counts": one.counts,
            "below": tree(one.below),
        }
        for one in branches
    ]


class AssignmentPage(RecordPage):
    permission = VIEW_ASSIGNMENTS
    query = queries.assignment
    template_name = "intake/assignment.html"
    nav = NAV
    crumbs = (ASSIGNMENTS,)

    def reaches(self, permission: Permission) -> bool:
        return self.actor.may(permission) and self.record.is_within(self.actor, permission)

    def act(self, name: str, label: Any, icon: str, *, dialog: bool = True, **more: Any) -> Action:
        return Action(label, reverse(f"intake:{name}", args=[self.record.pk]), icon, dialog=dialog, **more)

    def get_actions(self) -> Sequence[Action]:
        state = self.record.state
        found: list[Action] = []
        if state in WORKED_ON and self.reaches(EDIT_ASSIGNMENT):
            found += self.editing()
        if state in WORKED_ON and self.duties:
            bind = self.act("bind", _("Bind a person"), "user-plus", primary=not found)
            found += [bind, self.act("bind_group", _("Bind a group"), "users-round")]
        if self.reaches(CLOSE_ASSIGNMENT):
            found += self.closing()
        if self.reaches(TAKE_DELIVERY):
            found.append(self.act("deliveries", _("Deliveries"), "package", dialog=False))
        return found

    def editing(self) -> list[Action]:
        is_draft = self.record.state == AssignmentState.DRAFT
        opening = [self.act("assignment_open", _("Open the assignment"), "play", primary=True)]
        return [
            *(opening if is_draft else ()),
            self.act("assignment_edit", _("Edit"), "pencil", dialog=False),
            self.act("assignment_asked", _("What is asked"), "list-todo", dialog=False),
            self.act("assignment_split", _("Split"), "split", dialog=False),
        ]

    def closing(self) -> list[Action]:
        state = self.record.state
        if state == AssignmentState.OPEN:
            return [self.act("assignment_close", _("Close…"), "lock")]
        if state in (AssignmentState.CLOSED, AssignmentState.DELIVERED):
            return [self.act("assignment_archive", _("Archive"), "archive")]
        if state == AssignmentState.ARCHIVED:
            return [self.act("assignment_unarchive", _("Take out of the archive"), "rotate-ccw")]
        return []

    @property
    def duties(self) -> list[Duty]:
        if not hasattr(self, "_duties"):
            self._duties = queries.duties_to_bind(self.actor, self.record) if self.actor.may(BIND) else []
        return self._duties

    def get_context(self) -> dict[str, Any]:
        record, actor = self.record, self.actor
        may_close = actor.may(CLOSE_PART)
        late = queries.drafts_after_closing(actor, record).count() if may_close else 0
        alike = queries.open_likenesses(actor, record).count() if actor.may(DECIDE) else 0
        return super().get_context() | {
            "badge": assignment_badge(record.state),
            "policy": policy_words(record),
            "counts": queries.counts_seen(actor, [record.pk]).get(record.pk, Counts()),
            "asked": queries.Wording(actor, record).labels,
            "people": [(one, part_badge(is_open=one.binding.is_open)) for one in self.parts()],
            "branches": tree(queries.branches(actor, record)),
            "closings": self.closings(),
            "parent": record.parent if queries.is_seen(actor, record.parent_id) else None,
            "late": late,
            "lacking": self.lacking(),
            "may_waive": self.reaches(WAIVE_SECOND),
            "may_bind": bool(self.duties),
            "alike": alike,
            "links": self.links(),
        }

    def lacking(self) -> int:
        """Entries that wait in vain for a second entry, told to whoever can do something about it."""
        if not (self.duties or self.reaches(WAIVE_SECOND)):
            return 0
        found = queries.lacking_seconds([self.record]).get(self.record.pk)
        return found.entries if found else 0

    def parts(self) -> list[Any]:
        may_see = self.actor.may(VIEW_PROGRESS) or self.duties
        return queries.parts(self.actor, self.record) if may_see else []

    def closings(self) -> list[tuple[Any, bool]]:
        """Each with whether the reader may open it again."""
        if not self.actor.may(CLOSE_PART):
            return []
        is_final = self.reaches(CLOSE_ASSIGNMENT)
        return [(one, not one.reopened and (is_final or not one.is_final)) for one in self.closings_seen()]

    def closings_seen(self) -> list[Any]:
        found = queries.closings(self.actor, self.record)
        if not queries.sees_whole(self.actor, self.record):
            found = found.filter(Q(by=self.actor.id) | Q(is_final=True))
        return list(found[:50])

    def links(self) -> list[tuple[str, str, Any]]:
        """(address, icon, words) of what else there is of this assignment."""
        pk, actor = self.record.pk, self.actor
        found = []
        if actor.may(VIEW_PROGRESS):
            found.append((reverse("intake:progress", args=[pk]), "chart-line", _("Progress")))
        if actor.may(VIEW_ENTRIES):
            found.append(
                (
                    f"{reverse('intake:entries')}?assignment={pk}",
                    "list",
                    pgettext_lazy("of an assignment", "Entries"),
                )
            )
        if actor.may(ENTER) and queries.own_binding(actor, self.record):
            found.append((f"{reverse('intake:my_work')}?assignment={pk}", "notebook-pen", _("My work")))
        return found
