from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events, queries
from embudo.business.intake.commands.entries import accept_at_once, checked_values, part_of
from embudo.business.intake.commands.tallies import Tallying
from embudo.business.intake.models import Assignment, Binding, Entry, Likeness
from embudo.business.intake.permissions import ENTER
from embudo.business.intake.rules.policies import Policy
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.transfer.models import ImportChunk
from embudo.kernel import prepared
from embudo.kernel.actor import Actor
from embudo.kernel.change import changes_of_act, create_all
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.kind import Importing, ImportResult, ImportRow

Values = Mapping[str, Any]
ENTERED = _("This was already entered in this assignment.")
TAKEN = _("Another entry of this assignment has the same. It must be unique here.")


def importing_into(actor: Actor, assignment_id: str) -> Importing:
    """How rows of a file become entries of one assignment."""
    assignment = queries.assignment_named(actor, assignment_id)
    return Importing(
        permission=ENTER,
        fields=lambda actor: queries.entry_fields(actor, assignment),
        keys=(),
        check=lambda actor, rows: checked_entries(actor, assignment, rows),
        key_of=lambda _key, _values: "",
        find=lambda _actor, _key, _texts: {},
        write=lambda actor, rows: import_entries(actor, assignment, rows=rows),
        is_only_new=True,
    )


def checked_entries(
    actor: Actor, assignment: Assignment, rows: Sequence[Values]
) -> list[dict[str, Any] | Invalid]:
    """Each row's columns as they are stored, or what is wrong with it. Refuses a closed part."""
    part_of(actor, assignment)
    told = [_checked(actor, assignment, row) for row in rows]
    sound = [number for number, one in enumerate(told) if isinstance(one, dict)]
    problems = _problems(assignment, [one for one in told if isinstance(one, dict)])
    for number, problem in zip(sound, problems, strict=True):
        if problem is not None:
            told[number] = problem
    return told


def _checked(actor: Actor, assignment: Assignment, row: Values) -> dict[str, Any] | Invalid:
    entry = Entry(assignment=assignment, subject=assignment.subject)
    values = {name: value for name, value in row.items() if not name.startswith(PREFIX)}
    custom = {
        name.removeprefix(PREFIX): value for name, value in row.items() if name.startswith(PREFIX) and value
    }
    try:
        return checked_values(actor, assignment, entry, values, custom)
    except Invalid as fault:
        return fault


def _problems(assignment: Assignment, rows: Sequence[Values]) -> list[Invalid | None]:
    """What is entered already, in the assignment or in a row before, and what must be unique and is not."""
    told: list[Invalid | None] = [None] * len(rows)
    for one in assignment.attributes:
        if one.is_unique:
            for number, is_taken in enumerate(queries.taken_already(assignment, one, rows)):
                told[number] = Invalid({one.name: [TAKEN]}) if is_taken else told[number]
    for number, is_known in enumerate(queries.entered_already(assignment, rows)):
        told[number] = Invalid({"": [ENTERED]}) if is_known else told[number]
    return told


@command(ENTER)
def import_entries(actor: Actor, assignment: Assignment, *, rows: Sequence[ImportRow]) -> list[ImportResult]:
    """
    Enters the checked rows of a file as the actor's, with one statement for all; where verification is off they are accepted at
    once. Refuses a closed part; rows that are entered already by now fail by themselves.
    """
    binding = part_of(actor, assignment)
    problems = _problems(assignment, [row.values for row in rows])
    entries: list[Entry] = []
    results: list[ImportResult] = []
    for row, problem in zip(rows, problems, strict=True):
        if problem is not None:
            texts = tuple(text for texts in problem.errors.values() for text in texts)
            results.append(ImportResult("failed", None, texts))
            continue
        entry = _built(actor, assignment, binding, row.values)
        entries.append(entry)
        results.append(ImportResult("created", entry.pk))
    _enter_all(actor, assignment, entries)
    return results


def _built(actor: Actor, assignment: Assignment, binding: Binding, values: Values) -> Entry:
    said = {
        **values,
        "assignment_id": assignment.pk,
        "binding_id": binding.pk,
        "owner_id": actor.id,
        "subject": assignment.subject,
    }
    entry: Entry = prepared.made(Entry, said)
    entry.assignment, entry.binding = assignment, binding
    return entry


def _enter_all(actor: Actor, assignment: Assignment, entries: Sequence[Entry]) -> None:
    create_all(entries)
    tally = Tallying()
    for entry in entries:
        publish(events.EntryMade(entry.id, assignment.id), entry)
    tally.back(entries)
    create_all(
        [
            Likeness(entry=entry, other_id=other, reason=reason, is_across=True)
            for entry, other, reason in queries.likenesses_across(assignment, entries)
        ]
    )
    if assignment.policy == Policy.OFF:
        for entry in entries:
            accept_at_once(actor, entry, tally)
    tally.write()


def uncount_undone(import_id: UUID, chunk: int) -> None:
    """Within the act that takes back a chunk of an import: the tallies forget the entries that are gone."""
    part = ImportChunk.objects.filter(run=import_id, number=chunk, run__kind=Entry.kind_name()).first()
    if part is None or part.act is None:
        return
    left = {pk for _kind, pk in part.left}
    made: dict[str, dict[str, Any]] = {}
    for change in changes_of_act(part.act):
        if change["kind"] == Entry.kind_name() and change["id"] not in left and not change.get("erased"):
            made.setdefault(change["id"], {}).update(change["after"] or {})
    tally = Tallying()
    tally.away(_as_it_was(values) for values in made.values())
    tally.write()


def _as_it_was(values: Values) -> Entry:
    entry = Entry()
    for name in ("assignment", "owner"):
        setattr(entry, f"{name}_id", UUID(values[name]))
    entry.day, entry.region = date.fromisoformat(values["day"]), values.get("region", "")
    entry.state, entry.seconds = values["state"], values.get("seconds", 0)
    return entry
