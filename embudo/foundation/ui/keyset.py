"""Keyset pages are the kernel's: REST pages by them too."""

from embudo.kernel.keyset import (
    COUNT_LIMIT,
    KeysetPage,
    SortOrder,
    capped_count,
    keyset_page,
    order_of,
    read_cursor,
    write_cursor,
)

__all__ = [
    "COUNT_LIMIT",
    "KeysetPage",
    "SortOrder",
    "capped_count",
    "keyset_page",
    "order_of",
    "read_cursor",
    "write_cursor",
]
