"""What a mail says that came back to us: which of ours it was about, and whether that one will never arrive."""

import email
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from flufl.bounce import all_failures

from embudo.foundation.notify.rules.mails import MailServer, mail_server, one_line

PORTS = {"imap": 143, "imaps": 993, "imap+tls": 143}
# Where servers say to which of our addresses they delivered.
RECEIVER_HEADERS = ("Delivered-To", "X-Delivered-To", "X-Original-To", "Envelope-To", "To")
REPORTERS = re.compile(r"\b(mailer[- ]daemon|postmaster)\b", re.IGNORECASE)
DELAYS = re.compile(r"delay|warning|retried", re.IGNORECASE)
MOST_IDS = 5
END_OF_HEAD = re.compile(rb"\r\n\r\n|\n\n|\r\r")
QUOTED_ID = re.compile(rb"^[>\s]*Message-ID:\s*(<[^<>\s]{3,198}>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class BounceBox:
    """The mailbox that mails come back to. `address` is the one they are sent from, before its "+" and our mark."""

    server: MailServer
    folder: str
    address: str

    def return_path(self, mail_id: UUID, sending: int) -> str:
        """The sender's address on the envelope of one mail: whatever comes back to it is about that mail."""
        local, _at, domain = self.address.rpartition("@")
        return f"{local}+{mail_id.hex}-{sending}@{domain}"

    def mark_in(self, message: Message) -> tuple[UUID, int] | None:
        """Which mail (its id and sending) was sent from the address that this one came back to."""
        local, _at, domain = (re.escape(part) for part in self.address.rpartition("@"))
        pattern = re.compile(rf"\b{local}\+([0-9a-f]{{32}})-(\d{{1,4}})@{domain}\b", re.IGNORECASE)
        for name in RECEIVER_HEADERS:
            for value in message.get_all(name, []):
                if found := pattern.search(str(value)):
                    return UUID(found[1]), int(found[2])
        return None


def bounce_box(url: str) -> BounceBox:
    """
    What BOUNCE_URL says: imap://, imaps:// or imap+tls://, user and password, the folder as path (without one the inbox), and
    ?address= where the user's name is not the mailbox's address.
    """
    says = "BOUNCE_URL must look like imaps://user:password@host/folder?address=bounces@example.com"
    server, parts = mail_server(url, PORTS, says), urlsplit(url)
    address = parse_qs(parts.query).get("address", [server.user])[0]
    if not re.fullmatch(r"[^@\s]{1,24}@[^@\s]+", address) or not address.isascii():
        raise ValueError(f"{says}; an address of at most 24 plain letters before its @ is missing")
    return BounceBox(server, unquote(parts.path.strip("/")) or "INBOX", address)


@dataclass(frozen=True)
class Bounce:
    """That a mail of ours will never arrive: by its mark, else by a Message-ID that the report quotes."""

    mark: tuple[UUID, int] | None
    message_ids: tuple[str, ...]
    reason: str


def bounce_in(raw: bytes, box: BounceBox) -> Bounce | None:
    """
    What a mail reports that failed for good; None where it is a delay, an absence note, or anything else. Never raises, whatever
    is in the mail. Formats: RFC 3464, and those that flufl.bounce knows.
    """
    try:
        message = email.message_from_bytes(raw)
        reason = failure_in(message)
        if reason is None:
            return None
        return Bounce(box.mark_in(message), message_ids(raw), one_line(reason, 500))
    except Exception:  # noqa: BLE001 - strangers write these mails: what no parser can read tells us nothing
        return None


def failure_in(message: Message) -> str | None:
    """Why the mail is reported never to arrive; None where that is not what the message says."""
    reports = list(_reports(message))
    failed = [report for report in reports if report["Action"] == "failed"]
    if failed:
        return _diagnosis(failed[0]) or _subject(message)
    if reports:
        return None  # of a delay, of a relay, or that it has arrived
    delayed, lost = all_failures(message)
    if lost:
        return _subject(message)
    return _subject(message) if not delayed and _is_report(message) else None


def _reports(message: Message) -> Iterator[Mapping[str, str]]:
    """What a delivery report says of each address: name -> value. Some leave out the empty lines that belong between them."""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            text = "\n\n".join(map(str, blocks)) if isinstance(blocks, list) else str(blocks)
            folded = re.sub(r"\r?\n[ \t]+", " ", text)
            for block in re.split(r"\n\s*\n", folded):
                lines = (line.partition(":") for line in block.splitlines())
                found = {name.strip().title(): value.strip() for name, _colon, value in lines}
                if "Action" in found:
                    yield found | {"Action": re.split(r"[\s;(]", found["Action"])[0].lower()}


def _diagnosis(report: Mapping[str, str]) -> str:
    """What the other server said, without the name of its language ("smtp; 550 no such person")."""
    said = report.get("Diagnostic-Code") or report.get("Status", "")
    return re.sub(r"^\s*[\w-]+\s*;\s*", "", said)


def _header(message: Message, name: str) -> str:
    """A header in plain words, however it was written."""
    value = message[name]
    with suppress(ValueError, LookupError, HeaderParseError):
        return str(make_header(decode_header(value))) if value else ""
    return str(value)


def _subject(message: Message) -> str:
    return _header(message, "Subject") or "?"


def _is_report(message: Message) -> bool:
    """
    A report in words that nobody knows. That no address stands behind it says little: absence notes come without one, too; so it
    has to come from a mail server, and to speak of no delay.
    """
    if _header(message, "X-Failed-Recipients"):
        return True
    comes_from = _header(message, "Return-Path").strip("<> ")
    is_machine = bool(REPORTERS.search(_header(message, "From"))) and (
        not comes_from or bool(REPORTERS.search(comes_from))
    )
    is_answer = _header(message, "Auto-Submitted").lower().startswith("auto-replied")
    return is_machine and not is_answer and not DELAYS.search(_subject(message))


def message_ids(raw: bytes) -> tuple[str, ...]:
    """The Message-IDs that stand below a message's own head: of what it encloses or quotes."""
    body = [*END_OF_HEAD.split(raw, maxsplit=1), b""][1]
    found = dict.fromkeys(match[1].decode("ascii", "replace") for match in QUOTED_ID.finditer(body))
    return tuple(found)[:MOST_IDS]
