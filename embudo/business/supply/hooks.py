from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.supply import queries
from embudo.business.supply.commands import PRODUCT_EDITING
from embudo.business.supply.models import Product
from embudo.business.supply.permissions import DELETE_PRODUCTS, VIEW_PRODUCTS
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, register_menu
from embudo.kernel.kind import RecordKind, Recycling, SearchText, register_kind
from embudo.kernel.wording import register_event_text


def product_url(product_id: UUID) -> str:
    return reverse("supply:product", args=[product_id])


def product_search(product: Product) -> SearchText:
    words = tuple(filter(None, (product.name, product.code, product.series)))
    return SearchText(product.name, " · ".join(filter(None, (product.code, product.series))), words)


def register() -> None:
    register_kind(
        RecordKind(
            model=Product,
            label=_("product"),
            plural=_("products"),
            icon="package",
            title=lambda product: product.name,
            url=product_url,
            fetch=queries.product,
            search=product_search,
            recycling=Recycling(DELETE_PRODUCTS),
            editing=PRODUCT_EDITING,
        )
    )
    register_menu(MenuEntry(_("Products"), "supply:products", "package", VIEW_PRODUCTS, 50))
    register_event_text("supply.ProductDefined", _("added the product"), "plus")
    register_event_text("supply.ProductChanged", _("changed the product"), "pencil")
    register_help("supply:products", _("Products"), "supply/help.html")
    register_help("supply:product", _("Products"), "supply/help.html")
