from datetime import date
from typing import Any

from embudo.business.billing import rules
from embudo.business.billing.models import Invoice
from embudo.business.billing.rules import Settlement
from embudo.foundation.activity import commands as activity
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import update


def settle(invoice: Invoice, *, paid: int = 0, is_credited: bool = False, on: date | None = None) -> None:
    """Moves the locked invoice's balance by `paid`; the database's constraints check that it adds up."""
    total = invoice.paid_minor + paid
    is_credited = is_credited or invoice.settlement == Settlement.CREDITED
    stands = rules.balance(invoice.gross_minor, total, is_credited=is_credited)
    settled_on = None
    if stands.settlement == Settlement.PAID:
        settled_on = invoice.settled_on or on or clock.today()
    update(
        invoice,
        paid_minor=total,
        settlement=stands.settlement,
        open_minor=stands.open_minor,
        overpaid_minor=stands.overpaid_minor,
        settled_on=settled_on,
    )


def follow_tasks(actor: Actor, invoice: Invoice) -> None:
    """The two tasks of an invoice that was announced overdue: open, with the amount left, exactly while it is unpaid."""
    if invoice.overdue_since is None:
        return
    for key, title, owner in _tasks(invoice):
        if invoice.settlement == Settlement.OPEN:
            activity.open_automatic_task.inner(
                actor,
                about=invoice,
                title_code=title,
                title_params={"number": invoice.number, "customer": invoice.buyer_name},
                owner=owner,
                due=invoice.overdue_since,
                amount=invoice.to_pay,
                since=invoice.due,
                key=key,
            )
        else:
            activity.close_automatic_task.inner(actor, key=key)


def _tasks(invoice: Invoice) -> list[tuple[str, str, Any]]:
    return [
        (rules.sales_task_key(invoice.pk), "billing.sales", invoice.owner),
        (rules.collect_task_key(invoice.pk), "billing.collect", invoice.collector),
    ]
