import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet

from embudo.foundation.access.models import Grant, Organisation, ReportingLine, Team, Token, User
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Scope


def organisation() -> Organisation:
    """The one organisation."""
    return Organisation.objects.get()  # type: ignore[no-any-return]


def actor_of(user: User, *, origin: str = "web", request_id: str = "") -> Actor:
    """The user as actor: the widest scope of each permission over all roles held. One query."""
    grants: dict[str, Scope] = {}
    roles = set()
    rows = Grant.objects.filter(role__rolemember__user=user).values_list("permission", "scope", "role__slug")
    for permission, scope, slug in rows:
        roles.add(slug)
        known = grants.get(permission)
        grants[permission] = Scope(scope) if known is None or Scope(scope).covers(known) else known
    return Actor(
        ActorKind.USER,
        id=user.id,
        name=user.name,
        grants=grants,
        team=User.objects.filter(team=user.team_id).values("id") if user.team_id else None,
        subtree=ReportingLine.objects.filter(above=user).values("below"),
        origin=origin,
        request_id=request_id,
        language=user.language,
        time_zone=user.time_zone,
        roles=frozenset(roles),
    )


def token_digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def actor_of_token(secret: str, *, request_id: str = "") -> Actor | None:
    """
    The actor behind an API token ("emb_<prefix>_<secret>"): its owner's grants, narrowed to the token's. None when the
    token is unknown, expired, revoked or its owner may no longer sign in.
    """
    prefix = secret.split("_")[1] if secret.count("_") >= 2 else ""  # noqa: PLR2004 - emb, prefix, secret
    token = Token.objects.select_related("owner").filter(prefix=prefix).first()
    if token is None or not hmac.compare_digest(token.digest, token_digest(secret)):
        return None
    if not token.is_valid or not token.owner.is_active:
        return None
    _note_use(token)
    actor = actor_of(token.owner, origin="rest", request_id=request_id)
    allowed = set(token.grants)
    grants = {code: scope for code, scope in actor.grants.items() if not allowed or code in allowed}
    return replace(actor, kind=ActorKind.TOKEN, name=token.name, grants=grants)


def _note_use(token: Token) -> None:
    """To the minute: a busy token shall not write with every call."""
    now = clock.now()
    if token.last_used is None or now - token.last_used > timedelta(minutes=1):
        Token.objects.filter(pk=token.pk).update(last_used=now)


def users(actor: Actor) -> QuerySet[User]:
    """Colleagues, by name."""
    return User.objects.visible_to(actor).select_related("team", "manager").order_by("name", "id")  # type: ignore[no-any-return]


def user(actor: Actor, user_id: UUID) -> User:
    """One colleague; NotFound outside the actor's sight."""
    return User.objects.visible_to(actor).one(actor, user_id)  # type: ignore[no-any-return]


def user_names(ids: set[UUID]) -> dict[UUID, str]:
    """Names for the log and for lists, without regard to who asks: a colleague's name is no secret inside."""
    return dict(User.objects.filter(pk__in=ids).values_list("id", "name"))


def active_members(role_slug: str) -> QuerySet[User]:
    """Who holds a role and may sign in, in the order they joined: what round robin goes through."""
    return User.objects.filter(roles__slug=role_slug, is_active=True).order_by("created", "id")  # type: ignore[no-any-return]


def user_by_email(email: str) -> User:
    found = User.objects.filter(email__iexact=email).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]


def teams(actor: Actor) -> QuerySet[Team]:
    return Team.objects.visible_to(actor).order_by("name", "id")
