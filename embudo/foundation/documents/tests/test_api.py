from typing import Any

import pytest
from django.test import Client

from embudo.foundation.access.tests.builders import a_token, ann, bob
from embudo.foundation.documents.models import Document
from embudo.foundation.documents.tests.builders import HTML, PDF, a_carrier, a_document, a_file
from embudo.kernel.actor import Actor
from embudo.kernel.record import Record

pytestmark = pytest.mark.django_db
API = "/api/v1/documents"


def bearer(actor: Actor) -> dict[str, str]:
    return {"Authorization": f"Bearer {a_token(actor)}"}


def attach(actor: Actor, record: Record, **sent: Any) -> Any:
    data = {"about_kind": record.kind_name(), "about_id": str(record.pk)} | sent
    return Client().post(API, data, headers=bearer(actor))


def test_documents_api_attaches_reads_and_downloads() -> None:
    actor = ann()
    record = a_carrier(actor)
    response = attach(actor, record, file=a_file(), category="offer")
    document = response.json()
    assert (response.status_code, document["name"], document["category"]) == (201, "offer.pdf", "offer")
    client, headers = Client(), bearer(actor)
    read = client.get(f"{API}/{document['id']}", headers=headers).json()
    assert [(one["number"], one["size"]) for one in read["versions"]] == [(1, len(PDF))]
    content = client.get(f"{API}/{document['id']}/content", headers=headers)
    assert (b"".join(content.streaming_content), content.headers["X-Content-Type-Options"]) == (
        PDF,
        "nosniff",
    )
    listed = client.get(f"{API}?about_id={record.pk}", headers=headers).json()
    assert [one["id"] for one in listed["items"]] == [document["id"]]


def test_documents_api_adds_a_version_renames_and_removes() -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor))
    client, headers, path = Client(), bearer(actor), f"{API}/{document.pk}"
    added = client.post(f"{path}/versions", {"file": a_file("new.pdf", PDF + b"%2")}, headers=headers)
    assert (added.status_code, added.json()["number"]) == (201, 2)
    first = client.get(f"{path}/content?number=1", headers=headers)
    assert b"".join(first.streaming_content) == PDF
    renamed = client.patch(path, {"name": "Better.pdf"}, content_type="application/json", headers=headers)
    assert renamed.json()["name"] == "Better.pdf"
    assert client.delete(path, headers=headers).status_code == 204
    assert client.get(f"{path}/content", headers=headers).status_code == 404


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "file"),
        ({"file": a_file("photo.jpg", HTML)}, "file"),
        ({"file": a_file("empty.pdf", b"")}, "file"),
        ({"file": a_file(), "category": "colour"}, "category"),
        ({"file": a_file(), "colour": "red"}, "colour"),
    ],
)
def test_documents_api_names_the_field_at_fault(sent: dict[str, Any], field: str) -> None:
    for one in sent.values():
        if hasattr(one, "seek"):
            one.seek(0)
    actor = ann()
    response = attach(actor, a_carrier(actor), **sent)
    assert (response.status_code, list(response.json()["errors"]), Document.objects.count()) == (
        422,
        [field],
        0,
    )


def test_documents_api_tells_a_file_is_too_large(settings: Any) -> None:
    settings.FILE_UPLOAD_MAX_SIZE = 1_000
    actor = ann()
    response = attach(actor, a_carrier(actor), file=a_file("film.pdf", PDF + b"x" * 5_000))
    assert (response.status_code, list(response.json()["errors"])) == (422, ["file"])


def test_documents_api_hides_what_is_out_of_sight() -> None:
    actor = ann()
    record = a_carrier(actor)
    document = a_document(actor, record)
    headers = bearer(bob())
    assert Client().get(f"{API}/{document.pk}", headers=headers).status_code == 404
    assert Client().get(f"{API}/{document.pk}/content", headers=headers).status_code == 404
    assert attach(bob(), record, file=a_file()).status_code == 404
