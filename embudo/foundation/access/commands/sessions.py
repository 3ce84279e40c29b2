from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session

from embudo.foundation.access import events, permissions, queries
from embudo.foundation.access.models import SignIn, Token, User
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@command(permissions.OWN_PROFILE)
def start_session(actor: Actor, *, session: str, method: str, address: str = "", browser: str = "") -> SignIn:
    """Notes that the actor signed in with a browser; `session` is the key of Django's session."""
    user = queries.own_user(actor)
    forget_ended(user)
    sign_in = create(SignIn(owner=user, session=session, address=address[:45], browser=browser[:200]))
    publish(events.SignedIn(user.id, method), user)
    return sign_in


@command(permissions.OWN_PROFILE)
def end_session(actor: Actor, sign_in: SignIn) -> None:
    """Signs one of the actor's browsers out."""
    sign_in = lock(sign_in)
    _end(sign_in)
    publish(events.SessionsEnded(sign_in.owner_id, 1), sign_in.owner)


@command(permissions.OWN_PROFILE)
def end_other_sessions(actor: Actor, *, session: str) -> int:
    """Signs the actor out everywhere but in the session named; returns how many ended."""
    user = queries.own_user(actor)
    ended = end_sessions_of(user, but=session)
    publish(events.SessionsEnded(user.id, ended), user)
    return ended


@command(permissions.OWN_PROFILE)
def sign_out(actor: Actor, *, session: str) -> None:
    """Notes that the actor signed out of a browser."""
    user = queries.own_user(actor)
    for one in SignIn.objects.filter(owner=user, session=session):
        delete(one)
    publish(events.SignedOut(user.id), user)


@command(permissions.MANAGE_USERS)
def end_all_sessions(actor: Actor, user: User) -> int:
    """Signs a user out everywhere and revokes their tokens: for a lost computer."""
    user = lock(user)
    ended = end_sessions_of(user)
    revoke_tokens_of(user)
    publish(events.SessionsEnded(user.id, ended), user)
    return ended


def end_sessions_of(user: User, *, but: str = "") -> int:
    """Within a command: ends the user's sessions, except the one named."""
    ended = list(SignIn.objects.filter(owner=user).exclude(session=but))
    for sign_in in ended:
        _end(sign_in)
    return len(ended)


def _end(sign_in: SignIn) -> None:
    import_module(settings.SESSION_ENGINE).SessionStore(sign_in.session).delete()
    delete(sign_in)


def forget_ended(user: User) -> None:
    """Drops the notes of sessions that ran out by themselves."""
    noted = list(SignIn.objects.filter(owner=user))
    keys = [one.session for one in noted]
    alive = Session.objects.filter(pk__in=keys, expire_date__gt=clock.now()).values_list("pk", flat=True)
    for one in noted:
        if one.session not in set(alive):
            delete(one)


def revoke_tokens_of(user: User) -> None:
    for token in Token.objects.filter(owner=user, revoked__isnull=True):
        update(token, revoked=clock.now())


def note_presence(session: str) -> None:
    """Every quarter of an hour the list of sessions learns that a browser is still in use; not an act, so not logged."""
    SignIn.objects.filter(session=session).update(last_seen=clock.now())


def follow_session(old: str, new: str) -> None:
    """A changed password gives the present browser's session a new key: the list follows it."""
    SignIn.objects.filter(session=old).update(session=new)
