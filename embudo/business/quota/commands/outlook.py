from collections.abc import Sequence

from django.urls import reverse
from django.utils import formats, translation
from django.utils.translation import gettext

from embudo.business.quota import events
from embudo.business.quota.models import Account, Outlook
from embudo.business.quota.permissions import RUN_DAILY
from embudo.business.quota.queries.customers import addressee
from embudo.business.quota.queries.outlook import Foreseen
from embudo.business.quota.rules.forecast import LIKELY, METHOD, Forecast
from embudo.foundation.notify.commands import queue_mail
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.event import publish

WRITTEN = (
    "day", "method", "expected_minor", "low80_minor", "high80_minor", "low95_minor", "high95_minor", "chance", "exhausted_on",
    "path", "needs_tier", "notified", "updated",
)  # fmt: skip


@command(RUN_DAILY)
def keep_outlooks(actor: Actor, *, foreseen: Sequence[Foreseen]) -> int:
    """
    Puts the forecasts in place of those that stand, and tells officers and customer where more is likely to be needed: once for each
    threshold and period. An account whose days are too few loses its forecast. Answers how many stand.
    """
    ids = [one.account.pk for one in foreseen]
    told = {one.account_id: one.notified for one in Outlook.objects.filter(account__in=ids)}
    Outlook.objects.filter(account__in=[one.account.pk for one in foreseen if one.found is None]).delete()
    rows = []
    for one in foreseen:
        if one.found is not None:
            notified = _announced(actor, one, one.found, told.get(one.account.pk, {}))
            rows.append(_row(one, one.found, notified))
    Outlook.objects.bulk_create(rows, update_conflicts=True, unique_fields=["account"], update_fields=WRITTEN)
    return len(rows)


def _row(one: Foreseen, found: Forecast, notified: dict[str, list[int]]) -> Outlook:
    last = found.last
    return Outlook(
        account=one.account,
        day=one.day,
        method=METHOD,
        expected_minor=last.expected,
        low80_minor=last.low80,
        high80_minor=last.high80,
        low95_minor=last.low95,
        high95_minor=last.high95,
        chance=found.chance,
        exhausted_on=found.exhausted_on,
        path=[
            [band.day.isoformat(), band.expected, band.low80, band.high80, band.low95, band.high95]
            for band in found.path
        ],
        needs_tier=one.needs_tier,
        notified=notified,
        updated=clock.now(),
    )


def _announced(
    actor: Actor, one: Foreseen, found: Forecast, told: dict[str, list[int]]
) -> dict[str, list[int]]:
    """What was told in the running period, with what is told now; of earlier periods nothing is kept."""
    percents = list(told.get(one.period, []))
    percent = one.account.reached_percent
    if found.chance >= LIKELY and one.account.is_spendable and percent not in percents:
        percents.append(percent)
        is_mailed = _mail_customer(actor, one.account, found)
        event = events.MoreLikelyNeeded(
            one.account.pk, percent, found.chance, one.needs_tier, is_mailed=is_mailed
        )
        publish(event, one.account)
    return {one.period: percents} if percents else {}


def _mail_customer(actor: Actor, account: Account, found: Forecast) -> bool:
    """In the customer's language; False where no address is on file."""
    to = addressee(account)
    if not to.address:
        return False
    last = found.last
    with translation.override(to.language):
        exhausted = found.exhausted_on if account.balance.available > 0 else None
        context = {
            "name": to.name,
            "policy": account.policy.name,
            "reference": account.reference,
            "allowance": account.money(account.balance.allowance).text(to.language),
            "used": account.money(account.balance.used).text(to.language),
            "expected": account.money(last.expected).text(to.language),
            "low": account.money(last.low80).text(to.language),
            "high": account.money(last.high80).text(to.language),
            "until": formats.date_format(last.day, "DATE_FORMAT"),
            "url": reverse("quota:renew"),
            "exhausted_on": formats.date_format(exhausted, "DATE_FORMAT") if exhausted else "",
        }
        subject = gettext("Your quota is likely to run out")
    queue_mail.inner(
        actor, to=to.address, subject=subject, template="quota/outlook", context=context, language=to.language,
        about=account,
    )  # fmt: skip
    return True
