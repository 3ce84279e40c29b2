from django.urls import URLPattern, URLResolver, include, path

from embudo.entrypoints.rest.app import api
from embudo.entrypoints.rest.views import Reference
from embudo.kernel.routing import module
from embudo.project import health

# One line per module, by hand.
urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("api/docs", Reference.as_view(), name="api-reference"),
    module("embudo.foundation.access.urls"),
    module("embudo.foundation.notify.urls"),
    module("embudo.foundation.attributes.urls"),
    module("embudo.foundation.recycle.urls"),
    module("embudo.foundation.activity.urls"),
    module("embudo.foundation.documents.urls"),
    module("embudo.foundation.duplicates.urls"),
    module("embudo.foundation.editing.urls"),
    module("embudo.foundation.transfer.urls"),
    module("embudo.business.directory.urls"),
    module("embudo.business.billing.urls"),
    module("embudo.business.insight.urls"),
    path("audit/", include("embudo.foundation.audit.urls")),
    path("search/", include("embudo.foundation.search.urls")),
    module("embudo.business.supply.urls"),
    module("embudo.business.sales.urls"),
    module("embudo.business.quota.urls"),
    module("embudo.business.intake.urls"),
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
