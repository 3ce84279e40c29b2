from django.utils.translation import gettext_lazy as _

from embudo.kernel.permission import Permission

VIEW_PRODUCTS = Permission(
    "supply.view_product", _("See products"), roles=("manager", "seller", "collector"), scoped=False
)
MANAGE_PRODUCTS = Permission(
    "supply.manage_products", _("Define and change products"), roles=("manager",), scoped=False
)
DELETE_PRODUCTS = Permission(
    "supply.delete_product", _("Delete products that nothing names"), roles=("manager",), scoped=False
)
