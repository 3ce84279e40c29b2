from typing import Any

import pytest

from embudo.business.directory import commands, queries
from embudo.business.directory.events import ContactsChanged
from embudo.business.directory.models import Address, ContactPoint
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.foundation.access.tests.builders import an_admin, ann, bob, cat
from embudo.kernel.act import acting
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused, Stale
from embudo.kernel.event import publish
from embudo.kernel.models import LogEntry
from embudo.kernel.undoing import undo_changes

pytestmark = pytest.mark.django_db


def contacts(holder: Any) -> list[tuple[str, str]]:
    return [(one.kind, one.value) for one in ContactPoint.objects.of(holder)]


def undo_last(name: str, holder: Any) -> None:
    """Takes back the newest act about the record, as a page of undo does."""
    act = LogEntry.objects.filter(name=name, about_id=holder.pk).latest("seq").act
    with acting(ann(), "directory.test_undo"):
        undone = undo_changes(act)
        publish(ContactsChanged(holder.pk), holder)
    assert undone.left == []


# --- phones and mail addresses ---


def test_add_contact_prefers_the_first_and_keeps_the_rest() -> None:
    company = a_company(country="PL")
    commands.add_contact(ann(), company=company, medium="phone", value="58 301 22 14")
    commands.add_contact(
        ann(), company=company, medium="phone", value="58 301 22 15", kind="billing", note="Eva"
    )
    commands.add_contact(ann(), company=company, medium="phone", value="601 202 303", kind="mobile")
    company.refresh_from_db()
    assert (company.phone, company.mobile) == ("+48583012214", "+48601202303")
    assert contacts(company) == [("billing", "+48583012215")]
    assert company.further == "+48583012215"


def test_add_contact_is_found_by_lists_and_search() -> None:
    company = a_company(email="a@acme.com")
    commands.add_contact(ann(), company=company, medium="email", value="Second@Acme.com")
    assert list(queries.companies(ann(), q="second@acme")) == [company]
    commands.change_company(ann(), company, town="Hel")
    assert list(queries.companies(ann(), q="second@acme hel")) == [company]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"medium": "email", "value": "x"}, "value"),
        ({"medium": "phone", "value": "12"}, "value"),
        ({"medium": "phone", "value": " "}, "value"),
        ({"medium": "email", "value": "b@acme.com", "kind": "fax"}, "kind"),
        ({"medium": "email", "value": "b@acme.com", "kind": "none"}, "kind"),
        ({"medium": "email", "value": "b@acme.com", "note": "x" * 121}, "note"),
        ({"medium": "email", "value": "A@acme.com"}, "value"),
        ({"medium": "pigeon", "value": "A@acme.com"}, "medium"),
    ],
)
def test_add_contact_names_the_fault(given: dict[str, str], field: str) -> None:
    company = a_company(email="a@acme.com", country="PL")
    with pytest.raises(Invalid) as fault:
        commands.add_contact(ann(), company=company, **given)
    assert list(fault.value.errors) == [field]
    assert not ContactPoint.objects.exists()


def test_add_contact_needs_one_holder_and_the_grant_over_it() -> None:
    company = a_company()
    with pytest.raises(Refused):
        commands.add_contact(ann(), medium="email", value="a@acme.com")
    with pytest.raises(Refused):
        commands.add_contact(ann(), medium="email", value="a@acme.com", company=company, person=a_person())
    with pytest.raises(Forbidden):
        commands.add_contact(bob(), company=company, medium="email", value="a@acme.com")
    with pytest.raises(Forbidden):
        commands.add_contact(cat(), company=company, medium="email", value="a@acme.com")


def test_add_contact_has_room_for_fifty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embudo.business.directory.rules.MOST_PARTS", 1)
    company = a_company(email="a@acme.com")
    commands.add_contact(ann(), company=company, medium="email", value="b@acme.com")
    with pytest.raises(Refused) as refusal:
        commands.add_contact(ann(), company=company, medium="email", value="c@acme.com")
    assert refusal.value.code == "directory.too_many_contacts"


