from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils import formats
from django.utils.translation import gettext

from embudo.business.quota.rules.periods import Span
from embudo.foundation.ui import atoms
from embudo.kernel.money import Money, exponent


@dataclass(frozen=True)
class PeriodsChart:
    """`drawn` is "" where there is nothing to compare; `rows` are (period, amount, origin), the newest first."""

    drawn: Any
    rows: Sequence[tuple[str, Money, str]]
    is_empty: bool


def span_text(span: Span) -> str:
    """In the reader's language; a page shows the same dozen again and again."""
    return _span_text(atoms.here().language, span)


@lru_cache(maxsize=1024)
def _span_text(_language: str, span: Span) -> str:
    return gettext("%(first)s to %(last)s") % {
        "first": formats.date_format(span.starts, "SHORT_DATE_FORMAT"),
        "last": formats.date_format(span.last, "SHORT_DATE_FORMAT"),
    }


def chart_of(sums: Sequence[tuple[Span, int]], currency: str, entries_url: str) -> PeriodsChart:
    """What was consumed in each period, as a line and as a table whose figures lead to their entries."""
    rows = [
        (
            span_text(span),
            Money(minor, currency),
            f"{entries_url}?of=consumed&period={span.starts.isoformat()}",
        )
        for span, minor in reversed(sums)
    ]
    most = max((minor for _span, minor in sums), default=0)
    if most <= 0:
        return PeriodsChart("", rows, is_empty=True)
    scale = 10 ** exponent(currency)
    values = [max(0, minor) // scale for _span, minor in sums]
    labels = [atoms.axis_month(span.starts) for span, _minor in sums]
    best = max(sums, key=lambda one: one[1])
    told = gettext("Consumed in the last periods; the most from %(period)s: %(amount)s.") % {
        "period": span_text(best[0]),
        "amount": atoms.money_text(best[1], currency),
    }
    drawn = atoms.line_chart([(gettext("Consumed"), values)], labels, told, atoms.even_top(max(values)))
    return PeriodsChart(drawn, rows, is_empty=False)
