"""In which words a till, an invoice and the portal are told that nothing, or not so much, may be spent."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Refused
from embudo.kernel.money import Money

WORDS: Mapping[str, Any] = {
    "quota.pending": _("No quota has been set for this customer yet, so nothing can be spent."),
    "quota.held": _("This customer's quota is held, so nothing can be spent now."),
    "quota.over": _("More has been spent than the quota allows, so nothing can be spent now."),
    "quota.limit": _("Too little of the quota is left for this amount."),
}


def refusal(code: str, available: Money, period_end: date | None) -> Refused:
    """What was refused, with what is left and the day on which the next period begins."""
    return Refused(
        code,
        WORDS[code],
        available_minor=available.minor,
        currency=available.currency,
        period_end=period_end.isoformat() if period_end else None,
    )
