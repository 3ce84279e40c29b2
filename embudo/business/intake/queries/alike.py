from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from embudo.business.intake.models import Assignment, Binding, Likeness
from embudo.business.intake.permissions import DECIDE
from embudo.business.intake.rules.states import Duty, EntryState
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Scope


def likenesses_seen(actor: Actor) -> QuerySet[Likeness]:
    """
    Pairs that the actor may decide, or decided. Whose grant reaches everything sees those across principals too; anybody
    else only pairs within one assignment, both entries of which they lead. A principal orders and sees none of them.
    """
    scope = actor.scope(DECIDE)
    found: Any = Likeness.objects.all()
    if scope is None:
        return found.none()  # type: ignore[no-any-return]
    if scope is Scope.ALL:
        return found  # type: ignore[no-any-return]
    led = Binding.objects.filter(supervisor=actor.id).values("pk")
    within = found.filter(is_across=False, entry__assignment=F("other__assignment"))
    return within.filter(  # type: ignore[no-any-return]
        Q(entry__assignment__in=_coordinated(actor)) | Q(entry__binding__in=led, other__binding__in=led)
    )


def _coordinated(actor: Actor) -> QuerySet[Assignment, Any]:
    joined = Binding.objects.filter(person=actor.id, duty=Duty.COORDINATOR).values("assignment")
    own = Assignment.objects.filter(Q(coordinator=actor.id) | Q(pk__in=joined))
    return own.values("pk")


def open_likenesses(actor: Actor, assignment: Assignment | None = None) -> QuerySet[Likeness]:
    """Those that nobody has decided; a withdrawn entry is like nothing any more."""
    gone = Q(entry__state=EntryState.WITHDRAWN) | Q(other__state=EntryState.WITHDRAWN)
    found = likenesses_seen(actor).filter(decided=None).exclude(gone)
    if assignment:
        found = found.filter(entry__assignment=assignment)
    return found.select_related(
        "entry__assignment__principal", "other__assignment__principal", "entry__owner", "other__owner"
    )


def likeness(actor: Actor, likeness_id: UUID) -> Likeness:
    """One pair with both entries; NotFound outside the actor's sight."""
    found = likenesses_seen(actor).select_related(
        "entry__assignment__principal", "other__assignment__principal", "entry__owner", "other__owner", "by"
    )
    one = found.filter(pk=likeness_id).first()
    if one is None:
        raise NotFound
    return one


def next_likeness(actor: Actor, assignment_id: UUID | None = None) -> Likeness | None:
    """The newest open pair: within the assignment that one is at, if it has one left, else anywhere."""
    found = open_likenesses(actor).order_by("-created", "-id")
    here = found.filter(entry__assignment=assignment_id).first() if assignment_id else None
    return here or found.first()


def assignments_alike(actor: Actor) -> list[tuple[UUID, str]]:
    """Id and title of the assignments with pairs to decide."""
    found = open_likenesses(actor).order_by("entry__assignment__title").distinct()
    return list(found.values_list("entry__assignment", "entry__assignment__title")[:200])
