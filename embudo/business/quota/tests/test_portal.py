import io
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from embudo.business.quota import commands, queries
from embudo.business.quota.commands import Grounds
from embudo.business.quota.models import Account, Change, PortalLink, SpendRequest
from embudo.business.quota.rules.periods import start_of
from embudo.business.quota.rules.portal import RENEWALS
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import (
    a_company,
    a_policy,
    an_account,
    authorised,
    oscar,
    spent,
    till,
)
from embudo.business.quota.tests.changing import a_mailed_account, checker, under_review
from embudo.foundation.access.tests.builders import a_client
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.errors import NotFound, Refused

pytestmark = pytest.mark.django_db


def shared(account: Account, **values: Any) -> str:
    """Sends a link; its address, as the mail says it."""
    commands.share_portal(oscar(), account, **({"address": "jo@example.com", "language": "en"} | values))
    mail = Mail.objects.order_by("-created", "-pk").first()
    assert mail is not None
    found = re.search(r"/quota/own/\S+", mail.text)
    assert found
    return found.group()


def read(url: str, **query: Any) -> tuple[int, str]:
    answer = Client().get(url, query)
    return answer.status_code, answer.content.decode()


def test_share_portal_mails_a_link_that_opens_the_customers_quota_without_signing_in() -> None:
    account = an_account(100_00)
    spent(account, 30_00, note="Shoes")
    authorised(account, 10_00, note="Hotel")
    url = shared(account)
    status, page = read(url)
    assert status == 200
    assert all(text in page for text in ("$60.00", "$30.00", "Hotel", account.reference, "Your quota"))
    assert url.split("/")[3] not in PortalLink.objects.get().token_hash
    assert PortalLink.objects.get().opened is not None


def test_portal_is_kept_out_of_caches_and_logs_and_speaks_the_customers_language() -> None:
    url = shared(an_account(100_00), language="pl")
    answer = Client().get(url)
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert 'lang="pl"' in answer.content.decode()
    assert 'lang="fr"' in read(url, lang="fr")[1]


@pytest.mark.parametrize("fault", ["revoked", "old", "forged", "closed"])
def test_portal_link_that_is_no_longer_good_shows_nothing(fault: str) -> None:
    account = an_account(100_00)
    url = shared(account)
    moment = clock.now() + timedelta(days=91 if fault == "old" else 0)
    if fault == "revoked":
        commands.revoke_portal_link(oscar(), PortalLink.objects.get())
    if fault == "forged":
        url = url[:-4] + "abc/"
    if fault == "closed":
        commands.close_account(oscar(), account, reason="moved")
    with clock.at(moment):
        status, page = read(url)
    assert status == 404
    assert account.reference not in page
    assert reverse("quota:renew") in page


