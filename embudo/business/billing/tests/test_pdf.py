import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from embudo.business.billing import commands
from embudo.business.billing.models import Invoice, InvoicePdf
from embudo.business.billing.queries import pdf
from embudo.business.billing.tests.builders import a_company, a_line, a_payment, an_invoice, carl
from embudo.kernel.typesetting import NotTypeset, typeset
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
NASTY = '#import "/etc/passwd" <b>x</b> $x$ *y* \\ [z] {{ 1 }} {% x %} "quoted" #sys.inputs'


def facts_of(content: bytes, tmp_path: Path) -> dict[str, str]:
    """What a PDF says about itself."""
    file = tmp_path / "invoice.pdf"
    file.write_bytes(content)
    said = subprocess.run(["pdfinfo", str(file)], capture_output=True, text=True, check=True).stdout
    return {key: value.strip() for key, _colon, value in (line.partition(":") for line in said.splitlines())}


def text_of(content: bytes, tmp_path: Path) -> str:
    file = tmp_path / "invoice.pdf"
    file.write_bytes(content)
    told = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
    )
    return " ".join(told.stdout.split())


needs_poppler = pytest.mark.skipif(not shutil.which("pdfinfo"), reason="install poppler-utils")


@pytest.mark.parametrize("language", ["en", "fr", "es", "pl"])
def test_pdf_is_tagged_and_names_title_and_language(language: str) -> None:
    content = pdf.rendered(an_invoice(language=language))
    assert b"/MarkInfo" in content
    assert b"/Marked true" in content
    assert b"/StructTreeRoot" in content
    assert f"/Lang({language})".encode() in content
    assert b"pdfuaid:part" in content  # says that it is PDF/UA
    assert b"/DisplayDocTitle true" in content


@needs_poppler
def test_pdf_says_what_is_invoiced(tmp_path: Path) -> None:
    company = a_company(name="Zażółć & Søn GmbH")
    invoice = an_invoice(
        lines=(a_line("19.99", "23", "2.5", "Days of training"),), company_id=company.pk, note="Thank you"
    )
    content = pdf.rendered(invoice)
    facts, text = facts_of(content, tmp_path), text_of(content, tmp_path)
    assert (facts["Tagged"], facts["Title"], facts["JavaScript"]) == (
        "yes",
        f"Invoice {invoice.number}",
        "no",
    )
    for said in (
        "Zażółć & Søn GmbH",
        "Days of training",
        "2.5",
        "19.99",
        "23%",
        "49.98",
        "11.50",
        "€61.48",
        "Thank you",
    ):
        assert said in text


@needs_poppler
def test_pdf_sets_what_people_typed_as_text(tmp_path: Path) -> None:
    company = a_company(name=f"Acme {NASTY}"[:160])
    invoice = an_invoice(lines=(a_line(description=NASTY),), company_id=company.pk, note=NASTY)
    text = text_of(pdf.rendered(invoice), tmp_path)
    assert '#import "/etc/passwd" <b>x</b> $x$ *y*' in text
    assert "root:" not in text


def test_pdf_with_letters_that_no_font_has_is_still_made() -> None:
    assert pdf.rendered(an_invoice(note="\U0001e900 and 𓀀")).startswith(b"%PDF-")


def test_pdf_with_many_lines_breaks_over_pages() -> None:
    content = pdf.rendered(an_invoice(lines=tuple(a_line(description=f"Item {n}") for n in range(150))))
    assert b"/Type/Pages/Count 6" in content


def test_typeset_names_the_fault_of_a_broken_document() -> None:
    with pytest.raises(NotTypeset):
        typeset(pdf.TEMPLATE, {"title": "nothing else"})


def test_store_pdf_keeps_the_first_bytes_for_good() -> None:
    invoice = an_invoice()
    first = commands.pdf_of(invoice)
    again = commands.store_pdf.inner(carl(), invoice, content=b"%PDF-other")
    assert bytes(again.content) == bytes(first.content) == bytes(commands.pdf_of(invoice).content)
    assert first.sha256 == hashlib.sha256(bytes(first.content)).hexdigest()


def test_pdf_is_made_by_a_job_after_issuing() -> None:
    invoice = an_invoice()
    note = commands.correct_invoice(carl(), invoice, reason="Cancelled")
    drain()
    assert set(InvoicePdf.objects.values_list("invoice", flat=True)) == {invoice.pk, note.pk}


@needs_poppler
def test_pdf_of_a_credit_note_names_the_invoice(tmp_path: Path) -> None:
    invoice = an_invoice()
    a_payment(invoice)
    note = commands.correct_invoice(carl(), invoice, reason="Wrong customer")
    text = text_of(pdf.rendered(Invoice.objects.get(pk=note.pk)), tmp_path)
    assert f"Credit note {note.number}" in text
    assert f"Takes back invoice {invoice.number} in full. Reason: Wrong customer" in text
    assert "How to pay" not in text
