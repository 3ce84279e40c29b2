from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from zipfile import ZipFile

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.foundation.access.tests.builders import a_user, an_actor, ann, bob, cat, user_of
from embudo.foundation.activity.tests.builders import a_task
from embudo.foundation.attributes.models import CustomAttribute
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.rules import State
from embudo.foundation.editing.tests.builders import COMPANY, a_run, administrator, companies, some_companies
from embudo.kernel.actor import Actor
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db

LIST, EDIT = "/companies/", "/editing/directory:companies/edit/"


def browser(actor: Actor) -> Client:
    client = Client()
    client.force_login(user_of(actor))
    return client


def address(what: str, *rows: Company, **more: Any) -> str:
    pairs = [*(("row", str(row.pk)) for row in rows), *more.items()]
    return f"/editing/directory:companies/{what}/?{urlencode(pairs)}"


def html(answer: Any) -> str:
    return str(answer.content.decode())


# --- the list


def test_list_has_a_box_before_each_row_and_a_bar() -> None:
    company = a_company()
    shown = html(browser(ann()).get(LIST))
    assert f'value="{company.pk}" aria-label="Select Acme Ltd"' in shown
    assert [f'id="bulk-{what}"' in shown for what in ("edit", "assign", "tag", "delete")] == [True] * 4
    assert "data-pick-whole" not in shown


def test_list_offers_all_that_match_where_there_are_more_than_the_page_shows() -> None:
    some_companies(26, owner=ann())
    assert "All that match: 26 companies" in html(browser(ann()).get(f"{LIST}?size=25"))


def test_list_of_somebody_who_may_change_nothing_has_no_boxes() -> None:
    a_company()
    shown = html(browser(an_actor(a_user(roles=("collector",), name="Cleo"))).get(LIST))
    assert "Acme Ltd" in shown
    assert "col-check" not in shown


def test_lists_of_records_without_attributes_of_their_own_have_no_tags() -> None:
    a_task(ann())
    shown = html(browser(ann()).get("/tasks/?tab=all"))
    assert [f'id="bulk-{what}"' in shown for what in ("edit", "tag")] == [True, False]


def test_box_names_its_row_whatever_the_name_holds() -> None:
    a_company('Zoë "Ω" <Ltd>')
    assert 'aria-label="Select Zoë &quot;Ω&quot; &lt;Ltd&gt;"' in html(browser(ann()).get(LIST))


def test_lists_of_other_things_have_no_boxes() -> None:
    assert "col-check" not in html(browser(administrator()).get("/users/"))


