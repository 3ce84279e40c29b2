"""A file as the value of an attribute on pages: forms, the record's panel, lists, filters, tables."""

import csv
import io
import json
from typing import Any

import pytest
from django.test import Client

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.business.sales.tests.builders import a_lead
from embudo.foundation.access.tests.builders import a_client, an_admin, ann
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.documents.models import KeptFile
from embudo.foundation.documents.tests.builders import EXE, PDF, a_file
from embudo.foundation.documents.tests.valued import COMPANY, LEAD, bytes_of, lead_with_file, scan, with_file
from embudo.foundation.transfer.tests.builders import a_run_import, an_import, importer
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def edit(company: Company, **sent: Any) -> Any:
    company.refresh_from_db()
    data = {"name": company.name, "country": "PL", "version": company.version, **sent}
    return a_client(ann()).post(f"/companies/{company.pk}/edit/", data)


def test_form_takes_replaces_and_removes_the_file_without_script() -> None:
    scan()
    browser = a_client(ann())
    html = browser.get("/companies/new/").content.decode()
    assert 'enctype="multipart/form-data"' in html
    assert '<label class="label" for="id_custom_scan">Contract scan' in html
    assert ("One file, 25.0" in html, 'accept=".pdf,' in html) == (True, True)
    made = browser.post("/companies/new/", {"name": "Alfa", "country": "PL", "custom_scan": a_file("a.pdf")})
    assert made.status_code == 302
    company = Company.objects.get()
    assert company.custom["scan"]["name"] == "a.pdf"
    html = browser.get(f"/companies/{company.pk}/edit/").content.decode()
    assert f'<a href="/files/{company.custom["scan"]["id"]}/" download>a.pdf</a>' in html
    assert 'name="custom_scan-clear"' in html
    assert edit(company).status_code == 302
    assert Company.objects.get().custom == company.custom
    assert edit(company, custom_scan=a_file("b.pdf")).status_code == 302
    assert Company.objects.get().custom["scan"]["name"] == "b.pdf"
    both = edit(company, custom_scan=a_file("c.pdf"), **{"custom_scan-clear": "on"})
    assert (both.status_code, "not both" in both.content.decode()) == (422, True)
    assert edit(company, **{"custom_scan-clear": "on"}).status_code == 302
    assert Company.objects.get().custom == {}


@pytest.mark.parametrize(
    ("file", "told"),
    [
        (("a.pdf", b""), "is empty"),
        (("a.exe", EXE), "is of a type that is not taken"),
        (("a.pdf", EXE), "is not what its name says"),
    ],
)
def test_form_says_at_the_field_what_is_wrong_with_a_file(file: tuple[str, bytes], told: str) -> None:
    scan()
    data = {"name": "Alfa", "country": "PL", "custom_scan": a_file(*file)}
    response = a_client(ann()).post("/companies/new/", data)
    html = response.content.decode()
    error = html.partition('id="id_custom_scan_error"')[2].partition("</p>")[0]
    assert (response.status_code, told in error, "_error" in html) == (422, True, True)
    assert (Company.objects.count(), KeptFile.objects.count()) == (0, 0)


def test_form_keeps_what_was_typed_when_the_file_is_too_large(settings: Any) -> None:
    """Also what stands after the file in the form."""
    settings.FILE_UPLOAD_MAX_SIZE = 10
    scan()
    an_attribute("text", "Zone", kind=COMPANY)
    data = {"name": "Alfa", "country": "PL", "custom_scan": a_file(), "custom_zone": "North"}
    response = a_client(ann()).post("/companies/new/", data)
    html = response.content.decode()
    error = html.partition('id="id_custom_scan_error"')[2].partition("</p>")[0]
    assert (response.status_code, "A file is larger than 10" in error) == (422, True)
    assert ('value="Alfa"' in html, 'value="North"' in html) == (True, True)
    assert Company.objects.count() == 0


def test_required_file_that_is_there_need_not_be_sent_again() -> None:
    scan(is_required=True)
    missing = a_client(ann()).post("/companies/new/", {"name": "Alfa", "country": "PL"})
    assert "Choose a file for the contract scan." in missing.content.decode()
    company = with_file(ann())
    html = a_client(ann()).get(f"/companies/{company.pk}/edit/").content.decode()
    assert 'name="custom_scan-clear"' not in html
    assert edit(company, **{"custom_scan-clear": "on"}).status_code == 302
    assert Company.objects.get().custom == company.custom


