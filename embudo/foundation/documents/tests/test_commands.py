import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest

from embudo.foundation.access.tests.builders import ann, bob, cat, tester
from embudo.foundation.documents import commands, queries
from embudo.foundation.documents.models import Document
from embudo.foundation.documents.reactions import sweep_files
from embudo.foundation.documents.tests.builders import (
    HTML,
    PDF,
    PNG,
    a_carrier,
    a_colleague_record,
    a_document,
    a_file,
)
from embudo.foundation.recycle.commands import restore_record
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, Invalid, NotFound
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db
BETTER = PDF + b"% better\n"


def files(store: Path) -> list[Path]:
    return [file for file in store.rglob("*") if file.is_file()] if store.exists() else []


def test_attach_document_stores_the_file_under_a_random_name(store: Path) -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor), "../Offer 7.PDF")
    version = document.versions.get()
    assert (document.name, version.number, version.size, version.content_type, version.sha256) == (
        "Offer 7.pdf", 1, len(PDF), "application/pdf", hashlib.sha256(PDF).hexdigest(),
    )  # fmt: skip
    [stored] = files(store)
    assert (stored.read_bytes(), stored.stem, stored.suffix) == (PDF, Path(version.path).name, "")
    assert oct(stored.stat().st_mode & 0o777) == "0o600"


def test_attach_document_keeps_its_name_out_of_the_log() -> None:
    actor = ann()
    a_document(actor, a_carrier(actor), "Marta secret.pdf")
    entry = LogEntry.objects.latest("seq")
    assert ("Marta" in str(entry.data) + str(entry.changes), entry.name) == (
        False,
        "documents.DocumentAttached",
    )


def test_attach_document_of_a_wrong_type_leaves_nothing(store: Path) -> None:
    actor = ann()
    with pytest.raises(Invalid):
        a_document(actor, a_carrier(actor), "photo.jpg", HTML)
    assert (Document.objects.count(), files(store)) == (0, [])


def test_attach_document_to_a_record_out_of_sight_is_not_found() -> None:
    record = a_carrier(ann())
    with pytest.raises(NotFound):
        a_document(bob(), record)


def test_attach_document_without_grant_is_forbidden() -> None:
    with pytest.raises(Forbidden):
        a_document(cat(), a_carrier(cat()))


def test_add_version_counts_on_and_keeps_the_first() -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor))
    commands.add_version(actor, document, file=a_file("offer.pdf", BETTER))
    contents = []
    for one in document.versions.order_by("number"):
        with queries.content(one) as stored:
            contents.append(stored.read())
    assert contents == [PDF, BETTER]
    assert queries.version(actor, document.pk).number == 2


def test_add_version_by_a_colleague_is_forbidden() -> None:
    actor, other = ann(), bob()
    document = a_document(actor, a_colleague_record(actor))
    with pytest.raises(Forbidden):
        commands.add_version(other, document, file=a_file())


def test_rename_document_keeps_its_ending() -> None:
    actor = ann()
    document = a_document(actor, a_carrier(actor))
    assert (
        commands.rename_document(actor, document, name="Better offer.PDF", category="offer").name
        == "Better offer.pdf"
    )
    with pytest.raises(Invalid):
        commands.rename_document(actor, document, name="offer.exe")
    with pytest.raises(Invalid):
        commands.rename_document(actor, document, name="offer.pdf", category="colour")


def test_remove_document_moves_it_to_the_recycle_bin_with_its_files(store: Path) -> None:
    actor = ann()
    record = a_carrier(actor)
    document = a_document(actor, record)
    found = commands.remove_document(actor, document)
    assert (list(queries.documents_about(actor, record)), len(files(store))) == ([], 1)
    with pytest.raises(NotFound):
        queries.version(actor, document.pk)
    with pytest.raises(NotFound):
        commands.remove_document(actor, document)
    for file in files(store):
        os.utime(file, (0, 0))
    sweep_files()
    restore_record(actor, found)
    assert (queries.version(actor, document.pk).number, len(files(store))) == (1, 1)


def test_prune_files_leaves_named_and_fresh_ones(store: Path) -> None:
    actor = ann()
    a_document(actor, a_carrier(actor))
    (store / "documents/zz").mkdir()
    orphan = store / "documents/zz/orphan"
    orphan.write_bytes(b"left by a failed upload")
    assert commands.prune_files(tester()) == 0
    with clock.at(clock.now() + timedelta(days=2)):
        assert commands.prune_files(tester()) == 1
    assert (orphan.exists(), len(files(store))) == (False, 1)


def test_document_hides_with_its_record() -> None:
    actor, other = ann(), bob()
    document = a_document(actor, a_carrier(actor), "photo.png", PNG)
    with pytest.raises(NotFound):
        queries.document(other, document.pk)
    with pytest.raises(NotFound):
        queries.version(other, document.pk, 1)
