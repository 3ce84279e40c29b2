from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from embudo.foundation.documents import permissions
from embudo.foundation.documents.rules import LONGEST_NAME, Category
from embudo.kernel.about import AboutQuerySet, AboutRecord
from embudo.kernel.actor import Actor
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
