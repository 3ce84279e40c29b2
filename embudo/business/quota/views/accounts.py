from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.directory import queries as directory
from embudo.business.quota import commands, queries
from embudo.business.quota.forms.accounts import CloseAccountForm, EditAccountForm, OpenAccountForm
from embudo.business.quota.permissions import OPEN_ACCOUNT, VIEW_ACCOUNTS
from embudo.business.quota.rules.states import AccountState
from embudo.business.quota.views.badges import account_badge
from embudo.business.quota.views.funds import ACCOUNTS, NAV, OfAccount
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ListPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter, Tab
from embudo.kernel.actor import Actor
from embudo.kernel.money import Money


def policy_choices(actor: Actor) -> list[tuple[str, str]]:
    return [(str(one.pk), one.name) for one in queries.policies(actor).order_by("name")]


def customer_of(row: Mapping[str, Any]) -> str:
    return str(row["company__name"] or row["person__name"] or "")


def last_day(row: Mapping[str, Any]) -> date:
    """Of the period; what is kept is the first day of the next one."""
    ends: date = row["period_end"]
    return ends - timedelta(days=1)


def left_of(row: Mapping[str, Any]) -> Money | None:
    """What may be spent; nothing is said where nothing may be, whatever the overdraft."""
    if row["state"] in (AccountState.PENDING, AccountState.CLOSED):
        return None
    allowed = row["limit_minor"] + row["overdraft_minor"] + row["topup_minor"]
    return Money(allowed - row["consumed_minor"] - row["held_minor"], row["currency"])


def amount(name: str, label: Any) -> Column:
    return Column(
        name,
        label,
        cell=lambda row: atoms.money((row[name], row["currency"])),
        end=True,
        sort=name,
        descends_first=True,
    )


class Accounts(ListPage):
    permission = VIEW_ACCOUNTS
    title = _("Quota accounts")
    icon = "wallet"
    query = queries.accounts_listed
    fields = (
        "reference", "company__name", "person__name", "policy__name", "tier_name", "state", "currency", "limit_minor",
        "overdraft_minor", "topup_minor", "consumed_minor", "held_minor", "period_end",
    )  # fmt: skip
    columns = (
        Column("reference", _("Reference"), sort="reference"),
        Column("customer", _("Customer"), cell=customer_of),
        Column("policy__name", _("Policy")),
        Column("tier_name", _("Tier")),
        Column("state", _("State"), cell=lambda row: account_badge(row["state"])),
        amount("limit_minor", _("Limit")),
        amount("consumed_minor", _("Consumed")),
        Column("available", _("Available"), cell=lambda row: atoms.money(left_of(row)), value=left_of, end=True),
        Column("period_end", _("Period until"), cell=lambda row: atoms.day_text(last_day(row)), value=last_day),
    )  # fmt: skip
    tabs = (
        Tab("standing", _("In use"), lambda found, _actor: found.exclude(state=AccountState.CLOSED)),
        Tab("held", _("Held"), lambda found, _actor: found.filter(state=AccountState.HELD), counted=True),
        Tab(
            "at_limit",
            _("At limit"),
            lambda found, _actor: found.filter(state=AccountState.AT_LIMIT),
            counted=True,
        ),
        Tab("all", _("All")),
    )
    filters = (
        Filter("state", _("State"), tuple(AccountState.choices)),
        Filter("policy", _("Policy"), policy_choices),
    )
    search = queries.searched
    search_label = _("Find by reference or customer")
    board_by, calendar_by = "state", "period_end"
    default_sort = "reference"
    actions = (
        Action(_("Open an account"), reverse_lazy("quota:account_new"), "plus", OPEN_ACCOUNT, primary=True),
        Action(_("Check a file"), reverse_lazy("quota:trail_check"), "shield-check", VIEW_ACCOUNTS),
    )
    empty_title = _("No quota accounts yet")
    empty_text = _(
        "Define a policy, then open an account for a customer. Nothing can be spent before its limit is set."
    )

    def row_url(self, row: Any) -> str:
        return record_url("quota:account", row["pk"])

    def row_tone(self, row: Any) -> str:
        return "bad" if row["state"] in (AccountState.HELD, AccountState.AT_LIMIT) else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s account", "%(n)s accounts", n) % {"n": self.count_shown(n)}


class OpenAccount(CommandPage):
    command = commands.open_account
    form_class = OpenAccountForm
    title, submit_label = _("Open a quota account"), _("Open the account")
    intro = _("Nothing can be spent on it before a limit is set: ask for a change of its limit next.")
    nav = NAV
    cancel_url = reverse_lazy(NAV)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"policy": self.request.GET.get("policy", "")}

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ACCOUNTS,)

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> Any:
        given = {name: data[name] for name in ("policy", "reference", "document_expires")}
        return commands.open_account(actor, data["customer"], **given)

    def success_message(self, result: Any) -> str:
        return gettext("Account %(reference)s was opened.") % {"reference": result.reference}


class OpenForCompany(OpenAccount):
    query = directory.company

    def get_cancel_url(self) -> str:
        return record_url("directory:company", self.record.pk)


class OpenForPerson(OpenAccount):
    query = directory.person

    def get_cancel_url(self) -> str:
        return record_url("directory:person", self.record.pk)


class EditAccount(OfAccount):
    query, command, form_class = queries.account, commands.edit_account, EditAccountForm
    title, submit_label = _("Edit the account"), _("Save")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"reference": record.reference, "document_expires": record.document_expires}

    def success_message(self, result: Any) -> str:
        return gettext("Saved.")


class CloseAccount(OfAccount):
    query, command, form_class = queries.account, commands.close_account, CloseAccountForm
    title, submit_label = _("Close the account"), _("Close it")
    intro = _("Nothing is spent on it any more, for good. Its ledger and its story are kept.")
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("The account is closed.")
