import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.functional import SimpleLazyObject
from django.utils.translation import override

from embudo.foundation.access import permissions
from embudo.foundation.access.models import (
    Grant,
    Organisation,
    ReportingLine,
    Role,
    RoleMember,
    SignIn,
    Team,
    Token,
    User,
)
from embudo.foundation.access.queries.factors import (
    factors,
    has_factor,
    open_secret,
    owes_factor,
    passkey_question,
    qr_code,
    recovery_codes,
    recovery_codes_to_show,
)
from embudo.foundation.access.queries.held import grants_held, read_grants
from embudo.foundation.access.queries.links import (
    invitation_link,
    reset_link,
    user_of_invitation,
    user_of_reset_link,
)
from embudo.foundation.access.queries.owners import checked_owner
from embudo.foundation.access.queries.sight import Reason, Sight, has_own_rules, who_sees
from embudo.foundation.access.rules import ADMINISTRATOR, DEFAULT_ROLES
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Scope, all_permissions
from embudo.kernel.prepared import Prepared


def organisation() -> Organisation:
    """The one organisation."""
    return Organisation.objects.get()


@dataclass(frozen=True)
class Holder:
    """What an actor is made of."""

    id: UUID
    name: str
    language: str
    time_zone: str
    team_id: UUID | None


HELD = Prepared(
    lambda user: Grant.objects.filter(role__rolemember__user=user).values_list(
        "permission", "scope", "role__slug"
    )
)
SCOPES = {scope.value: scope for scope in Scope}


def actor_of(
    user: User | Holder,
    *,
    origin: str = "web",
    request_id: str = "",
    held: Iterable[tuple[str, str, str]] | None = None,
) -> Actor:
    """The user as actor: the widest scope of each permission over all roles held. One query, unless it is known what is `held`."""
    grants: dict[str, Scope] = {}
    roles = set()
    for permission, scope, slug in HELD.rows(user=user.id) if held is None else held:
        roles.add(slug)
        known, reach = grants.get(permission), SCOPES[scope]
        grants[permission] = reach if known is None or reach.covers(known) else known
    team, own = user.team_id, user.id
    return Actor(
        ActorKind.USER,
        id=own,
        name=user.name,
        grants=grants,
        team=_later(lambda: User.objects.filter(team=team).values("id")) if team else None,
        subtree=_later(lambda: ReportingLine.objects.filter(above=own).values("below")),
        origin=origin,
        request_id=request_id,
        language=user.language,
        time_zone=user.time_zone,
        roles=frozenset(roles),
    )


