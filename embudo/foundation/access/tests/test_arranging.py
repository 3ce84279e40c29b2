import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.translation import override
from python_calamine import CalamineWorkbook

from embudo.foundation.access import commands, rules
from embudo.foundation.access.models import ReportingLine, User
from embudo.foundation.access.queries import arranging
from embudo.foundation.access.tests.builders import a_client, a_team, a_user, an_admin, ann, cat, user_of
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.models import LogEntry

pytestmark = pytest.mark.django_db
IMPORT = "/settings/users/tree/import/"


def row(number: int, email: str, **cells: str) -> arranging.Row:
    return number, {"email": email, **cells}


def faults(rows: list[arranging.Row]) -> list[tuple[int, str]]:
    return commands.rehearsal(an_admin(), rows).faults


def above(user: User) -> set[str]:
    lines = ReportingLine.objects.filter(below=user, depth__gt=0)
    return set(lines.values_list("above__email", flat=True))


def test_circles_finds_those_who_report_to_each_other() -> None:
    told = {"a": "b", "b": "c", "c": "b", "d": "d", "e": "a", "f": ""}
    assert sorted(sorted(one) for one in rules.circles(told)) == [["b", "c"], ["d"]]


def test_report_to_moves_somebody_with_all_below() -> None:
    top, middle, low = a_user(), a_user(), a_user()
    commands.report_to(an_admin(), low, manager=middle)
    commands.report_to(an_admin(), middle, manager=top)
    assert above(low) == {top.email, middle.email}
    with pytest.raises(Invalid):
        commands.report_to(an_admin(), top, manager=low)
    with pytest.raises(Forbidden):
        commands.report_to(ann(), low, manager=None)


def test_arrange_users_invites_changes_moves_and_deactivates_at_once() -> None:
    team = a_team("Meat")
    boss, gone = a_user(name="Old Name"), a_user()
    count = commands.arrange_users(
        an_admin(),
        rows=[
            row(2, boss.email, name="New Name", roles="Manager, operator", team="meat"),
            row(3, "fresh@example.com", name="Fresh Face", roles="operator", manager=boss.email),
            row(4, gone.email, active="no"),
        ],
    )
    boss, fresh = User.objects.get(pk=boss.pk), User.objects.get(email="fresh@example.com")
    roles = set(boss.roles.values_list("slug", flat=True))
    assert (count, boss.name, boss.team, roles) == (3, "New Name", team, {"manager", "operator"})
    assert (fresh.manager, above(fresh), fresh.invited is not None) == (boss, {boss.email}, True)
    assert User.objects.get(pk=gone.pk).is_active is False


def test_arrange_users_tells_every_fault_with_its_row_and_changes_nothing() -> None:
    one, two = a_user(name="One"), a_user()
    rows = [
        row(2, one.email, name="Changed"), row(3, "nonsense"), row(4, one.email), row(5, two.email, roles="wizard"),
        row(6, two.email.upper(), team="Nowhere"), row(7, "new@example.com", manager="nobody@example.com"),
        row(8, "other@example.com", active="perhaps"),
    ]  # fmt: skip
    with pytest.raises(Invalid) as fault:
        commands.arrange_users(an_admin(), rows=rows)
    assert list(fault.value.errors) == [f"row {n}" for n in (3, 4, 5, 6, 7, 8)]
    assert User.objects.get(pk=one.pk).name == "One"


def test_arrange_users_refuses_circles_at_each_of_their_rows() -> None:
    one, two, three = a_user(), a_user(), a_user()
    rows = [
        row(2, one.email, manager=two.email), row(3, two.email, manager=one.email), row(4, three.email, manager=three.email),
    ]  # fmt: skip
    told = faults(rows)
    assert [number for number, _text in told] == [2, 3, 4]
    assert one.email in told[0][1]


def test_arrange_users_turns_a_line_of_people_round() -> None:
    one, two, three = a_user(), a_user(), a_user()
    commands.report_to(an_admin(), two, manager=one)
    commands.report_to(an_admin(), three, manager=two)
    rows = [
        row(2, one.email, manager=two.email), row(3, two.email, manager=three.email), row(4, three.email, manager=""),
    ]  # fmt: skip
    assert commands.arrange_users(an_admin(), rows=rows) == 3
    assert above(User.objects.get(pk=one.pk)) == {two.email, three.email}


def test_rehearsal_leaves_nothing_behind() -> None:
    admin = an_admin()
    before = (User.objects.count(), LogEntry.objects.count())
    found = commands.rehearsal(admin, [row(2, "fresh@example.com", name="Fresh Face")])
    assert [one.changes for one in found.changed] == [[("New user", "", "Fresh Face")]]
    assert (User.objects.count(), LogEntry.objects.count()) == before


