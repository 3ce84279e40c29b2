from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.quota import commands
from embudo.business.quota.models import ExchangeRate, Policy, PolicyVersion, Tier
from embudo.business.quota.rules.terms import Terms, TierTerms, faults_of_terms
from embudo.business.quota.tests.builders import TIERS, a_company, a_policy, an_account, oscar, spent
from embudo.foundation.access.tests.builders import a_client, an_admin, cat, tester
from embudo.kernel import clock
from embudo.kernel.errors import Invalid, Stale

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"quota:{name}", args=args)


@pytest.fixture
def admin() -> Client:
    return a_client(an_admin())


def typed(**given: Any) -> dict[str, Any]:
    """As a browser sends a new policy."""
    return {
        "name": "Travel money", "currency": "usd", "period": "month", "rolling_days": "30", "counted_on": "captured",
        "refunds": "now", "thresholds": "80, 95", "at_limit": "refuse", "silence": "deny", "answer_days": "14",
        "switching": "propose", "needs_consent": "on", "denial_holds": "on", "denial_suspends": "on",
        "tier-rows": "3", "tier-0-name": "Basic", "tier-0-limit_minor": "100",
        "tier-1-name": "Plus", "tier-1-limit_minor": "1,500.50", "tier-1-average_minor": "80",
        "tier-1-average_periods": "6", "tier-1-is_nothing_overdue": "on", "tier-2-average_periods": "3",
        "step-rows": "2", "step-0-up_to": "500", "step-0-approvers": "1", "step-1-approvers": "2",
    } | {key.replace("__", "-"): value for key, value in given.items()}  # fmt: skip


def wrong(values: dict[str, Any], *tiers: TierTerms) -> set[str]:
    return set(faults_of_terms(Terms(values, tiers)))


# ---------------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, set()),
        ({"at_limit": "overdraft", "overdraft_minor": 100, "overdraft_name": "Bridge"}, set()),
        ({"at_limit": "overdraft"}, {"overdraft_minor", "overdraft_name"}),
        ({"at_limit": "topup", "overdraft_minor": 100}, {"overdraft_minor"}),
        ({"overdraft_name": "Bridge"}, {"overdraft_name"}),
        ({"thresholds": [1, 99]}, set()),
        ({"thresholds": [0, 50]}, {"thresholds"}),
        ({"thresholds": [95, 80]}, {"thresholds"}),
        ({"thresholds": [80, 80]}, {"thresholds"}),
        ({"rolling_days": 0}, {"rolling_days"}),
        ({"rolling_days": 367}, {"rolling_days"}),
        ({"period": "week", "at_limit": "no", "silence": ""}, {"period", "at_limit", "silence"}),
        ({"most_change_minor": 200, "most_year_minor": 100}, {"most_change_minor"}),
        ({"most_change_minor": -1}, {"most_change_minor"}),
        ({"answer_days": 0, "grace_days": -1}, {"answer_days", "grace_days"}),
        ({"approvals": [[100, 1], [None, 2]]}, set()),
        ({"approvals": [[100, 1], [100, 2], [None, 3]]}, {"approvals.1.up_to"}),
        ({"approvals": [[None, 1], [None, 2]]}, {"approvals.0.up_to"}),
        ({"approvals": [[100, 0]]}, {"approvals.0.approvers", "approvals.0.up_to"}),
    ],
)
def test_terms_that_contradict_themselves_are_named(values: dict[str, Any], named: set[str]) -> None:
    assert wrong(values) == named


def test_tiers_have_names_of_their_own_and_rise() -> None:
    tiers = (
        TierTerms("A", 100),
        TierTerms(" A ", 100),
        TierTerms("", -1),
        TierTerms("D", 200, average_periods=0),
    )
    assert wrong({}, *tiers) == {
        "tiers.1.name", "tiers.1.limit_minor", "tiers.2.name", "tiers.2.limit_minor", "tiers.3.average_periods",
    }  # fmt: skip


def test_publish_version_refuses_what_contradicts_itself_and_keeps_the_old_one() -> None:
    policy = a_policy()
    with pytest.raises(Invalid) as caught:
        commands.publish_version(tester(), policy, terms=Terms({"thresholds": [100]}, TIERS[::-1]))
    assert "thresholds" in caught.value.errors
    assert "tiers.1.limit_minor" in caught.value.errors
    assert PolicyVersion.objects.count() == 1


def test_publish_version_refuses_who_read_an_older_one() -> None:
    policy = a_policy()
    commands.publish_version(tester(), policy, terms=Terms({}, TIERS))
    with pytest.raises(Stale):
        commands.publish_version(tester(), policy, terms=Terms({}, TIERS), version=1)


def test_define_policy_says_all_that_is_wrong_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        commands.define_policy(tester(), name=" ", currency="???", terms=Terms({"rolling_days": 0}))
    assert set(caught.value.errors) == {"name", "currency", "rolling_days"}


