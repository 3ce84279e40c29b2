from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record


@dataclass(frozen=True)
class SearchText:
    """What the search box knows of a record: its title and subtitle as shown, and every word it is found by."""

    title: str
    subtitle: str = ""
    words: tuple[str, ...] = ()  # names, numbers, mail addresses, phones, tax ids


@dataclass(frozen=True)
class ImportField:
    """
    A value that a file may bring. `type` says how its text is read: text, long_text, email, phone, number, yes_no, date,
    country, choice, user. `words` are what such columns are called, in any language and spelling.
    """

    name: str
    label: Any
    type: str = "text"
    words: tuple[str, ...] = ()
    is_required: bool = False
    choices: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class ImportKey:
    """By what a row's record is found again: `fields` together; what a row lacks one of is not found by this key."""

    name: str
    label: Any
    fields: tuple[str, ...]


@dataclass(frozen=True)
class ImportRow:
    """One row to be written: checked values, and the record it is about, if that is known."""

    values: Mapping[str, Any]
    record_id: UUID | None = None
    only_empty: bool = False  # sets only what is still empty


@dataclass(frozen=True)
class ImportResult:
    """What became of a row: created, updated, same (there was nothing to change), failed."""

    outcome: str
    record_id: UUID | None = None
    problems: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Importing:
    """
    How a kind's records come from files. `check(actor, rows)` answers for each row the values as they are stored, or the
    faults by field; `key_of(key, values)` what is compared ("" = nothing to compare); `find(actor, key, texts)` the ids in the actor's sight,
    None where several have the same; `write(actor, rows)` creates and changes them in the current act.
    """

    permission: Permission  # to create such records
    fields: Callable[[Actor], Sequence[ImportField]]
    keys: Sequence[ImportKey]
    check: Callable[[Actor, Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any] | Invalid]]
    key_of: Callable[[str, Mapping[str, Any]], str]
    find: Callable[[Actor, str, Sequence[str]], Mapping[str, UUID | None]]
    write: Callable[[Actor, Sequence[ImportRow]], Sequence[ImportResult]]


@dataclass(frozen=True)
class Matching:
    """
    How duplicates of a kind are found and merged. `sort` names the comparison ("company", "person"), `roles` says which
    column plays which part in it ("company": "company__name"). Of `fields` people choose whose value stays; `settle(survivor)`
    gives what else is to be set once all that referred to the others refers to the survivor.
    """

    sort: str
    roles: Mapping[str, str]
    fields: tuple[str, ...]
    settle: Callable[[Any], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class RecordKind:
    """
    How lower modules serve records they may not name. `fetch(actor, id)` refuses NotFound outside the actor's sight.
    Without `search` the kind is not found by the search box, without `importing` it does not come from files.
    """

    model: type[Record]
    label: Any
    plural: Any
    icon: str
    title: Callable[[Any], str]
    url: Callable[[UUID], str]
    fetch: Callable[[Actor, UUID], Record]
    search: Callable[[Any], SearchText] | None = None
    search_with: tuple[str, ...] = ()  # the related records that `search` reads too
    importing: Importing | None = None
    matching: Matching | None = None
    # what is written when a record that one of this kind refers to lives on in another: (record, column, survivor) ->
    # values; by default the reference, with the columns derived from it
    repoint: Callable[[Any, str, Record], Mapping[str, Any]] | None = None

    @property
    def name(self) -> str:
        return self.model.kind_name()


_kinds: dict[str, RecordKind] = {}


def register_kind(kind: RecordKind) -> None:
    _kinds[kind.name] = kind


def kind_named(name: str) -> RecordKind | None:
    return _kinds.get(name)


def kind_of(record: Record) -> RecordKind:
    return _kinds[record.kind_name()]


def all_kinds() -> list[RecordKind]:
    return [_kinds[name] for name in sorted(_kinds)]
