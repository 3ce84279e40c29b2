import io
import zipfile
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import user_of
from embudo.foundation.documents import commands
from embudo.foundation.documents.models import Document
from embudo.foundation.notify.models import Notification
from embudo.foundation.notify.tests.builders import a_notification
from embudo.kernel.actor import Actor
from embudo.kernel.record import Record

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 40
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + b"\0" * 60
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EXE = b"MZ\x90\0\x03\0\0\0" + b"\0" * 100


def an_archive(*members: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for member in members:
            archive.writestr(member, "<x/>")
    return kept.getvalue()


DOCX = an_archive("[Content_Types].xml", "word/document.xml")


def a_carrier(whose: Actor) -> Notification:
    """Something to attach to that one person alone may see."""
    return a_notification(user_of(whose))


def a_colleague_record(actor: Actor) -> User:
    """Something to attach to that everybody may see: a person of the house."""
    return user_of(actor)


def a_file(name: str = "offer.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def a_document(
    actor: Actor, about: Record, name: str = "offer.pdf", content: bytes = PDF, **given: Any
) -> Document:
    return commands.attach_document(actor, about=about, name=name, file=a_file(name, content), **given)
