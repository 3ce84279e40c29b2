from datetime import timedelta
from uuid import UUID

import pytest

from embudo.business.billing.models import Invoice
from embudo.business.billing.tests.builders import an_invoice
from embudo.business.directory import commands as directory
from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.business.sales.tests.builders import a_won_opportunity, an_opportunity
from embudo.foundation.access.tests.builders import ann, cat
from embudo.foundation.activity.models import Note
from embudo.foundation.activity.queries import timeline
from embudo.foundation.activity.tests.builders import a_note
from embudo.foundation.audit.queries import entries_about
from embudo.foundation.duplicates import commands, queries
from embudo.foundation.duplicates.models import MatchKey, Merge, Pair, PairState, Scan, ScanState
from embudo.foundation.duplicates.tests.builders import a_manager, found_pair, twin_people, twins
from embudo.kernel import clock, personal
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.former import survivor_of
from embudo.kernel.models import LogEntry
from embudo.kernel.record import Record
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
COMPANY = Company.kind_name()


def merged(survivor: Record, *others: Record, **values: UUID) -> Merge:
    return commands.merge_records(
        a_manager(),
        kind=survivor.kind_name(),
        survivor_id=survivor.pk,
        merged_ids=tuple(other.pk for other in others),
        values=values,
    )


def all_of(record: Record) -> dict[str, object]:
    """All columns but those that every change moves."""
    fresh = type(record)._base_manager.get(pk=record.pk)
    fields = [one.attname for one in fresh._meta.concrete_fields]
    return {name: getattr(fresh, name) for name in fields if name not in ("version", "updated")}


# --- finding ----------------------------------------------------------------------------------------------------------


def test_following_the_log_finds_a_pair() -> None:
    one, other = twins()
    pair = found_pair()
    assert {pair.one, pair.other} == {one.pk, other.pk}
    assert pair.probability > 0.9


def test_change_that_makes_them_differ_takes_the_pair_away() -> None:
    one, _other = twins()
    found_pair()
    directory.change_company(ann(), one, name="Zebra Foods", phone="+48221112233", town="Warszawa")
    drain()
    assert not Pair.objects.exists()


def test_strangers_are_no_pair() -> None:
    a_company("Alfa Transport", phone="+48583012214", country="PL")
    a_company("Beta Meble", phone="+48583012999", country="PL")
    drain()
    assert not Pair.objects.exists()


def test_alike_finds_what_is_about_to_be_written() -> None:
    one, _other = twins()
    drain()
    found = queries.likeness.alike(ann(), COMPANY, {"name": "Acme Transport", "phone": "+48583012214"})
    assert one.pk in {hit.record_id for hit in found}


def test_rebuild_keys_makes_the_same_keys() -> None:
    twins()
    drain()
    kept = set(MatchKey.objects.values_list("kind", "key", "record_id"))
    MatchKey.objects.all().delete()
    commands.rebuild_keys(COMPANY)
    assert set(MatchKey.objects.values_list("kind", "key", "record_id")) == kept


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_dismiss_pair_is_remembered() -> None:
    one, _other = twins()
    commands.dismiss_pair(a_manager(), found_pair())
    directory.change_company(ann(), one, remarks="Changed")
    drain()
    commands.run_scan(commands.request_scan(a_manager(), kind=COMPANY).pk)
    assert Pair.objects.get().state == PairState.DISMISSED


def test_dismiss_pair_twice_is_refused() -> None:
    twins()
    pair = found_pair()
    commands.dismiss_pair(a_manager(), pair)
    with pytest.raises(Refused, match="already_decided"):
        commands.dismiss_pair(a_manager(), pair)


def test_reopen_pair_puts_it_back() -> None:
    twins()
    pair = commands.dismiss_pair(a_manager(), found_pair())
    assert commands.reopen_pair(a_manager(), pair).state == PairState.OPEN
    with pytest.raises(Refused, match="not_dismissed"):
        commands.reopen_pair(a_manager(), pair)


def test_survivor_inherits_who_it_is_not() -> None:
    one, other = twins()
    third = a_company("Acme Transport", phone="+48583012214", country="PL")
    drain()
    pair = Pair.objects.get(one=min(other.pk, third.pk), other=max(other.pk, third.pk))
    commands.dismiss_pair(a_manager(), pair)
    merged(one, other)
    drain()
    kept = Pair.objects.get(one=min(one.pk, third.pk), other=max(one.pk, third.pk))
    assert kept.state == PairState.DISMISSED


# --- merging ----------------------------------------------------------------------------------------------------------


def test_merge_records_keeps_chosen_values_and_fills_empty_ones() -> None:
    one, other = twins()
    merged(one, other, name=other.pk)
    one.refresh_from_db()
    assert (one.name, one.tax_id, one.email) == ("ACME Transprot", "5260250274", "office@acme.pl")
    assert one.name_key == "acme transprot"


