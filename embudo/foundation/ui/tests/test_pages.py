import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from embudo.foundation.ui.access_marks import is_public, permission_of, signed_in
from embudo.foundation.ui.pages import Page
from embudo.foundation.ui.tests import site

HTMX = {"HX-Request": "true"}
IN_RESULTS = {**HTMX, "HX-Target": "div#results"}
IN_DIALOG = {**HTMX, "HX-Target": "div#dialog-body"}
GOOD = {"name": "Albatross", "stage": "new", "paid": "n", "price": "1,234.50"}


def text(response: Any) -> str:
    return str(response.content.decode())


# --- who may ---


def test_page_without_permission_is_a_fault_at_start() -> None:
    class Open(Page):
        pass

    with pytest.raises(ImproperlyConfigured):
        Open.as_view()


def test_views_tell_their_permission() -> None:
    assert permission_of(site.Boats.as_view()) is site.VIEW
    assert is_public(site.Hello.as_view())
    assert signed_in(site.Hello) is site.Hello


def test_stranger_is_sent_to_sign_in(web: Client) -> None:
    web.cookies["actor"] = ""
    assert web.get("/boats/?q=a").headers["Location"] == "/login/?next=/boats/%3Fq%3Da"
    assert web.get("/boats/", headers=HTMX).headers["HX-Redirect"] == "/login/?next=/boats/"
    assert web.get("/hello/").status_code == 200


def test_actor_without_grant_is_refused_and_nothing_is_done(web: Client, boats: Any) -> None:
    web.cookies["actor"] = "cat"
    assert web.get("/boats/").status_code == 403
    web.cookies["actor"] = "bob"
    assert web.post("/boats/new/", GOOD).status_code == 403
    assert boats.objects.count() == 0


