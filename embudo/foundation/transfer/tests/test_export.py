import io
import zipfile
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.safestring import mark_safe

from embudo.foundation.access.tests.builders import a_user
from embudo.foundation.transfer.commands import exports as commands
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
    with commands.xlsx_file("Leads: [all]", ["Name"], [["=1+1"], [Money(1250, "EUR")]]) as file:
        sheet = zipfile.ZipFile(io.BytesIO(file.read())).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<v>12.5</v>" in sheet


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
