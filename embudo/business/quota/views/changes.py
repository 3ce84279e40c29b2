from typing import Any

from django.utils.translation import gettext_lazy as _, ngettext

from embudo.business.quota import queries
from embudo.business.quota.permissions import VIEW_CHANGES
from embudo.business.quota.rules.states import OPEN_CHANGES, ChangeState
from embudo.business.quota.views.change_words import change_badge
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import ListPage, PartPage
from embudo.foundation.ui.parts import Column, Filter, Tab

NAV = "quota:changes"


def amount_cell(key: str) -> Any:
    return lambda row: atoms.money((row[key], row["account__currency"]))


class Changes(ListPage):
    permission = VIEW_CHANGES
    title = _("Changes of quotas")
    icon = "sliders-horizontal"
    query = queries.changes_listed
    fields = (
        "account__reference", "account__currency", "account__company__name", "account__person__name", "state", "from_minor",
        "to_minor", "to_tier", "asked_by__name", "wanted", "applies_on", "created",
    )  # fmt: skip
    columns = (
        Column("account__reference", _("Account"), sort="account__reference"),
        Column("state", _("State"), cell=lambda row: change_badge(row["state"]), sort="state"),
        Column("from_minor", _("From"), cell=amount_cell("from_minor"), end=True),
        Column(
            "to_minor", _("To"), cell=amount_cell("to_minor"), end=True, sort="to_minor", descends_first=True
        ),
        Column("to_tier", _("Tier")),
        Column("asked_by__name", _("Asked by"), cell=lambda row: row["asked_by__name"] or _("the customer")),
        Column("applies_on", _("Applies on"), kind="date", sort="applies_on"),
        Column("created", _("Requested"), kind="datetime", sort="created", descends_first=True),
    )
    tabs = (
        Tab("open", _("On their way"), lambda found, _actor: found.filter(state__in=sorted(OPEN_CHANGES))),
        Tab(
            "waiting",
            _("Waiting for me"),
            lambda found, actor: queries.waiting_for(actor, found),
            counted=True,
        ),
        Tab("mine", _("Asked by me"), lambda found, actor: found.filter(asked_by=actor.id)),
        Tab("all", _("All")),
    )
    filters = (Filter("state", _("State"), tuple(ChangeState.choices)),)
    search_fields = ("account__reference", "account__company__name", "account__person__name")
    search_label = _("Find by account or customer")
    default_sort = "-created"
    empty_title = _("No changes here")
    empty_text = _("Ask for a change of a limit on the page of its account.")

    def row_url(self, row: Any) -> str:
        return record_url("quota:change", row["pk"])

    def row_sub(self, row: Any) -> Any:
        return row["account__company__name"] or row["account__person__name"]

    def row_tone(self, row: Any) -> str:
        return "bad" if row["state"] == ChangeState.HELD else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s change", "%(n)s changes", n) % {"n": self.count_shown(n)}


class ChangesTile(PartPage):
    """A tile of the dashboard, and a page of its own."""

    permission = VIEW_CHANGES
    template_name = "quota/tile_changes.html"
    nav = NAV

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | self.told()

    def told(self) -> dict[str, Any]:
        raise NotImplementedError


def rows_of(changes: Any) -> list[dict[str, Any]]:
    return [
        {
            "badge": change_badge(one.state),
            "url": record_url("quota:change", one.pk),
            "customer": one.account.customer.name,
            "to": atoms.money((one.to_minor, one.account.currency)),
            "applies_on": one.applies_on,
        }
        for one in changes
    ]


class WaitingTile(ChangesTile):
    title = _("Changes waiting for you")

    def told(self) -> dict[str, Any]:
        return {
            "count": queries.waiting_count(self.actor),
            "rows": rows_of(queries.waiting_told(self.actor)),
            "more": "waiting",
            "nothing": _("No change waits for you."),
        }


class HeldBackTile(ChangesTile):
    """Changes whose day came without a signature, and how many will go the same way."""

    title = _("Held back: not signed")

    def told(self) -> dict[str, Any]:
        held, unsigned = queries.held_back_counts(self.actor)
        words = ngettext(
            "%(n)d scheduled change is not signed yet.",
            "%(n)d scheduled changes are not signed yet.",
            unsigned,
        )
        return {
            "count": held,
            "rows": rows_of(queries.held_back_told(self.actor)),
            "state": ChangeState.HELD.value,
            "nothing": _("Nothing is held back."),
            "below": words % {"n": unsigned} if unsigned else "",
        }
