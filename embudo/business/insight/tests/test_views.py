import pytest
from django.test import Client
from django.urls import reverse

from embudo.foundation.access.tests.builders import a_user

pytestmark = pytest.mark.django_db
TILES = ("figures", "funnel", "pipeline", "money", "tasks", "months")


@pytest.mark.parametrize("role", ["administrator", "manager", "seller", "collector"])
def test_dashboard_greets_and_names_its_tiles(client: Client, role: str) -> None:
    client.force_login(a_user(roles=(role,), name="Ann Example", email="ann@example.com"))
    page = client.get("/")
    assert page.status_code == 200
    assert "Ann" in page.content.decode()


@pytest.mark.parametrize("tile", TILES)
@pytest.mark.parametrize(
    "asked", ["", "?whose=mine&days=90", "?whose=team", "?whose=all&days=365", "?whose=x&days=y"]
)
def test_tile_answers_whatever_is_asked(client: Client, tile: str, asked: str) -> None:
    client.force_login(a_user(roles=("administrator",), name="Ann", email="ann@example.com"))
    assert client.get(reverse(f"insight:{tile}") + asked).status_code == 200


@pytest.mark.parametrize("tile", TILES)
def test_tile_takes_few_queries(client: Client, tile: str, django_assert_max_num_queries: object) -> None:
    client.force_login(a_user(roles=("manager",), name="Ann", email="ann@example.com"))
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(reverse(f"insight:{tile}"), headers={"HX-Request": "true"})


def test_seller_is_not_shown_the_choice_of_whose(client: Client) -> None:
    client.force_login(a_user(roles=("seller",), name="Ann", email="ann@example.com"))
    assert "whose=all" not in client.get("/").content.decode().replace("&amp;", "&").split("tile-grid")[0]
