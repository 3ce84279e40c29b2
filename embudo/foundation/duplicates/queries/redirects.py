from collections.abc import Sequence
from uuid import UUID

from embudo.foundation.duplicates.models import Redirect

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
    found: list[UUID] = []
    level = [record_id]
    for _step in range(MOST_STEPS):
        rows = Redirect.objects.filter(kind=kind, survivor_id__in=level).order_by("created")
        level = list(rows.values_list("old_id", flat=True))
        if not level:
            break
        found += level
    return found
