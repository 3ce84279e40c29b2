from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from embudo.business.billing import permissions
from embudo.business.billing.rules import InvoiceKind, InvoiceStatus, Settlement, status_of
from embudo.business.directory.models import Company
from embudo.business.sales.models import Opportunity
from embudo.business.supply.models import Product
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.money import Money
from embudo.kernel.permission import Scope
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, Record, RecordQuerySet

PAYABLE = Q(kind=InvoiceKind.INVOICE)


class NumberSeries(Record):
    """The last number given in one year; its row is locked while an invoice is issued, so that no number is left out."""

    view_permission = permissions.VIEW_INVOICES

    kind = models.CharField(max_length=12, choices=InvoiceKind.choices)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "year"], name="series_once"),)


class InvoiceQuerySet(OwnedQuerySet["Invoice"]):
    def open(self) -> Self:
        return self.filter(settlement=Settlement.OPEN)

    def overdue(self) -> Self:
        return self.open().filter(due__lt=clock.today())


class Invoice(OwnedRecord):
    """
    An invoice, or the credit note that takes one back. Everything a customer has seen is frozen by trigger (see the
    migration); what may change is who looks after it and how far it is paid.
    """

    view_permission = permissions.VIEW_INVOICES
    secret_fields: ClassVar[tuple[str, ...]] = (
        "seller",
        "buyer",
    )  # frozen here, so the log need not repeat them

    kind = models.CharField(
        _("kind"), max_length=12, choices=InvoiceKind.choices, default=InvoiceKind.INVOICE
    )
    number = models.CharField(_("number"), max_length=24, unique=True)
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="+", verbose_name=_("company")
    )
    opportunity = models.ForeignKey(
        Opportunity,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("opportunity"),
    )
    corrects = models.OneToOneField(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_note",
        verbose_name=_("corrects"),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of a credit note
    issued = models.DateField(_("issued"))
    due = models.DateField(_("due"))
    terms_days = models.PositiveSmallIntegerField(_("days to pay"))
    currency = models.CharField(_("currency"), max_length=3)
    language = models.CharField(_("language"), max_length=5)
    note = models.CharField(_("note"), max_length=1000, blank=True)
    seller = models.JSONField(default=dict)
    buyer = models.JSONField(default=dict)
    buyer_name = models.CharField(
        _("customer"), max_length=300
    )  # also in `buyer`; here lists sort and search by it
    net_minor = models.BigIntegerField(_("net"))
    tax_minor = models.BigIntegerField(_("tax"))
    gross_minor = models.BigIntegerField(_("total"))

    # What may change:
    settlement = models.CharField(max_length=8, choices=Settlement.choices, default=Settlement.OPEN)
    paid_minor = models.BigIntegerField(_("paid"), default=0)
    open_minor = models.BigIntegerField(_("to pay"))
    overpaid_minor = models.BigIntegerField(_("overpaid"), default=0)
    settled_on = models.DateField(_("paid on"), null=True, blank=True)
    overdue_since = models.DateField(null=True, blank=True)  # set once, when it was announced
    collector = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[InvoiceQuerySet] = InvoiceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(open_minor__gte=0) & Q(overpaid_minor__gte=0) & Q(paid_minor__gte=0),
                name="invoice_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(settlement=Settlement.CREDITED, open_minor=0, overpaid_minor=F("paid_minor"))
                | Q(
                    ~Q(settlement=Settlement.CREDITED),
                    open_minor=F("gross_minor") - F("paid_minor") + F("overpaid_minor"),
                ),
                name="invoice_balance_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(settlement=Settlement.OPEN, open_minor__gt=0)
                | Q(~Q(settlement=Settlement.OPEN), open_minor=0),
                name="invoice_settled_when_nothing_open",
            ),
            models.CheckConstraint(
                condition=Q(gross_minor=F("net_minor") + F("tax_minor")), name="invoice_gross_is_net_and_tax"
            ),
        )
        indexes = (
            models.Index(fields=["settlement", "due", "id"], name="invoice_settlement_due"),
            models.Index(fields=["owner", "settlement", "due"], name="invoice_owner"),
            models.Index(fields=["settlement", "issued", "id"], name="invoice_settlement_issued"),
            models.Index(fields=["buyer_name", "id"], name="invoice_buyer"),
            models.Index(
                fields=["currency", "due", "open_minor", "owner", "settlement"],
                condition=Q(settlement=Settlement.OPEN),
                name="invoice_open_sums",  # holds all that the sums of open money need
            ),
            models.Index(fields=["due", "id"], name="invoice_due"),
            models.Index(fields=["issued", "id"], name="invoice_issued"),
            models.Index(fields=["settlement", "settled_on"], name="invoice_settled_on"),
            models.Index(
                fields=["due", "id"],
                condition=Q(settlement=Settlement.OPEN, overdue_since=None),
                name="invoice_to_announce",
            ),
        )

    @property
    def status(self) -> InvoiceStatus:
        return status_of(
            self.kind, self.settlement, paid_minor=self.paid_minor, due=self.due, today=clock.today()
        )

    @property
    def is_credit_note(self) -> bool:
        return self.kind == InvoiceKind.CREDIT_NOTE

    @property
    def days_overdue(self) -> int:
        """0 when nothing is open or the due day has not passed."""
        return max(0, (clock.today() - self.due).days) if self.settlement == Settlement.OPEN else 0

    @property
    def net(self) -> Money:
        return Money(self.net_minor, self.currency)

    @property
    def tax(self) -> Money:
        return Money(self.tax_minor, self.currency)

    @property
    def gross(self) -> Money:
        return Money(self.gross_minor, self.currency)

    @property
    def paid(self) -> Money:
        return Money(self.paid_minor, self.currency)

    @property
    def to_pay(self) -> Money:
        return Money(self.open_minor, self.currency)

    @property
    def overpaid(self) -> Money:
        return Money(self.overpaid_minor, self.currency)


