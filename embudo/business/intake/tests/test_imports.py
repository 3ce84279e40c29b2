import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from embudo.business.directory.models import Company
from embudo.business.intake import commands, queries
from embudo.business.intake.models import Assignment, Entry, Likeness
from embudo.business.intake.rules.states import EntryState
from embudo.business.intake.tests.builders import (
    NIPS,
    an_assignment,
    an_entry,
    bound,
    olga,
    otto,
    petra,
    sven,
)
from embudo.foundation.access.tests.builders import a_client, user_of
from embudo.foundation.transfer.commands import start_import, undo_import
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.rules.steps import State
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.kind import ImportRow, kind_named
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
HEADINGS = "Nazwa;NIP;Miasto;Ulica\n"


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def table(*rows: str) -> str:
    return HEADINGS + "".join(f"{row}\n" for row in rows)


def address(assignment: Assignment) -> str:
    return f"intake.entry:{assignment.pk}"


def imported(assignment: Assignment, content: str) -> Import:
    """By the pages, as Olga."""
    browser = a_client(olga())
    file = SimpleUploadedFile("rows.csv", content.encode())
    answer = browser.post("/imports/new/", {"kind": address(assignment), "file": file})
    assert answer.status_code == 302, answer.content.decode()
    found = Import.objects.order_by("-created").first()
    assert found is not None
    page = browser.get(answer["Location"]).content.decode()
    assert assignment.title in page
    mapping = {"column_0": "name", "column_1": "tax_id", "column_2": "town", "column_3": "street"}
    answer = browser.post(answer["Location"], mapping)
    assert answer.status_code == 302, answer.content.decode()
    drain()
    found.refresh_from_db()
    if found.state == State.CHECKED:
        browser.post(f"/imports/{found.pk}/run/")
        drain()
    found.refresh_from_db()
    return found


def test_import_entries_makes_rows_the_operators_own_entries() -> None:
    assignment = an_assignment()
    found = imported(assignment, table(f"Masarnia A;{NIPS[0]};Hel;Długa 1", "Masarnia B;;Sopot;"))
    entries = Entry.objects.order_by("name")
    told = [(one.name, one.town, one.state, one.owner_id, one.binding.person_id) for one in entries]
    me = olga().id
    assert (found.state, found.created_count, found.failed_count) == (State.DONE, 2, 0)
    assert told == [("Masarnia A", "Hel", "entered", me, me), ("Masarnia B", "Sopot", "entered", me, me)]
    assert entries[0].tax_key
    assert queries.counts(assignment).entered == 2


