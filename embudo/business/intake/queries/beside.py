from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from embudo.business.intake.models import Entry, Likeness, Round, SecondEntry
from embudo.business.intake.permissions import CONVERSE, CORRECT, DECIDE, VERIFY
from embudo.business.intake.queries.alike import likenesses_seen
from embudo.business.intake.queries.assignments import verifier_part
from embudo.business.intake.queries.shown import Wording, changed_names
from embudo.business.intake.queries.told import blind_names
from embudo.business.intake.queries.verification import standing
from embudo.business.intake.rules.acts import Act, acts_of_owner, is_disputed
from embudo.business.intake.rules.states import Second
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Scope

MOST_ALIKE = 20


def is_part_open(entry: Entry) -> bool:
    """Whether the operator may still work on it: neither the assignment nor their part of it is closed."""
    return entry.assignment.is_open and (entry.binding is None or entry.binding.is_open)


def entry_acts(actor: Actor, entry: Entry) -> frozenset[Act]:
    """What the actor may do with the entry as it stands; the commands themselves decide once more."""
    found: set[Act] = {Act.CONVERSE} if actor.id and actor.may(CONVERSE) else set()
    if actor.may(CORRECT) and entry.owner_id == actor.id:
        found |= acts_of_owner(
            entry.state, is_open=is_part_open(entry), is_disputed=entry.disputed is not None
        )
    if _may_decide(actor, entry):
        found.add(Act.DECIDE)
    if _may_verify(actor, entry):
        found.add(Act.VERIFY)
    return frozenset(found)


def _may_decide(actor: Actor, entry: Entry) -> bool:
    is_outside = actor.id not in (entry.owner_id, entry.verifier_id)
    return is_disputed(entry.state, entry.disputed) and is_outside and entry.is_within(actor, DECIDE)


def _may_verify(actor: Actor, entry: Entry) -> bool:
    if not (actor.may(VERIFY) and entry.assignment.is_open and standing(actor, entry) in ("free", "mine")):
        return False
    if actor.scope(VERIFY) is Scope.ALL:
        return True
    part = verifier_part(actor, entry.assignment_id)
    return part is not None and part.is_open


# ---------------------------------------------------------------------------------------- its rounds


@dataclass(frozen=True)
class Move:
    """What became of one value: from the round before to this one, or from the first entering to the second."""

    name: str
    label: str
    old: Any
    new: Any


def moves(wording: Wording, old: Any, new: Any, names: Sequence[str] | None = None) -> list[Move]:
    """The values that differ, in words, in the order in which they are asked for."""
    told = changed_names(wording.labels, old, new) if names is None else names
    return [
        Move(name, wording.labels[name], wording.text(name, old.get(name)), wording.text(name, new.get(name)))
        for name in wording.labels
        if name in told
    ]


def blind_to(actor: Actor, entry: Entry) -> frozenset[str]:
    """The attributes of which the actor may be asked for a second entry, and which they shall not have read."""
    return blind_names(actor, [entry]).get(entry.pk, frozenset())


# -------------------------------------------------------------------------------- its second entering


def second_moves(actor: Actor, entry: Entry, wording: Wording) -> list[Move]:
    """How the second entry differs from the first: told to who verifies or decides, and to neither of the two who entered."""
    if entry.second != Second.DIFFERENT or not (actor.may(VERIFY) or actor.may(DECIDE)):
        return []
    task = SecondEntry.objects.filter(entry=entry).exclude(done=None).first()
    if task is None or actor.id in (entry.owner_id, task.author_id):
        return []
    first = Round.objects.filter(entry=entry, number=1).values_list("values", flat=True).first() or {}
    return moves(wording, first, task.values, task.different)


# ---------------------------------------------------------------------------------- what is like it


def likenesses_about(actor: Actor, entry: Entry) -> list[tuple[Likeness, Entry]]:
    """The pairs this entry is part of, each with the other entry, for who decides about them."""
    if not actor.may(DECIDE):
        return []
    found = likenesses_seen(actor).filter(Q(entry=entry) | Q(other=entry))
    pairs = found.select_related("entry", "other").order_by("decided", "-created")[:MOST_ALIKE]
    return [(one, one.other if one.entry_id == entry.pk else one.entry) for one in pairs]
