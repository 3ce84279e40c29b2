"""Rings when an act has been committed: who follows the log need not wait for their next look at it."""

from collections.abc import Callable

from django.db import transaction

Ear = Callable[[], object]
_ears: list[Ear] = []


def hear(ear: Ear) -> None:
    """`ear` is called after every commit of this process that wrote to the log; it must be quick and raise nothing."""
    _ears.append(ear)


def ring_on_commit() -> None:
    if _ears:
        transaction.on_commit(_ring)


def _ring() -> None:
    for ear in _ears:
        ear()
