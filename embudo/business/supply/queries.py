from uuid import UUID

from embudo.business.supply.models import Product, ProductQuerySet
from embudo.kernel.actor import Actor


def products(
    actor: Actor, *, q: str = "", series: str = "", is_active: bool | None = None
) -> ProductQuerySet:
    """All products, those no longer sold included, narrowed by what is given."""
    found = Product.objects.visible_to(actor)
    if series:
        found = found.filter(series=series)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    return found.matching(q) if q else found


def products_on_sale(actor: Actor) -> ProductQuerySet:
    return products(actor).on_sale().order_by("name", "id")


def product(actor: Actor, product_id: UUID) -> Product:
    return Product.objects.one(actor, product_id)  # type: ignore[no-any-return]


def product_named(actor: Actor, code: str) -> Product | None:
    """By its code, for imports and the sample."""
    return products(actor).filter(code=code).first()


def series_names(actor: Actor) -> list[str]:
    found = products(actor).exclude(series="").order_by("series").values_list("series", flat=True)
    return list(found.distinct())


def product_options(actor: Actor, words: str) -> list[tuple[UUID, str, str]]:
    """(id, name, code) of at most twenty products on sale, for a lookup field."""
    found = products_on_sale(actor).matching(words).values_list("pk", "name", "code")[:20]
    return list(found)
