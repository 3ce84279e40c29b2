import io
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.safestring import mark_safe
from python_calamine import CalamineWorkbook

from embudo.foundation.access.tests.builders import a_user
from embudo.foundation.transfer.commands import exports as commands, workbook
from embudo.foundation.transfer.commands.workbook import xlsx_file
from embudo.foundation.transfer.queries.reading import head_of
from embudo.foundation.transfer.rules import cells as rules
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money

UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-2+3", "'-2+3"),
        ("\tx", "'\tx"),
        ("+48 600 100 200", "+48 600 100 200"),
        ("-12.50", "-12.50"),
        ("Plain", "Plain"),
    ],
)
def test_defused_disarms_formulas_only(text: str, written: str) -> None:
    assert rules.defused(text) == written


def test_exported_reads_words_from_markup() -> None:
    assert (
        rules.exported(mark_safe("<span class='badge'><svg></svg>Won &amp; done</span>"), "text", UTC_ZONE)
        == "Won & done"
    )


def test_exported_turns_instants_into_the_readers_time() -> None:
    at = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    assert rules.exported(at, "datetime", ZoneInfo("Europe/Warsaw")) == datetime(2026, 6, 2, 0, 30)  # noqa: DTZ001 - spreadsheets know no zones


def test_csv_lines_begin_with_a_mark_and_keep_types() -> None:
    made = b"".join(commands.csv_lines(["A", "B", "C"], [["Łódź", Money(1250, "EUR"), date(2026, 1, 2)]]))
    assert made.decode() == "\ufeffA,B,C\r\nŁódź,12.50 EUR,2026-01-02\r\n"


def test_xlsx_file_holds_texts_as_texts() -> None:
    with xlsx_file("Leads: [all]", ["Name"], [["=1+1"], [Money(1250, "EUR")]]) as file:
        sheet = zipfile.ZipFile(io.BytesIO(file.read())).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<v>12.50</v>" in sheet


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["xlsx", "csv", "ods", "jsonl"])
def test_record_export_logs_what_left(client: Client, wanted: str) -> None:
    client.force_login(a_user(roles=("administrator",), name="Ann", email="ann@example.com"))
    answer = client.get("/audit/log/", {"export": wanted})
    assert (answer.status_code, answer["Content-Disposition"].startswith("attachment")) == (200, True)
    b"".join(answer.streaming_content)
    entry = LogEntry.objects.filter(name="transfer.ListExported").get()
    assert (entry.data["format"], entry.data["rows"] > 0) == (wanted, True)


@pytest.mark.django_db
def test_export_in_an_unknown_format_is_refused_in_words(client: Client) -> None:
    client.force_login(a_user(roles=("administrator",), name="Ann", email="ann@example.com"))
    assert client.get("/audit/log/", {"export": "exe"}).status_code == 422


@pytest.mark.django_db
def test_export_without_the_grant_is_forbidden(client: Client) -> None:
    client.force_login(a_user(roles=("seller",), name="Bob", email="bob@example.com"))
    before = LogEntry.objects.count()
    assert client.get("/audit/log/", {"export": "csv"}).status_code == 403
    assert LogEntry.objects.count() == before


def cells_of(rows: list[list[object]], headings: list[str]) -> list[list[str]]:
    """What our own reader finds in the workbook."""
    with xlsx_file("List", headings, rows) as file:
        return [row[1:] for row in head_of(file, {}, rows=2000).rows]


def test_xlsx_file_comes_back_as_it_was_written() -> None:
    texts = [
        "a & b < c",
        "  two  blanks ",
        "_x000D_",
        "line\nbreak",
        "Łódź",
        "00123",
        "=1+1",
        "\x01sound",
        "+48 600",
    ]
    rows: list[list[object]] = [[text, 1] for text in texts]
    found = cells_of(rows, ["Text", "N"])
    assert [row[0] for row in found[1:]] == [text.replace("\x01", "") for text in texts]


def test_xlsx_file_keeps_types() -> None:
    row: list[object] = [
        12, 1.5, Decimal("0.10"), True, date(2026, 1, 2), datetime(2026, 1, 2, 12, 30), Money(-1250, "EUR"),  # noqa: DTZ001
        date(1850, 5, 3), "", None, float("nan"), mark_safe("x"),
    ]  # fmt: skip
    read = [
        "12",
        "1.5",
        "0.1",
        "TRUE",
        "2026-01-02",
        "2026-01-02 12:30:00",
        "-12.5",
        "1850-05-03",
        "",
        "",
        "",
        "x",
    ]
    assert cells_of([row], [str(n) for n in range(len(row))])[1] == read


def test_xlsx_file_goes_on_in_blocks_and_on_further_sheets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(cells_of([[n, f"Text {n}"] for n in range(1234)], ["N", "Text"])) == 1235
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    with xlsx_file("[List]", ["N"], [[n] for n in range(7)]) as file:
        archive = zipfile.ZipFile(file)
        sheets = [archive.read(f"xl/worksheets/sheet{n}.xml").decode().count("<row ") for n in (1, 2, 3)]
        names = re.findall(r'<sheet name="([^"]*)"', archive.read("xl/workbook.xml").decode())
    assert (sheets, names) == ([4, 4, 2], ["List", "List 2", "List 3"])


def test_xlsx_file_is_read_by_others() -> None:
    with xlsx_file("Leads", ["Name", "Day"], [["Ł & <b>", date(2026, 1, 2)], ["", date(2026, 1, 3)]]) as file:
        sheet = CalamineWorkbook.from_filelike(file).get_sheet_by_index(0)
        assert sheet.to_python() == [["Name", "Day"], ["Ł & <b>", date(2026, 1, 2)], ["", date(2026, 1, 3)]]


def test_xlsx_file_without_rows_has_its_headings() -> None:
    assert cells_of([], ["Name"]) == [["Name"]]


@pytest.mark.parametrize(
    "values", [["a", "b"], ["a  b", " c"], ["—", "x"], ["a", None], ["a|b", "c |"], ["x\ny"], ["", ""]]
)
def test_exported_column_says_what_exported_says_of_each(values: list[str | None]) -> None:
    one_by_one = [rules.exported(value, "text", UTC_ZONE) for value in values]
    assert list(rules.exported_column(values, "text", UTC_ZONE)) == one_by_one
