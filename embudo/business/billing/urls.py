from django.urls import path

from embudo.business.billing import views

app_name = "billing"
urlpatterns = [
    path("invoices/", views.Invoices.as_view(), name="invoices"),
    path("invoices/new/", views.IssueInvoice.as_view(), name="invoice_new"),
    path("invoices/<uuid:invoice_id>/", views.InvoicePage.as_view(), name="invoice"),
    path("invoices/<uuid:invoice_id>/pdf/", views.invoice_pdf, name="invoice_pdf"),
    path("invoices/<uuid:invoice_id>/pay/", views.EnterPayment.as_view(), name="payment_new"),
    path("invoices/<uuid:invoice_id>/credit/", views.CorrectInvoice.as_view(), name="invoice_correct"),
    path("payments/", views.Payments.as_view(), name="payments"),
    path("payments/<uuid:payment_id>/reverse/", views.ReversePayment.as_view(), name="payment_reverse"),
    path(
        "opportunities/<uuid:opportunity_id>/invoice/",
        views.IssueInvoice.as_view(),
        name="opportunity_invoice",
    ),
    path(
        "opportunities/<uuid:opportunity_id>/invoices/",
        views.OpportunityInvoices.as_view(),
        name="opportunity_panel",
    ),
    path("companies/<uuid:company_id>/invoice/", views.IssueInvoice.as_view(), name="company_invoice"),
    path("companies/<uuid:company_id>/invoices/", views.CompanyInvoices.as_view(), name="company_panel"),
]
