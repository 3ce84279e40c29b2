from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission

VIEW_DASHBOARD = Permission(
    "insight.view_dashboard", _("See the dashboard"), roles=("manager", "seller", "collector"), scoped=False
)
