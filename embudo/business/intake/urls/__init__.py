from embudo.business.intake.urls import assignments, deliveries, entering, entries, verification

app_name = "intake"
urlpatterns = [
    *entering.urlpatterns,
    *entries.urlpatterns,
    *assignments.urlpatterns,
    *verification.urlpatterns,
    *deliveries.urlpatterns,
]
