from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from embudo.business.quota.forms.parts import CountField, PercentagesField
from embudo.business.quota.forms.rows import Row, Rows
from embudo.business.quota.models import PolicyVersion
from embudo.business.quota.rules.amounts import AtLimit, CountedOn, RefundRule
from embudo.business.quota.rules.periods import PeriodKind
from embudo.business.quota.rules.terms import (
    AMOUNTS,
    LARGEST_COUNTS,
    MOST_APPROVERS,
    MOST_AVERAGED,
    MOST_STEPS,
    MOST_TIERS,
    USUAL_THRESHOLDS,
    Silence,
    Switching,
    Terms,
    TierTerms,
)
from embudo.foundation.access.queries import organisation
from embudo.foundation.ui.forms import Form, MoneyField
from embudo.kernel.money import Money, is_currency

TIER_PARTS = (
    "name", "limit_minor", "average_minor", "average_periods", "least_age_days", "is_nothing_overdue", "needs_licence",
)  # fmt: skip
TIERS = Rows("tier", TIER_PARTS, MOST_TIERS, quiet=("average_periods",))
STEPS = Rows("step", ("up_to", "approvers"), MOST_STEPS)
SECTIONS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("policy", _("Policy"), ("name", "currency")),
    ("period", _("Period and what counts"),
     ("period", "rolling_days", "counted_on", "refunds", "counts_invoices")),
    ("limit", _("Near the limit and at it"), ("thresholds", "at_limit", "overdraft_minor", "overdraft_name")),
    ("changes", _("How much a limit may change"),
     ("most_change_minor", "most_change_percent", "most_year_minor", "cool_down_days", "most_changes")),
    ("consent", _("The customer's consent"),
     ("needs_consent", "answer_days", "silence", "notice_days", "denial_holds", "denial_suspends")),
    ("daily", _("Daily run"), ("switching", "grace_days")),
)  # fmt: skip


def money_or_none(**kwargs: Any) -> MoneyField:
    return MoneyField(required=False, **kwargs)