def test_statement_sums_are_those_of_the_ledger_as_pdf_and_as_xlsx() -> None:
    account = an_account(100_00)
    hold = spent(account, 30_00, source="pos-1")
    commands.refund_hold(till(), hold, amount=account.money(5_00))
    account.refresh_from_db()
    one = queries.statement(account, account.period_start)
    assert (one.sums["capture"], one.sums["refund"], one.consumed) == (30_00, 5_00, account.consumed_minor)
    url = shared(account)
    sheet = Client().get(f"{url}{account.period_start.isoformat()}.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(sheet.streaming_content)))  # type: ignore[attr-defined]
    rows = book.get_sheet_by_index(0).to_python()
    assert [row[3] for row in rows[1:]] == [30.0, -5.0]


def downloaded(url: str) -> bytes:
    answer: Any = Client().get(url)
    return b"".join(answer.streaming_content)


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="install poppler-utils")
def test_statement_as_pdf_says_what_was_spent_refunded_and_topped_up(tmp_path: Path) -> None:
    account = an_account(100_00)
    hold = spent(account, 30_00, note="Shoes")
    commands.refund_hold(till(), hold, amount=account.money(5_00), note="Between colleagues")
    commands.top_up(oscar(), account, amount=account.money(12_00))
    content = downloaded(f"{shared(account)}{account.period_start.isoformat()}.pdf")
    assert b"pdfuaid:part" in content
    file = tmp_path / "statement.pdf"
    file.write_bytes(content)
    done = subprocess.run(
        ["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True
    )
    words = " ".join(done.stdout.split())
    assert all(
        part in words for part in ("Spent $30.00", "Refunded $5.00", "Topped up $12.00", "Consumed $25.00")
    )
    assert "Shoes" in words
    assert "Between colleagues" not in words


def test_statement_tells_what_is_left_of_top_ups_apart_from_what_was_paid() -> None:
    account = an_account(100_00)
    commands.top_up(oscar(), account, amount=account.money(40_00))
    with clock.at(start_of(account.period_end) + timedelta(days=1)):
        spent(account, 10_00)
        account.refresh_from_db()
        one = queries.statement(account, account.period_start)
    assert (one.sums["topup"], one.brought, one.consumed) == (0, 40_00, 10_00)


def test_statement_of_a_day_on_which_no_period_begins_is_not_found() -> None:
    account = an_account(100_00)
    with pytest.raises(NotFound):
        queries.statement(account, account.period_start + timedelta(days=1))
    assert read(f"{shared(account)}2020-01-01.pdf")[0] == 404


def test_wish_change_from_the_portal_goes_to_those_who_approve() -> None:
    account = an_account(100_00)
    url = shared(account)
    answer = Client().post(f"{url}change/", {"amount": "150", "reason": "A journey", "tier_name": ""})
    change = Change.objects.get()
    assert (answer.status_code, change.asked_by, change.to_minor) == (302, None, 150_00)
    assert "A journey" not in read(url)[1]
    assert "asked for by you" in read(answer["Location"])[1]


def test_portal_says_in_the_customers_words_why_nothing_can_be_spent() -> None:
    account = an_account(100_00)
    url = shared(account)
    commands.block_account(oscar(), account, grounds=Grounds(Cause.OFFICER, "Looks like fraud"))
    page = read(url)[1]
    assert "Your quota is on hold. Ask us why, please." in page
    assert "fraud" not in page
    commands.block_account.inner(oscar(), account, grounds=Grounds(Cause.OVERDUE))
    assert "because invoices are overdue" in read(url)[1]


def test_portal_tells_nothing_of_what_colleagues_turned_down_among_themselves() -> None:
    account = a_mailed_account(100_00)
    url = shared(account)
    commands.reject_change(checker(), under_review(account), reason="They never pay")
    page = read(url)[1]
    assert "$300.00" not in page
    assert "They never pay" not in page


def test_portal_tells_the_customer_why_their_own_wish_was_rejected() -> None:
    account = a_mailed_account(100_00)
    url = shared(account)
    Client().post(f"{url}change/", {"amount": "150", "reason": "A journey", "tier_name": ""})
    commands.reject_change(checker(), Change.objects.get(), reason="Too soon after the last one")
    assert "Too soon after the last one" in read(url)[1]


def test_wish_change_asks_for_a_first_limit_where_none_is_set() -> None:
    account = a_mailed_account(None)
    url = shared(account)
    page = read(url)[1]
    assert "No limit has been set yet" in page
    assert f"{url}change/" in page
    Client().post(f"{url}change/", {"amount": "150", "reason": "A journey", "tier_name": ""})
    assert Change.objects.get().state == "review"


def test_wish_change_without_an_amount_says_what_is_missing_and_keeps_what_was_typed() -> None:
    url = shared(an_account(100_00))
    answer = Client().post(f"{url}change/", {"reason": "A journey", "tier_name": ""})
    assert answer.status_code == 422
    assert "Choose a tier, or enter an amount." in answer.content.decode()
    assert "A journey" in answer.content.decode()


def test_wish_more_asks_an_officer_where_the_policy_offers_it() -> None:
    account = an_account(100_00, at_limit="ask")
    url = shared(account)
    assert f"{url}more/" in read(url)[1]
    Client().post(f"{url}more/", {"amount": "20", "reason": "Taxi"})
    assert SpendRequest.objects.get().amount_minor == 20_00
    page = read(url)[1]
    assert "Taxi" not in page
    assert f"{url}more/" not in page  # until it is answered
    other = shared(an_account(100_00))
    assert f"{other}more/" not in read(other)[1]


def test_renew_portal_link_mails_only_the_address_on_file_and_tells_nobody() -> None:
    account = an_account(100_00, customer=a_company(email="jo@example.com"))
    page = Client().post(
        reverse("quota:renew"), {"reference": account.reference, "address": "eve@example.com"}
    )
    assert "a mail is on its way" in page.content.decode()
    assert not PortalLink.objects.exists()
    Client().post(reverse("quota:renew"), {"reference": account.reference, "address": "JO@example.com"})
    assert PortalLink.objects.get().address == "jo@example.com"


def test_renew_portal_link_fills_nobodys_mailbox(client: Client) -> None:
    account = an_account(100_00, customer=a_company(email="jo@example.com"))
    asked = {"reference": account.reference, "address": "jo@example.com"}
    statuses = [
        client.post(reverse("quota:renew"), asked, REMOTE_ADDR=f"192.0.2.{number}").status_code
        for number in range(RENEWALS + 1)
    ]
    assert statuses == [200] * RENEWALS + [429]
    assert PortalLink.objects.count() == RENEWALS


def test_share_portal_without_an_address_on_file_is_refused() -> None:
    with pytest.raises(Refused) as fault:
        commands.share_portal(oscar(), an_account(100_00))
    assert fault.value.code == "quota.no_address"


def test_revoke_portal_link_page_and_list_show_what_was_sent() -> None:
    account = an_account(100_00)
    shared(account)
    link = PortalLink.objects.get()
    officer = a_client(oscar())
    assert "jo@example.com" in officer.get(reverse("quota:portal_links", args=[account.pk])).content.decode()
    officer.post(reverse("quota:portal_revoke", args=[link.pk]))
    link.refresh_from_db()
    assert link.revoked is not None


def test_share_portal_page_sends_a_link() -> None:
    account = an_account(100_00)
    answer = a_client(oscar()).post(
        reverse("quota:portal_share", args=[account.pk]), {"address": "jo@example.com", "language": "es"}
    )
    assert answer.status_code == 302
    assert PortalLink.objects.get().language == "es"


def test_note_portal_visit_is_entered_once_a_day() -> None:
    account = an_account(100_00)
    url = shared(account)
    read(url)
    first = PortalLink.objects.get().opened
    read(url)
    assert PortalLink.objects.get().opened == first


@pytest.mark.parametrize("count", [1, 3])
def test_portal_asks_a_constant_number_of_queries(count: int, django_assert_max_num_queries: Any) -> None:
    account = an_account(100_00, policy=a_policy())
    for number in range(count):
        authorised(account, 1_00, note=f"Hold {number}")
    url = shared(account)
    read(url)
    with django_assert_max_num_queries(24):
        assert read(url)[1].count("Hold ") == count
