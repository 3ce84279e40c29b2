from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from embudo.business.directory.models import Company
from embudo.business.quota import events, queries
from embudo.business.quota.models import Account, Arrears
from embudo.business.quota.permissions import TELL_DEBT
from embudo.business.quota.rules.states import AccountState
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.money import Money


@dataclass(frozen=True)
class Debt:
    """All that a customer has to pay, by currency, and the day the oldest of it was due."""

    open: tuple[Money, ...] = ()
    oldest_due: date | None = None


def hear_of_debt(companies: Collection[UUID]) -> set[UUID]:
    """
    Of which companies somebody has to be told what they owe. Until the transaction ends nobody else tells: so what is summed after
    this is what stands, whoever pays another invoice at the same moment.
    """
    rows = Account.objects.filter(company__in=companies).exclude(state=AccountState.CLOSED)
    locked = rows.select_for_update(of=("self",), no_key=True).order_by("pk")
    return set(locked.values_list("company_id", flat=True))


@command(TELL_DEBT)
def report_arrears(actor: Actor, company: Company, *, debt: Debt) -> None:
    """
    Billing tells what a customer owes, in the transaction that changed it. Nothing where they have no account, or nothing changed. An
    amount in a currency without a rate counts nothing, but the day it was due does.
    """
    accounts = Account.objects.filter(company=company).exclude(state=AccountState.CLOSED)
    for account in accounts.order_by("pk"):
        amount = sum(queries.worth(account, one) for one in debt.open)
        known = Arrears.objects.filter(account=account).first()
        if known is None and debt.oldest_due is None:
            continue
        if known is None:
            create(Arrears(account=account, open_minor=amount, oldest_due=debt.oldest_due))
        elif (known.open_minor, known.oldest_due) == (amount, debt.oldest_due):
            continue
        else:
            update(known, open_minor=amount, oldest_due=debt.oldest_due)
        publish(events.ArrearsTold(account.pk, amount, account.currency), account)
