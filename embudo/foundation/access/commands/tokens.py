import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import events, permissions, queries
from embudo.foundation.access.models import Token
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@command(permissions.OWN_PROFILE)
def create_token(
    actor: Actor, *, name: str, grants: Sequence[str] = (), expires: datetime | None = None
) -> tuple[Token, str]:
    """
    Makes an API token for programs that act for the actor, and its secret, which is shown this once. `grants` are permission
    codes; none = all of the actor's. Refuses permissions the actor lacks, and an expiry in the past.
    """
    beyond = [code for code in grants if code not in actor.grants]
    if beyond:
        raise Invalid({"grants": [_("Choose only permissions that you hold yourself.")]})
    if expires is not None and expires <= clock.now():
        raise Invalid({"expires": [_("Choose a day to come.")]})
    if not grants and actor.kind is ActorKind.TOKEN:
        grants = tuple(actor.grants)  # a narrow token makes no wider one
    prefix = secrets.token_hex(5)
    secret = f"emb_{prefix}_{secrets.token_urlsafe(32)}"
    user = queries.own_user(actor)
    token = create(
        Token(
            owner=user, name=name.strip(), prefix=prefix, digest=queries.token_digest(secret),
            grants=sorted(set(grants)), expires=expires,
        )
    )  # fmt: skip
    publish(events.TokenCreated(token.id, user.id), token, user)
    return token, secret


@command(permissions.OWN_PROFILE)
def revoke_token(actor: Actor, token: Token) -> Token:
    """Makes one of the actor's tokens worthless at once."""
    token = lock(token)
    update(token, revoked=token.revoked or clock.now())
    publish(events.TokenRevoked(token.id, token.owner_id), token)
    return token


def admit_token(secret: str, *, request_id: str = "") -> Actor | None:
    """The actor behind a token at a door (queries.actor_of_token), noting to the minute that the token is in use."""
    found = queries.admitted(secret, request_id=request_id)
    if found is None:
        return None
    now = clock.now()
    if found.last_used is None or found.last_used < now - timedelta(minutes=1):
        # a busy token shall not write with every call
        Token.objects.filter(prefix=queries.token_prefix(secret)).update(last_used=now)
    return found.actor
