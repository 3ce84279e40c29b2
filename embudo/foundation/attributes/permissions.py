from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import EVERYBODY, Permission

VIEW_ATTRIBUTES = Permission("attributes.view_attribute", _("See how attributes are defined"), scoped=False)
DEFINE_ATTRIBUTES = Permission("attributes.define_attribute", _("Define attributes"), scoped=False)
USE_VIEWS = Permission("attributes.use_view", _("Save views of lists"), roles=EVERYBODY, scoped=False)
PIN_VIEWS = Permission("attributes.pin_view", _("Pin views to the sidebar"), roles=EVERYBODY, scoped=False)
SHARE_VIEWS = Permission(
    "attributes.share_view", _("Share views with everybody"), roles=("manager",), scoped=False
)
SET_DEFAULTS = Permission("attributes.set_default_view", _("Choose the view a role sees first"), scoped=False)
PREPARE_LISTS = Permission(
    "attributes.prepare_list",
    _("Prepare lists that take too long"),
    roles=("manager",),
    scoped=False,
)
