from typing import Any
from uuid import UUID

from embudo.foundation.attributes.queries import definitions, searched_words
from embudo.foundation.search import rules
from embudo.foundation.search.models import SearchEntry
from embudo.kernel import clock
from embudo.kernel.erasing import Erased
from embudo.kernel.kind import RecordKind, all_kinds, kind_named

CHUNK = 500
DERIVED = ["owner_id", "title", "subtitle", "text", "indexed"]

# The index is derived from the records and may be thrown away at any time: it is written without an act of its own.


def index_records(kind_name: str, ids: set[UUID]) -> int:
    """Brings the entries of these records up to date; those of records that are gone are removed."""
    kind = kind_named(kind_name)
    if kind is None or kind.search is None:
        return 0
    found = kind.model._base_manager.filter(pk__in=ids)
    records: list[Any] = list(found.select_related(*kind.search_with) if kind.search_with else found)
    known = definitions(kind_name) if any(getattr(record, "custom", None) for record in records) else ()
    _write([_entry(kind, record, searched_words(record, known) if known else ()) for record in records])
    gone = ids - {record.pk for record in records}
    if gone:
        SearchEntry.objects.filter(kind=kind_name, record_id__in=gone).delete()
    return len(records)


def _write(entries: list[SearchEntry]) -> None:
    SearchEntry.objects.bulk_create(
        entries, update_conflicts=True, unique_fields=["kind", "record_id"], update_fields=DERIVED
    )


def _entry(kind: RecordKind, record: Any, further: tuple[str, ...]) -> SearchEntry:
    known = kind.search(record) if kind.search else None
    assert known is not None  # noqa: S101 - index_records looked
    owner: Any = getattr(record, "owner_id", None)
    return SearchEntry(
        kind=kind.name,
        record_id=record.pk,
        owner_id=owner,
        title=known.title[:200],
        subtitle=known.subtitle[:200],
        text=rules.folded_words(known.title, known.subtitle, (*known.words, *further)),
        indexed=clock.now(),
    )


def forget_erased(erased: Erased) -> None:
    """At once, not when the log is followed: what was erased is found no more."""
    SearchEntry.objects.filter(record_id__in=erased.ids).delete()


def index_everything() -> int:
    """Builds the index anew from all records, for instance after an import by other means; returns how many."""
    total = 0
    for kind in all_kinds():
        if kind.search is None:
            continue
        ids = list(kind.model._base_manager.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), CHUNK):
            total += index_records(kind.name, set(ids[start : start + CHUNK]))
    return total
