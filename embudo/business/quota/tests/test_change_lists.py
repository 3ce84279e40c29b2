import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.quota import commands, queries
from embudo.business.quota.models import Licence
from embudo.business.quota.queries import ChangeAct
from embudo.business.quota.tests.builders import ada, an_account, oscar
from embudo.business.quota.tests.changing import (
    DAILY,
    a_mailed_account,
    accepted,
    awaiting,
    checker,
    denied,
    drafted,
    licensed,
    on_its_day,
    rehearsed,
    reread,
    under_review,
)
from embudo.foundation.access.tests.builders import a_client, an_admin, cat, user_of
from embudo.foundation.documents.commands import attach_document
from embudo.foundation.documents.tests.builders import a_file
from embudo.kernel import clock
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"quota:{name}", args=args)


def asked_for(client: Client, address: str, **given: Any) -> int:
    client.get(address, given)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address, given).status_code == 200
    return len(found)


# ---------------------------------------------------------------------------------------------- lists


def listed(who: Actor, **given: Any) -> set[str]:
    page = a_client(who).get(at("changes"), given).content.decode()
    return set(re.findall(r'href="/quota/changes/([0-9a-f-]{36})/', page))


def test_list_shows_what_waits_for_me() -> None:
    review, done = under_review(), rehearsed()
    to_rehearse = accepted()
    draft = drafted()
    assert listed(checker(), tab="waiting") == {str(one.pk) for one in (review, done, to_rehearse)}
    assert listed(oscar(), tab="waiting") == {str(to_rehearse.pk)}
    assert listed(oscar(), tab="mine") >= {str(draft.pk)}
    assert queries.waiting_count(ada()) == 3


def test_list_filters_by_state_and_finds_by_customer() -> None:
    review, draft = under_review(), drafted()
    assert listed(oscar(), state="review") == {str(review.pk)}
    assert listed(oscar(), q=draft.account.customer.name) == {str(draft.pk)}
    denied(awaiting())
    assert len(listed(oscar())) == 2
    assert len(listed(oscar(), tab="all")) == 3


@pytest.mark.parametrize("tab", ["open", "waiting", "all"])
def test_list_asks_the_same_for_one_row_and_three(tab: str) -> None:
    client = a_client(checker())
    under_review()
    one = asked_for(client, at("changes"), tab=tab)
    under_review()
    under_review()
    assert asked_for(client, at("changes"), tab=tab) == one


@pytest.mark.parametrize("sort", ["-created", "to_minor", "state", "applies_on", "-account__reference"])
def test_list_sorts(sort: str) -> None:
    under_review()
    drafted()
    assert len(listed(oscar(), sort=sort)) == 2


@pytest.mark.parametrize(
    "terms",
    [
        {},
        {"tiers": ("Basic", "Plus")},
        {"tiers": ("Plus",)},
        {"most_minor": 300_00},
        {"most_minor": 299_99},
        {"currencies": ("USD",)},
        {"currencies": ("EUR",)},
        {"may_approve": False},
        {"valid_to": clock.today()},
        {"policy": "own"},
        {"policy": "other"},
    ],
)
@pytest.mark.parametrize("locked", [False, True])
def test_what_waits_agrees_with_what_the_page_offers(terms: dict[str, Any], locked: bool) -> None:  # noqa: FBT001
    tiers = (commands.TierTerms("Basic", 100_00), commands.TierTerms("Plus", 500_00, needs_licence=locked))
    account = a_mailed_account(tiers=tiers)
    other = an_account().policy
    asked = drafted(account, by=oscar())
    licensed(oscar(), tiers=("Basic", "Plus"))
    change = commands.submit_change(oscar(), asked)
    policy = {"own": account.policy, "other": other}.get(terms.get("policy", ""))
    licensed(ada(), **(terms | ({"policy": policy} if "policy" in terms else {})))
    is_offered = ChangeAct.APPROVE in queries.acts_open(ada(), reread(change))
    assert queries.waiting_for(ada()).filter(pk=change.pk).exists() == is_offered


def test_nothing_waits_for_who_holds_no_licence_but_what_is_to_be_rehearsed() -> None:
    under_review()
    assert queries.waiting_count(ada()) == 0
    accepted()
    licences = Licence.objects.filter(person=user_of(ada()))
    for one in licences:
        commands.end_licence(an_admin(), one)
    assert queries.waiting_count(ada()) == 1


# ---------------------------------------------------------------------------------------------- tiles


def test_tile_tells_what_waits() -> None:
    change = under_review()
    page = a_client(checker()).get(at("changes_waiting"), headers={"HX-Request": "true"}).content.decode()
    assert change.account.customer.name in page
    assert "<html" not in page
    assert "No change waits" in a_client(oscar()).get(at("changes_waiting")).content.decode()


def test_tile_tells_what_is_held_back_and_what_will_be() -> None:
    change, later = rehearsed(), rehearsed()
    with on_its_day(change):
        commands.apply_change(DAILY, change)
        page = a_client(checker()).get(at("changes_held_back")).content.decode()
    assert change.account.customer.name in page
    assert "1 scheduled change is not signed yet." in page
    assert later.account.customer.name not in page


@pytest.mark.parametrize("name", ["changes_waiting", "changes_held_back"])
def test_tiles_ask_the_same_for_one_row_and_three(name: str) -> None:
    client = a_client(checker())
    under_review()
    one = asked_for(client, at(name))
    under_review()
    under_review()
    assert asked_for(client, at(name)) == one


def test_pages_are_closed_without_a_grant() -> None:
    change, nobody = drafted(), a_client(cat())
    for address in (
        at("changes"),
        at("change", change.pk),
        at("change_submit", change.pk),
        at("changes_waiting"),
    ):
        assert nobody.get(address).status_code == 403


def test_files_are_attached_to_a_change_by_whoever_sees_it() -> None:
    change = drafted()
    attach_document(oscar(), about=change, name="Passport.pdf", file=a_file())
    panel = reverse("documents:panel", args=[change.kind_name(), change.pk])
    assert "Passport.pdf" in a_client(ada()).get(panel).content.decode()
    assert a_client(cat()).get(panel).status_code == 403
