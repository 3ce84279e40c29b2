from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import events, permissions, queries, rules
from embudo.foundation.access.commands.sessions import end_sessions_of, revoke_tokens_of
from embudo.foundation.access.models import Organisation, ReportingLine, Role, RoleMember, Team, User
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@dataclass(frozen=True)
class UserChange:
    """What an administrator says of a user; `roles` are ids."""

    name: str
    email: str
    roles: tuple[UUID, ...]
    team: Team | None = None
    manager: User | None = None


@command(permissions.MANAGE_USERS)
def create_user(
    actor: Actor,
    *,
    email: str,
    name: str,
    roles: tuple[str, ...] = (),
    password: str | None = None,
    manager: User | None = None,
    team: Team | None = None,
) -> User:
    """
    Makes a user who holds `roles` (slugs). Without a password the user can sign in only after an invitation.
    Refuses a wrong or known address, and roles that reach beyond the actor's own rights.
    """
    user = User(email=checked_email(email), name=name.strip(), manager=manager, team=team)
    user.language = queries.organisation_language()
    user.set_password(password)
    create(user)
    _give_roles(actor, user, Role.objects.filter(slug__in=roles))
    place_user(user)
    publish(events.UserCreated(user.id), user)
    return user


@command(permissions.MANAGE_USERS)
def invite_user(
    actor: Actor,
    *,
    email: str,
    name: str,
    roles: Sequence[UUID] = (),
    team: Team | None = None,
    manager: User | None = None,
) -> User:
    """
    Makes a user and sends them a link under which they choose their password. Refuses a wrong or known address, and roles
    that reach beyond the actor's own rights.
    """
    slugs = tuple(Role.objects.filter(pk__in=roles).values_list("slug", flat=True))
    user = create_user.inner(actor, email=email, name=name, roles=slugs, team=team, manager=manager)
    return invite_again.inner(actor, user)


@command(permissions.MANAGE_USERS)
def invite_again(actor: Actor, user: User) -> User:
    """Sends a fresh invitation; the links before it no longer work. Refuses someone who has chosen a password."""
    user = lock(user)
    if user.has_usable_password():
        raise Invalid({"": [_("This person can sign in already.")]})
    update(user, invited=clock.now())
    publish(events.UserInvited(user.id), user)
    return user


@command(permissions.MANAGE_USERS)
def change_user(actor: Actor, user: User, *, change: UserChange, version: int | None = None) -> User:
    """
    Changes name, address, roles, team and who stands above. Refuses power over somebody with more rights, a circle of
    reporting, a known address and the last administrator's leaving.
    """
    one_at_a_time()
    user = lock(user, version=version)
    check_power(actor, user)
    email = checked_email(change.email, but=user.id)
    is_new_address = email != user.email
    update(user, name=change.name.strip(), email=email, team=change.team)
    _give_roles(actor, user, Role.objects.filter(pk__in=change.roles))
    move_user(user, change.manager)
    rules.check_administrators(queries.administrators().count())
    publish(events.UserChanged(user.id), user)
    if is_new_address:
        publish(events.EmailChanged(user.id), user)
    return user


@command(permissions.MANAGE_USERS)
def deactivate_user(actor: Actor, user: User) -> User:
    """Ends a user's sessions and tokens at once and lets them in no more. Refuses the last administrator."""
    one_at_a_time()
    user = lock(user)
    check_power(actor, user)
    update(user, is_active=False)
    rules.check_administrators(queries.administrators().count())
    end_sessions_of(user)
    revoke_tokens_of(user)
    publish(events.UserDeactivated(user.id), user)
    return user


@command(permissions.MANAGE_USERS)
def activate_user(actor: Actor, user: User) -> User:
    """Lets a user in again, with the roles held before. Refuses power over somebody with more rights."""
    user = lock(user)
    check_power(actor, user)
    update(user, is_active=True)
    publish(events.UserActivated(user.id), user)
    return user


@command(permissions.OWN_PROFILE)
def change_profile(
    actor: Actor, *, name: str, language: str, time_zone: str, is_on_shortcuts: bool = True
) -> User:
    """Changes what people say of themselves: name, language, time zone, shortcuts."""
    user = lock(queries.own_user(actor))
    update(user, name=name.strip(), language=language, time_zone=time_zone, is_on_shortcuts=is_on_shortcuts)
    publish(events.ProfileChanged(user.id), user)
    return user


def own_rights(actor: Actor) -> dict[str, Any] | None:
    return None if actor.kind is ActorKind.SYSTEM else dict(actor.grants)


def check_power(actor: Actor, user: User) -> None:
    """Whoever may change an address may take over the account: so not that of somebody with more rights."""
    if user.id != actor.id:
        rules.check_grantable(own_rights(actor), queries.actor_of(user).grants)


def checked_email(typed: str, *, but: UUID | None = None) -> str:
    email = typed.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid({"email": [_("Enter an e-mail address such as name@example.com.")]}) from None
    if User.objects.filter(email__iexact=email).exclude(pk=but).exists():
        raise Invalid({"email": [_("Somebody has this address already. Enter another one.")]})
    return email


def _give_roles(actor: Actor, user: User, roles: Iterable[Role]) -> None:
    wanted = {role.id: role for role in roles}
    held = {one.role_id: one for one in RoleMember.objects.filter(user=user)}
    fresh = [role for role_id, role in wanted.items() if role_id not in held]
    if fresh:
        rules.check_grantable(own_rights(actor), queries.grants_of_roles(fresh))
    for role in fresh:
        create(RoleMember(role=role, user=user))
    for role_id, member in held.items():
        if role_id not in wanted:
            delete(member)


def one_at_a_time() -> None:
    """Changes of the tree and of administrators wait for each other, or two could each leave the other as the last."""
    list(Organisation.objects.select_for_update())


def place_user(user: User) -> None:
    """Writes the reporting lines of a new user: one's own and one to everybody above."""
    above = (
        ReportingLine.objects.filter(below=user.manager_id)
        if user.manager_id
        else ReportingLine.objects.none()
    )
    lines = [ReportingLine(above_id=line.above_id, below=user, depth=line.depth + 1) for line in above]
    ReportingLine.objects.bulk_create([ReportingLine(above=user, below=user, depth=0), *lines])


def move_user(user: User, manager: User | None) -> None:
    """Puts the user, with all who report to them, under somebody else. Refuses a circle."""
    if user.manager_id == (manager.id if manager else None):
        return
    under = dict(ReportingLine.objects.filter(above=user).values_list("below", "depth"))
    rules.check_above(user.id, manager.id if manager else None, set(under))
    update(user, manager=manager)
    ReportingLine.objects.filter(below__in=under).exclude(above__in=under).delete()
    above = ReportingLine.objects.filter(below=manager).values_list("above", "depth") if manager else []
    ReportingLine.objects.bulk_create(
        ReportingLine(above_id=top, below_id=low, depth=up + down + 1)
        for top, up in above
        for low, down in under.items()
    )
    publish(events.UserMoved(user.id, manager.id if manager else None), user)
