from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from embudo.foundation.attributes.models import CustomAttribute
from embudo.foundation.attributes.rules import AttributeType
from embudo.foundation.documents import permissions
from embudo.foundation.documents.rules import LONGEST_NAME, Category
from embudo.kernel.about import AboutQuerySet, AboutRecord
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record, RecordQuerySet


class Document(AboutRecord):
    """A file attached to a record, with all its versions."""

    view_permission = permissions.VIEW_DOCUMENTS
    personal_fields: ClassVar[tuple[str, ...]] = ("name",)

    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    category = models.CharField(
        _("category"), max_length=12, choices=Category.choices, default=Category.OTHER
    )

    objects: ClassVar[AboutQuerySet[Any]] = AboutQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (models.Index(fields=["about_id", "created", "id"], name="document_about"),)


class VersionQuerySet(RecordQuerySet["DocumentVersion"]):
    def within(self, actor: Actor, permission: Permission) -> Self:
        """A version is reached with its document."""
        if permission is self.model.view_permission:
            return self.filter(document__in=Document.objects.visible_to(actor))
        return self.filter(document__in=Document.objects.visible_to(actor).within(actor, permission))


class DocumentVersion(Record):
    """One state of a document. `path` is a random name in the file store; what people called the file is `name`."""

    view_permission = permissions.VIEW_DOCUMENTS
    personal_fields: ClassVar[tuple[str, ...]] = ("name",)
    secret_fields: ClassVar[tuple[str, ...]] = ("path",)

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=LONGEST_NAME)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100)
    path = models.CharField(max_length=80, unique=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    objects: ClassVar[VersionQuerySet] = VersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (models.UniqueConstraint(fields=["document", "number"], name="version_once"),)

    @property
    def subject_id(self) -> Any:
        return self.document.subject_id


class KeptFileQuerySet(AboutQuerySet["KeptFile"]):
    def visible_to(self, actor: Actor) -> Self:
        """Whoever sees the record and the attribute; while it waits for a record, whoever has uploaded it."""
        if actor.kind is ActorKind.SYSTEM or not actor.may(self.model.view_permission):
            return super().visible_to(actor)
        known = CustomAttribute.objects.filter(type=AttributeType.FILE, archived=None)
        seen: dict[str, list[str]] = {}
        for one in known:
            if one.definition.is_visible_for(actor.roles):
                seen.setdefault(one.kind, []).append(one.key)
        within = Q(about_id=None, owner=actor.id) if actor.id else Q(pk__in=())
        for kind, keys in seen.items():
            within |= Q(about_kind=kind, key__in=keys)
        return super().visible_to(actor).filter(within)


class KeptFile(AboutRecord):
    """
    The file that an attribute of a record names by its id. Without a record it waits for one, for a day; `unused_since` says when the
    record was first seen to name another.
    """

    view_permission = permissions.VIEW_DOCUMENTS
    # whoever sees the log may still not see the attribute: the name stands in the record's own history
    secret_fields: ClassVar[tuple[str, ...]] = ("path", "name", "unused_since")

    key = models.CharField(_("attribute"), max_length=40, blank=True)
    name = models.CharField(_("name"), max_length=LONGEST_NAME)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(_("type"), max_length=100)
    path = models.CharField(max_length=80, unique=True)
    unused_since = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[KeptFileQuerySet] = KeptFileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["about_id"], name="kept_file_about"),
            models.Index(fields=["owner", "created"], condition=Q(about_id=None), name="kept_file_waiting"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def facts(self) -> dict[str, Any]:
        """What the record keeps of it."""
        return {"id": str(self.pk), "name": self.name, "size": self.size, "type": self.content_type}