def _later(build: Callable[[], QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    """Most requests never ask for it."""
    return cast("QuerySet[Any, Any]", SimpleLazyObject(build))


def token_digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def token_prefix(secret: str) -> str:
    """What a token is found by: "emb_<prefix>_<the rest>"."""
    parts = secret.split("_", 2)
    return parts[1] if len(parts) == 3 else ""


KNOWN_TOKEN = Prepared(
    lambda prefix: Token.objects.filter(prefix=prefix)
    .annotate(owes_factor=owes_factor("owner"), held=grants_held("owner"))
    .values_list(
        "digest", "name", "grants", "expires", "revoked", "last_used", "owes_factor", "held", "owner__is_active",
        "owner", "owner__name", "owner__language", "owner__time_zone", "owner__team",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Admitted:
    """Who comes with a token, and when it was used last."""

    actor: Actor
    last_used: datetime | None


def admitted(secret: str, *, request_id: str = "") -> Admitted | None:
    """The actor behind an API token, as `actor_of_token` gives it, and the token's last use. One query."""
    found = KNOWN_TOKEN.first(prefix=token_prefix(secret))
    if found is None:
        return None
    digest, name, codes, expires, revoked, last_used, owes, held, is_active, *owner = found
    if not hmac.compare_digest(digest, token_digest(secret)):
        return None
    if revoked is not None or (expires is not None and expires <= clock.now()) or not is_active or owes:
        return None
    actor = actor_of(Holder(*owner), origin="rest", request_id=request_id, held=read_grants(held))
    grants = {code: actor.grants[code] for code in codes if code in actor.grants} if codes else actor.grants
    return Admitted(replace(actor, kind=ActorKind.TOKEN, name=name, grants=grants), last_used)


def actor_of_token(secret: str, *, request_id: str = "") -> Actor | None:
    """
    The actor behind an API token ("emb_<prefix>_<secret>"): its owner's grants, narrowed to the token's. None when the
    token is unknown, expired or revoked, or its owner may not sign in or owes a second factor.
    """
    found = admitted(secret, request_id=request_id)
    return found.actor if found else None


def users(actor: Actor) -> QuerySet[User]:
    """Colleagues, by name."""
    return User.objects.visible_to(actor).select_related("team", "manager").order_by("name", "id")  # type: ignore[no-any-return]


def users_like(
    actor: Actor, *, sort: str = "name", q: str = "", team: UUID | None = None, active: bool | None = None
) -> QuerySet[User]:
    """Colleagues by words in name or address, by team, by whether they may sign in."""
    found = users(actor)
    for word in q.split():
        found = found.filter(Q(name__icontains=word) | Q(email__icontains=word))
    if team is not None:
        found = found.filter(team_id=team)
    if active is not None:
        found = found.filter(is_active=active)
    return found.order_by(sort, "-id" if sort.startswith("-") else "id")


def user(actor: Actor, user_id: UUID) -> User:
    """One colleague; NotFound outside the actor's sight."""
    return User.objects.visible_to(actor).one(actor, user_id)  # type: ignore[no-any-return]


def user_names(ids: set[UUID]) -> dict[UUID, str]:
    """Names for the log and for lists, without regard to who asks: a colleague's name is no secret inside."""
    return dict(User.objects.filter(pk__in=ids).values_list("id", "name"))


def own_user(actor: Actor) -> User:
    """The user who acts, or for whom a token acts."""
    found = User.objects.filter(pk=actor.id).first() if actor.id else None
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]


def visitor(user: User | None = None, *, request_id: str = "") -> Actor:
    """
    Somebody at the door, before they are known: may run what signing in, resetting and accepting need, and those commands
    look for the proof (a password, a link) themselves.
    """
    grants = {permissions.OWN_PROFILE.code: Scope.ALL}
    return Actor(
        ActorKind.LINK,
        id=user.id if user else None,
        name="sign-in",
        grants=grants,
        origin="web",
        request_id=request_id,
    )


def user_at_second_step(user_id: UUID) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()  # type: ignore[no-any-return]


def founder(*, request_id: str = "") -> Actor:
    """The first visitor of an empty installation, who may set it up. Refuses (NotFound) once anybody exists."""
    if not is_fresh():
        raise NotFound
    grants = {permission.code: Scope.ALL for permission in all_permissions()}
    return Actor(ActorKind.LINK, name="first run", grants=grants, origin="web", request_id=request_id)


def is_fresh() -> bool:
    """Nobody exists yet: the first visitor sets up the organisation."""
    return not User.objects.exists()


def organisation_language() -> str:
    return Organisation.objects.values_list("language", flat=True).first() or "en"


def administrators() -> QuerySet[User]:
    """Who may sign in and hold everything."""
    return active_members(ADMINISTRATOR)


def grants_of_roles(roles: Iterable[Role]) -> dict[str, Scope]:
    """The widest scope of each permission over the roles."""
    found: dict[str, Scope] = {}
    for permission, scope in Grant.objects.filter(role__in=list(roles)).values_list("permission", "scope"):
        known = found.get(permission)
        found[permission] = Scope(scope) if known is None or Scope(scope).covers(known) else known
    return found


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


def team(actor: Actor, team_id: UUID) -> Team:
    return Team.objects.visible_to(actor).one(actor, team_id)


def team_sizes(actor: Actor) -> QuerySet[Team]:
    """Teams with the number of active members."""
    return teams(actor).annotate(size=Count("members", filter=Q(members__is_active=True)))


def roles(actor: Actor) -> QuerySet[Role]:
    """Roles with the number of active people who hold them."""
    held = Count("members", filter=Q(members__is_active=True))
    return Role.objects.visible_to(actor).annotate(held=held).order_by("name", "id")


def role(actor: Actor, role_id: UUID) -> Role:
    return Role.objects.visible_to(actor).one(actor, role_id)


def role_choices(actor: Actor) -> list[tuple[str, str]]:
    return [
        (str(one.id), role_label(one.slug, one.name))
        for one in Role.objects.visible_to(actor).order_by("name")
    ]


def role_label(slug: str, name: str) -> str:
    """A built-in role reads in the reader's language until somebody renames it."""
    stock = DEFAULT_ROLES.get(slug)
    with override("en"):
        is_stock = stock is not None and str(stock) == name
    return str(stock) if is_stock else name


def roles_of(user_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The names of the roles each user holds. One query."""
    found: dict[UUID, list[str]] = {}
    rows = RoleMember.objects.filter(user__in=list(user_ids)).order_by("role__name")
    for user_id, slug, name in rows.values_list("user_id", "role__slug", "role__name"):
        found.setdefault(user_id, []).append(role_label(slug, name))
    return found


def role_ids_of(user: User) -> list[str]:
    return [str(one) for one in RoleMember.objects.filter(user=user).values_list("role_id", flat=True)]


def grants_of(role: Role) -> dict[str, str]:
    """Permission code -> scope."""
    return dict(Grant.objects.filter(role=role).values_list("permission", "scope"))


def may_report_to(actor: Actor, user: User | None = None) -> QuerySet[User]:
    """Who can stand above a user: everybody active but those under them."""
    found = User.objects.visible_to(actor).filter(is_active=True).order_by("name", "id")
    return found.exclude(lines_up__above=user) if user else found  # type: ignore[no-any-return]


def tree(actor: Actor) -> list[tuple[int, User]]:
    """Active users in the order of the tree, each with its depth. Two queries."""
    everybody = list(users(actor).filter(is_active=True))
    known = {one.id for one in everybody}
    under: dict[UUID | None, list[User]] = {}
    for one in everybody:
        under.setdefault(one.manager_id if one.manager_id in known else None, []).append(one)
    return list(_walk(under, None, 0))


def _walk(under: dict[UUID | None, list[User]], top: UUID | None, depth: int) -> Iterable[tuple[int, User]]:
    for one in under.get(top, ()):
        yield depth, one
        yield from _walk(under, one.id, depth + 1)


@dataclass
class Node:
    """A user in the tree with those who report to them."""

    user: User
    below: "list[Node]"


def nested(rows: Iterable[tuple[int, User]]) -> list[Node]:
    """The rows of `tree` as nested nodes."""
    top: list[Node] = []
    path: list[list[Node]] = [top]
    for depth, one in rows:
        node = Node(one, [])
        del path[depth + 1 :]
        path[depth].append(node)
        path.append(node.below)
    return top


def users_with_roles(actor: Actor) -> QuerySet[User]:
    """Colleagues with their roles fetched along. Two queries."""
    return users(actor).prefetch_related("roles")


def tokens(actor: Actor) -> QuerySet[Token]:
    """The actor's own tokens, newest first."""
    return Token.objects.visible_to(actor).order_by("-created", "-id")


def token(actor: Actor, token_id: UUID) -> Token:
    return Token.objects.visible_to(actor).one(actor, token_id)


def sign_ins(actor: Actor) -> QuerySet[SignIn]:
    """The browsers in which the actor is signed in, newest first."""
    return SignIn.objects.visible_to(actor).order_by("-created", "-id")


def sign_in(actor: Actor, sign_in_id: UUID) -> SignIn:
    return SignIn.objects.visible_to(actor).one(actor, sign_in_id)


def user_grants(user: User) -> dict[str, Scope]:
    """What somebody may do, for their page. One query."""
    return dict(actor_of(user).grants)


__all__ = [
    "Reason", "Sight", "active_members", "actor_of", "actor_of_token", "administrators", "admitted", "checked_owner", "factors", "founder", "grants_of",
    "grants_of_roles", "has_factor", "has_own_rules", "invitation_link", "is_fresh", "may_report_to", "nested", "open_secret", "organisation",
    "organisation_language", "own_user", "passkey_question", "qr_code", "recovery_codes", "recovery_codes_to_show", "reset_link", "role",
    "role_choices", "role_ids_of", "role_label", "roles", "roles_of", "sign_in", "sign_ins", "team", "team_sizes",
    "teams", "token", "token_digest", "tokens", "tree", "user", "user_at_second_step", "user_by_email", "user_grants", "user_names",
    "user_of_invitation", "user_of_reset_link", "users", "users_like", "users_with_roles", "visitor", "who_sees",
]  # fmt: skip
