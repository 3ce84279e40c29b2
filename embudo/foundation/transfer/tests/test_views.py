import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from embudo.business.directory.commands import register_company
from embudo.business.directory.models import Company
from embudo.foundation.access.tests.builders import a_client, a_user
from embudo.foundation.transfer import commands
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.rules.steps import State
from embudo.foundation.transfer.tests import workbooks
from embudo.foundation.transfer.tests.builders import (
    COMPANIES,
    a_checked_import,
    a_run_import,
    an_import,
    fresh,
    importer,
)
from embudo.kernel.actor import Actor
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def actor() -> Actor:
    return importer()


@pytest.fixture
def browser(actor: Actor) -> Client:
    return a_client(actor)


def upload(browser: Client, content: bytes, name: str = "list.csv", kind: str = "directory.company") -> Any:
    return browser.post("/imports/new/", {"kind": kind, "file": SimpleUploadedFile(name, content)})


def test_import_from_upload_to_report_works_without_script(browser: Client) -> None:
    answer = upload(browser, COMPANIES.encode())
    found = Import.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{found.pk}/match/")
    page = browser.get(answer["Location"])
    form = page.content.decode()
    assert '<option value="tax_id" selected>' in form
    typed = {f"column_{n}": name for n, name in enumerate(("name", "tax_id", "email", "phone", "town"))}
    answer = browser.post(
        answer["Location"], {**typed, "key": "best", "known": "update", "new": "create", "owner": ""}
    )
    assert (answer.status_code, answer["Location"]) == (302, f"/imports/{found.pk}/?awaited=1")
    assert "Being checked" in browser.get(answer["Location"], follow=True).content.decode()
    drain()
    assert "What would happen" in browser.get(answer["Location"], follow=True).content.decode()
    browser.post(f"/imports/{found.pk}/run/")
    drain()
    page = browser.get(f"/imports/{found.pk}/").content.decode()
    assert (fresh(found).state, Company.objects.count(), "Import of list.csv: Done" in page) == (
        State.DONE,
        2,
        True,
    )
    browser.post(f"/imports/{found.pk}/undo/")
    drain()
    assert Company.objects.count() == 0


def test_upload_of_what_is_no_table_is_refused_in_words(browser: Client) -> None:
    answer = upload(browser, b"%PDF-1.7 x", "table.xlsx")
    assert (answer.status_code, Import.objects.count()) == (422, 0)
    assert "This is a PDF. Upload the table itself" in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "name"),
    [(workbooks.good_xlsx(), "a.xlsx"), (workbooks.good_ods(), "a.ods"), (workbooks.good_xls(), "a.xls"),
     (b"BEGIN:VCARD\nVERSION:4.0\nORG:Alfa\nEMAIL:a@b.example.com\nEND:VCARD\n", "a.vcf"), (b'{"Name": "Alfa"}\n', "a.jsonl")],
)  # fmt: skip
def test_match_page_guesses_the_columns_of_every_format(browser: Client, content: bytes, name: str) -> None:
    answer = upload(browser, content, name)
    assert '<option value="name" selected>' in browser.get(answer["Location"]).content.decode()


def test_match_page_reads_again_as_it_is_told(browser: Client, actor: Actor) -> None:
    found = an_import(actor, "a;b,c\nd;e,f\n")
    page = browser.get(f"/imports/{found.pk}/match/", {"delimiter": ",", "heading_row": "0"}).content.decode()
    assert "a;b" in page
    assert 'name="delimiter" value=","' in page


def test_match_page_without_a_meaning_is_refused(browser: Client, actor: Actor) -> None:
    found = an_import(actor)
    answer = browser.post(f"/imports/{found.pk}/match/", {"key": "best", "known": "update", "new": "create"})
    assert answer.status_code == 422
    assert "Choose for at least one column what it means." in answer.content.decode()


def test_match_page_of_a_file_that_is_gone_says_so(browser: Client, actor: Actor) -> None:
    found = an_import(actor)
    Import.objects.filter(pk=found.pk).update(path="imports/00/none")
    assert "Upload it again." in browser.get(f"/imports/{found.pk}/match/").content.decode()


def test_failed_rows_come_back_ready_to_mend(browser: Client, actor: Actor) -> None:
    found = a_run_import(actor, "Firma;E-mail;Kod\n=Alfa;nobody;00123\nBeta;b@b.example.com;1\n")
    answer = browser.get(f"/imports/{found.pk}/failed.xlsx")
    raw = b"".join(answer.streaming_content)
    sheet = zipfile.ZipFile(io.BytesIO(raw)).read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    again = upload(browser, raw.replace(b"nobody", b"nobody"), "mended.xlsx")
    page = browser.get(again["Location"]).content.decode()
    assert ("What is wrong" in page, "00123" in page) == (True, True)