def test_import_of_rows_that_are_entered_already_or_wrong_gives_them_back_with_the_reason() -> None:
    assignment = an_assignment()
    known = an_entry(assignment)
    content = table(
        f"Ubojnia;{known.tax_id};Hel;", f"Nowa;{NIPS[30]};Hel;", f"Nowa 2;{NIPS[30]};Hel;", ";;Zła;"
    )
    found = imported(assignment, content)
    answer: Any = a_client(olga()).get(f"/imports/{found.pk}/failed.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    rows = [[row[0], row[-1]] for row in book.get_sheet_by_index(0).to_python()[1:]]
    reason = "This was already entered in this assignment."
    assert (found.created_count, found.failed_count) == (1, 3)
    assert rows[:2] == [["Ubojnia", reason], ["Nowa 2", reason]]
    assert rows[2] == ["", "Name: Enter the company's name."]


def test_import_asks_for_what_the_assignment_asks_for() -> None:
    asked = [{"name": "name"}, {"name": "town", "is_required": True}, {"name": "krs", "is_unique": True}]
    assignment = an_assignment(asked=asked)
    fields = queries.entry_fields(olga(), assignment)
    assert [(one.name, one.is_required) for one in fields] == [("name", True), ("town", True), ("krs", False)]
    rows = [{"name": "A"}, {"name": "B", "town": "Hel", "krs": "0000127206"}, {"name": "C", "town": "Hel", "krs": "0000127206"}]  # fmt: skip
    importing = commands.importing_into(olga(), str(assignment.pk))
    checked = importing.check(olga(), rows)
    faults = [sorted(one.errors) if isinstance(one, Invalid) else [] for one in checked]
    assert faults == [["town"], [], ["krs"]]


def test_import_entries_checks_once_more_when_it_writes() -> None:
    assignment = an_assignment()
    importing = commands.importing_into(olga(), str(assignment.pk))
    checked: Any = importing.check(olga(), [{"name": "Masarnia", "town": "Hel", "tax_id": NIPS[1]}])
    row = ImportRow(checked[0])
    first = commands.import_entries(olga(), assignment, rows=[row])
    again = commands.import_entries(olga(), assignment, rows=[row])
    assert ([one.outcome for one in first + again], Entry.objects.count()) == (["created", "failed"], 1)


def test_import_entries_refuses_a_closed_part_and_who_has_none() -> None:
    assignment = an_assignment()
    with pytest.raises(NotFound):
        commands.import_entries(otto(), assignment, rows=[])
    commands.close_part(sven(), assignment, person_id=user_of(olga()).pk)
    with pytest.raises(Refused):
        commands.import_entries(olga(), assignment, rows=[])


def test_import_where_verification_is_off_makes_records_of_the_directory() -> None:
    assignment = an_assignment(policy="off")
    imported(assignment, table(f"Masarnia A;{NIPS[0]};Hel;", f"Masarnia B;{NIPS[1]};Hel;"))
    assert sorted(Company.objects.values_list("name", flat=True)) == ["Masarnia A", "Masarnia B"]
    assert set(Entry.objects.values_list("state", flat=True)) == {EntryState.ACCEPTED}
    assert queries.counts(assignment).accepted == 2


@pytest.mark.parametrize("policy", ["all", "off"])
def test_import_that_is_undone_leaves_no_trace_in_the_tallies(policy: str) -> None:
    assignment = an_assignment(policy=policy)
    found = imported(assignment, table(f"Masarnia A;{NIPS[0]};Hel;", f"Masarnia B;{NIPS[1]};Hel;"))
    undo_import(olga(), found)
    drain()
    assert (Entry.objects.count(), queries.counts(assignment).entered) == (0, 0)


def test_import_notes_what_looks_like_entries_of_another_principal() -> None:
    theirs = an_entry(an_assignment(principal=None))
    assignment = an_assignment()
    imported(assignment, table(f"Całkiem inna;{theirs.tax_id};Gdynia;"))
    pair = Likeness.objects.get()
    assert (pair.other_id, pair.reason, pair.is_across) == (theirs.pk, "tax", True)


def test_import_page_offers_only_open_assignments_that_one_enters_under() -> None:
    mine, closed, others = an_assignment(), an_assignment(), an_assignment(is_bound=False)
    bound(others, otto())
    commands.close_part(sven(), closed, person_id=user_of(olga()).pk)
    page = a_client(olga()).get(f"/imports/new/?kind={address(mine)}").content.decode()
    offered = [address(one) in page for one in (mine, closed, others)]
    assert offered == [True, False, False]
    assert f'value="{address(mine)}" selected' in page


def test_start_import_refuses_an_assignment_that_is_not_open_to_one() -> None:
    closed = an_assignment(is_open=False)
    file: Any = SimpleUploadedFile("rows.csv", b"Nazwa\nA\n")
    for within in ("", "nonsense", str(closed.pk)):
        with pytest.raises(Invalid):
            start_import(olga(), kind="intake.entry", name="rows.csv", file=file, within=within)
    assert Import.objects.count() == 0


def test_rows_of_people_bring_both_names() -> None:
    assignment = an_assignment(subject="person")
    names = {one.name for one in queries.entry_fields(olga(), assignment)}
    assert {"first_name", "last_name"} <= names
    importing = commands.importing_into(olga(), str(assignment.pk))
    checked: Any = importing.check(olga(), [{"first_name": "Anna", "last_name": "Zając"}])
    assert checked[0]["name"] == "Anna Zając"


def test_entries_come_from_files_within_an_assignment_alone() -> None:
    kind = kind_named("intake.entry")
    assert kind
    assert kind.importing
    with pytest.raises(NotFound):
        kind.importing.fields(petra())


def test_import_entries_takes_as_many_statements_for_many_rows(
    django_assert_max_num_queries: Any,
) -> None:
    assignment = an_assignment()
    importing = commands.importing_into(olga(), str(assignment.pk))
    rows = [{"name": f"Masarnia {n}", "tax_id": NIPS[n], "town": "Hel"} for n in range(60)]
    checked: Any = importing.check(olga(), rows)
    with django_assert_max_num_queries(40):
        results = importing.write(olga(), [ImportRow(one) for one in checked])
    assert {one.outcome for one in results} == {"created"}
