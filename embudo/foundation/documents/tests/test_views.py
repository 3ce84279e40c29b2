from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.foundation.access.tests.builders import a_client, ann, bob
from embudo.foundation.documents.models import Document
from embudo.foundation.documents.tests.builders import (
    HTML,
    PDF,
    PNG,
    a_carrier,
    a_colleague_record,
    a_document,
    a_file,
)
from embudo.kernel.record import Record

pytestmark = pytest.mark.django_db


def place(name: str, record: Record) -> str:
    return reverse(f"documents:{name}", args=[record.kind_name(), record.pk])


def address(name: str, document: Document, *more: object) -> str:
    return reverse(f"documents:{name}", args=[document.pk, *more])


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_panel_lists_documents_and_offers_to_attach() -> None:
    actor = ann()
    record = a_carrier(actor)
    a_document(actor, record, "a&b.pdf")
    html = a_client(actor).get(place("panel", record), headers={"HX-Request": "true"}).content.decode()
    assert ("a&amp;b.pdf" in html, 'enctype="multipart/form-data"' in html, "<h1" in html) == (
        True,
        True,
        False,
    )


def test_panel_takes_the_same_queries_for_one_and_three() -> None:
    actor, counts = ann(), []
    record = a_carrier(actor)
    client = a_client(actor)
    for number in range(3):
        a_document(actor, record, f"{number}.pdf")
        with CaptureQueriesContext(connection) as captured:
            client.get(place("panel", record), headers={"HX-Request": "true"})
        counts.append(len(captured))
    assert counts[0] == counts[2] <= 12


def test_attach_page_takes_several_files_without_script() -> None:
    actor = ann()
    record = a_carrier(actor)
    response = a_client(actor).post(
        place("attach", record), {"files": [a_file("a.pdf"), a_file("b.png", PNG)]}
    )
    assert (response.status_code, sorted(Document.objects.values_list("name", flat=True))) == (
        302,
        ["a.pdf", "b.png"],
    )


def test_attach_from_the_panel_answers_with_the_panel() -> None:
    actor = ann()
    record = a_carrier(actor)
    headers = {"HX-Request": "true", "HX-Target": f"div#documents-{record.pk.hex}"}
    response = a_client(actor).post(place("attach", record), {"files": a_file()}, headers=headers)
    assert (response.status_code, "offer.pdf" in response.content.decode()) == (200, True)
    assert "1 document attached." in response.headers["HX-Trigger"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ([], "Choose at least one file."),
        ([("empty.pdf", b"")], "“empty.pdf” is empty. Choose another file."),
        ([("photo.jpg", HTML)], "The content of “photo.jpg” is not what its name says."),
        ([("offer.pdf.exe", PDF)], "“offer.pdf.exe” is of a type that is not taken."),
        ([("good.pdf", PDF), ("bad.png", HTML)], "The content of “bad.png” is not what its name says."),
    ],
)
@pytest.mark.parametrize("target", ["panel", ""])
def test_attach_refuses_bad_files_all_or_none(sent: list[tuple[str, bytes]], said: str, target: str) -> None:
    actor = ann()
    record = a_carrier(actor)
    headers = {"HX-Request": "true", "HX-Target": f"div#documents-{record.pk.hex}"} if target else {}
    files = [SimpleUploadedFile(name, content) for name, content in sent]
    response = a_client(actor).post(place("attach", record), {"files": files}, headers=headers)
    assert (response.status_code, said in response.content.decode(), Document.objects.count()) == (
        422,
        True,
        0,
    )


@pytest.mark.parametrize("size", [5_000, 3_000_000])  # kept in memory on its way in, or in a file
def test_attach_too_large_is_422_and_leaves_no_file(
    size: int, settings: Any, tmp_path: Path, store: Path
) -> None:
    settings.FILE_UPLOAD_MAX_SIZE = size - 1_000
    actor = ann()
    record = a_carrier(actor)
    sent = {"files": [a_file("good.pdf"), a_file("film.pdf", PDF + b"x" * size)]}
    response = a_client(actor, enforce_csrf_checks=False).post(place("attach", record), sent)
    left = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert (
        response.status_code,
        "Choose a smaller one." in response.content.decode(),
        Document.objects.count(),
    ) == (422, True, 0)
    assert left == []


def test_attach_with_csrf_checks_too_large_is_still_told(settings: Any) -> None:
    settings.FILE_UPLOAD_MAX_SIZE = 2_000
    actor = ann()
    record = a_carrier(actor)
    client: Client = a_client(actor, enforce_csrf_checks=True)
    client.get(place("panel", record))
    token = client.cookies["csrftoken"].value
    sent = {"csrfmiddlewaretoken": token, "files": a_file("film.pdf", PDF + b"x" * 5_000)}
    assert client.post(place("attach", record), sent).status_code == 422


def test_attach_to_a_record_out_of_sight_is_not_found(store: Path) -> None:
    record = a_carrier(ann())
    assert a_client(bob()).post(place("attach", record), {"files": a_file()}).status_code == 404
    assert not store.exists()


def test_attach_to_a_document_is_not_found() -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor))
    assert a_client(actor).post(place("attach", document), {"files": a_file()}).status_code == 404


def test_download_is_always_an_attachment_that_runs_nothing() -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor), 'Żółć "x".pdf')
    response = a_client(actor).get(address("download", document))
    assert (response.status_code, body(response), response.headers["Content-Type"]) == (
        200,
        PDF,
        "application/pdf",
    )
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_download_of_one_version() -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor))
    client = a_client(actor)
    client.post(address("version_new", document), {"file": a_file("offer.pdf", PDF + b"%2")})
    assert body(client.get(address("download_version", document, 1))) == PDF
    assert body(client.get(address("download_version", document, 2))) == PDF + b"%2"
    assert client.get(address("download_version", document, 3)).status_code == 404
    assert client.get(address("download_version", document, 10**30)).status_code == 404


def test_download_out_of_sight_or_removed_is_not_found() -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor))
    assert a_client(bob()).get(address("download", document)).status_code == 404
    client = a_client(actor)
    client.post(address("remove", document))
    assert client.get(address("download", document)).status_code == 404


def test_download_of_a_stranger_leads_to_sign_in() -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor))
    assert Client().get(address("download", document)).headers["Location"].startswith("/login/")


def test_download_of_a_lost_file_says_so(store: Path) -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor))
    (store / document.versions.get().path).unlink()
    response = a_client(actor).get(address("download", document))
    assert (response.status_code, "backup" in response.content.decode()) == (422, True)


def test_document_page_shows_versions_and_offers_acts() -> None:
    actor = ann()
    html = a_client(actor).get(address("document", a_document(actor, a_carrier(actor)))).content.decode()
    assert all(word in html for word in ("version 1", "Rename", "New version", "Delete…", "offer.pdf"))


def test_rename_and_remove_pages() -> None:
    actor = ann()
    document = a_document(actor, a_colleague_record(actor))
    client = a_client(actor)
    assert client.post(address("rename", document), {"name": "x.exe", "category": "offer"}).status_code == 422
    named = {"name": "x.pdf", "category": "offer", "version": "1"}
    assert client.post(address("rename", document), named).status_code == 302
    assert client.post(address("remove", document)).status_code == 302
    assert not Document.objects.exists()
