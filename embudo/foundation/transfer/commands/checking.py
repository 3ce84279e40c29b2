"""The rows of a file are checked once, in the background, and kept in the form in which they will be written."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import IO, Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils.translation import gettext

from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.transfer import queries
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.queries.reading import reading
from embudo.foundation.transfer.rules import typed
from embudo.foundation.transfer.rules.faults import sentence
from embudo.foundation.transfer.rules.headings import mapped
from embudo.foundation.transfer.rules.steps import ACTION_FIELD, BEST, CHUNK, Known, New, State, rule_of
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import Importing

ENCODER = json.JSONEncoder(ensure_ascii=False)
SHOWN = 50
SECONDS = 0.5  # between two notes of how far it is: each is a commit, and waits for the disk
MOST_CHOSEN = 200  # rows that one decides about one by one


@dataclass
class Line:
    """A checked row as it waits in the staged file."""

    number: int
    cells: list[str]
    values: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    action: str = ""
    key: str = ""
    text: str = ""
    same_as: int = 0
    known: str = ""  # the record it was found to be about, "?" where it may be one of several
    alike: str = ""  # the record that it merely looks like
    percent: int = 0

    def as_json(self) -> str:
        kept = [
            self.number,
            self.cells,
            self.values,
            self.faults,
            self.action,
            self.key,
            self.text,
            self.same_as,
            self.known,
            self.alike,
            self.percent,
        ]
        return ENCODER.encode(kept)

    @classmethod
    def of(cls, text: bytes) -> "Line":
        return cls(*json.loads(text))


class Checker:
    """Checks the rows of one import, chunk by chunk."""

    def __init__(self, actor: Actor, found: Import) -> None:
        self.actor, self.found = actor, found
        self.importing: Importing = queries.importing_for(actor, found)
        self.fields = {one.name: one for one in self.importing.fields(actor)}
        self.columns = [(int(column), name) for column, name in found.mapping.items()]
        self.required = [one for one in self.fields.values() if one.is_required]
        self.new = rule_of(found.rule)["new"]
        names_people = any(
            one.type == "user" and one.name in found.mapping.values() for one in self.fields.values()
        )
        people: dict[str, UUID] = queries.colleagues() if names_people else {}
        self.readers = {name: typed.reader_of(one, people) for name, one in self.fields.items()}
        self.seen: dict[int, int] = {}  # what rows were recognised by, as a number -> number of the row
        asked = found.rule.get("key", BEST)
        keys = self.importing.keys_for(actor)
        self.keys = [key for key in keys if asked in (BEST, key.name)] or list(keys)
        self.total = self.faulty = self.known = self.alike = 0
        self.sample: list[Any] = []
        self.alike_rows: list[Any] = []

    def lines(self, rows: Sequence[list[Any]]) -> list[Line]:
        lines = [self._line(row) for row in rows]
        sound = [line for line in lines if not line.faults]
        for line, checked in zip(
            sound, self.importing.check(self.actor, [one.values for one in sound]), strict=True
        ):
            if isinstance(checked, Invalid):
                line.faults = self._said(checked)
            else:
                line.values = dict(checked)
                self._recognise(line)
        sound = [line for line in sound if not line.faults]
        self._find(sound)
        self._compare([line for line in sound if is_open(line)])
        self._foresee(sound)
        self._count(lines)
        return lines

    def _foresee(self, lines: Sequence[Line]) -> None:
        """What a row would fail for as a new record is said before anything runs."""
        for line in lines:
            action = line.action or self.new
            if line.known or line.same_as or line.alike or action == New.SKIP:
                continue
            if (lack := missing(line, "", action, self.required)) is not None:
                line.faults.append(lack)

    def _line(self, row: list[Any]) -> Line:
        line = Line(row[0], row[1:])
        readers, values = self.readers, line.values
        for name, text in mapped(self.columns, line.cells).items():
            try:
                if name in readers:
                    values[name] = readers[name](text)
                elif name == ACTION_FIELD:
                    line.action = typed.action_of(text)
            except typed.Misread as fault:
                line.faults.append(self._named(name, fault.message))
        if not values and not line.faults:
            line.faults.append(gettext("The row holds none of the values that were matched."))
        return line

    def _named(self, name: str, message: Any) -> str:
        label = str(self.fields[name].label) if name in self.fields else ""
        return f"{label[:1].upper()}{label[1:]}: {message}" if label else str(message)

    def _said(self, fault: Invalid) -> list[str]:
        return [self._named(name, text) for name, texts in fault.errors.items() for text in texts]

    def _recognise(self, line: Line) -> None:
        """By the surest of the keys that the row has; rows alike in it are one record, and the first of them counts."""
        for key in self.keys:
            line.text = self.importing.key_of(key.name, line.values)
            if line.text:
                line.key = key.name
                break
        if line.text and line.action != "create":
            line.same_as = self.seen.setdefault(hash((line.key, line.text)), line.number)
            line.same_as = 0 if line.same_as == line.number else line.same_as

    def _find(self, lines: Sequence[Line]) -> None:
        for line, record_id in zip(lines, found_records(self.actor, self.importing, lines), strict=True):
            line.known = record_id

    def _compare(self, lines: Sequence[Line]) -> None:
        """What no key finds may look like a known record all the same."""
        if not self.importing.alike or not lines:
            return
        for line, like in zip(
            lines, self.importing.alike(self.actor, [one.values for one in lines]), strict=True
        ):
            if like is not None:
                line.alike, line.percent = str(like.record_id), like.percent

    def _count(self, lines: Sequence[Line]) -> None:
        self.total += len(lines)
        self.faulty += sum(bool(line.faults) for line in lines)
        self.known += sum(bool(line.known or line.same_as) and not line.faults for line in lines)
        like = [line for line in lines if line.alike]
        self.alike += len(like)
        for line in like[: MOST_CHOSEN - len(self.alike_rows)]:
            said = " · ".join(filter(None, self._cells(line)[:5]))
            self.alike_rows.append([line.number, said[:200], line.alike, line.percent])
        for line in lines[: SHOWN - len(self.sample)]:
            told = [line.faults, line.same_as, line.known, line.action, line.alike, line.percent]
            self.sample.append([line.number, self._cells(line), *told])

    def counted(self) -> dict[str, int]:
        return {"total": self.total, "faulty": self.faulty, "known": self.known, "alike": self.alike}

    def _cells(self, line: Line) -> list[str]:
        """Those that mean something, as the preview shows them."""
        width = len(line.cells)
        return [str(line.cells[column])[:120] if column < width else "" for column, _name in self.columns]


def is_open(line: Line) -> bool:
    """Neither recognised nor said what to do with: it may be about a known record or about a new one."""
    return not line.known and not line.same_as and line.action in ("", "update")


def found_records(actor: Actor, importing: Importing, lines: Sequence[Line]) -> list[str]:
    """For each line the id of its record, "" when there is none, "?" when there are several: one query a key."""
    texts: dict[str, list[str]] = {}
    for line in lines:
        if line.text and line.action != "create":
            texts.setdefault(line.key, []).append(line.text)
    found = {key: importing.find(actor, key, asked) for key, asked in texts.items()}
    told = []
    for line in lines:
        hits = found.get(line.key, {})
        hit = hits.get(line.text)
        told.append("?" if line.text in hits and hit is None and line.action != "create" else str(hit or ""))
    return told


def missing(line: Line, record: str, action: str, required: Sequence[Any]) -> str | None:
    """Why a row that would become a new record can't."""
    is_new = not record or action == Known.CREATE
    if is_new and action == Known.UPDATE:
        return gettext("No record matches this row, so there is nothing to update.")
    if is_new and line.key == "id":
        return gettext("No record has this ID.")
    lacking = [str(one.label) for one in required if is_new and not _says(line.values, one.name)]
    return gettext("A new record needs: %(fields)s.") % {"fields": ", ".join(lacking)} if lacking else None


