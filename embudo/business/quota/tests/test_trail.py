import hashlib
import shutil
import subprocess
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account
from embudo.business.quota.rules import trail as rules
from embudo.business.quota.tests.builders import a_company, an_account, authorised, oscar, spent
from embudo.foundation.access.tests.builders import a_client, ann
from embudo.foundation.audit.tests.builders import sealed_whole
from embudo.foundation.transfer.queries.reading import reading
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db
NASTY = '#import "/etc/passwd" =SUM(A1) <b>x</b> $x$ *y*'


def lived() -> Account:
    account = an_account(100_00, customer=a_company(name="Żółw Ltd"))
    spent(account, 30_00, note=NASTY)
    authorised(account, 20_00)
    authorised(account, 900_00)
    commands.top_up(oscar(), account, amount=account.money(15_00))
    return account


def taken(client: Client, account: Account, kind: str) -> bytes:
    answer: Any = client.get(f"/quota/accounts/{account.pk}/trail/{kind}/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def checked(client: Client, content: bytes) -> str:
    file = SimpleUploadedFile("story.xlsx", content)
    return client.post("/quota/trail/check/", {"file": file}).content.decode()


def test_xlsx_holds_every_moment_and_adds_up_to_the_balance(officer: Client) -> None:
    account = lived()
    with reading(BytesIO(taken(officer, account, "xlsx")), {}) as found:
        rows = [[*row[1:], *[""] * 12] for row in found.rows][1:]  # cells at the end may be left out
    story = reversed(queries.story(oscar(), account, size=99).items)
    assert [row[1] for row in rows] == [queries.told(account, one).words for one in story]
    sums = [sum(Decimal(str(row[at] or 0)) for row in rows) for at in (3, 4, 5)]
    assert sums == [30, 20, 15]
    assert NASTY in [row[9] for row in rows]


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="install poppler-utils")
def test_pdf_tells_the_story_as_text(officer: Client, tmp_path: Path) -> None:
    content = taken(officer, lived(), "pdf")
    assert b"pdfuaid:part" in content
    file = tmp_path / "story.pdf"
    file.write_bytes(content)
    said = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
    ).stdout
    text = " ".join(said.split())
    for words in (
        "Story of quota account",
        "Żółw Ltd",
        "$65.00",
        "Refused: too little was left",
        "#import",
        "Made on",
    ):
        assert words in text, words


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_trail_enters_its_hash_and_check_page_knows_it(officer: Client, kind: str) -> None:
    account = lived()
    content = taken(officer, account, kind)
    entry = LogEntry.objects.get(name="quota.TrailMade")
    assert entry.data["sha256"] == hashlib.sha256(content).hexdigest()
    assert (entry.about_id, entry.data["format"]) == (account.pk, kind)
    page = checked(officer, content)
    assert "This file was made here" in page
    assert "Oscar Officer" in page
    assert account.reference in page
    assert "This file was not made here" in checked(officer, content + b" ")
    by_hash = officer.post("/quota/trail/check/", {"sha256": f" {entry.data['sha256'].upper()} "})
    assert "This file was made here" in by_hash.content.decode()


def test_check_page_says_whether_the_log_s_entry_is_sealed_and_sound(officer: Client) -> None:
    content = taken(officer, lived(), "xlsx")
    assert "will be sealed" in checked(officer, content)
    sealed_whole()
    assert "is sealed and unchanged" in checked(officer, content)


def test_check_page_wants_a_file(officer: Client) -> None:
    assert officer.get("/quota/trail/check/").status_code == 200
    for given in ({}, {"sha256": "abc"}):
        assert officer.post("/quota/trail/check/", given).status_code == 422
    assert "This file was not made here" in checked(officer, b"")
    assert a_client(ann()).get("/quota/trail/check/").status_code == 403


def test_enter_trail_takes_no_hash_of_a_file_made_elsewhere() -> None:
    account = an_account()
    with pytest.raises(Forbidden):
        commands.enter_trail(oscar(), account, format="pdf", sha256="0" * 64, proof="x")
    assert not LogEntry.objects.filter(name="quota.TrailMade").exists()


def test_make_trail_refuses_strangers_other_formats_and_books(monkeypatch: pytest.MonkeyPatch) -> None:
    account = an_account()
    with pytest.raises(Forbidden):
        commands.make_trail(ann(), account, format="pdf")
    with pytest.raises(Invalid):
        commands.make_trail(oscar(), account, format="doc")
    monkeypatch.setattr("embudo.business.quota.queries.trail.MOST_PRINTED", 1)
    with pytest.raises(Refused, match="too many for paper"):
        commands.make_trail(oscar(), account, format="pdf")
    assert rules.MOST_PRINTED > 1000
