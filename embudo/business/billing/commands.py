import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from embudo.business.billing import permissions, rules
from embudo.business.billing.events import (
    InvoiceCorrected,
    InvoiceIssued,
    InvoiceOverdue,
    InvoicePaid,
    InvoicePdfStored,
    PaymentEntered,
    PaymentReversed,
)
from embudo.business.billing.models import Invoice, InvoiceLine, InvoicePdf, NumberSeries, Payment
from embudo.business.billing.queries.invoices import stored_pdf, to_announce
from embudo.business.billing.queries.pdf import rendered
from embudo.business.billing.rules import InvoiceDraft, InvoiceKind, Line, Settlement, Totals
from embudo.business.directory import queries as directory
from embudo.business.directory.models import Company
from embudo.business.sales import queries as sales
from embudo.business.sales.models import Opportunity
from embudo.business.sales.rules import StageKind
from embudo.business.supply.models import Product
from embudo.foundation.access.models import Organisation, User
from embudo.foundation.access.queries import active_members, organisation
from embudo.foundation.activity import commands as activity
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.change import create, create_all, update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import lock

CHUNK = 100  # invoices announced overdue in one transaction: well under half a second


# --- issuing ---------------------------------------------------------------------------------------------------------


@command(permissions.ISSUE_INVOICE)
def issue_invoice(actor: Actor, *, draft: InvoiceDraft) -> Invoice:
    """
    Issues an invoice from a won opportunity or for a company, with the next number of the year.
    Refuses an opportunity that is not won, has no company, or has an invoice already (unless the draft says it is a
    further one); Invalid for lines, terms and currency that make no sense.
    """
    company, opportunity = _invoiced(actor, draft)
    own = organisation()
    currency = draft.currency or (opportunity.currency if opportunity else own.currency)
    rules.check_draft(draft, currency)
    sums = rules.totals(rules.read_lines(draft.lines), currency)
    rules.check_totals(sums)
    _check_products(actor, sums.lines)
    today = clock.today()
    invoice = _write(
        Invoice(
            owner=_owner(actor, company, opportunity),
            company=company,
            opportunity=opportunity,
            due=rules.due_day(today, draft.terms_days),
            terms_days=draft.terms_days,
            currency=currency,
            language=draft.language or own.language,
            note=draft.note.strip(),
            seller=_seller(own),
            buyer=_buyer(company),
            buyer_name=company.name,
        ),
        sums,
    )
    publish(
        InvoiceIssued(
            invoice.pk, invoice.number, company.pk, draft.opportunity_id, sums.gross_minor, currency, invoice.due
        ),
        *filter(None, (invoice, opportunity, company)),
    )
    return invoice


def _invoiced(actor: Actor, draft: InvoiceDraft) -> tuple[Company, Opportunity | None]:
    """Who gets the invoice and for what; the actor must see it and be granted to invoice it."""
    if draft.opportunity_id is None:
        if draft.company_id is None:
            raise Invalid({"company_id": [_("Choose the company that gets the invoice.")]})
        company = directory.company(actor, draft.company_id)
        _check_within(actor, company)
        return company, None
    opportunity: Opportunity = lock(sales.opportunity(actor, draft.opportunity_id))
    _check_within(actor, opportunity)
    has_invoice = Invoice.objects.filter(opportunity=opportunity, kind=InvoiceKind.INVOICE)
    rules.check_invoiceable(
        is_won=opportunity.state == StageKind.WON,
        has_invoice=has_invoice.exclude(settlement=Settlement.CREDITED).exists(),
        is_further=draft.is_further,
    )
    company_id = opportunity.company_id or draft.company_id
    if company_id is None:
        raise Invalid({"company_id": [_("Choose the company that gets the invoice.")]})
    return directory.company(actor, company_id), opportunity


def _check_within(actor: Actor, record: Company | Opportunity) -> None:
    if not record.is_within(actor, permissions.ISSUE_INVOICE):
        raise Forbidden(permissions.ISSUE_INVOICE.code)


