from embudo.business.quota.urls import (
    accounts,
    answering,
    changes,
    licences,
    outlook,
    policies,
    portal,
    rates,
    runs,
)

app_name = "quota"
urlpatterns = [
    *accounts.urlpatterns,
    *answering.urlpatterns,
    *changes.urlpatterns,
    *outlook.urlpatterns,
    *policies.urlpatterns,
    *portal.urlpatterns,
    *licences.urlpatterns,
    *rates.urlpatterns,
    *runs.urlpatterns,
]
