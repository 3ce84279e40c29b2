from collections.abc import Iterable
from copy import copy
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from embudo.business.intake.models import Assignment, Binding, Draft, Entry, Round
from embudo.business.intake.queries.assignments import Reach, bindings, reach_of_closing
from embudo.business.intake.queries.leading import sees_whole
from embudo.business.intake.rules.asked import STANDARD
from embudo.business.intake.rules.states import AssignmentState, Duty, Second
from embudo.foundation.attributes.queries import definitions_for
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.attributes.rules.values import sent_value
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound

NAMES = ("first_name", "last_name")


def blind_names(actor: Actor, entries: Iterable[Entry]) -> dict[UUID, frozenset[str]]:
    """
    By entry, the attributes whose values the actor may not know yet: whoever may be asked to enter them a second time, being
    bound as an operator, shall not have read the first. One query, and none where no second entry is wanted.
    """
    wanted = [one for one in entries if one.second == Second.WANTED and one.owner_id != actor.id]
    if not wanted or actor.id is None:
        return {}
    mine = Binding.objects.filter(
        person=actor.id,
        duty=Duty.OPERATOR,
        closed=None,
        assignment__in={one.assignment_id for one in wanted},
    )
    bound = set(mine.values_list("assignment_id", flat=True))
    return {
        one.pk: frozenset(each.name for each in one.assignment.doubles)
        for one in wanted
        if one.assignment_id in bound
    }


def blindness(actor: Actor) -> tuple[frozenset[str], Q]:
    """
    The attributes to which the actor is blind in some assignment, and the entries that this is about: what looks into those values,
    a word, a condition, an order, must not find these, or it would tell the values by what it finds. One query.
    """
    mine = Binding.objects.filter(person=actor.id, duty=Duty.OPERATOR, closed=None)
    bound = Assignment.objects.filter(pk__in=mine.values("assignment"), state=AssignmentState.OPEN)
    names = {one.pk: {each.name for each in one.doubles} for one in bound.only("asked")}
    hidden = frozenset(name for some in names.values() for name in some)
    about = Q(second=Second.WANTED, assignment__in=[pk for pk, some in names.items() if some]) & ~Q(
        owner=actor.id
    )
    return hidden | ({"name"} if hidden & set(NAMES) else set()), about


def unprobed(actor: Actor, found: QuerySet[Entry]) -> QuerySet[Entry]:
    """Without the entries to which the actor is blind, for a search in their values."""
    hidden, about = blindness(actor)
    return found.exclude(about) if hidden else found


def sent_entries(actor: Actor, entries: Iterable[Entry]) -> list[Entry]:
    """
    Copies of the entries for programs: `values_sent` holds what is asked for by name, `custom` and `name` what is left
    without that to which the actor is blind.
    """
    found = list(entries)
    hidden = blind_names(actor, found)
    return [_sent(one, hidden.get(one.pk, frozenset())) for one in found]


def _sent(entry: Entry, hidden: frozenset[str]) -> Entry:
    told: Any = copy(entry)
    asked = {one.name for one in entry.assignment.attributes if not one.key}
    told.values_sent = {
        name: getattr(entry, name) for name in STANDARD[entry.subject] if name in asked and name not in hidden
    }
    if hidden:
        told.custom = {key: value for key, value in entry.custom.items() if f"{PREFIX}{key}" not in hidden}
        if hidden & set(NAMES):
            told.name = " ".join(getattr(entry, name) for name in NAMES if name not in hidden)
    return told  # type: ignore[no-any-return]


def sent_rounds(actor: Actor, entry: Entry, rounds: Iterable[Round]) -> list[Round]:
    """The rounds with `values_sent`: of what was handed in then, all that the actor may know."""
    hidden = blind_names(actor, [entry]).get(entry.pk, frozenset())
    keys = entry.assignment.custom_keys
    custom = {one.name: one for one in definitions_for(actor, Entry.kind_name())} if keys else {}
    found = list(rounds)
    for one in found:
        told: Any = one
        seen = {name: value for name, value in one.values.items() if name not in hidden}
        told.values_sent = {
            name: sent_value(custom[name], value) if name in custom else value
            for name, value in seen.items()
            if name in custom or not name.startswith(PREFIX)
        }
        told.points_sent = [each for each in one.points if each.get("name") not in hidden]
    return found


def verdicts(actor: Actor) -> QuerySet[Round]:
    """What the actor decided as a verifier, of the entries they still see."""
    seen: Any = Round.objects.visible_to(actor).filter(verifier=actor.id).exclude(outcome="")
    return seen  # type: ignore[no-any-return]


def check_form(actor: Actor, assignment_id: UUID, draft_id: UUID) -> None:
    """NotFound where the assignment is out of sight, or somebody else types in the form."""
    Assignment.objects.one(actor, assignment_id)
    if Draft.objects.filter(pk=draft_id).exclude(owner=actor.id, assignment=assignment_id).exists():
        raise NotFound


def bindings_shown(actor: Actor, assignment: Assignment) -> QuerySet[Binding]:
    """Who is bound, as far as the actor leads them: all to who sees the whole, else oneself and one's operators."""
    found = bindings(actor, assignment)
    if sees_whole(actor, assignment):
        return found
    return found.filter(Q(person=actor.id) | Q(supervisor=actor.id))


def reach_shown(actor: Actor, assignment: Assignment, person_id: UUID) -> Reach:
    """What closing somebody's part would close; NotFound for whom the actor does not lead."""
    if not bindings_shown(actor, assignment).filter(person=person_id).exists():
        raise NotFound
    return reach_of_closing(assignment, person_id)
