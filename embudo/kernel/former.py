from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import kind_named

# Records that were merged live on in another. Which did, the module that merges knows; it says so here, below all others.
Survivor = Callable[[UUID], tuple[str, UUID] | None]
Former = Callable[[str, UUID], Sequence[UUID]]
ID_LENGTH = 36
_survivor: list[Survivor] = []
_former: list[Former] = []


def register_former(survivor: Survivor, former: Former) -> None:
    _survivor[:], _former[:] = [survivor], [former]


def survivor_of(record_id: UUID) -> tuple[str, UUID] | None:
    """Kind and id of the record that a merged one lives on in; None for one that was not merged."""
    return _survivor[0](record_id) if _survivor else None


@dataclass(frozen=True)
class Gone:
    """What is said to somebody who asks for a deleted record and may know of it; `url` is where it can be restored."""

    text: str
    url: str = ""


Deleted = Callable[[Actor, UUID], Gone | None]
_deleted: list[Deleted] = []


def register_deleted(deleted: Deleted) -> None:
    _deleted[:] = [deleted]


def gone_of(request: HttpRequest, actor: Actor) -> Gone | None:
    """What is known to this actor of the record that an address names and that was deleted."""
    match = request.resolver_match
    if not _deleted or not actor.is_known or match is None:
        return None
    ids = [record_id for value in match.kwargs.values() if (record_id := _id(value))]
    return next((found for record_id in ids if (found := _deleted[0](actor, record_id))), None)


def also_known_as(kind: str, record_id: UUID) -> list[UUID]:
    """The record's id and those of all that were merged into it: what its history is read by."""
    known = _known.get()
    if known is not None and (kind, record_id) in known:
        return list(known[kind, record_id])
    found = [record_id, *(_former[0](kind, record_id) if _former else ())]
    if known is not None:
        known[kind, record_id] = tuple(found)
    return found


_known: ContextVar[dict[tuple[str, UUID], tuple[UUID, ...]] | None] = ContextVar("former", default=None)


@contextmanager
def looked_up_once() -> Iterator[None]:
    """Inside, each record's former ids are asked for once: while the parts of one page about it are drawn."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def new_address(request: HttpRequest, actor: Actor) -> str:
    """
    Where a page about a merged record stands now, its query kept; "" when none of the address's ids was merged, or
    into a record that this actor may not see. For reading only.
    """
    match = request.resolver_match
    if request.method not in ("GET", "HEAD") or match is None or not match.kwargs:
        return ""
    path, was = request.path, request.path
    for value in match.kwargs.values():
        if record_id := _id(value):
            path = path.replace(str(value), str(_living(actor, record_id)))
    if path == was:
        return ""
    query = request.META.get("QUERY_STRING", "")
    return f"{path}?{query}" if query else path


def _id(value: object) -> UUID | None:
    """The API's addresses give ids as texts."""
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) and len(value) == ID_LENGTH else None
    except ValueError:
        return None


def _living(actor: Actor, record_id: UUID) -> UUID:
    """The record it lives on in, where this actor may see that."""
    found = survivor_of(record_id)
    kind = kind_named(found[0]) if found else None
    if found is None or kind is None:
        return record_id
    try:
        return kind.fetch(actor, found[1]).pk
    except NotFound:
        return record_id
