from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import apps
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.access import commands, forms, permissions, queries
from embudo.foundation.access.models import Organisation, Role, Team
from embudo.foundation.access.rules import ADMINISTRATOR, DEFAULT_ROLES, scopes_given
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage
from embudo.foundation.ui.parts import Action, Column, Crumb
from embudo.kernel.permission import all_permissions

ROLES = Crumb(_("Roles"), reverse_lazy("access:roles"))
TEAMS = Crumb(_("Teams"), reverse_lazy("access:teams"))
MANAGE = permissions.MANAGE_ROLES


class Teams(ListPage):
    permission = permissions.VIEW_ROLES
    title = _("Teams")
    query = queries.team_sizes
    columns = (
        Column("name", _("Name"), sort="name"),
        Column("size", _("Members"), kind="number", end=True),
        Column("created", _("Since"), kind="date", sort="created", descends_first=True),
    )
    search_fields = ("name",)
    default_sort = "name"
    actions = (
        Action(_("New team"), reverse_lazy("access:team_new"), "plus", MANAGE, primary=True, dialog=True),
    )
    empty_title = _("No teams yet")
    empty_text = _("People of one team can see each other's records where a role says “team's”.")

    def row_url(self, row: Team) -> str:
        return reverse("access:team_edit", args=[row.pk])

    def row_actions(self, row: Team) -> Sequence[Action]:
        name = gettext("Remove %(name)s") % {"name": row.name}
        remove = Action(
            _("Remove"),
            reverse("access:team_delete", args=[row.pk]),
            "trash-2",
            MANAGE,
            dialog=True,
            name=name,
        )
        return [remove] if remove.is_for(self.actor) else []

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s team", "%(n)s teams", n) % {"n": self.count_shown(n)}


class TeamAct(CommandPage):
    crumbs = (TEAMS,)

    def get_cancel_url(self) -> str:
        return reverse("access:teams")

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("access:teams")


class NewTeam(TeamAct):
    command, form_class = commands.create_team, forms.NameForm
    title, submit_label = _("New team"), _("Make the team")


class RenameTeam(TeamAct):
    query, command, form_class = queries.team, commands.rename_team, forms.NameForm
    title = _("Rename the team")


class DeleteTeam(TeamAct, ConfirmPage):
    template_name = ConfirmPage.template_name
    query, command, form_class, is_danger = queries.team, commands.delete_team, ConfirmPage.form_class, True
    title, submit_label = _("Remove the team"), _("Remove")
    intro = _("Its members stay, without a team.")


class Roles(ListPage):
    permission = permissions.VIEW_ROLES
    title = _("Roles")
    query = queries.roles
    columns = (
        Column("name", _("Name"), cell=lambda row: queries.role_label(row.slug, row.name), sort="name"),
        Column("held", _("People"), kind="number", end=True),
        Column("slug", _("Short name")),
    )
    default_sort = "name"
    actions = (
        Action(_("New role"), reverse_lazy("access:role_new"), "plus", MANAGE, primary=True, dialog=True),
    )

    def row_url(self, row: Role) -> str:
        return reverse("access:role", args=[row.pk])

    def row_actions(self, row: Role) -> Sequence[Action]:
        if not self.actor.may(MANAGE) or row.slug == ADMINISTRATOR:
            return []
        name = queries.role_label(row.slug, row.name)
        rename = Action(
            _("Rename"),
            reverse("access:role_edit", args=[row.pk]),
            "pencil",
            dialog=True,
            name=gettext("Rename %(name)s") % {"name": name},
        )
        remove = Action(
            _("Remove"),
            reverse("access:role_delete", args=[row.pk]),
            "trash-2",
            dialog=True,
            name=gettext("Remove %(name)s") % {"name": name},
        )
        return [rename] if row.slug in DEFAULT_ROLES else [rename, remove]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s role", "%(n)s roles", n) % {"n": self.count_shown(n)}


class RoleAct(CommandPage):
    crumbs = (ROLES,)

    def get_cancel_url(self) -> str:
        return reverse("access:roles")

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("access:roles")


class NewRole(RoleAct):
    command, form_class = commands.create_role, forms.NewRoleForm
    title, submit_label = _("New role"), _("Make the role")

    def success_url(self, result: Role, record: Any) -> str:
        return reverse("access:role", args=[result.pk])


class RenameRole(RoleAct):
    query, command, form_class = queries.role, commands.rename_role, forms.NameForm
    title = _("Rename the role")


class DeleteRole(RoleAct, ConfirmPage):
    template_name = ConfirmPage.template_name
    query, command, form_class, is_danger = queries.role, commands.delete_role, ConfirmPage.form_class, True
    title, submit_label = _("Remove the role"), _("Remove")


class RoleGrants(RoleAct):
    """The matrix of one role: every permission of the product, grouped by module, with how far it reaches."""

    query, command, form_class = queries.role, commands.set_grants, forms.GrantsForm
    permission = permissions.VIEW_ROLES
    template_name, width = "access/role.html", ""

    def get_title(self) -> str:
        return queries.role_label(self.record.slug, self.record.name)

    def initial(self, record: Role) -> Mapping[str, Any]:
        return queries.grants_of(record)

    def perform(self, actor: Any, record: Role, data: Mapping[str, Any]) -> Role:
        grants = scopes_given({one.code: data.get(one.code, "") for one in all_permissions()})
        return commands.set_grants(actor, record, grants=grants, version=data["version"])

    def success_message(self, result: Role) -> str:
        return gettext("The role is saved. It holds for everybody who has it from now on.")

    def form_context(self, form: Any) -> dict[str, Any]:
        groups: dict[str, list[Any]] = defaultdict(list)
        for one in all_permissions():
            form.fields[
                one.code
            ].required = True  # drawn without "(optional)": every permission has an answer
            groups[one.module].append(form[one.code])
        return super().form_context(form) | {
            "groups": [(module_label(module), fields) for module, fields in groups.items()],
            "may_edit": self.actor.may(MANAGE) and self.record.slug != ADMINISTRATOR,
            "is_administrator": self.record.slug == ADMINISTRATOR,
        }


def module_label(module: str) -> Any:
    """What a module calls itself (its AppConfig's verbose name)."""
    found = apps.app_configs.get(module)
    return found.verbose_name if found else module.capitalize()


class OrganisationPage(CommandPage):
    command, form_class = commands.change_organisation, forms.OrganisationForm
    title = _("Organisation")

    @property
    def record(self) -> Organisation:
        if self._record is None:
            self._record = queries.organisation()
        return self._record  # type: ignore[no-any-return]

    def perform(self, actor: Any, record: Organisation, data: Mapping[str, Any]) -> Organisation:
        version = data["version"]
        change = commands.OrganisationChange(
            **{name: value for name, value in data.items() if name != "version"}
        )
        return commands.change_organisation(actor, record, change=change, version=version)

    def get_cancel_url(self) -> str:
        return ""

    def success_url(self, result: Organisation, record: Any) -> str:
        return reverse("access:organisation")

    def success_message(self, result: Organisation) -> str:
        return gettext("The settings are saved.")
