from collections.abc import Sequence
from uuid import UUID

from embudo.foundation.duplicates.models import Redirect
from embudo.kernel.prepared import Prepared

MOST_STEPS = 20  # a record merged into one that was merged later, and so on


def survivor_of(record_id: UUID) -> tuple[str, UUID] | None:
    """Kind and id of the record that this one lives on in, through all later merges."""
    found: tuple[str, UUID] | None = None
    for _step in range(MOST_STEPS):
        row = (
            Redirect.objects.filter(old_id=found[1] if found else record_id)
            .values_list("kind", "survivor_id")
            .first()
        )
        if row is None:
            return found
        found = row
    return found


def former_ids(kind: str, record_id: UUID) -> Sequence[UUID]:
    """The ids of all records that were merged into this one, directly or before."""
    level = found = [old_id for (old_id,) in MERGED_INTO.rows(kind=kind, survivor=record_id)]
    for _step in range(MOST_STEPS - 1):
        if not level:
            break
        rows = Redirect.objects.filter(kind=kind, survivor_id__in=level).order_by("created")
        level = list(rows.values_list("old_id", flat=True))
        found = found + level
    return found


MERGED_INTO = Prepared(
    lambda kind, survivor: Redirect.objects.filter(kind=kind, survivor_id=survivor)
    .order_by("created").values_list("old_id")
)  # fmt: skip
