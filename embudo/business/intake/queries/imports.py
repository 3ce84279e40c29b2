from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from embudo.business.directory.rules.imports import COMPANY_FIELDS, PERSON_FIELDS
from embudo.business.intake.models import Assignment, Entry
from embudo.business.intake.queries.assignments import custom_definitions, own_assignments
from embudo.business.intake.queries.entries import KEYS, MOST_LIKE
from embudo.business.intake.queries.shown import standard_label
from embudo.business.intake.rules.asked import Asked
from embudo.business.intake.rules.states import EntryState, Subject
from embudo.foundation.attributes.queries import import_fields
from embudo.foundation.attributes.rules.kinds import stored_as
from embudo.kernel.actor import Actor
from embudo.kernel.custom import CustomValue
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import ImportField

Values = Mapping[str, Any]


def assignment_choices(actor: Actor) -> list[tuple[str, Any]]:
    """The open assignments that the actor enters records under."""
    return [(str(one.pk), one.title) for one in own_assignments(actor)]


def assignment_named(actor: Actor, assignment_id: str) -> Assignment:
    """By its id as a text; NotFound outside the actor's sight."""
    try:
        pk = UUID(assignment_id)
    except ValueError:
        raise NotFound from None
    found: Assignment = Assignment.objects.one(actor, pk)
    return found


def assignment_title(actor: Actor, assignment_id: str) -> str:
    return str(assignment_named(actor, assignment_id))


def entry_fields(actor: Actor, assignment: Assignment) -> list[ImportField]:
    """What a file's columns can go to: what the assignment asks for."""
    offered = PERSON_FIELDS if assignment.subject == Subject.PERSON else COMPANY_FIELDS
    known = {one.name: one for one in (*COMPANY_FIELDS, *offered)}
    if assignment.custom_keys:
        known |= {one.name: one for one in import_fields(actor, Entry.kind_name())}
    return [
        _import_field(one, known.get(one.name))
        for one in assignment.attributes
        if not one.key or one.name in known
    ]


def _import_field(one: Asked, known: ImportField | None) -> ImportField:
    if known is None:
        return ImportField(one.name, standard_label(one.name), is_required=one.is_required)
    return ImportField(
        one.name, known.label, known.type, known.words, is_required=one.is_required, choices=known.choices
    )


def entered_already(assignment: Assignment, rows: Sequence[Values]) -> list[bool]:
    """For each row of stored values whether the assignment has it, or a row before it: as `likenesses`, one statement a key."""
    told = [False] * len(rows)
    for reason, column in KEYS.items():
        marks = [_mark(reason, row) for row in rows]
        keys = {row[column] for row in rows if row.get(column)}
        entries = Entry.objects.filter(assignment=assignment, **{f"{column}__in": keys})
        found = entries.exclude(state=EntryState.WITHDRAWN).values(column, "town") if keys else ()
        seen = {_mark(reason, held) for held in found}
        for number, mark in enumerate(marks):
            told[number] |= mark is not None and mark in seen
            seen.add(mark)
    return told


def _mark(reason: str, row: Values) -> tuple[str, str] | None:
    """What two records of the same have in common; a name counts within its town."""
    value = row.get(KEYS[reason])
    if not value:
        return None
    return value, str(row.get("town") or "").casefold() if reason == "name" else ""


def taken_already(assignment: Assignment, one: Asked, rows: Sequence[Values]) -> list[bool]:
    """For each row whether another entry, or a row before it, has its value of an attribute that is unique within the assignment."""
    held = [(row.get("custom") or {}).get(one.key) if one.key else row.get(one.name) for row in rows]
    asked = [value for value in held if value not in (None, "", [])]
    seen = _held_values(assignment, one, asked) if asked else set()
    told = []
    for value in held:
        is_said = value not in (None, "", [])
        told.append(is_said and value in seen)
        if is_said:
            seen.add(value)
    return told


def _held_values(assignment: Assignment, one: Asked, asked: Sequence[Any]) -> set[Any]:
    found: Any = Entry.objects.filter(assignment=assignment).exclude(state=EntryState.WITHDRAWN)
    if not one.key:
        return set(found.filter(**{f"{one.name}__in": asked}).values_list(one.name, flat=True))
    known = next((each for each in custom_definitions() if each.key == one.key), None)
    if known is None:
        return set()
    custom = found.annotate(held=CustomValue(one.key, stored_as(known.type)))
    return set(custom.filter(held__in=asked).values_list("held", flat=True))


def likenesses_across(assignment: Assignment, entries: Sequence[Entry]) -> list[tuple[Entry, UUID, str]]:
    """Entries of other principals that these may be the same as, with the reason: one statement a key."""
    told: list[tuple[Entry, UUID, str]] = []
    known: set[tuple[UUID, UUID]] = set()
    for reason, column in KEYS.items():
        by_mark: dict[tuple[str, str] | None, list[UUID]] = {}
        keys = {getattr(one, column) for one in entries if getattr(one, column)}
        others = Entry.objects.filter(**{f"{column}__in": keys}).exclude(assignment=assignment)
        found = others.exclude(state=EntryState.WITHDRAWN) if keys else others.none()
        rows = found.values("pk", column, "town", "assignment__principal_id")
        for row in rows[: 4 * MOST_LIKE * len(entries)]:
            if row["assignment__principal_id"] != assignment.principal_id:
                by_mark.setdefault(_mark(reason, row), []).append(row["pk"])
        for one in entries:
            mark = _mark(reason, {column: getattr(one, column), "town": one.town})
            for other in by_mark.get(mark, ())[:MOST_LIKE] if mark else ():
                if (one.pk, other) not in known:
                    known.add((one.pk, other))
                    told.append((one, other, reason))
    return told
