from datetime import date

from django.utils.translation import gettext_lazy as _

from embudo.business.billing import permissions, rules
from embudo.business.billing.commands.gating import tell_debt
from embudo.business.billing.commands.overdue import Collectors, announce
from embudo.business.billing.commands.settling import follow_tasks, settle
from embudo.business.billing.commands.writing import required_text, short_text
from embudo.business.billing.events import (
    InvoicePaid,
    PaymentEntered,
    PaymentReversed,
)
from embudo.business.billing.models import Invoice, Payment
from embudo.business.billing.rules import Settlement
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import lock


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
            reference=short_text(reference, "reference", 140),
            entered_by_id=actor.id,
        )
    )
    was_open = invoice.settlement == Settlement.OPEN
    settle(invoice, paid=amount.minor, on=paid_on)
    publish(
        PaymentEntered(
            payment.pk, invoice.pk, invoice.number, amount.minor, invoice.open_minor, amount.currency
        ),
        invoice,
        payment,
    )
    follow_tasks(actor, invoice)
    tell_debt(actor, invoice)
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
    reason = required_text(reason, "reason", _("Enter the reason, for example “direct debit returned”."))
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
    settle(invoice, paid=-payment.amount_minor)
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
        announce(actor, invoice, Collectors())
    else:
        follow_tasks(actor, invoice)
    tell_debt(actor, invoice)
    return reversal
