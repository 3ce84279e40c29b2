from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.business.intake import permissions
from embudo.business.intake.models.assignments import Binding
from embudo.business.intake.models.entries import Entry
from embudo.business.intake.rules.states import Duty
from embudo.business.intake.rules.verdicts import Outcome, Point
from embudo.foundation.access.models import User
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import OwnedQuerySet, OwnedRecord, Record, RecordQuerySet


class OfEntryQuerySet(RecordQuerySet[Any]):
    """Seen with the entry."""

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        if scope is Scope.ALL:
            return self
        return self.filter(entry__in=Entry.objects.all().owned_within(actor, scope).values("pk"))


class OfEntry(Record):
    """A part of an entry's history: whose personal data it holds is the entry's subject."""

    view_permission = permissions.VIEW_ENTRIES

    objects: ClassVar[OfEntryQuerySet] = OfEntryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        abstract = True

    @property
    def subject_id(self) -> UUID:
        return self.entry_id  # type: ignore[attr-defined, no-any-return]


class Round(OfEntry):
    """One hand-in of an entry: its values then, and the verdict. The next round shows what changed since."""

    personal_fields: ClassVar[tuple[str, ...]] = ("values", "points", "comment")

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    values = models.JSONField(default=dict)  # of what is asked for, by name in forms
    handed_in = models.DateTimeField(default=clock.now)
    verifier = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    comment = models.TextField(max_length=1000, blank=True)
    points = models.JSONField(default=list)  # rules.verdicts.Point
    decided = models.DateTimeField(null=True)
    is_overruled = models.BooleanField(default=False)  # by the supervisor, in a dispute

    class Meta:
        constraints = (models.UniqueConstraint(fields=["entry", "number"], name="round_once"),)
        indexes = (models.Index(fields=["verifier", "decided"], name="round_of_verifier"),)

    @property
    def judged(self) -> list[Point]:
        return [Point.of(one) for one in self.points]


class Message(OfEntry):
    """What operator, verifier and supervisor say to each other about an entry."""

    personal_fields: ClassVar[tuple[str, ...]] = ("text",)

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="messages", db_index=False)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=2000)

    class Meta:
        indexes = (models.Index(fields=["entry", "created", "id"], name="message_of_entry"),)


class SecondEntry(OfEntry):
    """The chosen fields of an entry as somebody else entered them, without seeing the first."""

    personal_fields: ClassVar[tuple[str, ...]] = ("values",)

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="second_entry")
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    values = models.JSONField(default=dict)
    different = models.JSONField(default=list)  # names of the attributes that differ
    leased = models.DateTimeField(null=True)
    done = models.DateTimeField(null=True)


class LikenessQuerySet(OfEntryQuerySet):
    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        found = super().owned_within(actor, scope)
        return found if scope is Scope.ALL else found.filter(is_across=False)


class Likeness(OfEntry):
    """Two entries that may be of the same: found when the later one was entered. Across principals the coordinator's alone."""

    view_permission = permissions.DECIDE
    personal_fields: ClassVar[tuple[str, ...]] = ("comment",)

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="likenesses")
    other = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=8)  # tax, name, email, phone
    is_across = models.BooleanField(default=False)  # of two principals
    is_same = models.BooleanField(null=True)  # what was decided
    decided = models.DateTimeField(null=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    comment = models.CharField(_("reason"), max_length=300, blank=True)

    objects: ClassVar[LikenessQuerySet] = LikenessQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["entry", "other"], name="likeness_once"),)
        indexes = (
            models.Index(fields=["-created", "-id"], condition=Q(decided__isnull=True), name="likeness_open"),
        )


class DeliveryQuerySet(OwnedQuerySet[Any]):
    """Seen with the assignment: deliveries are the principal's, whoever asked for them."""

    def owned_within(self, actor: Actor, scope: Scope) -> Self:
        if scope is Scope.ALL:
            return self
        joined = Binding.objects.filter(person=actor.id, duty__in=(Duty.PRINCIPAL, Duty.COORDINATOR))
        seen = Q(assignment__principal=actor.id) | Q(assignment__coordinator=actor.id)
        return self.filter(Q(owner=actor.id) | seen | Q(assignment__in=joined.values("assignment")))


class Delivery(OwnedRecord):
    """A file of an assignment's entries, made in the background and kept: the same file again later."""

    view_permission = permissions.TAKE_DELIVERY

    assignment = models.ForeignKey("intake.Assignment", on_delete=models.PROTECT, related_name="deliveries")
    format = models.CharField(_("format"), max_length=5)  # xlsx, csv, ods
    columns = models.JSONField(default=list)
    is_all = models.BooleanField(_("all entries with their state"), default=False)
    state = models.CharField(_("state"), max_length=8, default="waiting")  # waiting, running, done, failed
    rows = models.PositiveIntegerField(_("records"), default=0)
    total = models.PositiveIntegerField(default=0)
    file = models.CharField(max_length=200, blank=True, editable=False)  # its key among the kept files
    size = models.PositiveBigIntegerField(_("size"), default=0)
    done = models.DateTimeField(_("made"), null=True, blank=True)

    objects: ClassVar[DeliveryQuerySet] = DeliveryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (models.Index(fields=["assignment", "-created", "-id"], name="delivery_newest"),)

    def is_within(self, actor: Actor, permission: Permission) -> bool:
        scope = actor.scope(permission)
        return scope is not None and Delivery.objects.filter(pk=self.pk).owned_within(actor, scope).exists()
