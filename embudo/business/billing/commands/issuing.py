from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from embudo.business.billing import permissions, rules
from embudo.business.billing.commands.gating import spend_quota, tell_debt
from embudo.business.billing.commands.writing import write_invoice
from embudo.business.billing.events import (
    InvoiceIssued,
)
from embudo.business.billing.models import Invoice
from embudo.business.billing.rules import InvoiceDraft, InvoiceKind, Line, Settlement
from embudo.business.directory import queries as directory
from embudo.business.directory.models import Company
from embudo.business.sales import queries as sales
from embudo.business.sales.models import Opportunity
from embudo.business.sales.rules.pipelines import StageKind
from embudo.business.supply.models import Product
from embudo.foundation.access.models import Organisation, User
from embudo.foundation.access.queries import organisation
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@command(permissions.ISSUE_INVOICE)
def issue_invoice(actor: Actor, *, draft: InvoiceDraft) -> Invoice:
    """
    Issues an invoice from a won opportunity or for a company, with the next number of the year.
    Refuses an opportunity that is not won, has no company, or has an invoice already (unless the draft says it is a
    further one), and one that the customer's quota does not allow; Invalid for lines, terms and currency that make no sense.
    """
    company, opportunity = _invoiced(actor, draft)
    own = organisation()
    currency = draft.currency or (opportunity.currency if opportunity else own.currency)
    rules.check_draft(draft, currency)
    sums = rules.totals(rules.read_lines(draft.lines), currency)
    rules.check_totals(sums)
    _check_products(actor, sums.lines)
    today = clock.today()
    invoice = write_invoice(
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
            invoice.pk,
            invoice.number,
            company.pk,
            draft.opportunity_id,
            sums.gross_minor,
            currency,
            invoice.due,
        ),
        *filter(None, (invoice, opportunity, company)),
    )
    spend_quota(actor, invoice)
    tell_debt(actor, invoice)
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
    known = (
        set(Product.objects.visible_to(actor).filter(pk__in=asked).values_list("pk", flat=True))
        if asked
        else set()
    )
    if asked - known:
        raise Invalid({"lines": [_("Choose products from the list, or none.")]})


def _owner(actor: Actor, company: Company, opportunity: Opportunity | None) -> User | None:
    if opportunity is not None and opportunity.owner_id:
        return opportunity.owner
    mine = User.objects.filter(pk=actor.id).first() if actor.id else None
    return mine or company.owner


def _seller(own: Organisation) -> dict[str, str]:
    return {
        "name": own.name,
        "tax_id": own.tax_id,
        "address": own.address,
        "country": own.country,
        "bank_account": own.bank_account,
    }


def _buyer(company: Company) -> dict[str, str]:
    names = ("name", "tax_id", "street", "number", "postcode", "town", "region", "country")
    return {name: str(getattr(company, name)) for name in names}
