from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from embudo.kernel.actor import Actor
from embudo.kernel.record import Record


@dataclass(frozen=True)
class SearchText:
    """What the search box knows of a record: its title and subtitle as shown, and every word it is found by."""

    title: str
    subtitle: str = ""
    words: tuple[str, ...] = ()  # names, numbers, mail addresses, phones, tax ids


@dataclass(frozen=True)
class RecordKind:
    """
    How lower modules serve records they may not name. `fetch(actor, id)` refuses NotFound outside the actor's sight.
    Without `search` the kind is not found by the search box.
    """

    model: type[Record]
    label: Any
    plural: Any
    icon: str
    title: Callable[[Any], str]
    url: Callable[[UUID], str]
    fetch: Callable[[Actor, UUID], Record]
    search: Callable[[Any], SearchText] | None = None

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
