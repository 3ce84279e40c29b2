from datetime import date

from django.urls import URLPattern, path, register_converter

from embudo.business.quota.views import portal


class Day:
    """A day in an address, as 2026-11-23."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date) -> str:
        return value.isoformat()


register_converter(Day, "day")

urlpatterns: list[URLPattern] = [
    path("quota/renew/", portal.RenewLink.as_view(), name="renew"),
    path("quota/own/<str:token>/", portal.Portal.as_view(), name="portal"),
    path("quota/own/<str:token>/change/", portal.WishChange.as_view(), name="portal_change"),
    path("quota/own/<str:token>/more/", portal.WishMore.as_view(), name="portal_more"),
    path("quota/own/<str:token>/<day:starts>.<str:kind>", portal.StatementFile.as_view(), name="statement"),
    path("quotas/<uuid:account_id>/links/", portal.PortalLinks.as_view(), name="portal_links"),
    path("quotas/<uuid:account_id>/links/new/", portal.SharePortal.as_view(), name="portal_share"),
    path("quota-links/<uuid:link_id>/revoke/", portal.RevokePortalLink.as_view(), name="portal_revoke"),
]
