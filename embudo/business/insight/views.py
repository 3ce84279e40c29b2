from functools import cached_property
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import resolve, reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.billing.permissions import VIEW_INVOICES
from embudo.business.insight import permissions, queries, rules
from embudo.business.sales.permissions import VIEW_LEADS, VIEW_OPPORTUNITIES
from embudo.foundation.activity.permissions import VIEW_TASKS
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import Tile, home_for, tiles_for
from embudo.foundation.ui.pages import Page, PartPage
from embudo.foundation.ui.pages.base import PART
from embudo.kernel import clock

NOON, EVENING = 12, 18


class Asked(Page):
    """A page that is asked for whose records and which period."""

    permission = permissions.VIEW_DASHBOARD

    @cached_property
    def view(self) -> queries.View:
        offered = rules.choices_of_whose(queries.widest_scope(self.actor))
        whose = self.request.GET.get("whose", "")
        days = self.request.GET.get("days", "")
        return queries.View(
            whose if whose in offered else offered[-1], rules.PERIODS.get(days, rules.PERIODS["30"])[1]
        )

    def get_context(self) -> dict[str, Any]:
        view = self.view
        return super().get_context() | {"view": view, "period": rules.PERIODS[str(view.days)][0]}


class Dashboard(Asked):
    """How things stand: the parts load by themselves, each from its own address."""

    template_name = "insight/dashboard.html"
    title = _("Dashboard")
    icon = "layout-dashboard"
    nav = "insight:dashboard"
    help_key = "insight:dashboard"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """This is where everybody lands: whose role has another home goes there."""
        actor = self.actor
        if actor.is_known and actor.roles and not actor.may(permissions.VIEW_DASHBOARD):
            home = home_for(actor)
            if home != request.path:
                return HttpResponseRedirect(home)
        return super().dispatch(request, *args, **kwargs)

    def greeting(self) -> str:
        hour = clock.now().astimezone(timezone.get_current_timezone()).hour
        name = {"name": self.actor.name.split(" ")[0]}
        if hour < NOON:
            return gettext("Good morning, %(name)s") % name
        if hour < EVENING:
            return gettext("Good afternoon, %(name)s") % name
        return gettext("Good evening, %(name)s") % name

    @cached_property
    def facts(self) -> queries.SalesFacts:
        return queries.SalesFacts(self.actor, self.view)

    def drawn(self, tile: Tile) -> str:
        """A quick tile as it stands now; "" for one that loads by itself."""
        view = getattr(resolve(reverse(tile.url_name)).func, "view_class", None)
        if not (isinstance(view, type) and issubclass(view, Part) and view.is_quick):
            return ""
        return view.drawn(self.request, self.facts)

    def get_context(self) -> dict[str, Any]:
        view = self.view
        offered = rules.choices_of_whose(queries.widest_scope(self.actor))
        return super().get_context() | {
            "greeting": self.greeting(),
            "tiles": [(tile, self.drawn(tile)) for tile in tiles_for(self.actor)],
            "query": f"whose={view.whose}&days={view.days}",
            "whose": [(key, rules.WHOSE[key], key == view.whose) for key in offered]
            if len(offered) > 1
            else [],
            "periods": [(key, label, days == view.days) for key, (label, days) in rules.PERIODS.items()],
        }


class Part(Asked, PartPage):
    """
    A tile of the dashboard, and a page of its own. The dashboard draws those that cost little with itself (`is_quick`),
    from facts that they share; the rest load by themselves.
    """

    is_quick: ClassVar[bool] = False
    shared: queries.SalesFacts | None = None

    @cached_property
    def facts(self) -> queries.SalesFacts:
        return self.shared or queries.SalesFacts(self.actor, self.view)

    @classmethod
    def drawn(cls, request: HttpRequest, facts: queries.SalesFacts) -> str:
        """As the dashboard shows it."""
        part = cls()
        part.setup(request)
        part.shared = facts
        return render_to_string(cls.template_name, part.get_context() | {"frame": PART})


class FiguresPart(Part):
    permission = VIEW_OPPORTUNITIES
    is_quick = True
    template_name = "insight/figures.html"
    title = _("Key figures")

    def get_context(self) -> dict[str, Any]:
        found = queries.figures(self.facts)
        won, won_before = _leading(found.won), _leading(found.won_before)
        return super().get_context() | {
            "figures": found,
            "tiles": [
                (
                    _("New leads"),
                    atoms.number(found.leads),
                    rules.change(found.leads, found.leads_before),
                    "%",
                ),
                (
                    _("Won deals"),
                    atoms.number(found.won.count),
                    rules.change(found.won.count, found.won_before.count),
                    "%",
                ),
                (_("Won value"), _sums(found.won) or "—", rules.change(won, won_before), "%"),
                (
                    _("Win rate"),
                    "—" if found.win_rate is None else f"{found.win_rate} %",
                    _points(found),
                    _("points"),
                ),
            ],
        }


def _leading(found: rules.Amount) -> int:
    return found.sums[0][1] if found.sums else 0


