from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import queries as directory
from embudo.business.quota import queries
from embudo.business.quota.models import Account
from embudo.business.quota.permissions import OPEN_ACCOUNT, VIEW_ACCOUNTS, VIEW_STANDING
from embudo.business.quota.queries.settled import settled
from embudo.business.quota.rules.states import AccountState
from embudo.business.quota.views.badges import account_badge
from embudo.business.quota.views.gauge import gauge
from embudo.foundation.ui.pages import Page


class CustomerQuota(Page):
    """On a customer's page: officers see the figures, sellers only whether and why the quota is blocked."""

    permission = VIEW_STANDING
    template_name = "quota/panel_customer.html"
    title = _("Quota")
    who = ""
    open_name = ""

    @property
    def customer_id(self) -> Any:
        return self.kwargs[f"{self.who}_id"]

    def get_context(self) -> dict[str, Any]:
        if self.at_hand is None:
            fetch: Any = getattr(directory, self.who)
            fetch(self.actor, self.customer_id)
        found = queries.accounts_of_customer(**{self.who: self.customer_id})
        told = queries.told_of(found)
        may_open = self.actor.may(OPEN_ACCOUNT)
        return super().get_context() | {
            "rows": self.rows(found, told),
            "open_url": reverse(self.open_name, args=[self.customer_id]) if may_open else "",
        }

    def rows(self, found: Sequence[Account], told: Sequence[queries.AccountStanding]) -> list[dict[str, Any]]:
        sees_ledger = self.actor.may(VIEW_ACCOUNTS)
        rows: list[dict[str, Any]] = []
        for account, standing in zip(found, told, strict=True):
            if account.state == AccountState.CLOSED and not sees_ledger:
                continue
            row = {"standing": standing, "badge": account_badge(standing.state)}
            if sees_ledger:
                balance = settled(account).balance
                row |= {"account": account, "gauge": gauge(balance, account.currency)}
            rows.append(row)
        return rows


class CompanyQuota(CustomerQuota):
    who, open_name = "company", "quota:company_account_new"


class PersonQuota(CustomerQuota):
    who, open_name = "person", "quota:person_account_new"
