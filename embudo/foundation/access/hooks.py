from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import permissions, queries
from embudo.foundation.access.models import Role, Team, User
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel, about_url, register_menu, register_panel
from embudo.kernel.kind import RecordKind, SearchText, register_kind

SETTINGS = _("Settings")


def who_url(kind: str, record_id: UUID) -> str:
    return about_url("access:who", kind, record_id)


register_kind(
    RecordKind(
        model=User,
        label=_("User"),
        plural=_("Users"),
        icon="user",
        title=lambda user: user.name or user.email,
        url=lambda user_id: reverse("access:user", args=[user_id]),
        fetch=queries.user,
        search=lambda user: SearchText(user.name, user.email, (user.name, user.email)),
    )
)
register_kind(
    RecordKind(
        model=Team,
        label=_("Team"),
        plural=_("Teams"),
        icon="users",
        title=lambda team: team.name,
        url=lambda team_id: reverse("access:team_edit", args=[team_id]),
        fetch=queries.team,
    )
)
register_kind(
    RecordKind(
        model=Role,
        label=_("Role"),
        plural=_("Roles"),
        icon="shield",
        title=lambda role: queries.role_label(role.slug, role.name),
        url=lambda role_id: reverse("access:role", args=[role_id]),
        fetch=queries.role,
    )
)
register_menu(MenuEntry(_("Users"), "access:users", "users", permissions.MANAGE_USERS, 500, SETTINGS))
register_menu(MenuEntry(_("Teams"), "access:teams", "users-round", permissions.VIEW_ROLES, 510, SETTINGS))
register_menu(MenuEntry(_("Roles"), "access:roles", "shield", permissions.VIEW_ROLES, 520, SETTINGS))
register_menu(
    MenuEntry(
        _("Organisation"), "access:organisation", "building-2", permissions.MANAGE_ORGANISATION, 530, SETTINGS
    )
)
register_panel(Panel("*", "side", _("Who can see this"), who_url, permissions.VIEW_ACCESS, 900))
register_help("access:profile", _("Your profile"), "access/help_profile.html")
register_help("access:users", _("Users"), "access/help_users.html")
register_help("access:role", _("Roles and scopes"), "access/help_roles.html")
register_help("access:factors", _("Second factor"), "access/help_factors.html")
