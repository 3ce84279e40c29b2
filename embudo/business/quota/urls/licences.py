from django.urls import URLPattern, path

from embudo.business.quota.views import licences

ONE = "quota/licences/<uuid:licence_id>/"
urlpatterns: list[URLPattern] = [
    path("quota/licences/", licences.Licences.as_view(), name="licences"),
    path("quota/licences/new/", licences.GrantLicence.as_view(), name="licence_new"),
    path(ONE, licences.LicencePage.as_view(), name="licence"),
    path(f"{ONE}end/", licences.EndLicence.as_view(), name="licence_end"),
    path(f"{ONE}suspend/", licences.SuspendLicence.as_view(), name="licence_suspend"),
    path(f"{ONE}restore/", licences.RestoreLicence.as_view(), name="licence_restore"),
]
