from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events
from embudo.business.intake.models import Assignment, Binding, Entry
from embudo.business.intake.permissions import BIND
from embudo.business.intake.rules.states import AssignmentState, Duty
from embudo.foundation.access.models import Team, User
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.permission import Scope
from embudo.kernel.record import lock

UNCHANGED: Any = object()
# Who is not the coordinator binds as much as their own part needs.
BY_PRINCIPAL = (Duty.COORDINATOR, Duty.PRINCIPAL, Duty.VERIFIER, Duty.OPERATOR)


def _check_may_bind(actor: Actor, assignment: Assignment, duty: str) -> None:
    """The coordinator binds everybody, a principal to their own assignments, a supervisor operators under themselves."""
    if actor.scope(BIND) is Scope.ALL or actor.id is None:
        return
    if actor.id in (assignment.coordinator_id, assignment.principal_id):
        if duty in BY_PRINCIPAL or actor.id == assignment.coordinator_id:
            return
        raise Refused("intake.not_yours_to_bind", _("The coordinator binds supervisors."))
    is_supervisor = Binding.objects.filter(
        assignment=assignment, person=actor.id, duty=Duty.SUPERVISOR
    ).exists()
    if not (is_supervisor and duty == Duty.OPERATOR):
        raise Forbidden(BIND.code)


@command(BIND)
def bind_person(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    assignment: Assignment,
    *,
    person: User,
    duty: str,
    supervisor: User | None = None,
    target: int = 0,
    starts: date | None = None,
    ends: date | None = None,
    team: Team | None = None,
) -> Binding:
    """
    Binds somebody to the assignment. Whoever a supervisor binds is theirs. Refuses (Invalid) somebody who may not sign in or is bound
    as the same already, a supervisor who is not bound as one, and dates the wrong way round.
    """
    assignment = lock(assignment)
    if assignment.state not in (AssignmentState.DRAFT, AssignmentState.OPEN):
        raise Refused("intake.assignment_closed", _("This assignment is closed."))
    _check_may_bind(actor, assignment, duty)
    if duty == Duty.OPERATOR and supervisor is None and _leads(actor, assignment):
        supervisor = User.objects.filter(pk=actor.id).first()
    _check_binding(assignment, person, duty, supervisor, starts, ends, target)
    binding = Binding(
        assignment=assignment, person=person, duty=duty, supervisor=supervisor, team=team, target=target, starts=starts, ends=ends,
    )  # fmt: skip
    create(binding)
    publish(events.PersonBound(assignment.id, person.pk, duty, actor.id), assignment)
    return binding


def _leads(actor: Actor, assignment: Assignment) -> bool:
    return Binding.objects.filter(assignment=assignment, person=actor.id, duty=Duty.SUPERVISOR).exists()


def _check_binding(
    assignment: Assignment,
    person: User,
    duty: str,
    supervisor: User | None,
    starts: date | None,
    ends: date | None,
    target: int,
) -> None:
    faults: dict[str, list[Any]] = {}
    if duty not in Duty.values:
        faults["duty"] = [_("Choose one of the values offered.")]
    if not person.is_active:
        faults["person"] = [_("Choose somebody who may sign in.")]
    elif Binding.objects.filter(assignment=assignment, person=person, duty=duty).exists():
        faults["person"] = [_("%(name)s is bound as that already.") % {"name": person}]
    if supervisor is not None:
        _check_supervisor(assignment, supervisor, faults)
    if starts and ends and ends < starts:
        faults["ends"] = [_("Choose a day that is not before the first.")]
    if target < 0:
        faults["target"] = [
            _("Enter a whole number from %(least)d to %(most)d.") % {"least": 0, "most": 10**8}
        ]
    if faults:
        raise Invalid(faults)


def _check_supervisor(assignment: Assignment, supervisor: User, faults: dict[str, list[Any]]) -> None:
    bound = Binding.objects.filter(assignment=assignment, person=supervisor, duty=Duty.SUPERVISOR)
    if not bound.exists():
        faults["supervisor"] = [_("Bind %(name)s as supervisor first.") % {"name": supervisor}]


@command(BIND)
def bind_group(
    actor: Actor,
    assignment: Assignment,
    *,
    team: Team,
    duty: str,
    supervisor: User | None = None,
    target: int = 0,
) -> list[Binding]:
    """Binds those of a group in the actor's sight who are not bound yet, each with `target`; again later, who has joined since."""
    bound = Binding.objects.filter(assignment=assignment, duty=duty).values("person")
    members: Any = User.objects.visible_to(actor)
    members = members.filter(team=team, is_active=True).exclude(pk__in=bound).order_by("name")
    found = list(members)
    if not found:
        raise Invalid({"team": [_("Nobody of that group is left to be bound.")]})
    return [
        bind_person.inner(
            actor, assignment, person=one, duty=duty, supervisor=supervisor, target=target, team=team
        )
        for one in found
    ]


@command(BIND)
def change_binding(
    actor: Actor,
    binding: Binding,
    *,
    supervisor: User | None = UNCHANGED,
    target: int = UNCHANGED,
    starts: date | None = UNCHANGED,
    ends: date | None = UNCHANGED,
    version: int | None = None,
) -> Binding:
    """Changes an operator's supervisor, somebody's target or dates. Refuses (Invalid) as binding does."""
    binding = lock(binding, version=version)
    assignment = binding.assignment
    _check_may_bind(actor, assignment, binding.duty)
    given = {"supervisor": supervisor, "target": target, "starts": starts, "ends": ends}
    values = {name: value for name, value in given.items() if value is not UNCHANGED}
    after = {name: values.get(name, getattr(binding, name)) for name in given}
    faults: dict[str, list[Any]] = {}
    if isinstance(supervisor, User):
        _check_supervisor(assignment, supervisor, faults)
    if after["starts"] and after["ends"] and after["ends"] < after["starts"]:
        faults["ends"] = [_("Choose a day that is not before the first.")]
    if faults:
        raise Invalid(faults)
    before = binding.version
    update(binding, **values)
    if binding.version != before:
        publish(events.BindingChanged(assignment.id, binding.person_id), binding, assignment)
    return binding


@command(BIND)
def unbind_person(actor: Actor, binding: Binding, *, version: int | None = None) -> None:
    """Takes somebody off the assignment. Refuses a stale version, and whoever has entered records there: close their part instead."""
    binding = lock(binding, version=version)
    assignment = binding.assignment
    _check_may_bind(actor, assignment, binding.duty)
    if Entry.objects.filter(binding=binding).exists():
        raise Refused(
            "intake.has_entered",
            _("%(name)s has entered records here. Close their part instead.") % {"name": binding.person},
        )
    led = Binding.objects.filter(assignment=assignment, supervisor=binding.person_id)
    if binding.duty == Duty.SUPERVISOR and led.exists():
        raise Refused(
            "intake.leads_operators",
            _("Give the operators of %(name)s to somebody else first.") % {"name": binding.person},
        )
    delete(binding)
    publish(events.PersonUnbound(assignment.id, binding.person_id, binding.duty), binding, assignment)
