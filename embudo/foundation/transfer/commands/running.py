"""Checked rows become records, a chunk and a transaction at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils.translation import gettext

from embudo.foundation.transfer import events, permissions, queries
from embudo.foundation.transfer.commands.checking import Line, found_records, missing
from embudo.foundation.transfer.models import Import, ImportChunk
from embudo.foundation.transfer.queries.imports import LOST
from embudo.foundation.transfer.rules.steps import CHUNK, Alike, Known, New, State, rule_of
from embudo.kernel import clock
from embudo.kernel.act import current_act
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.editing import written
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.kind import Importing, ImportRow
from embudo.kernel.record import lock

COUNTERS = {"created": "created_count", "updated": "updated_count", "same": "same_count"}


@dataclass
class Part:
    """What one chunk comes to."""

    rows: list[ImportRow] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)  # of the rows
    failures: list[Any] = field(default_factory=list)
    skipped: list[Any] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def fail(self, line: Line, reasons: Sequence[Any]) -> None:
        self.failures.append([line.number, line.cells, " ".join(str(one) for one in reasons)])

    def skip(self, line: Line, reason: str) -> None:
        self.skipped.append([line.number, reason])


@command(permissions.IMPORT)
def write_chunk(actor: Actor, import_: Import, *, turn: int) -> bool:
    """
    Writes the next chunk of an import with its own record of what became of each row, in one transaction; the last one ends the
    import. False when there is nothing more to do, or somebody has paused, cancelled or moved it on since.
    """
    import_ = lock(import_)
    if import_.state != State.RUNNING or import_.turn != turn:
        return False
    lines, place = _next_lines(import_)
    importing = queries.importing_for(actor, import_)
    part = _decided(actor, import_, importing, lines)
    results = written(actor, importing.write, part.rows)
    for line, result in zip(part.lines, results, strict=True):
        if result.outcome == "failed":
            part.fail(line, result.problems)
        else:
            part.counts[result.outcome] = part.counts.get(result.outcome, 0) + 1
    act = current_act()
    ImportChunk.objects.create(
        run=import_, number=import_.chunks, rows=len(lines), failures=part.failures, skipped=part.skipped,
        act=act.id if act.changes else None,
    )  # fmt: skip
    _count(import_, part, len(lines), place)
    if import_.done < import_.total and lines:
        return True
    _finish(import_)
    return False


def _next_lines(import_: Import) -> tuple[list[Line], int]:
    try:
        with Path(default_storage.path(import_.staged)).open("rb") as staged:
            staged.seek(import_.place)
            lines = [Line.of(text) for text in (staged.readline() for _row in range(CHUNK)) if text]
            return lines, staged.tell()
    except OSError:
        raise Invalid({"": [LOST]}) from None


@dataclass(frozen=True)
class Decision:
    """What is to be done with a row, and about which record."""

    record: str = ""
    action: str = ""
    reason: str = ""  # why it can't be decided


class Deciding:
    """Knows for the rows of one chunk what the rules, the rows themselves and people have said."""

    def __init__(self, actor: Actor, import_: Import, importing: Importing, lines: Sequence[Line]) -> None:
        self.rule, self.choices = rule_of(import_.rule), import_.choices
        sound = [line for line in lines if not line.faults and not line.same_as]
        found = found_records(actor, importing, sound)
        self.records = dict(zip((line.number for line in sound), found, strict=True))
        like = {line.alike: None for line in sound if line.alike and not self.records[line.number]}
        self.titles = queries.titles(actor, import_.kind, like) if like else {}

    def about(self, line: Line) -> Decision:
        record = self.records.get(line.number, "")
        if not record and line.alike in self.titles:
            return self._about_alike(line)
        return Decision(record, line.action or (self.rule["known"] if record else self.rule["new"]))

    def _about_alike(self, line: Line) -> Decision:
        wish = self.choices.get(str(line.number)) or line.action or self.rule["alike"]
        if wish == Alike.UPDATE:
            is_filling = self.rule["known"] == Known.FILL and not line.action
            return Decision(line.alike, Known.FILL if is_filling else Known.UPDATE)
        if wish == Alike.CREATE:
            return Decision("", self.rule["new"])
        return Decision(action=wish, reason=self._resemblance(line))

    def _resemblance(self, line: Line) -> str:
        told = {"title": self.titles[line.alike], "n": line.percent}
        return gettext("It looks like %(title)s, %(n)d %%.") % told


def _decided(actor: Actor, import_: Import, importing: Importing, lines: list[Line]) -> Part:
    deciding = Deciding(actor, import_, importing, lines)
    required = [one for one in importing.fields(actor) if one.is_required]
    part = Part()
    taken: dict[str, int] = {}
    for line in lines:
        found = deciding.about(line)
        if line.faults:
            part.fail(line, line.faults)
        elif line.same_as or found.record in taken:
            first = line.same_as or taken[found.record]
            part.skip(line, gettext("It is the same record as row %(n)d of the file.") % {"n": first})
        elif found.action == Known.SKIP:
            part.skip(line, found.reason or _left_out(found.record))
        elif (problem := _problem(line, found, required)) is not None:
            part.fail(line, problem)
        else:
            _plan(part, line, found.record, found.action, deciding.rule["owner"])
            if found.record:
                taken[found.record] = line.number
    return part


def _left_out(record: str) -> str:
    return gettext("The record is known already.") if record else gettext("The record is new.")


def _problem(line: Line, found: Decision, required: Sequence[Any]) -> list[str] | None:
    """Why a row can't be taken."""
    if found.action == Alike.ASK:
        return [found.reason, gettext("Say in a column of its own: create, update or skip.")]
    if found.record == "?" and found.action != Known.CREATE:
        return [gettext("Several records match this row. Merge them, or match by something else.")]
    lack = missing(line, found.record, found.action, required)
    return None if lack is None else [lack]


def _plan(part: Part, line: Line, record: str, action: str, owner: str) -> None:
    values = {name: value for name, value in line.values.items() if name != "id"}
    is_new = not record or action == New.CREATE
    if is_new and owner and not values.get("owner"):
        values["owner"] = owner
    if values.get("owner"):
        values["owner"] = UUID(values["owner"])
    part.rows.append(ImportRow(values, None if is_new else UUID(record), only_empty=action == Known.FILL))
    part.lines.append(line)


def _count(import_: Import, part: Part, rows: int, place: int) -> None:
    import_.done += rows
    import_.chunks += 1
    import_.place = place
    import_.skipped_count += len(part.skipped)
    import_.failed_count += len(part.failures)
    for outcome, column in COUNTERS.items():
        setattr(import_, column, getattr(import_, column) + part.counts.get(outcome, 0))
    columns = ("done", "chunks", "place", "skipped_count", "failed_count", *COUNTERS.values())
    counted = {column: getattr(import_, column) for column in columns}
    Import.objects.filter(pk=import_.pk).update(beaten=clock.now(), **counted)


def _finish(import_: Import) -> None:
    update(import_, state=State.DONE)
    publish(
        events.ImportFinished(
            import_.pk,
            import_.created_count,
            import_.updated_count,
            import_.skipped_count,
            import_.failed_count,
        ),
        import_,
    )
