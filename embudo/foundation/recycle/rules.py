from collections.abc import Iterable
from datetime import timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Refused

KEPT = timedelta(days=30)
FEWEST_DIGITS = 6


# why something could not be put back
GONE, CHANGED, ERASED, TAKEN, OWNER = "gone", "changed", "erased", "taken", "owner"
LEFT = {
    GONE: _("it, or what it needs, is not there any more"),
    CHANGED: _("it names another record by now"),
    ERASED: _("it was erased for good"),
    TAKEN: _("something else has its place"),
    OWNER: _("the owner may no longer sign in: choose another one"),
}


class Why(TextChoices):
    OVER = "over", _("30 days in the recycle bin were over")
    REQUEST = "request", _("somebody asked for it")
    AGAIN = "again", _("once more, after a backup was restored")


class Fate(TextChoices):
    """What becomes of a row that refers to a deleted record."""

    ALONG = "along"
    EMPTIED = "emptied"
    FORBIDS = "forbids"
    STAYS = "stays"


def check_in_bin(*, is_restored: bool, is_erased: bool) -> None:
    if is_restored:
        raise Refused("recycle.restored", _("This record was restored already."))
    if is_erased:
        raise Refused("recycle.erased", _("This record was erased for good; it cannot be restored."))


def telling(texts: Iterable[str]) -> tuple[str, ...]:
    """
    The texts that tell somebody from others, longest first: addresses, numbers, names of several words. A single word
    ("Anna") stands in too many texts about others.
    """
    found = {text.strip() for text in texts}
    return tuple(sorted((text for text in found if is_telling(text)), key=lambda text: (-len(text), text)))


def is_telling(text: str) -> bool:
    return "@" in text or " " in text or sum(one.isdigit() for one in text) >= FEWEST_DIGITS
