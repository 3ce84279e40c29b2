from collections.abc import Mapping

from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _, override

from embudo.foundation.access import events, permissions, rules
from embudo.foundation.access.commands.users import own_rights
from embudo.foundation.access.models import Grant, OfferedGrant, Organisation, Role, RoleMember, Team
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, create_all, delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.permission import Scope, all_permissions, permission_named
from embudo.kernel.record import lock


@command(permissions.MANAGE_ROLES)
def sync_roles(actor: Actor) -> int:
    """
    Makes the default roles and gives each what new permissions offer it, once: what an administrator took away stays
    away. Runs after every migration; returns how many grants were added.
    """
    if not Organisation.objects.exists():
        create(Organisation())
    roles = {role.slug: role for role in Role.objects.all()}
    for slug, name in rules.DEFAULT_ROLES.items():
        if slug not in roles:
            with override("en"):
                roles[slug] = create(Role(slug=slug, name=str(name)))
    offered = set(OfferedGrant.objects.values_list("role__slug", "permission"))
    held = set(Grant.objects.values_list("role__slug", "permission"))
    fresh = [
        Grant(role=roles[slug], permission=permission.code, scope=scope.value)
        for permission in all_permissions()
        for slug, scope in permission.default_grants().items()
        if slug in roles and (slug, permission.code) not in offered
    ]
    create_all([grant for grant in fresh if (grant.role.slug, grant.permission) not in held])
    OfferedGrant.objects.bulk_create(OfferedGrant(role=one.role, permission=one.permission) for one in fresh)
    if fresh:
        publish(events.RolesSynced(len(fresh)), *roles.values())
    return len(fresh)


@command(permissions.MANAGE_ROLES)
def create_role(actor: Actor, *, name: str, like: Role | None = None) -> Role:
    """Makes a role of the organisation's own, empty or with the grants of another. Refuses a name in use."""
    role = create(Role(slug=_free_slug(name), name=_free_name(name)))
    if like is not None:
        grants = dict(like.grants.values_list("permission", "scope"))
        rules.check_grantable(own_rights(actor), rules.scopes_given(grants))
        create_all([Grant(role=role, permission=code, scope=scope) for code, scope in grants.items()])
    publish(events.RoleCreated(role.id), role)
    return role


@command(permissions.MANAGE_ROLES)
def rename_role(actor: Actor, role: Role, *, name: str) -> Role:
    """Gives a role another name. Refuses a name in use."""
    role = lock(role)
    update(role, name=_free_name(name, but=role))
    publish(events.RoleChanged(role.id), role)
    return role


@command(permissions.MANAGE_ROLES)
def set_grants(actor: Actor, role: Role, *, grants: Mapping[str, Scope], version: int | None = None) -> Role:
    """
    Makes exactly `grants` (permission code -> scope) the role's own. Refuses the administrator's role, which holds
    everything, and rights the actor does not hold.
    """
    role = lock(role, version=version)
    rules.check_editable_role(role.slug)
    before = {one.permission: one for one in Grant.objects.filter(role=role)}
    wanted = {code: _fitting(code, scope) for code, scope in grants.items()}
    changed = {
        code: scope for code, scope in wanted.items() if code not in before or before[code].scope != scope
    }
    rules.check_grantable(own_rights(actor), changed)
    for code, grant in before.items():
        if code not in wanted:
            delete(grant)
    for code, scope in changed.items():
        if code in before:
            update(before[code], scope=scope.value)
        else:
            create(Grant(role=role, permission=code, scope=scope.value))
    update(role, revision=role.revision + 1)
    publish(events.RoleChanged(role.id), role)
    return role


def _fitting(code: str, scope: Scope) -> Scope:
    permission = permission_named(code)
    if permission is None:
        raise Invalid({"": [_("There is no such permission.")]})
    return scope if permission.scoped else Scope.ALL


@command(permissions.MANAGE_ROLES)
def delete_role(actor: Actor, role: Role) -> None:
    """Removes a role of the organisation's own. Refuses the built-in ones and one that somebody holds."""
    role = lock(role)
    rules.check_removable_role(role.slug, RoleMember.objects.filter(role=role).count())
    for grant in Grant.objects.filter(role=role):
        delete(grant)
    publish(events.RoleDeleted(role.id), role)
    delete(role)


def _free_name(typed: str, *, but: Role | None = None) -> str:
    name = typed.strip()
    same = Role.objects.filter(name__iexact=name)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise Invalid({"name": [_("A role has this name already. Enter another one.")]})
    return name


def _free_slug(name: str) -> str:
    base = slugify(name)[:40] or "role"
    taken = set(Role.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for slug in (base, *(f"{base}-{n}" for n in range(2, 1000))) if slug not in taken)


@command(permissions.MANAGE_ROLES)
def create_team(actor: Actor, *, name: str) -> Team:
    """Makes a team. Refuses a name in use."""
    team = create(Team(name=_free_team_name(name)))
    publish(events.TeamCreated(team.id), team)
    return team


@command(permissions.MANAGE_ROLES)
def rename_team(actor: Actor, team: Team, *, name: str) -> Team:
    """Gives a team another name. Refuses a name in use."""
    team = lock(team)
    update(team, name=_free_team_name(name, but=team))
    publish(events.TeamChanged(team.id), team)
    return team


@command(permissions.MANAGE_ROLES)
def delete_team(actor: Actor, team: Team) -> None:
    """Removes a team; its members then belong to none."""
    team = lock(team)
    for member in team.members.all():
        update(member, team=None)
    publish(events.TeamDeleted(team.id), team)
    delete(team)


def _free_team_name(typed: str, *, but: Team | None = None) -> str:
    name = typed.strip()
    same = Team.objects.filter(name__iexact=name)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise Invalid({"name": [_("A team has this name already. Enter another one.")]})
    return name
