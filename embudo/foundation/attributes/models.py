from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.attributes import permissions
from embudo.foundation.attributes.rules import AttributeType, Choice, Definition, Face, Look
from embudo.foundation.attributes.rules.kinds import stored_as
from embudo.kernel.actor import Actor
from embudo.kernel.custom import Stored
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record, RecordQuerySet


class CustomAttribute(Record):
    """An attribute that the organisation has defined for one kind of record; its values stand in the records' rows."""

    view_permission = permissions.VIEW_ATTRIBUTES

    kind = models.CharField(_("kind of record"), max_length=60)
    key = models.CharField(_("key"), max_length=40)
    label = models.CharField(_("label"), max_length=80)
    labels = models.JSONField(default=dict, blank=True)  # language -> label
    type = models.CharField(_("type"), max_length=12, choices=AttributeType.choices)
    section = models.CharField(_("section"), max_length=80, blank=True)
    order = models.PositiveIntegerField(_("order"), default=100)
    help = models.CharField(_("help"), max_length=300, blank=True)
    is_required = models.BooleanField(_("required"), default=False)
    is_unique = models.BooleanField(_("unique"), default=False)
    is_searchable = models.BooleanField(_("found by the search box"), default=False)
    default = models.JSONField(null=True, blank=True)
    choices = models.JSONField(default=list, blank=True)  # [{key, label, labels, is_offered}]
    limits = models.JSONField(default=dict, blank=True)  # min, max, decimals, max_length, currency, kind
    view_roles = models.JSONField(default=list, blank=True)  # slugs; empty = everybody
    edit_roles = models.JSONField(default=list, blank=True)
    archived = models.DateTimeField(_("archived"), null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="attribute_key_once"),)
        indexes = (models.Index(fields=["kind", "order", "id"], name="attribute_order"),)

    def __str__(self) -> str:
        return str(self.definition)

    @property
    def stored(self) -> Stored:
        return stored_as(AttributeType(self.type))

    @property
    def definition(self) -> Definition:
        return Definition(
            key=self.key,
            label=self.label,
            type=AttributeType(self.type),
            labels=self.labels,
            section=self.section,
            help=self.help,
            is_required=self.is_required,
            is_unique=self.is_unique,
            is_searchable=self.is_searchable,
            default=self.default,
            choices=tuple(
                Choice(one["key"], one["label"], one.get("labels", {}), one.get("is_offered", True))
                for one in self.choices
            ),
            limits=self.limits,
            view_roles=tuple(self.view_roles),
            edit_roles=tuple(self.edit_roles),
        )


class Scope(models.TextChoices):
    PRIVATE = "private", _("Only me")
    TEAM = "team", _("My team")
    ALL = "all", _("Everybody")


class Density(models.TextChoices):
    NORMAL = "normal", _("Normal")
    COMPACT = "compact", _("Compact")


class SavedViewQuerySet(RecordQuerySet[Any]):
    def visible_to(self, actor: Actor) -> Self:
        """One's own, one's team's, and those for everybody."""
        if not actor.may(permissions.USE_VIEWS) or actor.id is None:
            return self.none()
        shared = Q(scope=Scope.ALL) | Q(owner_id=actor.id)
        if actor.team is not None:
            shared |= Q(scope=Scope.TEAM, owner__in=actor.team)
        return self.filter(shared)

    def within(self, actor: Actor, permission: Permission) -> Self:
        """Views are changed by their owner; those for everybody also by whoever may share with everybody."""
        if not actor.may(permission) or actor.id is None:
            return self.none()
        if permission in (permissions.SET_DEFAULTS, permissions.PIN_VIEWS):
            return self.visible_to(actor)
        mine = Q(owner_id=actor.id)
        return self.filter(mine | Q(scope=Scope.ALL) if actor.may(permissions.SHARE_VIEWS) else mine)

    def with_pins(self, actor: Actor) -> Self:
        return self.annotate(is_pinned=Exists(ViewPin.objects.filter(view=OuterRef("pk"), user=actor.id)))


class SavedView(Record):
    """A list as somebody likes to see it: which records, which columns, in what order. It carries no rights."""

    view_permission = permissions.USE_VIEWS

    list_key = models.CharField(_("list"), max_length=80)  # the page's URL name: "directory:companies"
    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    scope = models.CharField(_("who sees it"), max_length=8, choices=Scope.choices, default=Scope.PRIVATE)
    columns = models.JSONField(default=list, blank=True)  # [[key, width]]; empty = the list's own
    sorts = models.JSONField(default=list, blank=True)  # ["-created", "name"]; empty = the list's own
    filter = models.JSONField(default=dict, blank=True)  # the tree
    kept = models.JSONField(default=dict, blank=True)  # the list's own choices: tab, words, filters above it
    group = models.CharField(_("grouped by"), max_length=80, blank=True)
    density = models.CharField(_("density"), max_length=8, choices=Density.choices, default=Density.NORMAL)
    face = models.CharField(_("shown as"), max_length=8, choices=Face.choices, default=Face.TABLE)
    by = models.CharField(_("laid out by"), max_length=80, blank=True)
    total = models.CharField(_("adds up"), max_length=80, blank=True)
    span = models.CharField(_("shows"), max_length=8, blank=True)
    default_roles = models.JSONField(default=list, blank=True)  # slugs of roles that see the list so at first

    objects: ClassVar[SavedViewQuerySet] = SavedViewQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["list_key", "owner", "name"], name="view_name_once"),)
        indexes = (models.Index(fields=["list_key", "name"], name="view_of_list"),)

    def __str__(self) -> str:
        return self.name

    @property
    def look(self) -> Look:
        return Look.read({name: getattr(self, name) for name in ("face", "by", "total", "span")})


class Preparation(models.TextChoices):
    WAITING = "waiting", _("Being prepared")
    READY = "ready", _("Prepared")
    FAILED = "failed", _("Could not be prepared")


class PreparedList(Record):
    """An index that somebody asked for because a list took too long without it."""

    view_permission = permissions.USE_VIEWS

    kind = models.CharField(_("kind of record"), max_length=60)
    list_key = models.CharField(_("list"), max_length=80)  # where it was asked for
    parts = models.JSONField(default=list)  # [[column, is descending]]
    key = models.CharField(_("order"), max_length=300)  # the same as text: "owner,-created"
    state = models.CharField(
        _("state"), max_length=8, choices=Preparation.choices, default=Preparation.WAITING
    )

    class Meta:
        constraints = (models.UniqueConstraint(fields=["kind", "key"], name="prepared_once"),)

    def __str__(self) -> str:
        return self.key

    @property
    def index_name(self) -> str:
        return f"prepared_{self.id.hex}"


class ViewPin(Record):
    """A view in somebody's sidebar."""

    view_permission = permissions.USE_VIEWS

    view = models.ForeignKey(SavedView, on_delete=models.CASCADE, related_name="pins")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["view", "user"], name="pinned_once"),)
