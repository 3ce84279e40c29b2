"""What a till does: authorise, capture, release."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Account, Hold, LedgerEntry
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.tests.builders import (
    an_account,
    asking,
    authorised,
    fresh,
    oscar,
    spent,
    till,
)
from embudo.foundation.access.tests.builders import tester
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money

pytestmark = pytest.mark.django_db


def told(account: Account) -> tuple[int, int, int]:
    found = fresh(account)
    assert not queries.faults_of(Account.objects.filter(pk=account.pk))
    return found.consumed_minor, found.held_minor, found.balance.available


def kinds() -> list[tuple[str, int]]:
    return list(LedgerEntry.objects.order_by("id").values_list("kind", "amount_minor"))


def put(account: Account, minor: int) -> Account:
    return commands.put_limit(system_actor("test"), account, limit=commands.Limit(minor))


def test_authorise_spending_holds_what_fits_and_refuses_what_does_not() -> None:
    account = an_account(100_00)
    first, second = authorised(account, 70_00), authorised(account, 40_00)
    assert (first.state, second.state, second.refusal) == ("open", "refused", "quota.limit")
    assert (second.available_minor, second.period_end) == (30_00, account.period_end)
    assert Hold.objects.get(pk=second.pk).available_minor == 30_00
    assert told(account) == (0, 70_00, 30_00)


def test_authorise_spending_takes_the_last_unit_and_not_one_more() -> None:
    account = an_account(100_00)
    assert [authorised(account, minor).state for minor in (99_99, 2, 1, 1)] == [
        "open",
        "refused",
        "open",
        "refused",
    ]
    assert told(account) == (0, 100_00, 0)


def test_authorise_spending_again_with_the_same_key_has_the_same_answer() -> None:
    account = an_account(100_00)
    first = authorised(account, 70_00, key="a")
    assert authorised(account, 70_00, key="a").pk == first.pk
    refused = authorised(account, 70_00, key="b")
    commands.release_hold(till(), first)
    again = authorised(account, 70_00, key="b")
    assert (again.pk, again.state, again.available_minor) == (refused.pk, "refused", 30_00)
    assert told(account) == (0, 0, 100_00)


@pytest.mark.sqlite  # PostgreSQL sees by itself that a key which is something is not empty
def test_keys_are_looked_up_in_their_index() -> None:
    account = an_account(100_00)
    hold = authorised(account, 70_00, key="a")
    with CaptureQueriesContext(connection) as sent:
        authorised(account, 70_00, key="a")
        commands.capture_hold(till(), hold, amount=account.money(30_00), key="b")
        commands.refund_hold(till(), hold, amount=account.money(10_00), key="c")
        commands.release_hold(till(), authorised(account, 5_00), key="d")
        commands.top_up(till(), account, amount=account.money(1_00), origin=commands.Origin(key="e"))
    asked = [one["sql"] for one in sent if one["sql"].startswith("SELECT") and '"key" = \'' in one["sql"]]
    assert len(asked) == 5
    with connection.cursor() as cursor:
        for sql in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%', '%%')}")
            assert "_key_once (account_id=? AND key=?)" in str(cursor.fetchall())


def test_authorise_spending_refuses_a_key_of_another_request() -> None:
    account = an_account(100_00)
    authorised(account, 70_00, key="a")
    with pytest.raises(Invalid) as fault:
        authorised(account, 60_00, key="a")
    assert set(fault.value.errors) == {"key"}
    assert told(account) == (0, 70_00, 30_00)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"minor": 0}, "amount"),
        ({"minor": -5}, "amount"),
        ({"minor": 10**16}, "amount"),
        ({"minor": 1, "currency": "XXX"}, "currency"),
        ({"minor": 1, "currency": "EUR"}, "currency"),
        ({"minor": 1, "seconds": 0}, "expires_in"),
        ({"minor": 1, "seconds": 61 * 86400}, "expires_in"),
    ],
)
def test_authorise_spending_names_the_field_that_is_wrong(values: dict[str, int | str], field: str) -> None:
    account = an_account(100_00)
    with pytest.raises(Invalid) as fault:
        commands.authorise_spending(till(), account, asked=asking(**values))  # type: ignore[arg-type]
    assert set(fault.value.errors) == {field}
    assert not Hold.objects.exists()


def test_nothing_is_spent_before_a_limit_is_set() -> None:
    account = an_account(None)
    assert (authorised(account, 1).refusal, fresh(account).state) == ("quota.pending", "pending")


def test_held_account_refuses_and_still_lets_open_holds_be_captured() -> None:
    account = an_account(100_00)
    first, second = authorised(account, 30_00), authorised(account, 20_00)
    block = commands.block_account(
        oscar(), account, grounds=commands.Grounds(Cause.OFFICER, "Asked by phone")
    )
    assert authorised(account, 1).refusal == "quota.held"
    commands.capture_hold(till(), first)
    commands.release_hold(till(), second)
    assert (told(account), fresh(account).state) == ((30_00, 0, 70_00), "held")
    commands.lift_block(tester(), block, reason="Cleared")
    assert authorised(account, 1).state == "open"


def test_closed_account_takes_part_in_nothing() -> None:
    account = an_account(100_00)
    bought = spent(account, 30_00)
    stale = fresh(account)
    hold = authorised(account, 10_00)
    with pytest.raises(Refused, match="open_holds"):
        commands.close_account(tester(), account, reason="Left")
    commands.release_hold(till(), hold)
    commands.close_account(tester(), account, reason="Left")
    for call in (
        lambda: authorised(stale, 1),  # read before it was closed
        lambda: authorised(fresh(account), 1),
        lambda: commands.refund_hold(till(), bought),
        lambda: commands.top_up(till(), account, amount=account.money(1)),
    ):
        with pytest.raises(Invalid) as fault:
            call()
        assert set(fault.value.errors) == {"account"}
    with pytest.raises(Refused, match="hold_ended"):
        commands.capture_hold(till(), hold)
    assert told(account) == (30_00, 0, 70_00)


# --- capture and release ----------------------------------------------------------------------------------------------


def test_capture_hold_takes_a_part_and_releases_the_rest() -> None:
    account = an_account(100_00)
    hold = authorised(account, 70_00)
    commands.capture_hold(till(), hold, amount=account.money(50_00))
    assert (told(account), hold.pk) == ((50_00, 0, 50_00), Hold.objects.get(state="captured").pk)
    assert kinds() == [("hold", 70_00), ("capture", 50_00), ("release", 20_00)]


def test_capture_hold_may_keep_the_rest() -> None:
    account = an_account(100_00)
    hold = authorised(account, 70_00)
    commands.capture_hold(till(), hold, amount=account.money(50_00), keeps_rest=True)
    assert told(account) == (50_00, 20_00, 30_00)
    commands.capture_hold(till(), hold, keeps_rest=True)
    assert (told(account), Hold.objects.get().state) == ((70_00, 0, 30_00), "captured")


def test_capture_hold_twice_with_a_key_takes_it_once() -> None:
    account = an_account(100_00)
    hold = authorised(account, 70_00)
    first = commands.capture_hold(till(), hold, amount=account.money(50_00), key="c")
    assert commands.capture_hold(till(), hold, amount=account.money(50_00), key="c").pk == first.pk
    for call in (
        lambda: commands.capture_hold(till(), hold, amount=account.money(40_00), key="c"),
        lambda: commands.release_hold(till(), hold, key="c"),
        lambda: commands.top_up(
            till(), account, amount=account.money(50_00), origin=commands.Origin(key="c")
        ),
    ):
        with pytest.raises(Invalid):
            call()
    assert told(account) == (50_00, 0, 50_00)


def test_capture_hold_and_release_hold_end_it_once() -> None:
    account = an_account(100_00)
    captured, released = authorised(account, 30_00), authorised(account, 20_00)
    commands.capture_hold(till(), captured)
    commands.release_hold(till(), released)
    for hold in (captured, released):
        for act in (commands.capture_hold, commands.release_hold):
            with pytest.raises(Refused) as ended:
                act(till(), hold)
            assert ended.value.code == "quota.hold_ended"
    with pytest.raises(Refused):
        commands.capture_hold(till(), authorised(account, 90_00))  # was refused itself
    assert told(account) == (30_00, 0, 70_00)


def test_capture_hold_refuses_more_than_it_holds() -> None:
    account = an_account(100_00)
    hold = authorised(account, 30_00)
    for minor in (30_01, 0, -1):
        with pytest.raises(Invalid):
            commands.capture_hold(till(), hold, amount=account.money(minor))
    with pytest.raises(Invalid):
        commands.capture_hold(till(), hold, amount=Money(30_00, "EUR"))
    assert told(account) == (0, 30_00, 70_00)


# --- time -------------------------------------------------------------------------------------------------------------


def test_hold_past_its_time_does_not_count_though_nobody_settled_it() -> None:
    account = an_account(100_00)
    hold = authorised(account, 90_00, seconds=60)
    with clock.at(clock.now() + timedelta(seconds=61)):
        assert queries.settled_balance(fresh(account)).available == 100_00
        assert fresh(account).held_minor == 90_00
        with pytest.raises(Refused):
            commands.capture_hold(till(), hold)
        assert authorised(account, 95_00).state == "open"
    assert told(account) == (0, 95_00, 5_00)


def test_hold_counts_until_its_last_moment() -> None:
    account, now = an_account(100_00), clock.now()
    with clock.at(now):
        authorised(account, 90_00, seconds=60)
    with clock.at(now + timedelta(seconds=59, microseconds=999_999)):
        assert authorised(account, 11_00).state == "refused"
    with clock.at(now + timedelta(seconds=60)):
        assert authorised(account, 100_00).state == "open"


def test_settling_many_holds_at_once_enters_each_of_them() -> None:
    account = an_account(100_00)
    for number in range(5):
        authorised(account, 1_00, seconds=60 + number)
    kept = authorised(account, 7_00, seconds=86400)
    with clock.at(clock.now() + timedelta(hours=1)):
        assert authorised(account, 93_00).state == "open"
    assert told(account) == (0, 100_00, 0)
    expired = (
        LedgerEntry.objects.filter(kind="expire").order_by("id").values_list("available_minor", flat=True)
    )
    assert list(expired) == [89_00, 90_00, 91_00, 92_00, 93_00]
    assert Hold.objects.get(pk=kept.pk).state == "open"


# --- other currencies -------------------------------------------------------------------------------------------------


def a_rate(currency: str, into: str, rate: str, days_ago: int = 0) -> None:
    day = clock.today() - timedelta(days=days_ago)
    commands.enter_rate(tester(), currency=currency, into=into, rate=Decimal(rate), valid_from=day)


def test_other_currency_is_booked_at_the_rate_of_the_day() -> None:
    account = an_account(100_00)
    a_rate("EUR", "USD", "1.2", days_ago=9)
    a_rate("EUR", "USD", "1.1", days_ago=1)
    hold = authorised(account, 50_00, currency="EUR")
    a_rate("EUR", "USD", "2")
    assert (hold.amount_minor, hold.asked_minor, hold.rate) == (55_00, 50_00, 110_000_000)
    commands.capture_hold(till(), hold, amount=Money(20_00, "EUR"), keeps_rest=True)
    commands.capture_hold(till(), hold, amount=Money(30_00, "EUR"))
    commands.refund_hold(till(), hold, amount=Money(10_00, "EUR"))
    assert told(account) == (44_00, 0, 56_00)
    said = LedgerEntry.objects.order_by("id").values_list("kind", "asked_minor", "asked_currency", "rate")
    assert list(said) == [
        ("hold", 50_00, "EUR", 110_000_000),
        ("capture", 20_00, "EUR", 110_000_000),
        ("capture", 30_00, "EUR", 110_000_000),
        ("refund", 10_00, "EUR", 110_000_000),
    ]


def test_parts_in_another_currency_come_to_the_whole() -> None:
    account = an_account(100_00)
    a_rate("EUR", "USD", "1.0845")
    hold = authorised(account, 10, currency="EUR")  # 10.845, so 11; its parts 5.4225 and 5.4225
    for _part in range(2):
        commands.capture_hold(till(), hold, amount=Money(5, "EUR"), keeps_rest=True)
    three = authorised(account, 30, currency="EUR")  # 32.535, so 33; three parts of 11
    for _part in range(3):
        commands.capture_hold(till(), three, amount=Money(10, "EUR"), keeps_rest=True)
    assert told(account)[0] == 5 + 5 + 33


def test_amount_too_small_for_the_accounts_currency_is_told() -> None:
    account = an_account(100_00)
    a_rate("JPY", "USD", "0.0065")
    with pytest.raises(Invalid) as fault:
        authorised(account, 0, currency="JPY")
    a_rate("VND", "USD", "0.00004")
    with pytest.raises(Invalid) as fault:
        authorised(account, 1, currency="VND")
    assert set(fault.value.errors) == {"amount"}


# --- thresholds -------------------------------------------------------------------------------------------------------


def news() -> list[int]:
    rows = (
        LogEntry.objects.filter(name="quota.ThresholdReached").order_by("seq").values_list("data", flat=True)
    )
    return [one["percent"] for one in rows]


def test_threshold_is_told_once_while_it_stays_reached() -> None:
    account = an_account(100_00)
    for minor, state in (
        (79_99, "open"),
        (1, "watch"),
        (5_00, "watch"),
        (10_00, "watch"),
        (5_00, "at_limit"),
    ):
        authorised(account, minor)
        assert fresh(account).state == state
    authorised(account, 1)
    assert news() == [80, 95, 100]


def test_threshold_left_and_reached_again_is_told_again() -> None:
    account = an_account(100_00)
    hold = authorised(account, 85_00)
    commands.release_hold(till(), hold)
    assert fresh(account).state == "open"
    authorised(account, 96_00)
    assert news() == [80, 95]


def test_threshold_reached_while_held_is_told_when_it_is_over() -> None:
    account = an_account(100_00)
    authorised(account, 60_00)
    block = commands.block_account(oscar(), account, grounds=commands.Grounds(Cause.OFFICER, "Asked"))
    put(account, 70_00)
    assert news() == []
    commands.lift_block(tester(), block, reason="Cleared")
    assert news() == [80]


# --- what stands behind it all ----------------------------------------------------------------------------------------


def test_lowered_limit_leaves_it_above_until_it_is_below() -> None:
    account = an_account(100_00)
    hold = spent(account, 80_00)
    put(account, 50_00)
    assert (fresh(account).state, authorised(account, 1).refusal) == ("at_limit", "quota.over")
    commands.refund_hold(till(), hold, amount=account.money(31_00))
    assert [authorised(account, minor).state for minor in (1_01, 1_00)] == ["refused", "open"]
    assert told(account) == (49_00, 1_00, 0)


def test_database_itself_refuses_more_than_the_ceiling() -> None:
    account = an_account(100_00)
    authorised(account, 60_00)
    with pytest.raises(DatabaseError), transaction.atomic():
        Account.objects.filter(pk=account.pk).update(held_minor=100_01)


def test_ledger_is_append_only() -> None:
    entry = spent(an_account(100_00), 10_00)
    rows = LedgerEntry.objects.filter(hold=entry)
    for write in (lambda: rows.update(amount_minor=1), rows.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            write()


def test_faults_of_finds_what_was_put_wrong() -> None:
    account = an_account(100_00)
    hold = spent(account, 10_00)
    Account.objects.filter(pk=account.pk).update(consumed_minor=9_00)
    Hold.objects.filter(pk=hold.pk).update(captured_minor=9_00)
    found = {one.what for one in queries.faults_of(Account.objects.all())}
    assert found == {"consumed", f"captured of {hold.pk}"}
