from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from embudo.business.intake import permissions
from embudo.business.intake.rules.asked import Asked
from embudo.business.intake.rules.policies import Policy
from embudo.business.intake.rules.states import AssignmentState, Duty, Subject
from embudo.foundation.access.models import Team, User
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Scope
from embudo.kernel.record import Record, RecordQuerySet


class AssignmentQuerySet(RecordQuerySet[Any]):
    """
    In sight of whoever ordered or coordinates an assignment, or is bound to it: oneself, or those that the grant reaches.
    A draft is seen by those two, and by others from the day it opens.
    """

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        owners = actor.owners(scope)
        if owners is None:
            return self
        bound = Exists(Binding.objects.filter(assignment=OuterRef("pk"), person__in=owners))
        return self.filter(Q(principal__in=owners) | Q(coordinator__in=owners) | bound)


class Assignment(Record):
    """Work that a principal orders: which records, what of them, where, how many, until when, and how they are verified."""

    view_permission = permissions.VIEW_ASSIGNMENTS

    title = models.CharField(_("title"), max_length=120)
    subject = models.CharField(
        _("what is recorded"), max_length=8, choices=Subject.choices, default=Subject.COMPANY
    )
    instruction = models.TextField(_("instruction"), max_length=10_000, blank=True)
    territory = models.JSONField(default=list, blank=True)  # names of regions, postcodes and ranges of them
    target = models.PositiveIntegerField(_("target"), default=0)  # records; 0 where nobody counts
    deadline = models.DateField(_("deadline"), null=True, blank=True)
    asked = models.JSONField(default=list, blank=True)  # rules.asked.Asked, in the order of entry
    policy = models.CharField(_("verification"), max_length=8, choices=Policy.choices, default=Policy.ALL)
    percent = models.PositiveSmallIntegerField(_("sample in %"), default=20)
    state = models.CharField(
        _("state"), max_length=10, choices=AssignmentState.choices, default=AssignmentState.DRAFT
    )
    principal = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("principal")
    )
    coordinator = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("coordinator")
    )
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        verbose_name=_("part of"),
    )
    opened = models.DateTimeField(_("opened"), null=True, blank=True)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    closing = models.UUIDField(null=True, blank=True, editable=False)  # the Closing that closed it

    objects: ClassVar[AssignmentQuerySet] = AssignmentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["-created", "-id"], name="assignment_newest"),
            models.Index(fields=["state", "deadline", "id"], name="assignment_state_deadline"),
        )
        constraints = (models.CheckConstraint(condition=Q(percent__lte=100), name="assignment_percent"),)

    def __str__(self) -> str:
        return self.title

    @property
    def attributes(self) -> list[Asked]:
        return [Asked.of(one) for one in self.asked]

    @property
    def custom_keys(self) -> list[str]:
        return [one.key for one in self.attributes if one.key]

    @property
    def doubles(self) -> list[Asked]:
        """What is entered a second time by somebody else."""
        return [one for one in self.attributes if one.is_double]

    @property
    def is_open(self) -> bool:
        return self.state == AssignmentState.OPEN


class BindingQuerySet(RecordQuerySet[Any]):
    """Seen with the assignment."""

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        if scope is Scope.ALL:
            return self
        seen = Assignment.objects.all().owned_within(actor, scope)
        return self.filter(assignment__in=seen.values("pk"))


class Binding(Record):
    """Somebody's part of an assignment. `supervisor` leads an operator's part; `team` tells that a whole group was bound."""

    view_permission = permissions.VIEW_ASSIGNMENTS

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="bindings")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("person"))
    duty = models.CharField(_("bound as"), max_length=12, choices=Duty.choices)
    supervisor = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("supervisor")
    )
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    target = models.PositiveIntegerField(_("target"), default=0)
    starts = models.DateField(_("first day"), null=True, blank=True)
    ends = models.DateField(_("last day"), null=True, blank=True)
    closed = models.DateTimeField(_("closed"), null=True, blank=True)
    closing = models.UUIDField(null=True, blank=True, editable=False)

    objects: ClassVar[BindingQuerySet] = BindingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["assignment", "person", "duty"], name="bound_once"),
            models.CheckConstraint(
                condition=Q(starts__isnull=True) | Q(ends__isnull=True) | Q(ends__gte=models.F("starts")),
                name="binding_ends_after_its_start",
            ),
        )
        indexes = (models.Index(fields=["person", "duty", "assignment"], name="binding_of_person"),)

    @property
    def is_open(self) -> bool:
        return self.closed is None


class Closing(Record):
    """One act of closing and its cause: what it closed is reopened as a set."""

    view_permission = permissions.VIEW_ASSIGNMENTS

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="closings")
    person = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    is_final = models.BooleanField(
        default=False
    )  # the whole assignment with all below it; else a person's part
    cause = models.CharField(_("why"), max_length=300, blank=True)
    bindings = models.PositiveIntegerField(default=0)
    assignments = models.PositiveIntegerField(default=0)
    unfinished = models.PositiveIntegerField(default=0)  # entries, when it was closed
    reopened = models.DateTimeField(_("reopened"), null=True, blank=True)

    objects: ClassVar[BindingQuerySet] = BindingQuerySet.as_manager()  # type: ignore[assignment]


class Tally(models.Model):
    """
    How many of an operator's entries of one day in one region are in one state: kept by the commands, so that a million
    entries are counted by reading some thousand rows.
    """

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="+", db_index=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    region = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10)
    n = models.IntegerField(default=0)
    seconds = models.BigIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["assignment", "owner", "day", "region", "state"], name="tally_once"
            ),
        )
        indexes = (
            # the figures by day, and those by person and region, are read from these alone, without the states passed through
            models.Index(
                fields=["assignment", "day", "state", "n", "owner"], condition=Q(n__gt=0), name="tally_of_day"
            ),
            models.Index(
                fields=["assignment", "owner", "region", "state", "n", "seconds"],
                condition=Q(n__gt=0),
                name="tally_of_place",
            ),
        )
