"""Attacks typed into every text field stay text: on every page, in mails, in PDFs and in exports."""

import csv
import io
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from embudo.business.billing.queries import pdf
from embudo.foundation.notify.models import Mail
from embudo.kernel.models import LogEntry
from embudo.kernel.worker import drain
from tests.walk.canaries import FORMULAS, MARK, OPENER, PAYLOADS, alive
from tests.walk.endpoints import Endpoint, pages
from tests.walk.poisoned import poison, poisoned
from tests.walk.told import nothing
from tests.walk.world import Caller, World

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]  # every page, and their number grows
UNSAFE_START = re.compile(r"^[=+\-@\t\r]")


@pytest.fixture
def world() -> World:
    return World()


def shown(endpoint: Endpoint) -> bool:
    return "GET" in endpoint.methods and endpoint.name not in ("metrics", "sign_out")


def page_faults(caller: Caller, path: str) -> tuple[list[str], bool]:
    """What came alive on one page, and whether it showed any payload at all."""
    response = caller.ask("GET", path)
    if response.streaming:
        for _piece in response.streaming_content:
            pass  # read to its end, so that the client closes the file
    if response.status_code >= 500:
        return [f"{path}: {response.status_code}"], False
    target = response.headers.get("Location", "")
    if target and not target.startswith(("/", "?")):
        return [f"{path} leads to {target}"], False
    if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
        return [], False
    html = response.content.decode()
    return [f"{path}: {fault}" for fault in alive(html)], MARK in html


def test_no_payload_lives_on_any_page(world: World) -> None:
    poisons = poisoned(world)
    drain()
    caller, stranger = world.caller("administrator"), world.caller("anonymous")
    found, marked = [], 0
    for number, endpoint in enumerate(filter(shown, pages())):
        world.records = poisons[number % len(poisons)]  # lists show all of them anyway
        faults, is_marked = page_faults(stranger if endpoint.is_public else caller, endpoint.own_path(world))
        found += faults
        marked += is_marked
    nothing(sorted(set(found)))
    assert marked > 60  # the payloads really were on the pages


def test_no_payload_lives_in_searches_and_refused_forms(world: World) -> None:
    caller, found = world.caller("administrator"), []
    for endpoint in filter(shown, pages()):
        if endpoint.arguments or endpoint.name == "sessions_end":
            continue
        for payload in (OPENER + PAYLOADS[0], PAYLOADS[32]):
            typed = dict.fromkeys(
                ("q", "name", "title", "email", "next", "sort", "tab", "status", "owner"), payload
            )
            path = endpoint.own_path(world)
            answers = [world_get(caller, path, typed)]
            if "POST" in endpoint.methods:
                answers.append(caller.browser.post(path, typed))
            found += [f"{path}: {fault}" for answer in answers for fault in answer_faults(answer)]
    nothing(sorted(set(found)))


def world_get(caller: Caller, path: str, typed: dict[str, str]) -> Any:
    return caller.browser.get(path, typed)


def answer_faults(answer: Any) -> list[str]:
    if answer.streaming:
        for _piece in answer.streaming_content:
            pass  # read to its end, so that the client closes the file
    if answer.streaming or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return []
    return alive(answer.content.decode())


def test_no_payload_lives_in_any_mail(world: World) -> None:
    poisoned(world, 6)
    drain()
    mails = list(Mail.objects.all())
    assert len([mail for mail in mails if MARK in mail.html]) >= 6
    nothing([f"{mail.subject[:40]}: {fault}" for mail in mails for fault in alive(mail.html, is_mail=True)])
    nothing([mail.subject for mail in mails if "\n" in mail.subject or "\r" in mail.subject])


TYPST = '#import "/etc/passwd": * #eval("1+1") #read("/etc/passwd") $7*7$ *b* _i_ `c` <label> @ref = head \\ #sys.version'


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="install poppler-utils")
def test_pdf_says_payloads_word_by_word(world: World, tmp_path: Path) -> None:
    for text in (TYPST[:100], "<script>xcanary(1)</script>{{7*7}}"):
        invoice: Any = poison(world, text)["invoice"]
        file = tmp_path / "invoice.pdf"
        file.write_bytes(pdf.rendered(invoice))
        told = subprocess.run(
            ["pdftotext", "-raw", str(file), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert bare(text) in bare(told)
        assert b"/JavaScript" not in file.read_bytes()


def bare(text: str) -> str:
    """Without blanks and hyphens: where a line is broken is the typesetter's business."""
    return re.sub(r"[\s\u00ad\u2010-]", "", text)


def test_exports_hold_no_formula(world: World) -> None:
    for formula in FORMULAS:
        poison(world, formula)
    caller, exports = world.caller("administrator"), 0
    for endpoint in filter(shown, pages()):
        if endpoint.arguments:
            continue
        for kind in ("csv", "xlsx"):
            response = caller.ask("GET", f"{endpoint.own_path(world)}?export={kind}")
            if "attachment" not in response.headers.get("Content-Disposition", ""):
                continue
            content = b"".join(response.streaming_content) if response.streaming else response.content
            # some files are of one kind, whatever is asked for
            is_csv = "csv" in response.headers["Content-Type"]
            assert (csv_faults if is_csv else xlsx_faults)(content) == [], endpoint.route
            exports += 1
    assert exports >= 8


def csv_faults(content: bytes) -> list[str]:
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter(content))
    return [cell for row in rows for cell in row if UNSAFE_START.match(cell) and not is_number(cell)]


def delimiter(content: bytes) -> str:
    return ";" if b";" in content.partition(b"\n")[0] else ","


def is_number(cell: str) -> bool:
    return re.fullmatch(r"-?\d+([.,]\d+)?", cell) is not None


def xlsx_faults(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        sheets = [name for name in file.namelist() if name.startswith("xl/worksheets/")]
        return [name for name in sheets if re.search(rb"<f[ >]", file.read(name))]


def test_log_keeps_payloads_as_they_were_typed(world: World) -> None:
    """Nothing is cleaned on the way in: what is shown is escaped on the way out."""
    lead: Any = poison(world, PAYLOADS[0])["lead"]
    assert lead.name == PAYLOADS[0]
    assert LogEntry.objects.filter(about_id=lead.pk).exists()


@pytest.mark.parametrize(
    "html",
    [
        "<p><script>xcanary()</script></p>",
        "<img src=x onerror=1>",
        '<a href="javascript:xcanary()">x</a>',
        '<a href=" java">x</a><xcanary>',
        "<p style='x'>",
        "<p>49xcanary</p>",
    ],
)
def test_the_eye_sees_what_is_alive(html: str) -> None:
    assert alive(html) != []


def test_the_eye_leaves_text_alone() -> None:
    assert (
        alive(
            '<p title="&lt;script&gt;xcanary()">&lt;img onerror=xcanary()&gt;</p><script src="/a.js"></script>'
        )
        == []
    )
