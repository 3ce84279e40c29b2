from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import events, permissions, rules
from embudo.foundation.access.commands.users import (
    UserChange,
    activate_user,
    change_user,
    check_power,
    deactivate_user,
    invite_user,
    move_user,
    one_at_a_time,
)
from embudo.foundation.access.models import Role, User
from embudo.foundation.access.queries.arranging import Arrangement, Row, Wish, arrangement
from embudo.kernel.act import acting, attempt
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock


class _Rehearsed(Exception):
    """All was done as it would be; nothing of it is to stay."""


@command(permissions.MANAGE_ROLES)
def report_to(actor: Actor, user: User, *, manager: User | None) -> User:
    """Puts somebody, with all who report to them, under somebody else. Refuses a circle, and power over somebody with more rights."""
    one_at_a_time()
    user = lock(user)
    check_power(actor, user)
    move_user(user, manager)
    publish(events.UserChanged(user.id), user)
    return user


@command(permissions.MANAGE_USERS)
def arrange_users(actor: Actor, *, rows: Sequence[Row], digest: str = "") -> int:
    """
    Makes users what a table says of them: new ones are invited, nobody is removed; answers how many changed. All of it or nothing:
    refuses (Invalid, "row 3") every fault with its row, and other changes than those of the preview that `digest` names.
    """
    one_at_a_time()
    found = arrangement(rows)
    if not found.faults:
        _apply(actor, found)
    if found.faults:
        raise Invalid({f"row {number}": [text] for number, text in found.faults})
    if digest and digest != found.digest:
        raise Refused(
            "access.arranged_since",
            _("Somebody changed users in the meantime. Look at what would change now, then agree to it."),
        )
    return len(found.changed)


def rehearsal(actor: Actor, rows: Sequence[Row]) -> Arrangement:
    """What `arrange_users` would do, with every fault that it would meet; nothing stays."""
    found = arrangement(rows)
    if not found.faults:
        with suppress(_Rehearsed), acting(actor, arrange_users.name):
            _apply(actor, found)
            raise _Rehearsed
    return found


def _apply(actor: Actor, found: Arrangement) -> None:
    """Faults are noted at their rows; who becomes an administrator comes first, so that there is always one."""
    chief = Role.objects.filter(slug=rules.ADMINISTRATOR).values_list("pk", flat=True).first()
    people: dict[str, User] = {}
    for wish in sorted(found.changed, key=lambda one: chief not in (one.roles or ())):
        with _noting(found, wish):
            people[wish.email] = _changed(actor, wish)
    _move_all([one for one in found.changed if one.email in people], people)
    for wish in found.changed:
        user = people.get(wish.email)
        if user is not None and wish.is_active is not None and wish.is_active != user.is_active:
            with _noting(found, wish):
                (activate_user if wish.is_active else deactivate_user).inner(actor, user)
    found.faults.sort(key=lambda fault: fault[0])


@contextmanager
def _noting(found: Arrangement, wish: Wish) -> Iterator[None]:
    """A refusal of one row is noted, and its own writes are taken back."""
    try:
        with attempt():
            yield
    except Refused as refusal:
        found.fail(wish.number, refusal.message)
    except Invalid as fault:
        found.fail(wish.number, " ".join(str(text) for texts in fault.errors.values() for text in texts))


def _changed(actor: Actor, wish: Wish) -> User:
    if wish.user is None:
        roles = tuple(wish.roles or ())
        return invite_user.inner(actor, email=wish.email, name=wish.name or "", roles=roles, team=wish.team)
    user = User.objects.get(pk=wish.user.pk)
    held: tuple[UUID, ...] = tuple(user.roles.values_list("pk", flat=True))
    change = UserChange(
        name=wish.name or user.name, email=user.email, manager=user.manager,
        roles=held if wish.roles is None else tuple(wish.roles), team=wish.team if wish.says_team else user.team,
    )  # fmt: skip
    return change_user.inner(actor, user, change=change)


def _move_all(wishes: Sequence[Wish], people: Mapping[str, User]) -> None:
    """In whatever order they stand: where one would be under itself for a moment, another is taken out first."""
    pending = [one for one in wishes if one.manager is not None]
    while pending:
        left = [one for one in pending if not _moved(one, people)]
        if len(left) == len(pending):
            move_user(people[left[0].email], None)
        pending = left


def _moved(wish: Wish, people: Mapping[str, User]) -> bool:
    user = people[wish.email]
    manager = people.get(wish.manager or "") or User.objects.filter(email__iexact=wish.manager).first()
    try:
        move_user(user, manager if wish.manager else None)
    except Invalid:
        return False
    return True
