from collections.abc import Sequence
from datetime import timedelta

from embudo.business.directory.models import Company
from embudo.business.quota import queries
from embudo.business.quota.commands.spending import authorise_spending, capture_hold, refund_hold
from embudo.business.quota.models import Account, Hold, LedgerEntry
from embudo.business.quota.permissions import SPEND
from embudo.business.quota.rules.spending import Spending
from embudo.business.quota.rules.states import AccountState, HoldState
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.money import Money

SOURCE = "invoice"
A_MOMENT = timedelta(minutes=1)  # between the authorisation and the capture, in one transaction


@command(SPEND)
def spend_on_invoice(
    actor: Actor, company: Company, *, amount: Money, key: str, note: str = ""
) -> list[LedgerEntry]:
    """
    Spends a quota that invoices count on, within the caller's transaction: held and captured in one. Nothing where the company has no
    such account, or where the amount comes to nothing in the account's currency. Refuses (Refused) what the till would be refused, by
    the same code, with what is left and when the period ends; (Invalid) a currency that no rate stands for.
    """
    entries = []
    for account in _counting(company, amount.currency):
        counted, _rate = queries.booked(account, amount)
        if counted <= 0:
            continue
        asked = Spending(amount, A_MOMENT, key=key, source=SOURCE, note=note[:140])
        hold = authorise_spending.inner(actor, account, asked=asked)
        if hold.state == HoldState.REFUSED:
            raise queries.refusal_of(account, hold)
        entries.append(capture_hold.inner(actor, hold))
    return entries


@command(SPEND)
def give_back_invoice(actor: Actor, company: Company, *, key: str, note: str = "") -> list[LedgerEntry]:
    """
    What an invoice that was taken back had spent, under the same key, is refunded as the policy says. Nothing where it spent no
    quota, where the account is closed, or where it was given back before.
    """
    spent = queries.under_key(Hold.objects.all(), key, account__company=company)
    taken = spent.filter(source=SOURCE, state=HoldState.CAPTURED)
    rows = taken.exclude(account__state=AccountState.CLOSED).select_related("account").order_by("account")
    return [
        refund_hold.inner(actor, hold, note=note)
        for hold in rows
        if hold.captured_minor > hold.refunded_minor
    ]


def _counting(company: Company, currency: str) -> Sequence[Account]:
    """Those of the currency; where there are none, the oldest that has another."""
    today = clock.today()
    rows = Account.objects.filter(company=company).exclude(state=AccountState.CLOSED)
    found = [
        one
        for one in rows.select_related("policy__current", "policy_version").order_by("pk")
        if queries.version_in_force(one, today).counts_invoices
    ]
    return [one for one in found if one.currency == currency] or found[:1]