def _check_products(actor: Actor, lines: Iterable[Line]) -> None:
    asked = {line.product_id for line in lines if line.product_id}
    known = set(Product.objects.visible_to(actor).filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()
    if asked - known:
        raise Invalid({"lines": [_("Choose products from the list, or none.")]})


def _owner(actor: Actor, company: Company, opportunity: Opportunity | None) -> User | None:
    if opportunity is not None and opportunity.owner_id:
        return opportunity.owner  # type: ignore[return-value]
    mine = User.objects.filter(pk=actor.id).first() if actor.id else None
    return mine or company.owner  # type: ignore[return-value]


def _seller(own: Organisation) -> dict[str, str]:
    return {
        "name": own.name,
        "tax_id": own.tax_id,
        "address": own.address,
        "country": own.country,
        "bank_account": own.bank_account,
    }


def _buyer(company: Company) -> dict[str, str]:
    names = ("name", "tax_id", "street", "postcode", "town", "country")
    return {name: str(getattr(company, name) or "") for name in names}


def _write(invoice: Invoice, sums: Totals) -> Invoice:
    """Inserts the invoice with its number, sums and lines."""
    invoice.issued = clock.today()
    invoice.number = _next_number(invoice.kind, invoice.issued.year)
    invoice.net_minor, invoice.tax_minor, invoice.gross_minor = sums.net_minor, sums.tax_minor, sums.gross_minor
    invoice.open_minor = 0 if invoice.is_credit_note else sums.gross_minor
    create(invoice)
    create_all([_line(invoice, position, line) for position, line in enumerate(sums.lines, 1)])
    return invoice


def _line(invoice: Invoice, position: int, line: Line) -> InvoiceLine:
    return InvoiceLine(
        invoice=invoice,
        position=position,
        product_id=line.product_id,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_rate=line.tax_rate,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
    )


def _next_number(kind: str, year: int) -> str:
    """Holds the series' row until the transaction ends: numbers have no gap, whatever is rolled back."""
    series = _locked_series(kind, year)
    if series is None:
        try:
            with attempt():
                create(NumberSeries(kind=kind, year=year))
        except IntegrityError:  # somebody else began the year at this very moment
            pass
        series = _locked_series(kind, year)
    assert series is not None  # noqa: S101 - the unique constraint says so
    update(series, last=series.last + 1)
    return rules.number_text(kind, year, series.last)


def _locked_series(kind: str, year: int) -> NumberSeries | None:
    return NumberSeries.objects.select_for_update().filter(kind=kind, year=year).first()


@command(permissions.CORRECT_INVOICE)
def correct_invoice(actor: Actor, invoice: Invoice, *, reason: str) -> Invoice:
    """
    Takes the whole invoice back by a credit note with a number of its own; what was paid becomes the customer's credit.
    Refuses a credit note, and an invoice that has one.
    """
    reason = _required(reason, "reason", _("Enter the reason; it stands on the credit note."))
    invoice = lock(invoice)
    rules.check_correctable(invoice.kind, invoice.settlement)
    note = _write(_credit_note(invoice, reason), _negated(invoice))
    _settle(invoice, is_credited=True)
    _follow_tasks(actor, invoice)
    publish(InvoiceCorrected(invoice.pk, invoice.number, note.pk, note.number), invoice, note)
    return note


def _credit_note(invoice: Invoice, reason: str) -> Invoice:
    kept = ("owner_id", "company_id", "opportunity_id", "currency", "language", "seller", "buyer", "buyer_name")
    return Invoice(
        kind=InvoiceKind.CREDIT_NOTE,
        corrects=invoice,
        reason=reason,
        due=clock.today(),
        terms_days=0,
        settlement=Settlement.CREDITED,
        **{name: getattr(invoice, name) for name in kept},
    )


def _negated(invoice: Invoice) -> Totals:
    """The lines with negative quantities and the very sums that were asked for, so nothing is rounded a second time."""
    lines = [
        Line(
            line.description,
            -line.quantity,
            line.unit_price,
            line.tax_rate,
            line.product_id,
            -line.net_minor,
            -line.tax_minor,
        )
        for line in invoice.lines.order_by("position")
    ]
    return Totals(tuple(lines), rules.rate_totals(lines))


# --- payments --------------------------------------------------------------------------------------------------------


@command(permissions.ENTER_PAYMENT)
def enter_payment(
    actor: Actor, invoice: Invoice, *, amount: Money, paid_on: date, reference: str = ""
) -> Payment:
    """
    Enters money that came in: a part, the whole, or too much (the rest is the customer's credit).
    Refuses a credit note; Invalid for another currency, an amount of zero or less, a day to come.
    """
    invoice = lock(invoice)
    rules.check_payment(invoice.kind, invoice.currency, amount, paid_on, clock.today())
    payment = create(
        Payment(
            invoice=invoice,
            amount_minor=amount.minor,
            currency=amount.currency,
            paid_on=paid_on,
            reference=_short(reference, "reference", 140),
            entered_by_id=actor.id,
        )
    )
    was_open = invoice.settlement == Settlement.OPEN
    _settle(invoice, paid=amount.minor, on=paid_on)
    publish(
        PaymentEntered(payment.pk, invoice.pk, invoice.number, amount.minor, invoice.open_minor, amount.currency),
        invoice,
        payment,
    )
    _follow_tasks(actor, invoice)
    if was_open and invoice.settlement == Settlement.PAID:
        publish(
            InvoicePaid(
                invoice.pk, invoice.number, invoice.gross_minor, invoice.overpaid_minor, invoice.currency
            ),
            invoice,
        )
    return payment


@command(permissions.REVERSE_PAYMENT)
def reverse_payment(actor: Actor, payment: Payment, *, reason: str) -> Payment:
    """
    Takes a payment back by a second row with the negative amount; an invoice it uncovers is open again, and when it is
    past due its tasks are reopened. Refuses a reversal, and a payment reversed before.
    """
    reason = _required(reason, "reason", _("Enter the reason, for example “direct debit returned”."))
    invoice = lock(payment.invoice)
    rules.check_reversible(
        is_reversal=payment.is_reversal, is_reversed=Payment.objects.filter(reverses=payment).exists()
    )
    reversal = create(
        Payment(
            invoice=invoice,
            amount_minor=-payment.amount_minor,
            currency=payment.currency,
            paid_on=clock.today(),
            reverses=payment,
            reason=reason,
            entered_by_id=actor.id,
        )
    )
    _settle(invoice, paid=-payment.amount_minor)
    publish(
        PaymentReversed(
            payment.pk,
            reversal.pk,
            invoice.pk,
            invoice.number,
            payment.amount_minor,
            invoice.open_minor,
            invoice.currency,
        ),
        invoice,
        payment,
        reversal,
    )
    if invoice.open_minor and invoice.overdue_since is None and invoice.due < clock.today():
        _announce(actor, invoice, _Collectors())
    else:
        _follow_tasks(actor, invoice)
    return reversal


def _settle(invoice: Invoice, *, paid: int = 0, is_credited: bool = False, on: date | None = None) -> None:
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


def _required(text: str, field: str, message: Any) -> str:
    if not text.strip():
        raise Invalid({field: [message]})
    return _short(text, field, 300)


def _short(text: str, field: str, limit: int) -> str:
    text = " ".join(text.split())
    if len(text) > limit or "\0" in text:
        raise Invalid({field: [_("Shorten this to %(limit)s characters.") % {"limit": limit}]})
    return text


# --- overdue ---------------------------------------------------------------------------------------------------------


@command(permissions.CHASE_INVOICES)
def announce_overdue(actor: Actor, *, limit: int = CHUNK) -> int:
    """
    Announces unpaid invoices whose due day has passed, the oldest first, and opens a task for sales and one for
    collections on each. Returns how many it announced, at most `limit`; refuses nothing.
    """
    found: Sequence[Invoice] = to_announce().select_for_update(of=("self",), skip_locked=True)[:limit]
    collectors = _Collectors()
    for invoice in found:
        _announce(actor, invoice, collectors)
    return len(found)


class _Collectors:
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


def _announce(actor: Actor, invoice: Invoice, collectors: _Collectors) -> None:
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
    _follow_tasks(actor, invoice)


def _follow_tasks(actor: Actor, invoice: Invoice) -> None:
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


# --- the document ----------------------------------------------------------------------------------------------------


@command(permissions.VIEW_INVOICES)
def store_pdf(actor: Actor, invoice: Invoice, *, content: bytes) -> InvoicePdf:
    """Keeps the invoice's document for good. Whoever comes second gets what is kept; refuses nothing."""
    try:
        with attempt():
            pdf = create(InvoicePdf(invoice=invoice, content=content, sha256=hashlib.sha256(content).hexdigest()))
    except IntegrityError:
        return InvoicePdf.objects.get(invoice=invoice)
    publish(InvoicePdfStored(invoice.pk, pdf.sha256), invoice)
    return pdf


def pdf_of(invoice: Invoice) -> InvoicePdf:
    """The kept document; made now, outside of any transaction, when the job has not made it yet."""
    kept = stored_pdf(invoice)
    return kept or store_pdf.inner(system_actor("billing.pdf"), invoice, content=rendered(invoice))


def pdf_by_id(invoice_id: UUID) -> InvoicePdf | None:
    """For the job."""
    invoice = Invoice.objects.select_related("corrects").filter(pk=invoice_id).first()
    return pdf_of(invoice) if invoice else None