class ThroughInvoiceQuerySet(RecordQuerySet[Any]):
    """Rows that belong to an invoice are within reach when the invoice is."""

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        owners = actor.owners(scope)
        return self if owners is None else self.filter(invoice__owner__in=owners)


class InvoiceLine(Record):
    """Append-only by trigger. Quantities in thousandths, unit prices in 1/10 000, tax rates in basis points."""

    view_permission = permissions.VIEW_INVOICES

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    description = models.CharField(_("description"), max_length=300)
    quantity = models.BigIntegerField(_("quantity"))
    unit_price = models.BigIntegerField(_("unit price"))
    tax_rate = models.PositiveIntegerField(_("tax rate"))
    net_minor = models.BigIntegerField(_("net"))
    tax_minor = models.BigIntegerField(_("tax"))

    objects: ClassVar[ThroughInvoiceQuerySet] = ThroughInvoiceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["invoice", "position"], name="line_position_once"),)

    @property
    def gross_minor(self) -> int:
        return self.net_minor + self.tax_minor


class Payment(Record):
    """
    Money that came in for an invoice. Append-only by trigger: a mistake is taken back by a second row with the negative
    amount, which `reverses` the first, at most once.
    """

    view_permission = permissions.VIEW_PAYMENTS
    personal_fields: ClassVar[tuple[str, ...]] = ("reference",)

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    paid_on = models.DateField(_("paid on"))
    reference = models.CharField(_("reference"), max_length=140, blank=True)
    reverses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal"
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)  # of a reversal
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[ThroughInvoiceQuerySet] = ThroughInvoiceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, reverses=None)
                | Q(amount_minor__lt=0, reverses__isnull=False),
                name="payment_sign",
            ),
        )
        indexes = (models.Index(fields=["paid_on", "id"], name="payment_paid_on"),)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_reversal(self) -> bool:
        return self.reverses_id is not None


class InvoicePdf(Record):
    """The document as it was first made: every later download is these bytes. Append-only by trigger."""

    view_permission = permissions.VIEW_INVOICES
    secret_fields: ClassVar[tuple[str, ...]] = ("content",)

    invoice = models.OneToOneField(Invoice, on_delete=models.PROTECT, related_name="pdf")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    objects: ClassVar[ThroughInvoiceQuerySet] = ThroughInvoiceQuerySet.as_manager()  # type: ignore[assignment]
