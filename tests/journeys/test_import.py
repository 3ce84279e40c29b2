"""A broken file comes in, its failed rows are mended and come again, and all of it is taken back, by keyboard alone."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
import xlsxwriter
from playwright.sync_api import Browser, expect
from python_calamine import CalamineWorkbook

from tests.journeys.people import KeyboardPerson
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KNOWN = "Żagiel Yachts"
# From an old program: its character set, a line above the headings, a lone quote, a cell too many, rows that can't be right.
BROKEN = """Kontrahenci, stan na dziś
Firma;E-mail;Telefon;Miasto
Łódka Malbork;biuro@lodka.example.org;+48 55 272 33 44;Malbork
Kotwica "Hel;kotwica@;+48 58 675 01 02;Hel
;hello@nobody.example.org;+48 58 620 11 12;Gdynia
Ster Sopot;ster@ster.example.org;12;Sopot;za dużo
Zagiel Yahcts;nowy@zagiel.example.org;+48 58 551 77 88;Jastarnia
"""
MENDED = {
    'Kotwica "Hel': {"E-mail": "biuro@kotwica.example.org"},
    "": {"Firma": "Nikt Gdynia"},
    "Ster Sopot": {"Telefon": "+48 58 551 20 99"},
}


@pytest.fixture
def boss(browser: Browser, product: Product) -> Iterator[KeyboardPerson]:
    person = KeyboardPerson(browser, product)
    person.sign_in("admin@example.com")
    yield person
    person.leave()


def test_broken_file_is_imported_mended_imported_again_and_taken_back(boss: KeyboardPerson) -> None:
    register_the_known(boss)
    first = upload(
        boss, {"name": "old-program.csv", "mimeType": "text/csv", "buffer": BROKEN.encode("cp1250")}
    )
    check_rows(boss, first, "5 rows are checked: 2 without errors.")
    decide(boss)
    run(boss, "The import is done: 1 created, 1 updated, 3 failed.")
    assert names(boss, "q=Jastarnia") == ["Zagiel Yahcts"], "taken for the known one, as was decided"
    boss.go(first)
    mended = mend(failed_rows(boss))
    second = upload(boss, {"name": "old-program-mended.xlsx", "mimeType": XLSX, "buffer": mended})
    check_rows(boss, second, "3 rows are checked: 3 without errors.")
    run(boss, "The import is done: 3 created, 0 updated, 0 failed.")
    assert names(boss, "q=Nikt") == ["Nikt Gdynia"]
    for address in (second, first):
        take_back(boss, address)
    for words in ("Malbork", "Kotwica", "Nikt", "Ster+Sopot"):
        assert names(boss, f"q={words}") == []
    assert names(boss, "q=Jastarnia") == [KNOWN], "as it was before"


def register_the_known(boss: KeyboardPerson) -> None:
    boss.go("/companies/new/")
    boss.fill("main [name=name]", KNOWN)
    boss.fill("main [name=phone]", "+48 58 551 77 88")
    boss.fill("main [name=town]", "Jastarnia")
    boss.follow("main #submit")
    boss.page.wait_for_timeout(1500)  # what it could be taken for follows the log


def upload(boss: KeyboardPerson, file: Any) -> str:
    """From the list to the page of the import; says where that is."""
    boss.go("/companies/")
    boss.follow("a[href^='/imports/new/']")
    assert boss.page.input_value("main [name=kind]") == "directory.company"
    boss.page.set_input_files("main [name=file]", [file])  # the system's own window
    boss.follow("main #submit")
    expect(boss.page.locator("h1")).to_have_text(f"Match the columns of {file['name']}")
    return boss.page.url.removesuffix("match/")


def check_rows(boss: KeyboardPerson, address: str, told: str) -> None:
    """Every column is guessed; the outcome of the check is spoken, wherever one is on the page."""
    page = boss.page
    means = page.locator("main [name^=column_]")
    guessed = [means.nth(n).input_value() for n in range(4)]
    assert guessed == ["name", "email", "phone", "town"]
    boss.follow("main #submit")
    assert page.url.partition("?")[0] == address
    boss.hear(told, seconds=30)
    expect(page.locator("h1")).to_contain_text("Ready to run")


def decide(boss: KeyboardPerson) -> None:
    """The row that no key finds, but which resembles a known company, is taken for it."""
    page = boss.page
    expect(page.locator("main .notice")).to_contain_text("1 row looks like a known record.")
    boss.follow("a[href$='/alike/']")
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(KNOWN)
    boss.choose("main [name^=row_]", "update")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(
        "Row 7, Zagiel Yahcts"
    )
    boss.follow("main #submit")
    boss.hear("The choices are kept.")


def run(boss: KeyboardPerson, told: str) -> None:
    boss.open_dialog("main a[href$='/run/']")
    boss.confirm()
    boss.hear("The import runs.")
    boss.hear(told, seconds=30)
    expect(boss.page.locator("h1")).to_contain_text("Done")


def failed_rows(boss: KeyboardPerson) -> bytes:
    boss.see("#failures-h")
    with boss.page.expect_download() as coming:
        boss.press("a[href$='failed.xlsx']")
    return coming.value.path().read_bytes()


def mend(content: bytes) -> bytes:
    """As one would in a spreadsheet: each reason stands in the last column of its row."""
    rows = CalamineWorkbook.from_filelike(BytesIO(content)).get_sheet_by_index(0).to_python()
    headings = rows[0]
    assert headings[:4] == ["Firma", "E-mail", "Telefon", "Miasto"]
    assert headings[-1] == "What is wrong"
    for row in rows[1:]:
        assert row[-1], "the reason"
        for heading, value in MENDED[str(row[0])].items():
            row[headings.index(heading)] = value
    kept = BytesIO()
    with xlsxwriter.Workbook(kept) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return kept.getvalue()


def take_back(boss: KeyboardPerson, address: str) -> None:
    boss.go(address)
    boss.open_dialog("main a[href$='/undo/']")
    boss.confirm()
    boss.hear("The import is undone", seconds=30)
    expect(boss.page.locator("h1")).to_have_text(re.compile("Undone$"))


def names(boss: KeyboardPerson, query: str) -> list[str]:
    boss.go(f"/companies/?{query}")
    found: list[str] = boss.page.locator("tbody tr th a").all_inner_texts()
    return found
