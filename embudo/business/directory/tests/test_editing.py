"""Companies and people whose values are set outside their own form."""

from typing import Any

import pytest

from embudo.business.directory import commands
from embudo.business.directory.commands.editing import COMPANY_EDITING, PERSON_EDITING
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.foundation.access.tests.builders import a_user, an_actor, ann, bob, cat, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.kernel import clock
from embudo.kernel.act import acting
from embudo.kernel.editing import edit_rows
from embudo.kernel.errors import Forbidden, Invalid
from embudo.kernel.importing import CHANGED, NOT_YOURS
from embudo.kernel.kind import ImportResult, ImportRow
from embudo.kernel.models import LogEntry
from embudo.kernel.record import Record

pytestmark = pytest.mark.django_db


def row(record: Record, version: int | None = None, **values: Any) -> ImportRow:
    return ImportRow(values, record.pk, empties=True, version=version)


def outcomes(results: list[ImportResult]) -> list[str]:
    return [one.outcome for one in results]


def last_event(record: Record) -> str:
    return LogEntry.objects.filter(about_id=record.pk).order_by("-seq").values_list("name", flat=True)[0]


def test_change_companies_sets_values_and_tells_what_was_so() -> None:
    first, second = a_company("A"), a_company("B", town="Hel")
    results = commands.change_companies(ann(), rows=[row(first, town="Hel"), row(second, town="Hel")])
    first.refresh_from_db()
    assert (outcomes(results), first.town, last_event(first)) == (
        ["updated", "same"], "Hel", "directory.CompanyChanged",
    )  # fmt: skip


def test_change_companies_leaves_what_somebody_changed_since_it_was_read() -> None:
    company = a_company()
    commands.change_company(ann(), company, town="Sopot")
    (result,) = commands.change_companies(ann(), rows=[row(company, version=1, town="Hel")])
    assert (result.outcome, result.problems) == ("failed", (CHANGED,))


def test_change_companies_leaves_the_size_that_a_known_count_says() -> None:
    company = a_company(employees=5)
    assert outcomes(commands.change_companies(ann(), rows=[row(company, size="large")])) == ["same"]


def test_change_companies_makes_no_new_ones() -> None:
    (result,) = commands.change_companies(ann(), rows=[ImportRow({"name": "New"})])
    assert (result.outcome, Company.objects.count()) == ("failed", 0)


def test_change_companies_needs_the_right() -> None:
    with pytest.raises(Forbidden):
        commands.change_companies(cat(), rows=[row(a_company(), town="Hel")])


def test_change_people_sets_names_with_what_follows_from_them() -> None:
    person = a_person("Nowak")
    assert outcomes(commands.change_people(ann(), rows=[row(person, last_name="Kowalska")])) == ["updated"]
    person.refresh_from_db()
    assert (person.name, last_event(person)) == ("Kowalska", "directory.PersonChanged")


def test_hand_over_companies_gives_only_ones_own() -> None:
    owner = user_of(bob())
    mine, theirs = a_company("Mine", by=ann()), a_company("Theirs", by=bob())
    results = commands.hand_over_companies(
        ann(), rows=[row(mine, owner=owner.pk), row(theirs, owner=owner.pk)]
    )
    mine.refresh_from_db()
    assert (outcomes(results), results[1].problems) == (["updated", "failed"], (NOT_YOURS,))
    assert (mine.owner_id, last_event(mine)) == (owner.pk, "directory.CompanyOwnerChanged")


def test_hand_over_people_tells_of_it() -> None:
    person = a_person(by=ann())
    commands.hand_over_people(ann(), rows=[row(person, owner=user_of(bob()).pk)])
    assert last_event(person) == "directory.PersonOwnerChanged"


def test_fields_are_those_that_the_actor_may_set() -> None:
    names = {one.name for one in COMPANY_EDITING.fields(ann())}
    assert {"name", "town", "owner"} <= names
    assert not {"id", "company"} & names
    assert COMPANY_EDITING.fields(an_actor(a_user(roles=("collector",), name="Cleo"))) == ()
    assert "full_name" not in {one.name for one in PERSON_EDITING.fields(ann())}


def test_fields_hold_custom_ones_with_their_choices() -> None:
    an_attribute("choices", "Tags", kind="directory.company", choices="vip = VIP")
    (field,) = [one for one in COMPANY_EDITING.fields(ann()) if one.name == "custom_tags"]
    assert (field.type, field.choices) == ("choices", (("vip", "VIP"),))


