from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import events, permissions, queries, rules
from embudo.foundation.access.commands.attempts import forgive, try_once
from embudo.foundation.access.commands.sessions import end_sessions_of
from embudo.foundation.access.commands.users import check_power
from embudo.foundation.access.models import User
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound
from embudo.kernel.event import publish
from embudo.kernel.record import lock


def prove_password(request: HttpRequest, *, email: str, password: str, address: str) -> User | None:
    """
    The user behind address and password, or None: the same answer in the same time for an unknown address, a wrong
    password and somebody deactivated. Refuses (TooMany) after ten wrong ones within a quarter of an hour.
    """
    made = try_once(rules.PASSWORDS, account=email.strip().lower(), address=address)
    user = authenticate(request, username=email.strip().lower(), password=password)
    if not isinstance(user, User):
        return None
    forgive(made)
    return user


def check_own_password(user: User, password: str, *, address: str = "", field: str = "password") -> None:
    """Before an act that a borrowed browser must not do. Refuses a wrong password, and too many of them (TooMany)."""
    made = try_once(rules.PASSWORDS, account=user.email.lower(), address=address)
    if not user.check_password(password):
        raise Invalid({field: [_("This is not your password. Enter the one you sign in with.")]})
    forgive(made)


@command(permissions.OWN_PROFILE)
def request_password_reset(actor: Actor, *, email: str) -> None:
    """Has a link mailed under which a forgotten password can be replaced; an unknown address gets the same answer."""
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        publish(events.UnknownResetRequested())
    else:
        publish(events.PasswordResetRequested(user.id), user)


@command(permissions.OWN_PROFILE)
def reset_password(actor: Actor, *, key: str, token: str, password: str) -> User:
    """Replaces a forgotten password and signs every browser out. Refuses a link that is used or too old (NotFound)."""
    user = queries.user_of_reset_link(key, token)
    if user is None:
        raise NotFound
    user = lock(user)
    _set(user, password)
    end_sessions_of(user)
    publish(events.PasswordChanged(user.id, by_link=True), user)
    return user


@command(permissions.OWN_PROFILE)
def accept_invitation(actor: Actor, *, key: str, token: str, name: str, password: str) -> User:
    """The invited person gives their name and a password. Refuses a link that is used or too old (NotFound)."""
    user = queries.user_of_invitation(key, token)
    if user is None:
        raise NotFound
    user = lock(user)
    _set(user, password)
    update(user, name=name.strip())
    publish(events.InvitationAccepted(user.id), user)
    return user


@command(permissions.OWN_PROFILE)
def change_password(actor: Actor, *, old: str, new: str, session: str = "") -> User:
    """Replaces one's password; all other browsers are signed out. Refuses a wrong old one."""
    user = lock(queries.own_user(actor))
    if not user.check_password(old):
        raise Invalid({"old": [_("This is not your present password. Enter the one you sign in with.")]})
    _set(user, new, field="new")
    end_sessions_of(user, but=session)
    publish(events.PasswordChanged(user.id, by_link=False), user)
    return user


@command(permissions.MANAGE_USERS)
def set_password(actor: Actor, user: User, *, password: str) -> User:
    """Gives a user another password and signs them out everywhere. Refuses power over somebody with more rights."""
    user = lock(user)
    check_power(actor, user)
    _set(user, password)
    end_sessions_of(user)
    publish(events.PasswordChanged(user.id, by_link=False), user)
    return user


def _set(user: User, password: str, *, field: str = "password") -> None:
    check_password_strength(user, password, field=field)
    user.set_password(password)
    fresh, user.password = user.password, ""  # update() saves what differs from the object's own value
    update(user, password=fresh)


def check_password_strength(user: User, password: str, *, field: str = "password") -> None:
    try:
        validate_password(password, user)
    except ValidationError as fault:
        raise Invalid({field: fault.messages}) from None
