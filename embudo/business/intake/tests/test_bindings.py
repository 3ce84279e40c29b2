from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Binding
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    paul,
    petra,
    sven,
    vera,
    viktor,
)
from embudo.foundation.access.tests.builders import a_client, a_team, a_user, an_actor, user_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"intake:{name}", args=args)


def part(assignment: Any, who: Actor, duty: str = "operator") -> Binding:
    found: Binding = Binding.objects.get(assignment=assignment, person=who.id, duty=duty)
    return found


def a_member(name: str, group: str = "Meat buyers") -> Actor:
    return an_actor(a_user(roles=("operator",), name=name, team=a_team(group)))


# ------------------------------------------------------------------------------------------ commands


def test_bind_person_by_a_supervisor_makes_them_theirs() -> None:
    made = an_assignment(is_bound=False)
    bound(made, sven(), "supervisor")
    one = commands.bind_person(sven(), made, person=user_of(olga()), duty="operator", target=5)
    assert (one.supervisor_id, one.target) == (sven().id, 5)


def test_bind_person_by_a_supervisor_refuses_others_and_other_duties() -> None:
    made = an_assignment()
    with pytest.raises(NotFound):
        commands.bind_person(sven(), made, person=user_of(otto()), duty="operator")
    with pytest.raises(Forbidden):
        commands.bind_person(sven(), made, person=user_of(olga()), duty="verifier")
    with pytest.raises(NotFound):
        commands.bind_person(paul(), made, person=user_of(paul()), duty="operator")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"duty": "operator"}, "person"),
        ({"duty": "verifier", "starts": 2, "ends": 1}, "ends"),
        ({"duty": "verifier", "target": -1}, "target"),
        ({"duty": "nothing"}, "duty"),
    ],
)
def test_bind_person_refuses_what_cannot_be(given: dict[str, Any], field: str) -> None:
    days: dict[str, Any] = {
        name: clock.today() + timedelta(days=given.pop(name)) for name in ("starts", "ends") if name in given
    }
    made = an_assignment()
    with pytest.raises(Invalid) as caught:
        commands.bind_person(cora(), made, person=user_of(olga()), **given, **days)
    assert list(caught.value.errors) == [field]


def test_bind_person_refuses_a_supervisor_who_is_not_bound() -> None:
    made = an_assignment(is_bound=False)
    with pytest.raises(Invalid) as caught:
        commands.bind_person(
            cora(), made, person=user_of(olga()), duty="operator", supervisor=user_of(sven())
        )
    assert list(caught.value.errors) == ["supervisor"]


def test_bind_person_refuses_a_closed_assignment() -> None:
    made = an_assignment()
    commands.close_assignment(cora(), made)
    with pytest.raises(Refused):
        commands.bind_person(cora(), made, person=user_of(otto()), duty="operator")


def test_bind_group_binds_whoever_is_not_bound_yet() -> None:
    made = an_assignment()
    first = a_member("Ina First")
    assert {one.person_id for one in commands.bind_group(petra(), made, team=a_team("Meat buyers"), duty="operator")} == {
        first.id, petra().id,
    }  # fmt: skip
    later = a_member("Lea Later")
    (one,) = commands.bind_group(petra(), made, team=a_team("Meat buyers"), duty="operator", target=7)
    assert (one.person_id, one.team, one.target) == (later.id, a_team("Meat buyers"), 7)
    with pytest.raises(Invalid):
        commands.bind_group(petra(), made, team=a_team("Meat buyers"), duty="operator")


def test_bind_group_reaches_nobody_out_of_sight() -> None:
    made = an_assignment()
    a_member("Fin Fish", "Fish buyers")
    with pytest.raises(Invalid):
        commands.bind_group(petra(), made, team=a_team("Fish buyers"), duty="operator")
    assert commands.bind_group(cora(), made, team=a_team("Fish buyers"), duty="operator")


def test_change_binding_gives_an_operator_to_another_supervisor() -> None:
    made = an_assignment()
    other = an_actor(a_user(roles=("supervisor",), name="Sonja Second"))
    one = part(made, olga())
    with pytest.raises(Invalid):
        commands.change_binding(cora(), one, supervisor=user_of(other))
    bound(made, other, "supervisor")
    commands.change_binding(cora(), one, supervisor=user_of(other), target=3)
    one.refresh_from_db()
    assert (one.supervisor_id, one.target) == (other.id, 3)
    assert queries.parts(sven(), made)[0].binding.person_id == sven().id


def test_change_binding_refuses_days_the_wrong_way_round() -> None:
    with pytest.raises(Invalid):
        commands.change_binding(
            cora(),
            part(an_assignment(), olga()),
            starts=clock.today(),
            ends=clock.today() - timedelta(days=1),
        )


