from django.urls import URLPattern, URLResolver, include, path

from embudo.entrypoints.rest.app import api
from embudo.entrypoints.rest.views import Reference
from embudo.project import health

# One line per module, by hand.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("api/docs", Reference.as_view(), name="api-reference"),
    path("", include("embudo.foundation.access.urls")),
    path("", include("embudo.foundation.notify.urls")),
    path("", include("embudo.foundation.attributes.urls")),
    path("", include("embudo.foundation.recycle.urls")),
    path("", include("embudo.foundation.activity.urls")),
    path("", include("embudo.foundation.documents.urls")),
    path("", include("embudo.foundation.duplicates.urls")),
    path("", include("embudo.foundation.editing.urls")),
    path("", include("embudo.foundation.transfer.urls")),
    path("", include("embudo.business.directory.urls")),
    path("", include("embudo.business.billing.urls")),
    path("", include("embudo.business.insight.urls")),
    path("audit/", include("embudo.foundation.audit.urls")),
    path("search/", include("embudo.foundation.search.urls")),
    path("", include("embudo.business.supply.urls")),
    path("", include("embudo.business.sales.urls")),
]

urlpatterns += [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]

handler400 = "embudo.foundation.ui.errors.bad_request"
handler403 = "embudo.foundation.ui.errors.permission_denied"
handler404 = "embudo.foundation.ui.errors.page_not_found"
handler500 = "embudo.foundation.ui.errors.server_error"
