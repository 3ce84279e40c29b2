from collections.abc import Mapping
from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.rates import RateForm
from embudo.business.quota.permissions import EDIT_POLICIES, VIEW_POLICIES
from embudo.business.quota.rules.amounts import RATE_SCALE
from embudo.foundation.ui import atoms
from embudo.foundation.ui.pages import CommandPage, ListPage
from embudo.foundation.ui.parts import Action, Column, Crumb
from embudo.kernel import clock

NAV = "quota:rates"


def rate_text(rate: int) -> str:
    """As many decimals as it needs, at least four."""
    whole, part = divmod(rate, RATE_SCALE)
    digits = f"{part:08}".rstrip("0").ljust(4, "0")
    return f"{atoms.number(whole)}{decimal_sign()}{digits}"


def decimal_sign() -> str:
    return str(atoms.number(0.5)).strip("05")


def worth_text(row: Any) -> str:
    return f"{rate_text(row['rate'])} {row['into']}"


class Rates(ListPage):
    """What amounts in another currency are booked at; none is ever changed, a newer one follows."""

    permission = VIEW_POLICIES
    title = _("Exchange rates")
    icon = "coins"
    query = queries.exchange_rates
    fields = ("currency", "into", "rate", "valid_from", "created")
    columns = (
        Column("currency", _("One unit of"), sort="currency"),
        Column("rate", _("Is worth"), cell=worth_text, end=True),
        Column("valid_from", _("From"), kind="date", sort="valid_from", descends_first=True),
        Column("created", _("Entered"), kind="datetime", sort="created", descends_first=True),
    )
    search_fields = ("currency", "into")
    search_label = _("Find by currency")
    default_sort = "-valid_from"
    actions = (
        Action(
            _("Enter a rate"),
            reverse_lazy("quota:rate_new"),
            "plus",
            EDIT_POLICIES,
            primary=True,
            dialog=True,
        ),
    )
    empty_title = _("No exchange rates yet")
    empty_text = _("Without one, a till can ask for amounts in the quota's own currency only.")

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s rate", "%(n)s rates", n) % {"n": self.count_shown(n)}


class EnterRate(CommandPage):
    command = commands.enter_rate
    form_class = RateForm
    title = _("Enter an exchange rate")
    submit_label = _("Enter the rate")
    again_label = _("Enter and go on")
    cancel_url = reverse_lazy(NAV)
    nav = NAV
    crumbs = (Crumb(_("Exchange rates"), reverse_lazy(NAV)),)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"valid_from": clock.today()} | dict(super().initial(record))

    def success_url(self, result: Any, record: Any) -> str:
        return str(self.cancel_url)

    def success_message(self, result: Any) -> str:
        worth = f"{rate_text(result.rate)} {result.into}"
        return gettext("From %(day)s one %(currency)s is worth %(worth)s.") % {
            "day": atoms.full_day(result.valid_from), "currency": result.currency, "worth": worth,
        }  # fmt: skip
