from django.urls import URLPattern, path

from embudo.business.quota.views import policies

ONE = "quota/policies/<uuid:policy_id>/"
urlpatterns: list[URLPattern] = [
    path("quota/policies/", policies.Policies.as_view(), name="policies"),
    path("quota/policies/new/", policies.DefinePolicy.as_view(), name="policy_new"),
    path(ONE, policies.PolicyPage.as_view(), name="policy"),
    path(f"{ONE}publish/", policies.PublishVersion.as_view(), name="policy_publish"),
    path(f"{ONE}archive/", policies.ArchivePolicy.as_view(), name="policy_archive"),
    path(f"{ONE}unarchive/", policies.UnarchivePolicy.as_view(), name="policy_unarchive"),
]
