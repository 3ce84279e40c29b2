import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.quota import commands
from embudo.business.quota.models import Change, Licence
from embudo.business.quota.tests.builders import ada, authorised, oscar, spent
from embudo.business.quota.tests.changing import (
    DAILY,
    a_mailed_account,
    accepted,
    asker,
    awaiting,
    checker,
    drafted,
    licensed,
    newest_question,
    on_its_day,
    rehearsed,
    reread,
    signed,
    under_review,
)
from embudo.business.quota.views.change_words import facts_shown
from embudo.foundation.access.tests.builders import a_client, an_admin
from embudo.kernel import clock
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"quota:{name}", args=args)


def page_of(who: Actor, change: Change) -> str:
    return a_client(who).get(at("change", change.pk)).content.decode()


def asked_for(client: Client, address: str, **given: Any) -> int:
    client.get(address, given)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address, given).status_code == 200
    return len(found)


def steps(page: str) -> list[tuple[str, str]]:
    """(mark, first word of the label) of each step."""
    found = re.search(r'<ol class="steps".*?</ol>', page, re.DOTALL)
    assert found is not None
    items = re.findall(r"<li([^>]*)>(.*?)</li>", found[0], re.DOTALL)
    marks = {"": "", ' class="done"': "done", ' aria-current="step"': "current"}
    return [(marks[mark], re.sub(r"<[^>]+>", " ", inner).split()[0]) for mark, inner in items]


# ---------------------------------------------------------------------------------------------- asking


def test_request_page_writes_a_draft_in_the_account_s_currency() -> None:
    account = a_mailed_account(100_00)
    given = {"minor": "300.50", "tier_name": "", "wanted": "", "reason": "More travel"}
    response = a_client(asker()).post(at("change_new", account.pk), given)
    change = Change.objects.get()
    assert response.headers["Location"] == at("change", change.pk)
    assert (change.to_minor, change.to_tier, change.state, change.asked_by_id) == (
        30050,
        "Plus",
        "draft",
        oscar().id,
    )


def test_request_page_shows_what_the_policy_allows() -> None:
    tiers = (commands.TierTerms("Basic", 100_00), commands.TierTerms("Gold", 900_00, average_minor=50_00))
    account = a_mailed_account(100_00, tiers=tiers, most_change_minor=250_00, cool_down_days=30)
    page = a_client(asker()).get(at("change_new", account.pk)).content.decode()
    for said in (
        "$100.00",
        "By no more than $250.00 at once",
        "Not again for 30 days",
        "not met",
        "average $50.00",
    ):
        assert said in page


def test_request_page_begins_with_what_a_link_says() -> None:
    account = a_mailed_account()
    page = a_client(asker()).get(at("change_new", account.pk), {"tier_name": "Plus", "minor": "450"})
    assert '<option value="Plus" selected>' in page.content.decode()
    assert 'value="450"' in page.content.decode()


def test_request_page_without_tiers_asks_for_an_amount_alone() -> None:
    account = a_mailed_account(100_00, tiers=())
    page = a_client(asker()).get(at("change_new", account.pk)).content.decode()
    assert 'name="tier_name"' not in page
    assert 'name="minor"' in page


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"reason": ""}, "reason"),
        ({"minor": ""}, "minor"),
        ({"minor": "x"}, "minor"),
        ({"minor": "100"}, "minor"),
        ({"minor": "900"}, "minor"),
        ({"tier_name": "Diamond"}, "tier_name"),
        ({"wanted": "2001-01-01"}, "wanted"),
    ],
)
def test_request_page_shows_a_refusal_with_the_form(given: dict[str, str], named: str) -> None:
    account = a_mailed_account(100_00)
    whole = {"minor": "300", "tier_name": "", "wanted": "", "reason": "More travel"} | given
    response = a_client(asker()).post(at("change_new", account.pk), whole)
    assert response.status_code == 422
    assert f'href="#id_{named}"' in response.content.decode()
    assert not Change.objects.exists()


def test_a_second_request_is_refused_with_the_form() -> None:
    account = a_mailed_account()
    drafted(account)
    given = {"minor": "400", "reason": "Again"}
    response = a_client(asker()).post(at("change_new", account.pk), given)
    assert response.status_code == 422
    assert "on its way" in response.content.decode()
    assert "Again" in response.content.decode()


def test_draft_is_edited_replaced_and_submitted_on_its_pages() -> None:
    client, change = a_client(asker()), drafted()
    assert 'value="300.00"' in client.get(at("change_edit", change.pk)).content.decode()
    client.post(at("change_edit", change.pk), {"minor": "350", "reason": "Still more"})
    change.refresh_from_db()
    assert (change.to_minor, change.reason) == (350_00, "Still more")
    client.post(at("change_supersede", change.pk), {"minor": "360", "reason": "Other"})
    newer = Change.objects.get(state="draft")
    assert newer.pk != change.pk
    client.post(at("change_submit", newer.pk))
    newer.refresh_from_db()
    assert newer.state == "review"


