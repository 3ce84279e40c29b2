from django.urls import URLPattern, path

from embudo.business.intake.views import verification

urlpatterns: list[URLPattern] = [
    path("verification/", verification.Queue.as_view(), name="queue"),
    path("verification/next/", verification.Next.as_view(), name="next"),
    path("entries/<uuid:entry_id>/verify/", verification.Verify.as_view(), name="verify"),
    path("entries/<uuid:entry_id>/verify/claim/", verification.Claim.as_view(), name="claim"),
    path("entries/<uuid:entry_id>/verify/lease/", verification.Lease.as_view(), name="lease"),
    path("entries/<uuid:entry_id>/verify/release/", verification.Release.as_view(), name="release"),
]
