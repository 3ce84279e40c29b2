from collections import Counter

from embudo.business.billing import permissions
from embudo.business.billing.commands.gating import tell_debts
from embudo.business.billing.commands.settling import follow_tasks
from embudo.business.billing.events import (
    InvoiceOverdue,
)
from embudo.business.billing.models import Invoice
from embudo.business.billing.queries.invoices import to_announce
from embudo.business.billing.rules import Settlement
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import active_members
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.event import publish

CHUNK = 100  # invoices announced overdue in one transaction: well under half a second


@command(permissions.CHASE_INVOICES)
def announce_overdue(actor: Actor, *, limit: int = CHUNK) -> int:
    """
    Announces unpaid invoices whose due day has passed, the oldest first, and opens a task for sales and one for
    collections on each. Returns how many it announced, at most `limit`; refuses nothing.
    """
    found = list(to_announce().select_for_update(of=("self",), skip_locked=True)[:limit])
    collectors = Collectors()
    for invoice in found:
        announce(actor, invoice, collectors)
    if found:
        tell_debts.inner(actor, companies={one.company_id for one in found})
    return len(found)


class Collectors:
    """Who collects: the active collector with the fewest overdue invoices, in the order they joined."""

    def __init__(self) -> None:
        self.members: list[User] = list(active_members("collector"))
        busy = Invoice.objects.filter(settlement=Settlement.OPEN, collector__in=self.members)
        self.loads = Counter(busy.values_list("collector", flat=True))

    def next(self) -> User | None:
        if not self.members:
            return None
        chosen = min(self.members, key=lambda member: self.loads[member.pk])
        self.loads[chosen.pk] += 1
        return chosen


def announce(actor: Actor, invoice: Invoice, collectors: Collectors) -> None:
    update(invoice, overdue_since=clock.today(), collector=invoice.collector or collectors.next())
    publish(
        InvoiceOverdue(
            invoice.pk,
            invoice.number,
            invoice.owner_id,
            invoice.collector_id,
            invoice.open_minor,
            invoice.currency,
            invoice.due,
        ),
        invoice,
    )
    follow_tasks(actor, invoice)
