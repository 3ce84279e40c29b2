"""The page under the link in the customer's mail: without signing in, without script."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from embudo.business.quota import commands
from embudo.business.quota.models import Block, Change
from embudo.business.quota.tests.builders import ada, fresh
from embudo.business.quota.tests.changing import (
    DAILY,
    YES,
    a_customer,
    a_mailed_account,
    asker,
    awaiting,
    checker,
    denied,
    drafted,
    newest_question,
    on_its_day,
    reread,
    signed,
    token_of,
)
from embudo.business.quota.views.guests import LOOKS
from embudo.foundation.access.tests.builders import with_roles
from embudo.kernel import clock
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def link(change: Change) -> str:
    return f"/quota/answer/{token_of(change)}/"


def look(change: Change, **query: str) -> str:
    response = Client().get(link(change), query)
    assert response.status_code == 200
    return str(response.content.decode())


def send(change: Change, **typed: str) -> Any:
    """A form without a cookie, as a browser that keeps none sends it."""
    return Client(enforce_csrf_checks=True).post(link(change), typed)


def test_page_shows_who_asks_and_what_changes_without_changing_anything() -> None:
    change = awaiting(a_mailed_account(country="GB"))
    page = look(change)
    for text in (
        "Oscar Officer",
        "$100.00",
        "$300.00",
        "More travel",
        "This was me: I agree",
        change.account.reference,
    ):
        assert text in page
    assert reread(change).state == "awaiting"
    assert newest_question(change).answered is None


def test_page_notes_once_that_it_was_opened() -> None:
    change = awaiting()
    look(change)
    look(change)
    assert LogEntry.objects.filter(name="quota.QuestionOpened").count() == 1


def test_page_tells_a_customer_that_they_asked_themselves() -> None:
    change = commands.submit_change(a_customer(), drafted(a_mailed_account(country="GB"), by=a_customer()))
    commands.approve_change(checker(), change)
    assert "You, through your own page" in look(change)


def test_page_is_kept_by_nobody_and_tells_nobody_its_address() -> None:
    response = Client().get(link(awaiting()))
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
    assert not response.cookies


@pytest.mark.parametrize(("country", "language"), [("GB", "en"), ("FR", "fr"), ("ES", "es"), ("PL", "pl")])
def test_page_speaks_the_language_of_the_mail(country: str, language: str) -> None:
    change = awaiting(a_mailed_account(country=country))
    assert f'<html lang="{language}"' in look(change)
    assert '<html lang="en"' in look(change, lang="en")
    assert f'<html lang="{language}"' in look(change, lang="xx")


def test_yes_accepts_and_the_page_says_so() -> None:
    change = awaiting(a_mailed_account(country="GB"))
    response = send(change, answer="yes")
    assert (response.status_code, response["Location"]) == (302, link(change))
    assert reread(change).state == "accepted"
    page = look(change)
    assert "you said: this was me." in page
    assert "<button" not in page.partition("<main")[2].partition("</main>")[0]


def test_no_ends_it_and_says_that_the_quota_is_on_hold() -> None:
    change = awaiting(a_mailed_account(country="GB"))
    response = send(change, answer="no", code="other", reason="Never heard of <b>it</b>")
    assert response.status_code == 302
    assert (reread(change).state, fresh(change.account).state) == ("denied", "held")
    assert newest_question(change).reason == "Never heard of <b>it</b>"
    page = look(change)
    assert "you said: this was not me." in page
    assert "your quota is on hold" in page


@pytest.mark.parametrize(
    ("typed", "field"),
    [({}, "id_code"), ({"code": "made-up"}, "id_code"), ({"code": "other", "reason": " "}, "id_reason")],
)
def test_no_without_a_reason_shows_the_form_again(typed: dict[str, str], field: str) -> None:
    change = awaiting()
    response = send(change, answer="no", **typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert f'href="#{field}' in page
    assert 'aria-invalid="true"' in page or 'aria-describedby="' in page
    assert reread(change).state == "awaiting"


def test_answer_that_comes_second_is_told_what_became_of_it() -> None:
    change = awaiting(a_mailed_account(country="GB"))
    send(change, answer="yes")
    response = send(change, answer="no", code="not_asked")
    assert response.status_code == 409
    assert "You have answered. Thank you." in response.content.decode()
    assert reread(change).state == "accepted"


def test_page_of_a_yes_by_phone_offers_a_no_alone() -> None:
    change = awaiting(a_mailed_account(country="GB"))
    commands.record_answer(checker(), change, said=YES, evidence="They called")
    page = look(change)
    assert "Somebody told us by phone that you agree" in page
    assert "This was me: I agree" not in page
    assert send(change, answer="yes").status_code == 409
    assert send(change, answer="no", code="not_asked").status_code == 302
    assert reread(change).state == "denied"


def test_page_of_a_link_that_ended_says_why() -> None:
    change = awaiting(a_mailed_account(country="GB", answer_days=2))
    old = link(change)
    with clock.at(clock.now() + timedelta(days=4)):
        assert "The time to answer is over." in look(change)
    commands.send_question_again(asker(), change)
    assert "A newer mail was sent to you." in Client().get(old).content.decode()
    commands.mark_undeliverable(asker(), newest_question(change))
    assert "came back to us" in look(change)
    commands.recall_change(asker(), change, reason="Mistaken")
    assert "The change was taken back." in look(change)


def test_page_says_when_the_new_amount_applies() -> None:
    change = signed(a_mailed_account(country="GB"))
    assert "is being prepared" in look(change)
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        assert "The new amount applies." in look(change)


def test_page_of_a_denied_change_stays_as_it_is() -> None:
    change = denied(awaiting(a_mailed_account(country="GB")))
    assert send(change, answer="yes").status_code == 409
    assert reread(change).state == "denied"


def test_token_that_is_none_of_ours_is_not_found() -> None:
    change = awaiting()
    token = token_of(change)
    for wrong in (
        "no-such-token",
        token[:-2],
        f"{token[:10]}X{token[11:]}",
        newest_question(change).token_hash,
    ):
        response = Client().get(f"/quota/answer/{wrong}/")
        assert response.status_code == 404
        assert change.account.reference not in response.content.decode()
        assert Client().post(f"/quota/answer/{wrong}/", {"answer": "yes"}).status_code == 404


def test_looks_are_counted() -> None:
    with_roles()
    for _look in range(LOOKS):
        Client().get("/quota/answer/guess/")
    response = Client().get("/quota/answer/guess/")
    assert (response.status_code, response.has_header("Retry-After")) == (429, True)


def test_page_needs_few_queries(django_assert_max_num_queries: Any) -> None:
    change = awaiting()
    look(change)
    with django_assert_max_num_queries(14):
        look(change)


def test_page_says_that_silence_counted_as_a_yes() -> None:
    change = awaiting(a_mailed_account(country="GB", silence="accept", answer_days=2))
    commands.mark_delivered(DAILY, newest_question(change))
    with clock.at(clock.now() + timedelta(days=4)):
        commands.expire_answer(DAILY, change)
        page = look(change)
    assert "The time to answer is over." in page
    assert "is being prepared" in page
    assert "you said" not in page


def test_page_says_no_more_that_the_quota_is_on_hold_once_it_is_not() -> None:
    change = denied(awaiting(a_mailed_account(country="GB")))
    assert "your quota is on hold" in look(change)
    commands.lift_block(ada(), Block.objects.get(), reason="Called them")
    assert "your quota is on hold" not in look(change)
