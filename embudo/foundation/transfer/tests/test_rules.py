import io
from datetime import date, datetime
from typing import Any

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email

from embudo.business.directory.rules import quick
from embudo.business.directory.rules.imports import COMPANY_FIELDS, PERSON_FIELDS
from embudo.foundation.transfer.commands.plain_exports import json_lines, ods_file, unlike
from embudo.foundation.transfer.rules import cells, headings, typed
from embudo.foundation.transfer.rules.readers import sniff
from embudo.foundation.transfer.tests import workbooks
from embudo.kernel.kind import ImportField
from embudo.kernel.money import Money


def read(content: bytes, **options: Any) -> tuple[dict[str, Any], list[list[str]]]:
    table = sniff.read(io.BytesIO(content), options)
    return {"format": table.format, **table.told}, [row[1:] for row in table.rows]


@pytest.mark.parametrize(
    ("names", "fields"),
    [
        (["Company name", "Tax number", "E-mail", "Phone", "City", "Zip"], ["name", "tax_id", "email", "phone", "town", "postcode"]),
        (["Nazwa firmy", "NIP", "Adres e-mail", "Telefon", "Miejscowość", "Kod pocztowy"], ["name", "tax_id", "email", "phone", "town", "postcode"]),
        (["Raison sociale", "SIREN", "Courriel", "Téléphone", "Ville", "Code postal"], ["name", "tax_id", "email", "phone", "town", "postcode"]),
        (["Razón social", "NIF", "Correo electrónico", "Teléfono", "Población", "Código postal"], ["name", "tax_id", "email", "phone", "town", "postcode"]),
    ],
)  # fmt: skip
def test_guessed_knows_headings_of_companies_in_four_languages(names: list[str], fields: list[str]) -> None:
    assert headings.guessed(names, [], COMPANY_FIELDS) == {str(n): name for n, name in enumerate(fields)}


@pytest.mark.parametrize(
    "names",
    [
        ["First name", "Last name", "Company", "Job title", "Mobile"], ["Imię", "Nazwisko", "Firma", "Stanowisko", "Telefon komórkowy"],
        ["Prénom", "Nom", "Société", "Fonction", "Portable"], ["Nombre", "Apellidos", "Empresa", "Cargo", "Móvil"],
    ],
)  # fmt: skip
def test_guessed_knows_headings_of_people_in_four_languages(names: list[str]) -> None:
    found = headings.guessed(names, [], PERSON_FIELDS)
    assert found == {"0": "first_name", "1": "last_name", "2": "company", "3": "job_title", "4": "mobile"}


def test_guessed_looks_at_the_cells_where_headings_say_nothing() -> None:
    rows = [
        ["Alfa", "a@alfa.example.com", "+48 58 301 22 14", "2020-01-01"],
        ["Beta", "b@beta.example.com", "600 100 200", "2020-01-02"],
    ]
    assert headings.guessed(["x1", "x2", "x3", "x4"], rows, COMPANY_FIELDS) == {"1": "email", "2": "phone"}


def test_heading_row_passes_titles() -> None:
    assert headings.heading_row([["Report"], [], ["Name", "Town", "Phone"], ["a", "b", "c"]]) == 2


def test_mapped_takes_the_first_column_that_says_something() -> None:
    assert headings.mapped([(0, "phone"), (1, "phone"), (5, "name")], ["", "7"]) == {"phone": "7"}


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("yes_no", "tak", True), ("yes_no", "Non", False), ("yes_no", "Sí", True), ("yes_no", "FALSE", False), ("number", "12", "12"),
        ("number", "1 200", "1200"), ("number", "12,0", "12"), ("country", "Polska", "PL"), ("country", "Espagne", "ES"), ("country", "pl", "PL"),
        ("code", "'-1+2", "-1+2"), ("code", "00123", "00123"), ("text", "'=SUM(A1)", "=SUM(A1)"), ("text", "+48 600 100 200", "+48 600 100 200"),
        ("text", "'tis", "'tis"),
    ],
)  # fmt: skip
def test_read_understands_what_people_write(kind: str, text: str, value: Any) -> None:
    assert typed.reader_of(ImportField("x", "X", kind), {})(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("yes_no", "perhaps"),
        ("number", "many"),
        ("number", "1.5"),
        ("country", "Narnia"),
        ("text", "#N/A"),
        ("id", "7"),
        ("user", "nobody"),
    ],
)
def test_read_refuses_what_it_cannot_be(kind: str, text: str) -> None:
    with pytest.raises(typed.Misread):
        typed.reader_of(ImportField("x", "X", kind), {})(text)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "@x", "-2+3", "\tx", "+cmd|' /C calc'!A0", "'quoted", "plain", "+48 600 100 200", "-12.50"],
)
def test_undefused_takes_back_what_defused_did(text: str) -> None:
    assert cells.undefused(cells.defused(text)) == text


def test_csv_is_guessed_and_may_be_told() -> None:
    content = "Nazwa|Miasto\nŁódzka 'A'|Łódź\n".encode("cp1250")
    told, rows = read(content)
    assert (told["delimiter"], told["charset"], rows[1]) == ("|", "cp1250", ["Łódzka 'A'", "Łódź"])
    assert read(content, delimiter=",")[1][0] == ["Nazwa|Miasto"]


