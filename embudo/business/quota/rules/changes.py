"""What a policy allows of a change of a limit. Pure: the facts come from queries/changes.py."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota.rules.licences import Lack
from embudo.business.quota.rules.states import Cause
from embudo.kernel.errors import Invalid
from embudo.kernel.money import Money

LONGEST_WAIT = timedelta(days=366)  # how far ahead a change may be wanted


@dataclass(frozen=True)
class Wish:
    """
    What somebody asks for: an amount in minor units, or a tier, whose limit it then is, or both; from when, None = as soon
    as may be.
    """

    minor: int | None = None
    tier_name: str = ""
    reason: str = ""
    wanted: date | None = None


@dataclass(frozen=True)
class Rung:
    """A tier, as models.Tier keeps it."""

    name: str
    limit: int
    average: int = 0
    periods: int = 3
    least_age_days: int = 0
    is_nothing_overdue: bool = False
    needs_licence: bool = False


@dataclass(frozen=True)
class Bounds:
    """What a version of a policy says of changes; 0 where it says nothing."""

    most_change: int = 0
    most_percent: int = 0
    most_year: int = 0
    cool_down_days: int = 0
    most_changes: int = 0


@dataclass(frozen=True)
class Standing:
    """
    What is known of an account on a day. `closed` is what each closed period consumed, the latest last. Changes are measured by
    `last_limit`: the one in force, or the last one of an account that was opened again; None where there never was one.
    `whole` is the last one above zero.
    """

    today: date
    opened_on: date
    limit: int
    tier_name: str = ""
    has_limit: bool = False
    last_limit: int | None = None
    whole: int = 0
    closed: Sequence[int] = ()
    is_overdue: bool = False
    risen_in_year: int = 0
    last_change: date | None = None
    changes_in_period: int = 0

    def average(self, periods: int) -> int:
        """Of the last closed periods; one before the account existed counts nothing."""
        last = list(self.closed)[-periods:] if periods else []
        return sum(last) // periods if periods else 0


@dataclass(frozen=True)
class Finding:
    """Something found about a change, as a code and plain values: it is put into words for whoever reads it."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        return {"code": self.code, **self.facts}


def lacking(rung: Rung, standing: Standing) -> list[Finding]:
    """Why an account does not qualify for a tier; nothing where it does."""
    found = []
    if standing.average(rung.periods) < rung.average:
        found.append(Finding("average", {"minor": rung.average, "periods": rung.periods, "tier": rung.name}))
    if (standing.today - standing.opened_on).days < rung.least_age_days:
        found.append(Finding("age", {"days": rung.least_age_days, "tier": rung.name}))
    if rung.is_nothing_overdue and standing.is_overdue:
        found.append(Finding("overdue", {"tier": rung.name}))
    return found


def qualifies_for(ladder: Sequence[Rung], standing: Standing) -> Rung | None:
    """The highest tier whose conditions are met, that of a licence aside."""
    fit = [one for one in ladder if not lacking(one, standing)]
    return max(fit, key=lambda one: one.limit, default=None)


def rung_for(ladder: Sequence[Rung], minor: int) -> Rung | None:
    """The lowest tier that reaches as far."""
    return min((one for one in ladder if one.limit >= minor), key=lambda one: one.limit, default=None)


def aimed_at(wish: Wish, ladder: Sequence[Rung], standing: Standing) -> tuple[int, str]:
    """
    The amount and the tier that are meant. Refuses (Invalid) a wish without either, a tier the policy does not have, an amount
    above its tier or above every tier, and what is in force already.
    """
    named = next((one for one in ladder if one.name == wish.tier_name), None)
    if wish.tier_name and named is None:
        raise Invalid({"tier_name": [_("Choose a tier of this policy.")]})
    if wish.minor is None and named is None:
        raise Invalid({"minor": [_("Enter the new amount or choose a tier.")]})
    minor = named.limit if wish.minor is None and named is not None else wish.minor or 0
    if minor < 0:
        raise Invalid({"minor": [_("Enter an amount of zero or more.")]})
    rung = named or rung_for(ladder, minor)
    if ladder and (rung is None or rung.limit < minor):
        raise Invalid(
            {"minor": [_("This is more than the tier allows. Enter less or choose a higher tier.")]}
        )
    tier = rung.name if rung else ""
    if standing.has_limit and (minor, tier) == (standing.limit, standing.tier_name):
        raise Invalid({"minor": [_("This is the limit already. Enter another amount.")]})
    return minor, tier