# --- lists ---


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_three_queries_whatever_its_rows(
    web: Client, boats: Any, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    boats.objects.bulk_create([boats(name=f"B{n}") for n in range(rows)])
    with django_assert_num_queries(3):  # rows, their count, the counted tab
        web.get("/boats/")


def test_list_counts_in_part_until_asked_to_count_exactly(
    web: Client, boats: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embudo.kernel.keyset.COUNT_LIMIT", 2)
    monkeypatch.setattr("embudo.foundation.ui.pages.lists.COUNT_LIMIT", 2)
    boats.objects.bulk_create([boats(name=name) for name in "abc"])
    shown = re.compile(r'id="list-count">(.*?)</span>')
    in_part = shown.search(text(web.get("/boats/?stage=new")))
    assert in_part
    assert ">2+</a>" in in_part[1]
    assert 'href="/boats/?stage=new&amp;exact=1"' in in_part[1]
    exactly = shown.search(text(web.get("/boats/?stage=new&exact=1")))
    assert exactly
    assert exactly[1] == "3"


def test_list_search_answers_the_results_and_says_the_count(web: Client, boats: Any) -> None:
    boats.objects.bulk_create([boats(name="Łódź"), boats(name="Lyon", port="Łeba"), boats(name="Leeds")])
    response = web.get("/boats/?q=Ł&stage=new", headers=IN_RESULTS)
    assert text(response).startswith('<div id="results"')
    assert 'data-say-now="2 boats found"' in text(response)
    assert response.headers["HX-Replace-Url"] == "/boats/?stage=new&q=%C5%81"


def test_list_pages_forward_and_back_keep_the_filter(web: Client, boats: Any) -> None:
    boats.objects.bulk_create([boats(name=f"B{n:02}") for n in range(60)])
    first = text(web.get("/boats/?size=25&q=B"))
    onward = re.search(r'rel="next" href="([^"]+)"', first)
    assert onward
    second = text(web.get(onward[1].replace("&amp;", "&")))
    assert ("B25" in second, "B24" in second) == (True, False)
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back
    assert "B00" in text(web.get(back[1].replace("&amp;", "&")))


def test_list_ignores_unknown_sort_filter_and_cursor(web: Client, boats: Any) -> None:
    boats.objects.create(name="Ann", stage="won")
    for query in ("sort=version", "stage=%3Cx%3E", "after=zzz", "size=9999", "tab=none", "sort=-"):
        assert web.get(f"/boats/?{query}").status_code == 200


def test_empty_list_says_what_to_do(web: Client) -> None:
    assert "Enter the first one." in text(web.get("/boats/"))
    assert "Clear the search" in text(web.get("/boats/?q=zzz"))


# --- commands ---


def test_command_page_runs_the_command_and_goes_on(web: Client, boats: Any) -> None:
    response = web.post("/boats/new/", GOOD)
    assert (response.status_code, response.headers["Location"]) == (302, "/boats/")
    assert boats.objects.get().price == 123450
    assert "Saved." in text(web.get("/boats/"))


def test_command_page_invalid_form_answers_422_and_keeps_what_was_typed(web: Client, boats: Any) -> None:
    response = web.post("/boats/new/", GOOD | {"name": "", "port": "Łeba"})
    assert response.status_code == 422
    drawn = text(response)
    assert "<title>Error: New boat · Embudo</title>" in drawn
    assert '<a href="#id_name">Enter the name.</a>' in drawn
    assert 'value="Łeba"' in drawn
    assert boats.objects.count() == 0


def test_command_page_refusal_stands_above_the_form(web: Client) -> None:
    response = web.post("/boats/new/", GOOD | {"name": "Titanic"})
    assert response.status_code == 422
    assert "This boat sinks. Choose another name." in text(response)


def test_command_page_puts_invalid_on_its_fields_and_the_rest_above(web: Client, boats: Any) -> None:
    boat = boats.objects.create(name="Ann")
    drawn = text(web.post(f"/boats/{boat.pk}/rename/", {"name": "Bad"}))
    assert '<a href="#id_name">Enter a good name.</a>' in drawn
    assert "<p>Mend the mast.</p>" in drawn


def test_command_page_stale_version_is_told(web: Client, boats: Any) -> None:
    boat = boats.objects.create(name="Ann")
    response = web.post(f"/boats/{boat.pk}/rename/", {"name": "Old"})
    assert response.status_code == 422
    assert "Someone else changed this record" in text(response)


def test_command_page_in_a_dialog_has_no_shell_and_redirects_by_header(web: Client, boats: Any) -> None:
    boat = boats.objects.create(name="Ann")
    shown = text(web.get(f"/boats/{boat.pk}/rename/", headers=IN_DIALOG))
    assert ("<html" in shown, 'id="dialog-title"' in shown, 'value="Ann"' in shown) == (False, True, True)
    done = web.post(f"/boats/{boat.pk}/rename/", {"name": "Eve"}, headers=IN_DIALOG)
    assert (done.status_code, done.headers["HX-Redirect"]) == (204, "/boats/")


def test_confirm_page_that_stays_speaks_and_closes(web: Client, boats: Any) -> None:
    boat = boats.objects.create(name="Ann")
    done = web.post(f"/boats/{boat.pk}/scrap/", headers=IN_DIALOG)
    assert done.status_code == 204
    assert '"done"' in done.headers["HX-Trigger"]
    assert boats.objects.count() == 0


def test_command_page_of_a_missing_record_is_404(web: Client) -> None:
    assert web.get("/boats/99/rename/").status_code == 404
    assert web.post("/boats/99/rename/", {"name": "x"}).status_code == 404


# --- board ---


def test_board_moves_a_card_for_script_and_without(web: Client, boats: Any) -> None:
    boat = boats.objects.create(name="Ann", price=100)
    told = web.post(
        "/fleet/", {"card": boat.pk, "lane": "offer"}, headers={"Accept": "application/json"}
    ).json()
    assert told["lanes"]["offer"] == {"count": 1, "total": "€1.00"}
    assert web.post("/fleet/", {"move": f"{boat.pk} talks"}).status_code == 302
    assert boats.objects.get().stage == "talks"


def test_board_refusal_gives_the_reason(web: Client, boats: Any) -> None:
    boat = boats.objects.create(name="Titanic")
    data = {"card": boat.pk, "lane": "won"}
    told = web.post("/fleet/", data, headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["reason"]) == (422, "This boat sinks.")
    assert "This boat sinks." in text(web.post("/fleet/", data))
    assert boats.objects.get().stage == "new"


def test_board_answers_a_card_that_is_none_with_404(web: Client) -> None:
    assert web.post("/fleet/", {"card": "x\0", "lane": "won"}).status_code == 404


def test_board_move_needs_its_own_grant(web: Client, boats: Any) -> None:
    boat = boats.objects.create(name="Ann")
    web.cookies["actor"] = "bob"
    assert web.post("/fleet/", {"card": boat.pk, "lane": "won"}).status_code == 403
    assert "Move Ann" not in text(web.get("/fleet/"))


# --- errors ---


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/broken/refused/", 422, "Not on Sundays."),
        ("/broken/invalid/", 422, "Enter more."),
        ("/broken/missing/", 404, "Nothing is here"),
        ("/nowhere/", 404, "Nothing is here"),
        ("/boats/?q=%00", 400, "did not understand"),
        ("/broken/boom/", 500, "Number of this failure"),
    ],
)
def test_error_is_a_page_that_says_what_to_do(web: Client, address: str, status: int, said: str) -> None:
    response = web.get(address)
    assert response.status_code == status
    assert said in text(response)
    assert text(response).count("<h1>") == 1


def test_error_in_a_part_is_spoken_and_swaps_nothing(web: Client) -> None:
    response = web.get("/broken/refused/", headers=HTMX)
    assert response.headers["HX-Reswap"] == "none"
    assert "Not on Sundays." in response.headers["HX-Trigger"]


def test_form_without_token_is_told_to_load_again(web: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["actor"] = "ann"
    response = strict.post("/boats/new/", GOOD)
    assert response.status_code == 403
    assert "load the page again" in text(response)


def test_menu_shows_what_the_actor_may(web: Client) -> None:
    assert 'href="/fleet/"' in text(web.get("/boats/"))
    web.cookies["actor"] = "cat"
    drawn = text(web.get("/nowhere/"))
    assert ('href="/fleet/"' in drawn, 'href="/hello/"' in drawn) == (False, True)
