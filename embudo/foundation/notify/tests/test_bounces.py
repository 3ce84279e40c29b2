"""What mails that came back say: those of some 80 mail systems, and hostile ones."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from embudo.foundation.notify.rules.bounces import bounce_box, bounce_in
from embudo.foundation.notify.rules.mails import MailServer

BOX = bounce_box("imaps://bounces%40example.com:x@mail.example.com")
MAIL = UUID("0199a3c5-5c1e-7b7e-8f6a-3f1b0c2d4e5f")
REPORTS = Path(__file__).parent / "data" / "reports.tar.gz"


def reports() -> Iterator[tuple[str, bytes]]:
    with tarfile.open(REPORTS) as archive:
        for member in archive:
            if file := archive.extractfile(member):
                yield member.name, file.read()


def a_report(
    action: str = "failed", *, to: str = "bounces@example.com", said: str = "smtp; 550 5.1.1 no such person"
) -> bytes:
    return f"""Return-Path: <>
Delivered-To: {to}
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I am sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; marta@example.org
Action: {action}
Status: 5.1.1
Diagnostic-Code: {said}

--b
Content-Type: text/rfc822-headers

From: Embudo <no-reply@example.com>
Message-ID: <of-ours@example.com>
Subject: Hello
--b--
""".replace("\n", "\r\n").encode()


def test_bounce_box_reads_what_bounce_url_says() -> None:
    box = bounce_box("imap+tls://us%40er:p%2Fw@mail.example.com/Returned/Mails?address=bounces@example.com")
    assert box.server == MailServer("mail.example.com", 143, "us@er", "p/w", has_starttls=True)
    assert (box.folder, box.address) == ("Returned/Mails", "bounces@example.com")
    assert (BOX.server.port, BOX.server.has_tls, BOX.folder) == (993, True, "INBOX")


@pytest.mark.parametrize(
    "url",
    [
        "pop://bounces%40example.com:x@mail.example.com",
        "imaps://bounces:x@mail.example.com",
        "imaps://u:x@mail.example.com?address=two@at@example.com",
        "imaps://u:x@mail.example.com?address=a-very-long-name-of-a-mailbox@example.com",
        "imaps://u:x@mail.example.com?address=odbi%C4%87@example.com",
    ],
)
def test_bounce_box_refuses_what_cannot_be_a_mailbox(url: str) -> None:
    with pytest.raises(ValueError, match="BOUNCE_URL must look like"):
        bounce_box(url)


def test_return_path_is_an_address_that_every_server_takes_and_leads_back() -> None:
    address = BOX.return_path(MAIL, 12)
    assert len(address.partition("@")[0]) <= 64  # RFC 5321 4.5.3.1.1
    found = bounce_in(a_report(to=address.upper()), BOX)
    assert found is not None
    assert (found.mark, found.reason) == ((MAIL, 12), "550 5.1.1 no such person")


def test_report_without_our_mark_names_the_mail_it_encloses() -> None:
    found = bounce_in(a_report(), BOX)
    assert found is not None
    assert (found.mark, found.message_ids) == (None, ("<of-ours@example.com>",))


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_report_of_anything_but_a_failure_is_none(action: str) -> None:
    assert bounce_in(a_report(action), BOX) is None


def test_absence_note_to_our_mark_is_no_bounce() -> None:
    note = (
        f"Return-Path: <>\nTo: {BOX.return_path(MAIL, 1)}\nFrom: Marta <marta@example.org>\nSubject: Absent\n"
    )
    assert bounce_in(f"{note}Auto-Submitted: auto-generated\n\nBack on Monday".encode(), BOX) is None


def test_reports_of_many_mail_systems_are_understood_and_nothing_else_is_one() -> None:
    """What is left of the bounces are delays for the most part. Reports of abuse and absence notes are no bounces."""
    understood, bounces, mistaken = 0, 0, []
    for name, raw in reports():
        is_understood = bounce_in(raw, BOX) is not None
        folder, _slash, file = name.partition("/")
        if folder == "not" or file.startswith(("arf-", "rfc3834-")):
            mistaken += [name] if is_understood else []
        else:
            bounces += 1
            understood += is_understood
    assert (mistaken, bounces) == ([], 407)
    assert understood / bounces >= 0.9


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 1000,
        b"Subject: =?no-such-charset?Q?=FF?=\r\nX-Failed-Recipients: x\r\n\r\n",
        b"From: \xff\xfe\r\n\r\n\xff",
        b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(5000)),
        a_report(said="smtp;" + " 5" * 40_000),
        a_report()[:700],
    ],
    ids=["nothing", "nulls", "charset", "bytes", "boundary", "deep", "long", "cut off"],
)
def test_hostile_mails_raise_nothing(raw: bytes) -> None:
    found = bounce_in(raw, BOX)
    assert found is None or len(found.reason) <= 500
