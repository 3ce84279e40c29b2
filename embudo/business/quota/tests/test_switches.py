import pytest

from embudo.business.quota import commands
from embudo.business.quota.models import Account, Block, Switch
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import ada, an_account, fresh, oscar
from embudo.business.quota.tests.test_daily import SYSTEM, figures, later, owing, run, switches
from embudo.foundation.access.tests.builders import cat
from embudo.kernel.errors import Forbidden, Invalid, Refused

pytestmark = pytest.mark.django_db


def proposed(count: int = 1, **values: object) -> list[Switch]:
    """Proposals to hold overdue accounts."""
    for _number in range(count):
        owing(an_account(100_00, **values))
    run()
    return list(Switch.objects.filter(state="proposed").order_by("created", "id"))


def test_approve_switches_holds_the_accounts() -> None:
    rows = proposed(2)
    decided = commands.approve_switches(oscar(), ids=[one.pk for one in rows])
    assert decided == commands.Decided(2, 0, 0)
    assert set(Account.objects.values_list("state", flat=True)) == {"held"}
    block = Block.objects.first()
    assert block is not None
    assert (block.cause, block.is_by_run, block.placed_by.name) == ("overdue", True, "Oscar Officer")


def test_approve_switches_lets_lapse_what_has_no_cause_any_more() -> None:
    gone, stands = proposed(2)
    owing(gone.account, 0)
    decided = commands.approve_switches(oscar(), ids=[gone.pk, stands.pk])
    assert decided == commands.Decided(1, 1, 0)
    assert (fresh(gone.account).state, fresh(stands.account).state) == ("open", "held")
    assert [state for _cause, state, *_rest in switches()] == ["lapsed", "made"]


def test_approve_switches_leaves_what_was_decided_before() -> None:
    first, second = proposed(2)
    commands.deny_switch(ada(), first, reason="They pay tomorrow.")
    assert commands.approve_switches(oscar(), ids=[first.pk, second.pk]) == commands.Decided(1, 0, 1)
    with pytest.raises(Refused) as refused:
        commands.approve_switch(oscar(), first)
    assert refused.value.code == "quota.switch_decided"
    assert fresh(first.account).state == "open"


def test_approve_switch_reopens_where_that_was_proposed() -> None:
    [switch] = proposed()
    commands.approve_switch(oscar(), switch)
    owing(switch.account, 0)
    with later(1):
        run()
        assert fresh(switch.account).state == "held"
        commands.approve_switch(oscar(), Switch.objects.get(state="proposed"))
    assert fresh(switch.account).state == "open"
    assert [row[1:3] for row in switches()] == [("made", False), ("made", True)]
    assert not Block.objects.filter(lifted=None).exists()


def test_approve_switches_of_one_account_end_in_one_state() -> None:
    account = an_account(100_00)
    owing(account)
    commands.edit_account(oscar(), account, reference="A", document_expires=account.opened_on)
    with later(1):
        run()
        commands.approve_switches(oscar(), ids=Switch.objects.values_list("pk", flat=True))
        owing(account, 0)
        commands.edit_account(oscar(), fresh(account), reference="A", document_expires=None)
    with later(2):
        run()
        waiting = Switch.objects.filter(state="proposed")
        assert waiting.count() == 2
        commands.approve_switches(oscar(), ids=[one.pk for one in waiting])
    assert fresh(account).state == "open"


def test_deny_switches_keeps_the_reason_and_is_not_asked_again() -> None:
    rows = proposed(2)
    decided = commands.deny_switches(oscar(), ids=[one.pk for one in rows], reason="  Agreed by   phone. ")
    assert decided.done == 2
    assert set(Switch.objects.values_list("state", "reason", "decided_by__name")) == {
        ("denied", "Agreed by phone.", "Oscar Officer")
    }
    with later(1):
        assert figures(run()) == (2, 0, 0, 0, 0)
        owing(rows[0].account)  # since another day: another invoice
        run()
    assert Switch.objects.filter(state="proposed").count() == 1


def test_deny_switches_refuses_no_reason_and_nothing() -> None:
    [switch] = proposed()
    for ids, reason in (([switch.pk], " "), ([], "because")):
        with pytest.raises(Invalid):
            commands.deny_switches(oscar(), ids=ids, reason=reason)
    with pytest.raises(Invalid):
        commands.deny_switches(oscar(), ids=[switch.pk], reason="x" * 301)
    assert Switch.objects.get().state == "proposed"


def test_switches_are_decided_by_who_may() -> None:
    [switch] = proposed()
    for act in (
        lambda: commands.approve_switches(cat(), ids=[switch.pk]),
        lambda: commands.approve_switch(cat(), switch),
        lambda: commands.deny_switches(cat(), ids=[switch.pk], reason="no"),
        lambda: commands.deny_switch(cat(), switch, reason="no"),
    ):
        with pytest.raises(Forbidden):
            act()
    assert fresh(switch.account).state == "open"


def test_run_lapses_a_proposal_whose_cause_is_gone() -> None:
    [switch] = proposed()
    owing(switch.account, 0)
    with later(1):
        run()
    assert [state for _cause, state, *_rest in switches()] == ["lapsed"]


def test_run_lapses_a_proposal_for_what_somebody_did_before() -> None:
    [switch] = proposed()
    grounds = commands.Grounds(Cause.OVERDUE)
    commands.block_account(SYSTEM, switch.account, grounds=grounds)
    commands.review_switches(SYSTEM, switch.run, accounts=[switch.account_id])
    assert Switch.objects.get().state == "lapsed"
