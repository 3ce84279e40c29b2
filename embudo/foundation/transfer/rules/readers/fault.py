from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MOST_ROWS = 1_048_576
MOST_COLUMNS = 500
LONGEST_CELL = 100_000
Row = list[Any]  # its number in the file, then its cells as texts


class FileFault(Exception):
    """The file can't be read. `code` names the sentence that the person reads; `facts` stand in it."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code = code
        self.facts = facts
        super().__init__(code, facts)


@dataclass
class Table:
    """How a file is read, told first, and its rows."""

    format: str
    rows: Iterator[Row]
    told: dict[str, Any] = field(default_factory=dict)