def test_prefer_contact_changes_places_and_is_undone() -> None:
    company = a_company(email="a@acme.com")
    commands.add_contact(ann(), company=company, medium="email", value="bills@acme.com", kind="billing")
    commands.prefer_contact(ann(), ContactPoint.objects.get())
    company.refresh_from_db()
    assert (company.email, company.email_kind, company.email_key) == (
        "bills@acme.com",
        "billing",
        "bills@acme.com",
    )
    assert (contacts(company), company.further) == ([("work", "a@acme.com")], "a@acme.com")
    undo_last("directory.ContactsChanged", company)
    company.refresh_from_db()
    assert (company.email, company.email_kind, company.email_key) == ("a@acme.com", "work", "a@acme.com")
    assert contacts(company) == [("billing", "bills@acme.com")]


def test_prefer_contact_of_an_empty_place_leaves_none_behind() -> None:
    person = a_person(phone="+48583012214")
    commands.add_contact(ann(), person=person, medium="phone", value="+48583012215")
    commands.change_person(ann(), person, phone="")
    commands.prefer_contact(ann(), ContactPoint.objects.get())
    person.refresh_from_db()
    assert (person.phone, contacts(person)) == ("+48583012215", [])


def test_change_contact_checks_and_refuses_a_stale_version() -> None:
    company = a_company(email="a@acme.com")
    commands.add_contact(ann(), company=company, medium="email", value="b@acme.com")
    point = ContactPoint.objects.get()
    commands.change_contact(ann(), point, value="C@acme.com", note="Eva", version=1)
    company.refresh_from_db()
    assert (contacts(company), company.further) == ([("work", "c@acme.com")], "c@acme.com")
    with pytest.raises(Stale):
        commands.change_contact(ann(), point, kind="home", version=1)
    with pytest.raises(Invalid):
        commands.change_contact(ann(), point, value="a@acme.com")
    with pytest.raises(Forbidden):
        commands.change_contact(bob(), point, kind="home")


def test_remove_contact_forgets_it_and_undo_brings_it_back() -> None:
    person = a_person(email="a@acme.com")
    commands.add_contact(ann(), person=person, medium="email", value="b@acme.com", kind="home")
    commands.remove_contact(ann(), ContactPoint.objects.get())
    assert (contacts(person), list(queries.people(ann(), q="b@acme"))) == ([], [])
    undo_last("directory.ContactsChanged", person)
    assert (contacts(person), list(queries.people(ann(), q="b@acme"))) == ([("home", "b@acme.com")], [person])


def test_contacts_of_people_stay_out_of_the_open_log() -> None:
    person = a_person(email="a@acme.com", street="Prosta", town="Gdynia")
    commands.add_contact(ann(), person=person, medium="email", value="private@acme.com")
    commands.add_address(ann(), person=person, street="Zielona", town="Sopot")
    logged = str(list(LogEntry.objects.values("data", "changes")))
    assert [
        word for word in ("private@acme.com", "Zielona", "Sopot", "Prosta", "Gdynia") if word in logged
    ] == []


def test_name_preferred_kinds_says_what_they_are_for() -> None:
    company = commands.name_preferred_kinds(
        ann(), company=a_company(email="a@acme.com"), email_kind="billing"
    )
    assert (company.email_kind, company.phone_kind) == ("billing", "work")
    with pytest.raises(Invalid) as fault:
        commands.name_preferred_kinds(ann(), company=company, address_kind="mobile")
    assert list(fault.value.errors) == ["address_kind"]


# --- postal addresses ---


def test_add_address_prefers_the_first_and_keeps_the_rest() -> None:
    company = a_company()
    commands.add_address(
        ann(), company=company, street="Prosta", number="1", postcode="00838", town="Warszawa", country="PL"
    )
    commands.add_address(
        ann(), company=company, kind="delivery", street="Portowa", town="Gdynia", country="PL", note="Gate 2"
    )
    company.refresh_from_db()
    assert (company.address_lines, company.address_kind) == (["Prosta 1", "00-838 Warszawa"], "work")
    assert [(one.kind, one.address_lines, one.note) for one in Address.objects.all()] == [
        ("delivery", ["Portowa", "Gdynia"], "Gate 2")
    ]