def _points(found: queries.Figures) -> int | None:
    if found.win_rate is None or found.win_rate_before is None:
        return None
    return found.win_rate - found.win_rate_before


def _sums(found: rules.Amount) -> str:
    return " + ".join(str(atoms.money(pair[::-1])) for pair in found.sums)


class FunnelPart(Part):
    permission = VIEW_LEADS
    is_quick = True
    template_name = "insight/funnel.html"
    title = _("Sales funnel")

    def get_context(self) -> dict[str, Any]:
        found = queries.lead_funnel(self.facts)
        top = found.steps[0].reached.count
        return super().get_context() | {
            "rows": [
                (step, atoms.funnel_bar(step.reached.count, top, n), _sums(step.reached))
                for n, step in enumerate(found.steps)
            ],
            "leak": found.leak,
            "is_empty": not top,
        }


class PipelinePart(Part):
    permission = VIEW_OPPORTUNITIES
    is_quick = True
    template_name = "insight/pipeline.html"
    title = _("Pipeline by stage")

    def get_context(self) -> dict[str, Any]:
        lanes = queries.pipeline(self.facts)
        top = max((_leading(lane.amount) for lane in lanes), default=0)
        tones = {"won": "c2", "lost": "c4"}
        rows = [
            (lane, atoms.bar(_leading(lane.amount), top, tones.get(lane.kind, "c1")), _sums(lane.amount))
            for lane in lanes
        ]
        return super().get_context() | {"rows": rows}


class MoneyPart(Part):
    permission = VIEW_INVOICES
    is_quick = True
    template_name = "insight/money.html"
    title = _("Money by state")

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {
            "currencies": [_money_rows(one) for one in queries.money(self.actor, self.view)]
        }


def _money_rows(facts: Any) -> dict[str, Any]:
    rows: list[tuple[Any, Any, int, str]] = [(_("Not yet due"), facts.not_due, facts.not_due_count, "c1")]
    rows += [(_age(one), one.amount, one.count, "c4") for one in facts.ages]
    rows += [
        (_("Received in the period"), facts.received, facts.paid_count, "c2"),
        (_("Issued in the period"), facts.issued, facts.issued_count, "c1"),
    ]
    top = max((amount.minor for _label, amount, _count, _tone in rows), default=0)
    drawn = [
        (label, amount, count, atoms.bar(max(0, amount.minor), top, tone))
        for label, amount, count, tone in rows
    ]
    return {
        "currency": facts.currency,
        "rows": drawn,
        "overdue": facts.overdue,
        "overdue_count": facts.overdue_count,
    }


def _age(bucket: Any) -> str:
    if bucket.to_days is None:
        return gettext("Overdue more than %(days)s days") % {"days": bucket.from_days - 1}
    return gettext("Overdue %(from)s to %(to)s days") % {"from": bucket.from_days, "to": bucket.to_days}


class TasksPart(Part):
    permission = VIEW_TASKS
    template_name = "insight/tasks.html"
    title = _("Tasks by state")

    def get_context(self) -> dict[str, Any]:
        found = queries.task_board(self.actor, self.view)
        facts = found.facts
        waiting = _sums(rules.Amount(facts.waiting, facts.waiting_minor))
        return super().get_context() | {
            "rows": [
                ("bad", "triangle-alert", _("Late"), facts.late, ""),
                ("warn", "clock", _("Due today"), facts.today, ""),
                ("info", "calendar", _("Later"), facts.later, ""),
                ("plain", "circle", _("Without a date"), facts.undated, ""),
                ("accent", "wallet", _("Close by themselves when money arrives"), facts.waiting, waiting),
            ],
            "urgent": found.urgent,
            "today": clock.today(),
        }


class MonthsPart(Part):
    permission = VIEW_OPPORTUNITIES
    is_quick = True
    template_name = "insight/months.html"
    title = _("Won deals by month")

    def get_context(self) -> dict[str, Any]:
        found = queries.won_by_month(self.facts)
        counts = [one.count for one in found.amounts]
        labels = [formats.date_format(month, "M") for month in found.months]
        return super().get_context() | {
            "labels": labels,
            "series": [(str(self.title), counts)],
            "top": atoms.even_top(max(counts)),
            "sentence": self._sentence(found, counts),
            "rows": [
                (formats.date_format(month, "YEAR_MONTH_FORMAT"), one.count, _sums(one))
                for month, one in zip(found.months, found.amounts, strict=True)
            ],
            "is_empty": not any(counts),
        }

    @staticmethod
    def _sentence(found: queries.Months, counts: list[int]) -> str:
        best = max(range(len(counts)), key=counts.__getitem__)
        month = formats.date_format(found.months[best], "YEAR_MONTH_FORMAT")
        said = ngettext(
            "Line chart: the best month was %(month)s with %(n)s won deal. The numbers are in the table below.",
            "Line chart: the best month was %(month)s with %(n)s won deals. The numbers are in the table below.",
            counts[best],
        )
        return said % {"month": month, "n": counts[best]}
