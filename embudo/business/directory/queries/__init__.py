from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet

from embudo.business.directory.events import ContactsChanged
from embudo.business.directory.models import (
    Address,
    Affiliation,
    Company,
    ContactPoint,
    Person,
    RegisterCheck,
    RegisterSwitch,
)
from embudo.business.directory.queries.duplicates import (
    COMPANY,
    PERSON,
    Candidate,
    percent,
    possible_duplicates,
    rows_alike,
)
from embudo.business.directory.rules import MOST_LEVELS
from embudo.business.directory.rules.registers import Numbers, all_registers
from embudo.kernel.actor import Actor
from embudo.kernel.fold import fold
from embudo.kernel.models import LogEntry

__all__ = [
    "COMPANY",
    "PERSON",
    "Candidate",
    "GroupMember",
    "address",
    "addresses_of",
    "affiliation",
    "affiliations_at",
    "affiliations_of",
    "check",
    "checks_of",
    "companies",
    "company",
    "company_options",
    "contact",
    "contacts_of",
    "group_of",
    "ids_above",
    "is_asked",
    "is_register_on",
    "levels_below",
    "newest_contacts_act",
    "numbers_of",
    "people",
    "percent",
    "person",
    "person_options",
    "possible_duplicates",
    "rows_alike",
    "switch_of",
    "switches",
]

MOST_OPTIONS = 20


def companies(  # noqa: PLR0913 - one keyword a filter
    actor: Actor,
    *,
    q: str = "",
    owner: UUID | None = None,
    is_customer: bool | None = None,
    country: str = "",
    sector: str = "",
    parent: UUID | None = None,
    changed_since: datetime | None = None,
) -> QuerySet[Company]:
    """The companies the actor sees, narrowed by what is given."""
    found: Any = Company.objects.visible_to(actor)
    exact = {
        "owner_id": owner,
        "is_customer": is_customer,
        "country": country,
        "sector": sector,
        "parent_id": parent,
    }
    return cast("QuerySet[Company]", _narrowed(found, exact, q, changed_since))


def people(
    actor: Actor,
    *,
    q: str = "",
    owner: UUID | None = None,
    company: UUID | None = None,
    is_customer: bool | None = None,
    changed_since: datetime | None = None,
) -> QuerySet[Person]:
    """The people the actor sees, narrowed by what is given; `company` = where they are now."""
    found: Any = Person.objects.visible_to(actor)
    exact = {"owner_id": owner, "company_id": company, "is_customer": is_customer}
    return cast("QuerySet[Person]", _narrowed(found, exact, q, changed_since))


def _narrowed(found: Any, exact: dict[str, Any], q: str, changed_since: datetime | None) -> Any:
    found = found.filter(**{name: value for name, value in exact.items() if value not in (None, "")})
    if changed_since:
        found = found.filter(updated__gte=changed_since)
    return found.matching(q) if q else found


def company(actor: Actor, company_id: UUID) -> Company:
    """One company; NotFound outside the actor's sight."""
    found: Company = Company.objects.select_related("owner", "parent").one(actor, company_id)
    return found


def person(actor: Actor, person_id: UUID) -> Person:
    """One person; NotFound outside the actor's sight."""
    found: Person = Person.objects.select_related("owner", "company").one(actor, person_id)
    return found


def affiliation(actor: Actor, affiliation_id: UUID) -> Affiliation:
    found: Affiliation = Affiliation.objects.select_related("person", "company").one(actor, affiliation_id)
    return found


def affiliations_of(actor: Actor, person: Person) -> QuerySet[Affiliation]:
    """Where a person works and worked, the present first."""
    found = Affiliation.objects.visible_to(actor).filter(person=person).select_related("company")
    ordered: QuerySet[Affiliation] = found.order_by(F("until").desc(nulls_first=True), "-since", "-id")
    return ordered


def affiliations_at(actor: Actor, company: Company) -> QuerySet[Affiliation]:
    """Who works and worked at a company, those of today first, by name."""
    found = Affiliation.objects.visible_to(actor).filter(company=company).select_related("person")
    ordered: QuerySet[Affiliation] = found.order_by(F("until").desc(nulls_first=True), "person__name", "id")
    return ordered


def company_options(actor: Actor, words: str = "") -> list[tuple[UUID, str, str]]:
    """What a lookup offers: id, name, and where it is."""
    rows = _best(companies(actor), words).values_list("pk", "name", "town", "tax_id")
    return [(pk, name, " · ".join(filter(None, (town, tax_id)))) for pk, name, town, tax_id in rows]


def person_options(actor: Actor, words: str = "", company: UUID | None = None) -> list[tuple[UUID, str, str]]:
    """What a lookup offers: id, name, and where the person works."""
    rows = _best(people(actor, company=company), words).values_list("pk", "name", "company__name", "email")
    return [(pk, name, " · ".join(filter(None, (house, email)))) for pk, name, house, email in rows]


def _best(found: Any, words: str) -> Any:
    """Without words the newest; with words by name, so the same letters give the same list."""
    if not fold(words):
        return found.order_by("-updated", "-id")[:MOST_OPTIONS]
    return found.matching(words).order_by("name", "id")[:MOST_OPTIONS]