def test_add_address_names_the_faults() -> None:
    company = a_company()
    for given, field in (({}, "street"), ({"town": "Hel", "postcode": "1", "country": "PL"}, "postcode")):
        with pytest.raises(Invalid) as fault:
            commands.add_address(ann(), company=company, **given)
        assert list(fault.value.errors) == [field]


def test_prefer_address_changes_places_and_is_undone() -> None:
    company = a_company(town="Warszawa", street="Prosta")
    commands.add_address(ann(), company=company, kind="billing", town="Gdynia")
    commands.prefer_address(ann(), Address.objects.get())
    company.refresh_from_db()
    other = Address.objects.get()
    assert (company.town, company.street, company.address_kind, "gdynia" in company.search) == (
        "Gdynia",
        "",
        "billing",
        True,
    )
    assert (other.town, other.street, other.kind) == ("Warszawa", "Prosta", "work")
    undo_last("directory.ContactsChanged", company)
    company.refresh_from_db()
    assert (company.town, company.street, "gdynia" in company.search) == ("Warszawa", "Prosta", False)


def test_change_address_and_remove_address() -> None:
    person = a_person(town="Hel")
    commands.add_address(ann(), person=person, kind="home", town="Sopot")
    place = Address.objects.get()
    commands.change_address(ann(), place, street="Długa", version=1)
    place.refresh_from_db()
    assert (place.street, place.town, place.kind) == ("Długa", "Sopot", "home")
    with pytest.raises(Stale):
        commands.change_address(ann(), place, street="Krótka", version=1)
    with pytest.raises(Forbidden):
        commands.remove_address(bob(), place)
    commands.remove_address(ann(), place)
    assert not Address.objects.exists()


def test_remove_address_of_nobody_one_sees_is_not_found() -> None:
    company = a_company(town="Hel")
    commands.add_address(ann(), company=company, town="Sopot")
    with pytest.raises(NotFound):
        queries.address(cat(), Address.objects.get().pk)
    with pytest.raises(NotFound):
        queries.contact(cat(), company.pk)


# --- undo of what is derived ---


def test_undo_of_a_change_puts_the_keys_back() -> None:
    company = a_company("Acme Ltd", email="a@acme.com")
    commands.change_company(ann(), company, name="Zebra", email="z@zebra.com")
    undo_last("directory.CompanyChanged", company)
    company.refresh_from_db()
    assert (company.name, company.name_key, company.email_key, "zebra" in company.search) == (
        "Acme Ltd", "acme", "a@acme.com", False,
    )  # fmt: skip


# --- the undo that people have ---


def test_undo_contacts_takes_back_ones_own_newest_act() -> None:
    company = a_company(email="a@acme.com")
    commands.add_contact(ann(), company=company, medium="email", value="b@acme.com")
    commands.remove_contact(ann(), ContactPoint.objects.get())
    act = queries.newest_contacts_act(ann(), company)
    assert act is not None
    with pytest.raises(Refused) as refusal:
        commands.undo_contacts(an_admin(), act=act, company=company)
    assert refusal.value.code == "directory.nothing_to_undo"
    commands.undo_contacts(ann(), act=act, company=company)
    company.refresh_from_db()
    assert (contacts(company), company.further) == ([("work", "b@acme.com")], "b@acme.com")


def test_undo_contacts_leaves_what_was_changed_since() -> None:
    company = a_company(email="a@acme.com")
    commands.add_contact(ann(), company=company, medium="email", value="b@acme.com")
    act = queries.newest_contacts_act(ann(), company)
    assert act is not None
    commands.change_contact(an_admin(), ContactPoint.objects.get(), note="Eva")
    with pytest.raises(Refused) as refusal:
        commands.undo_contacts(ann(), act=act, company=company)
    assert refusal.value.code == "directory.changed_since"
    assert contacts(company) == [("work", "b@acme.com")]