class VersionForm(Form):
    """
    What a version of a policy says. Amounts are typed in the policy's currency. `terms` stands in the cleaned data, `used` says
    which row each of its tiers and steps came from.
    """

    period = forms.ChoiceField(
        label=_("Period"), choices=PeriodKind.choices, initial=PeriodKind.MONTH,
        help_text=_("The limit is there anew at the beginning of each. Days begin in the organisation's time zone."),
    )  # fmt: skip
    rolling_days = CountField(
        label=_("Days of a rolling period"), least=1, most=LARGEST_COUNTS["rolling_days"], none=30, initial=30,
        help_text=_("Only for “the last days”: what was spent in so many days, today included."),
    )  # fmt: skip
    counted_on = forms.ChoiceField(
        label=_("Spending counts on"), choices=CountedOn.choices, initial=CountedOn.CAPTURED,
        help_text=_("Where it was authorised on the last day of a period and captured on the first of the next."),
    )  # fmt: skip
    refunds = forms.ChoiceField(
        label=_("A refund gives back"), choices=RefundRule.choices, initial=RefundRule.NOW
    )
    counts_invoices = forms.BooleanField(
        label=_("Invoices spend this quota"), required=False,
        help_text=_("An invoice that the quota does not cover can't be issued then."),
    )  # fmt: skip
    thresholds = PercentagesField(
        label=_("Thresholds in %"), required=False, initial=list(USUAL_THRESHOLDS),
        help_text=_("When so much is used, officers and the customer are told and the account is watched: 80, 95."),
    )  # fmt: skip
    at_limit = forms.ChoiceField(
        label=_("At the limit"), choices=AtLimit.choices, initial=AtLimit.REFUSE,
        help_text=_("What somebody is offered who wants to spend more than is left."),
    )  # fmt: skip
    overdraft_minor = money_or_none(
        label=_("Overdraft"), help_text=_("May be spent above the limit, in every period.")
    )
    overdraft_name = forms.CharField(label=_("Name of the overdraft"), max_length=60, required=False)
    most_change_minor = money_or_none(
        label=_("Largest change"), help_text=_("By how much one change may raise or lower a limit.")
    )
    most_change_percent = CountField(
        label=_("Largest change in %"), most=LARGEST_COUNTS["most_change_percent"],
        help_text=_("Of the limit in force. 100 means that it may double."),
    )  # fmt: skip
    most_year_minor = money_or_none(
        label=_("Largest rise in a year"), help_text=_("Of all changes of the last 365 days together.")
    )
    cool_down_days = CountField(
        label=_("Days between changes"),
        most=LARGEST_COUNTS["cool_down_days"],
        help_text=_("How long nobody may ask again."),
    )
    most_changes = CountField(label=_("Changes in a period"), most=LARGEST_COUNTS["most_changes"])
    needs_consent = forms.BooleanField(
        label=_("The customer is asked"), required=False, initial=True,
        help_text=_("By mail, before the change is made. What they deny, or cannot be asked, is not made."),
    )  # fmt: skip
    answer_days = CountField(
        label=_("Days to answer"), least=1, most=LARGEST_COUNTS["answer_days"], none=14, initial=14
    )
    silence = forms.ChoiceField(label=_("No answer means"), choices=Silence.choices, initial=Silence.DENY)
    notice_days = CountField(
        label=_("Days of notice"), most=LARGEST_COUNTS["notice_days"],
        help_text=_("From the mail to the customer to the day on which the change is made."),
    )  # fmt: skip
    denial_holds = forms.BooleanField(
        label=_("A denial holds the account"), required=False, initial=True,
        help_text=_("“This was not me” may mean that somebody else asked: nothing is spent until a reviewer lifts it."),
    )  # fmt: skip
    denial_suspends = forms.BooleanField(
        label=_("A denial suspends the licence of who asked for the change"), required=False, initial=True,
        help_text=_("Until an administrator has looked."),
    )  # fmt: skip
    switching = forms.ChoiceField(
        label=_("Switches that the daily run finds"), choices=Switching.choices, initial=Switching.PROPOSE,
        help_text=_("To hold an account, or to open it again when the cause is gone."),
    )  # fmt: skip
    grace_days = CountField(
        label=_("Days an invoice may be overdue"), most=LARGEST_COUNTS["grace_days"],
        help_text=_("Before the account is held for it."),
    )  # fmt: skip

    def prepare(self) -> None:
        self.unit = self.currency_of_amounts()
        given = self.data if self.is_bound else self.initial
        self.tier_count = TIERS.count(given, int(self.initial.get("tiers_known", 0)))
        self.step_count = STEPS.count(given, int(self.initial.get("steps_known", 0)))
        TIERS.build(self, self._tier_fields, self.tier_count)
        STEPS.build(self, self._step_fields, self.step_count)
        for field in self.fields.values():
            if isinstance(field, MoneyField):
                field.currency = self.unit

    def currency_of_amounts(self) -> str:
        return str(self.record.currency)

    def _tier_fields(self, number: int) -> Mapping[str, forms.Field]:
        at = {"n": number + 1}
        return {
            "name": forms.CharField(label=_("Name, tier %(n)d") % at, max_length=60, required=False),
            "limit_minor": money_or_none(label=_("Limit, tier %(n)d") % at),
            "average_minor": money_or_none(label=_("Average spending from, tier %(n)d") % at),
            "average_periods": CountField(
                label=_("Over closed periods, tier %(n)d") % at, least=1, most=MOST_AVERAGED, none=3
            ),
            "least_age_days": CountField(label=_("Age of the account in days, tier %(n)d") % at, most=36_500),
            "is_nothing_overdue": forms.BooleanField(
                label=_("Nothing may be overdue, tier %(n)d") % at, required=False
            ),
            "needs_licence": forms.BooleanField(
                label=_("Only with a licence that names it, tier %(n)d") % at, required=False
            ),
        }

    def _step_fields(self, number: int) -> Mapping[str, forms.Field]:
        at = {"n": number + 1}
        return {
            "up_to": money_or_none(label=_("Change by up to, step %(n)d") % at),
            "approvers": CountField(label=_("People who approve, step %(n)d") % at, most=MOST_APPROVERS),
        }

    # --- for the template ---

    @property
    def sections(self) -> list[tuple[str, Any, list[BoundField]]]:
        return [
            (key, heading, [self[name] for name in names if name in self.fields])
            for key, heading, names in SECTIONS
            if any(name in self.fields for name in names)
        ]

    @property
    def tier_rows(self) -> list[Row]:
        return TIERS.drawn(self, self.tier_count)

    @property
    def step_rows(self) -> list[Row]:
        return STEPS.drawn(self, self.step_count)

    # --- what the command takes ---

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        tiers, steps = TIERS.taken(cleaned, self.tier_count), STEPS.taken(cleaned, self.step_count)
        own = {name: cleaned.pop(name) for name in ("name", "currency") if name in cleaned}
        values = {name: minor_of(value) if name in AMOUNTS else value for name, value in cleaned.items()}
        values["approvals"] = [[minor_or_none(row["up_to"]), row["approvers"] or 0] for _n, row in steps]
        used = {TIERS.key: [n for n, _row in tiers], STEPS.key: [n for n, _row in steps]}
        return own | {"terms": Terms(values, [tier_of(row) for _n, row in tiers]), "used": used}


