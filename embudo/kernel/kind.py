from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model

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
    A value that a file may bring, or that is edited outside its form. `type` says how it is read: text, long_text, email, phone, url,
    code, number, money, yes_no, date, datetime, country, choice, choices, user, reference. `words` are what such columns are called, in any language and spelling.
    """

    name: str
    label: Any
    type: str = "text"
    words: tuple[str, ...] = ()
    is_required: bool = False
    choices: tuple[tuple[str, Any], ...] = ()
    is_unique: bool = False  # no two records have the same: nothing to be set on many at once
    currency: str = ""  # of an amount; "" is the record's own
    related: str = ""  # the kind of record that a reference names
    is_single: bool = False  # it is set on one record at a time


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
    empties: bool = False  # an empty value clears what is held
    version: int | None = None  # as it was read: a record that somebody changed since is left alone


@dataclass(frozen=True)
class ImportResult:
    """What became of a row: created, updated, same (there was nothing to change), failed."""

    outcome: str
    record_id: UUID | None = None
    problems: tuple[Any, ...] = ()


@dataclass(frozen=True)
class LikeRecord:
    """A known record that a row may be about, and how sure that is, of 100."""

    record_id: UUID
    percent: int


@dataclass(frozen=True)
class Within:
    """
    Where a kind's rows always become part of something: `choices(actor)` names by id what is open to the actor, `title(actor, id)`
    what one of them is called, and `importing(actor, id)` says how rows become part of it. Both refuse NotFound.
    """

    label: Any
    choices: Callable[[Actor], Sequence[tuple[str, Any]]]
    title: Callable[[Actor, str], str]
    importing: Callable[[Actor, str], "Importing"]


@dataclass(frozen=True)
class Importing:
    """
    How a kind's records come from files. `check(actor, rows)` answers for each row the values as they are stored, or the
    faults by field; `key_of(key, values)` what is compared ("" = nothing to compare); `find(actor, key, texts)` the ids in the actor's sight,
    None where several have the same; `write(actor, rows)` creates and changes them in the current act. `alike(actor, rows)` says of
    checked rows that no key finds which known record each looks like most. With `within` all this is said for each of its choices;
    `is_only_new` rows change no known records and belong to who brings them.
    """

    permission: Permission  # to create such records
    fields: Callable[[Actor], Sequence[ImportField]]
    keys: Sequence[ImportKey]
    check: Callable[[Actor, Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any] | Invalid]]
    key_of: Callable[[str, Mapping[str, Any]], str]
    find: Callable[[Actor, str, Sequence[str]], Mapping[str, UUID | None]]
    write: Callable[[Actor, Sequence[ImportRow]], Sequence[ImportResult]]
    alike: Callable[[Actor, Sequence[Mapping[str, Any]]], Sequence[LikeRecord | None]] | None = None
    own_keys: Callable[[Actor], Sequence[ImportKey]] | None = (
        None  # those of what an organisation defined itself
    )
    within: Within | None = None
    is_only_new: bool = False

    def keys_for(self, actor: Actor) -> Sequence[ImportKey]:
        """The surest first: the id, what no two records share, then the others."""
        return (*self.keys[:1], *(self.own_keys(actor) if self.own_keys else ()), *self.keys[1:])


@dataclass(frozen=True)
class Editing:
    """
    How values of known records are set outside their own form. `fields(actor)` are those the actor may set, "owner" among them
    for who may hand records over. `check(actor, rows)` answers for each row the values as they are stored, or the faults by field:
    a row says its record's "id" and the new values as JSON has them (days in ISO form, users as ids, several choices as a
    list); None, "" and [] empty a field. `write(actor, rows)` sets them in the current act, else in one of its own.
    """

    permission: Permission  # to change such records
    fields: Callable[[Actor], Sequence[ImportField]]
    check: Callable[[Actor, Sequence[Mapping[str, Any]]], Sequence[Mapping[str, Any] | Invalid]]
    write: Callable[[Actor, Sequence[ImportRow]], Sequence[ImportResult]]
    owner_permission: Permission | None = None  # to hand them over

    def is_for(self, actor: Actor) -> bool:
        """Whether the actor may set anything at all, on whichever records."""
        return actor.may(self.permission) or self.may_hand_over(actor)

    def may_hand_over(self, actor: Actor) -> bool:
        return self.owner_permission is not None and actor.may(self.owner_permission)


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
class Erasing:
    """
    Whose personal data somebody may ask to erase. `names` are the columns by whose values they are known; with
    `follows` a record is erased together with the one that such a column names. `blank(record)` gives what is written where the
    record itself has to stay; without it the erasure is refused then.
    """

    names: tuple[str, ...]
    follows: tuple[str, ...] = ()
    blank: Callable[[Any], Mapping[str, Any]] | None = None


@dataclass(frozen=True)
class Recycling:
    """
    How records of a kind are deleted. Rows of the models in `parts` that refer to one go along, as do all that a foreign key
    with CASCADE names and all that is about it. References of others are emptied where SET_NULL says so or their kind
    `loosens` that column; every other one forbids the deletion. `check(record)` refuses further; `files(record)` names its files.
    """

    permission: Permission
    parts: tuple[type[Record], ...] = ()
    loosens: tuple[str, ...] = ()
    check: Callable[[Any], None] | None = None
    files: Callable[[Any], Sequence[str]] | None = None
    erasing: Erasing | None = None
    mentions: tuple[
        str, ...
    ] = ()  # columns in which people may have written the name of somebody who is erased


@dataclass(frozen=True)
class RecordKind:
    """
    How lower modules serve records they may not name. `fetch(actor, id)` refuses NotFound outside the actor's sight.
    Without `search` the kind is not found by the search box, without `importing` it does not come from files, without `editing`
    its records are changed by their own forms alone.
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
    editing: Editing | None = None
    matching: Matching | None = None
    # what is written when a record that one of this kind refers to lives on in another: (record, column, survivor) ->
    # values; by default the reference, with the columns derived from it
    repoint: Callable[[Any, str, Record], Mapping[str, Any]] | None = None
    recycling: Recycling | None = None  # without it such records are never deleted
    erased_with: Erasing | None = None  # such a record stays, blanked, when one that it `follows` is erased
    tells_itself: bool = False  # its own page tells all that happens to it, and that is very much

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


@dataclass(frozen=True)
class Lasting:
    """Rows that are never removed, what they are called, and the sentence that says what to do instead."""

    plural: Any
    remedy: Any


_lasting: dict[type[Model], Lasting] = {}


def register_lasting(model: type[Model], plural: Any, remedy: Any) -> None:
    """What such rows name can't be deleted either."""
    _lasting[model] = Lasting(plural, remedy)


def lasting(model: type[Model]) -> Lasting | None:
    return _lasting.get(model)


def all_kinds() -> list[RecordKind]:
    return [_kinds[name] for name in sorted(_kinds)]
