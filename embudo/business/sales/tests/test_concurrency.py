"""What only several at once can show."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from embudo.business.sales import commands
from embudo.business.sales.tests.builders import a_source
from embudo.foundation.access.tests.builders import a_user, tester, with_roles

pytestmark = pytest.mark.django_db(transaction=True)
Together = Callable[..., list[Any]]


def sent(number: int, **values: Any) -> Callable[[], Any]:
    return lambda: commands.submit_lead(
        tester(), name=f"Jan {number}", email=f"jan{number}@alfa.example", **values
    )


def test_submit_lead_goes_round_when_many_come_at_once(together: Together) -> None:
    with_roles()
    people = [a_user(name=name) for name in ("One", "Two", "Three")]
    sent(0)()  # so that the pool is known
    leads = together(*(sent(number) for number in range(1, 9)))
    owners = Counter(lead.owner_id for lead in leads)
    assert sorted(owners[one.pk] for one in people) == [2, 3, 3]


def test_submit_lead_at_once_with_one_form_makes_one_lead(together: Together) -> None:
    source = a_source()
    a_user(name="One")
    sent(0, source=source)()
    leads = together(*(sent(number, source=source, submission="token-1") for number in range(1, 6)))
    assert len({lead.pk for lead in leads}) == 1