def _says(values: Mapping[str, Any], name: str) -> bool:
    """Whether the row holds the field, be it of the record or a custom attribute."""
    held = values.get("custom", {}) if name.startswith(PREFIX) else values
    return held.get(name.removeprefix(PREFIX)) not in (None, "", [])


def check_rows(actor: Actor, found: Import) -> None:
    """
    Reads and checks the whole file, and stages its rows. Stops when the import was meanwhile cancelled or matched anew.
    Refuses (Invalid) a file that can't be read to its end.
    """
    staged = _staged_path(found)
    checker = Checker(actor, found)
    with (
        queries.content(found) as file,
        reading(file, queries.options(found.reading)) as read,
        Path(default_storage.path(staged)).open("wb") as out,
    ):
        if not _tell(found, told=read.told, staged=staged):
            return
        told_at = 0.0
        for chunk in _chunks(_below_headings(read.rows, found.reading.get("heading_row", 0), read.told)):
            _write(out, checker.lines(chunk))
            if monotonic() - told_at >= SECONDS:
                if not _tell(found, **checker.counted()):
                    return
                told_at = monotonic()
    if not checker.total:
        raise Invalid({"file": [sentence("no_rows", {})]})
    seen = {"sample": checker.sample, "alike_rows": checker.alike_rows}
    _tell(found, state=State.CHECKED, valid=checker.total - checker.faulty, **checker.counted(), **seen)


def _staged_path(found: Import) -> str:
    if found.staged:
        default_storage.delete(found.staged)
    token = secrets.token_hex(16)
    path = f"imports/{token[:2]}/{token}"
    Path(default_storage.path(path)).parent.mkdir(parents=True, exist_ok=True)
    return path


def _below_headings(rows: Iterator[list[Any]], heading_row: int, told: dict[str, Any]) -> Iterator[list[Any]]:
    first = 0 if told.get("has_headings") else heading_row
    return (row for row in rows if row[0] > first and any(row[1:]))


def _chunks(rows: Iterator[list[Any]]) -> Iterator[list[list[Any]]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _write(out: IO[bytes], lines: Sequence[Line]) -> None:
    out.write("".join(f"{line.as_json()}\n" for line in lines).encode())


def _tell(found: Import, **values: Any) -> bool:
    """Says how far it is. False when somebody has cancelled it or matched its columns anew."""
    still = Import.objects.filter(pk=found.pk, turn=found.turn, state=State.CHECKING)
    return bool(still.update(beaten=clock.now(), **values))