class PolicyForm(VersionForm):
    """A new policy: its name and currency, and what its first version says."""

    field_order = ("name", "currency")
    name = forms.CharField(
        label=_("Name"), max_length=120, help_text=_("As customers read it, such as “Travel money”.")
    )
    currency = forms.CharField(
        label=_("Currency"), max_length=3, help_text=_("Three letters, for example EUR. It never changes.")
    )

    def currency_of_amounts(self) -> str:
        given = self.data if self.is_bound else self.initial
        typed = str(given.get("currency", "")).strip().upper()
        return typed if is_currency(typed) else organisation().currency

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()


def minor_of(value: Money | None) -> int:
    return value.minor if value else 0


def minor_or_none(value: Money | None) -> int | None:
    return None if value is None else value.minor


def tier_of(row: Mapping[str, Any]) -> TierTerms:
    """A limit that nobody gave is none, and refused."""
    limit = minor_or_none(row["limit_minor"])
    return TierTerms(
        name=row["name"] or "",
        limit_minor=-1 if limit is None else limit,
        average_minor=minor_of(row["average_minor"]),
        average_periods=row["average_periods"] or 0,
        least_age_days=row["least_age_days"] or 0,
        is_nothing_overdue=bool(row["is_nothing_overdue"]),
        needs_licence=bool(row["needs_licence"]),
    )


def first_values(version: PolicyVersion | None, tiers: Any, currency: str) -> dict[str, Any]:
    """A version as the form's initial values; without one a row for every size stands as an example."""
    if version is None:
        return STEPS.initial([{"approvers": 1}]) | {"steps_known": 1, "tiers_known": 2}
    names = [name for _key, _heading, listed in SECTIONS for name in listed]
    found = {name: getattr(version, name) for name in names if hasattr(version, name)}
    found |= {name: money_of(found[name], currency) for name in AMOUNTS}
    ladder = [
        {part: getattr(tier, part) for part in TIER_PARTS}
        | {
            "limit_minor": Money(tier.limit_minor, currency),
            "average_minor": money_of(tier.average_minor, currency),
        }
        for tier in tiers
    ]
    steps = [
        {"up_to": None if up_to is None else Money(up_to, currency), "approvers": count}
        for up_to, count in version.approvals
    ]
    counts = {"tiers_known": len(ladder), "steps_known": len(steps)}
    return found | TIERS.initial(ladder) | STEPS.initial(steps) | counts


def money_of(minor: int, currency: str) -> Money | None:
    """Nothing is said by 0."""
    return Money(minor, currency) if minor else None


def field_of_fault(name: str, used: Mapping[str, list[int]]) -> str:
    """ "tiers.0.limit_minor" (of the terms) as the name of the field that the person filled in."""
    group, _dot, rest = name.partition(".")
    rows = {"tiers": TIERS, "approvals": STEPS}.get(group)
    return (rows.field_at(rest, used[rows.key]) or name) if rows else name
