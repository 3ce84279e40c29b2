import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.foundation.documents import commands, permissions, queries, rules
from embudo.foundation.documents.forms import AttachForm, RenameForm, VersionForm
from embudo.foundation.documents.models import Document, DocumentVersion, KeptFile
from embudo.foundation.recycle.models import Recycled
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.hooks_registry import about_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, PartPage, RecordPage
from embudo.foundation.ui.pages.base import DIALOG
from embudo.foundation.ui.parts import Action, Crumb
from embudo.foundation.ui.uploads import is_too_large
from embudo.kernel.about import about_record
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_named, kind_of
from embudo.kernel.permission import Permission, Scope
from embudo.kernel.record import Record

FORBIDDING = "default-src 'none'; sandbox"


def may_touch(actor: Actor, permission: Permission, document: Document) -> bool:
    """Whether to offer an act; the command itself decides."""
    scope = actor.scope(permission)
    return scope is not None and (scope is not Scope.OWN or document.owner_id == actor.id)


def icon_of(content_type: str) -> str:
    return "image" if content_type.startswith("image/") else "file-text"


def files_field(actor: Actor, form: Any = None) -> str:
    """What files are put into; "" for who may attach none."""
    if not actor.may(permissions.ATTACH_DOCUMENT):
        return ""
    return str(form["files"].as_field_group()) if form else _empty_field()


@atoms.kept
def _empty_field() -> SafeString:
    return AttachForm(auto_id="attach-%s")["files"].as_field_group()


def panel_context(actor: Actor, record: Record, form: Any = None) -> dict[str, Any]:
    kind = record.kind_name()
    return {
        "record": record,
        "kind": kind,
        "documents": [
            {"document": one, "icon": icon_of(one.content_type or ""), "size": filesizeformat(one.size or 0)}  # type: ignore[attr-defined]
            for one in queries.documents_about(actor, record)
        ],
        "files_field": files_field(actor, form),
        "most": filesizeformat(settings.FILE_UPLOAD_MAX_SIZE),
        "attach_url": about_url("documents:attach", kind, record.pk),
    }


class DocumentsPanel(PartPage):
    """The documents of one record; a panel of the record's page, or a page of its own without script."""

    permission = permissions.VIEW_DOCUMENTS
    template_name = "documents/panel.html"
    title = _("Documents")

    def get_context(self) -> dict[str, Any]:
        record = self.at_hand or about_record(
            self.actor, self.kwargs["kind"], UUID(str(self.kwargs["record_id"]))
        )
        context = panel_context(self.actor, record)
        return super().get_context() | context | {"back": kind_of(record).url(record.pk), "is_kept": True}


class TakesFiles(CommandPage):
    """A form with files: where one was dropped for its size, the others are not taken either."""

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        if data is None or not is_too_large(self.request):
            return super().get_form(data, files)
        return super().get_form(data, {})


class Attach(TakesFiles):
    """Sent from the panel itself it answers with the panel, so that nothing else on the page moves."""

    query = about_record
    command = commands.attach_document
    form_class = AttachForm
    title, submit_label = _("Attach documents"), _("Attach")

    @property
    def is_from_panel(self) -> bool:
        return self.htmx_target.startswith("documents-")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> list[Document]:
        return [
            commands.attach_document(actor, about=record, name=file.name, file=file) for file in data["files"]
        ]

    def success_url(self, result: Any, record: Any) -> str:
        return kind_of(record).url(record.pk)

    def success_message(self, result: list[Document]) -> str:
        n = len(result)
        return ngettext("%(n)d document attached.", "%(n)d documents attached.", n) % {"n": n}

    def panel(self, form: Any = None) -> str:
        context = panel_context(self.actor, self.record, form) | {
            "is_part": True,
            "shell": DIALOG,
            "actor": self.actor,
        }
        return render_to_string("documents/panel.html", context, request=self.request)

    def succeed(self, result: Any) -> HttpResponse:
        if not self.is_from_panel:
            return super().succeed(result)
        say = {"say": {"text": self.success_message(result), "toast": True}}
        return HttpResponse(self.panel(), headers={"HX-Trigger": json.dumps(say)})

    def show(self, form: Any, *, status: int = 200) -> HttpResponse:
        if not self.is_from_panel:
            return super().show(form, status=status)
        form.auto_id = "attach-%s"
        form.fields["files"].widget.attrs["data-focus-now"] = ""
        return HttpResponse(self.panel(form), status=status)