def test_xlsx_keeps_zeros_dates_and_texts() -> None:
    cells_ = '<c r="A1" t="inlineStr"><is><t>00123</t></is></c><c r="B1" s="1"><v>43831</v></c><c r="C1" s="2"><v>43831.5</v></c>'
    more = '<c r="E1"><v>0.30000000000000004</v></c><c r="F1"><v>1234567890123</v></c><c r="G1" s="4"><v>0.5</v></c><c r="H1" t="b"><v>1</v></c>'
    _told, rows = read(workbooks.xlsx(f'<row r="1">{cells_}{more}</row>'))
    assert rows == [
        ["00123", "2020-01-01", "2020-01-01 12:00:00", "", "0.3", "1234567890123", "12:00:00", "TRUE"]
    ]


@pytest.mark.parametrize(
    ("serial", "day"),
    [
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("61", "1900-03-01"),
        ("-1", "-1"),
        ("2958465", "9999-12-31"),
    ],
)
def test_xlsx_days_are_those_of_the_calendar(serial: str, day: str) -> None:
    _told, rows = read(workbooks.xlsx(f'<row r="1"><c r="A1" s="1"><v>{serial}</v></c></row>'))
    assert rows == [[day]]


def test_xlsx_reads_alike_by_the_quick_and_the_slow_way() -> None:
    rows = [workbooks.text_row(n, (f"a{n}", "b &amp; c", "_x0041_", "")) for n in range(1, 60)]
    usual = read(workbooks.xlsx("".join(rows)))[1]
    unusual = read(workbooks.xlsx("<!-- slow -->" + "".join(rows)))[1]
    assert usual == unusual
    assert usual[0] == ["a1", "b & c", "A"]


def test_vcard_reads_names_phones_and_addresses() -> None:
    card = "BEGIN:VCARD\r\nVERSION:4.0\r\nN:Nowak;Anna;;;\r\nORG:Alfa\\, Inc.;Sales\r\nitem1.TEL;TYPE=cell:+48 600\r\nTEL;TYPE=work:+48 58\r\nADR:;;Długa 5;Gdańsk;;80-001;Polska\r\nNOTE:a\\nb\r\nEND:VCARD\r\n"
    told, rows = read(card.encode())
    row = dict(zip(rows[0], rows[1], strict=True))
    assert told["format"] == "vcard"
    assert (row["First name"], row["Last name"], row["Company"], row["Mobile"], row["Phone"], row["Town"], row["Remarks"]) == (
        "Anna", "Nowak", "Alfa, Inc.", "+48 600", "+48 58", "Gdańsk", "a\nb",
    )  # fmt: skip


def test_json_lines_read_with_all_keys() -> None:
    assert read(b'{"a": 1, "b": true}\n{"c": [1, "x"], "a": 0.1}\n')[1] == [
        ["a", "b", "c"],
        ["1", "TRUE", ""],
        ["0.1", "", "1, x"],
    ]


def test_ods_file_reads_back_as_it_was_written() -> None:
    rows = [
        ["=1+1", date(2020, 1, 2), datetime(2020, 1, 2, 3, 4), Money(1250, "EUR"), True, 7, "a  b\nc", "<&>"]  # noqa: DTZ001 - sheets know no zones
    ]
    with ods_file("Leads", [f"H{n}" for n in range(8)], rows) as file:
        found = read(file.read())[1]
    assert found[1] == ["=1+1", "2020-01-02", "2020-01-02 03:04:00", "12.5", "TRUE", "7", "a  b\nc", "<&>"]


def test_json_lines_keep_types_and_leave_empty_values_out() -> None:
    made = b"".join(json_lines(["a", "b", "c", "a"], [["x", 1, "", "y"], ["", True, Money(5, "EUR"), ""]]))
    assert made == b'{"a": "x", "b": 1, "a 2": "y"}\n{"b": true, "c": "0.05 EUR"}\n'
    assert unlike(["a", "a", "a"]) == ["a", "a 2", "a 3"]


@pytest.mark.parametrize(
    "text", ["Anna@Alfa.example.com", "a..b@c.pl", "a@b.test", "a@xn--a.pl", "a@b", "ł@b.pl"]
)
def test_quick_mail_agrees_with_the_thorough_way(text: str) -> None:
    try:
        thorough = validate_email(text, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        thorough = None
    assert quick.mail(text) in (None, thorough)


@pytest.mark.parametrize(
    "text",
    [
        "+48 58 301 22 14",
        "+48583012214",
        "+44 020 7946 0958",
        "+39 06 1234567",
        "+33 (0)1 23 45 67 89",
        "+1 212 555 0100",
        "+999 1234567",
    ],
)
def test_quick_number_agrees_with_the_thorough_way(text: str) -> None:
    try:
        thorough = phonenumbers.format_number(phonenumbers.parse(text), phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        thorough = None
    assert quick.number(text) in (None, thorough)
