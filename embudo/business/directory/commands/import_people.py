from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.directory import events, rules
from embudo.business.directory.commands.given import home_country
from embudo.business.directory.commands.import_companies import (
    new_company,
    only,
    revised,
    with_derived,
)
from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.directory.permissions import CHANGE_PERSON, REGISTER_COMPANY, REGISTER_PERSON
from embudo.foundation.attributes.queries import custom_values, default_values, parted_rows, with_custom
from embudo.kernel.actor import Actor
from embudo.kernel.change import create_all, update_all
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.importing import Plan, Written, write_rows
from embudo.kernel.kind import ImportResult, ImportRow
from embudo.kernel.prepared import made

NOT_CHECKED = ("owner", "id", "company", "full_name", "custom")
OF_THE_ROW = ("owner", "id", "company")
SEVERAL = _(
    "Several companies have this name. Write the one meant as it is spelt in Embudo, or leave it empty."
)
UNKNOWN = _("There is no such company, and you may not register companies.")


@command(REGISTER_PERSON)
def import_people(actor: Actor, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """
    Creates and changes people from the checked rows of a file, and links them to their companies, which are registered
    where they are unknown. Rows about people whom the actor may not change fail by themselves.
    """
    houses, usual = _Houses(actor, rows), default_values(Person)
    plan = Plan(
        Person,
        CHANGE_PERSON,
        lambda values: _new_person(actor, values, houses, usual),
        lambda person, values: revised(actor, person, {k: v for k, v in values.items() if k != "company"}),
        made=lambda person: events.PersonRegistered(person.pk),
        changed=lambda person: events.PersonChanged(person.pk),
    )
    houses.register()
    written = write_rows(actor, rows, plan)
    _link(rows, written, houses)
    return written.results


class _Houses:
    """The companies that a chunk's rows name: known ones in sight, and new ones."""

    def __init__(self, actor: Actor, rows: Sequence[ImportRow]) -> None:
        self.actor = actor
        names = {row.values["company"]: None for row in rows if row.values.get("company")}
        self.keys = {name: rules.company_key(name) for name in names}
        seen = Company.objects.visible_to(actor).filter(name_key__in=set(self.keys.values()))
        self.known: dict[str, UUID | None] = only(seen.values_list("name_key", "pk")) if names else {}

    def register(self) -> None:
        if not self.actor.may(REGISTER_COMPANY):
            return
        fresh = {key: name for name, key in self.keys.items() if key not in self.known}
        usual = default_values(Company)
        companies = [new_company(self.actor, {"name": name}, usual) for name in fresh.values()]
        create_all(companies)
        for key, company in zip(fresh, companies, strict=True):
            self.known[key] = company.pk
            publish(events.CompanyRegistered(company.pk), company)

    def of(self, values: Mapping[str, Any]) -> UUID | None:
        """Refuses (Invalid) a name that several have."""
        name = values.get("company")
        if not name:
            return None
        if self.keys[name] not in self.known:
            raise Invalid({"company": [UNKNOWN]})
        found = self.known[self.keys[name]]
        if found is None:
            raise Invalid({"company": [SEVERAL]})
        return found


def _new_person(actor: Actor, values: Mapping[str, Any], houses: _Houses, usual: Mapping[str, Any]) -> Person:
    plain = {name: value for name, value in values.items() if name not in NOT_CHECKED}
    more = values.get("custom")
    custom = custom_values(actor, Person, more, has_no_files=True) if more else dict(usual)
    owner = values.get("owner") or actor.id
    said = {**plain, "company_id": houses.of(values), "owner_id": owner, "custom": custom}
    person: Person = with_derived(made(Person, said))
    return person


def _link(rows: Sequence[ImportRow], written: Written, houses: _Houses) -> None:
    """Who works where, as the rows say it; what stands already stands."""
    wanted: dict[tuple[UUID, UUID], tuple[int, Person]] = {}
    for number, row in enumerate(rows):
        person = written.records[number]
        if not isinstance(person, Person) or not row.values.get("company"):
            continue
        house = houses.known.get(houses.keys[row.values["company"]])
        if house and not (row.only_empty and person.company_id not in (None, house)):
            wanted[person.pk, house] = (number, person)
    ids = [person for person, _house in wanted]
    stand = Affiliation.objects.filter(person__in=ids, until=None).values_list("person_id", "company_id")
    new = {pair: found for pair, found in wanted.items() if pair not in set(stand)}
    links = [
        Affiliation(person_id=person_id, company_id=house, role=person.job_title)
        for (person_id, house), (_number, person) in new.items()
    ]
    create_all(links)
    moved = [
        (person, {"company_id": pair[1]})
        for pair, (_n, person) in new.items()
        if person.company_id != pair[1]
    ]
    update_all(moved)
    for (person_id, house), (number, person) in new.items():
        publish(events.PersonLinked(person_id, house), person, Company(pk=house))
        if written.results[number].outcome == "same":
            written.results[number] = ImportResult("updated", person_id)


def checked_people(actor: Actor, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any] | Invalid]:
    """Each row's values as they are stored, or what is wrong with them."""
    home = home_country()
    parted = parted_rows(actor, Person.kind_name(), rows, country=home)
    return [with_custom(_checked(row, home), custom) for row, custom in parted]


def _checked(row: Mapping[str, Any], home: str) -> Mapping[str, Any] | Invalid:
    """A name in one is parted at its last blank; somebody of whom only the first name is known goes by that."""
    said = {name: value for name, value in row.items() if value not in (None, "")}
    kept = {name: said.pop(name) for name in OF_THE_ROW if name in said}
    whole = " ".join(str(said.pop("full_name", "")).split())
    if whole and not said.get("last_name"):
        first, _blank, last = whole.rpartition(" ")
        said = {**said, "last_name": last} | (
            {"first_name": said.get("first_name") or first} if first else {}
        )
    if said.get("first_name") and not said.get("last_name") and "id" not in kept:
        said["last_name"] = said.pop("first_name")
    try:
        if "company" in kept:
            kept["company"] = rules.checked_company({"name": kept["company"]})["name"]
        return {**rules.checked_person(said, home), **kept}
    except Invalid as fault:
        return fault


def person_key_of(key: str, values: Mapping[str, Any]) -> str:
    if key == "phone":
        return str(values.get("phone") or values.get("mobile") or "")
    name = rules.person_key(values.get("first_name", ""), values.get("last_name", ""))
    if key == "name_company":
        return f"{name}\n{rules.company_key(values['company'])}" if name and values.get("company") else ""
    return name if key == "name" else str(values.get(key) or "")


def people_by_key(actor: Actor, key: str, texts: Sequence[str]) -> dict[str, UUID | None]:
    """The people in sight by what they are recognised by; None where several are alike."""
    seen = Person.objects.visible_to(actor)
    if key == "name_company":
        found = seen.filter(name_key__in={text.partition("\n")[0] for text in texts})
        rows = found.values_list("name_key", "company__name_key", "pk")
        return only((f"{name}\n{house}", pk) for name, house, pk in rows)
    if key == "phone":
        return _by_phone(seen, texts)
    column = {"id": "pk", "email": "email_key", "name": "name_key"}[key]
    return only(
        (str(text), pk) for text, pk in seen.filter(**{f"{column}__in": texts}).values_list(column, "pk")
    )


def _by_phone(seen: Any, texts: Sequence[str]) -> dict[str, UUID | None]:
    pairs = {
        (text, pk)
        for column in ("phone_key", "mobile_key")
        for text, pk in seen.filter(**{f"{column}__in": texts}).values_list(column, "pk")
    }
    return only(sorted(pairs))