@pytest.mark.parametrize("count", [1, 30])
def test_boxes_cost_the_list_no_query(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    some_companies(count, owner=ann())
    client = browser(ann())
    client.get(LIST)
    with CaptureQueriesContext(connection) as having:
        client.get(LIST)
    monkeypatch.setattr("embudo.foundation.ui.pages.lists.ListPage.editor", None)
    with CaptureQueriesContext(connection) as lacking:
        client.get(LIST)
    assert len(having) == len(lacking)


def test_export_holds_the_rows_picked_alone() -> None:
    actor = administrator()
    first, _second = companies(2, by=actor)
    file = b"".join(browser(actor).get(f"{LIST}?export=csv&row={first.pk}").streaming_content)
    assert (b"Company 0000" in file, b"Company 0001" in file) == (True, False)


# --- editing


def test_edit_page_asks_what_to_change_first() -> None:
    shown = html(browser(ann()).get(address("edit", a_company())))
    assert "Edit: 1 company" in shown
    assert '<option value="town">Town</option>' in shown
    assert 'id="submit"' not in shown


def test_edit_page_keeps_what_was_typed_while_more_is_chosen() -> None:
    shown = html(
        browser(ann()).get(address("edit", a_company(), field="town", more="sector", v_town="Sopot"))
    )
    assert 'value="Sopot"' in shown
    assert 'name="v_sector"' in shown


def test_edit_page_changes_and_offers_to_undo() -> None:
    first, second = companies(2, by=ann())
    client = browser(ann())
    answer = client.post(address("edit", first, second, field="town"), {"v_town": "Gdynia"}, follow=True)
    run = BulkRun.objects.get()
    assert answer.redirect_chain == [(LIST, 302)]
    assert "Changed: 2 companies." in html(answer)
    assert f'action="/editing/runs/{run.pk}/undo/"' in html(answer)
    assert list(Company.objects.values_list("town", flat=True)) == ["Gdynia"] * 2


def test_edit_page_leads_to_the_failures_where_there_are_some() -> None:
    mine, theirs = a_company("Mine", by=ann()), a_company("Theirs", by=bob())
    answer = browser(ann()).post(
        address("edit", mine, theirs, field="town"), {"v_town": "Gdynia"}, follow=True
    )
    shown = html(answer)
    assert answer.redirect_chain[0][0] == f"/editing/runs/{BulkRun.objects.get().pk}/"
    assert "The record belongs to somebody else, and you may not change it." in shown
    assert "Changed: 1 company. 1 could not be changed." in shown


def test_edit_page_shows_what_is_wrong_with_the_value() -> None:
    answer = browser(ann()).post(address("edit", a_company(), field="email"), {"v_email": "nobody"})
    assert answer.status_code == 422
    assert "Enter an e-mail address such as anna@example.com." in html(answer)


def test_edit_page_wants_a_value_or_the_tick_for_none() -> None:
    client, company = browser(ann()), a_company(town="Sopot")
    assert client.post(address("edit", company, field="town"), {}).status_code == 422
    assert (
        client.post(address("edit", company, field="town"), {"v_town": "Hel", "e_town": "on"}).status_code
        == 422
    )
    client.post(address("edit", company, field="town"), {"e_town": "on"})
    assert Company.objects.get().town == ""


def test_edit_page_takes_all_that_match_the_filters() -> None:
    a_company("Here", by=ann(), country="PL")
    a_company("There", by=ann(), country="FR")
    browser(ann()).post(address("edit", field="town", whole="1", country="PL"), {"v_town": "Hel"})
    assert list(Company.objects.order_by("name").values_list("town", flat=True)) == ["Hel", ""]


def test_edit_page_of_many_leads_to_their_progress() -> None:
    actor = administrator()
    some_companies(205, owner=actor)
    client = browser(actor)
    answer = client.post(address("edit", field="town", whole="1"), {"v_town": "Hel"}, follow=True)
    run = BulkRun.objects.get()
    assert answer.redirect_chain[0][0] == f"/editing/runs/{run.pk}/?awaited=1"
    assert "0 of 205 records" in html(answer)
    part = {"HX-Request": "true", "HX-Target": "div#run-progress"}
    assert "<progress" in html(client.get(f"/editing/runs/{run.pk}/", headers=part))
    drain()
    assert client.get(f"/editing/runs/{run.pk}/", headers=part).status_code == 204
    assert "205 of 205 records" in html(client.get(f"/editing/runs/{run.pk}/"))


def test_edit_page_of_nothing_says_so() -> None:
    answer = browser(ann()).post(address("edit", field="town"), {"v_town": "Hel"})
    assert (answer.status_code, "Select at least one record of the list." in html(answer)) == (422, True)


def test_edit_page_of_lists_that_are_not_edited_is_not_there() -> None:
    client = browser(administrator())
    assert client.get("/editing/access:users/edit/").status_code == 404
    assert client.get("/editing/no:list/edit/").status_code == 404


def test_edit_page_is_for_those_who_may_change_such_records() -> None:
    company = a_company()
    assert browser(cat()).get(address("edit", company)).status_code == 403
    assert (
        browser(an_actor(a_user(roles=("collector",), name="Cleo"))).get(address("edit", company)).status_code
        == 403
    )


# --- assign, tag, delete


def test_assign_page_hands_over() -> None:
    owner = a_user(name="Nora New")
    browser(administrator()).post(address("assign", a_company(by=ann())), {"owner": str(owner.pk)})
    assert Company.objects.get().owner_id == owner.pk


def test_assign_page_can_leave_a_company_to_nobody() -> None:
    browser(administrator()).post(address("assign", a_company(by=ann())), {"owner": "nobody"})
    assert Company.objects.get().owner_id is None


def test_tag_page_says_how_to_make_tags_where_there_are_none() -> None:
    company = a_company()
    assert "Ask an administrator to define such an attribute." in html(
        browser(ann()).get(address("tag", company))
    )
    assert "/settings/attributes/new/" in html(browser(administrator()).get(address("tag", company)))
    assert browser(ann()).post(address("tag", company), {}).status_code == 422


def test_tag_page_adds_and_removes() -> None:
    an_attribute("choices", "Tags", kind=COMPANY, choices="vip = VIP\nold = Old")
    company = a_company(custom={"tags": ["old"]})
    data = {"attribute": "custom_tags", "add": ["vip"], "remove": ["old"]}
    browser(ann()).post(address("tag", company), data)
    assert Company.objects.get().custom == {"tags": ["vip"]}


def test_tag_page_makes_a_new_tag_for_who_may_define_attributes() -> None:
    an_attribute("choices", "Tags", kind=COMPANY, choices="vip = VIP")
    company = a_company()
    data = {"attribute": "custom_tags", "new": "Trade fair"}
    assert 'name="new"' not in html(browser(ann()).get(address("tag", company)))
    browser(administrator()).post(address("tag", company), data)
    assert Company.objects.get().custom == {"tags": ["trade_fair"]}
    assert [str(one) for one in CustomAttribute.objects.get().definition.choices] == ["VIP", "Trade fair"]


def test_delete_page_moves_to_the_bin() -> None:
    actor = administrator()
    client, company = browser(actor), a_company(by=actor)
    assert "recycle bin" in html(client.get(address("delete", company)))
    client.post(address("delete", company))
    assert not Company.objects.exists()


# --- runs


def test_undo_page_puts_back_and_returns_to_the_list() -> None:
    company = a_company(by=ann())
    run = a_run(ann(), [company.pk])
    answer = browser(ann()).post(f"/editing/runs/{run.pk}/undo/", follow=True)
    assert answer.redirect_chain == [("/companies/", 302)]
    assert "1 record is as before." in html(answer)
    assert Company.objects.get().town == ""


def test_undo_page_leads_to_what_was_left() -> None:
    company = a_company(by=ann())
    run = a_run(ann(), [company.pk])
    company.refresh_from_db()
    directory.change_company(ann(), company, sector="Shipping")
    shown = html(browser(ann()).post(f"/editing/runs/{run.pk}/undo/", follow=True))
    assert "1 was left, because somebody changed it since." in shown
    assert f'<a href="/companies/{company.pk}/">Acme Ltd</a>' in shown


def test_cancel_page_stops_a_run() -> None:
    actor = administrator()
    run = a_run(actor, some_companies(205, owner=actor))
    browser(actor).post(f"/editing/runs/{run.pk}/cancel/")
    assert BulkRun.objects.get().state == State.CANCELLED


def test_run_page_says_the_new_values() -> None:
    shown = html(browser(ann()).get(f"/editing/runs/{a_run(ann(), [a_company().pk]).pk}/"))
    assert "Town: Gdynia" in shown


def test_runs_of_others_are_not_there() -> None:
    run = a_run(ann(), [a_company().pk])
    assert browser(bob()).get(f"/editing/runs/{run.pk}/").status_code == 404
    assert "Companies" in html(browser(ann()).get("/editing/runs/"))


def test_failed_file_names_the_records_and_the_reasons() -> None:
    run = a_run(ann(), [a_company("Theirs", by=bob()).pk])
    answer = browser(ann()).get(f"/editing/runs/{run.pk}/failed.xlsx")
    with ZipFile(BytesIO(b"".join(answer.streaming_content))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "Theirs" in sheet
    assert "The record belongs to somebody else" in sheet
