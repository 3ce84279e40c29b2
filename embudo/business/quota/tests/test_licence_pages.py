from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.quota import commands
from embudo.business.quota.models import Licence
from embudo.business.quota.tests.builders import a_policy, ada, oscar
from embudo.foundation.access.tests.builders import a_client, an_admin, cat, user_of
from embudo.kernel import clock

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"quota:{name}", args=args)


@pytest.fixture
def admin() -> Client:
    return a_client(an_admin())


def typed(**given: Any) -> dict[str, Any]:
    return {
        "person": str(oscar().id), "may_submit": "on", "policy": "", "most": "", "valid_from": clock.today().isoformat(),
        "valid_to": "",
    } | given  # fmt: skip


def a_given(**terms: Any) -> Licence:
    whole = {"valid_from": clock.today()} | terms
    return commands.grant_licence(an_admin(), person=user_of(oscar()), licence=commands.LicenceTerms(**whole))


def test_grant_page_grants_what_was_chosen(admin: Client) -> None:
    policy = a_policy(currency="JPY")
    given = typed(policy=str(policy.pk), tiers=["Gold", "Plus"], most="2000", valid_to="2099-01-01")
    response = admin.post(at("licence_new"), given)
    licence = Licence.objects.get()
    assert response.headers["Location"] == at("licence", licence.pk)
    assert (licence.policy_id, licence.tiers, licence.most_minor) == (policy.pk, ["Gold", "Plus"], 2000)
    assert (licence.may_submit, licence.may_approve, licence.person_id) == (True, False, oscar().id)


def test_grant_page_wants_to_know_what_the_amount_is_in(admin: Client) -> None:
    a_policy(currency="USD")
    a_policy(currency="JPY")
    refused = admin.post(at("licence_new"), typed(most="2000"))
    assert refused.status_code == 422
    assert 'href="#id_most"' in refused.content.decode()
    admin.post(at("licence_new"), typed(most="2000", currencies=["USD"]))
    assert Licence.objects.get().most_minor == 2000_00


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"person": ""}, "person"),
        ({"may_submit": ""}, "may_submit"),
        ({"valid_from": ""}, "valid_from"),
        ({"valid_to": "2001-01-01"}, "valid_to"),
        ({"policy": "x"}, "policy"),
        ({"tiers": ["Diamond"]}, "tiers"),
    ],
)
def test_grant_page_shows_a_refusal_with_the_form(admin: Client, given: dict[str, Any], named: str) -> None:
    a_policy()
    response = admin.post(at("licence_new"), typed(**given))
    assert response.status_code == 422
    assert f'href="#id_{named}' in response.content.decode()
    assert not Licence.objects.exists()


def test_nobody_grants_themselves_a_licence(admin: Client) -> None:
    response = admin.post(at("licence_new"), typed(person=str(an_admin().id)))
    assert response.status_code == 422
    assert "Another administrator" in response.content.decode()


def test_licence_page_shows_what_it_covers() -> None:
    policy = a_policy()
    licence = a_given(policy=policy, tiers=("Gold",), most_minor=500_00)
    page = a_client(oscar()).get(at("licence", licence.pk)).content.decode()
    for said in ("Oscar Officer", "Gold", "$500.00", policy.name, "In force"):
        assert said in page
    assert "Suspend" not in page  # an officer reads


def test_licence_is_suspended_restored_and_ended_with_reasons(admin: Client) -> None:
    licence = a_given()
    assert admin.post(at("licence_suspend", licence.pk), {"reason": " "}).status_code == 422
    admin.post(at("licence_suspend", licence.pk), {"reason": "A complaint"})
    page = admin.get(at("licence", licence.pk)).content.decode()
    assert "A complaint" in page
    assert "Restore" in page
    assert "Oscar" in admin.get(at("licences"), {"tab": "suspended"}).content.decode()
    admin.post(at("licence_restore", licence.pk), {"reason": "Looked at"})
    licence.refresh_from_db()
    assert licence.suspended is None
    admin.post(at("licence_end", licence.pk), {"last_day": ""})
    assert "Oscar" in admin.get(at("licences"), {"tab": "ended"}).content.decode()
    assert "Suspend" not in admin.get(at("licence", licence.pk)).content.decode()


def test_licence_may_end_on_a_later_day(admin: Client) -> None:
    licence, day = a_given(), clock.today() + timedelta(days=9)
    admin.post(at("licence_end", licence.pk), {"last_day": day.isoformat()})
    licence.refresh_from_db()
    assert licence.valid_to == day


def test_list_asks_the_same_for_one_row_and_three(admin: Client) -> None:
    policy = a_policy()

    def asked() -> int:
        admin.get(at("licences"))
        with CaptureQueriesContext(connection) as found:
            assert admin.get(at("licences")).status_code == 200
        return len(found)

    a_given(policy=policy)
    one = asked()
    a_given(policy=policy)
    a_given()
    assert asked() == one


def test_only_administrators_grant() -> None:
    licence = a_given()
    for who in (oscar(), ada()):
        client = a_client(who)
        assert client.get(at("licences")).status_code == 200
        assert client.post(at("licence_new"), typed()).status_code == 403
        assert client.post(at("licence_suspend", licence.pk), {"reason": "x"}).status_code == 403
    assert a_client(cat()).get(at("licence", licence.pk)).status_code == 403
