from embudo.business.billing.views.acts import CorrectInvoice, EnterPayment, ReversePayment
from embudo.business.billing.views.issuing import IssueInvoice
from embudo.business.billing.views.lists import Invoices, Payments
from embudo.business.billing.views.panels import CompanyInvoices, OpportunityInvoices
from embudo.business.billing.views.record import InvoicePage, invoice_pdf
from embudo.business.billing.views.shown import title_of

__all__ = [
    "CompanyInvoices",
    "CorrectInvoice",
    "EnterPayment",
    "InvoicePage",
    "Invoices",
    "IssueInvoice",
    "OpportunityInvoices",
    "Payments",
    "ReversePayment",
    "invoice_pdf",
    "title_of",
]
