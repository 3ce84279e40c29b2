import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

IN_NAV = {"HX-Request": "true", "HX-Target": "nav#neighbours"}


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def fleet(boats: Any) -> dict[str, Any]:
    """Four of stage new by name, one won."""
    made = [boats.objects.create(name=name, price=price) for name, price in
            (("Alfa", 3), ("Beta", 1), ("Gamma", 2), ("Delta", None))]  # fmt: skip
    made.append(boats.objects.create(name="Bravo", stage="won", price=9))
    return {one.name: one for one in made}


def link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return unescape(found[1]) if found else ""


def link_of(page: str, name: str) -> str:
    found = re.search(rf'<a href="([^"]+)">{name}</a>', page)
    assert found, page
    return unescape(found[1])


def test_row_links_tell_the_list_and_its_state(web: Client, fleet: dict[str, Any]) -> None:
    page = text(web.get("/boats/?stage=new&sort=-price"))
    assert link_of(page, "Alfa") == f"/boats/{fleet['Alfa'].pk}/?in=boats?stage%3Dnew%26sort%3D-price"
    assert link_of(text(web.get("/boats/")), "Alfa") == f"/boats/{fleet['Alfa'].pk}/?in=boats"


def test_record_page_asks_for_its_neighbours_apart(
    web: Client, fleet: dict[str, Any], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = f"/boats/{fleet['Beta'].pk}/?in=boats"
    with django_assert_num_queries(1):
        page = text(web.get(address))
    assert f'hx-get="{address}"' in page
    assert "Gamma" not in page


@pytest.mark.parametrize("more", [0, 40])
def test_neighbours_take_few_queries_whatever_the_list(
    web: Client,
    boats: Any,
    fleet: dict[str, Any],
    more: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    boats.objects.bulk_create([boats(name=f"Beta {n:02}") for n in range(more)])
    with django_assert_num_queries(6):  # the record, its place, two counts, two neighbours
        web.get(f"/boats/{fleet['Beta'].pk}/?in=boats", headers=IN_NAV)


def test_neighbours_follow_filter_and_sort_of_the_list(web: Client, fleet: dict[str, Any]) -> None:
    at = "?in=boats%3Fstage%3Dnew%26sort%3D-price"
    page = text(web.get(f"/boats/{fleet['Gamma'].pk}/{at}", headers=IN_NAV))
    assert link(page, "prev").startswith(f"/boats/{fleet['Alfa'].pk}/?in=boats")
    assert link(page, "next").startswith(f"/boats/{fleet['Beta'].pk}/?in=boats")
    assert "2 of 4" in page
    onward = text(web.get(link(page, "next"), headers=IN_NAV))
    assert link(onward, "next").startswith(f"/boats/{fleet['Delta'].pk}/")  # without a value comes last
    assert 'href="/boats/?stage=new&amp;sort=-price"' in onward


def test_ends_of_the_list_have_one_neighbour(web: Client, fleet: dict[str, Any]) -> None:
    first = text(web.get(f"/boats/{fleet['Alfa'].pk}/?in=boats", headers=IN_NAV))
    last = text(web.get(f"/boats/{fleet['Gamma'].pk}/?in=boats", headers=IN_NAV))
    assert (link(first, "prev"), link(last, "next")) == ("", "")
    assert "1 of 5" in first
    assert "5 of 5" in last


def test_record_that_left_the_list_says_so(web: Client, fleet: dict[str, Any]) -> None:
    page = text(web.get(f"/boats/{fleet['Bravo'].pk}/?in=boats%3Fstage%3Dnew", headers=IN_NAV))
    assert "no longer in that list" in page
    assert 'href="/boats/?stage=new"' in page
    assert link(page, "next") == ""


def test_way_back_leads_to_the_page_one_came_from(web: Client, boats: Any) -> None:
    boats.objects.bulk_create([boats(name=f"B{n:02}") for n in range(30)])
    onward = re.search(r'rel="next" href="([^"]+)"', text(web.get("/boats/?size=25")))
    assert onward
    there = unescape(onward[1])
    record = link_of(text(web.get(there)), "B27")
    page = text(web.get(record, headers=IN_NAV))
    back = re.search(r'href="(/boats/\?[^"]+)"', page)
    assert back
    assert "B27" in text(web.get(unescape(back[1])))
    assert "B03" not in text(web.get(unescape(back[1])))


@pytest.mark.parametrize(
    "asked", ["no-such-list", "hello", "boats%3Fq%3D%2500", "?", "boat_rename", "lookup"]
)
def test_address_that_names_no_list_has_no_neighbours(web: Client, fleet: dict[str, Any], asked: str) -> None:
    page = web.get(f"/boats/{fleet['Beta'].pk}/?in={asked}", headers=IN_NAV)
    assert page.status_code in (200, 400)
    assert "rel=" not in text(page)


def test_address_without_context_shows_no_neighbours(web: Client, fleet: dict[str, Any]) -> None:
    assert 'id="neighbours"' not in text(web.get(f"/boats/{fleet['Beta'].pk}/"))


def test_without_script_the_neighbours_come_with_the_page(web: Client, fleet: dict[str, Any]) -> None:
    page = text(web.get(f"/boats/{fleet['Beta'].pk}/?in=boats&near=1"))
    assert "<h1>Beta</h1>" in page
    assert link(page, "next").startswith(f"/boats/{fleet['Bravo'].pk}/")