def test_check_tells_every_fault_of_a_row() -> None:
    an_attribute("number", "Score", kind="directory.company", key="score")
    given = {"name": "", "email": "x", "custom_score": "many", "is_customer": None, "nonsense": 1}
    (fault,) = COMPANY_EDITING.check(ann(), [given])
    assert isinstance(fault, Invalid)
    assert set(fault.errors) == set(given)


def test_check_reads_the_number_of_a_person_as_one_of_their_company_s_country() -> None:
    house = a_company("Maison", country="FR")
    person = a_person(company=house)
    (values,) = PERSON_EDITING.check(ann(), [{"id": str(person.pk), "phone": "145670123"}])
    assert values == {"phone": "+33145670123"}


def test_edit_rows_sets_values_and_owner_in_one_go() -> None:
    company, owner = a_company(by=ann()), user_of(bob())
    results = commands_in_act(company, {"town": "Hel", "owner": str(owner.pk)})
    company.refresh_from_db()
    assert (outcomes(results), company.town, company.owner_id) == (["updated"], "Hel", owner.pk)


def commands_in_act(company: Company, values: dict[str, Any]) -> list[ImportResult]:
    with acting(ann(), "directory.test"):
        return edit_rows(ann(), COMPANY_EDITING, [{**values, "id": str(company.pk)}])


def test_edit_rows_clears_a_custom_value_and_keeps_a_required_one() -> None:
    an_attribute("text", "Hobby", kind="directory.company")
    an_attribute("text", "Badge", kind="directory.company", is_required=True)
    company = a_company(custom={"hobby": "Sailing", "badge": "7"})
    assert outcomes(commands_in_act(company, {"custom_hobby": None})) == ["updated"]
    (result,) = commands_in_act(company, {"custom_badge": ""})
    company.refresh_from_db()
    assert (result.outcome, [str(one) for one in result.problems], company.custom) == (
        "failed", ["Enter the Badge."], {"badge": "7"},
    )  # fmt: skip


def test_move_people_ends_the_time_that_was_and_begins_another() -> None:
    first, second = a_company("First", by=ann()), a_company("Second", by=ann())
    person = a_person("Nowak", by=ann(), company=first, job_title="Buyer")
    results = commands.move_people(ann(), rows=[row(person, company=second.pk)])
    person.refresh_from_db()
    stand = {one.company_id: (one.until, one.role) for one in person.affiliations.all()}
    assert (outcomes(results), person.company_id) == (["updated"], second.pk)
    assert stand == {first.pk: (clock.today(), "Buyer"), second.pk: (None, "Buyer")}
    assert last_event(person) == "directory.PersonLinked"
    assert outcomes(commands.move_people(ann(), rows=[row(person, company=second.pk)])) == ["same"]


def test_move_people_takes_them_out_of_a_company() -> None:
    person = a_person("Nowak", by=ann(), company=a_company("First", by=ann()))
    commands.move_people(ann(), rows=[row(person, company=None)])
    person.refresh_from_db()
    assert person.company_id is None
    assert not person.affiliations.filter(until=None).exists()


def test_company_is_set_to_one_in_sight_only() -> None:
    person, company = a_person("Nowak", by=ann()), a_company("First", by=ann())
    (known,) = PERSON_EDITING.check(ann(), [{"id": str(person.pk), "company": str(company.pk)}])
    assert known == {"company": company.pk}
    for wrong in (str(person.pk), "no id"):
        (fault,) = PERSON_EDITING.check(ann(), [{"id": str(person.pk), "company": wrong}])
        assert isinstance(fault, Invalid)
        assert list(fault.errors) == ["company"]


def test_parent_company_is_set_without_a_circle() -> None:
    above, below = a_company("Above", by=ann()), a_company("Below", by=ann())
    (made,) = commands.change_companies(ann(), rows=[row(below, parent=above.pk)])
    (circle,) = commands.change_companies(ann(), rows=[row(above, parent=below.pk)])
    below.refresh_from_db()
    assert (made.outcome, below.parent_id, circle.outcome) == ("updated", above.pk, "failed")
    (emptied,) = commands.change_companies(ann(), rows=[row(below, parent=None)])
    below.refresh_from_db()
    assert (emptied.outcome, below.parent_id) == ("updated", None)


def test_name_in_one_keeps_the_part_that_is_as_it_was() -> None:
    person = a_person("van Dyk", first_name="Jan", by=ann())
    (values,) = PERSON_EDITING.check(ann(), [{"id": str(person.pk), "name": "Jan Piet van Dyk"}])
    assert values == {"first_name": "Jan Piet", "last_name": "van Dyk"}
