from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission

VIEW_INVOICES = Permission(
    "billing.view_invoice", _("See invoices"), roles=("manager", "seller", "collector")
)
VIEW_PAYMENTS = Permission(
    "billing.view_payment", _("See payments"), roles=("manager", "seller", "collector")
)
ISSUE_INVOICE = Permission("billing.issue_invoice", _("Issue invoices"), roles=("manager", "seller"))
CORRECT_INVOICE = Permission(
    "billing.correct_invoice", _("Issue credit notes"), roles=("manager", "collector")
)
ENTER_PAYMENT = Permission("billing.enter_payment", _("Enter payments"), roles=("manager", "collector"))
REVERSE_PAYMENT = Permission("billing.reverse_payment", _("Reverse payments"), roles=("manager", "collector"))
CHASE_INVOICES = Permission("billing.chase_invoices", _("Mark invoices overdue"), scoped=False)