def test_archive_policy_ends_the_opening_of_accounts_and_keeps_those_that_stand() -> None:
    account = an_account()
    commands.archive_policy(tester(), account.policy)
    with pytest.raises(Invalid):
        commands.open_account(tester(), a_company(), policy=account.policy)
    assert spent(account, 10_00).captured_minor == 10_00
    commands.archive_policy(tester(), Policy.objects.get(), is_archived=False)
    assert commands.open_account(tester(), a_company(), policy=Policy.objects.get()).state == "pending"


def test_enter_rate_keeps_the_one_of_a_day() -> None:
    given: dict[str, Any] = {"currency": "EUR", "into": "USD", "valid_from": clock.today()}
    commands.enter_rate(tester(), rate=Decimal("1.08"), **given)
    with pytest.raises(Invalid) as caught:
        commands.enter_rate(tester(), rate=Decimal("1.09"), **given)
    assert list(caught.value.errors) == ["valid_from"]
    assert ExchangeRate.objects.get().rate == 108_000_000


# ---------------------------------------------------------------------------------------------- pages


def test_define_page_makes_a_policy_with_tiers_and_approvers(admin: Client) -> None:
    response = admin.post(at("policy_new"), typed())
    policy = Policy.objects.get()
    assert response.headers["Location"] == at("policy", policy.pk)
    version = policy.current
    assert version is not None
    assert (policy.currency, version.thresholds, version.approvals) == (
        "USD",
        [80, 95],
        [[50000, 1], [None, 2]],
    )
    assert list(Tier.objects.order_by("limit_minor").values_list("name", "limit_minor", "average_minor")) == [
        ("Basic", 10000, 0),
        ("Plus", 150050, 8000),
    ]
    plus = Tier.objects.get(name="Plus")
    assert (plus.average_periods, plus.is_nothing_overdue, plus.needs_licence) == (6, True, False)


def test_define_page_reads_amounts_in_the_policy_s_currency(admin: Client) -> None:
    given = {"tier__1__limit_minor": "1500", "tier__1__average_minor": ""}
    admin.post(at("policy_new"), typed(currency="JPY", **given))
    assert Tier.objects.get(name="Basic").limit_minor == 100


def test_define_page_names_the_rows_that_are_wrong(admin: Client) -> None:
    given = {"tier__1__limit_minor": "90", "step__1__up_to": "900", "tier__0__name": ""}
    response = admin.post(at("policy_new"), typed(**given))
    page = response.content.decode()
    assert response.status_code == 422
    for field in ("tier-0-name", "tier-1-limit_minor", "step-1-up_to"):
        assert f'href="#id_{field}"' in page
    assert 'value="Plus"' in page
    assert not Policy.objects.exists()


def test_define_page_counts_rows_by_what_stands_in_them(admin: Client) -> None:
    """The row that is wrong is the one that was filled in, though one above it is empty."""
    given = {
        "tier__0__name": "",
        "tier__0__limit_minor": "",
        "tier__2__name": "Plus",
        "tier__2__limit_minor": "7",
    }
    page = admin.post(at("policy_new"), typed(**given)).content.decode()
    assert 'href="#id_tier-2-limit_minor"' in page
    assert 'href="#id_tier-1-limit_minor"' not in page


def test_define_page_gives_a_row_more_and_takes_one_away_without_script(admin: Client) -> None:
    more = admin.post(at("policy_new"), typed(more="tier")).content.decode()
    assert 'name="tier-rows" value="4"' in more
    assert 'value="Plus"' in more
    fewer = admin.post(at("policy_new"), typed(remove="tier:0")).content.decode()
    assert 'name="tier-rows" value="2"' in fewer
    assert 'value="Basic"' not in fewer
    assert 'name="tier-0-name" value="Plus"' in fewer
    steps = admin.post(at("policy_new"), typed(remove="step:0")).content.decode()
    assert 'name="step-rows" value="1"' in steps
    assert not Policy.objects.exists()


@pytest.mark.parametrize(
    "odd", [{"remove": "tier:99"}, {"remove": "x"}, {"tier__rows": "99999"}, {"more": "x"}]
)
def test_define_page_bears_odd_rows(admin: Client, odd: dict[str, Any]) -> None:
    assert admin.post(at("policy_new"), typed(**odd)).status_code in (200, 302, 422)


def test_publish_page_starts_with_what_stands(admin: Client) -> None:
    policy = a_policy(approvals=[[500_00, 1], [None, 3]], most_change_minor=250_00, rolling_days=45)
    page = admin.get(at("policy_publish", policy.pk)).content.decode()
    for value in ("Gold", "2000.00", "250.00", "45", "80, 95", "500.00"):
        assert f'value="{value}"' in page
    assert 'name="name"' not in page


