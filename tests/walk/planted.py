"""Addresses with a fault each, to prove that the walk sees it. Never mounted by the product."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from embudo.business.sales import permissions, queries
from embudo.business.sales.models import Lead
from embudo.foundation.access.models import Team
from embudo.foundation.ui.access_marks import actor_of, guarded, signed_in
from embudo.kernel.errors import Forbidden, NotFound
from embudo.project.urls import urlpatterns as product


def unmarked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("whoever is signed in reads this, and nobody said so")


def unchecked(request: HttpRequest) -> HttpResponse:
    return HttpResponse("names a permission and asks nobody for it")


unchecked.permission = permissions.VIEW_LEADS  # type: ignore[attr-defined]


@signed_in
def writes_then_refuses(request: HttpRequest) -> HttpResponse:
    Team.objects.create(name="written before the check")
    raise Forbidden


@guarded(permissions.VIEW_LEADS)
def unscoped(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    return HttpResponse(Lead.objects.get(pk=lead_id).name)


@guarded(permissions.VIEW_LEADS)
def telling(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    """404 for both, yet the words tell which it was."""
    lead = Lead.objects.filter(pk=lead_id).first()
    if lead is None:
        raise NotFound
    if not lead.is_visible_to(actor_of(request)):
        return HttpResponse("not yours", status=404)
    return HttpResponse(lead.name)


@guarded(permissions.VIEW_LEADS)
def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a fault of ours")


@guarded(permissions.VIEW_LEADS)
def sound(request: HttpRequest, lead_id: UUID) -> HttpResponse:
    return HttpResponse(queries.lead(actor_of(request), lead_id).name)


# (address, who tries, what the walk must say)
FAULTS = (
    ("planted/unchecked/", "cat", "expected forbidden, got 200"),
    ("planted/writes/", "cat", "yet access_team changed"),
    ("planted/unscoped/<uuid:lead_id>/", "bob", "expected not found, got 200"),
    ("planted/telling/<uuid:lead_id>/", "bob", "foreign 404, missing 404"),
    ("planted/broken/", "ann", "got 500"),
)

urlpatterns = [
    path("planted/open/", unmarked),
    path("planted/unchecked/", unchecked),
    path("planted/writes/", writes_then_refuses),
    path("planted/unscoped/<uuid:lead_id>/", unscoped),
    path("planted/telling/<uuid:lead_id>/", telling),
    path("planted/broken/", broken),
    path("planted/sound/<uuid:lead_id>/", sound),
    path("", include(product)),
]

handler400 = "embudo.foundation.ui.errors.bad_request"
handler403 = "embudo.foundation.ui.errors.permission_denied"
handler404 = "embudo.foundation.ui.errors.page_not_found"
handler500 = "embudo.foundation.ui.errors.server_error"
