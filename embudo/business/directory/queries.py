from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db.models import F, Q, QuerySet

from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.directory.rules import Known, Sought, email_domain, likeness, sought
from embudo.kernel.actor import Actor
from embudo.kernel.fold import fold

COMPANY, PERSON = Company.kind_name(), Person.kind_name()
MOST_OPTIONS = 20
MOST_CANDIDATES = 8
Terms = tuple[tuple[str, Any], ...]  # (column, value); an empty value is not asked for
MOST_COMPARED = 100  # of one kind; what the exact keys find comes first


@dataclass(frozen=True)
class Candidate:
    """A record that may be the one somebody is about to write again."""

    kind: str
    id: UUID
    title: str
    subtitle: str
    score: float  # of 100
    reason: Any


def companies(
    actor: Actor,
    *,
    q: str = "",
    owner: UUID | None = None,
    is_customer: bool | None = None,
    country: str = "",
    sector: str = "",
    changed_since: datetime | None = None,
) -> QuerySet[Company]:
    """The companies the actor sees, narrowed by what is given."""
    found: Any = Company.objects.visible_to(actor)
    exact = {"owner_id": owner, "is_customer": is_customer, "country": country, "sector": sector}
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


def possible_duplicates(
    actor: Actor,
    *,
    name: str = "",
    email: str = "",
    phone: str = "",
    tax_id: str = "",
    kinds: Iterable[str] = (COMPANY, PERSON),
    but: UUID | None = None,
) -> list[Candidate]:
    """
    Companies and people that may be meant, the surest first. `name` is a company's or a person's, `phone` in E.164. At
    most two queries a kind, each by equality of indexed columns; the names are then compared in memory.
    """
    asked = sought(name=name, email=email, phone=phone, tax_id=tax_id)
    found = []
    if COMPANY in kinds:
        found += _alike_companies(actor, asked)
    if PERSON in kinds:
        found += _alike_people(actor, asked)
    ranked = sorted((one for one in found if one.id != but), key=lambda one: (-one.score, one.title, one.id))
    return ranked[:MOST_CANDIDATES]


def _rows(found: Any, sure: Terms, near: Terms, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """What the sure keys find, filled up by what merely begins alike."""
    rows: dict[UUID, dict[str, Any]] = {}
    for terms in (sure, near):
        room = MOST_COMPARED - len(rows)
        ids = _any_of(found, terms)
        if ids is not None and room > 0:
            rows |= {row["id"]: row for row in found.filter(pk__in=ids).values("id", "name", *columns)[:room]}
    return list(rows.values())


def _any_of(found: Any, terms: Terms) -> Any:
    """
    The ids of rows equal in any of the columns. One branch an index: with OR, SQLite reads the whole table as soon as
    one of the columns is mostly empty.
    """
    asked = [Q(**{column: value}) for column, value in terms if value]
    if not asked:
        return None
    first, *others = (found.filter(term).order_by().values("pk") for term in asked)
    return first.union(*others) if others else first


def _alike_companies(actor: Actor, asked: Sought) -> list[Candidate]:
    sure = (
        ("tax_key", asked.tax_key), ("email_key", asked.email), ("phone_key", asked.phone), ("mobile_key", asked.phone),
        ("name_key", asked.company_key), ("email_domain", asked.domain),
    )  # fmt: skip
    near = (("name_start", asked.start),)
    columns = ("name_key", "email", "email_domain", "phone", "mobile", "tax_key", "town", "tax_id")
    found = []
    for row in _rows(Company.objects.visible_to(actor), sure, near, columns):
        known = Known(
            row["name_key"],
            row["email"],
            row["email_domain"] or "",
            (row["phone"], row["mobile"]),
            row["tax_key"] or "",
        )
        told = likeness(asked, known, is_person=False)
        if told:
            subtitle = " · ".join(filter(None, (row["town"], row["tax_id"])))
            found.append(Candidate(COMPANY, row["id"], row["name"], subtitle, told.score, told.reason))
    return found


def _alike_people(actor: Actor, asked: Sought) -> list[Candidate]:
    sure = (
        ("email_key", asked.email),
        ("phone_key", asked.phone),
        ("mobile_key", asked.phone),
        ("name_key", asked.person_key),
    )
    near = (("name_start__in", asked.starts),)
    columns = ("name_key", "email", "phone", "mobile", "company__name", "job_title")
    found = []
    for row in _rows(Person.objects.visible_to(actor), sure, near, columns):
        known = Known(
            row["name_key"], row["email"], email_domain(row["email"]), (row["phone"], row["mobile"])
        )
        told = likeness(asked, known, is_person=True)
        if told and told.score >= 65:
            subtitle = " · ".join(filter(None, (row["job_title"], row["company__name"])))
            found.append(Candidate(PERSON, row["id"], row["name"], subtitle, told.score, told.reason))
    return found