def test_submit_page_says_that_the_policy_refuses_it() -> None:
    change = drafted(a_mailed_account(100_00, most_change_minor=50_00))
    assert "would refuse this" in page_of(oscar(), change)
    page = a_client(oscar()).post(at("change_submit", change.pk), follow=True).content.decode()
    assert "The policy refuses this" in page
    assert "One change may be no more than $50.00." in page
    assert steps(page)[-1] == ("current", "refused")


def test_submit_page_refuses_who_has_no_licence() -> None:
    change = drafted()
    Licence.objects.update(suspended=clock.now())
    response = a_client(oscar()).post(at("change_submit", change.pk))
    assert response.status_code == 422
    assert "suspended" in response.content.decode()


# ---------------------------------------------------------------------------------------------- the way


def test_page_shows_the_frozen_facts() -> None:
    account = a_mailed_account(100_00)
    spent(account, 40_00)
    with clock.at(clock.now() + timedelta(days=40)):
        page = page_of(oscar(), under_review(account))
    for said in ("Frozen on", "Qualifies for", "$40.00", "Show as a table", 'role="img"', "none yet"):
        assert said in page
    assert page.count('<th scope="row">') >= 12


def test_approver_approves_with_a_note_and_the_asker_cannot() -> None:
    change = under_review()
    assert at("change_approve", change.pk) not in page_of(oscar(), change)
    assert "You asked for this change" in page_of(oscar(), change)
    assert at("change_approve", change.pk) in page_of(checker(), change)
    assert a_client(oscar()).post(at("change_approve", change.pk)).status_code == 422
    page = a_client(ada()).post(at("change_approve", change.pk), {"note": "Looks right"}, follow=True)
    shown = page.content.decode()
    assert "Looks right" in shown
    assert ("current", "Accepted") in steps(shown)
    assert "t@traveller.example" in shown


def test_page_says_which_licence_is_missing() -> None:
    change = under_review()
    licensed(ada(), most_minor=10_00)
    assert "does not cover this amount" in page_of(ada(), change)
    assert at("change_approve", change.pk) not in page_of(ada(), change)
    assert a_client(ada()).post(at("change_approve", change.pk)).status_code == 422


def test_page_says_that_another_person_has_to_approve() -> None:
    change = under_review(a_mailed_account(approvals=[[None, 2]]))
    shown = a_client(checker()).post(at("change_approve", change.pk), follow=True).content.decode()
    assert "Approved. 1 more person has to." in shown
    assert "Somebody else has to, too." in shown


def test_reject_and_recall_want_a_reason() -> None:
    for name, who, state in (
        ("change_reject", checker(), "rejected"),
        ("change_recall", asker(), "recalled"),
    ):
        change, client = under_review(), a_client(who)
        assert client.post(at(name, change.pk), {"reason": " "}).status_code == 422
        shown = client.post(at(name, change.pk), {"reason": "Not now"}, follow=True).content.decode()
        assert "Not now" in shown
        assert reread(change).state == state


def test_answer_by_phone_is_recorded_with_evidence() -> None:
    change, client = awaiting(), a_client(checker())
    given = {"answer": "yes", "code": "", "reason": "", "evidence": ""}
    assert client.post(at("change_answer", change.pk), given).status_code == 422
    client.post(at("change_answer", change.pk), given | {"evidence": "Called back on the known number"})
    assert reread(change).state == "accepted"
    assert "Called back on the known number" in page_of(ada(), change)


def test_denial_by_phone_wants_a_reason_and_has_its_consequences() -> None:
    change, client = awaiting(), a_client(checker())
    given = {"answer": "no", "code": "", "evidence": "Called"}
    refused = client.post(at("change_answer", change.pk), given)
    assert refused.status_code == 422
    assert 'href="#id_code"' in refused.content.decode()
    client.post(at("change_answer", change.pk), given | {"code": "not_asked"})
    page = page_of(ada(), change)
    assert "I did not ask for this" in page
    assert steps(page)[-1] == ("current", "denied")
    assert Licence.objects.get(person=oscar().id).suspended is not None


def test_question_is_sent_again_and_marked_as_returned() -> None:
    change, client = awaiting(), a_client(asker())
    first = newest_question(change)
    client.post(at("change_ask_again", change.pk), {"language": "pl"})
    newest = newest_question(change)
    assert (newest.language, newest.pk != first.pk) == ("pl", True)
    assert at("change_returned", change.pk, newest.pk) in page_of(oscar(), change)
    client.post(at("change_returned", change.pk, newest.pk))
    newest.refresh_from_db()
    assert newest.bounced is not None
    assert "came back" in page_of(oscar(), change)


