"""What quota is told and asked of invoices: it sits below and knows none of them."""

from collections.abc import Collection
from uuid import UUID

from embudo.business.billing import permissions
from embudo.business.billing.models import Invoice
from embudo.business.billing.queries.invoices import owed
from embudo.business.directory.models import Company
from embudo.business.quota import commands as quota
from embudo.kernel.actor import Actor
from embudo.kernel.command import command


@command(permissions.CHASE_INVOICES)
def tell_debts(actor: Actor, *, companies: Collection[UUID]) -> int:
    """Tells what the companies owe by now, within the transaction that changed it. Answers how many have an account that hears it."""
    hearing = quota.hear_of_debt(companies)
    if not hearing:
        return 0
    sums = owed(hearing)
    for company in Company.objects.filter(pk__in=hearing).order_by("pk"):
        mine = [(money, due) for of, money, due in sums if of == company.pk]
        debt = quota.Debt(
            tuple(money for money, _due in mine), min((due for _money, due in mine), default=None)
        )
        quota.report_arrears.inner(actor, company, debt=debt)
    return len(hearing)


def tell_debt(actor: Actor, invoice: Invoice) -> None:
    tell_debts.inner(actor, companies=[invoice.company_id])


def spend_quota(actor: Actor, invoice: Invoice) -> None:
    """Refuses (Refused) an invoice that the customer's quota does not allow, where invoices count on it."""
    if quota.hear_of_debt(
        [invoice.company_id]
    ):  # locks their accounts, all of them and always in the same order
        quota.spend_on_invoice.inner(
            actor, invoice.company, amount=invoice.gross, key=_key(invoice), note=invoice.number
        )


def give_quota_back(actor: Actor, invoice: Invoice, note: Invoice) -> None:
    """What a credit note takes back is spent no more."""
    if quota.hear_of_debt([invoice.company_id]):
        quota.give_back_invoice.inner(actor, invoice.company, key=_key(invoice), note=note.number)


def _key(invoice: Invoice) -> str:
    return f"invoice:{invoice.pk}"
