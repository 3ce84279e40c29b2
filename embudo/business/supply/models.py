from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.business.supply import permissions
from embudo.kernel.fold import fold
from embudo.kernel.record import Record, RecordQuerySet


class ProductQuerySet(RecordQuerySet[Any]):
    def matching(self, words: str) -> Self:
        """Those whose name, code or series hold every word, whatever its case or accents."""
        for word in fold(words).split():
            self = self.filter(search__contains=word)  # noqa: PLW0642 - a queryset is narrowed word by word
        return self

    def on_sale(self) -> Self:
        return self.filter(is_active=True)


class Product(Record):
    """What is sold. Unit prices in 1/10 000 of the currency's unit, tax rates in basis points."""

    view_permission = permissions.VIEW_PRODUCTS
    secret_fields: ClassVar[tuple[str, ...]] = ("search",)

    name = models.CharField(_("name"), max_length=200)
    code = models.CharField(_("code"), max_length=64, unique=True)
    series = models.CharField(_("series"), max_length=80, blank=True)
    price_minor = models.BigIntegerField(_("unit price"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    tax_rate = models.PositiveIntegerField(_("tax rate"), default=0)
    is_active = models.BooleanField(_("on sale"), default=True)
    search = models.CharField(max_length=360, editable=False)

    objects: ClassVar[ProductQuerySet] = ProductQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(price_minor__gte=0), name="product_price_not_negative"),
        )
        indexes = (
            models.Index(fields=["name", "id"], name="product_name"),
            models.Index(fields=["series", "name", "id"], name="product_series"),
        )

    def __str__(self) -> str:
        return self.name
