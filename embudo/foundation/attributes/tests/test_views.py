import json
import re
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.business.sales import commands as sales
from embudo.business.sales.models import Lead
from embudo.foundation.access.tests.builders import a_client, an_admin, ann, bob, cat, user_of
from embudo.foundation.attributes.models import SavedView
from embudo.foundation.attributes.tests.builders import a_view, an_attribute
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db
LEADS = "/leads/"
FILTER = "/lists/sales:leads/filter/"


def a_lead(actor: Actor, name: str, **custom: Any) -> Lead:
    return sales.submit_lead(actor, name=name, owner=user_of(actor), custom=custom)


def page(client: Client, url: str = LEADS, **given: str) -> str:
    response = client.get(url, given)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def names(html: str) -> list[str]:
    return [name for name in ("Abe", "Ben", "Cleo", "Dora") if f">{name}<" in html]


@pytest.fixture
def client() -> Client:
    an_attribute("choice", "Tier", choices="gold = Gold\nsilver = Silver")
    an_attribute("number", "Seats")
    an_attribute("user", "Adviser")
    actor = ann()
    a_lead(actor, "Abe", tier="gold", seats=10, adviser=str(actor.id))
    a_lead(actor, "Ben", tier="gold", seats=2)
    a_lead(actor, "Cleo", tier="silver", seats=7)
    return a_client(actor)


# -- the list


def test_list_is_filtered_by_the_tree_in_its_address(client: Client) -> None:
    tree = {
        "and": [
            {"attribute": "custom_tier", "op": "is", "value": "gold"},
            {"attribute": "custom_seats", "op": "more", "value": 5},
        ]
    }
    html = page(client, filter=json.dumps(tree))
    assert names(html) == ["Abe"]
    assert "Tier is Gold and Seats is more than 5" in html


def test_list_with_a_filter_that_does_not_fit_shows_nothing_and_says_why(client: Client) -> None:
    html = page(client, filter='{"attribute": "colour", "op": "is", "value": "red"}')
    assert names(html) == []
    assert "This list has no attribute “colour”" in html


def test_list_shows_the_columns_chosen_in_their_order(client: Client) -> None:
    html = page(client, columns="name,custom_seats:120,custom_tier,custom_adviser,nonsense")
    assert html.index(">Seats<") < html.index(">Tier<") < html.index(">Adviser<")
    assert 'width="120"' in html
    assert "Ann Right" in html
    assert "Came in" not in html


def test_list_is_sorted_by_several(client: Client) -> None:
    html = page(client, sort="custom_tier,-custom_seats", columns="name,custom_tier,custom_seats")
    assert html.index(">Abe<") < html.index(">Ben<") < html.index(">Cleo<")
    html = page(client, sort="custom_tier,custom_seats", columns="name,custom_tier,custom_seats")
    assert html.index(">Ben<") < html.index(">Abe<") < html.index(">Cleo<")


def test_pages_go_on_within_several_orders(client: Client) -> None:
    for number in range(30):
        a_lead(ann(), f"More {number:02}", tier="silver", seats=number % 3)
    first = client.get(LEADS, {"sort": "custom_tier,-custom_seats,name", "size": "25"})
    assert first.context["row_count"] == 25
    second = client.get(first.context["next_url"])
    assert second.context["row_count"] == 8
    back = client.get(second.context["previous_url"])
    assert without_way_back(back) == without_way_back(first)


def without_way_back(answer: Any) -> str:
    """The rows; what their links say of the page they stand on differs."""
    return re.sub(r"\?in=[^\"]*", "", str(answer.context["rows"]))


def test_list_takes_a_constant_number_of_queries(client: Client) -> None:
    asked = {"columns": "name,custom_adviser,custom_tier", "sort": "custom_seats,-created"}
    asked["filter"] = '{"attribute": "custom_tier", "op": "filled"}'
    page(client, **asked)
    with CaptureQueriesContext(connection) as few:
        page(client, **asked)
    for number in range(5):
        a_lead(ann(), f"N {number}", tier="gold", adviser=str(bob().id))
    with CaptureQueriesContext(connection) as more:
        page(client, **asked)
    assert len(more) == len(few) <= 12


def test_export_gives_the_columns_and_the_order_seen(client: Client) -> None:
    answer = a_client(an_admin()).get(
        LEADS,
        {
            "columns": "name,custom_seats,custom_tier,custom_adviser",
            "sort": "custom_tier,-custom_seats",
            "export": "csv",
        },
    )
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines == ["Lead,Seats,Tier,Adviser", "Abe,10,Gold,Ann Right", "Ben,2,Gold,", "Cleo,7,Silver,"]


