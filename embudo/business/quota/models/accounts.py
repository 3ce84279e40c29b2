from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from embudo.business.directory.models import Company, Person
from embudo.business.quota import permissions
from embudo.business.quota.models.policies import Policy, PolicyVersion
from embudo.business.quota.rules.amounts import Balance
from embudo.business.quota.rules.states import AccountState, Cause
from embudo.foundation.access.models import User
from embudo.kernel.actor import Actor
from embudo.kernel.money import Money
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import Record

MERGED = "merged"  # why an account is closed whose customer became another one that has an account already
CUSTOMER = Q(company__isnull=False, person=None) | Q(company=None, person__isnull=False)


class Unowned(Record):
    """What belongs to no user: who may see one sees them all, which need not be asked of the database at each call of a till."""

    class Meta:
        abstract = True

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        return actor.scope(permission) is Scope.ALL or super().is_within(actor, permission)

    def is_visible_to(self, actor: Actor) -> bool:
        return actor.scope(self.view_permission) is Scope.ALL or super().is_visible_to(actor)


class Account(Unowned):
    """
    One customer's quota under one policy. The balance stands here and is changed by one statement a call, which the check
    guards: nothing is authorised that leaves more used than is allowed. `ceiling_minor` is the allowance, or what was used when
    that was last lowered below it. Time is settled when it matters: before `settle_at` nothing falls due.
    """

    view_permission = permissions.VIEW_ACCOUNTS

    reference = models.CharField(_("reference"), max_length=40, unique=True)  # by which tills know it
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("company")
    )
    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("person")
    )
    policy = models.ForeignKey(
        Policy, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("policy")
    )
    policy_version = models.ForeignKey(  # judged by
        PolicyVersion, db_index=False, related_name="+", on_delete=models.PROTECT
    )
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(
        _("state"), max_length=8, choices=AccountState.choices, default=AccountState.PENDING
    )
    tier_name = models.CharField(_("tier"), max_length=60, blank=True)
    opened_on = models.DateField(_("opened"))
    document_expires = models.DateField(_("document valid until"), null=True, blank=True)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    close_reason = models.CharField(_("why closed"), max_length=300, blank=True)  # MERGED: by a merge

    limit_minor = models.BigIntegerField(_("limit"), default=0)
    overdraft_minor = models.BigIntegerField(_("overdraft"), default=0)
    topup_minor = models.BigIntegerField(_("top-ups"), default=0)
    consumed_minor = models.BigIntegerField(_("consumed"), default=0)
    held_minor = models.BigIntegerField(_("open holds"), default=0)
    ceiling_minor = models.BigIntegerField(default=0)
    notice_minor = models.BigIntegerField(default=0)  # used from which the next threshold is reached
    reached_percent = models.PositiveSmallIntegerField(default=0)  # the highest threshold that was told
    is_spendable = models.BooleanField(default=False)
    period_start = models.DateField(_("period from"))
    period_end = models.DateField(_("period until"))  # the first day of the next one
    settle_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ceiling_minor__gte=F("consumed_minor") + F("held_minor")),
                name="account_within_ceiling",
            ),
            models.CheckConstraint(
                condition=Q(
                    limit_minor__gte=0, overdraft_minor__gte=0, topup_minor__gte=0, held_minor__gte=0
                ),
                name="account_amounts",
            ),
            models.CheckConstraint(condition=CUSTOMER, name="account_one_customer"),
            models.UniqueConstraint(
                fields=["policy", "company"],
                condition=Q(company__isnull=False) & ~Q(state=AccountState.CLOSED),
                name="account_company_once",
            ),
            models.UniqueConstraint(
                fields=["policy", "person"],
                condition=Q(person__isnull=False) & ~Q(state=AccountState.CLOSED),
                name="account_person_once",
            ),
        )
        indexes = (
            models.Index(fields=["state", "reference", "id"], name="account_state"),
            models.Index(fields=["settle_at", "id"], name="account_settle"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def balance(self) -> Balance:
        """As it stands in the row; what fell due since `settle_at` is not in it (queries.settled_balance)."""
        return Balance(
            self.limit_minor, self.overdraft_minor, self.topup_minor, self.consumed_minor, self.held_minor
        )

    @property
    def customer(self) -> Company | Person:
        found: Any = self.company or self.person
        return found  # type: ignore[no-any-return]

    @property
    def customer_id(self) -> Any:
        return self.company_id or self.person_id

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)


class OfAccount(Unowned):
    """What belongs to one account, and is seen with it."""

    view_permission = permissions.VIEW_ACCOUNTS

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class LimitVersion(OfAccount):
    """The limit of an account from a day on. Frozen by trigger but for the day it ends."""

    limit_minor = models.BigIntegerField(_("limit"))
    tier_name = models.CharField(_("tier"), max_length=60, blank=True)
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)  # the first day of the next one
    change = models.UUIDField(null=True, blank=True)  # the Change that brought it
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account"], condition=Q(valid_to=None), name="limit_version_one_open"
            ),
        )
        indexes = (models.Index(fields=["account", "valid_from", "id"], name="limit_version_days"),)


