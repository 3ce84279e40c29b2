from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import QUOTAS, STAFF, Permission

VIEW_DASHBOARD = Permission(
    "insight.view_dashboard", _("See the dashboard"), roles=(*STAFF, *QUOTAS), scoped=False
)