def test_record_shows_name_size_and_link() -> None:
    lead, path = lead_with_file()
    html = a_client(ann()).get(f"/attributes/of/{LEAD}/{lead.pk}/").content.decode()
    assert f'<a href="{path}" download>contract.pdf</a> <span class="muted">(48\xa0bytes)</span>' in html


def test_name_is_text_wherever_it_is_shown() -> None:
    scan(LEAD)
    lead = a_lead(ann(), custom={"scan": a_file("<b>&a.pdf")})
    browser = a_client(ann())
    pages = (
        f"/attributes/of/{LEAD}/{lead.pk}/",
        f"/leads/{lead.pk}/edit/",
        "/leads/?columns=custom_scan:100",
    )
    for page in pages:
        html = browser.get(page).content.decode()
        assert ("<b>&a.pdf" in html, "&lt;b&gt;&amp;a.pdf" in html) == (False, True), page


def asked(who: Actor, tree: Any) -> str:
    columns, filtered = "name,custom_scan:100", json.dumps(tree)
    response = a_client(who).get("/leads/", {"columns": f"name:100,{columns}", "filter": filtered})
    assert response.status_code == 200
    return response.content.decode()


def test_list_shows_the_file_as_a_link_and_finds_who_has_one() -> None:
    _lead, path = lead_with_file()
    without = a_lead(ann(), name="Without")
    html = asked(ann(), {"attribute": "custom_scan", "op": "filled"})
    assert (f'<a href="{path}" download>contract.pdf</a>' in html, without.name in html) == (True, False)
    html = asked(ann(), {"attribute": "custom_scan", "op": "empty"})
    assert ("contract.pdf" in html, without.name in html) == (False, True)
    assert a_client(ann()).get("/leads/", {"sort": "custom_scan"}).status_code == 200


def test_list_tells_nothing_to_roles_that_do_not_see_the_attribute() -> None:
    lead_with_file(view_roles=("manager",))
    assert "contract.pdf" not in asked(ann(), {"attribute": "custom_scan", "op": "filled"})


def test_export_writes_the_name() -> None:
    lead_with_file()
    response = a_client(an_admin()).get("/leads/", {"columns": "name:100,custom_scan:100", "export": "csv"})
    rows = list(csv.reader(io.StringIO(bytes_of(response).decode("utf-8-sig"))))
    assert [row[1] for row in rows] == ["Contract scan", "contract.pdf"]


def test_import_leaves_files_alone_and_says_so_in_matching() -> None:
    scan(is_required=True)
    text = "Company name;Contract scan\nAlfa;contract.pdf\n"
    found = an_import(importer(), text)
    html = a_client(importer()).get(f"/imports/{found.pk}/match/").content.decode()
    assert (
        "Files do not come from a table. Leave these columns out, and add the files on the records: Contract scan"
        in html
    )
    assert "custom_scan" not in html
    done = a_run_import(importer(), text)
    assert (done.created_count, Company.objects.get().custom) == (1, {})


def test_import_of_other_attributes_asks_for_no_file() -> None:
    scan(is_required=True)
    an_attribute("text", "Tier", kind=COMPANY)
    done = a_run_import(importer(), "Company name;Tier\nAlfa;gold\n")
    assert (done.created_count, Company.objects.get().custom) == (1, {"tier": "gold"})


def test_update_by_import_leaves_the_file() -> None:
    scan()
    an_attribute("text", "Tier", kind=COMPANY)
    company = with_file(ann())
    a_run_import(importer(), "Company name;Tier\nAlfa;gold\n")
    assert Company.objects.get().custom == {**company.custom, "tier": "gold"}


def test_file_attribute_is_defined_on_screen() -> None:
    browser = a_client(an_admin())
    made = browser.post(
        "/settings/attributes/new/",
        {"kind": COMPANY, "type": "file", "label": "Contract scan", "order": "100"},
    )
    assert made.status_code == 302
    company = a_company("Alfa", by=ann(), custom={"contract_scan": a_file()})
    response = a_client(ann()).get(f"/files/{company.custom['contract_scan']['id']}/")
    assert bytes_of(response) == PDF
    assert Client().get(f"/files/{company.custom['contract_scan']['id']}/").status_code == 302