class Block(OfAccount):
    """Why an account is held. It stays as long as it is not lifted, whatever else happens."""

    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    is_by_run = models.BooleanField(default=False)  # then a daily run may lift it, when the cause is gone
    figures = models.JSONField(default=dict)  # what it was judged by
    change = models.UUIDField(null=True, blank=True)  # the Change that was denied
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lifted = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lift_reason = models.CharField(_("why lifted"), max_length=300, blank=True)
    waived = models.JSONField(
        null=True, blank=True
    )  # figures in spite of which it was lifted; as Switch.waived

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account", "cause"], condition=Q(lifted=None), name="block_cause_once"
            ),
        )
        indexes = (
            models.Index(fields=["account", "created"], name="block_account"),
            models.Index(fields=["account"], condition=Q(waived__isnull=False), name="block_waived"),
        )


class Reopening(OfAccount):
    """An account that had been closed was opened again: when it was closed and why. Append-only by trigger."""

    closed = models.DateTimeField(_("closed"))
    close_reason = models.CharField(_("why closed"), max_length=300, blank=True)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = (models.Index(fields=["account", "created"], name="reopening_account"),)


class Arrears(OfAccount):
    """What the account's customer owes and since when, as billing told it: minor units of the account's currency."""

    open_minor = models.BigIntegerField(_("to pay"), default=0)
    oldest_due = models.DateField(_("oldest due day"), null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account"], name="arrears_once"),)
        indexes = (models.Index(fields=["oldest_due"], name="arrears_due"),)


class SpendRequest(OfAccount):
    """A customer met the limit and an officer was asked. What is approved becomes a top-up of the running period."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        DENIED = "denied", _("denied")

    amount_minor = models.BigIntegerField(_("amount"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )  # none = the customer, through the portal
    link = models.ForeignKey("PortalLink", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_prepaid = models.BooleanField(_("paid in advance"), default=False)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    answered = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answer_reason = models.CharField(_("reason of the answer"), max_length=300, blank=True)
    entry = models.UUIDField(null=True, blank=True)  # the top-up

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="waiting"), name="spend_request_one_waiting"
            ),
        )
        indexes = (models.Index(fields=["state", "created", "id"], name="spend_request_state"),)


class Outlook(OfAccount):
    """The forecast of an account as of a day: rules/forecast.py says how it comes about."""

    day = models.DateField(_("as of"))
    method = models.CharField(max_length=30)
    expected_minor = models.BigIntegerField(_("expected by the end of the period"))
    low80_minor = models.BigIntegerField()
    high80_minor = models.BigIntegerField()
    low95_minor = models.BigIntegerField()
    high95_minor = models.BigIntegerField()
    chance = models.PositiveSmallIntegerField(_("chance of exceeding in %"))
    exhausted_on = models.DateField(_("expected day of exhaustion"), null=True, blank=True)
    path = models.JSONField(default=list)  # [day, expected, low80, high80, low95, high95] to the period's end
    needs_tier = models.CharField(_("will need"), max_length=60, blank=True)  # within 30 days
    notified = models.JSONField(default=dict)  # which thresholds were announced in which period

    class Meta:
        constraints = (models.UniqueConstraint(fields=["account"], name="outlook_once"),)
        indexes = (
            models.Index(fields=["-chance", "-id"], condition=~Q(needs_tier=""), name="outlook_chance"),
        )


class PortalLink(OfAccount):
    """A link by which a customer reads their quota: only the token's hash is kept."""

    secret_fields: ClassVar[tuple[str, ...]] = ("token_hash",)
    personal_fields: ClassVar[tuple[str, ...]] = ("address",)

    token_hash = models.CharField(max_length=64, unique=True)
    address = models.EmailField(_("mail address"))
    language = models.CharField(_("language"), max_length=5)
    expires = models.DateTimeField(_("valid until"))
    opened = models.DateTimeField(_("last opened"), null=True, blank=True)
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    # Who typed the address, or entered it on the customer's record: what is asked by the link may be their own wish.
    named_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    @property
    def subject_id(self) -> Any:
        return self.account.customer_id
