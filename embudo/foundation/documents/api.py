from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import FileResponse
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile
from pydantic import Field

from embudo.foundation.documents import commands, permissions, queries, rules
from embudo.foundation.documents.rules import Category
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import In, Named, Out, Page
from embudo.foundation.ui.uploads import is_too_large
from embudo.kernel.about import about_record
from embudo.kernel.errors import Invalid

router = Router(tags=["Documents"])
NO_FILE: Any = File(None)  # type: ignore[type-arg]  # a missing file gets our own words


class DocumentOut(Out):
    id: UUID
    name: str
    category: str
    about_kind: str
    about_id: UUID | None
    owner: Named | None
    created: datetime
    updated: datetime
    version: int


class VersionOut(Out):
    number: int
    name: str
    size: int
    sha256: str
    content_type: str
    author: Named | None
    created: datetime


class DocumentFull(DocumentOut):
    versions: list[VersionOut]


class FileOut(Out):
    id: UUID
    name: str
    size: int
    type: str
    expires: datetime = Field(description="Until then a record has to name it, or it is gone.")


class DocumentFilters(Filters):
    sort: Literal["-created", "created"] = "-created"
    about_kind: Annotated[str, Field(max_length=60)] | None = None
    about_id: UUID | None = None


class AttachIn(In):
    about_kind: Annotated[str, Field(max_length=60)]
    about_id: UUID
    name: Annotated[str, Field(max_length=200)] = ""
    category: Category = Category.OTHER


class DocumentChange(In):
    name: Annotated[str, Field(min_length=1, max_length=200)] = "?"
    category: Category = Category.OTHER


def sent(request: Request, file: UploadedFile | None) -> UploadedFile:
    """The file sent; one beyond the limit was dropped on its way in."""
    if is_too_large(request):
        raise Invalid({"file": [rules.too_large_text()]})
    if file is None:
        raise Invalid({"file": [_("Send a file as multipart/form-data.")]})
    return file


def check_fields(request: Request, known: set[str]) -> None:
    """A form's unknown fields; those of JSON bodies are refused by their schema."""
    unknown = [name for name in request.POST if name not in known]
    if unknown:
        raise Invalid({name: [_("There is no such field. Remove it.")] for name in unknown})


@router.get("/documents", response=Page[DocumentOut], summary="List documents")
@operation(permissions.VIEW_DOCUMENTS)
def list_documents(request: Request, filters: Query[DocumentFilters]) -> Any:
    return page_of(queries.documents(request.actor, **filters.chosen()), filters)


@router.get(
    "/documents/{uuid:document_id}", response=DocumentFull, summary="Read a document and its versions"
)
@operation(permissions.VIEW_DOCUMENTS)
def read_document(request: Request, document_id: UUID) -> Any:
    document = queries.document(request.actor, document_id)
    return {
        **{name: getattr(document, name) for name in DocumentOut.model_fields},
        "versions": list(document.versions.all()),
    }


@router.post("/documents", response={201: DocumentOut}, summary="Attach a document")
@operation(commands.attach_document)
def attach_document(request: Request, data: Form[AttachIn], file: UploadedFile | None = NO_FILE) -> Any:
    given = sent(request, file)
    check_fields(request, set(AttachIn.model_fields))
    record = about_record(request.actor, data.about_kind, data.about_id)
    name = data.name or given.name or ""
    return commands.attach_document(
        request.actor, about=record, name=name, file=given, category=data.category
    )


@router.post("/documents/{uuid:document_id}/versions", response={201: VersionOut}, summary="Add a version")
@operation(commands.add_version)
def add_version(request: Request, document_id: UUID, file: UploadedFile | None = NO_FILE) -> Any:
    return commands.add_version(
        request.actor, queries.document(request.actor, document_id), file=sent(request, file)
    )


@router.patch("/documents/{uuid:document_id}", response=DocumentOut, summary="Rename a document")
@operation(commands.rename_document)
def rename_document(request: Request, document_id: UUID, data: DocumentChange) -> Any:
    document = queries.document(request.actor, document_id)
    values = {"name": document.name, "category": document.category} | data.given()
    return commands.rename_document(request.actor, document, version=if_match(request), **values)


@router.get("/documents/{uuid:document_id}/content", summary="Download a document's newest version")
@operation(permissions.VIEW_DOCUMENTS)
def download_document(
    request: Request, document_id: UUID, number: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
) -> Any:
    version = queries.version(request.actor, document_id, number)
    response = FileResponse(
        queries.content(version), as_attachment=True, filename=version.name, content_type=version.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


@router.delete("/documents/{uuid:document_id}", response={204: None}, summary="Remove a document")
@operation(commands.remove_document)
def remove_document(request: Request, document_id: UUID) -> None:
    commands.remove_document(
        request.actor, queries.document(request.actor, document_id), version=if_match(request)
    )


@router.post("/files", response={201: FileOut}, summary="Upload a file for an attribute")
@operation(commands.upload_file)
def upload_file(request: Request, file: UploadedFile | None = NO_FILE) -> Any:
    given = sent(request, file)
    check_fields(request, set())
    kept = commands.upload_file(request.actor, file=given)
    return {**kept.facts, "expires": kept.created + queries.KEPT_WAITING}


@router.get("/files/{uuid:file_id}/content", summary="Download the file of an attribute")
@operation(permissions.VIEW_DOCUMENTS)
def download_file(request: Request, file_id: UUID) -> Any:
    kept = queries.value_file(request.actor, file_id)
    response = FileResponse(
        queries.content(kept), as_attachment=True, filename=kept.name, content_type=kept.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
