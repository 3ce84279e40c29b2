from dataclasses import dataclass

from embudo.kernel.event import Event


@dataclass(frozen=True)
class ListExported(Event):
    """`address` is the list with its filters, as it was seen."""

    title: str
    address: str
    rows: int
    format: str
