from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

MAX_ATTEMPTS = 20  # with the queue's growing pauses about nine hours
KEPT_DAYS = 90
FOLLOWED = "notify.followed"  # the kind of news that followers get


def always() -> bool:
    return True


@dataclass(frozen=True)
class NotificationKind:
    """
    A sort of news ("sales.lead_assigned") that users may switch on and off. `is_shown` and `is_mailed` are what holds until
    they choose; `mails_allowed` is the organisation's own switch, asked each time.
    """

    code: str
    label: Any
    is_mailed: bool = True
    is_shown: bool = True
    mails_allowed: Callable[[], bool] = always


_kinds: dict[str, NotificationKind] = {}


def register_notification_kind(kind: NotificationKind) -> None:
    _kinds[kind.code] = kind


def notification_kind(code: str) -> NotificationKind:
    if code not in _kinds:
        raise ValueError(f"no notification kind is called {code}; register it in the module's hooks")
    return _kinds[code]


def all_notification_kinds() -> list[NotificationKind]:
    return [_kinds[code] for code in sorted(_kinds)]


def follow_key(kind: str, record_id: UUID) -> str:
    """One unread piece of news a record: what happens next is added to it."""
    return f"{FOLLOWED}:{kind}:{record_id}"


def followed_by_key(key: str) -> tuple[str, UUID] | None:
    """Kind and id of the record that such news is about; None for other news."""
    code, _colon, rest = key.partition(":")
    kind, _colon, record_id = rest.partition(":")
    return (kind, UUID(record_id)) if code == FOLLOWED and record_id else None


@dataclass(frozen=True)
class MailBody:
    """A template of its own for a notification's mail ("sales/lead_assigned") and what stands in it."""

    template: str
    context: dict[str, Any]


def template_path(template: str) -> str:
    """ "sales/lead_assigned" -> "sales/mail/lead_assigned"; a path that says "/mail/" itself is left as it is."""
    module, _slash, name = template.partition("/")
    return template if "/mail/" in template else f"{module}/mail/{name}"


def one_line(text: str, limit: int = 250) -> str:
    """Text that is safe in a header: no line ends, no control characters, not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:limit]


@dataclass(frozen=True)
class SmtpServer:
    host: str
    port: int
    user: str = ""
    password: str = ""
    has_tls: bool = False  # from the first byte
    has_starttls: bool = False


DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}


def smtp_server(url: str) -> SmtpServer:
    """What SMTP_URL says: smtp://, smtps:// or smtp+tls://, with user:password@ where the server asks for it."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError("SMTP_URL must look like smtp://user:password@host:port, smtps://… or smtp+tls://…")
    return SmtpServer(
        parts.hostname,
        parts.port or DEFAULT_PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        has_tls=parts.scheme == "smtps",
        has_starttls=parts.scheme == "smtp+tls",
    )


def ascii_address(address: str) -> str:
    """The address with its domain as servers everywhere take it."""
    local, _at, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode('ascii')}" if not domain.isascii() else address


def sender(mail_from: str) -> Address:
    name, address = parseaddr(mail_from)
    return Address(one_line(name), addr_spec=ascii_address(address))


@dataclass(frozen=True)
class Letter:
    """All that a mail consists of, apart from any database."""

    mail_from: str
    to: str
    subject: str
    text: str
    html: str
    language: str
    message_id: str
    date: datetime

    def as_message(self) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = sender(self.mail_from)
        message["To"] = Address(addr_spec=ascii_address(self.to))
        message["Subject"] = one_line(self.subject)
        message["Date"] = format_datetime(self.date)
        message["Message-ID"] = self.message_id
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.text)
        if self.html:
            message.add_alternative(self.html, subtype="html")
        message["Content-Language"] = self.language  # last: set_content() takes such headers away
        return message