class DocumentPage(RecordPage):
    permission = permissions.VIEW_DOCUMENTS
    query = queries.document
    template_name = "documents/document.html"

    def get_crumbs(self) -> Sequence[Crumb]:
        parent = about_record(self.actor, self.record.about_kind, self.record.about_id)
        kind = kind_of(parent)
        return (Crumb(kind.title(parent), kind.url(parent.pk)),)

    def get_actions(self) -> Sequence[Action]:
        document, args = self.record, [self.record.pk]
        can_change = may_touch(self.actor, permissions.CHANGE_DOCUMENT, document)
        actions = [Action(_("Download"), reverse("documents:download", args=args), "download", primary=True)]
        if can_change:
            actions.append(
                Action(_("New version"), reverse("documents:version_new", args=args), "upload", dialog=True)
            )
            actions.append(Action(_("Rename"), reverse("documents:rename", args=args), "pencil", dialog=True))
        return actions

    def get_context(self) -> dict[str, Any]:
        versions = [
            {"version": one, "size": filesizeformat(one.size), "icon": icon_of(one.content_type)}
            for one in self.record.versions.all()
        ]
        return super().get_context() | {"versions": versions}


class NewVersion(TakesFiles):
    query, command, form_class = queries.document, commands.add_version, VersionForm
    title, submit_label = _("Add a version"), _("Add version")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def success_url(self, result: Any, record: Any) -> str:
        return kind_of(record).url(record.pk)

    def success_message(self, result: DocumentVersion) -> str:
        return gettext("Version %(n)d added.") % {"n": result.number}


class Rename(CommandPage):
    query, command, form_class = queries.document, commands.rename_document, RenameForm
    title = _("Rename the document")


class Remove(ConfirmPage):
    query, command = queries.document, commands.remove_document
    title, submit_label = _("Remove the document"), _("Remove")
    intro = _("It leaves the record with all its versions and stays in the recycle bin for 30 days.")
    is_danger = True

    def success_url(self, result: Any, record: Any) -> str:
        parent = kind_named(record.about_kind)
        return parent.url(record.about_id) if parent else "/"

    def success_message(self, result: Recycled) -> str:
        return gettext("%(name)s removed.") % {"name": result.title}

    def undo_url(self, result: Recycled) -> str:
        return reverse("recycle:restore", args=[result.pk])


@guarded(permissions.VIEW_DOCUMENTS)
def download(request: HttpRequest, document_id: UUID, number: int | None = None) -> HttpResponse:
    """A version's file, the newest by default. Never shown inside a page of ours: always saved, whatever it holds."""
    return attachment(queries.version(actor_of(request), document_id, number))  # type: ignore[return-value]


@guarded(permissions.VIEW_DOCUMENTS)
def download_value(request: HttpRequest, file_id: UUID) -> HttpResponse:
    """The file that an attribute of a record names."""
    return sent(queries.value_file(actor_of(request), file_id))  # type: ignore[return-value]


def attachment(version: DocumentVersion) -> FileResponse:
    name = (
        version.document.name
        if rules.extension_of(version.document.name) == rules.extension_of(version.name)
        else version.name
    )
    return sent(version, name)


def sent(kept: DocumentVersion | KeptFile, name: str = "") -> FileResponse:
    response = FileResponse(
        queries.content(kept), as_attachment=True, filename=name or kept.name, content_type=kept.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = FORBIDDING
    response["Cache-Control"] = "private, no-store"
    return response
