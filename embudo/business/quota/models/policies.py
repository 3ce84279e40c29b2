from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import permissions
from embudo.business.quota.rules.amounts import AtLimit, CountedOn, RefundRule
from embudo.business.quota.rules.periods import MOST_ROLLING_DAYS, PeriodKind
from embudo.business.quota.rules.terms import Silence, Step, Switching
from embudo.foundation.access.models import User
from embudo.kernel.record import Record


class Policy(Record):
    """A kind of quota, in one currency. What it says stands in its versions."""

    view_permission = permissions.VIEW_POLICIES

    name = models.CharField(_("name"), max_length=120, unique=True)
    currency = models.CharField(_("currency"), max_length=3)
    current = models.ForeignKey(
        "PolicyVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )  # the one in force
    is_archived = models.BooleanField(_("archived"), default=False)

    class Meta:
        indexes = (models.Index(fields=["is_archived", "name", "id"], name="policy_list"),)

    def __str__(self) -> str:
        return self.name


class PolicyVersion(Record):
    """What a policy says from a day on. Append-only by trigger: who was judged by it finds it as it was."""

    view_permission = permissions.VIEW_POLICIES

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    valid_from = models.DateField(_("valid from"))
    period = models.CharField(_("period"), max_length=8, choices=PeriodKind.choices, default=PeriodKind.MONTH)
    rolling_days = models.PositiveSmallIntegerField(_("days of a rolling period"), default=30)
    counted_on = models.CharField(
        _("spending counts on"), max_length=10, choices=CountedOn.choices, default=CountedOn.CAPTURED
    )
    counts_invoices = models.BooleanField(_("invoices spend this quota"), default=False)
    refunds = models.CharField(
        _("a refund gives back"), max_length=8, choices=RefundRule.choices, default=RefundRule.NOW
    )
    at_limit = models.CharField(
        _("at the limit"), max_length=9, choices=AtLimit.choices, default=AtLimit.REFUSE
    )
    overdraft_minor = models.BigIntegerField(_("overdraft"), default=0)
    overdraft_name = models.CharField(_("name of the overdraft"), max_length=60, blank=True)
    thresholds = models.JSONField(_("thresholds in %"), default=list)  # ascending, of 1 to 99
    # Of changes; 0 where nothing is said.
    most_change_minor = models.BigIntegerField(_("largest change"), default=0)
    most_change_percent = models.PositiveIntegerField(_("largest change in %"), default=0)
    most_year_minor = models.BigIntegerField(_("largest rise in a year"), default=0)
    cool_down_days = models.PositiveSmallIntegerField(_("days between changes"), default=0)
    most_changes = models.PositiveSmallIntegerField(_("changes in a period"), default=0)
    approvals = models.JSONField(
        _("approvers by size"), default=list
    )  # [up to minor units or null, approvers]
    needs_consent = models.BooleanField(_("the customer is asked"), default=True)
    answer_days = models.PositiveSmallIntegerField(_("days to answer"), default=14)
    notice_days = models.PositiveSmallIntegerField(_("days of notice"), default=0)
    silence = models.CharField(
        _("no answer means"), max_length=6, choices=Silence.choices, default=Silence.DENY
    )
    denial_holds = models.BooleanField(_("a denial holds the account"), default=True)
    denial_suspends = models.BooleanField(
        _("a denial suspends the licence of who asked for the change"), default=True
    )
    grace_days = models.PositiveSmallIntegerField(_("days an invoice may be overdue"), default=0)
    switching = models.CharField(
        _("daily run"), max_length=9, choices=Switching.choices, default=Switching.PROPOSE
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["policy", "number"], name="policy_version_once"),
            models.CheckConstraint(
                condition=Q(rolling_days__gte=1, rolling_days__lte=MOST_ROLLING_DAYS),
                name="policy_rolling_days",
            ),
            models.CheckConstraint(condition=Q(overdraft_minor__gte=0), name="policy_overdraft"),
        )

    @property
    def steps(self) -> list[Step]:
        return [Step(up_to, count) for up_to, count in self.approvals]

    @property
    def overdraft(self) -> int:
        """Minor units that may be spent above the limit."""
        return self.overdraft_minor if self.at_limit == AtLimit.OVERDRAFT else 0


class Tier(Record):
    """A step of limits within a version of a policy, and who is eligible for it. Append-only by trigger."""

    view_permission = permissions.VIEW_POLICIES

    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="tiers")
    name = models.CharField(_("name"), max_length=60)  # by which licences know it, in whichever version
    limit_minor = models.BigIntegerField(_("limit"))
    average_minor = models.BigIntegerField(_("average spending from"), default=0)
    average_periods = models.PositiveSmallIntegerField(_("over closed periods"), default=3)
    least_age_days = models.PositiveSmallIntegerField(_("age of the account in days"), default=0)
    is_nothing_overdue = models.BooleanField(_("nothing may be overdue"), default=False)
    needs_licence = models.BooleanField(_("only with a licence that names it"), default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["policy_version", "name"], name="tier_name_once"),
            models.CheckConstraint(condition=Q(limit_minor__gte=0), name="tier_limit"),
        )
        indexes = (models.Index(fields=["policy_version", "limit_minor", "id"], name="tier_ladder"),)

    def __str__(self) -> str:
        return self.name


class Licence(Record):
    """That somebody may change quotas: which tiers, currencies and amounts, from when to when."""

    view_permission = permissions.VIEW_LICENCES

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("policy")
    )  # none = every policy
    tiers = models.JSONField(_("tiers"), default=list, blank=True)  # names; [] = every tier that needs none
    currencies = models.JSONField(_("currencies"), default=list, blank=True)  # [] = every currency
    most_minor = models.BigIntegerField(_("up to"), default=0)  # a limit of no more than this; 0 = any
    may_submit = models.BooleanField(_("may ask for changes"), default=True)
    may_approve = models.BooleanField(_("may approve changes"), default=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)  # the last day
    suspended = models.DateTimeField(_("suspended"), null=True, blank=True)
    suspended_for = models.CharField(_("why suspended"), max_length=300, blank=True)
    suspended_by_change = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        indexes = (models.Index(fields=["person", "valid_from", "id"], name="licence_person"),)


class ExchangeRate(Record):
    """What one unit of `currency` is worth in `into`, from a day on. Append-only by trigger."""

    view_permission = permissions.VIEW_POLICIES

    currency = models.CharField(_("currency"), max_length=3)
    into = models.CharField(_("into"), max_length=3)
    valid_from = models.DateField(_("valid from"))
    rate = models.BigIntegerField(_("rate"))  # in 1/100 000 000

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["currency", "into", "valid_from"], name="rate_once_a_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="rate_positive"),
        )
