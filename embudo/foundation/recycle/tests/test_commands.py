import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import TestCase

from embudo.business.billing.tests.builders import an_invoice
from embudo.business.directory import commands as directory
from embudo.business.directory.models import Affiliation, Company, ContactPoint, Person
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.business.sales.models import Lead, Opportunity, StageStay
from embudo.business.sales.tests.builders import a_lead, a_won_opportunity, an_opportunity
from embudo.business.supply.models import Product
from embudo.business.supply.tests.builders import a_product
from embudo.foundation.access import commands as access
from embudo.foundation.access.tests.builders import a_user, an_actor, an_admin, ann, bob, cat, user_of
from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.foundation.activity.tests.builders import a_call, a_meeting, a_note, a_task
from embudo.foundation.documents import commands as documents
from embudo.foundation.documents.models import Document, DocumentVersion
from embudo.foundation.documents.tests.builders import a_document
from embudo.foundation.recycle.commands import (
    empty_bin,
    erase_again,
    erase_record,
    erase_recycled,
    keep_list,
    recycle_record,
    recycle_records,
    repeat_erasures,
    restore_record,
)
from embudo.foundation.recycle.models import Erasure, Recycled
from embudo.foundation.recycle.rules import Why
from embudo.foundation.recycle.tests.builders import a_deleted
from embudo.foundation.recycle.tests.scan import MAIL, NAME, a_known_person, places_naming
from embudo.foundation.transfer.tests.builders import a_run_import
from embudo.kernel import clock, seal
from embudo.kernel.errors import Forbidden, NotFound, Refused, Stale
from embudo.kernel.models import LogEntry
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