def test_publish_page_puts_a_new_version_in_force(admin: Client) -> None:
    policy = a_policy()
    given = typed(thresholds="70", version=str(policy.version))
    response = admin.post(at("policy_publish", policy.pk), given)
    policy.refresh_from_db()
    assert response.headers["Location"] == at("policy", policy.pk)
    assert policy.current is not None
    assert (policy.current.number, policy.current.thresholds) == (2, [70])


def test_publish_page_shows_a_refusal_with_the_form(admin: Client) -> None:
    policy = a_policy()
    given = typed(at_limit="refuse", overdraft_minor="10", version=str(policy.version))
    response = admin.post(at("policy_publish", policy.pk), given)
    assert response.status_code == 422
    assert 'href="#id_overdraft_minor"' in response.content.decode()
    assert PolicyVersion.objects.count() == 1


def test_policy_page_shows_the_ladder_the_versions_and_who_uses_it() -> None:
    policy = a_policy()
    an_account(policy=policy)
    commands.publish_version(tester(), policy, terms=Terms({"thresholds": [60]}, TIERS))
    page = a_client(oscar()).get(at("policy", policy.pk)).content.decode()
    for said in (
        "Gold",
        "$2,000.00",
        "Version 1",
        "Version 2",
        "60 %",
        "changed",
        "1 account",
        "Only with a licence",
    ):
        assert said in page
    assert "New version" not in page  # an officer reads


@pytest.mark.parametrize("name", ["policies", "rates"])
def test_lists_ask_the_same_for_one_row_and_three(admin: Client, name: str) -> None:
    def asked() -> int:
        admin.get(at(name))
        with CaptureQueriesContext(connection) as found:
            assert admin.get(at(name)).status_code == 200
        return len(found)

    def another(code: str) -> None:
        an_account(policy=a_policy())
        given = {"currency": code, "into": "USD", "rate": "1.08", "valid_from": "2026-01-01"}
        admin.post(at("rate_new"), given)

    another("EUR")
    one = asked()
    another("PLN")
    another("GBP")
    assert asked() == one


def test_policy_page_asks_the_same_for_one_version_and_three(admin: Client) -> None:
    policy = a_policy()

    def asked() -> int:
        admin.get(at("policy", policy.pk))
        with CaptureQueriesContext(connection) as found:
            assert admin.get(at("policy", policy.pk)).status_code == 200
        return len(found)

    one = asked()
    for _number in range(2):
        commands.publish_version(tester(), policy, terms=Terms({}, TIERS))
    assert asked() == one


def test_archive_page_archives_and_takes_out_again(admin: Client) -> None:
    policy = a_policy()
    assert admin.post(at("policy_archive", policy.pk)).status_code == 302
    assert policy.name in admin.get(at("policies"), {"tab": "archived"}).content.decode()
    admin.post(at("policy_unarchive", policy.pk))
    assert policy.name in admin.get(at("policies")).content.decode()


def test_pages_are_closed_to_who_may_only_read_and_to_who_may_not() -> None:
    policy = a_policy()
    officer, nobody = a_client(oscar()), a_client(cat())
    assert officer.get(at("policies")).status_code == 200
    assert officer.get(at("policy_new")).status_code == 403
    assert officer.post(at("policy_publish", policy.pk), typed()).status_code == 403
    assert nobody.get(at("policy", policy.pk)).status_code == 403
    assert nobody.get(at("rates")).status_code == 403


# ---------------------------------------------------------------------------------------------- rates


def test_rate_page_enters_a_rate_and_shows_it(admin: Client) -> None:
    given = {"currency": "eur", "into": "usd", "rate": "1.08450001", "valid_from": "2026-03-01"}
    assert admin.post(at("rate_new"), given).status_code == 302
    assert ExchangeRate.objects.values_list("currency", "into", "rate").get() == ("EUR", "USD", 108450001)
    assert "1.08450001 USD" in admin.get(at("rates")).content.decode()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"rate": "0"}, "rate"),
        ({"rate": "-2"}, "rate"),
        ({"rate": "1e5"}, "rate"),
        ({"rate": "9" * 20}, "rate"),
        ({"into": "EUR"}, "currency"),
        ({"currency": "???"}, "currency"),
        ({"valid_from": ""}, "valid_from"),
    ],
)
def test_rate_page_shows_a_refusal_with_what_was_typed(
    admin: Client, given: dict[str, str], named: str
) -> None:
    whole = {"currency": "EUR", "into": "USD", "rate": "1.1", "valid_from": "2026-03-01"} | given
    response = admin.post(at("rate_new"), whole)
    assert response.status_code == 422
    assert f'href="#id_{named}"' in response.content.decode()
    assert not ExchangeRate.objects.exists()
