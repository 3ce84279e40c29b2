from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation


@dataclass(frozen=True)
class Mail:
    """A mail ready to send; the plain text says all that the HTML says."""

    subject: str
    text: str
    html: str


def render_mail(name: str, context: Mapping[str, Any], language: str) -> Mail:
    """
    Draws `<name>.subject.txt`, `<name>.txt` (extends "ui/mail/base.txt") and `<name>.html` (extends "ui/mail/base.html")
    in a language. The subject is one line, whatever stands in it.
    """
    with translation.override(language):
        given = {**context, "language": language}
        subject = " ".join(render_to_string(f"{name}.subject.txt", given).split())
        return Mail(
            subject,
            render_to_string(f"{name}.txt", given).strip() + "\n",
            render_to_string(f"{name}.html", given),
        )
