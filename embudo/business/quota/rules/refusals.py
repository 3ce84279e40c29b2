"""In which words a till, an invoice and the portal are told that nothing, or not so much, may be spent."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.translation import get_language, gettext, gettext_lazy as _

from embudo.kernel.errors import Refused
from embudo.kernel.money import Money

WORDS: Mapping[str, Any] = {
    "quota.pending": _("No quota has been set for this customer yet, so nothing can be spent."),
    "quota.held": _("This customer's quota is held, so nothing can be spent now."),
    "quota.over": _("More has been spent than the quota allows, so nothing can be spent now."),
    "quota.limit": _("Too little of the quota is left for this amount."),
}
PASSES_WITH_TIME = frozenset({"quota.over", "quota.limit"})  # the next period brings more
OFFERS: Mapping[str, Any] = {
    "topup": _("Take a payment in advance and enter it as a top-up."),
    "officer": _("Ask an officer to let the customer spend more in this period."),
    "change": _("Ask for a change of the quota: the customer in their portal, or an officer."),
}


def refusal(code: str, available: Money, period_end: date | None, offered: Sequence[str]) -> Refused:
    """What was refused, with what is left, the day on which the next period begins, and what may be done about it."""
    said = [str(WORDS[code])]
    if period_end and code in PASSES_WITH_TIME:
        day = formats.date_format(period_end, "DATE_FORMAT")
        left = available.text(get_language() or "en")
        said.append(gettext("Until %(day)s there is %(left)s left.") % {"day": day, "left": left})
    return Refused(
        code,
        " ".join([*said, *(str(OFFERS[one]) for one in offered)]),
        available_minor=available.minor,
        currency=available.currency,
        period_end=period_end.isoformat() if period_end else None,
        offers=[{"kind": one, "text": str(OFFERS[one])} for one in offered],
    )
