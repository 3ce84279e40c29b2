from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.intake import queries
from embudo.business.intake.permissions import VIEW_PROGRESS
from embudo.business.intake.queries import Counts, Share
from embudo.business.intake.rules.states import AssignmentState
from embudo.business.intake.views.assignments import ASSIGNMENTS, ENTERED, NAV
from embudo.business.intake.views.badges import assignment_badge, duration_text
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import RecordPage
from embudo.foundation.ui.parts import Action, Crumb
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden

DAYS_SHOWN, MOST_ROWS = 30, 100


def percent_text(n: int | None) -> str:
    return "—" if n is None else f"{n} %"


def pace(counts: Counts) -> str:
    """The mean time of a record."""
    return duration_text(round(counts.seconds / counts.entered) if counts.entered else 0) or "—"


def rows_of(shares: Sequence[Share], nobody: Any) -> list[dict[str, Any]]:
    """One row a share, the bar against the largest."""
    top = max((one.counts.entered for one in shares), default=0)
    return [
        {
            "name": one.name or nobody,
            "bar": atoms.bar(one.counts.entered, top),
            "counts": one.counts,
            "rejected": percent_text(one.counts.rejected_percent),
            "pace": pace(one.counts),
        }
        for one in shares[:MOST_ROWS]
    ]


class ProgressPage(RecordPage):
    """How an assignment comes on: the coordinator and the principal see all of it, a supervisor their own operators."""

    permission = VIEW_PROGRESS
    query = queries.assignment
    template_name = "intake/progress.html"
    nav = NAV
    knows_its_list = False

    def get_title(self) -> Any:
        return gettext("Progress")

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ASSIGNMENTS, Crumb(self.record.title, record_url("intake:assignment", self.record.pk)))

    def get_actions(self) -> Sequence[Action]:
        here = reverse("intake:progress", args=[self.record.pk])
        return (Action(_("Refresh"), here, "refresh-cw"),)

    def get_context(self) -> dict[str, Any]:
        if not self.record.is_within(self.actor, VIEW_PROGRESS):
            raise Forbidden(VIEW_PROGRESS.code)
        owners = queries.owners_seen(self.actor, self.record)
        found = queries.progress(self.actor, self.record, owners=owners)
        days = last_days(found.days)
        return super().get_context() | {
            "badge": assignment_badge(self.record.state),
            "is_whole": owners is None,
            "tiles": self.tiles(found, is_whole=owners is None),
            "people": rows_of(found.people, "—"),
            "regions": rows_of(found.regions, gettext("No region")),
            "days": [day_row(one) for one in reversed(days)],
            "chart": chart(days),
            "is_empty": not found.total.entered,
        }

    def tiles(self, found: queries.Progress, *, is_whole: bool) -> list[tuple[Any, str, str]]:
        """(label, figure, what stands below)."""
        total, target = found.total, self.record.target
        of_target = gettext("of %(target)s") % {"target": atoms.number(target)} if target and is_whole else ""
        today = gettext("%(n)s today") % {"n": atoms.number(found.today.entered)}
        waiting = gettext("%(n)s wait for a verdict") % {"n": atoms.number(total.waiting)}
        tiles = [
            (ENTERED, atoms.number(total.entered), today),
            (_("Accepted"), atoms.number(total.accepted), of_target),
            (_("Rejected"), percent_text(total.rejected_percent), waiting),
            (
                _("Time per record"),
                duration_text(found.median_seconds or 0) or "—",
                gettext("median of the last ones"),
            ),
        ]
        return [*tiles, self.forecast(found)] if is_whole else tiles

    def forecast(self, found: queries.Progress) -> tuple[Any, str, str]:
        deadline = self.record.deadline
        due = gettext("Deadline: %(day)s") % {"day": atoms.full_day(deadline)} if deadline else ""
        if self.record.state != AssignmentState.OPEN:
            return _("Forecast"), "—", gettext("Only for an open assignment.")
        if found.finishes is None:
            return _("Forecast"), "—", gettext("It needs a target, and entries of the last two weeks.")
        return _("Forecast"), atoms.day_text(found.finishes), due


def last_days(shares: Sequence[Share]) -> list[Share]:
    """The last days without a gap, so that a day on which nobody worked is seen."""
    known = {one.key: one for one in shares}
    if not known:
        return []
    today = clock.today()
    last = min(today, max(known)) if max(known) < today - timedelta(days=DAYS_SHOWN) else today
    first = max(min(known), last - timedelta(days=DAYS_SHOWN - 1))
    span = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [known.get(day, Share(day, "", Counts())) for day in span]


def day_row(one: Share) -> dict[str, Any]:
    return {
        "day": atoms.full_day(one.key),
        "counts": one.counts,
        "rejected": percent_text(one.counts.rejected_percent),
    }


def chart(days: Sequence[Share]) -> Any:
    """Entered and accepted a day, by the day of entry; nothing for a single day."""
    if len(days) < 2:
        return ""
    entered, accepted = [one.counts.entered for one in days], [one.counts.accepted for one in days]
    n = sum(entered)
    told = ngettext(
        "%(n)s entry from %(first)s to %(last)s; the most on %(best)s: %(most)s.",
        "%(n)s entries from %(first)s to %(last)s; the most on %(best)s: %(most)s.",
        n,
    ) % {
        "n": atoms.number(n), "first": atoms.full_day(days[0].key), "last": atoms.full_day(days[-1].key),
        "best": atoms.full_day(days[entered.index(max(entered))].key), "most": atoms.number(max(entered)),
    }  # fmt: skip
    step = max(1, len(days) // 8)
    labels = [
        atoms.axis_day(one.key) if (len(days) - 1 - n) % step == 0 else "" for n, one in enumerate(days)
    ]
    series = [(ENTERED, entered), (gettext("Accepted"), accepted)]
    return atoms.line_chart(series, labels, told, atoms.even_top(max(entered)))
