from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota import queries
from embudo.business.quota.models import Account, Outlook
from embudo.business.quota.permissions import REQUEST_CHANGE, TOP_UP, VIEW_ACCOUNTS
from embudo.business.quota.rules.forecast import LIKELY
from embudo.business.quota.rules.states import AccountState
from embudo.business.quota.views.accounts import policy_choices
from embudo.business.quota.views.badges import account_badge
from embudo.business.quota.views.fan import Point, fan
from embudo.business.quota.views.funds import ACCOUNTS
from embudo.business.quota.views.telling import optional
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import ListPage, PartPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter
from embudo.kernel import clock

NAV = "quota:outlooks"
TILE_ROWS = 5
SOON = timedelta(days=7)


@dataclass(frozen=True)
class OutlookShown:
    """
    A forecast ready to draw by "quota/outlook_chart.html", for staff and customers alike. `rows` are (day, expected, 80 % band, 95 %
    band).
    """

    chart: SafeString
    sentence: str
    warning: str
    day: date
    rows: Sequence[tuple[str, str, str, str]]


def outlook_shown(account: Account) -> OutlookShown | None:
    """None where no forecast stands: the account's days are too few, or it is not in use. Two queries."""
    found = queries.outlook_of(account)
    if found is None or not found.path:
        return None
    allowed = queries.settled_balance(account).allowance
    bands = [(date.fromisoformat(day), *amounts) for day, *amounts in found.path]
    sentence = _sentence(account, found, bands[-1][0])
    points = [
        Point(atoms.axis_day(day), expected, (low80, high80), (low95, high95))
        for day, expected, low80, high80, low95, high95 in bands
    ]
    currency = account.currency
    rows = [
        (
            formats.date_format(day, "SHORT_DATE_FORMAT"),
            atoms.money_text(expected, currency),
            span_text(low80, high80, currency),
            span_text(low95, high95, currency),
        )
        for day, expected, low80, high80, low95, high95 in bands[1:]
    ]
    return OutlookShown(
        fan(points, allowed, currency, sentence),
        sentence,
        _warning(found, is_used_up=bands[0][1] >= allowed),
        found.day,
        rows,
    )


def span_text(low: int, high: int, currency: str) -> str:
    return gettext("%(low)s to %(high)s") % {
        "low": atoms.money_text(low, currency), "high": atoms.money_text(high, currency),
    }  # fmt: skip


def _sentence(account: Account, found: Outlook, last: date) -> str:
    return gettext(
        "Expected by %(day)s: %(expected)s. Four times in five it will be %(likely)s, nineteen times in twenty %(sure)s."
    ) % {
        "day": atoms.full_day(last),
        "expected": atoms.money_text(found.expected_minor, account.currency),
        "likely": span_text(found.low80_minor, found.high80_minor, account.currency),
        "sure": span_text(found.low95_minor, found.high95_minor, account.currency),
    }


def _warning(found: Outlook, *, is_used_up: bool) -> str:
    """What may go wrong, and when; it is said too where the chance is small."""
    said = [gettext("Chance of needing more than the quota: %(chance)s %%.") % {"chance": found.chance}]
    if is_used_up:
        said.append(gettext("It is used up."))
    elif found.exhausted_on:
        day = atoms.full_day(found.exhausted_on)
        said.append(gettext("It is likely to be used up on %(day)s.") % {"day": day})
    if found.needs_tier:
        said.append(gettext("Within 30 days it will need the tier %(tier)s.") % {"tier": found.needs_tier})
    return " ".join(said)


class AccountOutlook(PartPage):
    """A part of the account's page, and a page of its own."""

    permission = VIEW_ACCOUNTS
    template_name = "quota/outlook.html"
    nav = "quota:accounts"

    @cached_property
    def record(self) -> Account:
        return queries.account(self.actor, self.kwargs["account_id"])

    @cached_property
    def outlook(self) -> Outlook | None:
        return queries.outlook_of(self.record)

    def get_title(self) -> Any:
        return gettext("Forecast of %(reference)s") % {"reference": self.record.reference}

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ACCOUNTS, Crumb(self.record.reference, record_url("quota:account", self.record.pk)))

    def get_context(self) -> dict[str, Any]:
        shown = outlook_shown(self.record)
        return super().get_context() | {
            "record": self.record,
            "shown": shown,
            "acts": [one for one in acts_of(self.record) if one.is_for(self.actor)],
        }


