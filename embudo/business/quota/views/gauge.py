from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota.rules.amounts import Balance
from embudo.business.quota.views.badges import percent_text
from embudo.foundation.ui import atoms


@dataclass(frozen=True)
class Gauge:
    """How much of what is allowed is used: a bar, the sentence that says the same, and the highest values it can show."""

    drawn: SafeString
    sentence: str
    now: int
    top: int


def gauge(balance: Balance, currency: str) -> Gauge:
    top = max(balance.allowance, balance.used, 1)
    words = gettext("%(used)s of %(allowed)s used (%(percent)s); %(left)s available.") % {
        "used": atoms.money_text(balance.used, currency),
        "allowed": atoms.money_text(balance.allowance, currency),
        "percent": percent_text(balance.used, balance.allowance),
        "left": atoms.money_text(balance.available, currency),
    }
    return Gauge(_bar(balance, top), words, max(balance.used, 0), top)


def _bar(balance: Balance, top: int) -> SafeString:
    """Consumed, then what is held, on what is allowed; a line where the allowance ends and more is used."""
    consumed = max(0, round(100 * balance.consumed / top, 2))
    held = max(0, round(100 * balance.held / top, 2))
    end = round(100 * balance.allowance / top, 2)
    mark = f'<rect class="bar c4" x="{end}%" width="2" height="100%"/>' if end < 100 else ""
    return mark_safe(  # noqa: S308 - numbers alone
        '<svg class="chart thin" width="100%" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="4"/>'
        f'<rect class="bar c1" width="{consumed}%" height="100%" rx="4"/>'
        f'<rect class="bar c2" x="{consumed}%" width="{held}%" height="100%"/>{mark}</svg>'
    )


# What a line of the gauge is called, the figure of the balance, and where its origin stands.
LINES: tuple[tuple[Any, str, str], ...] = (
    (_("Limit"), "limit", "limits"),
    (_("Overdraft"), "overdraft", "policy"),
    (_("Top-ups"), "topups", "topups"),
    (_("Consumed"), "consumed", "consumed"),
    (_("Open holds"), "held", "holds"),
)
