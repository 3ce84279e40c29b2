"""What may be meant by a name, an address or a number that somebody is about to write."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Value

from embudo.business.directory.models import Company, Person
from embudo.business.directory.rules import company_key, person_key, tax_key
from embudo.foundation.duplicates.queries.likeness import Found, Question, alike_rows, answers, padded
from embudo.foundation.duplicates.rules.wording import reasons_text
from embudo.kernel.actor import Actor
from embudo.kernel.kind import LikeRecord
from embudo.kernel.prepared import Prepared, PreparedSight

COMPANY, PERSON = Company.kind_name(), Person.kind_name()
MOST_CANDIDATES = 8
MOST_SURE = 50  # of one kind that have the very same name, number or address


@dataclass(frozen=True)
class Candidate:
    """A record that may be the one somebody is about to write again."""

    kind: str
    id: UUID
    title: str
    subtitle: str
    score: float  # of 100
    reason: Any


def possible_duplicates(  # noqa: PLR0913 - one keyword an attribute
    actor: Actor,
    *,
    name: str = "",
    company_name: str | None = None,
    email: str = "",
    phone: str = "",
    tax_id: str = "",
    kinds: Iterable[str] = (COMPANY, PERSON),
    but: UUID | None = None,
) -> list[Candidate]:
    """
    Companies and people that may be meant, the surest first, by the likeness that the search for duplicates goes by. `name`
    is a company's or a person's, a company's only where `company_name` is not given; `phone` in E.164. What has the very
    same name, number or address is found as soon as it is written, what is merely similar once its keys are (they follow
    in the background).
    """
    said = {"email": email.strip(), "phone": phone}
    keys = {"email_key": email.strip().lower(), "phone_key": phone, "mobile_key": phone}
    called = name if company_name is None else company_name
    equal = {
        COMPANY: {
            "name_key": company_key(called) if called.strip() else "",
            "tax_key": tax_key(tax_id),
            **keys,
        },
        PERSON: {"name_key": person_key("", name), **keys},
    }
    rows = {
        COMPANY: [{"name": called, "tax_id": tax_id, **said}],
        PERSON: [{**one, **said} for one in _parted_names(name)],
    }
    asked = [kind for kind in (COMPANY, PERSON) if kind in kinds]
    same = _equal(actor, {kind: equal[kind] for kind in asked})
    questions = [Question(kind, rows[kind], same[kind]) for kind in asked]
    found = [
        one
        for question, answer in zip(questions, answers(actor, questions, is_even=True), strict=True)
        for one in _candidates(question.kind_name, answer, but)
    ]
    return sorted(found, key=lambda one: (-one.score, one.title, one.id))[:MOST_CANDIDATES]


def _parted_names(name: str) -> list[dict[str, str]]:
    """A person's name in one, both ways round."""
    first, _blank, last = name.strip().rpartition(" ")
    orders = [(first, last), (last, first)] if first else [(first, last)]
    return [{"first_name": one, "last_name": other} for one, other in orders]


def _any_of(found: Any, terms: Iterable[tuple[str, str]]) -> Any:
    """
    The rows equal in any of the columns. One branch an index: with OR, SQLite reads the whole table as soon as one of
    the columns is mostly empty.
    """
    first, *others = (found.filter(**{column: value}).order_by().values("pk") for column, value in terms)
    return found.filter(pk__in=first.union(*others) if others else first)


def _places(given: Mapping[str, str], kind: str) -> tuple[tuple[str, str], ...]:
    """The columns of one kind among "<kind>:<column>", with what is looked for in them."""
    parted = ((name.partition(":"), value) for name, value in given.items())
    return tuple((column, value) for (of, _colon, column), value in parted if of == kind and value)


def _looked_up(actor: Actor, **given: str) -> Any:
    """What equals any of the values given, by kind and column, of all kinds at once."""
    found = []
    for kind, model in (COMPANY, Company), (PERSON, Person):
        if terms := _places(given, kind):
            seen = model.objects.visible_to(actor)
            some = _any_of(seen, terms).values("pk")[:MOST_SURE]
            found.append(model.objects.filter(pk__in=some).order_by().values_list(Value(kind), "pk"))
    return found[0].union(*found[1:], all=True)


SAME = PreparedSight(Company.view_permission, _looked_up, Person.view_permission)


def _named(model: Any, *columns: str) -> Prepared:
    return Prepared(lambda **ids: model.objects.filter(pk__in=list(ids.values())).values_list("pk", *columns))


TITLED = {
    COMPANY: _named(Company, "name", "town", "tax_id"),
    PERSON: _named(Person, "name", "job_title", "company__name"),
}


def _equal(actor: Actor, keys: Mapping[str, Mapping[str, str]]) -> dict[str, list[UUID]]:
    """The ids of each kind whose columns equal any of the values; one query."""
    given = {
        f"{kind}:{column}": value for kind, one in keys.items() for column, value in one.items() if value
    }
    rows = SAME.seen(actor, **given) if given else []
    return {kind: [pk for of, pk in rows if of == kind] for kind in keys}


def _candidates(kind: str, answer: Iterable[Iterable[Found]], but: UUID | None) -> list[Candidate]:
    likely: dict[UUID, Found] = {}
    for found in answer:
        for one in found:
            held = likely.get(one.record_id)
            if one.record_id != but and (held is None or one.likeness.bits > held.likeness.bits):
                likely[one.record_id] = one
    best = sorted(likely.values(), key=lambda one: -one.likeness.bits)[:MOST_CANDIDATES]
    return _titled(kind, best)


def _titled(kind: str, found: list[Found]) -> list[Candidate]:
    """With what they are called; they are in the actor's sight already."""
    if not found:
        return []
    rows = TITLED[kind].rows(**padded([one.record_id for one in found]))
    named = {pk: (name, " · ".join(filter(None, more))) for pk, name, *more in rows}
    return [
        Candidate(kind, one.record_id, *named[one.record_id], percent(one), reasons_text(one.reasons))
        for one in found
        if one.record_id in named
    ]


def rows_alike(actor: Actor, kind: str, rows: Sequence[Mapping[str, Any]]) -> list[LikeRecord | None]:
    """For each row of a file the record that it most likely is about."""
    return [
        LikeRecord(found[0].record_id, int(percent(found[0]))) if found else None
        for found in alike_rows(actor, kind, rows)
    ]


def percent(found: Found) -> float:
    """How sure it is, of 100; never quite sure."""
    return min(round(100 * found.likeness.probability, 1), 99.9)