def acts_of(account: Account, tier_name: str = "") -> tuple[Action, ...]:
    """What can be done before the limit is met."""
    if account.state == AccountState.CLOSED:
        return ()
    asked = optional("quota:change_new", account.pk)
    if asked and tier_name:
        asked = f"{asked}?tier_name={tier_name}"
    name = account.reference
    change = Action(
        _("Ask for a change"), asked, "arrow-right", REQUEST_CHANGE,
        name=gettext("Ask for a change of %(reference)s") % {"reference": name},
    )  # fmt: skip
    top_up = Action(
        _("Top up"), reverse("quota:top_up", args=[account.pk]), "circle-plus", TOP_UP, dialog=True,
        name=gettext("Top up %(reference)s") % {"reference": name},
    )  # fmt: skip
    return (*((change,) if asked else ()), top_up)


def _chance_badge(row: Outlook) -> Any:
    tone = "bad" if row.chance >= LIKELY else "warn"
    return atoms.badge(tone, "gauge", gettext("%(chance)s %%") % {"chance": row.chance})


def _amount(name: str, label: Any, of: str = "") -> Column:
    def read(row: Outlook) -> Any:
        return row.account.money(getattr(row.account if of else row, name))

    return Column(name, label, cell=lambda row: atoms.money(read(row)), value=read, end=True)


def _soon(found: Any, value: str, _actor: Any) -> Any:
    today = clock.today()
    return (
        found.filter(exhausted_on__lte=today + SOON) if value == "week" else found.filter(exhausted_on=None)
    )


class Outlooks(ListPage):
    """Who will hardly do with what they have within the next 30 days."""

    permission = VIEW_ACCOUNTS
    title = _("Will need a higher tier within 30 days")
    icon = "trending-up"
    query = queries.outlooks_needing
    columns = (
        Column("reference", _("Account"), cell=lambda row: row.account.reference),
        Column("customer", _("Customer"), cell=lambda row: row.account.customer.name),
        Column("policy", _("Policy"), cell=lambda row: row.account.policy.name),
        Column("state", _("State"), cell=lambda row: account_badge(row.account.state)),
        Column("needs_tier", _("Tier"), cell=lambda row: " → ".join(filter(None, (row.account.tier_name, row.needs_tier)))),
        _amount("limit_minor", _("Limit"), "account"),
        _amount("expected_minor", _("Expected in the period")),
        Column(
            "chance", _("Chance in the period"), cell=_chance_badge, value=lambda row: row.chance, sort="chance", end=True,
            descends_first=True,
        ),
        Column("exhausted_on", _("Used up on"), kind="date"),
    )  # fmt: skip
    filters = (
        Filter("policy", _("Policy"), policy_choices, "account__policy"),
        Filter(
            "when", _("Used up"), (("week", _("Within a week")), ("later", _("Not in this period"))), _soon
        ),
    )
    search_fields = ("account__reference", "account__company__name", "account__person__name")
    search_label = _("Find by reference or customer")
    default_sort = "-chance"
    empty_title = _("Nobody will need a higher tier")
    empty_text = _(
        "Accounts come here when their own spending lets expect more than their limit. It takes two weeks and three days of spending."
    )

    def row_url(self, row: Any) -> str:
        return record_url("quota:account", row.account_id)

    def row_tone(self, row: Any) -> str:
        return "bad" if row.chance >= LIKELY else ""

    def row_actions(self, row: Any) -> Sequence[Action]:
        return acts_of(row.account, row.needs_tier)

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s account", "%(n)s accounts", n) % {"n": self.count_shown(n)}


class OutlooksTile(PartPage):
    """A tile of the dashboard, and a page of its own."""

    permission = VIEW_ACCOUNTS
    template_name = "quota/tile_outlooks.html"
    title = _("Will need a higher tier")
    nav = NAV

    def get_context(self) -> dict[str, Any]:
        first = queries.outlooks_needing(self.actor).order_by("-chance", "-id")[:TILE_ROWS]
        return super().get_context() | {
            "count": queries.outlooks_needing_count(self.actor),
            "rows": [self.row(one) for one in first],
        }

    def row(self, one: Outlook) -> Mapping[str, Any]:
        return {
            "badge": _chance_badge(one),
            "url": record_url("quota:account", one.account_id),
            "customer": one.account.customer.name,
            "needs": one.needs_tier,
        }
