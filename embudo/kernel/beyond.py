"""
What was found to be more than the limit up to which people are told a number. Counting on to 10,000 once more whenever somebody
turns a page finds out nothing new, and takes PostgreSQL longer than the page itself: it reads each row, for no index of an
expression answers alone there. Kept in the memory of each process for half a minute; a number that is told in full is
always counted.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from django.core.cache import cache
from django.db import connections

KEPT_FOR = 30  # seconds


def statement_key(purpose: str, alias: str, sql: str, params: Sequence[Any]) -> str:
    """Of the statement with its values (they say whose sight it is), in this database."""
    words = repr((connections[alias].settings_dict["NAME"], sql, tuple(params)))
    return f"{purpose}:{sha256(words.encode()).hexdigest()}"


def is_beyond(key: str) -> bool:
    return bool(cache.get(key))


def keep_beyond(key: str) -> None:
    cache.set(key, 1, KEPT_FOR)