def test_arrange_users_keeps_the_last_administrator_and_says_so_at_the_row() -> None:
    admin = an_admin()
    assert [number for number, _text in faults([row(5, user_of(admin).email, roles="seller")])] == [5]
    rows = [
        row(2, user_of(admin).email, roles="seller"),
        row(3, user_of(ann()).email, roles="administrator"),
    ]
    assert faults(rows) == []


def test_arrange_users_refuses_other_changes_than_those_agreed_to() -> None:
    admin, user = an_admin(), a_user(name="Before")
    rows = [row(2, user.email, name="After")]
    agreed = commands.rehearsal(admin, rows).digest
    User.objects.filter(pk=user.pk).update(name="Between")
    with pytest.raises(Refused):
        commands.arrange_users(admin, rows=rows, digest=agreed)
    assert User.objects.get(pk=user.pk).name == "Between"


def upload(browser: Client, content: bytes, name: str = "users.csv") -> Any:
    return browser.post(IMPORT, {"file": SimpleUploadedFile(name, content)})


def test_export_of_the_tree_is_taken_again_and_changes_nothing() -> None:
    admin = an_admin()
    browser = a_client(admin)
    commands.report_to(admin, user_of(ann()), manager=user_of(admin))
    answer: Any = browser.get("/settings/users/tree/users.xlsx")
    content = b"".join(answer.streaming_content)
    table = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    mine = next(line for line in table if line[0] == "ann@example.com")
    assert table[0] == [
        "E-mail address", "Name", "Roles", "Team", "Reports to (e-mail address)", "Active",
    ]  # fmt: skip
    assert mine == ["ann@example.com", "Ann Right", "Seller", "North", user_of(admin).email, "yes"]
    page = upload(browser, content, "users.xlsx")
    assert (page.status_code, "The file changes nothing" in page.content.decode()) == (200, True)


def test_import_page_shows_what_would_change_then_does_it() -> None:
    browser, user = a_client(an_admin()), a_user(name="Before")
    page = upload(browser, f"email,name\n{user.email},After\n".encode())
    text = page.content.decode()
    assert (page.status_code, "1 person would change" in text, "Change 1 person" in text) == (200, True, True)
    assert User.objects.get(pk=user.pk).name == "Before"
    form = page.context["form"]
    typed = {name: form.initial[name] for name in ("rows", "digest")}
    answer = browser.post(IMPORT, typed)
    assert (answer.status_code, User.objects.get(pk=user.pk).name) == (302, "After")
    User.objects.filter(pk=user.pk).update(name="Between")
    again = browser.post(IMPORT, typed)
    assert (again.status_code, "Somebody changed users in the meantime." in again.content.decode()) == (
        422,
        True,
    )


def test_import_page_tells_faults_by_row_and_what_is_no_such_table() -> None:
    browser = a_client(an_admin())
    page = upload(browser, b"email,name\nnonsense,X\n")
    assert (page.status_code, "1 fault: nothing was changed" in page.content.decode()) == (422, True)
    page = upload(browser, b"a,b\n1,2\n")
    assert (page.status_code, "The first row has to name the columns" in page.content.decode()) == (422, True)
    for typed in ({}, {"rows": "[[1]]", "digest": "x"}, {"rows": '{"a": 1}', "digest": "x"}):
        assert browser.post(IMPORT, typed).status_code == 422


def test_headings_are_known_in_every_language() -> None:
    user = a_user(name="Before")
    with override("pl"):
        heading = arranging.user_headings()
    rows = arranging.rows_by_field([[1, *heading], [2, user.email, "After", "", "", "", "tak"]])
    found = arranging.arrangement(rows)
    assert (found.faults, found.changed[0].changes[0]) == ([], ("Name", "Before", "After"))


def test_tree_moves_somebody_by_page_and_by_dragging() -> None:
    browser, low, top = a_client(an_admin()), a_user(name="Low One"), a_user(name="Top One")
    page = browser.get("/settings/users/tree/").content.decode()
    assert (f'data-move="/settings/users/{low.pk}/move/"' in page, "js/tree" in page) == (True, True)
    answer = browser.post(f"/settings/users/{low.pk}/move/", {"manager": str(top.pk)})
    assert (answer.status_code, User.objects.get(pk=low.pk).manager) == (302, top)
    headers = {"HX-Request": "true", "HX-Target": "main"}
    answer = browser.post(f"/settings/users/{top.pk}/move/", {"manager": str(low.pk)}, headers=headers)
    assert (answer.status_code, User.objects.get(pk=top.pk).manager) == (422, None)


def test_tree_of_who_may_not_move_offers_nothing() -> None:
    assert "data-move" not in a_client(ann()).get("/settings/users/tree/").content.decode()
    assert a_client(cat()).get(IMPORT).status_code == 403
    assert a_client(ann()).get("/settings/users/tree/users.xlsx").status_code == 403