def test_failed_rows_of_an_import_without_any_are_headings_alone(browser: Client, actor: Actor) -> None:
    answer = browser.get(f"/imports/{a_run_import(actor).pk}/failed.xlsx")
    sheet = (
        zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
        .read("xl/worksheets/sheet1.xml")
        .decode()
    )
    assert sheet.count("<row") == 1


def test_import_page_shows_progress_as_a_part(browser: Client, actor: Actor) -> None:
    found = an_import(actor)
    Import.objects.filter(pk=found.pk).update(state=State.RUNNING, total=1000, done=500)
    headers = {"HX-Request": "true", "HX-Target": "div#import-progress"}
    part = browser.get(f"/imports/{found.pk}/", headers=headers).content.decode()
    assert ('value="500"' in part, "<h1" in part) == (True, False)
    Import.objects.filter(pk=found.pk).update(state=State.DONE)
    assert browser.get(f"/imports/{found.pk}/", headers=headers)["HX-Redirect"] == f"/imports/{found.pk}/"
    told = browser.get(f"/imports/{found.pk}/").content.decode()
    assert "The import is done: 0 created, 0 updated, 0 failed." in told


def test_who_began_an_import_hears_what_came_of_it_when_it_was_over_before_the_page_came(
    browser: Client, actor: Actor
) -> None:
    found = a_run_import(actor)
    answer = browser.post(f"/imports/{found.pk}/undo/")
    assert answer.status_code == 302
    drain()
    page = browser.get(answer["Location"], follow=True)
    assert page.redirect_chain == [(f"/imports/{found.pk}/", 302)]
    assert "The import is undone: 2 taken back, 0 left." in page.content.decode()
    assert "The import is undone:" not in browser.get(f"/imports/{found.pk}/").content.decode(), "said once"


def test_step_that_no_longer_fits_is_refused(browser: Client, actor: Actor) -> None:
    found = an_import(actor)
    assert browser.post(f"/imports/{found.pk}/run/").status_code == 422


def test_imports_of_others_are_missing(actor: Actor) -> None:
    other = a_client(a_user(roles=("manager",), name="Olga"))
    found = an_import(actor)
    assert [
        other.get(f"/imports/{found.pk}/{step}").status_code for step in ("", "match/", "run/", "failed.xlsx")
    ] == [404] * 4


def test_imports_need_the_grant() -> None:
    assert a_client(a_user(roles=("seller",), name="Sam")).get("/imports/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_imports_list_costs_the_same_for_one_and_three(
    browser: Client, actor: Actor, count: int, django_assert_max_num_queries: Any
) -> None:
    for _number in range(count):
        an_import(actor)
    browser.get("/imports/")
    with django_assert_max_num_queries(14):
        assert browser.get("/imports/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_import_page_costs_the_same_for_one_and_three_rows(
    browser: Client, actor: Actor, count: int, django_assert_num_queries: Any
) -> None:
    rows = "".join(f"Firma {n};nobody\n" for n in range(count))
    found = a_run_import(actor, f"Firma;E-mail\n{rows}")
    browser.get(f"/imports/{found.pk}/")
    with django_assert_num_queries(12):
        assert browser.get(f"/imports/{found.pk}/").status_code == 200


def test_import_page_of_a_paused_import_offers_to_go_on(browser: Client, actor: Actor) -> None:
    found = a_checked_import(actor)
    commands.run_import(actor, found)
    commands.pause_import(actor, found)
    assert "Go on" in browser.get(f"/imports/{found.pk}/").content.decode()


def test_rows_that_look_like_known_records_are_decided_one_by_one(browser: Client, actor: Actor) -> None:
    known = register_company(actor, name="Acme Transport Sp. z o.o.", phone="+48583012214", town="Gdańsk")
    drain()
    found = a_checked_import(actor, "Firma;Telefon;Miasto\nACME Transprot;+48 58 301 22 14;Gdańsk\n")
    page = browser.get(f"/imports/{found.pk}/").content.decode()
    assert ("1 row looks like a known record." in page, f"/companies/{known.pk}/" in page) == (True, True)
    form = browser.get(f"/imports/{found.pk}/alike/").content.decode()
    assert ("ACME Transprot" in form, f"/companies/{known.pk}/" in form) == (True, True)
    answer = browser.post(f"/imports/{found.pk}/alike/", {"row_2": "update"})
    assert (answer.status_code, fresh(found).choices) == (302, {"2": "update"})
    assert '<option value="update" selected>' in browser.get(f"/imports/{found.pk}/alike/").content.decode()
    assert browser.post(f"/imports/{found.pk}/alike/", {"row_2": "burn"}).status_code == 422


def test_match_page_asks_what_to_do_with_rows_that_look_like_known_records(
    browser: Client, actor: Actor
) -> None:
    page = browser.get(f"/imports/{an_import(actor).pk}/match/").content.decode()
    assert '<option value="ask" selected>' in page
    leads = an_import(actor, kind="sales.lead")
    assert 'name="alike"' not in browser.get(f"/imports/{leads.pk}/match/").content.decode()
