"""A file as the value of a record's attribute, from the form to the erasure."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.business.sales import commands as sales
from embudo.business.sales.models import Lead
from embudo.business.sales.tests.builders import a_lead
from embudo.foundation.access.tests.builders import ann
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.audit.queries import changes
from embudo.foundation.documents import commands
from embudo.foundation.documents.events import FilesPruned
from embudo.foundation.documents.models import KeptFile
from embudo.foundation.documents.reactions import sweep_files
from embudo.foundation.documents.tests.builders import DOCX, EXE, HTML, PDF, SVG, a_file
from embudo.foundation.documents.tests.valued import (
    COMPANY,
    LEAD,
    SYSTEM,
    bytes_of,
    change,
    lead_with_file,
    opened,
    scan,
    stored,
    with_file,
)
from embudo.foundation.duplicates.commands import merge_records, undo_merge
from embudo.foundation.recycle.commands import erase_record, recycle_record, restore_record
from embudo.kernel import clock
from embudo.kernel.act import acting
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.models import LogEntry
from embudo.kernel.undoing import undo_changes

pytestmark = pytest.mark.django_db


# --- with the record --------------------------------------------------------------------------------------------------


def test_file_is_stored_with_the_record_that_names_it(store: Path) -> None:
    scan()
    company = with_file(ann())
    kept = KeptFile.objects.get()
    fresh = Company.objects.get()
    assert fresh.custom == {
        "scan": {"id": str(kept.pk), "name": "contract.pdf", "size": len(PDF), "type": "application/pdf"}
    }
    assert (kept.about_kind, kept.about_id, kept.key, kept.owner_id) == (
        COMPANY,
        company.pk,
        "scan",
        ann().id,
    )
    assert [file.read_bytes() for file in stored(store)] == [PDF]


def test_file_is_replaced_removed_and_brought_back(store: Path) -> None:
    scan()
    company = with_file(ann())
    first = company.custom["scan"]
    changed = change(ann(), company, a_file("new.docx", DOCX))
    assert (changed.custom["scan"]["name"], KeptFile.objects.count()) == ("new.docx", 2)
    change(ann(), changed, None)
    assert Company.objects.get().custom == {}
    act = LogEntry.objects.filter(command="directory.change_company").order_by("-seq").first()
    assert act is not None
    with acting(SYSTEM, "tests"):
        undo_changes(act.act)
        publish(FilesPruned(0))
    assert Company.objects.get().custom["scan"]["name"] == "new.docx"
    assert (len(stored(store)), first["name"]) == (2, "contract.pdf")


def test_unchanged_file_stays_whatever_else_changes() -> None:
    scan()
    an_attribute("text", "Tier", kind=COMPANY)
    company = with_file(ann())
    held = company.custom["scan"]
    directory.change_company(ann(), company, custom={"tier": "gold", "scan": {**held, "url": "/elsewhere"}})
    assert (Company.objects.get().custom, KeptFile.objects.count()) == ({"scan": held, "tier": "gold"}, 1)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("contract.pdf", b"", "is empty"),
        ("contract.exe", EXE, "is of a type that is not taken"),
        ("contract.pdf", HTML, "is not what its name says"),
        ("contract.svg", SVG, "is of a type that is not taken"),
        ("\u202e\x00", PDF, "Enter a name."),
    ],
)
def test_wrong_file_is_refused_and_nothing_is_written(
    store: Path, name: str, content: bytes, told: str
) -> None:
    scan()
    with pytest.raises(Invalid) as fault:
        a_company("Alfa", by=ann(), custom={"scan": a_file(name, content)})
    assert told in str(fault.value.errors["custom_scan"][0])
    assert (Company.objects.count(), KeptFile.objects.count(), stored(store)) == (0, 0, [])


def test_too_large_file_is_refused(settings: Any) -> None:
    scan()
    settings.FILE_UPLOAD_MAX_SIZE = 10
    with pytest.raises(Invalid) as fault:
        with_file(ann())
    assert "is larger than 10" in str(fault.value.errors["custom_scan"][0])


def test_hostile_name_is_tamed() -> None:
    scan()
    company = a_company("Alfa", by=ann(), custom={"scan": a_file("..\\..\\.\u202eevil\r\nX: y.PDF")})
    assert company.custom["scan"]["name"] == "evilX: y.pdf"


def test_record_that_is_refused_leaves_no_file(store: Path) -> None:
    scan()
    with pytest.raises(Invalid):
        a_company("", by=ann(), custom={"scan": a_file()})
    assert (KeptFile.objects.count(), stored(store)) == (0, [])


def test_required_file_is_asked_of_people_and_not_of_tables() -> None:
    scan(is_required=True)
    an_attribute("text", "Tier", kind=COMPANY)
    with pytest.raises(Invalid) as fault:
        a_company("Alfa", by=ann(), custom={"tier": "gold"})
    assert fault.value.errors == {"custom_scan": ["Choose a file for the Contract scan."]}
    company = with_file(ann())
    with pytest.raises(Invalid):
        change(ann(), company, None)


def test_file_attribute_has_no_default_and_is_neither_unique_nor_searched() -> None:
    for given, field in (
        ({"default": "contract.pdf"}, "default"),
        ({"is_unique": True}, "is_unique"),
        ({"is_searchable": True}, "is_searchable"),
    ):
        with pytest.raises(Invalid) as fault:
            scan(**given)
        assert list(fault.value.errors) == [field]


def test_file_is_changed_only_by_roles_that_may() -> None:
    scan(edit_roles=("manager",))
    with pytest.raises(Invalid) as fault:
        with_file(ann())
    assert "Your role may not change this" in str(fault.value.errors["custom_scan"][0])
    assert KeptFile.objects.count() == 0


# --- what becomes of it -----------------------------------------------------------------------------------------------


def age(store: Path) -> None:
    for file in stored(store):
        os.utime(file, (0, 0))


def test_prune_files_takes_what_waited_too_long_and_what_is_named_no_more(store: Path) -> None:
    scan()
    start = clock.now()
    commands.upload_file(ann(), file=a_file("waits.pdf"))
    company = change(ann(), with_file(ann()), a_file("new.pdf"))
    age(store)
    sweep_files()  # the replaced one is seen to be unused
    assert KeptFile.objects.count() == 3
    with clock.at(start + timedelta(days=1, minutes=5)):
        sweep_files()
    assert sorted(KeptFile.objects.values_list("name", flat=True)) == ["contract.pdf", "new.pdf"]
    with clock.at(start + timedelta(days=91)):
        sweep_files()
    assert [one.facts for one in KeptFile.objects.all()] == [company.custom["scan"]]
    assert len(stored(store)) == 1


def test_prune_files_leaves_a_file_that_is_named_again(store: Path) -> None:
    scan()
    company = with_file(ann())
    held = company.custom["scan"]
    start = clock.now()
    KeptFile.objects.update(unused_since=start - timedelta(days=30))
    sweep_files()
    assert KeptFile.objects.get().unused_since is None
    age(store)
    with clock.at(start + timedelta(days=100)):
        sweep_files()
    assert (KeptFile.objects.get().facts, len(stored(store))) == (held, 1)


def test_deleted_record_keeps_its_file_until_it_is_restored(store: Path) -> None:
    lead, path = lead_with_file()
    entry = recycle_record(SYSTEM, lead)
    assert (KeptFile.objects.count(), entry.files) == (0, [stored(store)[0].relative_to(store).as_posix()])
    assert opened(ann(), path).status_code == 404
    age(store)
    with clock.at(clock.now() + timedelta(days=5)):
        sweep_files()
    restore_record(SYSTEM, entry)
    response = opened(ann(), path)
    assert (response.status_code, bytes_of(response)) == (200, PDF)


def test_file_of_a_record_is_not_deleted_by_itself() -> None:
    lead, _path = lead_with_file()
    kept = KeptFile.objects.get()
    with pytest.raises(Refused) as refusal:
        recycle_record(SYSTEM, kept)
    assert (refusal.value.code, lead.custom["scan"]["id"]) == ("documents.value_of_record", str(kept.pk))


def test_erased_record_takes_its_files_and_their_names_along(
    store: Path, django_capture_on_commit_callbacks: Any
) -> None:
    lead, _path = lead_with_file()
    sales.edit_lead(ann(), lead, custom={"scan": a_file("replaced.pdf")})
    with django_capture_on_commit_callbacks(execute=True):
        erase_record(SYSTEM, Lead.objects.get())
    assert (Lead.objects.count(), KeptFile.objects.count(), stored(store)) == (0, 0, [])
    entries = list(LogEntry.objects.all())
    told = changes(SYSTEM, entries)
    assert "replaced.pdf" not in str(told) + str([one.changes for one in entries])


def test_converted_lead_that_is_erased_loses_its_file(
    store: Path, django_capture_on_commit_callbacks: Any
) -> None:
    scan(LEAD)
    a_lead(ann(), "converted", custom={"scan": a_file()})
    with django_capture_on_commit_callbacks(execute=True):
        erase_record(SYSTEM, Lead.objects.get())
    assert (Lead.objects.get().custom, KeptFile.objects.count(), stored(store)) == ({}, 0, [])


def test_merge_takes_the_file_over_and_its_undoing_gives_it_back() -> None:
    scan()
    survivor, other = a_company("Alfa", by=ann()), with_file(ann(), "Alpha")
    held = other.custom["scan"]
    path = f"/files/{held['id']}/"
    merge = merge_records(SYSTEM, kind=COMPANY, survivor_id=survivor.pk, merged_ids=(other.pk,))
    assert (Company.objects.get().custom, KeptFile.objects.get().about_id) == ({"scan": held}, survivor.pk)
    assert bytes_of(opened(ann(), path)) == PDF
    undo_merge(SYSTEM, merge)
    assert dict(Company.objects.values_list("name", "custom")) == {"Alfa": {}, "Alpha": {"scan": held}}
    assert KeptFile.objects.get().about_id == other.pk
    assert bytes_of(opened(ann(), path)) == PDF


def test_file_that_lost_in_a_merge_stays_as_long_as_it_can_be_undone(store: Path) -> None:
    scan()
    survivor, other = with_file(ann(), "Alfa"), with_file(ann(), "Alpha")
    lost = other.custom["scan"]["id"]
    start = clock.now()
    merge = merge_records(SYSTEM, kind=COMPANY, survivor_id=survivor.pk, merged_ids=(other.pk,))
    assert opened(ann(), f"/files/{lost}/").status_code == 404
    age(store)
    sweep_files()
    with clock.at(start + timedelta(days=89)):
        sweep_files()
        undo_merge(SYSTEM, merge)
        assert bytes_of(opened(ann(), f"/files/{lost}/")) == PDF
        sweep_files()
    with clock.at(start + timedelta(days=200)):
        sweep_files()
    assert KeptFile.objects.count() == 2
