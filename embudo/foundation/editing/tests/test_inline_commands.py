from typing import Any

import pytest

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.business.sales.tests.builders import a_lead, an_opportunity
from embudo.foundation.access.tests.builders import a_user, an_admin, ann, bob, cat, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.editing import commands
from embudo.foundation.editing.queries.inline import held_value, past_value
from embudo.kernel import personal
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.record import Record

pytestmark = pytest.mark.django_db


def set_on(actor: Actor, record: Record, name: str, value: Any, **more: Any) -> Any:
    return commands.set_value(actor, record, name=name, value=value, **more)


def last_entry(record: Record) -> LogEntry:
    found = LogEntry.objects.filter(about_id=record.pk).order_by("-seq").first()
    assert found is not None
    return found


# --- set ---


def test_set_value_changes_by_the_rules_of_the_form() -> None:
    company = a_company("Alfa", by=ann())
    edited = set_on(ann(), company, "website", "alfa.example")
    assert edited.record.website == "https://alfa.example"
    assert last_entry(company).name == "directory.CompanyChanged"
    assert last_entry(company).command == "editing.set_value"


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("sector", "Steel", "Steel"),
        ("email", "Info@Alfa.example", "info@alfa.example"),
        ("phone", "58 301 22 14", "+48583012214"),
        ("employees", 12, 12),
        ("country", "PL", "PL"),
        ("is_customer", True, True),
        ("remarks", "One\nTwo", "One\nTwo"),
        ("town", "", ""),
    ],
)
def test_set_value_takes_every_type(name: str, value: Any, held: Any) -> None:
    company = a_company("Alfa", by=ann(), country="PL", town="Hel")
    assert held_value(set_on(ann(), company, name, value).record, name) == held


def test_set_value_takes_money_in_the_records_own_currency() -> None:
    opportunity = an_opportunity(ann())
    edited = set_on(ann(), opportunity, "value", "1200.50")
    assert held_value(edited.record, "value") == {"amount_minor": 120050, "currency": opportunity.currency}


def test_set_value_of_an_own_attribute() -> None:
    an_attribute(label="Tier", kind="directory.company")
    company = a_company("Alfa", by=ann())
    edited = set_on(ann(), company, "custom_tier", "Gold")
    assert edited.record.custom == {"tier": "Gold"}


def test_set_value_to_what_it_is_changes_nothing() -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    edited = set_on(ann(), company, "sector", "Steel")
    assert edited.act is None
    assert edited.record.version == company.version


def test_set_value_that_does_not_fit_is_invalid() -> None:
    company = a_company("Alfa", by=ann())
    with pytest.raises(Invalid) as wrong:
        set_on(ann(), company, "email", "nobody")
    assert "email" in wrong.value.errors
    with pytest.raises(Invalid):
        set_on(ann(), company, "name", "")


def test_set_value_of_a_foreign_record_is_forbidden() -> None:
    company = a_company("Alfa", by=ann())
    with pytest.raises(Forbidden):
        set_on(bob(), company, "sector", "Steel")
    with pytest.raises(NotFound):
        set_on(bob(), a_lead(ann()), "company_name", "Alfa")
    with pytest.raises(Forbidden):
        set_on(cat(), company, "sector", "Steel")


def test_set_value_that_is_no_attribute_is_not_found() -> None:
    with pytest.raises(NotFound):
        set_on(ann(), a_company("Alfa", by=ann()), "name_key", "x")


def test_set_value_that_somebody_changed_is_refused_and_tells_theirs() -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    directory.change_company(an_admin(), company, sector="Glass")
    with pytest.raises(Refused) as refused:
        set_on(ann(), company, "sector", "Wood", was="Steel")
    assert refused.value.code == "editing.changed"
    assert refused.value.facts["now"] == "Glass"
    assert set_on(ann(), company, "sector", "Wood", was="Glass").record.sector == "Wood"


def test_set_value_is_no_conflict_where_another_value_was_changed() -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    directory.change_company(an_admin(), company, town="Hel")
    after = set_on(ann(), company, "sector", "Wood", was="Steel").record
    assert (after.sector, after.town) == ("Wood", "Hel")


def test_set_value_of_the_owner_takes_the_right_to_hand_over() -> None:
    company, dan = a_company("Alfa", by=ann()), a_user(name="Dan")
    edited = set_on(an_admin(), company, "owner", str(dan.pk))
    assert edited.record.owner_id == dan.pk
    assert last_entry(company).name == "directory.CompanyOwnerChanged"


# --- undo ---


def test_undo_value_puts_it_back() -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    edited = set_on(ann(), company, "sector", "Glass")
    assert commands.undo_value(ann(), edited.record, act=edited.act).sector == "Steel"
    assert last_entry(company).name == "editing.ValueUndone"