# --- groups of companies: both databases read a tree in one statement ---

ABOVE = """
WITH RECURSIVE above(id, parent_id, level) AS (
  SELECT id, parent_id, 0 FROM {table} WHERE id = %s
  UNION ALL SELECT c.id, c.parent_id, above.level + 1 FROM {table} c JOIN above ON c.id = above.parent_id WHERE above.level < %s
) SELECT id, parent_id, level FROM above ORDER BY level
"""
BELOW = """
WITH RECURSIVE below(id, parent_id, level) AS (
  SELECT id, parent_id, 0 FROM {table} WHERE id = %s
  UNION ALL SELECT c.id, c.parent_id, below.level + 1 FROM {table} c JOIN below ON c.parent_id = below.id WHERE below.level < %s
) SELECT id, parent_id, level FROM below ORDER BY level LIMIT 300
"""
TreeRow = tuple[UUID, UUID | None, int]


def _tree(statement: str, company_id: UUID) -> list[TreeRow]:
    top = Company._meta.pk.get_db_prep_value(company_id, connection)
    with connection.cursor() as cursor:
        cursor.execute(statement.format(table=Company._meta.db_table), [top, 2 * MOST_LEVELS])
        found = cursor.fetchall()
    return [(UUID(str(pk)), UUID(str(parent)) if parent else None, level) for pk, parent, level in found]


def ids_above(company_id: UUID) -> list[UUID]:
    """The company itself and those it belongs to, from below to the top."""
    return [pk for pk, _parent, _level in _tree(ABOVE, company_id)]


def levels_below(company_id: UUID) -> int:
    """How many levels a company and those that belong to it take."""
    return 1 + max((level for _pk, _parent, level in _tree(BELOW, company_id)), default=0)


@dataclass
class GroupMember:
    """A company of a group, with those that belong to it."""

    id: UUID
    name: str
    town: str
    is_here: bool
    parent_id: UUID | None
    members: list["GroupMember"] = field(default_factory=list)


def group_of(actor: Actor, company: Company) -> list[GroupMember]:
    """
    The group's tree from its top (several tops where the actor may not see what joins them); a company alone gives a tree
    of one. Three statements, 300 companies at most.
    """
    above = _tree(ABOVE, company.pk)
    places = {pk: parent for pk, parent, _level in [*_tree(BELOW, above[-1][0]), *above]}
    rows = companies(actor).filter(pk__in=places).order_by("name", "id").values_list("id", "name", "town")
    seen = {pk: GroupMember(pk, name, town, pk == company.pk, None) for pk, name, town in rows}
    tops: list[GroupMember] = []
    for member in seen.values():
        parent = places[member.id]
        while parent is not None and parent not in seen:
            parent = places.get(parent)
        member.parent_id = parent
        (tops if parent is None else seen[parent].members).append(member)
    return tops


# --- further phones, mail and postal addresses ---


def contacts_of(actor: Actor, holder: Company | Person) -> QuerySet[ContactPoint]:
    return ContactPoint.objects.visible_to(actor).of(holder)


def addresses_of(actor: Actor, holder: Company | Person) -> QuerySet[Address]:
    return Address.objects.visible_to(actor).of(holder)


def contact(actor: Actor, contact_id: UUID) -> ContactPoint:
    found: ContactPoint = ContactPoint.objects.select_related("company", "person").one(actor, contact_id)
    return found


def address(actor: Actor, address_id: UUID) -> Address:
    found: Address = Address.objects.select_related("company", "person").one(actor, address_id)
    return found


def newest_contacts_act(actor: Actor, holder: Company | Person) -> UUID | None:
    """The last thing that one did to a record's phones and addresses."""
    about = {"about_kind": holder.kind_name(), "about_id": holder.pk}
    found = LogEntry.objects.filter(name=ContactsChanged.name, actor_id=actor.id, **about)
    return found.order_by("-seq").values_list("act", flat=True).first()


# --- public registers ---


def numbers_of(company: Company) -> Numbers:
    return Numbers(company.country, company.tax_id, company.vat_id, company.regon, company.krs)


def switch_of(register: str) -> RegisterSwitch:
    """How a register is set; one that nobody has set is off."""
    return RegisterSwitch.objects.filter(code=register).first() or RegisterSwitch(code=register)


def is_register_on(register: str) -> bool:
    return switch_of(register).is_on


def switches() -> dict[str, RegisterSwitch]:
    """Every register there is, with how it is set."""
    known = {one.code: one for one in RegisterSwitch.objects.all()}
    return {one.code: known.get(one.code) or RegisterSwitch(code=one.code) for one in all_registers()}


def checks_of(actor: Actor, company: Company) -> QuerySet[RegisterCheck]:
    """What registers said about a company, the newest first."""
    found: QuerySet[RegisterCheck] = RegisterCheck.objects.visible_to(actor).filter(company=company)
    return found.order_by("-created", "-id")


def check(actor: Actor, check_id: UUID) -> RegisterCheck:
    found: RegisterCheck = RegisterCheck.objects.select_related("company").one(actor, check_id)
    return found


def is_asked(company: Company, register: str, number: str) -> bool:
    return RegisterCheck.objects.filter(company=company, register_code=register, number=number).exists()
