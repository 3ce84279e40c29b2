import json
import re
from html import unescape
from time import perf_counter
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.business.sales.tests.builders import an_opportunity
from embudo.foundation.access.tests.builders import a_user, an_actor, an_admin, ann, bob, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.ui.parts import Column
from embudo.foundation.ui.table import TableDrawing
from embudo.kernel.models import LogEntry
from embudo.kernel.record import Record

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
LIST = {"in": "directory:companies"}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def address(record: Record, name: str) -> str:
    return reverse("editing:value", args=[record.kind_name(), record.pk, name])


def cell_form(client: Client, record: Record, name: str, key: str = "", **more: str) -> str:
    answer = client.get(address(record, name), {"cell": key or name, **LIST, **more}, headers=HTMX)
    assert answer.status_code == 200, answer.status_code
    return text(answer)


def send(client: Client, record: Record, name: str, value: Any, was: Any, *, at: str = "") -> Any:
    query = f"?cell={at or name}&in=directory:companies"
    return client.post(address(record, name) + query, {"value": value, "was": json.dumps(was)}, headers=HTMX)


def told(answer: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.headers["HX-Trigger"])
    return found


@pytest.fixture
def web(client: Client) -> Client:
    client.force_login(user_of(ann()))
    return client


# --- what lists and pages offer ---


def test_list_marks_cells_and_only_rows_within_reach(web: Client) -> None:
    mine, theirs = a_company("Alfa", by=ann()), a_company("Beta", by=bob())
    page = text(web.get(reverse("directory:companies")))
    assert 'data-editor="/values/directory.company/"' in page
    assert page.count('data-edit="sector" data-cell="sector"') == 2
    assert f'data-row="{mine.pk}"' in page
    assert f'data-row="{theirs.pk}"' not in page
    assert 'data-edit="updated"' not in page


def test_manager_reaches_the_rows_of_who_reports_to_them(client: Client) -> None:
    boss = a_user(name="Eva Boss", roles=("manager",))
    company = a_company("Alfa", by=an_actor(a_user(name="Dan", manager=boss)))
    foreign = a_company("Beta", by=bob())
    client.force_login(boss)
    page = text(client.get(reverse("directory:companies")))
    assert f'data-row="{company.pk}"' in page
    assert f'data-row="{foreign.pk}"' not in page


def test_list_for_who_may_change_nothing_has_no_marks(client: Client) -> None:
    a_company("Alfa", by=ann())
    client.force_login(a_user(name="Col", roles=("collector",)))
    assert "data-edit" not in text(client.get(reverse("directory:companies")))