@contextmanager
def transaction_ends() -> Iterator[None]:
    """What waits for the transaction's end is done, though a test's own never ends."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


def of(model: Any, record: Any) -> Any:
    return model.objects.filter(pk=record.pk).first()


# --- deleting ---------------------------------------------------------------------------------------------------------


def test_recycle_record_removes_the_record_with_all_that_is_about_it() -> None:
    company = a_company(by=ann())
    person = a_person(by=ann())
    directory.link_person_to_company(ann(), person, company=company)
    directory.add_contact(ann(), company=company, medium="email", value="b@alfa.example")
    a_note(ann(), company)
    a_task(ann(), company)
    a_call(ann(), company)
    a_meeting(ann(), company, clock.now())
    a_document(ann(), company)
    found = recycle_record(ann(), company)
    assert found.further == 5
    assert found.title == company.name
    for model in (Company, Affiliation, ContactPoint, Note, Task, Call, Meeting, Document, DocumentVersion):
        assert model.objects.count() == 0
    assert Person.objects.get(pk=person.pk).company is None


def test_recycle_record_tells_the_event_about_all_it_took() -> None:
    company = a_company(by=ann())
    note = a_note(ann(), company)
    found = recycle_record(ann(), company)
    entry = LogEntry.objects.get(name="recycle.RecordDeleted")
    assert entry.data["recycled_id"] == str(found.pk)
    assert entry.about_id == company.pk
    assert note.pk in set(entry.further.values_list("record_id", flat=True))


def test_recycle_record_refuses_whoever_may_not_delete_it() -> None:
    company = a_company(by=ann())
    with pytest.raises(Forbidden):
        recycle_record(bob(), company)
    with pytest.raises(Forbidden):
        recycle_record(cat(), company)
    assert of(Company, company)


def test_recycle_record_refuses_an_older_version() -> None:
    company = a_company(by=ann())
    with pytest.raises(Stale):
        recycle_record(ann(), company, version=company.version + 1)


def test_recycle_record_refuses_a_company_with_invoices() -> None:
    won = a_won_opportunity(ann(), company=a_company(by=ann()))
    an_invoice(ann(), opportunity_id=won.pk)
    with pytest.raises(Refused) as fault:
        recycle_record(ann(), won.company)
    assert fault.value.code == "recycle.in_use"
    assert fault.value.facts == {"used_by": "billing.invoice", "count": 1}
    assert "Invoices are kept as the law asks" in str(fault.value.message)
    with pytest.raises(Refused):
        recycle_record(ann(), won)


def test_recycle_record_refuses_a_converted_lead_until_its_opportunity_is_gone() -> None:
    lead = a_lead(ann())
    opportunity = an_opportunity(ann(), lead=lead)
    with pytest.raises(Refused, match="converted"):
        recycle_record(ann(), lead)
    recycle_record(ann(), opportunity)
    recycle_record(ann(), Lead.objects.get(pk=lead.pk))
    assert not of(Lead, lead)


def test_recycle_record_refuses_a_product_that_is_sold() -> None:
    product = a_product()
    an_opportunity(ann(), product=product)
    with pytest.raises(Refused):
        recycle_record(an_admin(), product)
    assert of(Product, product)


def test_recycle_record_keeps_the_opportunity_of_a_deleted_company() -> None:
    company = a_company("Alfa Ltd", by=ann())
    opportunity = an_opportunity(ann(), company=company)
    found = recycle_record(ann(), company)
    assert Opportunity.objects.get(pk=opportunity.pk).company is None
    restore_record(ann(), found)
    again = Opportunity.objects.get(pk=opportunity.pk)
    assert again.company_id == company.pk
    assert "alfa" in again.search


def test_recycle_records_says_of_each_what_became_of_it() -> None:
    mine, other = a_company("Mine", by=ann()), a_company("Other", by=bob())
    won = a_won_opportunity(ann(), company=a_company("Billed", by=ann()))
    an_invoice(ann(), opportunity_id=won.pk)
    gone = a_company("Gone", by=ann())
    recycle_record(ann(), gone)
    ids = [mine.pk, other.pk, won.company_id, gone.pk]
    found = recycle_records(ann(), kind="directory.company", ids=ids)
    assert [(one.record_id, one.is_deleted, one.code) for one in found] == [
        (mine.pk, True, ""),
        (other.pk, False, "forbidden"),
        (won.company_id, False, "recycle.in_use"),
        (gone.pk, False, "not_found"),
    ]
    assert set(Company.objects.values_list("name", flat=True)) == {"Other", "Billed"}


# --- restoring --------------------------------------------------------------------------------------------------------


def test_restore_record_puts_everything_back_as_it_was() -> None:
    company = a_company("Alfa Ltd", by=ann(), tax_id="5260250274", country="PL")
    person = a_person(by=ann())
    directory.link_person_to_company(ann(), person, company=company)
    note, document = a_note(ann(), company), a_document(ann(), company)
    path = document.versions.get().path
    before = {model: list(model.objects.order_by("pk").values()) for model in (Affiliation, Note, Document)}
    company, person = Company.objects.get(pk=company.pk), Person.objects.get(pk=person.pk)
    found = restore_record(ann(), a_deleted(company, ann()))
    assert found.left == []
    again = Company.objects.get(pk=company.pk)
    assert again.version == company.version + 1
    for name in ("name", "tax_id", "tax_key", "created", "updated", "search", "owner_id"):
        assert getattr(again, name) == getattr(company, name)
    assert Person.objects.get(pk=person.pk).company_id == company.pk
    assert Person.objects.get(pk=person.pk).updated == person.updated
    assert Note.objects.get(pk=note.pk).created == note.created
    assert DocumentVersion.objects.get().path == path
    for model, rows in before.items():
        now = list(model.objects.order_by("pk").values())
        assert [row | {"version": 0} for row in now] == [row | {"version": 0} for row in rows]


def test_restore_record_brings_an_opportunity_back_with_its_stays() -> None:
    opportunity = an_opportunity(ann())
    stays = list(StageStay.objects.values_list("pk", flat=True))
    restore_record(ann(), a_deleted(opportunity, ann()))
    assert of(Opportunity, opportunity)
    assert list(StageStay.objects.values_list("pk", flat=True)) == stays


def test_restore_record_twice_is_refused() -> None:
    found = a_deleted(a_company(by=ann()), ann())
    restore_record(ann(), found)
    with pytest.raises(Refused, match="restored already"):
        restore_record(ann(), Recycled.objects.get(pk=found.pk))


def test_restore_record_tells_a_link_that_names_another_by_now() -> None:
    company, other = a_company("Alfa", by=ann()), a_company("Beta", by=ann())
    person, gone = a_person("Nowak", by=ann(), company=company), a_person("Kos", by=ann(), company=company)
    found = recycle_record(ann(), company)
    directory.link_person_to_company(ann(), Person.objects.get(pk=person.pk), company=other)
    recycle_record(ann(), Person.objects.get(pk=gone.pk))
    done = restore_record(ann(), found)
    assert sorted((one["kind"], one["why"]) for one in done.left) == [
        ("directory.affiliation", "gone"),
        ("directory.person", "changed"),
        ("directory.person", "gone"),
    ]
    assert Person.objects.get(pk=person.pk).company_id == other.pk


def test_restore_record_tells_that_the_owner_may_no_longer_sign_in() -> None:
    user = a_user(name="Leaver")
    found = a_deleted(a_company(by=an_actor(user)))
    access.deactivate_user(an_admin(), user)
    done = restore_record(an_admin(), found)
    assert [(one["why"], one["what"]) for one in done.left] == [("owner", "Leaver")]


def test_restore_record_refuses_a_note_whose_record_is_deleted_too() -> None:
    company = a_company(by=ann())
    note = a_deleted(a_note(ann(), company), ann())
    whole = recycle_record(ann(), company)
    with pytest.raises(Refused, match="Restore that one first"):
        restore_record(ann(), note)
    restore_record(ann(), whole)
    restore_record(ann(), note)
    assert Note.objects.count() == 1


def test_restore_record_refuses_a_taken_unique_value() -> None:
    product = a_product(code="A1")
    found = a_deleted(product)
    a_product(code="A1")
    with pytest.raises(Refused) as fault:
        restore_record(an_admin(), found)
    assert fault.value.code == "recycle.taken"
    assert Recycled.objects.get(pk=found.pk).is_waiting


def test_the_bin_is_seen_by_who_may_delete_such_records() -> None:
    found = a_deleted(a_company(by=ann()), ann())
    assert set(Recycled.objects.visible_to(ann())) == {found}
    assert set(Recycled.objects.visible_to(bob())) == set()
    assert set(Recycled.objects.visible_to(cat())) == set()
    assert set(Recycled.objects.visible_to(an_admin())) == {found}
    with pytest.raises(NotFound):
        restore_record(bob(), found)


# --- erasing ----------------------------------------------------------------------------------------------------------


def test_erase_recycled_leaves_only_that_it_happened() -> None:
    found = a_deleted(a_company("Alfa Ltd", by=ann()), ann())
    erasure = erase_recycled(an_admin(), found)
    again = Recycled.objects.get(pk=found.pk)
    assert (again.title, again.snapshot, again.is_waiting) == ("", [], False)
    assert (erasure.kind, erasure.record_id, erasure.why) == (
        "directory.company",
        found.record_id,
        Why.REQUEST,
    )
    assert erasure.by_id == an_admin().id
    with pytest.raises(Refused):
        restore_record(an_admin(), again)


def test_erase_recycled_refuses_without_the_grant() -> None:
    with pytest.raises(Forbidden):
        erase_recycled(ann(), a_deleted(a_company(by=ann()), ann()))


def test_erase_recycled_refuses_what_was_restored() -> None:
    found = a_deleted(a_company(by=ann()), ann())
    restore_record(ann(), found)
    with pytest.raises(Refused):
        erase_recycled(an_admin(), found)


def test_empty_bin_erases_what_is_older_than_thirty_days() -> None:
    company, younger = a_company("Old", by=ann()), a_company("Young", by=ann())
    a_deleted(company, ann())
    later = clock.now() + timedelta(days=20)
    with clock.at(later):
        a_deleted(younger, ann())
    with clock.at(later + timedelta(days=11)):
        assert empty_bin() == 1
    assert list(Erasure.objects.values_list("record_id", "why")) == [(company.pk, "over")]
    assert [one.record_id for one in Recycled.objects.waiting()] == [younger.pk]


def test_erase_record_leaves_no_trace_of_a_person_anywhere(tmp_path: Path, settings: Any) -> None:
    settings.DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    owner = user_of(ann())
    person = a_known_person(owner)
    admin = an_admin()
    a_run_import(
        admin,
        f"First name;Last name;E-mail\nZdzisława;Przybyłowska;{MAIL}\nJan;Nowak;jan@x.example\nZdzisława;Przybyłowska;no mail",
        kind="directory.person",
        rule={"key": "email", "known": "fill"},
    )
    drain()
    assert len(places_naming()) > 15
    with transaction_ends():
        erase_record(admin, person)
    drain()
    assert places_naming() == []
    assert seal.verify() == []
    assert Lead.objects.get().status == "converted"
    assert Opportunity.objects.get().title == "…"
    assert noted(tmp_path) == set(Erasure.objects.values_list("record_id", flat=True))


def noted(folder: Path) -> set[UUID]:
    return {UUID(json.loads(line)["id"]) for line in (folder / "erasures.jsonl").read_text().splitlines()}


def test_erase_record_of_a_lead_spares_the_person_it_became() -> None:
    person = a_known_person(user_of(ann()))
    lead = Lead.objects.get()
    erase_record(an_admin(), lead)
    lead.refresh_from_db()
    assert (lead.name, lead.email, lead.raw) == ("Erased", "", {})
    assert Person.objects.get(pk=person.pk).email == MAIL
    assert Opportunity.objects.get().title == NAME


def test_erase_record_refuses_a_company_with_invoices() -> None:
    won = a_won_opportunity(ann(), company=a_company(by=ann()))
    an_invoice(ann(), opportunity_id=won.pk)
    with pytest.raises(Refused):
        erase_record(an_admin(), won.company)
    assert Erasure.objects.count() == 0


def test_erase_record_empties_the_bin_of_what_was_written_about_the_record() -> None:
    company = a_company(by=ann())
    a_deleted(a_note(ann(), company), ann())
    a_deleted(a_document(ann(), company), ann())
    erase_record(an_admin(), company)
    assert Recycled.objects.exclude(snapshot=[]).count() == 0


def test_files_of_documents_stay_until_they_are_erased(tmp_path: Path, settings: Any) -> None:
    settings.DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    document = a_document(ann(), a_company(by=ann()))
    file = tmp_path / "files" / document.versions.get().path
    found = a_deleted(document, ann())
    with clock.at(clock.now() + timedelta(days=3)):
        documents.prune_files(an_admin())
    assert file.exists()
    with transaction_ends():
        erase_recycled(an_admin(), found)
    assert not file.exists()


def test_erase_again_repeats_what_an_older_backup_does_not_know(tmp_path: Path, settings: Any) -> None:
    settings.DATA = tmp_path
    company, other = a_company("Alfa Ltd", by=ann()), a_company("Beta Ltd", by=ann())
    line = {
        "kind": "directory.company",
        "id": str(company.pk),
        "at": "2026-01-01T00:00:00+00:00",
        "why": "request",
    }
    (tmp_path / "erasures.jsonl").write_text(f"{json.dumps(line)}\n{{cut o")
    assert repeat_erasures() == (1, [])
    assert set(Company.objects.all()) == {other}
    assert Erasure.objects.get().why == Why.AGAIN
    assert repeat_erasures() == (0, [])
    with pytest.raises(Forbidden):
        erase_again(ann(), kind="directory.company", record_id=other.pk)


def test_keep_list_writes_what_the_file_lacks(tmp_path: Path, settings: Any) -> None:
    settings.DATA = tmp_path
    erase_recycled(an_admin(), a_deleted(a_company(by=ann())))
    assert keep_list() == 1
    assert keep_list() == 0
