from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from embudo.business.billing import commands, queries
from embudo.business.billing.events import InvoiceCorrected, InvoiceIssued, InvoiceOverdue, InvoicePaid
from embudo.business.billing.queries.invoices import to_announce
from embudo.business.quota import queries as quota
from embudo.business.quota.events import AccountOpened
from embudo.foundation.access.models import User
from embudo.foundation.duplicates.events import MergeUndone, RecordsMerged
from embudo.foundation.notify.commands import tell_user
from embudo.foundation.ui.atoms import money
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.event import every, on
from embudo.kernel.job import enqueue, task
from embudo.kernel.models import LogEntry


@task(in_chunks=True)
def make_pdf(invoice_id: str) -> None:
    commands.pdf_by_id(UUID(invoice_id))


@on(InvoiceIssued)
def make_invoice_pdf(event: InvoiceIssued, _entry: LogEntry) -> None:
    enqueue(make_pdf, event.invoice_id, unique_key=f"billing.pdf:{event.invoice_id}")


@on(InvoiceCorrected)
def make_credit_note_pdf(event: InvoiceCorrected, _entry: LogEntry) -> None:
    enqueue(make_pdf, event.credit_note_id, unique_key=f"billing.pdf:{event.credit_note_id}")


@task(in_chunks=True)
def announce_overdue() -> int:
    """Chunk by chunk until nothing is left; a chunk that fails is tried again with the job, what is done stays done."""
    announced = 0
    while found := commands.announce_overdue(system_actor("due dates")):
        announced += found
    return announced


@every("minute")
def follow_due_dates() -> None:
    """The day changes for everybody at once: a look that costs one indexed row finds whether there is something to do."""
    if to_announce().exists():
        enqueue(announce_overdue, unique_key=f"billing.overdue:{int(clock.now().timestamp()) // 60}")


@on(AccountOpened)
def tell_new_account(event: AccountOpened, _entry: LogEntry) -> None:
    """A quota account of a company that owes something already."""
    company = quota.account(system_actor("debts"), event.account_id).company_id
    if company is not None:
        commands.tell_debts(system_actor("debts"), companies=[company])


@on(RecordsMerged)
def tell_merged_debts(event: RecordsMerged, _entry: LogEntry) -> None:
    _tell_moved(event.kind, (event.survivor_id, *event.merged_ids))


@on(MergeUndone)
def tell_parted_debts(event: MergeUndone, _entry: LogEntry) -> None:
    _tell_moved(event.kind, (event.survivor_id, *event.merged_ids))


def _tell_moved(kind: str, ids: tuple[UUID, ...]) -> None:
    """Invoices went from company to company, and with them what each owes."""
    if kind == "directory.company":
        commands.tell_debts(system_actor("debts"), companies=ids)


@on(InvoiceOverdue)
def tell_of_overdue(event: InvoiceOverdue, _entry: LogEntry) -> None:
    """The seller and the collector, in one line each however many invoices became late."""
    people = User.objects.filter(pk__in={event.owner_id, event.collector_id} - {None}, is_active=True)
    for user in people:
        with translation.override(user.language):
            amount = money((event.open_minor, event.currency))
            body = gettext("Invoice %(number)s: %(amount)s to pay.") % {
                "number": event.number,
                "amount": amount,
            }
            tell_user(
                system_actor("overdue invoices"),
                user=user,
                kind="billing.overdue",
                title=gettext("Invoices are overdue"),
                body=body,
                url=f"{reverse('billing:invoices')}?tab=overdue",
                key="billing.overdue",
            )


@on(InvoicePaid)
def tell_of_payment(event: InvoicePaid, _entry: LogEntry) -> None:
    invoice = queries.invoice(system_actor("payments"), event.invoice_id)
    if invoice.owner is None or not invoice.owner.is_active:
        return
    with translation.override(invoice.owner.language):
        values = {"number": event.number, "amount": money((event.gross_minor, event.currency))}
        tell_user(
            system_actor("payments"),
            user=invoice.owner,
            kind="billing.paid",
            title=gettext("Invoice %(number)s is paid: %(amount)s") % values,
            url=reverse("billing:invoice", args=[event.invoice_id]),
        )
