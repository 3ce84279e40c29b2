from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.quota.models import Block, Run, Switch
from embudo.business.quota.tests.builders import ada, an_account, fresh
from embudo.business.quota.tests.test_daily import AUTOMATIC, a_broken_account, later, owing, run
from embudo.business.quota.tests.test_switches import proposed
from embudo.foundation.access.tests.builders import a_client, cat
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"quota:{name}", args=args)


def picked(name: str, rows: list[Switch]) -> str:
    return at(name) + "?" + "&".join(f"row={one.pk}" for one in rows)


def test_proposals_page_lists_what_waits(officer: Client) -> None:
    rows = proposed(2)
    page = officer.get(at("proposals")).content.decode()
    assert all(one.account.reference in page for one in rows)
    assert "the oldest of it 1 day overdue" in page
    assert at("proposals_approve") in page
    assert at("switch", rows[0].pk) in page


@pytest.mark.parametrize("name", ["proposals", "runs"])
def test_lists_ask_the_same_however_many_rows(officer: Client, name: str) -> None:
    counts = []
    for number in (1, 2):
        with later(number):
            proposed(number)
            officer.get(at(name))
            with CaptureQueriesContext(connection) as asked:
                officer.get(at(name))
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_bulk_approval_switches_what_was_picked(officer: Client) -> None:
    first, second, third = proposed(3)
    question = officer.get(picked("proposals_approve", [first, second]))
    assert "Approve 2 proposals" in question.content.decode()
    answer = officer.post(picked("proposals_approve", [first, second]), follow=True)
    assert "2 accounts were switched." in answer.content.decode()
    assert [fresh(one.account).state for one in (first, second, third)] == ["held", "held", "open"]


def test_bulk_denial_wants_a_reason(officer: Client) -> None:
    rows = proposed(2)
    refused = officer.post(picked("proposals_deny", rows), {"reason": " "})
    assert refused.status_code == 422
    answer = officer.post(picked("proposals_deny", rows), {"reason": "They pay tomorrow."}, follow=True)
    assert "2 proposals were denied." in answer.content.decode()
    assert set(Switch.objects.values_list("state", "reason")) == {("denied", "They pay tomorrow.")}


def test_bulk_decision_says_what_was_too_late(officer: Client) -> None:
    rows = proposed(3)
    a_client(ada()).post(picked("proposals_deny", rows[:1]), {"reason": "No."})
    owing(rows[1].account, 0)
    answer = officer.post(picked("proposals_approve", rows), follow=True).content.decode()
    assert "1 account was switched." in answer
    assert "1 lapsed, because the cause is gone." in answer
    assert "1 was decided by somebody else before." in answer


def test_bulk_decision_without_a_choice_is_told_so(officer: Client) -> None:
    proposed()
    answer = officer.post(at("proposals_approve"))
    assert answer.status_code == 422
    assert "Select at least one proposal." in answer.content.decode()


def test_switch_page_shows_why_and_offers_the_decision(officer: Client) -> None:
    [switch] = proposed()
    page = officer.get(at("switch", switch.pk)).content.decode()
    assert "overdue invoices" in page
    assert at("switch_approve", switch.pk) in page
    assert officer.get(at("switch_approve", switch.pk)).status_code == 200
    officer.post(at("switch_approve", switch.pk))
    assert fresh(switch.account).state == "held"
    assert at("switch_approve", switch.pk) not in officer.get(at("switch", switch.pk)).content.decode()


def test_switch_page_denies_with_a_reason(officer: Client) -> None:
    [switch] = proposed()
    officer.post(at("switch_deny", switch.pk), {"reason": "Agreed by phone."})
    assert "Agreed by phone." in officer.get(at("switch", switch.pk)).content.decode()
    again = officer.post(at("switch_deny", switch.pk), {"reason": "Once more."})
    assert again.status_code == 422


def test_run_page_is_the_report(officer: Client) -> None:
    broken = a_broken_account()
    for one in (broken, an_account(100_00, **AUTOMATIC)):
        owing(one)
    with later(40):
        made = run()
    page = officer.get(at("run", made.pk)).content.decode()
    assert "Done, with failures" in page
    assert broken.reference in page
    assert at("account", broken.pk) in page
    listed = officer.get(at("run_switches", made.pk)).content.decode()
    assert Block.objects.get().account.reference in listed


def test_run_page_starts_a_run(officer: Client) -> None:
    assert officer.get(at("runs")).status_code == 200
    answer = officer.post(at("run_ask"), follow=True)
    assert "The run starts in a moment." in answer.content.decode()
    assert LogEntry.objects.filter(name="quota.RunAsked").count() == 1
    assert not Run.objects.exists()


def test_tile_counts_what_waits(officer: Client) -> None:
    assert "Nothing waits for a decision." in officer.get(at("proposals_waiting")).content.decode()
    [switch] = proposed()
    part = officer.get(at("proposals_waiting"), headers={"HX-Request": "true"}).content.decode()
    assert at("switch", switch.pk) in part
    assert "<html" not in part


def test_menu_tells_how_many_wait(officer: Client) -> None:
    proposed(2)
    page = officer.get(at("runs")).content.decode()
    menu = page[page.index(f'href="{at("proposals")}"') :]
    assert "2" in menu[: menu.index("</a>")]


def test_pages_are_closed_to_others() -> None:
    [switch] = proposed()
    made = Run.objects.get()
    stranger = a_client(cat())
    for path in (
        at("proposals"), at("switch", switch.pk), at("runs"), at("run", made.pk), at("run_switches", made.pk),
        at("proposals_approve"), at("proposals_deny"), at("run_ask"), at("proposals_waiting"),
    ):  # fmt: skip
        assert stranger.get(path).status_code == 403, path