def test_added_column_of_an_own_attribute_can_be_edited(web: Client) -> None:
    an_attribute(label="Tier", kind="directory.company")
    a_company("Alfa", by=ann())
    page = text(web.get(reverse("directory:companies") + "?columns=name,custom_tier,employees"))
    assert 'data-edit="custom_tier"' in page
    assert 'data-edit="employees"' in page


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_a_constant_number_of_queries(
    web: Client, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(rows):
        a_company(f"Alfa {number}", by=ann())
    web.get(reverse("directory:companies"))
    with django_assert_num_queries(9):
        web.get(reverse("directory:companies"))


def test_record_page_names_what_can_be_edited(web: Client) -> None:
    mine, theirs = a_company("Alfa", by=ann()), a_company("Beta", by=bob())
    page = text(web.get(reverse("directory:company", args=[mine.pk])))
    names = re.search(r'data-names="([^"]*)"', page)
    assert names
    assert {"name", "sector", "email"} <= set(names[1].split())
    assert "data-names" not in text(web.get(reverse("directory:company", args=[theirs.pk])))


def test_fifty_rows_with_marks_cost_less_than_a_millisecond_more() -> None:
    columns = [Column(f"c{n}", f"C{n}") for n in range(8)]
    rows = [{"pk": n, "owner_id": n % 3, **{f"c{m}": "text" for m in range(8)}} for n in range(50)]

    class Marks:
        names = {f"c{n}": f"c{n}" for n in range(8)}

        def row_mark(self, row: Any) -> str:
            return f' data-row="{row["pk"]}"' if row["owner_id"] in {0, 1} else ""

    def quickest(drawing: TableDrawing) -> float:
        def once() -> float:
            start = perf_counter()
            drawing.rows(rows)
            return perf_counter() - start

        return min(once() for _ in range(20))

    assert quickest(TableDrawing(columns, inline=Marks())) - quickest(TableDrawing(columns)) < 0.001


# --- the form in the cell ---


def test_cell_form_names_attribute_and_record(web: Client) -> None:
    form = cell_form(web, a_company("Alfa", by=ann(), sector="Steel"), "sector")
    assert '<label class="vh" for="cell-value">Sector of Alfa</label>' in form
    assert 'value="Steel"' in form
    assert "<html" not in form


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("sector", '<input type="text"'),
        ("email", '<input type="email"'),
        ("phone", '<input type="tel"'),
        ("employees", 'inputmode="decimal"'),
        ("country", "<select"),
        ("is_customer", "<select"),
        ("remarks", "<textarea"),
        ("size", "<select"),
        ("custom_day", 'type="date"'),
        ("custom_tier", "<select"),
        ("custom_tags", 'type="checkbox"'),
        ("custom_fee", 'inputmode="decimal"'),
    ],
)
def test_cell_form_has_the_right_control(web: Client, name: str, control: str) -> None:
    for kind, label in (("date", "Day"), ("choice", "Tier"), ("choices", "Tags"), ("money", "Fee")):
        more: dict[str, Any] = (
            {"choices": "gold = Gold\nsilver = Silver"} if kind.startswith("choice") else {}
        )
        more |= {"limits": {"currency": "EUR"}} if kind == "money" else {}
        an_attribute(kind, label, "directory.company", **more)
    assert control in cell_form(web, a_company("Alfa", by=ann()), name)


def test_saved_row_is_drawn_as_the_list_draws_it(web: Client) -> None:
    company = a_company("Alfa", by=ann(), country="PL")
    answer = send(web, company, "phone", "58 301 22 14", "")
    assert text(answer).startswith(f'<tr role="row" data-row="{company.pk}">')
    assert ">+48 58 301 22 14</td>" in text(answer)
    assert ">Today, " in text(answer)  # when it was changed
    assert told(answer)["say"]["text"] == "Saved."
    assert told(answer)["say"]["undo"].startswith(f"/values/directory.company/{company.pk}/undo/")
    owner = send(web, company, "town", "Hel", "")
    assert ">Hel, Poland</td>" in text(owner)


def test_saved_name_keeps_its_link_into_the_list(web: Client) -> None:
    company = a_company("Alfa", by=ann(), email="a@alfa.example")
    answer = text(send(web, company, "name", "Alfa & Sons", "Alfa"))
    assert f'<a href="/companies/{company.pk}/?in=directory:companies">Alfa &amp; Sons</a>' in answer
    assert '<span class="sub">a@alfa.example</span>' in answer


def test_row_that_was_handed_over_is_no_longer_for_editing(web: Client) -> None:
    company = a_company("Alfa", by=ann())
    before, after = str(ann().id), str(bob().id)
    answer = text(send(web, company, "owner", after, before))
    assert ("data-row" in answer, "Bob" in answer) == (False, True)


def test_wrong_value_keeps_what_was_typed_and_says_the_fault(web: Client) -> None:
    company = a_company("Alfa", by=ann())
    answer = send(web, company, "email", "nobody", "")
    assert answer.status_code == 422
    assert 'value="nobody"' in text(answer)
    assert 'aria-invalid="true"' in text(answer)
    assert "cell-value_error" in text(answer)


def test_value_that_somebody_changed_is_shown_and_asked_for(web: Client) -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    directory.change_company(an_admin(), company, sector="Glass")
    answer = send(web, company, "sector", "Wood", "Steel")
    page = text(answer)
    assert answer.status_code == 422
    assert "It is now: Glass" in page
    assert 'value="Wood"' in page
    assert "Keep mine" in page
    assert "Keep theirs" in page
    assert Company.objects.get(pk=company.pk).sector == "Glass"
    seen = re.search(r'name="was" value="([^"]*)"', page)
    assert seen
    again = send(web, company, "sector", "Wood", json.loads(unescape(seen[1])))
    assert ">Wood</td>" in text(again)


