"""The official list of PKD 2025, taken in from a spreadsheet: a made-up one of the same form, since the real one is not ours to ship."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from embudo.business.directory import commands, rules
from embudo.business.directory.rules.activities import _of_2025
from embudo.business.directory.rules.official import subclasses
from embudo.foundation.access.tests.builders import a_client, an_admin, tester
from embudo.foundation.transfer.commands.workbook import xlsx_file
from embudo.kernel.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def lines() -> list[list[str]]:
    """A section's heading, then each class with one subclass, as spreadsheets of classifications are laid out."""
    classes = [(code, name) for code, name in _of_2025().items() if len(code) == 5]
    return [["SEKCJA A", "", ""], *([code[:2], f"{code}.Z", f"{name}, podklasa"] for code, name in classes)]


def test_take_activity_list_names_subclasses() -> None:
    assert str(rules.activity("62.10.Q")).startswith("62.10.Q ")
    n = commands.take_activity_list(tester(), rows=lines())
    assert n == len(subclasses()) > 300
    assert str(rules.activity("6210Z")).endswith(", podklasa")
    assert rules.activity("62.10.Q") is None
    assert rules.activities("62.10.Z")[0].code == "62.10.Z"


def test_take_activity_list_refuses_another_file() -> None:
    with pytest.raises(Invalid) as caught:
        commands.take_activity_list(tester(), rows=[["62.10.B", "Software"], ["62.10.C"]])
    assert list(caught.value.errors) == ["file"]
    assert not subclasses()


def client() -> Client:
    return a_client(an_admin())


def test_page_takes_a_workbook_in() -> None:
    with xlsx_file("PKD", ["Dział", "Podklasa", "Nazwa"], lines()) as book:
        file = SimpleUploadedFile("pkd.xlsx", book.read())
    answer = client().post("/settings/activity-list/", {"file": file})
    assert answer.status_code == 302
    assert rules.activity("62.10.Q") is None


def test_page_says_what_is_wrong_with_another_file() -> None:
    file = SimpleUploadedFile("x.csv", b"a,b\n1,2\n")
    answer = client().post("/settings/activity-list/", {"file": file})
    assert answer.status_code == 422
    assert "This is not the list" in answer.content.decode()
