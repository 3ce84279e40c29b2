from typing import Any

from django.db.models import CharField, QuerySet, Value


def together(**parts: QuerySet[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Several querysets of the same columns (`values_list`) read by one statement; the rows of each under its name."""
    found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in parts}
    named = [
        rows.order_by().annotate(part=Value(name, output_field=CharField())) for name, rows in parts.items()
    ]
    if not named:
        return found
    for *row, name in named[0].union(*named[1:], all=True) if len(named) > 1 else named[0]:
        found[name].append(tuple(row))
    return found
