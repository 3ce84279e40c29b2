from typing import Any

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company, Person
from embudo.business.intake import queries
from embudo.business.intake.models import Entry
from embudo.business.intake.rules.states import Subject
from embudo.kernel.actor import Actor


def recorded(actor: Actor, entry: Entry) -> dict[str, Any]:
    """
    Makes the accepted entry a record of the directory: fills what is empty in the one it is about (the same tax number or
    REGON; a person: the same mail address), else registers a new one. Answers the columns that name it.
    """
    if entry.subject == Subject.PERSON:
        return {"person": _person(actor, entry)}
    return {"company": _company(actor, entry)}


def _facts(entry: Entry) -> dict[str, Any]:
    """The values that were asked for, without those left empty."""
    found = {one.name: getattr(entry, one.name) for one in entry.assignment.attributes if not one.key}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _missing(record: Company | Person, facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if getattr(record, name) in (None, "")}


def _company(actor: Actor, entry: Entry) -> Company:
    facts = _facts(entry)
    known = queries.known_company(entry)
    if known is None:
        known = directory.register_company.inner(actor, owner=queries.keeper_of(entry), **facts)
    elif missing := _missing(known, facts):
        known = directory.change_company.inner(actor, known, **missing)
    if custom := queries.carried_values(actor, entry, known):
        known = directory.change_company.inner(actor, known, custom=custom)
    return known


def _person(actor: Actor, entry: Entry) -> Person:
    facts = _facts(entry)
    sources = [facts.pop(f"source{n}", "") for n in range(1, 5)]  # which people have no columns for
    facts["remarks"] = "\n".join(filter(None, (facts.get("remarks", ""), *sources)))
    known = queries.known_person(entry)
    if known is None:
        known = directory.register_person.inner(actor, owner=queries.keeper_of(entry), **facts)
    elif missing := _missing(known, facts):
        known = directory.change_person.inner(actor, known, **missing)
    if custom := queries.carried_values(actor, entry, known):
        known = directory.change_person.inner(actor, known, custom=custom)
    return known