def test_unbind_person_refuses_who_has_entered_or_leads() -> None:
    made = an_assignment()
    with pytest.raises(Refused) as caught:
        commands.unbind_person(cora(), part(made, sven(), "supervisor"))
    assert caught.value.code == "intake.leads_operators"
    an_entry(made)
    with pytest.raises(Refused) as caught:
        commands.unbind_person(cora(), part(made, olga()))
    assert caught.value.code == "intake.has_entered"
    commands.unbind_person(cora(), part(made, vera(), "verifier"))
    assert not made.bindings.filter(duty="verifier").exists()


# --------------------------------------------------------------------------------------------- pages


def test_bind_page_of_the_coordinator_binds_as_chosen() -> None:
    made = an_assignment()
    client = a_client(cora())
    shown = client.get(at("bind", made.pk)).content.decode()
    assert 'name="duty"' in shown
    assert f'value="{sven().id}"' in shown
    given = {"person": str(otto().id), "duty": "operator", "supervisor": str(sven().id), "target": "12"}
    assert client.post(at("bind", made.pk), given).headers["Location"] == at("assignment", made.pk)
    one = part(made, otto())
    assert (one.supervisor_id, one.target) == (sven().id, 12)
    assert client.post(at("bind", made.pk), given).status_code == 422


def test_bind_page_of_a_supervisor_binds_their_own_operators_only() -> None:
    made = an_assignment(is_bound=False)
    bound(made, sven(), "supervisor")
    client = a_client(sven())
    shown = client.get(at("bind", made.pk)).content.decode()
    assert 'name="duty"' not in shown
    assert 'name="supervisor"' not in shown
    answer = client.post(at("bind", made.pk), {"person": str(otto().id)})
    assert (answer.status_code, "#id_person" in answer.content.decode()) == (422, True)
    client.post(at("bind", made.pk), {"person": str(olga().id), "target": ""})
    assert part(made, olga()).supervisor_id == sven().id


def test_bind_page_is_closed_to_who_may_bind_nobody_here() -> None:
    made = an_assignment()
    assert a_client(olga()).get(at("bind", made.pk)).status_code == 403
    other = an_actor(a_user(roles=("supervisor",), name="Sonja Second", manager=None))
    bound(made, other, "verifier")
    assert a_client(other).get(at("bind", made.pk)).status_code == 403
    assert a_client(paul()).get(at("bind", made.pk)).status_code == 404


def test_bind_page_says_what_is_wrong_at_the_field() -> None:
    made = an_assignment()
    given = {"person": str(viktor().id), "duty": "verifier", "supervisor": str(sven().id), "target": "-3"}
    answer = a_client(cora()).post(at("bind", made.pk), given)
    shown = answer.content.decode()
    assert answer.status_code == 422
    assert "#id_target" in shown
    assert "#id_supervisor" in shown


def test_bind_group_page_offers_a_principal_their_own_group() -> None:
    made = an_assignment()
    a_member("Ina First")
    a_team("Fish buyers")
    client = a_client(petra())
    shown = client.get(at("bind_group", made.pk)).content.decode()
    assert "Meat buyers" in shown
    assert "Fish buyers" not in shown
    given = {"team": str(a_team("Meat buyers").pk), "duty": "operator", "target": "4"}
    assert client.post(at("bind_group", made.pk), given).status_code == 302
    assert client.post(at("bind_group", made.pk), given).status_code == 422
    assert client.post(at("bind_group", made.pk), given | {"team": "nonsense"}).status_code == 422


def test_binding_page_changes_a_part_and_refuses_a_stale_form() -> None:
    made = an_assignment()
    one = part(made, olga())
    client = a_client(sven())
    given = {"target": "9", "starts": "2026-03-01", "ends": "2026-04-01", "version": str(one.version)}
    assert client.post(at("binding_edit", one.pk), given).headers["Location"] == at("assignment", made.pk)
    one.refresh_from_db()
    assert (one.target, one.supervisor_id) == (9, sven().id)
    assert client.post(at("binding_edit", one.pk), given | {"target": "8"}).status_code == 422
    fresh = given | {"ends": "2026-02-01", "version": str(one.version)}
    answer = client.post(at("binding_edit", one.pk), fresh)
    assert (answer.status_code, "#id_ends" in answer.content.decode()) == (422, True)


def test_unbind_page_takes_somebody_off_once() -> None:
    made = an_assignment()
    one = part(made, vera(), "verifier")
    client = a_client(cora())
    assert vera().name in client.get(at("unbind", one.pk)).content.decode()
    assert client.post(at("unbind", one.pk)).status_code == 302
    assert client.post(at("unbind", one.pk)).status_code == 404
    an_entry(made)
    assert client.post(at("unbind", part(made, olga()).pk)).status_code == 422
