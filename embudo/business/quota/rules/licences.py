from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Purpose(TextChoices):
    """What a licence is used for."""

    SUBMIT = "submit", _("ask for a change")
    APPROVE = "approve", _("approve a change")


class Lack(TextChoices):
    """Why a licence does not cover a deed, the nearest miss last."""

    NONE = "none", _("no quota licence was granted")
    SUSPENDED = "suspended", _("the quota licence is suspended")
    EARLY = "early", _("the quota licence is not valid yet")
    ENDED = "ended", _("the quota licence has ended")
    PURPOSE = "purpose", _("the quota licence is for something else")
    POLICY = "policy", _("the quota licence is for another policy")
    CURRENCY = "currency", _("the quota licence does not cover this currency")
    TIER = "tier", _("the quota licence does not cover the old and the new tier")
    AMOUNT = "amount", _("the quota licence does not cover this amount")


@dataclass(frozen=True)
class Warrant:
    """What a licence says, as models.Licence keeps it: empty `tiers` and `currencies` are all, `most` 0 is any amount."""

    policy: UUID | None
    tiers: Collection[str]
    currencies: Collection[str]
    most: int
    may_submit: bool
    may_approve: bool
    valid_from: date
    valid_to: date | None
    is_suspended: bool = False


@dataclass(frozen=True)
class Deed:
    """A change of a limit that somebody puts their name to on `day`. `locked` are the tiers that a licence has to name."""

    purpose: Purpose
    policy: UUID
    currency: str
    day: date
    from_minor: int
    to_minor: int
    from_tier: str = ""
    to_tier: str = ""
    locked: Collection[str] = ()


def lack(warrant: Warrant, deed: Deed) -> Lack | None:
    """Why the licence does not cover the deed; None where it does. It has to cover what was and what shall be."""
    may = warrant.may_submit if deed.purpose == Purpose.SUBMIT else warrant.may_approve
    tests = (
        (Lack.SUSPENDED, not warrant.is_suspended),
        (Lack.EARLY, warrant.valid_from <= deed.day),
        (Lack.ENDED, warrant.valid_to is None or deed.day <= warrant.valid_to),
        (Lack.PURPOSE, may),
        (Lack.POLICY, warrant.policy in (None, deed.policy)),
        (Lack.CURRENCY, not warrant.currencies or deed.currency in warrant.currencies),
        (Lack.TIER, _covers_tiers(warrant.tiers, deed)),
        (Lack.AMOUNT, not warrant.most or max(deed.from_minor, deed.to_minor) <= warrant.most),
    )
    return next((why for why, is_met in tests if not is_met), None)


def _covers_tiers(named: Collection[str], deed: Deed) -> bool:
    """A first limit has no old tier; a limit outside every tier is covered by a licence that names none."""
    concerned = {deed.to_tier} | ({deed.from_tier} if deed.from_tier else set())
    if named:
        return concerned <= set(named)
    return not concerned & set(deed.locked)


def nearest_lack(warrants: Iterable[Warrant], deed: Deed) -> Lack | None:
    """The same of all that somebody holds: None where one covers it, else what the nearest of them lacks."""
    found = [lack(one, deed) for one in warrants]
    if None in found:
        return None
    order = list(Lack)
    return max((one for one in found if one is not None), key=order.index, default=Lack.NONE)
