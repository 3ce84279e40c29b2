from django.utils.translation import gettext_lazy as _

from embudo.business.billing.permissions import VIEW_INVOICES
from embudo.business.insight.permissions import VIEW_DASHBOARD
from embudo.business.sales.permissions import VIEW_LEADS, VIEW_OPPORTUNITIES
from embudo.foundation.activity.permissions import VIEW_TASKS
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import (
    HomePage,
    MenuEntry,
    Tile,
    register_home,
    register_menu,
    register_tile,
)

register_menu(MenuEntry(_("Dashboard"), "insight:dashboard", "layout-dashboard", VIEW_DASHBOARD, order=10))
for role in ("administrator", "manager", "seller", "collector"):
    register_home(HomePage(role, "insight:dashboard"))

register_tile(Tile("figures", _("Key figures"), "insight:figures", VIEW_OPPORTUNITIES, order=10, wide=True))
register_tile(Tile("funnel", _("Sales funnel"), "insight:funnel", VIEW_LEADS, order=20))
register_tile(Tile("pipeline", _("Pipeline by stage"), "insight:pipeline", VIEW_OPPORTUNITIES, order=30))
register_tile(Tile("money", _("Money by state"), "insight:money", VIEW_INVOICES, order=40))
register_tile(Tile("tasks", _("Tasks by state"), "insight:tasks", VIEW_TASKS, order=50))
register_tile(Tile("months", _("Won deals by month"), "insight:months", VIEW_OPPORTUNITIES, order=60))
register_help("insight:dashboard", _("Dashboard"), "insight/help/dashboard.html")
