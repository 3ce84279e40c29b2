from datetime import UTC, date, datetime
from typing import Any

import pytest

from embudo.business.billing import queries
from embudo.business.billing.tests.builders import (
    a_payment,
    an_invoice,
    ann,
    carl,
)
from embudo.foundation.access.tests.builders import bob, cat
from embudo.kernel import clock

pytestmark = pytest.mark.django_db


def test_money_facts_tell_money_by_state() -> None:
    with clock.at(datetime(2026, 3, 1, 12, tzinfo=UTC)):
        an_invoice(terms_days=0)  # 45 days late on 15 April
        a_payment(an_invoice())
    with clock.at(datetime(2026, 4, 5, 12, tzinfo=UTC)):
        part = an_invoice(terms_days=5)  # 5 days late
        a_payment(part, 2300)
        an_invoice()  # not due before the 19th
        a_payment(an_invoice(), 15000)
    with clock.at(datetime(2026, 4, 15, 12, tzinfo=UTC)):
        [facts] = queries.money_facts(carl(), since=date(2026, 4, 1), until=date(2026, 4, 30)).currencies
    assert (facts.currency, facts.not_due.minor, facts.not_due_count) == ("EUR", 12300, 1)
    assert (facts.overdue.minor, facts.overdue_count) == (22300, 2)
    assert [(age.from_days, age.to_days, age.amount.minor, age.count) for age in facts.ages] == [
        (1, 30, 10000, 1),
        (31, 60, 12300, 1),
        (61, 90, 0, 0),
        (91, None, 0, 0),
    ]
    assert (facts.issued.minor, facts.issued_count) == (36900, 3)
    assert (facts.received.minor, facts.paid_count, facts.overpaid.minor) == (17300, 1, 2700)


def test_money_facts_keep_to_what_the_actor_sees_and_asks_for() -> None:
    an_invoice(ann())
    an_invoice(bob())
    period = {"since": clock.today(), "until": clock.today()}
    assert queries.money_facts(ann(), **period).currencies[0].not_due_count == 1
    assert queries.money_facts(carl(), **period).currencies[0].not_due_count == 2
    assert queries.money_facts(carl(), owners=[bob().id], **period).currencies[0].not_due_count == 1
    assert queries.money_facts(cat(), **period).currencies == ()


def test_money_facts_take_one_statement(django_assert_num_queries: Any) -> None:
    an_invoice()
    actor = carl()
    with django_assert_num_queries(1):
        queries.money_facts(actor, since=clock.today(), until=clock.today())
