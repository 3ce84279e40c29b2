from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _, ngettext, pgettext_lazy

from embudo.business.quota import queries
from embudo.business.quota.models import Account, LedgerEntry
from embudo.business.quota.permissions import ADJUST, VIEW_ACCOUNTS
from embudo.business.quota.queries.telling import SOURCES
from embudo.business.quota.rules.periods import Span
from embudo.business.quota.rules.states import EntryKind
from embudo.business.quota.views.periods_chart import span_text
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import ListPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter, Tab
from embudo.kernel.actor import Actor

FIGURES = (("consumed", _("Consumed")), ("held", pgettext_lazy("amount", "Held")), ("topups", _("Top-ups")))
REVERSIBLE = (EntryKind.TOPUP, EntryKind.ADJUSTMENT)


def by_figure(found: QuerySet[Any], figure: str, _actor: Actor) -> QuerySet[Any]:
    """The entries that make up one figure of the balance."""
    return found.exclude(**{queries.EFFECTS[figure]: 0})


def kind_badge(row: LedgerEntry) -> Any:
    label = EntryKind(row.kind).label
    if row.reversal_of_id:
        return atoms.badge("plain", "undo-2", gettext("taken back: %(what)s") % {"what": label})
    if row.is_late:
        return atoms.badge("warn", "calendar-clock", gettext("%(what)s, late") % {"what": label})
    return label


def note_of(row: LedgerEntry) -> str:
    source = str(SOURCES.get(row.source, row.source))
    return " · ".join(filter(None, (source, row.note))) or "—"


def who_of(row: LedgerEntry) -> str:
    return row.actor.name if row.actor else gettext("The product itself")


class Entries(ListPage):
    """The ledger of one account: where every figure of its page comes from."""

    permission = VIEW_ACCOUNTS
    icon = "wallet"
    nav = "quota:accounts"
    columns: ClassVar[Sequence[Column]] = (
        Column("value_date", _("Value date"), kind="date", sort="value_date", descends_first=True),
        Column("kind", _("Kind"), cell=kind_badge),
        Column("amount_minor", _("Amount"), end=True),
        Column("consumed_change", _("Consumed"), end=True),
        Column("held_change", pgettext_lazy("amount", "Held"), end=True),
        Column("topup_change", _("Top-ups"), end=True),
        Column("available_minor", _("Available afterwards"), end=True),
        Column("created", _("Entered"), kind="datetime", sort="created", descends_first=True),
        Column("actor", _("By"), cell=who_of),
        Column("note", _("Note"), cell=note_of),
    )
    default_sort = "-value_date"
    empty_title = _("No entries here")
    empty_text = _("The ledger begins with the first purchase, top-up or correction.")

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.columns = tuple(self.in_money(one) for one in type(self).columns)  # type: ignore[misc]
        self.sums: dict[str, int] | None = None
        super().setup(request, *args, **kwargs)

    def in_money(self, column: Column) -> Column:
        if not column.end:
            return column

        def amount(row: Any) -> Any:
            return self.account.money(getattr(row, column.key))

        return Column(
            column.key,
            column.label,
            cell=lambda row: atoms.money(amount(row)) if getattr(row, column.key) else "—",
            value=amount,
            end=True,
        )

    @cached_property
    def account(self) -> Account:
        return queries.account(self.actor, self.kwargs["account_id"])

    def get_title(self) -> Any:
        return gettext("Ledger of %(reference)s") % {"reference": self.account.reference}

    def get_crumbs(self) -> Sequence[Crumb]:
        return (
            Crumb(_("Quota accounts"), reverse("quota:accounts")),
            Crumb(self.account.reference, record_url("quota:account", self.account.pk)),
        )

    def get_query(self) -> QuerySet[Any]:
        return queries.entries(self.actor, self.account)

    @cached_property
    def spans(self) -> dict[str, Span]:
        """The running period and those before it, by their first day, the newest first."""
        closed = [Span(one.starts, one.ends) for one in queries.closed_periods(self.actor, self.account)]
        known = {one.starts: one for one in (*closed, *queries.spans_shown(self.account))}
        return {day.isoformat(): known[day] for day in sorted(known, reverse=True)}

    @cached_property
    def own_filters(self) -> tuple[Filter, ...]:
        periods = tuple((key, span_text(one)) for key, one in self.spans.items())
        return (
            Filter("of", _("Figure"), FIGURES, by_figure),
            Filter("kind", _("Kind"), tuple(EntryKind.choices)),
            Filter("period", _("Period"), periods, self.by_period),
        )

    def by_period(self, found: QuerySet[Any], key: str, _actor: Actor) -> QuerySet[Any]:
        span = self.spans[key]
        return found.filter(Q(value_date__gte=span.starts, value_date__lt=span.ends))

    def get_filters(self) -> Sequence[Filter]:
        return self.own_filters

    def narrowed(self, queryset: QuerySet[Any], tab: Tab | None) -> QuerySet[Any]:
        self.found = super().narrowed(queryset, tab)
        return self.found

    def row_tone(self, row: Any) -> str:
        return "warn" if row.is_late else ""

    def prepare(self, rows: Sequence[Any]) -> None:
        ids = [row.pk for row in rows if row.kind in REVERSIBLE]
        self.reversed = queries.reversed_among(ids) if ids else set()

    def row_actions(self, row: Any) -> Sequence[Action]:
        if row.kind not in REVERSIBLE or row.reversal_of_id or row.pk in self.reversed:
            return ()
        name = gettext("Take back %(amount)s of %(day)s") % {
            "amount": atoms.money(self.account.money(row.amount_minor)),
            "day": atoms.day_text(row.value_date),
        }
        address = reverse("quota:entry_reverse", args=[row.pk])
        return (Action(_("Take back"), address, "undo-2", ADJUST, dialog=True, name=name),)

    def count_text(self, n: int) -> str:
        told = ngettext("%(n)s entry", "%(n)s entries", n) % {"n": self.count_shown(n)}
        figure = self.given.get("of", "")
        if figure not in queries.EFFECTS or self.is_capped:
            return told
        if self.sums is None:
            self.sums = dict(queries.entries_sum(self.found))
        amount = atoms.money(self.account.money(self.sums[figure]))
        return gettext("%(entries)s, together %(amount)s") % {"entries": told, "amount": amount}
