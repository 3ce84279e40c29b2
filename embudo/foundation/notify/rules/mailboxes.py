"""Looking into a mailbox over IMAP: what has come, its first bytes, and the marks that say it was looked at."""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imap_tools import (
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailBoxStartTls,
    MailBoxUnencrypted,
    MailMessageFlags,
)

from embudo.foundation.notify.rules.bounces import BounceBox, bounce_box
from embudo.foundation.notify.rules.mails import one_line

TIMEOUT = 15.0  # seconds for each answer of the server
AT_ONCE = 200
# Of each mail, in bytes: reports stand at the beginning, and nobody shall fill our memory by mail.
LOOKED_AT = 256 * 1024
FAULTS = (OSError, ValueError, ImapToolsError, imaplib.IMAP4.error)


@contextmanager
def opened(box: BounceBox) -> Iterator[BaseMailBox]:
    """The mailbox, its folder chosen. Raises one of FAULTS."""
    server = box.server
    mailbox: BaseMailBox
    if server.has_tls:
        mailbox = MailBox(server.host, server.port, TIMEOUT, ssl_context=ssl.create_default_context())
    elif server.has_starttls:
        mailbox = MailBoxStartTls(server.host, server.port, TIMEOUT, ssl_context=ssl.create_default_context())
    else:
        mailbox = MailBoxUnencrypted(server.host, server.port, TIMEOUT)
    try:
        mailbox.login_utf8(server.user, server.password, box.folder)
        yield mailbox
    finally:
        mailbox.client.shutdown()


def unseen(mailbox: BaseMailBox) -> list[str]:
    """The numbers of the oldest mails that nobody has looked at."""
    return mailbox.uids("UNSEEN", charset=None)[:AT_ONCE]


def beginning(mailbox: BaseMailBox, uid: str) -> bytes:
    """The first bytes of a mail, which does not count as looked at by that; empty where somebody took it away meanwhile."""
    _status, found = mailbox.client.uid("fetch", uid, f"(BODY.PEEK[]<0.{LOOKED_AT}>)")
    return next((part[1] for part in found if isinstance(part, tuple)), b"")


def mark_seen(mailbox: BaseMailBox, uid: str, *, is_flagged: bool) -> None:
    """That it was looked at; flagged for a person where it told a program nothing."""
    flags = [MailMessageFlags.SEEN, *([MailMessageFlags.FLAGGED] if is_flagged else [])]
    mailbox.flag([uid], flags, value=True)


def fault_text(fault: Exception) -> str:
    return one_line(f"{type(fault).__name__}: {fault}", 300)


def mailbox_state(url: str) -> str:
    """ "ok", or why the mailbox that BOUNCE_URL names cannot be read."""
    try:
        with opened(bounce_box(url)) as mailbox:
            unseen(mailbox)
    except FAULTS as fault:
        return fault_text(fault)
    return "ok"
