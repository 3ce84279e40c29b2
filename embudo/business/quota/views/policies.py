from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.policies import (
    STEPS,
    TIERS,
    PolicyForm,
    VersionForm,
    field_of_fault,
    first_values,
)
from embudo.business.quota.permissions import EDIT_POLICIES, VIEW_POLICIES
from embudo.business.quota.views.policy_words import ladder, side_by_side
from embudo.foundation.access.queries import organisation
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import optional_url, record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Tab
from embudo.kernel.errors import Invalid

NAV = "quota:policies"
POLICIES = Crumb(_("Quota policies"), reverse_lazy(NAV))


def policy_badge(*, is_archived: bool) -> Any:
    if is_archived:
        return atoms.badge("plain", "archive", gettext("Archived"))
    return atoms.badge("ok", "circle-check", gettext("In force"))


class Policies(ListPage):
    permission = VIEW_POLICIES
    title = _("Quota policies")
    icon = "scale"
    query = queries.policies
    fields = ("name", "currency", "is_archived", "current__number", "current__valid_from", "created")
    columns = (
        Column("name", _("Policy"), sort="name"),
        Column("is_archived", _("State"), cell=lambda row: policy_badge(is_archived=row["is_archived"])),
        Column("currency", _("Currency"), sort="currency"),
        Column("current__number", _("Version"), kind="number", end=True),
        Column("current__valid_from", _("Valid from"), kind="date"),
        Column("accounts", _("Accounts"), cell=lambda row: atoms.number(row.get("accounts", 0)), end=True),
    )
    tabs = (
        Tab("force", _("In force"), lambda found, _actor: found.filter(is_archived=False)),
        Tab("archived", _("Archived"), lambda found, _actor: found.filter(is_archived=True)),
    )
    search_fields = ("name",)
    search_label = _("Find by name")
    default_sort = "name"
    actions = (
        Action(_("New policy"), reverse_lazy("quota:policy_new"), "plus", EDIT_POLICIES, primary=True),
    )
    empty_title = _("No policies yet")
    empty_text = _("A policy says what a quota is: its currency, period, tiers, and how a limit is changed.")

    def prepare(self, rows: Sequence[Any]) -> None:
        found = queries.accounts_by_policy([row["pk"] for row in rows]) if rows else {}
        for row in rows:
            row["accounts"] = found.get(row["pk"], 0)

    def row_url(self, row: Any) -> str:
        return record_url("quota:policy", row["pk"])

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s policy", "%(n)s policies", n) % {"n": self.count_shown(n)}


class PolicyPage(RecordPage):
    permission = VIEW_POLICIES
    query = queries.policy
    template_name = "quota/policy.html"
    nav = NAV
    crumbs = (POLICIES,)

    def get_actions(self) -> Sequence[Action]:
        here = [self.record.pk]
        publish = Action(
            _("New version"),
            reverse("quota:policy_publish", args=here),
            "pencil",
            EDIT_POLICIES,
            primary=True,
        )
        if self.record.is_archived:
            back = reverse("quota:policy_unarchive", args=here)
            return (
                publish,
                Action(_("Take out of the archive"), back, "rotate-ccw", EDIT_POLICIES, dialog=True),
            )
        away = reverse("quota:policy_archive", args=here)
        return (publish, Action(_("Archive"), away, "archive", EDIT_POLICIES, dialog=True))

    def get_context(self) -> dict[str, Any]:
        record = self.record
        versions = queries.versions_of(self.actor, record)
        n = queries.accounts_by_policy([record.pk]).get(record.pk, 0)
        listed = optional_url("quota:accounts")
        return super().get_context() | {
            "badge": policy_badge(is_archived=record.is_archived),
            "versions": versions,
            "ladder": ladder(versions[0].tiers, record.currency) if versions else [],
            "lines": side_by_side(versions, record.currency),
            "accounts": ngettext("%(n)s account", "%(n)s accounts", n) % {"n": atoms.number(n)},
            "accounts_url": f"{listed}?policy={record.pk}" if listed and n else "",
            "behind": sum(one.accounts for one in versions[1:]),
        }


class EditTerms(CommandPage):
    """Works without script: buttons that add or remove a row send the form, which comes back with what was typed."""

    form_class: ClassVar[type[VersionForm]] = VersionForm
    template_name = "quota/policy_form.html"
    width = ""
    nav = NAV
    crumbs = (POLICIES,)

    def reshaped(self) -> dict[str, Any] | None:
        """What was typed with a row more or less; None where another button was pressed."""
        typed = self.request.POST.dict()
        for rows in (TIERS, STEPS):
            found = rows.changed(typed)
            if found is not None:
                return found | {"focus": rows.focus(typed)}
        return None

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        given = self.reshaped()
        if given is None:
            return super().post(request, *args, **kwargs)
        form = self.form_class(None, initial=given, actor=self.actor, record=self.record)
        goal = form.fields.get(given["focus"])
        if goal is not None:
            goal.widget.attrs["data-focus-now"] = ""
        return self.show(form)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        given = dict(data)
        used = given.pop("used")
        try:
            return super().perform(actor, record, given)
        except Invalid as fault:
            raise Invalid(
                {field_of_fault(name, used): texts for name, texts in fault.errors.items()}
            ) from fault


class DefinePolicy(EditTerms):
    command = commands.define_policy
    form_class = PolicyForm
    title = _("New policy")
    submit_label = _("Define the policy")
    cancel_url = reverse_lazy(NAV)

    def initial(self, record: Any) -> Mapping[str, Any]:
        currency = organisation().currency
        return first_values(None, (), currency) | {"currency": currency}

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s is in force.") % {"name": result.name}


class PublishVersion(EditTerms):
    query = queries.policy
    command = commands.publish_version
    submit_label = _("Publish the version")
    intro = _(
        "It is in force from today, and every account of the policy is judged by it from now on. What was said before stays readable."
    )

    def get_title(self) -> str:
        return gettext("New version of %(name)s") % {"name": self.record.name}

    def get_crumbs(self) -> Sequence[Crumb]:
        return (POLICIES, Crumb(self.record.name, record_url("quota:policy", self.record.pk)))

    def initial(self, record: Any) -> Mapping[str, Any]:
        current = record.current
        return first_values(current, queries.tiers_of(current) if current else (), record.currency)

    def success_url(self, result: Any, record: Any) -> str:
        return record_url("quota:policy", record.pk)

    def success_message(self, result: Any) -> str:
        return gettext("Version %(n)d is in force.") % {"n": result.number}


class ArchivePolicy(ConfirmPage):
    query = queries.policy
    command = commands.archive_policy
    title = _("Archive the policy")
    submit_label = _("Archive")
    intro = _("Nobody opens accounts under it any more. Those that stand go on.")
    nav = NAV
    is_archived = True

    def get_crumbs(self) -> Sequence[Crumb]:
        return (POLICIES, Crumb(self.record.name, record_url("quota:policy", self.record.pk)))

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        return commands.archive_policy(actor, record, is_archived=self.is_archived)

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s is in the archive.") % {"name": result.name}

    def undo_url(self, result: Any) -> str:
        return reverse("quota:policy_unarchive", args=[result.pk])


class UnarchivePolicy(ArchivePolicy):
    title = _("Take out of the archive")
    submit_label = _("Take out of the archive")
    intro = _("Accounts can be opened under it again.")
    is_archived = False

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s is in force again.") % {"name": result.name}

    def undo_url(self, result: Any) -> str:
        return ""
