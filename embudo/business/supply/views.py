from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.supply import commands, queries
from embudo.business.supply.forms import ChangeProductForm, ProductForm
from embudo.business.supply.permissions import MANAGE_PRODUCTS, VIEW_PRODUCTS
from embudo.business.supply.rules import RATE_SCALE
from embudo.foundation.access.queries import organisation
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.lookup import lookup_options
from embudo.foundation.ui.pages import CommandPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter
from embudo.kernel.money import UNIT_PRICE_SCALE, exponent


def unit_price(row: Any) -> str:
    """The unit price as an amount; what is finer than the currency's smallest unit is rounded for the eye only."""
    minor = row["price_minor"] * 10 ** exponent(row["currency"])
    return atoms.money_text((minor + UNIT_PRICE_SCALE // 2) // UNIT_PRICE_SCALE, row["currency"])


def percent(rate: int) -> str:
    return gettext("%(rate)s %%") % {
        "rate": atoms.number(rate / RATE_SCALE if rate % RATE_SCALE else rate // RATE_SCALE)
    }


def sale_badge(row: Any) -> Any:
    if row["is_active"]:
        return atoms.badge("ok", "circle-check", gettext("On sale"))
    return atoms.badge("plain", "archive", gettext("No longer sold"))


class Products(ListPage):
    permission = VIEW_PRODUCTS
    title = _("Products")
    icon = "package"
    query = queries.products
    fields = ("name", "code", "series", "price_minor", "currency", "tax_rate", "is_active")
    columns = (
        Column("name", _("Product"), sort="name"),
        Column("code", _("Code"), sort="code"),
        Column("series", _("Series"), sort="series"),
        Column(
            "price_minor", _("Unit price"), cell=unit_price, end=True, sort="price_minor", descends_first=True
        ),
        Column("tax_rate", _("Tax"), cell=lambda row: percent(row["tax_rate"]), end=True),
        Column("is_active", _("State"), cell=sale_badge),
    )
    filters = (
        Filter("series", _("Series"), lambda actor: [(name, name) for name in queries.series_names(actor)]),
        Filter("sale", _("State"), (("yes", _("On sale")), ("no", _("No longer sold"))),
               lambda products, value, _actor: products.filter(is_active=value == "yes")),
    )  # fmt: skip
    search = lambda products, words: products.matching(words)  # noqa: E731 - one expression, as the page wants it
    default_sort = "name"
    actions = (
        Action(
            _("New product"),
            reverse_lazy("supply:product_new"),
            "plus",
            MANAGE_PRODUCTS,
            primary=True,
            dialog=True,
        ),
    )
    empty_title = _("No products yet")
    empty_text = _("Add what you sell: opportunities and invoices take name, price and tax from here.")

    def row_url(self, row: Any) -> str:
        return record_url("supply:product", row["pk"])

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s product", "%(n)s products", n) % {"n": self.count_shown(n)}


class ProductPage(RecordPage):
    permission = VIEW_PRODUCTS
    query = queries.product
    template_name = "supply/product.html"
    nav = "supply:products"

    def get_crumbs(self) -> tuple[Crumb, ...]:
        return (Crumb(_("Products"), reverse("supply:products")),)

    def get_actions(self) -> tuple[Action, ...]:
        address = reverse("supply:product_edit", args=[self.record.pk])
        return (Action(_("Edit"), address, "pencil", MANAGE_PRODUCTS, primary=True, dialog=True),)

    def get_context(self) -> dict[str, Any]:
        record = self.record
        row = {"price_minor": record.price_minor, "currency": record.currency, "is_active": record.is_active}
        return super().get_context() | {
            "price": unit_price(row),
            "tax": percent(record.tax_rate),
            "state": sale_badge(row),
        }


class DefineProduct(CommandPage):
    command = commands.define_product
    form_class = ProductForm
    title = _("New product")
    submit_label = _("Add the product")
    again_label = _("Add and enter another")
    cancel_url = reverse_lazy("supply:products")
    nav = "supply:products"

    def initial(self, record: Any) -> dict[str, Any]:
        return {"currency": organisation().currency, "price_minor": 0, "tax_rate": 0} | dict(
            super().initial(record)
        )

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s was added.") % {"name": result.name}


class ChangeProduct(CommandPage):
    query = queries.product
    command = commands.change_product
    form_class = ChangeProductForm
    title = _("Edit the product")
    nav = "supply:products"


@guarded(VIEW_PRODUCTS)
def product_lookup(request: HttpRequest) -> HttpResponse:
    """What a product field offers while one types."""
    words = request.GET.get("q", "").replace("\0", "")[:100]
    return lookup_options(request, queries.product_options(actor_of(request), words))
