"""A real mail server for one test, which keeps what it is sent and knows nobody called nobody."""

import email
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import override_settings


class Post:
    """Its mailbox; `answers` are given to the next mails in place of "taken"."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.senders: list[str] = []  # as the envelopes name them
        self.answers: list[str] = []

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        self.mails.append(email.message_from_bytes(envelope.original_content or b""))
        self.senders.append(envelope.mail_from or "")
        return "250 taken"

    def to(self, address: str) -> list[str]:
        return [text_of(one) for one in self.mails if one["To"] == address]


def text_of(message: Message) -> str:
    part: Any = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    return str(part.get_payload(decode=True).decode())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def post_office() -> Iterator[Post]:
    """Mails go to it and nowhere else."""
    box = Post()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        with override_settings(SMTP_URL=f"smtp://127.0.0.1:{server.port}"):
            yield box
    finally:
        server.stop()
