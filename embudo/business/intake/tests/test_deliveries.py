import csv
import io
import zipfile
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from embudo.business.intake import commands
from embudo.business.intake.commands.deliveries import make_delivery
from embudo.business.intake.commands.erasing import forget_erased
from embudo.business.intake.models import Assignment, Delivery
from embudo.business.intake.tests.builders import (
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    paul,
    petra,
)
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_client, user_of
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.erasing import Erased
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def a_delivery(assignment: Assignment, actor: Actor | None = None, **values: Any) -> Delivery:
    """Ordered by Petra and made."""
    found = commands.order_delivery(actor or petra(), assignment, **values)
    drain()
    return Delivery.objects.get(pk=found.pk)


def downloaded(found: Delivery, actor: Actor | None = None) -> bytes:
    answer: Any = a_client(actor or petra()).get(f"/deliveries/{found.pk}/file/")
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def sheet_rows(found: Delivery) -> list[list[Any]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(downloaded(found)))
    return book.get_sheet_by_index(0).to_python()


def csv_rows(found: Delivery) -> list[list[str]]:
    return list(csv.reader(io.StringIO(downloaded(found).decode("utf-8-sig"))))


def test_order_delivery_makes_a_workbook_of_the_accepted_entries() -> None:
    assignment = an_assignment()
    entry = an_entry(assignment, state="accepted", postcode="00-950", phone="+48 58 301 22 14")
    an_entry(assignment)
    found = a_delivery(assignment)
    rows = sheet_rows(found)
    cells = dict(zip(rows[0], rows[1], strict=True))
    assert (found.state, found.rows, len(rows)) == ("done", 1, 2)
    assert (cells["Name"], cells["Tax number"], cells["Postcode"]) == (entry.name, entry.tax_id, "00-950")
    assert cells["Entered on"] == entry.day


def test_order_delivery_of_all_entries_tells_their_state_but_no_withdrawn_ones() -> None:
    assignment = an_assignment()
    an_entry(assignment, state="accepted")
    an_entry(assignment)
    an_entry(assignment, state="withdrawn")
    found = a_delivery(assignment, format="csv", columns=("name",), is_all=True)
    assert [row[1] for row in csv_rows(found)] == ["State", "Accepted", "Entered"]


def test_delivery_defuses_formulas_and_keeps_leading_zeros_and_the_order_of_columns() -> None:
    assignment = an_assignment(asked=[{"name": "name"}, {"name": "krs"}])
    an_entry(assignment, state="accepted", name="=HYPERLINK(1)", krs="0000012345")
    table = csv_rows(a_delivery(assignment, format="csv", columns=("krs", "name", "operator")))
    book = a_delivery(assignment, columns=("krs", "name"))
    assert table == [["KRS", "Name", "Operator"], ["0000012345", "'=HYPERLINK(1)", "Olga Operator"]]
    assert sheet_rows(book)[1] == ["0000012345", "=HYPERLINK(1)"]
    assert (
        "<f>" not in zipfile.ZipFile(io.BytesIO(downloaded(book))).read("xl/worksheets/sheet1.xml").decode()
    )


def test_delivery_is_made_in_the_language_of_who_ordered_it() -> None:
    assignment = an_assignment()
    User.objects.filter(pk=petra().id).update(language="pl")
    found = a_delivery(assignment, format="csv", columns=("name",))
    assert csv_rows(found)[0] == ["Nazwa"]


def test_delivery_takes_the_parts_of_a_split_assignment_along() -> None:
    whole = an_assignment()
    part = an_assignment(parent=whole)
    first, second = an_entry(whole, state="accepted"), an_entry(part, state="accepted")
    found = a_delivery(whole, format="csv", columns=("name", "part"))
    assert csv_rows(found)[1:] == [[first.name, whole.title], [second.name, part.title]]


def test_delivery_reads_chunk_by_chunk_each_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embudo.business.intake.queries.deliveries.CHUNK", 2)
    assignment = an_assignment()
    names = [an_entry(assignment, state="accepted").name for _number in range(4)]
    found = a_delivery(assignment, format="ods", columns=("name",))
    content = zipfile.ZipFile(io.BytesIO(downloaded(found))).read("content.xml").decode()
    assert [content.count(f"<text:p>{name}</text:p>") for name in names] == [1, 1, 1, 1]


def test_the_same_file_comes_again_later_byte_for_byte() -> None:
    assignment = an_assignment()
    an_entry(assignment, state="accepted")
    found = a_delivery(assignment)
    first = downloaded(found)
    an_entry(assignment, state="accepted")
    assert (downloaded(found), len(first)) == (first, found.size)


def test_order_delivery_refuses_unknown_formats_columns_and_drafts() -> None:
    assignment = an_assignment()
    with pytest.raises(Invalid) as fault:
        commands.order_delivery(petra(), assignment, format="pdf")
    assert list(fault.value.errors) == ["format"]
    with pytest.raises(Invalid) as fault:
        commands.order_delivery(petra(), assignment, columns=("owner__password",))
    assert list(fault.value.errors) == ["columns"]
    with pytest.raises(Refused):
        commands.order_delivery(petra(), an_assignment(is_open=False))
    assert Delivery.objects.count() == 0


def test_order_delivery_is_forbidden_to_a_principal_who_merely_works_there() -> None:
    assignment = an_assignment()
    bound(assignment, paul(), "operator")
    with pytest.raises(Forbidden):
        commands.order_delivery(paul(), assignment)


