from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import permissions
from embudo.business.quota.models.accounts import OfAccount, PortalLink
from embudo.business.quota.models.policies import Licence, PolicyVersion
from embudo.business.quota.rules.states import OPEN_CHANGES, AccountState, Cause, ChangeState
from embudo.foundation.access.models import User
from embudo.kernel.record import Record


class Change(OfAccount):
    """A change of an account's limit, from the first word to the customer who knows of it."""

    view_permission = permissions.VIEW_CHANGES

    state = models.CharField(
        _("state"), max_length=10, choices=ChangeState.choices, default=ChangeState.DRAFT
    )
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("asked by")
    )  # none = the customer, through the portal
    link = models.ForeignKey(PortalLink, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    from_minor = models.BigIntegerField(_("from"))
    to_minor = models.BigIntegerField(_("to"))
    from_tier = models.CharField(_("tier before"), max_length=60, blank=True)
    to_tier = models.CharField(_("tier afterwards"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=1000)
    wanted = models.DateField(_("wanted from"))
    facts = models.JSONField(default=dict)  # frozen when it was submitted
    breaches = models.JSONField(default=list)  # why it could not be applied
    submitted = models.DateTimeField(_("submitted"), null=True, blank=True)
    applies_on = models.DateField(_("applies on"), null=True, blank=True)
    approvers = models.PositiveSmallIntegerField(default=1)  # how many have to approve
    ended_reason = models.CharField(_("reason of the end"), max_length=1000, blank=True)
    ended = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(state__in=sorted(OPEN_CHANGES)),
                name="change_one_open",
            ),
            models.CheckConstraint(condition=Q(to_minor__gte=0), name="change_amount"),
        )
        indexes = (
            models.Index(fields=["state", "-created", "-id"], name="change_state"),
            models.Index(fields=["account", "-created", "-id"], name="change_account"),
            models.Index(
                fields=["applies_on", "id"],
                condition=Q(state__in=[ChangeState.REHEARSED, ChangeState.SCHEDULED]),
                name="change_due",
            ),
        )

    @property
    def size(self) -> int:
        """By how many minor units the limit changes, in either direction."""
        return abs(self.to_minor - self.from_minor)


class OfChange(Record):
    """What belongs to one change, and is seen with it."""

    view_permission = permissions.VIEW_CHANGES

    change = models.ForeignKey(Change, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Signature(OfChange):
    """Who put their name to a change, for what, and by which licence. Append-only by trigger."""

    class For(models.TextChoices):
        SUBMIT = "submit", _("asked for it")
        APPROVE = "approve", _("approved it")
        REHEARSAL = "rehearsal", _("signed its rehearsal")

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=9, choices=For.choices)
    licence = models.ForeignKey(Licence, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    rehearsal = models.UUIDField(null=True, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["change", "person", "purpose"], condition=Q(rehearsal=None), name="signature_once"
            ),
            models.UniqueConstraint(
                fields=["rehearsal", "person"],
                condition=Q(rehearsal__isnull=False),
                name="signature_rehearsal_once",
            ),
        )


class Answer(OfChange):
    """
    The customer asked, and what they said. By a link of which only the hash is kept, or told to somebody, with the evidence.
    What could not be delivered was not asked.
    """

    personal_fields: ClassVar[tuple[str, ...]] = ("address", "reason", "evidence")
    secret_fields: ClassVar[tuple[str, ...]] = ("token_hash",)

    class Channel(models.TextChoices):
        LINK = "link", _("by link")
        PHONE = "phone", _("by phone")
        SILENCE = "silence", _("no answer in time")
        NOTICE = "notice", _("told, not asked")

    token_hash = models.CharField(max_length=64, unique=True, null=True, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices, default=Channel.LINK)
    address = models.EmailField(_("mail address"), blank=True)
    language = models.CharField(_("language"), max_length=5)
    mail = models.UUIDField(null=True, blank=True)  # of the outbox
    sent = models.DateTimeField(_("sent"), null=True, blank=True)
    bounced = models.DateTimeField(_("came back"), null=True, blank=True)
    opened = models.DateTimeField(_("opened"), null=True, blank=True)
    expires = models.DateTimeField(_("to be answered by"))
    answered = models.DateTimeField(_("answered"), null=True, blank=True)
    is_accepted = models.BooleanField(null=True, blank=True)
    code = models.CharField(_("reason"), max_length=20, blank=True)  # of rules/answers.py
    reason = models.CharField(_("in their words"), max_length=1000, blank=True)
    evidence = models.CharField(_("evidence"), max_length=1000, blank=True)  # of an answer by phone
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    @property
    def subject_id(self) -> Any:
        return self.change.account.customer_id


class Rehearsal(OfChange):
    """
    What a change would do on a day's data: the account after it, breaches, conflicts, and the messages that will go out. Append-only
    by trigger.
    """

    day = models.DateField(_("made on"))
    result = models.JSONField(default=dict)
    has_breach = models.BooleanField(default=False)

    class Meta:
        indexes = (models.Index(fields=["change", "-created"], name="rehearsal_newest"),)


class Run(Record):
    """One daily run: what it looked at, switched, proposed and failed at. One a day; a second one goes on with it."""

    view_permission = permissions.VIEW_RUNS

    day = models.DateField(_("day"), unique=True)
    finished = models.DateTimeField(_("finished"), null=True, blank=True)
    looked_at = models.PositiveIntegerField(_("looked at"), default=0)
    switched = models.PositiveIntegerField(_("switched"), default=0)
    proposed = models.PositiveIntegerField(_("proposed"), default=0)
    applied = models.PositiveIntegerField(_("changes applied"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    faults = models.JSONField(default=list)


class Switch(OfAccount):
    """That a run switches an account, or proposes it: old and new state, the cause, and the figures used."""

    view_permission = permissions.VIEW_RUNS

    class State(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        MADE = "made", _("made")
        DENIED = "denied", _("denied")
        LAPSED = "lapsed", _("lapsed: the cause was gone")

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="switches")
    is_reopening = models.BooleanField(default=False)
    before = models.CharField(_("state before"), max_length=8, choices=AccountState.choices)
    after = models.CharField(_("state afterwards"), max_length=8, choices=AccountState.choices)
    cause = models.CharField(_("cause"), max_length=10, choices=Cause.choices)
    figures = models.JSONField(default=dict)
    state = models.CharField(_("decision"), max_length=8, choices=State.choices, default=State.PROPOSED)
    decided = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    waived = models.JSONField(null=True, blank=True)  # what was denied; none once that is no longer the case

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["run", "account", "cause"], name="switch_once_a_run"),
            models.UniqueConstraint(
                fields=["account", "cause"], condition=Q(state="proposed"), name="switch_proposed_once"
            ),
        )
        indexes = (
            models.Index(fields=["state", "-created", "-id"], name="switch_state"),
            models.Index(fields=["account"], condition=Q(waived__isnull=False), name="switch_waived"),
        )
