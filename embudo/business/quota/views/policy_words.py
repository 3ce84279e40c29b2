"""What a version of a policy says, in words and amounts, for pages that show it or compare several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota.models import PolicyVersion, Tier
from embudo.business.quota.queries import Version
from embudo.business.quota.rules.amounts import AtLimit
from embudo.business.quota.rules.periods import PeriodKind
from embudo.foundation.ui import atoms


@dataclass(frozen=True)
class Line:
    """One thing that versions say, and what each of them says; `differs` where it is not what the next older one says."""

    label: Any
    cells: Sequence[tuple[Any, bool]]


def days(n: int) -> str:
    return ngettext("%(n)d day", "%(n)d days", n) % {"n": n}


def yes_no(value: object) -> str:
    return gettext("yes") if value else gettext("no")


def period_words(version: PolicyVersion) -> str:
    if version.period == PeriodKind.ROLLING:
        n = version.rolling_days
        return ngettext("the last day", "the last %(n)d days", n) % {"n": n}
    return str(PeriodKind(version.period).label)


def limit_words(version: PolicyVersion, currency: str) -> str:
    """What happens at the limit."""
    if version.at_limit == AtLimit.OVERDRAFT:
        amount = atoms.money((version.overdraft_minor, currency))
        return gettext("%(name)s: %(amount)s more") % {"name": version.overdraft_name, "amount": amount}
    return str(AtLimit(version.at_limit).label)


def approvals_words(version: PolicyVersion, currency: str) -> list[str]:
    """ "1 person up to €50.00", a line a step."""
    if not version.approvals:
        return [gettext("1 person, whatever the size")]
    lines: list[str] = []
    for up_to, count in version.approvals:
        people = ngettext("%(n)d person", "%(n)d people", count) % {"n": count}
        if up_to is None:
            lines.append(gettext("%(people)s above that") % {"people": people} if lines else people)
        else:
            words = gettext("%(people)s up to %(amount)s")
            lines.append(words % {"people": people, "amount": atoms.money((up_to, currency))})
    return lines


def tier_conditions(tier: Tier, currency: str) -> list[str]:
    """Who is eligible, each condition a sentence of its own."""
    found = []
    if tier.average_minor:
        n = tier.average_periods
        words = ngettext(
            "Average spending of at least %(amount)s over the last closed period",
            "Average spending of at least %(amount)s over the last %(n)d closed periods",
            n,
        )
        found.append(words % {"amount": atoms.money((tier.average_minor, currency)), "n": n})
    if tier.least_age_days:
        found.append(gettext("The account is %(days)s old") % {"days": days(tier.least_age_days)})
    if tier.is_nothing_overdue:
        found.append(gettext("Nothing is overdue"))
    if tier.needs_licence:
        found.append(gettext("Only with a licence that names it"))
    return found


def ladder(tiers: Sequence[Tier], currency: str) -> list[dict[str, Any]]:
    """The tiers from the lowest limit up, each with a bar against the highest."""
    top = max((one.limit_minor for one in tiers), default=0)
    return [
        {
            "name": one.name,
            "limit": atoms.money((one.limit_minor, currency)),
            "bar": atoms.bar(one.limit_minor, top),
            "conditions": tier_conditions(one, currency),
        }
        for one in tiers
    ]


def changes_words(version: PolicyVersion, currency: str) -> list[str]:
    """How much a limit may change; nothing where nothing is said."""
    found = []
    if version.most_change_minor:
        amount = atoms.money((version.most_change_minor, currency))
        found.append(gettext("By no more than %(amount)s at once") % {"amount": amount})
    if version.most_change_percent:
        found.append(gettext("By no more than %(n)d %% at once") % {"n": version.most_change_percent})
    if version.most_year_minor:
        amount = atoms.money((version.most_year_minor, currency))
        found.append(gettext("Up by no more than %(amount)s in a year") % {"amount": amount})
    if version.cool_down_days:
        found.append(gettext("Not again for %(days)s") % {"days": days(version.cool_down_days)})
    if version.most_changes:
        n = version.most_changes
        found.append(ngettext("%(n)d change in a period", "%(n)d changes in a period", n) % {"n": n})
    return found


def consent_words(version: PolicyVersion) -> list[str]:
    if not version.needs_consent:
        return [gettext("The customer is told, not asked")]
    asked = gettext("Asked, with %(days)s to answer") % {"days": days(version.answer_days)}
    silent = gettext("No answer: %(what)s") % {"what": version.get_silence_display()}
    return [asked, silent]


def denial_words(version: PolicyVersion) -> list[str]:
    found = []
    if version.denial_holds:
        found.append(gettext("Holds the account"))
    if version.denial_suspends:
        found.append(gettext("Suspends the licence of who asked for the change"))
    return found or [gettext("Ends the change")]


Words = Callable[[PolicyVersion, str], Any]
SAID: tuple[tuple[Any, Words], ...] = (
    (_("Period"), lambda one, _currency: period_words(one)),
    (_("Spending counts on"), lambda one, _currency: one.get_counted_on_display()),
    (_("A refund gives back"), lambda one, _currency: one.get_refunds_display()),
    (_("Invoices spend this quota"), lambda one, _currency: yes_no(one.counts_invoices)),
    (_("Thresholds"), lambda one, _currency: ", ".join(f"{n} %" for n in one.thresholds)),
    (_("At the limit"), limit_words),
    (_("Changes of limits"), changes_words),
    (_("Who approves a change"), approvals_words),
    (_("Consent"), lambda one, _currency: consent_words(one)),
    (_("Notice"), lambda one, _currency: days(one.notice_days) if one.notice_days else ""),
    (_("A denial"), lambda one, _currency: denial_words(one)),
    (_("Invoices may be overdue"), lambda one, _currency: days(one.grace_days)),
    (_("Daily run"), lambda one, _currency: one.get_switching_display()),
)


def tiers_words(version: Version, currency: str) -> list[str]:
    return [
        " · ".join((one.name, atoms.money((one.limit_minor, currency)), *tier_conditions(one, currency)))
        for one in version.tiers
    ]


def side_by_side(versions: Sequence[Version], currency: str) -> list[Line]:
    """One line for each thing that is said, one cell for each version, newest first."""
    said = [[words(one.version, currency) for one in versions] for _label, words in SAID]
    said.append([tiers_words(one, currency) for one in versions])
    labels = [*(label for label, _words in SAID), _("Tiers")]
    return [
        Line(label, [(_listed(value), _differs(values, n)) for n, value in enumerate(values)])
        for label, values in zip(labels, said, strict=True)
    ]


def _listed(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [str(value)]
    return [one for one in found if one] or ["—"]


def _differs(values: Sequence[Any], n: int) -> bool:
    return n + 1 < len(values) and values[n] != values[n + 1]