def test_theirs_can_be_drawn_without_saving(web: Client) -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    answer = web.get(address(company, "sector"), {"cell": "sector", "drawn": "1", **LIST}, headers=HTMX)
    assert ">Steel</td>" in text(answer)


def test_unchanged_value_is_told_without_an_undo(web: Client) -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    answer = send(web, company, "sector", "Steel", "Steel")
    assert told(answer)["say"] == {"text": "Nothing was changed.", "toast": False, "undo": ""}


def test_record_page_hears_that_its_parts_changed(web: Client) -> None:
    company = a_company("Alfa", by=ann())
    answer = web.post(address(company, "sector") + "?cell=", {"value": "Steel", "was": '""'}, headers=HTMX)
    assert text(answer) == "Steel"
    assert "done" in told(answer)


def test_money_and_numbers_are_read_in_the_persons_language(web: Client) -> None:
    deal = an_opportunity(ann())
    form = cell_form(web, deal, "value", **{"in": "sales:opportunities"})
    assert 'value="1000.00"' in form
    held = json.dumps({"amount_minor": 100_000, "currency": "EUR"})
    answer = web.post(
        address(deal, "value") + "?cell=value_minor&in=sales:opportunities",
        {"value": "1,234.50", "was": held}, headers=HTMX,
    )  # fmt: skip
    assert answer.status_code == 200, text(answer)
    assert "1,234.50" in text(answer)


def test_foreign_record_has_no_form(web: Client) -> None:
    theirs = a_company("Beta", by=bob())
    assert web.get(address(theirs, "sector") + "?cell=sector", headers=HTMX).status_code == 403
    assert send(web, theirs, "sector", "Steel", "").status_code == 403
    assert web.get(address(a_company("Alfa", by=ann()), "name_key")).status_code == 404


# --- without script ---


def test_value_has_a_page_of_its_own(web: Client) -> None:
    company = a_company("Alfa", by=ann())
    assert "<h1>Sector of Alfa</h1>" in text(web.get(address(company, "sector")))
    answer = web.post(address(company, "sector"), {"value": "Steel", "was": '""'})
    assert answer.headers["Location"] == reverse("directory:company", args=[company.pk])
    assert Company.objects.get(pk=company.pk).sector == "Steel"


# --- undo and restore ---


def test_undo_goes_back_to_the_list_as_it_was(web: Client) -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    query = "?cell=sector&in=directory:companies?sort%3Dname"
    answer = web.post(address(company, "sector") + query, {"value": "Glass", "was": '"Steel"'}, headers=HTMX)
    undone = web.post(told(answer)["say"]["undo"])
    assert undone.headers["Location"] == "/companies/?sort=name"
    assert Company.objects.get(pk=company.pk).sector == "Steel"


def history(client: Client, record: Record) -> str:
    return text(client.get(reverse("audit:history", args=[record.kind_name(), record.pk])))


def test_history_offers_to_restore_what_may_be_set(web: Client) -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    directory.change_company(ann(), company, sector="Glass")
    entry = LogEntry.objects.filter(about_id=company.pk).latest("seq")
    offered = reverse("editing:restore", args=["directory.company", company.pk, "sector", entry.pk])
    assert f'href="{offered}" data-dialog' in history(web, company)
    web.force_login(user_of(bob()))
    assert offered not in history(web, company)


def test_restore_page_shows_both_values_and_restores(web: Client) -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    company = directory.change_company(ann(), company, sector="Glass")
    entry = LogEntry.objects.filter(about_id=company.pk).latest("seq")
    company = directory.change_company(ann(), company, sector="Wood")
    at = reverse("editing:restore", args=["directory.company", company.pk, "sector", entry.pk])
    page = text(web.get(at))
    assert "<dd>Wood</dd>" in page
    assert "<strong>Steel</strong>" in page
    assert "changed again after this change" in page
    answer = web.post(at, {"was": '"Wood"'})
    assert answer.headers["Location"] == reverse("directory:company", args=[company.pk])
    assert Company.objects.get(pk=company.pk).sector == "Steel"


