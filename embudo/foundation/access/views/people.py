from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.access import commands, forms, permissions, queries
from embudo.foundation.access.models import User
from embudo.foundation.ui import atoms
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, Page, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter, Tab
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import kind_named
from embudo.kernel.record import Record

USERS = Crumb(_("Users"), reverse_lazy("access:users"))


def user_state(user: User) -> Any:
    if not user.is_active:
        return atoms.badge("plain", "ban", gettext("Deactivated"))
    if not user.has_usable_password():
        return atoms.badge("info", "mail", gettext("Invited"))
    return atoms.badge("ok", "check", gettext("Active"))


def active(found: QuerySet[User], actor: Actor) -> QuerySet[User]:
    return found.filter(is_active=True)


def inactive(found: QuerySet[User], actor: Actor) -> QuerySet[User]:
    return found.filter(is_active=False)


def role_names(user: User) -> str:
    return ", ".join(queries.role_label(role.slug, role.name) for role in user.roles.all()) or "—"


class Users(ListPage):
    permission = permissions.VIEW_USERS
    title = _("Users")
    query = queries.users_with_roles
    columns = (
        Column("name", _("Name"), kind="avatar", sort="name"),
        Column("role_names", _("Roles"), cell=role_names),
        Column("team__name", _("Team")),
        Column("manager__name", _("Reports to"), kind="person"),
        Column("state", _("State"), cell=user_state),
        Column("created", _("Since"), kind="date", sort="created", descends_first=True),
    )
    tabs = (
        Tab("active", _("Active"), active),
        Tab("inactive", _("Deactivated"), inactive),
        Tab("all", _("All")),
    )
    filters = (Filter("role", _("Role"), queries.role_choices, "roles"),)
    search_fields = ("name", "email")
    default_sort = "name"
    actions = (
        Action(_("Who reports to whom"), reverse_lazy("access:tree"), "users"),
        Action(
            _("Invite"),
            reverse_lazy("access:user_new"),
            "plus",
            permissions.MANAGE_USERS,
            primary=True,
            dialog=True,
        ),
    )

    def row_url(self, row: User) -> str:
        return reverse("access:user", args=[row.pk])

    def row_sub(self, row: User) -> str:
        return row.email

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s user", "%(n)s users", n) % {"n": self.count_shown(n)}


class UserPage(RecordPage):
    permission, query, template_name = permissions.VIEW_USERS, queries.user, "access/user.html"
    crumbs = (USERS,)

    def get_actions(self) -> Sequence[Action]:
        user, may = self.record, permissions.MANAGE_USERS
        edit = Action(
            _("Edit"), reverse("access:user_edit", args=[user.pk]), "pencil", may, primary=True, dialog=True
        )
        if not user.is_active:
            return (
                edit,
                Action(
                    _("Activate"), reverse("access:user_activate", args=[user.pk]), "check", may, dialog=True
                ),
            )
        again = Action(
            _("Invite again"), reverse("access:user_invite", args=[user.pk]), "mail", may, dialog=True
        )
        sign_out = Action(
            _("Sign out everywhere"),
            reverse("access:user_sign_out", args=[user.pk]),
            "log-out",
            may,
            dialog=True,
        )
        off = Action(
            _("Deactivate"), reverse("access:user_deactivate", args=[user.pk]), "ban", may, dialog=True
        )
        return (edit, sign_out if user.has_usable_password() else again, off)

    def get_context(self) -> dict[str, Any]:
        user = self.record
        found = queries.factors(user) if self.actor.may(permissions.MANAGE_USERS) else []
        return super().get_context() | {
            "state": user_state(user),
            "roles": queries.roles_of([user.pk]).get(user.pk, []),
            "reports": queries.users(self.actor).filter(manager=user, is_active=True),
            "has_factor": bool(found),
            "may_manage": self.actor.may(permissions.MANAGE_USERS),
        }


class InviteUser(CommandPage):
    command, form_class = commands.invite_user, forms.UserForm
    title, submit_label = _("Invite a colleague"), _("Send the invitation")
    intro = _("They get a mail with a link, under which they choose their password. It works for seven days.")
    crumbs = (USERS,)
    cancel_url = reverse_lazy("access:users")

    def success_message(self, result: User) -> str:
        return gettext("%(name)s is invited.") % {"name": result.name}


class ChangeUser(CommandPage):
    query, command, form_class = queries.user, commands.change_user, forms.UserForm
    title = _("Edit the user")
    crumbs = (USERS,)

    def initial(self, record: User) -> Mapping[str, Any]:
        return {
            "name": record.name, "email": record.email, "roles": queries.role_ids_of(record),
            "team": str(record.team_id or ""), "manager": str(record.manager_id or ""),
        }  # fmt: skip

    def perform(self, actor: Any, record: User, data: Mapping[str, Any]) -> User:
        version = data["version"]
        change = commands.UserChange(**{name: value for name, value in data.items() if name != "version"})
        return commands.change_user(actor, record, change=change, version=version)


class UserAct(ConfirmPage):
    query = queries.user
    crumbs = (USERS,)


class DeactivateUser(UserAct):
    command, is_danger = commands.deactivate_user, True
    title, submit_label = _("Deactivate the user"), _("Deactivate")
    intro = _(
        "They are signed out everywhere at once, and their API tokens stop working. What they own stays theirs."
    )


class ActivateUser(UserAct):
    command = commands.activate_user
    title, submit_label = _("Activate the user"), _("Activate")
    intro = _("They may sign in again, with the roles they had.")


class InviteAgain(UserAct):
    command = commands.invite_again
    title, submit_label = _("Invite again"), _("Send the invitation")
    intro = _("They get a new link; the one before no longer works.")


class SignOutUser(UserAct):
    command = commands.end_all_sessions
    title, submit_label = _("Sign out everywhere"), _("Sign out")
    intro = _("Ends all their sessions and revokes their API tokens: for a lost computer.")


class ResetFactors(UserAct):
    command, is_danger = commands.reset_factors, True
    title, submit_label = _("Remove the second factors"), _("Remove")
    intro = _("For somebody who lost phone and recovery codes. Be sure that it is really them who asks.")


class WhoSees(Page):
    """Who can see a record and why; a whole page, or a panel on the record's own page."""

    permission = permissions.VIEW_ACCESS
    title = _("Who can see this")
    template_name = "access/who.html"

    @property
    def asked(self) -> Record:
        kind = kind_named(self.kwargs["kind"])
        if kind is None:
            raise NotFound
        return self.at_hand or kind.fetch(self.actor, self.kwargs["record_id"])

    def get_context(self) -> dict[str, Any]:
        record, kind = self.asked, kind_named(self.kwargs["kind"])
        assert kind is not None  # noqa: S101 - `asked` refused already
        return super().get_context() | {
            "record": record,
            "record_title": kind.title(record),
            "kind_label": kind.label,
            "crumbs": (Crumb(kind.title(record), kind.url(record.pk)),),
            "sights": queries.who_sees(record, name_of=queries.role_label),
            "has_own_rules": queries.has_own_rules(record),
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_panel = request.headers.get("HX-Request") == "true"
        return self.render(template="access/who_list.html" if is_panel else "")
