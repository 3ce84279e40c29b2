from datetime import UTC, datetime

import pytest

from embudo.foundation.notify.rules.mails import (
    Letter,
    MailServer,
    ascii_address,
    one_line,
    smtp_server,
    template_path,
)
from embudo.foundation.notify.rules.news import notification_kind


def a_letter(**given: str) -> Letter:
    wanted = {
        "mail_from": "Embudo <no-reply@example.com>", "to": "a@example.org", "subject": "Hi", "text": "Zażółć\n",
        "html": "<p>Zażółć</p>", "language": "pl", "message_id": "<1@example.com>",
    }  # fmt: skip
    return Letter(**(wanted | given), date=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))


def test_smtp_server_reads_plain_url() -> None:
    assert smtp_server("smtp://mail.example.org") == MailServer("mail.example.org", 25)


def test_smtp_server_reads_tls_and_login() -> None:
    server = smtp_server("smtps://us%40er:p%3Aw@mail.example.org")
    assert server == MailServer("mail.example.org", 465, "us@er", "p:w", has_tls=True)


def test_smtp_server_reads_starttls_port() -> None:
    server = smtp_server("smtp+tls://mail.example.org:2525")
    assert (server.port, server.has_starttls) == (2525, True)


def test_smtp_server_refuses_other_urls() -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        smtp_server("http://mail.example.org")


def test_one_line_takes_out_line_ends() -> None:
    assert one_line("Hi\r\nBcc: eve@example.org\x00 \u2028x") == "Hi Bcc: eve@example.org x"


def test_letter_has_no_injected_header() -> None:
    message = a_letter(subject="Hi\r\nBcc: eve@example.org").as_message()
    assert message["Bcc"] is None
    assert message["Subject"] == "Hi Bcc: eve@example.org"


def test_letter_refuses_address_with_line_end() -> None:
    with pytest.raises(ValueError):
        a_letter(to="a@example.org\r\nBcc: eve@example.org").as_message()


def test_letter_says_who_wrote_it_and_when() -> None:
    message = a_letter().as_message()
    assert message["Date"] == "Sun, 01 Mar 2026 09:30:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<1@example.com>"
    assert message["Content-Language"] == "pl"


def test_letter_has_text_and_html() -> None:
    parts = [part.get_content() for part in a_letter().as_message().iter_parts()]
    assert [part.strip() for part in parts] == ["Zażółć", "<p>Zażółć</p>"]


def test_ascii_address_writes_domain_for_every_server() -> None:
    assert ascii_address("marta@żółw.example") == "marta@xn--w-uga1v8h.example"


def test_template_path_stands_in_the_module() -> None:
    assert template_path("sales/lead_assigned") == "sales/mail/lead_assigned"


def test_notification_kind_refuses_unknown() -> None:
    with pytest.raises(ValueError, match="register"):
        notification_kind("nobody.knows")