def test_restore_asks_again_when_somebody_was_faster(web: Client) -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    company = directory.change_company(ann(), company, sector="Glass")
    entry = LogEntry.objects.filter(about_id=company.pk).latest("seq")
    at = reverse("editing:restore", args=["directory.company", company.pk, "sector", entry.pk])
    directory.change_company(an_admin(), company, sector="Wood")
    answer = web.post(at, {"was": '"Glass"'})
    assert answer.status_code == 422
    assert "It is now: Wood" in text(answer)
    assert web.post(at, {"was": '"Wood"'}).status_code == 302


def test_history_tells_own_attributes_and_people_by_name(web: Client) -> None:
    an_attribute(label="Tier", kind="directory.company")
    hidden = an_attribute(label="Margin", kind="directory.company", view_roles=("administrator",))
    company = a_company("Alfa", by=ann(), custom={"tier": "Gold"})
    directory.change_company(an_admin(), company, custom={"tier": "Tin", hidden.key: "secret 9"})
    person = a_person("Nowak", by=ann())
    directory.change_person_owner(an_admin(), person, owner=a_user(name="Dan Other"))
    page = history(web, company)
    assert '<th scope="row">Tier</th>' in page
    assert "Tin" in page
    assert "secret 9" not in page
    assert "Dan Other" in history(web, person)


# --- references ---


def test_company_of_a_person_is_chosen_by_a_search_and_undone_whole(web: Client) -> None:
    first, second = a_company("First", by=ann()), a_company("Second", by=ann())
    person = a_person("Nowak", by=ann(), company=first)
    form = cell_form(web, person, "company", "company__name", **{"in": "directory:people"})
    assert 'src="/attributes/options/directory.company/"' in form
    assert 'value="First"' in form
    answer = web.post(
        address(person, "company") + "?cell=company__name&in=directory:people",
        {"value": str(second.pk), "was": json.dumps(str(first.pk))}, headers=HTMX,
    )  # fmt: skip
    assert ">Second</td>" in text(answer)
    web.post(told(answer)["say"]["undo"])
    person.refresh_from_db()
    assert person.company_id == first.pk
    assert list(person.affiliations.values_list("company__name", "until")) == [("First", None)]


def test_owner_is_chosen_by_a_search(web: Client) -> None:
    company = a_company("Alfa", by=ann())
    assert 'src="/attributes/colleagues/"' in cell_form(web, company, "owner", "owner__name")
    found = text(web.get("/attributes/colleagues/", {"q": "ann"}, headers=HTMX))
    assert str(ann().id) in found


def test_custom_reference_is_set_where_it_is_read(web: Client) -> None:
    an_attribute("reference", "Related", kind="directory.company", limits={"kind": "directory.person"})
    company, person = a_company("Alfa", by=ann()), a_person("Nowak", by=ann())
    answer = send(web, company, "custom_related", str(person.pk), None)
    company.refresh_from_db()
    assert (answer.status_code, company.custom) == (200, {"related": str(person.pk)})
    wrong = send(web, company, "custom_related", str(company.pk), str(person.pk))
    assert wrong.status_code == 422


def test_heading_of_a_page_is_edited_where_it_names_the_record(web: Client) -> None:
    person, company = a_person("Nowak", by=ann()), a_company("Alfa", by=ann())
    for record, url in ((person, f"/people/{person.pk}/"), (company, f"/companies/{company.pk}/")):
        page = text(web.get(url))
        assert 'class="record-title" data-edit="name"' in page
        assert f'data-row="{record.pk}"' in page.partition('<header class="record-head"')[2][:900]


def test_undo_on_a_page_goes_back_to_the_page(web: Client) -> None:
    company = a_company("Alfa", by=ann())
    query = "?cell=&in=directory:companies"
    saved = web.post(address(company, "town") + query, {"value": "Hel", "was": '""'}, headers=HTMX)
    back = web.post(told(saved)["say"]["undo"])
    assert back.headers["Location"] == f"/companies/{company.pk}/?in=directory:companies"