def test_principal_sees_nothing_of_anothers_deliveries() -> None:
    assignment = an_assignment()
    found = a_delivery(assignment)
    browser = a_client(paul())
    addresses = (
        f"/assignments/{assignment.pk}/deliveries/", f"/assignments/{assignment.pk}/deliveries/new/",
        f"/deliveries/{found.pk}/", f"/deliveries/{found.pk}/file/",
    )  # fmt: skip
    assert [browser.get(address).status_code for address in addresses] == [404, 404, 404, 404]
    with pytest.raises(NotFound):
        commands.order_delivery(paul(), assignment)
    assert a_client(olga()).get(addresses[0]).status_code == 403


def test_a_second_principal_of_the_assignment_sees_its_deliveries() -> None:
    assignment = an_assignment()
    bound(assignment, paul(), "principal")
    found = a_delivery(assignment)
    assert downloaded(found, paul()) == downloaded(found)


def test_finish_delivery_of_a_closed_assignment_makes_it_and_its_parts_delivered() -> None:
    whole = an_assignment()
    part = an_assignment(parent=whole)
    commands.close_assignment(cora(), whole)
    a_delivery(whole, is_all=True)
    assert Assignment.objects.get(pk=whole.pk).state == "closed"
    a_delivery(whole)
    states = Assignment.objects.filter(pk__in=(whole.pk, part.pk)).values_list("state", flat=True)
    assert list(states) == ["delivered", "delivered"]


def test_finish_delivery_refuses_one_without_a_file() -> None:
    found = commands.order_delivery(petra(), an_assignment())
    with pytest.raises(Refused):
        commands.finish_delivery(petra(), found)


def test_fail_delivery_is_said_where_the_owner_left() -> None:
    found = commands.order_delivery(petra(), an_assignment())
    User.objects.filter(pk=petra().id).update(is_active=False)
    drain()
    assert Delivery.objects.get(pk=found.pk).state == "failed"
    page = a_client(cora()).get(f"/deliveries/{found.pk}/").content.decode()
    assert "The file could not be made." in page
    with pytest.raises(Refused):
        commands.fail_delivery(system_actor("test"), found)


def test_delivery_that_was_made_is_not_made_again() -> None:
    found = a_delivery(an_assignment())
    before = LogEntry.objects.count()
    make_delivery(petra(), found)
    assert (Delivery.objects.get(pk=found.pk).file, LogEntry.objects.count()) == (found.file, before)


@pytest.mark.parametrize("kind", ["xlsx", "csv", "ods"])
def test_delivery_that_names_somebody_erased_loses_its_file(
    kind: str, django_capture_on_commit_callbacks: Any
) -> None:
    assignment = an_assignment(subject="person")
    an_entry(assignment, state="accepted", first_name="Anna", last_name="Zając")
    named = a_delivery(assignment, format=kind)
    other = an_assignment(subject="person")
    an_entry(other, state="accepted", first_name="Anna", last_name="Nowak")
    an_entry(other, state="accepted", first_name="Piotr", last_name="Zając")
    kept = a_delivery(other, format=kind)
    with django_capture_on_commit_callbacks(execute=True):
        forget_erased(Erased(frozenset(), ("Anna Zając",)))
    states = dict(Delivery.objects.values_list("pk", "state"))
    assert states == {named.pk: "erased", kept.pk: "done"}
    assert a_client(petra()).get(f"/deliveries/{named.pk}/file/").status_code == 404


def test_delivery_page_waits_tells_the_outcome_and_offers_the_file() -> None:
    assignment = an_assignment()
    an_entry(assignment, state="accepted")
    browser = a_client(petra())
    form = browser.get(f"/assignments/{assignment.pk}/deliveries/new/").content.decode()
    assert 'value="name"' in form
    typed = {"format": "xlsx", "entries": "accepted", "columns": ["name", "tax_id"]}
    answer = browser.post(f"/assignments/{assignment.pk}/deliveries/new/", typed)
    found = Delivery.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/deliveries/{found.pk}/?awaited=1")
    assert 'hx-trigger="every 1s"' in browser.get(answer["Location"]).content.decode()
    drain()
    page = browser.get(answer["Location"], follow=True).content.decode()
    assert "The delivery is ready: 1 record." in page
    assert f"/deliveries/{found.pk}/file/" in page


def test_delivery_new_without_columns_says_so_at_the_field() -> None:
    assignment = an_assignment()
    answer = a_client(petra()).post(
        f"/assignments/{assignment.pk}/deliveries/new/", {"format": "csv", "entries": "all"}
    )
    assert (answer.status_code, Delivery.objects.count()) == (422, 0)
    assert "Tick at least one column." in answer.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_deliveries_are_listed_with_as_many_queries_whatever_their_number(
    count: int, django_assert_num_queries: Any
) -> None:
    assignment = an_assignment()
    for _number in range(count):
        a_delivery(assignment)
    browser: Client = a_client(petra())
    address = f"/assignments/{assignment.pk}/deliveries/"
    browser.get(address)
    with django_assert_num_queries(QUERIES):
        page = browser.get(address).content.decode()
    assert page.count("/file/") == count


QUERIES = 7


def test_deliveries_are_forbidden_to_operators() -> None:
    assignment = an_assignment()
    assert a_client(otto()).get(f"/assignments/{assignment.pk}/deliveries/").status_code == 403
    assert user_of(otto()) is not None
