from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from embudo.business.quota import queries
from embudo.business.quota.models import Outlook
from embudo.business.quota.tests.builders import a_company, a_policy, ada, an_account
from embudo.business.quota.tests.foreseeing import NOW, SYSTEM, TODAY, foresee, spending
from embudo.foundation.access.tests.builders import a_client, cat
from embudo.kernel import clock
from embudo.kernel.errors import NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def june() -> Iterator[None]:
    with clock.at(NOW):
        yield


# --- pages ----------------------------------------------------------------------------------------------


def text_of(client: Client, path: str, **headers: Any) -> str:
    response = client.get(path, **headers)
    assert response.status_code == 200
    return response.content.decode()


def test_forecast_page_shows_chart_and_table(officer: Client) -> None:
    account = spending(200_00)
    foresee(account)
    page = text_of(officer, f"/quota/accounts/{account.pk}/outlook/")
    for said in (
        'role="img"',
        "<table",
        "30 June 2026",
        "Chance of needing more",
        "Within 30 days it will need the tier Plus.",
    ):
        assert said in page
    assert page.count('<tr><th scope="row">') == 20
    assert f"/quota/accounts/{account.pk}/top-up/" in page


def test_forecast_comes_as_a_part_of_the_accounts_page(officer: Client) -> None:
    account = spending()
    foresee(account)
    part = text_of(officer, f"/quota/accounts/{account.pk}/outlook/", headers={"HX-Request": "true"})
    assert "<html" not in part
    assert part.strip().startswith("<section")
    assert f"/quota/accounts/{account.pk}/outlook/" in text_of(officer, f"/quota/accounts/{account.pk}/")


def test_forecast_page_says_why_there_is_none(officer: Client) -> None:
    account = an_account()
    assert "No forecast yet" in text_of(officer, f"/quota/accounts/{account.pk}/outlook/")


def test_forecast_page_is_for_who_sees_the_account() -> None:
    account = an_account()
    assert a_client(cat()).get(f"/quota/accounts/{account.pk}/outlook/").status_code == 403
    with pytest.raises(NotFound):
        queries.account(SYSTEM, account.policy_id)


def test_list_names_who_will_need_more(officer: Client) -> None:
    needy, easy = spending(200_00, customer=a_company(name="Alfa Ltd")), spending(500_00)
    foresee(needy, easy)
    page = text_of(officer, "/quota/outlook/")
    for said in ("Alfa Ltd", needy.reference, "Basic", "Plus", f"/quota/accounts/{needy.pk}/"):
        assert said in page
    assert easy.reference not in page


def test_list_is_narrowed_by_policy_and_day(officer: Client) -> None:
    one, other = spending(200_00), spending(200_00)
    foresee(one, other)
    page = text_of(officer, f"/quota/outlook/?policy={one.policy_id}")
    assert one.reference in page
    assert other.reference not in page
    Outlook.objects.filter(account=one).update(exhausted_on=TODAY + timedelta(days=2))
    Outlook.objects.filter(account=other).update(exhausted_on=None)
    assert one.reference in text_of(officer, "/quota/outlook/?when=week")
    assert one.reference not in text_of(officer, "/quota/outlook/?when=later")


def test_list_without_rows_says_so(officer: Client) -> None:
    assert "Nobody will need a higher tier" in text_of(officer, "/quota/outlook/")


def test_tile_shows_the_likeliest_first(officer: Client) -> None:
    one, other = (spending(200_00, customer=a_company(name=name)) for name in ("Alfa", "Beta"))
    foresee(one, other)
    Outlook.objects.filter(account=one).update(chance=60)
    Outlook.objects.filter(account=other).update(chance=80)
    part = text_of(officer, "/quota/outlook/tile/", headers={"HX-Request": "true"})
    assert part.index("Beta") < part.index("Alfa")
    assert "Nobody will need" not in part


@pytest.mark.parametrize("path", ["/quota/outlook/", "/quota/outlook/tile/"])
def test_pages_ask_as_much_for_three_as_for_one(path: str, django_assert_max_num_queries: Any) -> None:
    client, asked = a_client(ada()), []
    policy = a_policy()
    for count in (1, 2):
        foresee(*(spending(200_00, days=15, policy=policy) for _number in range(count)))
        client.get(path)
        with django_assert_max_num_queries(40) as captured:
            client.get(path)
        asked.append(len(captured))
    assert asked[0] == asked[1]
