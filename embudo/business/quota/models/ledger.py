from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import permissions
from embudo.business.quota.models.accounts import Account, OfAccount, Unowned
from embudo.business.quota.rules.amounts import BY_OFFICER
from embudo.business.quota.rules.states import EntryKind, HoldState
from embudo.kernel import clock


class Hold(OfAccount):
    """
    An authorisation: what a till asked for, and what became of it. It holds its amount until it is captured, released or past its
    time, each at most once; one that was refused says what was left then, so that the same call again has the same answer.
    """

    account = models.ForeignKey(Account, db_index=False, related_name="+", on_delete=models.PROTECT)
    key = models.CharField(max_length=200, blank=True)  # the caller's; "" where it named none
    state = models.CharField(_("state"), max_length=8, choices=HoldState.choices, default=HoldState.OPEN)
    amount_minor = models.BigIntegerField(_("amount"))  # in the account's currency
    captured_minor = models.BigIntegerField(_("captured"), default=0)
    refunded_minor = models.BigIntegerField(_("refunded"), default=0)
    asked_minor = models.BigIntegerField(_("amount asked for"))  # in the currency it was asked for in
    asked_currency = models.CharField(_("currency"), max_length=3)
    rate = models.BigIntegerField(_("rate"), null=True, blank=True)  # booked, where the currency is another
    day = models.DateField(_("day"))
    expires = models.DateTimeField(_("valid until"))
    source = models.CharField(_("source"), max_length=60, blank=True)  # "pos-17", "invoice"
    note = models.CharField(_("note"), max_length=140, blank=True)
    refusal = models.CharField(max_length=40, blank=True)  # a stable code
    available_minor = models.BigIntegerField(null=True, blank=True)  # when it was refused
    period_end = models.DateField(null=True, blank=True)  # when it was refused

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "key"], condition=~Q(key=""), name="hold_key_once"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, captured_minor__gte=0)
                & Q(captured_minor__lte=F("amount_minor"))
                & Q(refunded_minor__gte=0, refunded_minor__lte=F("captured_minor")),
                name="hold_amounts",
            ),
        )
        indexes = (
            models.Index(fields=["account", "expires"], condition=Q(state=HoldState.OPEN), name="hold_open"),
            models.Index(fields=["account", "-created", "-id"], name="hold_account"),
            models.Index(
                fields=["account", "created", "id"],
                condition=Q(state=HoldState.REFUSED),
                name="hold_refused",
            ),
        )

    @property
    def open_minor(self) -> int:
        """What it still holds, its time aside."""
        return self.amount_minor - self.captured_minor if self.state == HoldState.OPEN else 0

    @property
    def state_now(self) -> str:
        """An open one past its time has expired, whether or not anybody has settled the account."""
        is_late = self.state == HoldState.OPEN and self.expires <= clock.now()
        return HoldState.EXPIRED if is_late else self.state

    @property
    def held_minor(self) -> int:
        """What it still holds as of now."""
        return self.open_minor if self.state_now == HoldState.OPEN else 0


class LedgerEntry(Unowned):
    """
    One movement, append-only by trigger. What it does to the balance stands in three signed columns, so that sums from scratch need
    no rules; `value_date` is the day it counts on. Minor units of the account's currency.
    """

    view_permission = permissions.VIEW_ACCOUNTS

    account = models.ForeignKey(Account, db_index=False, related_name="+", on_delete=models.PROTECT)
    kind = models.CharField(_("kind"), max_length=10, choices=EntryKind.choices)
    amount_minor = models.BigIntegerField(_("amount"))
    held_change = models.BigIntegerField(default=0)
    consumed_change = models.BigIntegerField(default=0)
    topup_change = models.BigIntegerField(default=0)
    available_minor = models.BigIntegerField(_("available afterwards"))
    value_date = models.DateField(_("value date"))
    is_late = models.BooleanField(_("restates a closed period"), default=False)
    hold = models.ForeignKey(
        Hold, db_index=False, null=True, blank=True, related_name="entries", on_delete=models.PROTECT
    )
    reversal_of = models.OneToOneField(
        "self", null=True, blank=True, related_name="reversal", on_delete=models.PROTECT
    )
    asked_minor = models.BigIntegerField(null=True, blank=True)
    asked_currency = models.CharField(max_length=3, blank=True)
    rate = models.BigIntegerField(null=True, blank=True)
    key = models.CharField(max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    actor_kind = models.CharField(max_length=10)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        on_delete=models.PROTECT,
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "key"], condition=~Q(key=""), name="ledger_key_once"),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.HOLD, held_change=F("amount_minor"), consumed_change=0)
                | Q(
                    kind__in=[EntryKind.RELEASE, EntryKind.EXPIRE],
                    held_change=-F("amount_minor"),
                    consumed_change=0,
                )
                | Q(kind=EntryKind.CAPTURE, consumed_change=F("amount_minor"), held_change__lte=0)
                | Q(kind=EntryKind.REFUND, held_change=0, consumed_change__lte=0)
                | Q(kind=EntryKind.TOPUP, topup_change=F("amount_minor"), held_change=0, consumed_change=0)
                | Q(kind=EntryKind.ADJUSTMENT, held_change=0),
                name="ledger_kind_and_sign",
            ),
        )
        indexes = (
            models.Index(fields=["account", "created", "id"], name="ledger_account"),
            models.Index(fields=["account", "value_date", "id"], name="ledger_value_date"),
            models.Index(fields=["hold"], condition=Q(hold__isnull=False), name="ledger_hold"),
            models.Index(
                fields=["account", "value_date"], condition=Q(source=BY_OFFICER), name="ledger_granted"
            ),
        )


class DaySpend(models.Model):
    """What one account consumed and was topped up on one day: what periods are summed of, and a rolling one loses day by day."""

    account = models.ForeignKey(Account, db_index=False, related_name="+", on_delete=models.CASCADE)
    day = models.DateField()
    consumed_minor = models.BigIntegerField(default=0)
    topup_minor = models.BigIntegerField(default=0)

    objects: ClassVar[models.Manager["DaySpend"]] = models.Manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account", "day"], name="day_spend_once"),)


class ClosedPeriod(OfAccount):
    """A period that is over: what was allowed and consumed. A late posting restates it and says so."""

    # A row an account and period: found by the constraint below, so no index of its own for either.
    account = models.ForeignKey(Account, db_index=False, related_name="+", on_delete=models.PROTECT)
    starts = models.DateField(_("from"))
    ends = models.DateField(_("until"))  # the first day of the next one
    policy_version = models.ForeignKey(
        "PolicyVersion", db_index=False, related_name="+", on_delete=models.PROTECT
    )
    allowance_minor = models.BigIntegerField(_("allowed"))
    consumed_minor = models.BigIntegerField(_("consumed"))
    first_minor = models.BigIntegerField(_("consumed when it closed"))
    restated = models.DateTimeField(_("restated"), null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["account", "starts", "ends"], name="closed_period_once"),
        )