def test_merge_records_moves_every_reference() -> None:
    one, other = twins()
    person = a_person("Kowal", company=other)
    opportunity = an_opportunity(ann(), company=other)
    invoice = an_invoice(ann(), opportunity_id=a_won_opportunity(ann(), company=other).pk)
    note = a_note(ann(), other)
    child = a_company("Child", parent=other)
    merged(one, other)
    assert not Company.objects.filter(pk=other.pk).exists()
    assert Affiliation.objects.get(person=person).company_id == one.pk
    for record in (person, opportunity, invoice):
        record.refresh_from_db()
        assert record.company_id == one.pk
    assert "acme transport" in opportunity.search
    child.refresh_from_db()
    note.refresh_from_db()
    assert (child.parent_id, note.about_id) == (one.pk, one.pk)


def test_merge_records_leaves_an_invoice_as_it_was_issued() -> None:
    one, other = twins()
    invoice = an_invoice(ann(), opportunity_id=a_won_opportunity(ann(), company=other).pk)
    before = Invoice.objects.values().get(pk=invoice.pk)
    merged(one, other)
    after = Invoice.objects.values().get(pk=invoice.pk)
    moved = {name for name in before if before[name] != after[name]}
    assert moved == {"company_id", "version", "updated"}


def test_merge_records_of_people_joins_double_affiliations() -> None:
    one, other = twin_people()
    company = a_company("House")
    for person in (one, other):
        directory.link_person_to_company(ann(), person, company=company)
    merged(one, other)
    assert list(Affiliation.objects.values_list("person_id", "company_id")) == [(one.pk, company.pk)]


def test_merge_records_joins_three() -> None:
    one, other = twins()
    third = a_company("Acme", email="x@acme.pl")
    merge = merged(one, other, third)
    assert list(Company.objects.values_list("pk", flat=True)) == [one.pk]
    assert len(merge.merged_ids) == 2


def test_merge_records_never_makes_a_company_its_own_parent() -> None:
    one, other = twins()
    directory.change_company(ann(), one, parent=other)
    merged(one, other)
    one.refresh_from_db()
    assert one.parent_id is None


def test_merge_records_makes_no_circle_in_a_group() -> None:
    one, other = twins()
    middle = a_company("Middle", parent=other)
    directory.change_company(ann(), one, parent=middle)
    merged(one, other)
    one.refresh_from_db()
    middle.refresh_from_db()
    assert (one.parent_id, middle.parent_id) == (None, one.pk)


def test_merge_records_keeps_the_history_of_both() -> None:
    one, other = twins()
    directory.change_company(ann(), other, remarks="Before the merge")
    a_note(ann(), other)
    merged(one, other)
    one.refresh_from_db()
    names = [entry.name for entry in entries_about(a_manager("Moe"), COMPANY, one.pk)]
    assert names.count("directory.CompanyRegistered") == 2
    assert "directory.CompanyChanged" in names
    told = [item.thing for item in timeline(ann(), one, size=50).items]
    assert [type(thing) for thing in told].count(Note) == 1
    names = [thing.name for thing in told if isinstance(thing, LogEntry)]
    assert (names.count("directory.CompanyRegistered"), names.count("duplicates.RecordsMerged")) == (2, 1)


def test_merge_records_leads_old_ids_through_later_merges() -> None:
    one, other = twins()
    third = a_company("Third")
    merged(one, other)
    merged(third, one)
    assert survivor_of(other.pk) == (COMPANY, third.pk)


def test_merge_records_refuses_one_alone_and_unknown_fields() -> None:
    one, other = twins()
    with pytest.raises(Invalid):
        merged(one, one)
    with pytest.raises(Invalid):
        merged(one)
    with pytest.raises(Invalid):
        merged(one, other, name_key=one.pk)


def test_merge_records_needs_its_permission_and_sight() -> None:
    one, other = twins()
    for actor, fault in ((cat(), Forbidden), (ann(), Forbidden)):
        with pytest.raises(fault):
            commands.merge_records(actor, kind=COMPANY, survivor_id=one.pk, merged_ids=(other.pk,))
    with pytest.raises(NotFound):
        merged(one, Company(pk=a_person("Gone").pk))
    assert Company.objects.count() == 2


# --- undoing ----------------------------------------------------------------------------------------------------------


def test_undo_merge_puts_everything_back() -> None:
    one, other = twins()
    records = [
        one,
        other,
        a_person("Kowal", company=other),
        an_opportunity(ann(), company=other),
        a_note(ann(), other),
    ]
    before = [all_of(record) for record in records]
    merge = merged(one, other, name=other.pk)
    drain()
    undone = commands.undo_merge(a_manager("Moe"), merge)
    assert undone.left == []
    assert [all_of(record) for record in records] == before
    assert survivor_of(other.pk) is None
    drain()
    assert Pair.objects.get().state == PairState.OPEN


