from embudo.foundation.access import permissions
from embudo.foundation.access.events import RolesSynced, UserCreated
from embudo.foundation.access.models import (
    Grant,
    OfferedGrant,
    Organisation,
    ReportingLine,
    Role,
    RoleMember,
    Team,
    User,
)
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.permission import Scope, all_permissions


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
    """Makes a user who holds `roles` (slugs). Without a password the user can sign in only after an invitation."""
    user = User(email=email.strip().lower(), name=name.strip(), manager=manager, team=team)
    user.set_password(password)
    create(user)
    for role in Role.objects.filter(slug__in=roles):
        create(RoleMember(role=role, user=user))
    place_user(user)
    publish(UserCreated(user.id), user)
    return user


def place_user(user: User) -> None:
    """Writes the reporting lines of a new user: one's own and one to everybody above."""
    above = ReportingLine.objects.filter(below=user.manager_id) if user.manager_id else ReportingLine.objects.none()
    lines = [ReportingLine(above_id=line.above_id, below=user, depth=line.depth + 1) for line in above]
    ReportingLine.objects.bulk_create([ReportingLine(above=user, below=user, depth=0), *lines])


DEFAULT_ROLES = {
    "administrator": "Administrator",
    "manager": "Manager",
    "seller": "Seller",
    "collector": "Collector",
}


@command(permissions.MANAGE_ROLES)
def sync_roles(actor: Actor) -> int:
    """
    Makes the default roles and gives each what new permissions offer it, once: what an administrator took away stays
    away. Runs after every migration; returns how many grants were added.
    """
    if not Organisation.objects.exists():
        create(Organisation())
    roles = {role.slug: role for role in Role.objects.all()}
    for slug, name in DEFAULT_ROLES.items():
        if slug not in roles:
            roles[slug] = create(Role(slug=slug, name=name))
    offered = set(OfferedGrant.objects.values_list("role__slug", "permission"))
    added = [
        _offer(roles[slug], permission.code, scope)
        for permission in all_permissions()
        for slug, scope in permission.default_grants().items()
        if slug in roles and (slug, permission.code) not in offered
    ]
    if added:
        publish(RolesSynced(len(added)), *roles.values())
    return len(added)


def _offer(role: Role, permission: str, scope: Scope) -> OfferedGrant:
    if not Grant.objects.filter(role=role, permission=permission).exists():
        create(Grant(role=role, permission=permission, scope=scope))
    return OfferedGrant.objects.create(role=role, permission=permission)