def check_wish(wish: Wish, today: date) -> None:
    """Refuses (Invalid) a wish without a reason, or for a day that is past or too far ahead."""
    faults: dict[str, list[Any]] = {}
    if not wish.reason.strip():
        faults["reason"] = [_("Say why the limit is to change.")]
    if wish.wanted is not None and not today <= wish.wanted <= today + LONGEST_WAIT:
        faults["wanted"] = [_("Choose a day between today and a year from now.")]
    if faults:
        raise Invalid(faults)


def policy_faults(
    bounds: Bounds, ladder: Sequence[Rung], standing: Standing, to_minor: int, to_tier: str
) -> list[Finding]:
    """Why the policy refuses the change. A first limit is bound by its tier alone; a lower one needs no eligibility."""
    last = standing.last_limit
    found = _bounds_met(bounds, standing, last, to_minor) if last is not None else []
    rung = next((one for one in ladder if one.name == to_tier), None)
    if ladder and rung is None:
        return [*found, Finding("tier_gone", {"tier": to_tier})]
    if rung is not None and to_minor > rung.limit:
        found.append(Finding("above_tier", {"tier": to_tier, "minor": rung.limit}))
    if rung is not None and to_minor > standing.limit:
        found += lacking(rung, standing)
    return found


def _bounds_met(bounds: Bounds, standing: Standing, last: int, to_minor: int) -> list[Finding]:
    """Per cents are those of the last limit above zero, so that nobody gets round them by way of zero."""
    found = []
    size, rise = abs(to_minor - last), max(0, to_minor - last)
    if bounds.most_change and size > bounds.most_change:
        found.append(Finding("most_change", {"minor": bounds.most_change}))
    if bounds.most_percent and standing.whole and size * 100 > bounds.most_percent * standing.whole:
        found.append(Finding("most_percent", {"percent": bounds.most_percent}))
    if bounds.most_year and rise and standing.risen_in_year + rise > bounds.most_year:
        found.append(
            Finding(
                "most_year", {"minor": bounds.most_year, "left": bounds.most_year - standing.risen_in_year}
            )
        )
    if bounds.cool_down_days and standing.last_change is not None:
        again = standing.last_change + timedelta(days=bounds.cool_down_days)
        if standing.today < again:
            found.append(Finding("cool_down", {"day": again.isoformat()}))
    if bounds.most_changes and standing.changes_in_period >= bounds.most_changes:
        found.append(Finding("most_changes", {"count": bounds.most_changes}))
    return found


# What each finding says, with the names its facts have.
TEXTS: dict[str, Any] = {
    "average": _(
        "For the tier %(tier)s, spending has to average %(amount)s over %(periods)s closed periods."
    ),
    "age": _("For the tier %(tier)s, the account has to be %(days)s days old."),
    "overdue": _("For the tier %(tier)s, nothing may be overdue."),
    "tier_gone": _("The policy has no tier %(tier)s any more."),
    "above_tier": _("The tier %(tier)s ends at %(amount)s."),
    "most_change": _("One change may be no more than %(amount)s."),
    "most_percent": _("One change may be no more than %(percent)s %% of the limit."),
    "most_year": _("Within a year the limit may rise by no more than %(amount)s."),
    "cool_down": _("After the last change the next one is possible on %(day)s."),
    "most_changes": _("A period allows no more than %(count)s changes."),
    "closed": _("The account is closed."),
    "limit_moved": _("The limit has changed since this was asked for."),
    "not_consented": _("The customer's consent is missing."),
    "not_told": _("The customer was not told of it."),
    "bounced": _("The mail to the customer came back, so they do not know."),
    "licence": _("%(who)s: %(why)s."),
    "over": _("More is used than the new limit allows: nothing is authorised until it is below."),
    "at_limit": _("Nothing is left to spend under the new limit."),
    "holds": _("Authorisations of %(amount)s are open."),
    "blocked": _("The account is held: %(cause)s."),
    "version": _("The policy has a newer version than the one this was asked under."),
    "forecast": _("The forecast expects more spending than the new limit allows."),
    "unsigned": _("Nobody signed the rehearsal."),
}


def words(data: Mapping[str, Any], currency: str, language: str) -> str:
    """A finding as kept (`as_data`), in words of the language in force."""
    text = TEXTS.get(str(data.get("code")))
    if text is None:
        return gettext("Something stands against it.")
    values: dict[str, Any] = {"tier": "", "who": "", **data}
    if "minor" in data:
        values["amount"] = Money(int(data["minor"]), currency).text(language)
    if "why" in data:
        values["why"] = Lack(data["why"]).label
    if "cause" in data:
        values["cause"] = Cause(data["cause"]).label
    if "day" in data:
        values["day"] = date_format(date.fromisoformat(data["day"]))
    return str(text) % values
