import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import puremagic
from django.conf import settings
from django.db.models import TextChoices
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext, gettext_lazy as _

from embudo.kernel.errors import Invalid

LONGEST_NAME = 200
HEAD = 64 * 1024  # bytes by which a content is known
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
UNKNOWN = "application/octet-stream"
MOST_WAITING = 200  # uploaded by one person and not yet named by a record


class Category(TextChoices):
    OTHER = "other", _("Other")
    OFFER = "offer", _("Offer")
    CONTRACT = "contract", _("Contract")
    INVOICE = "invoice", _("Invoice")
    LETTER = "letter", _("Letter")
    PICTURE = "picture", _("Picture")


@dataclass(frozen=True)
class FileType:
    """A type that is taken: what it is served as, and whether a content is really of it."""

    content_type: str
    fits: Callable[[bytes, BinaryIO], bool]


def _magic(*content_types: str) -> Callable[[bytes, BinaryIO], bool]:
    """Known by the signature at its beginning."""

    def fits(head: bytes, file: BinaryIO) -> bool:
        try:
            found = puremagic.magic_string(head)
        except (puremagic.PureError, ValueError):
            return False
        return any(one.mime_type in content_types for one in found)

    return fits


def _pdf(head: bytes, file: BinaryIO) -> bool:
    return head.startswith(b"%PDF-")


def _ole(head: bytes, file: BinaryIO) -> bool:
    return head.startswith(OLE)


def _zip(*members: str) -> Callable[[bytes, BinaryIO], bool]:
    """A zip archive that holds at least these members (office files are such archives)."""

    def fits(head: bytes, file: BinaryIO) -> bool:
        if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            return False
        try:
            with zipfile.ZipFile(file) as archive:
                names = set(archive.namelist())
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
            return False
        return names.issuperset(members)

    return fits


def _text(head: bytes, file: BinaryIO) -> bool:
    """No binary: no NUL (but UTF-16 with its mark), and no more than a few control characters."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    controls = sum(byte < 32 and byte not in b"\t\n\f\r\x1b" for byte in head)
    return b"\0" not in head and controls <= len(head) // 100


OPEN_XML = "application/vnd.openxmlformats-officedocument."
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
TYPES: dict[str, FileType] = {
    "pdf": FileType("application/pdf", _pdf),
    "png": FileType("image/png", _magic("image/png")),
    "jpg": FileType("image/jpeg", _magic("image/jpeg", "image/jpg")),
    "jpeg": FileType("image/jpeg", _magic("image/jpeg", "image/jpg")),
    "gif": FileType("image/gif", _magic("image/gif")),
    "webp": FileType("image/webp", _magic("image/webp")),
    "tif": FileType("image/tiff", _magic("image/tiff")),
    "tiff": FileType("image/tiff", _magic("image/tiff")),
    "heic": FileType("image/heic", _magic("image/heic", "image/heif")),
    "docx": FileType(
        f"{OPEN_XML}wordprocessingml.document", _zip("[Content_Types].xml", "word/document.xml")
    ),
    "xlsx": FileType(f"{OPEN_XML}spreadsheetml.sheet", _zip("[Content_Types].xml", "xl/workbook.xml")),
    "pptx": FileType(
        f"{OPEN_XML}presentationml.presentation", _zip("[Content_Types].xml", "ppt/presentation.xml")
    ),
    "odt": FileType(f"{OPEN_DOCUMENT}text", _zip("mimetype", "content.xml")),
    "ods": FileType(f"{OPEN_DOCUMENT}spreadsheet", _zip("mimetype", "content.xml")),
    "odp": FileType(f"{OPEN_DOCUMENT}presentation", _zip("mimetype", "content.xml")),
    "doc": FileType("application/msword", _ole),
    "xls": FileType("application/vnd.ms-excel", _ole),
    "ppt": FileType("application/vnd.ms-powerpoint", _ole),
    "msg": FileType("application/vnd.ms-outlook", _ole),
    "zip": FileType("application/zip", _zip()),
    "txt": FileType("text/plain", _text),
    "md": FileType("text/plain", _text),
    "csv": FileType("text/csv", _text),
    "eml": FileType("message/rfc822", _text),
    "rtf": FileType("application/rtf", lambda head, file: head.startswith(b"{\\rtf")),  # noqa: ARG005
}


def safe_name(name: str) -> str:
    """
    The last part of a path, without control and direction characters (a name may not pretend to be another), without
    leading dots, its extension in lower case.
    """
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(
        char for char in last if unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    tidy = " ".join(kept.split()).lstrip(". ")
    stem, dot, extension = tidy.rpartition(".")
    if not dot:
        return tidy[:LONGEST_NAME]
    extension = extension.lower()
    return f"{stem.strip()[: LONGEST_NAME - 1 - len(extension)]}.{extension}"


def extension_of(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def check_name(name: str) -> str:
    tidy = safe_name(name)
    if not tidy or tidy.startswith("."):
        raise Invalid({"name": [_("Enter a name.")]})
    return tidy


def types_in_words() -> str:
    return ", ".join(TYPES)


def check_type(name: str) -> FileType:
    known = TYPES.get(extension_of(name))
    if known is None:
        raise Invalid({"file": [gettext("“%(name)s” is of a type that is not taken. Send one of: %(types)s.") % {
            "name": name, "types": types_in_words()
        }]})  # fmt: skip
    return known


def check_size(name: str, size: int) -> None:
    if size <= 0:
        raise Invalid({"file": [gettext("“%(name)s” is empty. Choose another file.") % {"name": name}]})
    if size > settings.FILE_UPLOAD_MAX_SIZE:
        raise Invalid({"file": [too_large_text(name)]})


def too_large_text(name: str = "") -> str:
    facts: dict[str, Any] = {"name": name, "size": filesizeformat(settings.FILE_UPLOAD_MAX_SIZE)}
    if not name:
        return gettext("A file is larger than %(size)s. Choose a smaller one.") % facts
    return gettext("“%(name)s” is larger than %(size)s. Choose a smaller file.") % facts


def check_content(name: str, file: BinaryIO) -> FileType:
    """The type of a file, when its content is what its name says; refuses it otherwise."""
    known = check_type(name)
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    fits = known.fits(head, file)
    file.seek(0)
    if not fits:
        raise Invalid({"file": [gettext(
            "The content of “%(name)s” is not what its name says. Open it, save it as what it is, then send it again."
        ) % {"name": name}]})  # fmt: skip
    return known


def checked_file(name: str, file: Any) -> tuple[str, FileType]:
    """Its tidy name and its type. Refuses (Invalid) a file that is empty, too large, or not what its name says."""
    tidy = check_name(name)
    check_size(tidy, file.size or 0)
    return tidy, check_content(tidy, file)


@contextmanager
def blaming(field: str) -> Iterator[None]:
    """Whatever is wrong with a file is said of this field."""
    try:
        yield
    except Invalid as fault:
        raise Invalid({field: [text for texts in fault.errors.values() for text in texts]}) from None


def not_waiting_text() -> str:
    return gettext(
        "No file of yours waits under this id: it was uploaded more than a day ago or by somebody else, or it is used already. "
        "Upload it again and send the new id."
    )
