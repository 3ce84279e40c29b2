from datetime import timedelta
from typing import Any

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.commands import LicenceTerms
from embudo.business.quota.rules.licences import Purpose
from embudo.business.quota.tests.builders import a_policy, ada, oscar
from embudo.business.quota.tests.changing import invalid, licensed, refused, under_review
from embudo.foundation.access.tests.builders import an_admin, tester, user_of
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db


def granting(**terms: Any) -> Any:
    values = {"valid_from": clock.today()} | terms
    return lambda: commands.grant_licence(an_admin(), person=user_of(oscar()), licence=LicenceTerms(**values))


def test_grant_licence_keeps_what_it_covers() -> None:
    policy = a_policy()
    made = granting(policy=policy, tiers=("Plus", "Basic"), currencies=("USD",), most_minor=500_00)()
    assert (made.person_id, made.policy_id, made.tiers, made.currencies) == (
        oscar().id, policy.pk, ["Basic", "Plus"], ["USD"]
    )  # fmt: skip


def test_grant_licence_is_for_administrators_and_not_for_themselves() -> None:
    with pytest.raises(Forbidden):
        commands.grant_licence(ada(), person=user_of(oscar()), licence=LicenceTerms(clock.today()))
    own = user_of(an_admin())
    assert (
        refused(lambda: commands.grant_licence(an_admin(), person=own, licence=LicenceTerms(clock.today())))
        == "quota.own_licence"
    )


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"may_submit": False, "may_approve": False}, "may_submit"),
        ({"valid_to": -1}, "valid_to"),
        ({"currencies": ("XXY",)}, "currencies"),
        ({"most_minor": -1}, "most_minor"),
        ({"tiers": ("Platinum",)}, "tiers"),
    ],
)
def test_grant_licence_refuses_what_makes_no_sense(terms: dict[str, Any], field: str) -> None:
    if "valid_to" in terms:
        terms = {"valid_to": clock.today() + timedelta(days=terms["valid_to"])}
    assert invalid(granting(**terms)) == [field]


def test_end_licence_ends_it_at_once_or_on_a_day() -> None:
    first, second = licensed(oscar()), licensed(ada())
    assert commands.end_licence(an_admin(), first).valid_to == clock.today() - timedelta(days=1)
    assert refused(lambda: commands.end_licence(an_admin(), first)) == "quota.licence_ended"
    later = clock.today() + timedelta(days=5)
    assert commands.end_licence(an_admin(), second, last_day=later).valid_to == later
    yesterday = clock.today() - timedelta(days=1)
    assert invalid(lambda: commands.end_licence(an_admin(), second, last_day=yesterday)) == ["last_day"]


def test_suspend_licence_and_restore_licence_need_reasons() -> None:
    licence = licensed(oscar())
    assert invalid(lambda: commands.suspend_licence(an_admin(), licence, reason=" ")) == ["reason"]
    assert refused(lambda: commands.restore_licence(an_admin(), licence, reason="x")) == "quota.not_suspended"
    held = commands.suspend_licence(an_admin(), licence, reason="Looking into it")
    again = commands.suspend_licence(an_admin(), licence, reason="Once more")
    assert (held.suspended_for, again.suspended_for) == ("Looking into it", "Looking into it")
    assert invalid(lambda: commands.restore_licence(an_admin(), licence, reason="")) == ["reason"]
    assert commands.restore_licence(an_admin(), licence, reason="All is well").suspended is None
    assert LogEntry.objects.get(name="quota.LicenceRestored").data["reason"] == "All is well"


def test_licensed_people_are_those_whose_licence_covers_it_today() -> None:
    change = under_review()
    deed = queries.deed_of(change, Purpose.APPROVE)
    assert {one.pk for one in queries.licensed_people(deed)} == {oscar().id}  # his own is for both
    assert not queries.licensed_people(deed, but=[oscar().id]).exists()
    licence = licensed(ada())
    assert {one.pk for one in queries.licensed_people(deed, but=[oscar().id])} == {ada().id}
    commands.suspend_licence(an_admin(), licence, reason="Away")
    assert not queries.licensed_people(deed, but=[oscar().id]).exists()


def test_licence_of_who_may_not_sign_in_covers_nothing() -> None:
    change = under_review()
    licensed(ada())
    deed = queries.deed_of(change, Purpose.APPROVE)
    person = user_of(ada())
    assert queries.licence_covering(person.pk, deed)[1] is None
    person.is_active = False
    person.save()
    assert queries.licence_covering(person.pk, deed)[1] == "none"


def test_licences_are_seen_by_those_who_work_with_them() -> None:
    licensed(oscar())
    assert queries.licences(ada()).count() == 1
    assert queries.licence(tester(), queries.licences(ada()).get().pk).person_id == oscar().id
