import io

import pytest

from embudo.foundation.documents import rules
from embudo.foundation.documents.tests.builders import DOCX, EXE, HTML, JPEG, PDF, PNG, SVG, an_archive
from embudo.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.PDF", "boot.pdf"),
        ("C:\\Users\\Marta\\Offer 7.PDF", "Offer 7.pdf"),
        (".htaccess.txt", "htaccess.txt"),
        ("of\0fer\n.pdf", "offer.pdf"),
        ("offer\u202efdp.txt", "offerfdp.txt"),
        ("  a   b .csv", "a b.csv"),
        ("Żółć, umowa.pdf", "Żółć, umowa.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_safe_name_is_the_last_part_without_tricks(sent: str, kept: str) -> None:
    assert rules.safe_name(sent) == kept


@pytest.mark.parametrize("name", ["", "..", "...", "/", "\0"])
def test_check_name_refuses_names_of_nothing(name: str) -> None:
    with pytest.raises(Invalid):
        rules.check_name(name)


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("offer.pdf", PDF, "application/pdf"),
        ("offer.php.pdf", PDF, "application/pdf"),
        ("a.png", PNG, "image/png"),
        ("a.jpeg", JPEG, "image/jpeg"),
        ("a.docx", DOCX, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.odt", an_archive("mimetype", "content.xml"), "application/vnd.oasis.opendocument.text"),
        ("a.zip", an_archive("b.txt"), "application/zip"),
        ("a.doc", rules.OLE + b"\0" * 600, "application/msword"),
        ("a.csv", "name;town\nŻaneta;Łódź\n".encode("cp1250"), "text/csv"),
        ("a.txt", "Żółć".encode("utf-16"), "text/plain"),
        ("a.eml", b"From: marta@example.org\r\n\r\nHello\r\n", "message/rfc822"),
    ],
)
def test_check_content_takes_what_is_what_it_says(name: str, content: bytes, content_type: str) -> None:
    assert rules.check_content(name, io.BytesIO(content)).content_type == content_type


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.jpg", HTML),
        ("offer.pdf", HTML),
        ("offer.pdf", EXE),
        ("offer.pdf", b" " * 10 + PDF),
        ("a.png", SVG),
        ("a.docx", an_archive("evil.exe")),
        ("a.docx", b"PK\x03\x04" + b"\0" * 50),
        ("a.xlsx", DOCX),
        ("a.doc", DOCX),
        ("a.txt", EXE),
        ("a.csv", PNG),
        ("logo.svg", SVG),
        ("page.html", HTML),
        ("offer.pdf.exe", EXE),
        ("run.js", b"alert(1)"),
        ("noextension", PDF),
        ("pdf", PDF),
    ],
)
def test_check_content_refuses_what_is_not_what_it_says(name: str, content: bytes) -> None:
    with pytest.raises(Invalid) as fault:
        rules.check_content(name, io.BytesIO(content))
    assert name in str(fault.value.errors["file"][0])


def test_check_size_names_file_and_limit() -> None:
    with pytest.raises(Invalid) as fault:
        rules.check_size("film.zip", 25 * 1024 * 1024 + 1)
    assert fault.value.errors["file"] == ["“film.zip” is larger than 25.0\xa0MB. Choose a smaller file."]


def test_check_size_refuses_nothing() -> None:
    with pytest.raises(Invalid) as fault:
        rules.check_size("offer.pdf", 0)
    assert fault.value.errors["file"] == ["“offer.pdf” is empty. Choose another file."]