def test_undo_merge_brings_double_affiliations_back() -> None:
    one, other = twin_people()
    company = a_company("House")
    for person in (one, other):
        directory.link_person_to_company(ann(), person, company=company)
    before = sorted(Affiliation.objects.values_list("pk", "person_id", "company_id"))
    merge = merged(one, other)
    commands.undo_merge(a_manager("Moe"), merge)
    assert sorted(Affiliation.objects.values_list("pk", "person_id", "company_id")) == before


def test_undo_merge_tells_what_was_changed_since() -> None:
    one, other = twins()
    opportunity = an_opportunity(ann(), company=other)
    merge = merged(one, other, name=other.pk)
    one.refresh_from_db()
    directory.change_company(ann(), one, name="Newer name")
    elsewhere = a_company("Elsewhere")
    type(opportunity).objects.filter(pk=opportunity.pk).update(company=elsewhere)
    undone = commands.undo_merge(a_manager("Moe"), merge)
    assert {(item["kind"], item["what"]) for item in undone.left} == {
        (COMPANY, "name"), ("sales.opportunity", "company_id"),
    }  # fmt: skip
    one.refresh_from_db()
    assert one.name == "Newer name"


def test_undo_merge_keeps_later_changes_of_moved_records() -> None:
    one, other = twins()
    person = a_person("Kowal", company=other)
    merge = merged(one, other)
    person.refresh_from_db()
    directory.change_person(ann(), person, job_title="Buyer")
    commands.undo_merge(a_manager("Moe"), merge)
    person.refresh_from_db()
    assert (person.company_id, person.job_title) == (other.pk, "Buyer")


def test_undo_merge_is_refused_twice_too_late_and_out_of_order() -> None:
    one, other = twins()
    third = a_company("Third")
    merge = merged(one, other)
    later = merged(third, one)
    with pytest.raises(Refused, match="merged_on"):
        commands.undo_merge(a_manager("Moe"), merge)
    commands.undo_merge(a_manager("Max"), later)
    with clock.at(clock.now() + timedelta(days=91)), pytest.raises(Refused, match="too_late"):
        commands.undo_merge(a_manager("Mik"), merge)
    commands.undo_merge(a_manager("Meg"), merge)
    with pytest.raises(Refused, match="already_undone"):
        commands.undo_merge(a_manager("Mat"), merge)
    assert Company.objects.count() == 3


def test_undo_merge_is_refused_once_somebody_was_erased() -> None:
    one, other = twin_people()
    merge = merged(one, other)
    personal.destroy([other.pk])
    with pytest.raises(Refused, match="erased"):
        commands.undo_merge(a_manager("Moe"), merge)
    assert Person.objects.count() == 1


def test_merge_keeps_no_readable_personal_value() -> None:
    one, other = twin_people()
    merge = merged(one, other)
    assert "Nowak" not in str(merge.snapshot) + str(merge.links)


def test_forget_snapshots_after_90_days() -> None:
    one, other = twins()
    merge = merged(one, other)
    with clock.at(clock.now() + timedelta(days=91)):
        assert commands.forget_snapshots(a_manager("Moe")) == 1
    merge.refresh_from_db()
    assert (merge.snapshot, survivor_of(other.pk)) == ([], (COMPANY, one.pk))


# --- searching everything ---------------------------------------------------------------------------------------------


def test_request_scan_finds_what_the_log_would_have_found() -> None:
    twins()
    scan = commands.request_scan(a_manager(), kind=COMPANY)
    with pytest.raises(Refused, match="scan_goes_on"):
        commands.request_scan(a_manager("Moe"), kind=COMPANY)
    assert commands.run_scan(scan.pk) == 1
    scan.refresh_from_db()
    assert (scan.state, scan.found) == (ScanState.DONE, 1)
    kept = Pair.objects.values("one", "other", "bits").get()
    drain()
    assert Pair.objects.values("one", "other", "bits").get() == kept


def test_scan_drops_pairs_that_are_none_any_more() -> None:
    one, _other = twins()
    found_pair()
    Company.objects.filter(pk=one.pk).update(name="Zebra", phone="", town="", tax_id="")
    with clock.at(clock.now() + timedelta(seconds=1)):
        commands.run_scan(commands.request_scan(a_manager(), kind=COMPANY).pk)
    assert not Pair.objects.exists()


def test_cancel_scan_ends_it() -> None:
    twins()
    scan = commands.request_scan(a_manager(), kind=COMPANY)
    commands.cancel_scan(a_manager("Moe"), scan)
    assert commands.run_scan(scan.pk) == 0
    assert Scan.objects.get().state == ScanState.CANCELLED
    with pytest.raises(Refused, match="scan_ended"):
        commands.cancel_scan(a_manager("Max"), scan)