def test_attribute_that_a_role_may_not_see_is_no_column(client: Client) -> None:
    an_attribute("text", "Margin", view_roles=("manager",))
    assert "Margin" not in page(client, columns="name,custom_margin")
    assert "Margin" not in page(client, "/lists/sales:leads/columns/")


def test_reference_column_names_only_what_one_may_see(client: Client) -> None:
    hidden, seen = a_lead(bob(), "Hidden lead"), Lead.objects.get(name="Abe")
    an_attribute("reference", "Related", limits={"kind": "sales.lead"})
    sales.edit_lead(an_admin(), Lead.objects.get(name="Ben"), custom={"related": str(hidden.pk)})
    sales.edit_lead(an_admin(), Lead.objects.get(name="Cleo"), custom={"related": str(seen.pk)})
    assert "Hidden lead" not in page(client, columns="name,custom_related,source,company")
    assert "Hidden lead" in page(
        a_client(an_admin()), columns="name,custom_related,source,company", tab="all"
    )
    assert page(client, columns="name,custom_related").count(">Abe<") == 2


# -- the tools


def test_columns_are_chosen_in_a_form(client: Client) -> None:
    assert "Place of Seats" in page(client, "/lists/sales:leads/columns/")
    answer = client.post(
        "/lists/sales:leads/columns/",
        {
            "show:custom_seats": "on",
            "place:custom_seats": "2",
            "width:custom_seats": "120",
            "show:status": "on",
            "place:status": "1",
            "density": "compact",
        },
    )
    assert answer["Location"] == "/leads/?columns=name%2Cstatus%2Ccustom_seats%3A120&density=compact"
    assert "table-compact" in page(client, answer["Location"])
    reset = client.post(f"/lists/sales:leads/columns/?{answer['Location'].partition('?')[2]}", {"reset": "1"})
    assert reset["Location"] == "/leads/"


def test_orders_are_chosen_in_a_form(client: Client) -> None:
    page(client, "/lists/sales:leads/sort/")
    answer = client.post("/lists/sales:leads/sort/", {"by1": "custom_tier", "by2": "created", "down2": "on"})
    assert answer["Location"] == "/leads/?sort=custom_tier%2C-created"


def test_filter_is_built_line_by_line(client: Client) -> None:
    html = page(client, FILTER)
    assert "Choose an attribute" in html
    form = {
        "node": ["0", "0-0"],
        "word-0": "and",
        "attribute-0-0": "custom_tier",
        "op-0-0": "is",
        "value-0-0": "gold",
    }
    grown = client.post(FILTER, {**form, "do": "add:0"})
    assert grown.status_code == 200
    assert 'id="condition-0-1"' in grown.content.decode()
    nested = client.post(FILTER, {**form, "do": "group:0"}).content.decode()
    assert 'id="group-0-1"' in nested
    gone = client.post(FILTER, {**form, "do": "remove:0-0"}).content.decode()
    assert 'id="condition-0-0"' not in gone
    done = client.post(FILTER, {**form, "do": "apply"})
    assert names(page(client, done["Location"])) == ["Abe", "Ben"]
    again = page(client, FILTER + "?" + done["Location"].partition("?")[2])
    assert '<option value="gold" selected>' in again
    assert client.post(FILTER, {**form, "do": "clear"})["Location"] == "/leads/"


def test_filter_form_says_what_is_wrong(client: Client) -> None:
    form = {
        "node": ["0", "0-0"],
        "word-0": "or",
        "attribute-0-0": "custom_seats",
        "op-0-0": "more",
        "value-0-0": "many",
    }
    answer = client.post(FILTER, {**form, "do": "apply"})
    assert answer.status_code == 422
    assert "Seats: enter a number, such as 12.5." in answer.content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"node": ["0-0"]},
        {"node": ["0", "0-x", "0-0-0-0", "-", "9"], "word-0": "and"},
        {"node": ["0"] * 500, "word-0": "and", "do": "remove:0"},
        {"node": ["0", "0-0"], "word-0": "and", "attribute-0-0": "gone", "do": "update"},
    ],
)
def test_filter_form_survives_what_no_browser_sends(client: Client, form: dict[str, Any]) -> None:
    assert client.post(FILTER, form).status_code in (200, 302, 422)


@pytest.mark.parametrize("tool", ["columns", "sort", "filter", "save", "update"])
def test_tools_are_of_lists_that_one_may_open(client: Client, tool: str) -> None:
    assert client.get(f"/lists/nothing:here/{tool}/").status_code == 404
    assert client.get(f"/lists/sales:board/{tool}/").status_code == 404
    assert client.get(f"/lists/access:roles/{tool}/").status_code == 403
    assert a_client(cat()).get(f"/lists/sales:leads/{tool}/").status_code == 403


