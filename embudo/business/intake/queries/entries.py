from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from embudo.business.directory import rules as directory
from embudo.business.directory.models import Company, Person
from embudo.business.directory.queries import companies, people
from embudo.business.intake.models import Assignment, Binding, Draft, Entry, Message, Round, SecondEntry
from embudo.business.intake.permissions import VIEW_ENTRIES
from embudo.business.intake.queries.assignments import (
    assignments_verified,
    custom_definitions,
    home_country,
    verified_by,
)
from embudo.business.intake.queries.sight import entries_of, sight_of
from embudo.business.intake.rules.asked import Asked
from embudo.business.intake.rules.drafts import OVER
from embudo.business.intake.rules.policies import NEWCOMER, Track
from embudo.business.intake.rules.states import Duty, EntryState, Second, Subject
from embudo.business.intake.rules.verdicts import Outcome
from embudo.foundation.access.models import User
from embudo.foundation.attributes.queries import custom_values, definitions
from embudo.foundation.attributes.rules.kinds import PREFIX, stored_as
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.custom import CustomValue
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Scope

MOST_LIKE = 5
# As entries are given out: corrected ones, of which those that somebody left lying were handed in before the others.
TURNS = (
    Q(state=EntryState.IN_VERIFICATION, round__gt=1),
    Q(state=EntryState.HANDED_IN, round__gt=1),
    Q(state=EntryState.IN_VERIFICATION, round=1),
    Q(state=EntryState.HANDED_IN, round=1),
)
KEYS = {"tax": "tax_key", "name": "name_key", "email": "email_key", "phone": "phone_key"}


def entries(
    actor: Actor,
    *,
    q: str = "",
    assignment: UUID | None = None,
    state: str = "",
    owner: UUID | None = None,
    changed_since: Any = None,
) -> QuerySet[Entry]:
    """The entries the actor sees, narrowed by what is given. With an assignment it is fast however many there are."""
    found: Any = entries_of(actor, assignment) if assignment else Entry.objects.visible_to(actor)
    exact = {"state": state, "owner_id": owner}
    found = found.filter(**{name: one for name, one in exact.items() if one})
    if changed_since:
        found = found.filter(updated__gte=changed_since)
    return found.matching(q) if q else found  # type: ignore[no-any-return]


def entry(actor: Actor, entry_id: UUID) -> Entry:
    """One entry with what its page shows; NotFound outside the actor's sight."""
    found: Entry = Entry.objects.select_related(
        "assignment", "binding", "owner", "verifier", "company", "person"
    ).one(actor, entry_id)
    return found


def own_entries(actor: Actor, assignment: Assignment | None = None) -> QuerySet[Entry]:
    """What the actor entered."""
    found = Entry.objects.filter(owner=actor.id) if actor.may(VIEW_ENTRIES) else Entry.objects.none()
    return found.filter(assignment=assignment) if assignment else found


def asked_values(entry: Entry) -> dict[str, Any]:
    """What is asked for, by name in forms, as the entry has it."""
    found = {one.name: entry.value_of(one.name) for one in entry.assignment.attributes}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def rounds(actor: Actor, entry: Entry) -> QuerySet[Round]:
    """Every round of verification, the last first."""
    seen: Any = Round.objects.visible_to(actor).filter(entry=entry)
    return seen.select_related("verifier").order_by("-number")  # type: ignore[no-any-return]


def last_verdict(entry: Entry) -> Round | None:
    """Of the last round that was decided."""
    return Round.objects.filter(entry=entry).exclude(outcome="").order_by("-number").first()


def messages(actor: Actor, entry: Entry) -> QuerySet[Message]:
    seen: Any = Message.objects.visible_to(actor).filter(entry=entry)
    return seen.select_related("author").order_by("created", "id")  # type: ignore[no-any-return]


def drafts(actor: Actor, assignment: Assignment) -> QuerySet[Draft]:
    """What the actor has not finished typing."""
    found = Draft.objects.filter(owner=actor.id, assignment=assignment, sequence__lt=OVER)
    return found.order_by("-saved")


def draft(actor: Actor, draft_id: UUID) -> Draft | None:
    """The actor's own; None where it is gone, or over."""
    mine = Draft.objects.filter(owner=actor.id, pk=draft_id, sequence__lt=OVER)
    return mine.select_related("assignment", "entry").first()


def entry_of_draft(actor: Actor, draft_id: UUID) -> Entry | None:
    """What the form became when it was handed over."""
    over = Draft.objects.filter(owner=actor.id, pk=draft_id, sequence=OVER)
    became = (over.values_list("values", flat=True).first() or {}).get("became")
    return Entry.objects.filter(pk=became, owner=actor.id).first() if became else None


def drafts_after_closing(actor: Actor, assignment: Assignment) -> QuerySet[Draft]:
    """What operators typed when their part was closed already: of all for who closes it, of one's own operators for a supervisor."""
    found = Draft.objects.filter(assignment=assignment, after_closing=True, sequence__lt=OVER).select_related(
        "owner"
    )
    if actor.scope(VIEW_ENTRIES) is not Scope.ALL and actor.id not in (
        assignment.coordinator_id,
        assignment.principal_id,
    ):
        led = Binding.objects.filter(assignment=assignment, supervisor=actor.id, duty=Duty.OPERATOR)
        found = found.filter(owner__in=led.values("person"))
    return found.order_by("-saved")