def test_returned_mail_of_another_change_is_missing() -> None:
    change, other = awaiting(), awaiting()
    address = at("change_returned", change.pk, newest_question(other).pk)
    assert a_client(asker()).get(address).status_code == 404


def test_rehearsal_is_shown_and_signed() -> None:
    change, client = accepted(), a_client(checker())
    client.post(at("change_rehearse", change.pk))
    page = page_of(ada(), change)
    for said in ("A dry run", "not signed", "$300.00", "The customer is told by mail"):
        assert said in page
    assert "$300.00" in client.get(at("change_sign", change.pk)).content.decode()
    assert a_client(oscar()).post(at("change_sign", change.pk)).status_code == 422
    shown = client.post(at("change_sign", change.pk), follow=True).content.decode()
    assert ("done", "Signed") in steps(shown)
    assert at("change_sign", change.pk) not in page_of(ada(), change)


def test_rehearsal_tells_what_is_good_to_know() -> None:
    account = a_mailed_account(100_00)
    authorised(account, 20_00)
    change = accepted(account)
    page = a_client(checker()).post(at("change_rehearse", change.pk), follow=True).content.decode()
    assert "Authorisations of $20.00 are open." in page
    assert "Stands against it" not in page


def test_facts_tell_holds_arrears_and_forecast_as_they_were() -> None:
    periods = [
        {"starts": f"2026-{n:02}-01", "ends": f"2026-{n + 1:02}-01", "minor": n * 10_00} for n in range(1, 12)
    ]
    facts: dict[str, Any] = {
        "day": "2026-12-05", "periods": periods, "tier": "Basic", "qualifies_for": "", "holds": {"count": 2, "minor": 30_00},
        "running": {"limit": 100_00, "available": -5_00}, "arrears": {"minor": 9_00, "oldest_due": "2026-11-01"},
        "forecast": {"expected": 80_00, "band80": [60_00, 120_00], "chance": 35},
    }  # fmt: skip
    shown = facts_shown(facts, "USD")
    assert shown["holds"] == "2, together $30.00"
    assert shown["arrears"] == "$9.00, the oldest due 1 November 2026"
    assert (
        shown["forecast"] == "$80.00 by the end of the period ($60.00 to $120.00); 35 % chance of exceeding"
    )
    assert (shown["available"], shown["qualifies_for"]) == ("-$5.00", "—")
    assert shown["rows"][0][1] == "$110.00"
    assert facts_shown({}, "USD") == {}


def test_rehearsal_with_a_breach_is_told_and_not_signed() -> None:
    change = accepted()
    commands.end_licence(an_admin(), Licence.objects.get(person=oscar().id))
    page = a_client(checker()).post(at("change_rehearse", change.pk), follow=True).content.decode()
    assert "Stands against it" in page
    assert "Oscar Officer: the quota licence has ended." in page
    assert "as long as something stands against it" in page
    assert a_client(ada()).post(at("change_sign", change.pk)).status_code == 422


def test_page_of_an_applied_change_shows_the_whole_way_with_dates_and_names() -> None:
    change = signed()
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        page = page_of(ada(), change)
    marks = steps(page)
    assert [mark for mark, _word in marks] == ["done"] * 7 + ["current"]
    assert [word for _mark, word in marks] == [
        "Requested", "Submitted", "Approved", "Accepted", "Rehearsed", "Signed", "Applied", "Customer",
    ]  # fmt: skip
    assert "Ada Approver" in page
    assert "Oscar Officer" in page


def test_page_without_consent_has_no_step_of_the_customer() -> None:
    assert "Accepted" not in [
        word for _mark, word in steps(page_of(oscar(), accepted(a_mailed_account(needs_consent=False))))
    ]


@pytest.mark.parametrize("made", [drafted, under_review, awaiting, accepted, rehearsed, signed])
def test_page_asks_no_more_than_it_needs(made: Callable[[], Change]) -> None:
    assert asked_for(a_client(checker()), at("change", made().pk)) <= 32


@pytest.mark.parametrize("made", [drafted, under_review, awaiting, accepted, rehearsed])
def test_every_button_of_a_page_leads_to_a_form_that_opens(made: Callable[[], Change]) -> None:
    change = made()
    for who in (asker(), checker()):
        page = page_of(who, change)
        for address in re.findall(rf'href="({at("change", change.pk)}[^"?]+/)"', page):
            assert a_client(who).get(address).status_code == 200
