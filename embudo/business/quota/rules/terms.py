"""What a version of a policy says, as plain values: every rule reads these, none reads the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.business.quota.rules.amounts import LARGEST, AtLimit, CountedOn, RefundRule
from embudo.business.quota.rules.periods import MOST_ROLLING_DAYS, PeriodKind

MOST_TIERS = 30
MOST_STEPS = 10
MOST_APPROVERS = 9
MOST_AVERAGED = 36  # closed periods
USUAL_THRESHOLDS = (80, 95)
# The largest whole number each of these may say.
LARGEST_COUNTS: Mapping[str, int] = {
    "rolling_days": MOST_ROLLING_DAYS,
    "most_change_percent": 10_000,
    "cool_down_days": 3650,
    "most_changes": 1000,
    "answer_days": 365,
    "notice_days": 365,
    "grace_days": 3650,
}
AMOUNTS = ("overdraft_minor", "most_change_minor", "most_year_minor")


class Switching(TextChoices):
    """What the daily run does with the switches it finds."""

    PROPOSE = "propose", _("propose them to an officer")
    AUTOMATIC = "automatic", _("make them")


class Silence(TextChoices):
    """What it means that a customer did not answer in time."""

    DENY = "deny", _("the change is not made")
    ACCEPT = "accept", _("the change is accepted")


CHOICES: Mapping[str, type[TextChoices]] = {
    "period": PeriodKind,
    "counted_on": CountedOn,
    "refunds": RefundRule,
    "at_limit": AtLimit,
    "silence": Silence,
    "switching": Switching,
}


@dataclass(frozen=True)
class Step:
    """How many people approve a change by no more than `up_to` minor units; None = any size."""

    up_to: int | None
    approvers: int


@dataclass(frozen=True)
class TierTerms:
    """As models.Tier, without its version."""

    name: str
    limit_minor: int
    average_minor: int = 0
    average_periods: int = 3
    least_age_days: int = 0
    is_nothing_overdue: bool = False
    needs_licence: bool = False


@dataclass(frozen=True)
class Terms:
    """What a version says: columns of models.PolicyVersion by name, and its tiers from the lowest limit up."""

    values: dict[str, Any] = field(default_factory=dict)
    tiers: Sequence[TierTerms] = ()


Faults = dict[str, list[Any]]


def approvers_for(steps: Sequence[Step], size: int) -> int:
    """How many approve a change by `size` minor units: at least one, as nobody approves what they asked for."""
    for one in sorted(steps, key=lambda step: (step.up_to is None, step.up_to or 0)):
        if one.up_to is None or size <= one.up_to:
            return max(1, one.approvers)
    return max([1, *(one.approvers for one in steps)])


def faults_of_terms(terms: Terms) -> Faults:
    """
    What is wrong with a version that says this, and what contradicts itself, by the name of what has to be corrected: a column, or
    "tiers.0.name", "approvals.1.up_to" with the place of the row.
    """
    values = terms.values
    faults: Faults = {}
    for check in (_faults_of_kinds, _faults_of_numbers, _faults_of_limit, _faults_of_changes):
        faults |= check(values)
    return faults | _faults_of_thresholds(values) | _faults_of_steps(values) | faults_of_tiers(terms.tiers)


def _faults_of_kinds(values: Mapping[str, Any]) -> Faults:
    return {
        name: [_("Choose one of those offered.")]
        for name, kind in CHOICES.items()
        if name in values and values[name] not in kind.values
    }


def _faults_of_numbers(values: Mapping[str, Any]) -> Faults:
    least = {"rolling_days": 1, "answer_days": 1}
    faults: Faults = {}
    for name, most in LARGEST_COUNTS.items():
        low = least.get(name, 0)
        if name in values and not low <= values[name] <= most:
            text = _("Enter a whole number from %(least)d to %(most)d.")
            faults[name] = [text % {"least": low, "most": most}]
    for name in AMOUNTS:
        if name in values and not 0 <= values[name] <= LARGEST:
            faults[name] = [_("Enter an amount of zero or more.")]
    return faults


def _faults_of_limit(values: Mapping[str, Any]) -> Faults:
    amount, name = values.get("overdraft_minor", 0), str(values.get("overdraft_name", "")).strip()
    if values.get("at_limit", AtLimit.REFUSE) != AtLimit.OVERDRAFT:
        other = _("Leave this empty, or choose the overdraft under “At the limit”.")
        return {
            key: [other] for key, given in (("overdraft_minor", amount), ("overdraft_name", name)) if given
        }
    faults: Faults = {}
    if not amount:
        faults["overdraft_minor"] = [_("Enter how much may be spent above the limit.")]
    if not name:
        faults["overdraft_name"] = [_("Give the overdraft the name that customers read.")]
    return faults


def _faults_of_changes(values: Mapping[str, Any]) -> Faults:
    once, year = values.get("most_change_minor", 0), values.get("most_year_minor", 0)
    if year and once > year:
        return {
            "most_change_minor": [
                _("One change can't be larger than all of a year: enter less, or raise the year.")
            ]
        }
    return {}


def _faults_of_thresholds(values: Mapping[str, Any]) -> Faults:
    given = list(values.get("thresholds", ()))
    if any(not 1 <= one <= 99 for one in given):
        return {"thresholds": [_("Enter percentages between 1 and 99.")]}
    if given != sorted(set(given)):
        return {"thresholds": [_("Enter the percentages from the lowest to the highest, each once.")]}
    return {}


def _faults_of_steps(values: Mapping[str, Any]) -> Faults:
    """Rows [up to minor units or None, approvers]: rising, and the last one for every size above."""
    rows = list(values.get("approvals", ()))
    faults: Faults = {}
    if len(rows) > MOST_STEPS:
        return {"approvals": [_("Name no more than %d steps.") % MOST_STEPS]}
    below = 0
    for number, (up_to, count) in enumerate(rows):
        at = f"approvals.{number}"
        if not 1 <= count <= MOST_APPROVERS:
            text = _("Enter a whole number from %(least)d to %(most)d.")
            faults[f"{at}.approvers"] = [text % {"least": 1, "most": MOST_APPROVERS}]
        is_last = number == len(rows) - 1
        if is_last and up_to is not None:
            faults[f"{at}.up_to"] = [_("Leave the last amount empty: it stands for every larger change.")]
        elif not is_last and (up_to is None or not below < up_to <= LARGEST):
            faults[f"{at}.up_to"] = [_("Enter a larger amount than in the row above.")]
        below = up_to or below
    return faults


def faults_of_tiers(tiers: Sequence[TierTerms]) -> Faults:
    if len(tiers) > MOST_TIERS:
        return {"tiers": [_("Name no more than %d tiers.") % MOST_TIERS]}
    faults: Faults = {}
    for number, one in enumerate(tiers):
        below = tiers[number - 1] if number else None
        names = {other.name.strip() for other in tiers[:number]}
        faults |= {f"tiers.{number}.{name}": [text] for name, text in _of_tier(one, below, names).items()}
    return faults


def _of_tier(tier: TierTerms, below: TierTerms | None, names: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if not tier.name.strip() or tier.name.strip() in names:
        found["name"] = _("Give every tier a name of its own.")
    if not 0 <= tier.limit_minor <= LARGEST:
        found["limit_minor"] = _("Enter the tier's limit.")
    elif below is not None and tier.limit_minor <= below.limit_minor:
        found["limit_minor"] = _("Enter a higher limit than that of the tier above this row.")
    if not 0 <= tier.average_minor <= LARGEST:
        found["average_minor"] = _("Enter an amount of zero or more.")
    if not 1 <= tier.average_periods <= MOST_AVERAGED:
        text = _("Enter a whole number from %(least)d to %(most)d.")
        found["average_periods"] = text % {"least": 1, "most": MOST_AVERAGED}
    if not 0 <= tier.least_age_days <= 36_500:
        text = _("Enter a whole number from %(least)d to %(most)d.")
        found["least_age_days"] = text % {"least": 0, "most": 36_500}
    return found
