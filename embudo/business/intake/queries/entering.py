from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.utils.translation import gettext

from embudo.business.directory import rules as directory
from embudo.business.directory.models import Company, Person
from embudo.business.intake.models import Assignment, Binding, Draft, Entry, Round
from embudo.business.intake.queries.assignments import home_country
from embudo.business.intake.queries.entries import draft, known_records, likenesses, own_entries
from embudo.business.intake.rules.drafts import OVER
from embudo.business.intake.rules.states import (
    WITH_OPERATOR,
    AssignmentState,
    Duty,
    Subject,
    check_days,
    check_open,
)
from embudo.business.intake.rules.verdicts import Outcome
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, NotFound, Refused

STILL_SHOWN = timedelta(days=30)  # a part that was closed
MOST_PARTS = 200
EMPTY: tuple[Any, ...] = (None, "", [])


def part_with_assignment(actor: Actor, assignment_id: UUID) -> Binding | None:
    """The actor's own part as an operator, with its assignment. One statement."""
    found = Binding.objects.filter(assignment=assignment_id, person=actor.id, duty=Duty.OPERATOR)
    return found.select_related("assignment").first()


def own_parts(actor: Actor) -> list[Binding]:
    """What the actor enters for: open parts first, the most urgent at the top, then what was closed of late."""
    recently = clock.now() - STILL_SHOWN
    mine = Binding.objects.filter(person=actor.id, duty=Duty.OPERATOR)
    mine = mine.exclude(assignment__state=AssignmentState.DRAFT).select_related("assignment")
    shown = mine.filter(
        Q(closed=None, assignment__state=AssignmentState.OPEN)
        | Q(closed__gte=recently)
        | Q(assignment__closed__gte=recently)
    )
    return sorted(shown[:MOST_PARTS], key=_urgency)


def _urgency(part: Binding) -> tuple[Any, ...]:
    one = part.assignment
    deadline = one.deadline
    is_over = not (part.is_open and one.is_open)
    return (is_over, deadline is None, deadline or one.created.date(), one.created)


def hindrance(part: Binding | None) -> str:
    """Why nothing can be entered under the part now, in words; "" when it can."""
    if part is None:
        return gettext("You are not bound to this assignment as an operator.")
    try:
        check_open(part.assignment.state, is_part_open=part.is_open)
        check_days(part.starts, part.ends, clock.today())
    except Refused as refusal:
        return str(refusal.message)
    return ""


def last_entry(actor: Actor, assignment: Assignment) -> Entry | None:
    """The one whose values are offered again."""
    return own_entries(actor, assignment).order_by("-created", "-id").first()


def is_own(actor: Actor, entry: Entry) -> bool:
    """Whether the actor entered it: who only sees it corrects nothing."""
    return entry.owner_id == actor.id


def is_to_correct(actor: Actor, entry: Entry) -> bool:
    return is_own(actor, entry) and is_with_operator(entry)


def rejections(entries: Iterable[Entry]) -> dict[UUID, Round]:
    """By entry: the verdict that sent it back. One statement, none where nothing is rejected."""
    ids = [one.pk for one in entries]
    if not ids:
        return {}
    found = Round.objects.filter(entry__in=ids, number=F("entry__round"), outcome=Outcome.REJECTED)
    return {one.entry_id: one for one in found.select_related("verifier")}


def is_with_operator(entry: Entry) -> bool:
    return entry.state in WITH_OPERATOR


@dataclass(frozen=True)
class Known:
    """What may be the same as what is being typed: records and own entries in the actor's sight, and how many others there are."""

    records: Sequence[Company | Person] = field(default=())
    own: Sequence[Entry] = field(default=())
    others: int = 0

    @property
    def is_entered(self) -> bool:
        return bool(self.own or self.others)


def _right_ones(assignment: Assignment, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of the values is right already, as it is stored."""
    is_person = assignment.subject == Subject.PERSON
    rule = directory.checked_person if is_person else directory.checked_company
    given, country = dict(values), home_country(assignment)
    try:
        return rule(given, country)
    except Invalid as fault:
        return rule({name: value for name, value in given.items() if name not in fault.errors}, country)


def known_like(actor: Actor, assignment: Assignment, values: Mapping[str, Any], but: UUID | None) -> Known:
    """For values as far as they are typed. Of other principals' assignments nothing is told."""
    typed = Entry(assignment=assignment, subject=assignment.subject, owner_id=actor.id)
    if but:
        typed.pk = but
    for name, value in _right_ones(assignment, values).items():
        setattr(typed, name, value)
    for name, value in typed.derived().items():
        setattr(typed, name, value)
    if not (typed.name_key or typed.tax_key or typed.email_key or typed.phone_key):
        return Known()
    within = [pk for pk, _reason in likenesses(actor, typed).within]
    own = list(own_entries(actor, assignment).filter(pk__in=within)) if within else []
    return Known(known_records(actor, typed), own, len(within) - len(own))


def draft_of_entry(actor: Actor, entry: Entry) -> Draft | None:
    """What the actor last typed to correct it, and has not handed over."""
    mine = Draft.objects.filter(owner=actor.id, entry=entry, sequence__lt=OVER)
    return mine.order_by("-saved").first()


def is_free_draft(draft_id: UUID) -> bool:
    """Whether a form may begin under this id: nobody's is kept under it, and none that is over."""
    return not Draft.objects.filter(pk=draft_id).exists()


def own_draft(actor: Actor, assignment_id: UUID, draft_id: UUID) -> Draft:
    """One that is unfinished; NotFound where it is another's, gone, or over."""
    found = draft(actor, draft_id)
    if found is None or found.assignment_id != assignment_id:
        raise NotFound
    return found
