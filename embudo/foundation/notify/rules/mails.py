from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

MAX_ATTEMPTS = 20  # with the queue's growing pauses about nine hours
KEPT_DAYS = 90
SMTP_PORTS = {"smtp": 25, "smtps": 465, "smtp+tls": 587}


def template_path(template: str) -> str:
    """ "sales/lead_assigned" -> "sales/mail/lead_assigned"; a path that says "/mail/" itself is left as it is."""
    module, _slash, name = template.partition("/")
    return template if "/mail/" in template else f"{module}/mail/{name}"


def one_line(text: str, limit: int = 250) -> str:
    """Text that is safe in a header: no line ends, no control characters, not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:limit]


@dataclass(frozen=True)
class MailServer:
    host: str
    port: int
    user: str = ""
    password: str = ""
    has_tls: bool = False  # from the first byte
    has_starttls: bool = False


def mail_server(url: str, ports: Mapping[str, int], says: str) -> MailServer:
    """
    Reads scheme://user:password@host:port. Of the `ports` by scheme, "…s" stands for TLS from the start, "…+tls" for STARTTLS.
    Refuses (ValueError, with what `says` how it must look) any other.
    """
    parts = urlsplit(url)
    if parts.scheme not in ports or not parts.hostname:
        raise ValueError(says)
    return MailServer(
        parts.hostname,
        parts.port or ports[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        has_tls=parts.scheme.endswith("s") and "+" not in parts.scheme,
        has_starttls=parts.scheme.endswith("+tls"),
    )


def smtp_server(url: str) -> MailServer:
    """What SMTP_URL says: smtp://, smtps:// or smtp+tls://, with user:password@ where the server asks for it."""
    return mail_server(
        url, SMTP_PORTS, "SMTP_URL must look like smtp://user:password@host:port, smtps://… or smtp+tls://…"
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
