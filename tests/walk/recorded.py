"""What Ann records, leads, orders and verifies: one record of each kind of the module intake."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from embudo.business.intake import commands
from embudo.business.intake.commands.deliveries import make_delivery
from embudo.business.intake.models import Likeness
from embudo.business.intake.tests.builders import NIPS
from embudo.foundation.access.commands import UserChange, change_user
from embudo.foundation.access.models import Role, User
from embudo.foundation.access.tests.builders import a_user, tester, user_of
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record, new_id

# Each of these sees only what they are bound to; a coordinator sees all of it.
BOUND = ("operator", "supervisor", "principal", "verifier")
DUTIES = ("supervisor", "operator", "verifier")


@dataclass(frozen=True)
class Form:
    """What somebody is typing: theirs alone, whatever others may see."""

    pk: UUID
    owner_id: UUID | None

    def is_visible_to(self, actor: Actor) -> bool:
        return actor.id == self.owner_id

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        return actor.may(permission) and self.is_visible_to(actor)


def with_more_roles(actor: Actor, roles: Sequence[str]) -> None:
    """Whoever sells here also records: whose turn it is follows from what each is bound to."""
    user = user_of(actor)
    held = (
        *user.roles.values_list("pk", flat=True),
        *Role.objects.filter(slug__in=roles).values_list("pk", flat=True),
    )
    change = UserChange(name=user.name, email=user.email, roles=held, team=user.team, manager=user.manager)
    change_user(tester(), user, change=change)


def recorded(ann: Actor, admin: Actor) -> dict[str, Record]:
    """
    Everything of one assignment that Ann ordered, coordinates, and is bound to as all there is. One entry is hers to correct,
    one is in the administrator's hands to be verified, one is disputed: a form of each page is there for one of the two.
    """
    me = user_of(ann)
    assignment = commands.create_assignment(ann, title="Butchers", principal=me, coordinator=me.pk, target=10)
    for duty in DUTIES:
        commands.bind_person(ann, assignment, person=me, duty=duty)
    binding = commands.bind_person(ann, assignment, person=_helper(me), duty="operator", supervisor=me)
    assignment = commands.open_assignment(ann, assignment)
    entry = _entry(ann, assignment, "Masarnia")
    held = commands.hand_in_entry(ann, _entry(ann, assignment, "Masarnia"))
    disputed = commands.hand_in_entry(ann, _entry(ann, assignment, "Wędliny", NIPS[1]))
    commands.claim_entry(admin, disputed)
    commands.decide_entry(admin, disputed, outcome="rejected", comment="Not theirs.")
    commands.dispute_rejection(ann, disputed, text="It is.")
    commands.claim_entry(admin, held)
    commands.send_message(ann, entry, text="Is this their number?")
    closing = commands.close_part(ann, assignment, person_id=binding.person_id)
    form: Any = Form(new_id(), ann.id)
    commands.save_draft(ann, assignment=assignment.pk, draft=form.pk, values={"name": "M"}, sequence=1)
    delivery = commands.order_delivery(ann, assignment)
    make_delivery(ann, delivery)
    delivery.refresh_from_db()
    return {
        "assignment": assignment,
        "binding": binding,
        "held": held,
        "disputed": disputed,
        "entry": entry,  # after the others: what a command takes is this one
        "closing": closing,
        "delivery": delivery,
        "draft": form,
        "likeness": Likeness.objects.get(),
    }


def _helper(leader: User) -> User:
    return a_user(roles=("operator",), name="Hal Helper", email="hal@example.com", manager=leader)


def _entry(ann: Actor, assignment: Any, name: str, tax_id: str = NIPS[0]) -> Any:
    values = {"name": name, "tax_id": tax_id, "town": "Hel"}
    return commands.enter_entry(ann, assignment, values=values, seconds=40, is_another=True)


def recorded_name(name: str, route: str) -> str:
    """Which of these records stands for an argument of an address."""
    if name == "person" and "parts/" in route:
        return "user"
    if name == "entry" and "verif" in route:
        return "held"
    return "disputed" if name == "entry" and "decide" in route else name
