"""
Files that are values of records. The record keeps what it needs to name one: id, name, size, type. A module further up keeps the files
themselves; it says so by `register_keeper`.
"""

from typing import Any, Protocol
from uuid import UUID

from embudo.kernel.actor import Actor
from embudo.kernel.custom import WithCustomValues
from embudo.kernel.record import Record


class Filing(dict[str, Any]):
    """
    What a record keeps of a file that is new to it. The file is stored, or taken from those that wait for a record, in the very act that
    writes the record: what is refused leaves nothing behind.
    """

    def __init__(self, facts: dict[str, Any], *, key: str, owner_id: UUID | None, upload: Any = None) -> None:
        super().__init__(facts)
        self.key, self.owner_id, self.upload = key, owner_id, upload
        self.is_kept = False


class Keeper(Protocol):
    """Who keeps the files."""

    def may_store(self, actor: Actor) -> bool:
        """Whether the actor may bring files at all."""

    def received(self, actor: Actor, key: str, file: Any) -> Filing:
        """A file that came with a form, checked but not stored. Refuses (Invalid) one that is not taken."""

    def waiting(self, actor: Actor, key: str, file_id: UUID) -> Filing | None:
        """A file that this actor has uploaded and that no record has yet."""

    def keep(self, record: Record, filing: Filing) -> None:
        """Stores the file, or takes it from those that wait, as the record's. Refuses (Invalid) one that was taken meanwhile."""

    def url(self, actor: Actor, file_id: str) -> str:
        """Where people download it; "" for whoever may not."""

    def address(self, file_id: str) -> str:
        """Where programs download it."""

    def extensions(self) -> tuple[str, ...]:
        """Of the types that are taken."""


_keepers: list[Keeper] = []


def register_keeper(one: Keeper) -> None:
    _keepers[:] = [one]


def keeper() -> Keeper:
    return _keepers[0]


def keep_files(record: Record) -> None:
    """Called with every write of a record's custom values."""
    if not isinstance(record, WithCustomValues):
        return
    for value in record.custom.values():
        if isinstance(value, Filing) and not value.is_kept:
            value.is_kept = True
            keeper().keep(record, value)
