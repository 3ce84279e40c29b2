"""What a file is, by its content; its name is only believed where the content says nothing."""

from collections.abc import Mapping
from typing import IO, Any

from embudo.foundation.transfer.rules.readers import delimited, jsonlines, ods, vcard, xls, xlsx, zipped
from embudo.foundation.transfer.rules.readers.fault import FileFault, Table

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HEAD = 8192
NO_TABLES = {
    b"%PDF": "pdf", b"\x89PNG": "picture", b"\xff\xd8\xff": "picture", b"GIF8": "picture", b"BM": "", b"\x1f\x8b": "archive",
    b"7z\xbc\xaf": "archive", b"Rar!": "archive", b"BZh": "archive", b"\xfd7zXZ": "archive", b"MZ": "", b"\x7fELF": "binary",
    b"SQLite format 3": "binary", b"{\\rtf": "document", b"II*\0": "picture", b"MM\0*": "picture", b"PAR1": "binary",
}  # fmt: skip


def read(file: IO[bytes], options: Mapping[str, Any]) -> Table:
    """Refuses (FileFault) what is no table, or one that can't be read."""
    file.seek(0)
    head = file.read(HEAD)
    if not head.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
        raise FileFault("empty")
    for mark, code in NO_TABLES.items():
        if code and head.startswith(mark):
            raise FileFault(code)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(file, options)
    if head.startswith(OLE):
        return _compound(file, options)
    return _text(file, head, options)


def _zipped(file: IO[bytes], options: Mapping[str, Any]) -> Table:
    archive = zipped.opened(file)
    names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return xlsx.read(archive, options)
    if "xl/workbook.bin" in names:
        raise FileFault("xlsb")
    if "content.xml" in names:
        kind = b"".join(zipped.pieces(archive, "mimetype", 1000)) if "mimetype" in names else b"spreadsheet"
        if b"spreadsheet" not in kind:
            raise FileFault("document")
        return ods.read(archive, options)
    if any(name.startswith(("word/", "ppt/")) for name in names):
        raise FileFault("document")
    raise FileFault("numbers" if any(name.endswith(".iwa") for name in names) else "archive")


def _compound(file: IO[bytes], options: Mapping[str, Any]) -> Table:
    file.seek(0)
    content = file.read()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise FileFault("password")
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return xls.read(file, options)
    raise FileFault("document")


def _text(file: IO[bytes], head: bytes, options: Mapping[str, Any]) -> Table:
    start = head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"")[:1000].lower()
    if start.startswith(b"begin:vcard"):
        return vcard.read(file, options)
    if start.startswith((b"<!doctype html", b"<html", b"<table", b"<head")):
        raise FileFault("web_page")
    if start.startswith((b"<?xml", b"<!doctype")):
        raise FileFault("xml")
    if start.startswith(b"{"):
        return jsonlines.read(file, options)
    if start.startswith((b"[{", b"[\n", b"[\r", b"[ ")):
        raise FileFault("json_array")
    return delimited.read(file, options)