def test_groups_tell_how_many_and_what_they_add_up_to(client: Client) -> None:
    answer = client.post("/lists/sales:leads/group/?columns=name,custom_seats", {"by": "custom_tier"})
    assert answer["Location"] == "/leads/?columns=name%2Ccustom_seats&group=custom_tier"
    html = page(client, answer["Location"])
    groups = html[html.index("list-groups") : html.index("</table>")]
    assert [part in groups for part in (">Gold<", ">2<", ">12<", ">Silver<", ">1<", ">7<")] == [True] * 6
    goal = unescape(re.search(r'href="([^"]+)">Gold<', groups)[1])  # type: ignore[index]
    assert names(page(client, goal)) == ["Abe", "Ben"]
    for by in ("owner", "source", "company_name", "custom_adviser", "created", "nonsense"):
        assert names(page(client, group=by)) == ["Abe", "Ben", "Cleo"]


# -- views


def test_view_is_saved_used_changed_and_deleted(client: Client) -> None:
    asked = "?sort=custom_seats&filter=" + json.dumps(
        {"attribute": "custom_tier", "op": "is", "value": "gold"}
    )
    assert "Tier is Gold" in page(client, f"/lists/sales:leads/save/{asked}")
    saved = client.post(
        f"/lists/sales:leads/save/{asked}", {"name": "Gold ones", "scope": "private", "is_pinned": "on"}
    )
    view = SavedView.objects.get()
    assert saved["Location"] == f"/leads/?view={view.pk}"
    html = page(client, saved["Location"])
    assert names(html) == ["Abe", "Ben"]
    assert html.index(">Ben<") < html.index(">Abe<")
    assert f'href="/leads/?view={view.pk}"' in page(client, "/profile/")

    changed = client.post(f"/lists/sales:leads/update/?view={view.pk}&sort=-custom_seats", {})
    assert changed.status_code == 302
    html = page(client, f"/leads/?view={view.pk}")
    assert html.index(">Abe<") < html.index(">Ben<")

    assert client.post(f"/views/{view.pk}/edit/", {"name": "Gold", "scope": "team"}).status_code == 302
    assert client.post(f"/views/{view.pk}/unpin/", {}).status_code == 302
    assert f"view={view.pk}" not in page(client, "/profile/")
    assert client.post(f"/views/{view.pk}/pin/", {}).status_code == 302
    assert client.post(f"/views/{view.pk}/delete/", {})["Location"] == "/leads/"
    assert not SavedView.objects.exists()


def test_view_keeps_the_tab_and_the_words(client: Client) -> None:
    client.post("/lists/sales:leads/save/?tab=all&q=Cle&status=new", {"name": "Cleo", "scope": "private"})
    view = SavedView.objects.get()
    assert view.kept == {"tab": "all", "q": "Cle", "status": "new"}
    assert names(page(client, f"/leads/?view={view.pk}")) == ["Cleo"]


def test_link_to_a_view_carries_no_rights(client: Client) -> None:
    private, shared = a_view(ann(), "Mine"), a_view(an_admin(), "All", scope="all", sorts=("custom_seats",))
    a_lead(bob(), "Dora")
    web = a_client(bob())
    assert "its owner does not share it with you" in page(web, view=str(private.pk))
    assert names(page(web, view=str(shared.pk))) == ["Dora"]
    assert "its owner does not share it with you" in page(web, view="nonsense")
    assert web.post(f"/views/{private.pk}/delete/", {}).status_code == 404
    assert web.post(f"/views/{shared.pk}/delete/", {}).status_code == 403


def test_role_sees_its_default_view_first_and_can_leave_it(client: Client) -> None:
    shared = a_view(
        an_admin(), "Gold", scope="all", filter={"attribute": "custom_tier", "op": "is", "value": "gold"}
    )
    assert a_client(an_admin()).post(f"/views/{shared.pk}/default/", {"roles": ["seller"]}).status_code == 302
    assert names(page(client)) == ["Abe", "Ben"]
    assert names(page(client, view="none")) == ["Abe", "Ben", "Cleo"]
    assert names(page(client, filter="{}")) == ["Abe", "Ben", "Cleo"]


def test_lists_of_other_modules_have_the_tools_too() -> None:
    web = a_client(an_admin())
    for path in (
        "/settings/users/",
        "/settings/teams/",
        "/tasks/",
        "/audit/log/",
        "/settings/attributes/",
        "/opportunities/",
    ):
        html = page(web, path)
        assert 'id="tool-filter"' in html, path
