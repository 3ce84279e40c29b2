from embudo.business.billing.commands.correcting import correct_invoice
from embudo.business.billing.commands.documents import pdf_by_id, pdf_of, store_pdf
from embudo.business.billing.commands.gating import tell_debts
from embudo.business.billing.commands.issuing import issue_invoice
from embudo.business.billing.commands.overdue import announce_overdue
from embudo.business.billing.commands.payments import enter_payment, reverse_payment

__all__ = [
    "announce_overdue",
    "correct_invoice",
    "enter_payment",
    "issue_invoice",
    "pdf_by_id",
    "pdf_of",
    "reverse_payment",
    "store_pdf",
    "tell_debts",
]
