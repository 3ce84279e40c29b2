from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

MOST_LEVELS = 20  # of a group of companies
MOST_PARTS = 50  # further phones and addresses, or postal addresses, of one company or person


class Size(TextChoices):
    """The bands of the European Union's recommendation 2003/361, by people employed."""

    MICRO = "micro", _("up to 9 people")
    SMALL = "small", _("10 to 49 people")
    MEDIUM = "medium", _("50 to 249 people")
    LARGE = "large", _("250 people and more")


def size_of(employees: int) -> Size:
    bands = ((9, Size.MICRO), (49, Size.SMALL), (249, Size.MEDIUM))
    return next((band for most, band in bands if employees <= most), Size.LARGE)


class Kind(TextChoices):
    """What a phone number, a mail address or a postal address is for."""

    WORK = "work", _("work")
    HOME = "home", _("home")
    BILLING = "billing", _("billing")
    DELIVERY = "delivery", _("delivery")
    POST = "post", _("post")
    MOBILE = "mobile", _("mobile")
    FAX = "fax", _("fax")
    OTHER = "other", _("other")


class Medium(TextChoices):
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")


class Outcome(TextChoices):
    WAITING = "waiting", _("being asked")
    VALID = "valid", _("valid")
    INVALID = "invalid", _("not valid")
    UNKNOWN = "unknown", _("unknown")


GENERAL = (Kind.WORK, Kind.HOME, Kind.BILLING, Kind.DELIVERY, Kind.OTHER)
KINDS: Mapping[str, tuple[Kind, ...]] = {
    "email": GENERAL,
    "phone": (*GENERAL[:-1], Kind.MOBILE, Kind.FAX, Kind.OTHER),
    "address": (*GENERAL[:-1], Kind.POST, Kind.OTHER),
}


def kinds_for(what: str, *, is_person: bool) -> list[tuple[str, Any]]:
    """The choices for an e-mail, phone or postal address; people have no fax of their own."""
    left_out = {Kind.FAX} if is_person else set()
    return [(kind.value, kind.label) for kind in KINDS[what] if kind not in left_out]


def preferred_column(medium: str, kind: str) -> str:
    """Where the preferred one of this medium and kind stands in the record."""
    return kind if medium == Medium.PHONE and kind in (Kind.MOBILE, Kind.FAX) else medium


def kind_in(column: str) -> str:
    """The column that keeps the kind of what stands in `column`; mobile and fax say it themselves."""
    return {"email": "email_kind", "phone": "phone_kind"}.get(column, "")