def test_undo_value_of_anybody_elses_act_is_refused() -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    edited = set_on(an_admin(), company, "sector", "Glass")
    with pytest.raises(Refused, match="not_yours"):
        commands.undo_value(ann(), company, act=edited.act)
    directory.change_company(ann(), company, town="Hel")
    with pytest.raises(Refused, match="not_yours"):
        commands.undo_value(ann(), company, act=last_entry(company).act)


def test_undo_value_that_was_changed_again_is_refused() -> None:
    company = a_company("Alfa", by=ann(), sector="Steel")
    edited = set_on(ann(), company, "sector", "Glass")
    directory.change_company(an_admin(), edited.record, sector="Wood")
    with pytest.raises(Refused, match="changed_since"):
        commands.undo_value(ann(), company, act=edited.act)
    assert Company.objects.get(pk=company.pk).sector == "Wood"


def test_undo_value_leaves_other_values_that_changed_since() -> None:
    for label in ("Tier", "Tint"):
        an_attribute(label=label, kind="directory.company")
    company = a_company("Alfa", by=ann(), custom={"tier": "Gold"})
    edited = set_on(ann(), company, "custom_tier", "Tin")
    set_on(an_admin(), edited.record, "custom_tint", "Blue")
    directory.change_company(an_admin(), Company.objects.get(pk=company.pk), town="Hel")
    undone = commands.undo_value(ann(), company, act=edited.act)
    assert undone.custom == {"tier": "Gold", "tint": "Blue"}
    assert undone.town == "Hel"


# --- restore ---


def changed_twice() -> tuple[Company, LogEntry]:
    """Steel, then Glass (this entry), then a town."""
    company = a_company("Alfa", by=ann(), sector="Steel")
    company = directory.change_company(ann(), company, sector="Glass")
    entry = last_entry(company)
    return directory.change_company(ann(), company, town="Hel"), entry


def test_restore_value_sets_only_this_one_back() -> None:
    company, entry = changed_twice()
    edited = commands.restore_value(ann(), company, seq=entry.pk, name="sector")
    assert (edited.record.sector, edited.record.town) == ("Steel", "Hel")
    assert last_entry(company).command == "editing.restore_value"
    assert commands.undo_value(ann(), company, act=edited.act).sector == "Glass"


def test_restore_value_that_somebody_changed_is_refused() -> None:
    company, entry = changed_twice()
    directory.change_company(an_admin(), company, sector="Wood")
    with pytest.raises(Refused, match="changed"):
        commands.restore_value(ann(), company, seq=entry.pk, name="sector", was="Glass")


def test_restore_value_that_was_erased_is_refused() -> None:
    person = a_person("Nowak", by=ann(), job_title="Buyer")
    person = directory.change_person(ann(), person, job_title="Seller")
    entry = last_entry(person)
    assert past_value(ann(), person, entry.pk, "job_title").before == "Buyer"
    personal.destroy([person.pk])
    with pytest.raises(Refused, match="erased"):
        commands.restore_value(ann(), person, seq=entry.pk, name="job_title")


def test_restore_value_that_no_longer_fits_is_invalid() -> None:
    company, dan = a_company("Alfa", by=ann()), a_user(name="Dan")
    boss = an_admin()
    company = set_on(boss, company, "owner", str(dan.pk)).record
    company = set_on(boss, company, "owner", str(user_of(ann()).pk)).record
    entry = last_entry(company)
    dan.is_active = False
    dan.save()
    with pytest.raises(Invalid):
        commands.restore_value(boss, company, seq=entry.pk, name="owner")


def test_restore_value_of_an_own_attribute_and_of_money() -> None:
    an_attribute(label="Tier", kind="directory.company")
    company = a_company("Alfa", by=ann(), custom={"tier": "Gold"})
    company = set_on(ann(), company, "custom_tier", "Tin").record
    assert commands.restore_value(
        ann(), company, seq=last_entry(company).pk, name="custom_tier"
    ).record.custom == {"tier": "Gold"}
    deal = an_opportunity(ann())
    worth = held_value(deal, "value")
    deal = set_on(ann(), deal, "value", "77").record
    again = commands.restore_value(ann(), deal, seq=last_entry(deal).pk, name="value").record
    assert held_value(again, "value") == worth


def test_restore_value_that_the_entry_does_not_hold_is_not_found() -> None:
    company, entry = changed_twice()
    other = a_company("Beta", by=ann())
    for record, name in ((company, "town"), (other, "sector")):
        with pytest.raises(NotFound):
            commands.restore_value(ann(), record, seq=entry.pk, name=name)