# ------------------------------------------------------------------------------------------- alike


@dataclass(frozen=True)
class Alike:
    """Other entries that may be of the same, as (id, reason): within the assignment, of the same principal's others, across principals."""

    within: Sequence[tuple[UUID, str]] = field(default=())
    across: Sequence[tuple[UUID, str]] = field(default=())


def likenesses(actor: Actor, entry: Entry) -> Alike:
    """By tax number, else mail address or phone with the name's first letters; by name within the same town."""
    found = _alike(entry)
    mine, others = [], []
    for pk, assignment_id, principal_id, reason in found:
        if assignment_id == entry.assignment_id:
            mine.append((pk, reason))
        elif principal_id != entry.assignment.principal_id:
            others.append((pk, reason))
    return Alike(mine[:MOST_LIKE], others[:MOST_LIKE])


def _alike(entry: Entry) -> list[tuple[UUID, UUID, UUID | None, str]]:
    found: dict[UUID, tuple[UUID, UUID, UUID | None, str]] = {}
    for reason, column in KEYS.items():
        value = getattr(entry, column)
        if not value:
            continue
        same = Entry.objects.filter(**{column: value}).exclude(pk=entry.pk)
        if reason == "name":
            same = same.filter(town__iexact=entry.town)
        same = same.exclude(state=EntryState.WITHDRAWN)
        rows = same.values_list("pk", "assignment_id", "assignment__principal_id")[: 4 * MOST_LIKE]
        for pk, assignment_id, principal_id in rows:
            found.setdefault(pk, (pk, assignment_id, principal_id, reason))
    return list(found.values())


def known_records(actor: Actor, entry: Entry) -> list[Company | Person]:
    """Records of the directory in the actor's sight that this may be."""
    if entry.subject == Subject.PERSON:
        terms = Q(pk__in=[])
        if entry.email_key:
            terms |= Q(email_key=entry.email_key)
        terms |= Q(name_key=entry.name_key)
        return list(people(actor).filter(terms)[:MOST_LIKE])
    terms = Q(tax_key=entry.tax_key) if entry.tax_key else Q(name_key=entry.name_key)
    return list(companies(actor).filter(terms)[:MOST_LIKE])


def is_taken(assignment: Assignment, one: Asked, value: Any, *, but: UUID) -> bool:
    """Whether another entry of the assignment has this value."""
    found = Entry.objects.filter(assignment=assignment).exclude(pk=but).exclude(state=EntryState.WITHDRAWN)
    if not one.key:
        return found.filter(**{one.name: value}).exists()
    known = next((each for each in custom_definitions() if each.key == one.key), None)
    if known is None:
        return False
    return bool(found.annotate(held=CustomValue(one.key, stored_as(known.type))).filter(held=value).exists())


# ---------------------------------------------------------------------------------------- accepting


def known_company(entry: Entry) -> Company | None:
    """The company an accepted entry is about: of the same tax number, else REGON."""
    for column, value in (("tax_key", entry.tax_key), ("regon", entry.regon)):
        if value:
            found = Company.objects.filter(**{column: value}).order_by("created").first()
            if found is not None:
                return found  # type: ignore[no-any-return]
    return None


def known_person(entry: Entry) -> Person | None:
    """The person: of the same mail address and name."""
    if not entry.email_key:
        return None
    found = Person.objects.filter(email_key=entry.email_key, name_key=entry.name_key)
    return found.order_by("created").first()


def keeper_of(entry: Entry) -> User | None:
    """Whose the record of the directory becomes: the coordinator's, else the principal's, else the operator's."""
    assignment = entry.assignment
    return assignment.coordinator or assignment.principal or entry.owner


def carried_values(actor: Actor, entry: Entry, record: Company | Person) -> dict[str, Any]:
    """Custom values for which the record has an attribute of the same key and type, and none yet, that the actor may set."""
    held = {key: value for key, value in entry.custom.items() if value not in (None, "", [])}
    if not held:
        return {}
    types = {one.key: one.type for one in custom_definitions()}
    return {
        one.key: held[one.key]
        for one in definitions(record.kind_name())
        if one.key in held
        and types.get(one.key) == one.type
        and record.custom.get(one.key) in (None, "", [])
        and one.is_visible_for(actor.roles)
        and one.is_editable_for(actor.roles)
    }


# ------------------------------------------------------------------------------------- verification


def track_record(owner_id: UUID | None) -> Track:
    """How the operator's last entries came out in their first round."""
    first = Round.objects.filter(entry__owner=owner_id, number=1).exclude(outcome="")
    outcomes = list(first.order_by("-decided").values_list("outcome", flat=True)[: 4 * NEWCOMER])
    return Track(len(outcomes), outcomes.count(Outcome.REJECTED))


def waiting(actor: Actor, assignment: Assignment | None = None) -> QuerySet[Entry]:
    """What this verifier may be given now."""
    free = Q(state=EntryState.HANDED_IN) | Q(state=EntryState.IN_VERIFICATION, leased__lt=clock.now())
    found = Entry.objects.filter(verified_by(actor)).filter(free).exclude(owner=actor.id)
    found = found.exclude(second=Second.WANTED)
    return found.filter(assignment=assignment) if assignment else found


def next_to_verify(actor: Actor, assignment: Assignment | None = None) -> Entry | None:
    """
    Locked, passing over what others are being given at this moment: corrected ones first, then what somebody left lying, then
    the oldest. The assignments are asked for first, and each state by itself: of one the oldest is found by an index,
    without looking through all that waits.
    """
    ids = [assignment.pk] if assignment else list(assignments_verified(actor))
    locked = waiting(actor).filter(assignment__in=ids).select_for_update(skip_locked=True)
    ordered = locked.order_by("handed_in", "id")  # of this table alone: beside another one SQLite would sort
    return next((one for part in TURNS if (one := ordered.filter(part).first())), None)


def held_by(actor: Actor, assignment: Assignment | None = None) -> Entry | None:
    """The entry that the verifier has at hand."""
    held = Entry.objects.filter(verifier=actor.id, state=EntryState.IN_VERIFICATION, leased__gte=clock.now())
    held = held.filter(verified_by(actor))  # of a closed assignment nothing is left to decide
    if assignment:
        held = held.filter(assignment=assignment)
    return held.select_related("assignment").order_by("leased").first()


# ------------------------------------------------------------------------------------ second entries


def _wanted(actor: Actor, assignment: Assignment) -> QuerySet[Entry]:
    """
    What others entered and this operator may be asked to enter again: nothing that they could look up, or they would not be
    blind to it; what was withdrawn nobody is asked for any more.
    """
    found = Entry.objects.filter(assignment=assignment, state=EntryState.HANDED_IN, second=Second.WANTED)
    found, scope = found.exclude(owner=actor.id), actor.scope(VIEW_ENTRIES)
    if scope is None:
        return found
    return found.none() if scope is Scope.ALL else sight_of(actor, assignment.pk, scope).hides(found)


def second_at_hand(actor: Actor, assignment: Assignment) -> UUID | None:
    """The entry that the operator was given to enter again and has not."""
    mine = _wanted(actor, assignment).filter(second_entry__author=actor.id, second_entry__done=None)
    return mine.values_list("pk", flat=True).first()


def next_second(actor: Actor, assignment: Assignment) -> UUID | None:
    """The one at hand, else the oldest that nobody is at; locked."""
    wanted = _wanted(actor, assignment)
    mine = wanted.filter(second_entry__author=actor.id, second_entry__done=None).first()
    if mine is None:
        taken = SecondEntry.objects.filter(leased__gte=clock.now()).values("entry")
        free = wanted.exclude(pk__in=taken).select_for_update(skip_locked=True)
        mine = free.order_by("handed_in", "id").first()
    return mine.pk if mine else None


@dataclass(frozen=True)
class SecondTask:
    """What an operator is given to enter a second time: what is shown of the record, and the attributes that are hidden."""

    entry_id: UUID
    assignment: Assignment
    shown: Sequence[tuple[Asked, Any]]
    hidden: Sequence[Asked]


def second_task(actor: Actor, assignment: Assignment, entry_id: UUID) -> SecondTask:
    """The task that is the actor's now; NotFound where it is not, or no longer."""
    mine = SecondEntry.objects.filter(
        author=actor.id, done=None, entry__assignment=assignment, entry=entry_id
    )
    task = mine.select_related("entry").first()
    if task is None or not _wanted(actor, assignment).filter(pk=task.entry_id).exists():
        raise NotFound
    entry = task.entry
    shown = [(one, entry.value_of(one.name)) for one in assignment.attributes if not one.is_double]
    return SecondTask(
        entry.pk, assignment, [pair for pair in shown if pair[1] not in (None, "", [])], assignment.doubles
    )


def waiting_seconds(actor: Actor, assignment: Assignment) -> int:
    """How many entries wait for a second entry by this operator."""
    return _wanted(actor, assignment)[:100].count()


def checked_doubles(actor: Actor, entry: Entry, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Values of a second entry as the first are stored, so that only what differs in fact is told. Refuses Invalid."""
    standard = {name: value for name, value in typed.items() if not name.startswith(PREFIX)}
    rule = directory.checked_person if entry.subject == Subject.PERSON else directory.checked_company
    found = rule(standard, entry.country or home_country(entry.assignment))
    keys = {name.removeprefix(PREFIX): value for name, value in typed.items() if name.startswith(PREFIX)}
    if keys:
        kept = custom_values(actor, Entry, keys, only=list(keys))
        found |= {f"{PREFIX}{key}": kept.get(key) for key in keys}
    return {name: value for name, value in found.items() if name in typed and value not in (None, "", [])}
