import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Control:
    """Something plain, measured in the same run, and what it took on the machine that the reaches are for."""

    what: str
    measured: float
    figure: float
    is_rate: bool = False

    @property
    def factor(self) -> float:
        """By how much this machine, now, is slower; never below 1."""
        slower = self.figure / self.measured if self.is_rate else self.measured / self.figure
        return max(slower, 1.0)


@dataclass(frozen=True)
class Row:
    what: str
    value: float
    unit: str
    reach: float
    control: Control | None = None
    is_rate: bool = False  # more is better

    @property
    def factor(self) -> float:
        return self.control.factor if self.control else 1.0

    @property
    def judged(self) -> float:
        """The value as an idle machine would have it."""
        return self.value * self.factor if self.is_rate else self.value / self.factor

    @property
    def ok(self) -> bool:
        return self.judged >= self.reach if self.is_rate else self.judged <= self.reach

    def as_json(self) -> dict[str, object]:
        measured = self.control.measured if self.control else None
        return {
            "what": self.what,
            "value": round(self.value, 3),
            "unit": self.unit,
            "control": None if measured is None else round(measured, 3),
            "ratio": round(self.value / measured, 3) if measured else None,
            "reach": self.reach,
            "ok": self.ok,
        }


def as_measured(database: dict[str, Any]) -> dict[str, Any]:
    """SQLite as it was when the control's figures were taken."""
    if start := database["OPTIONS"].get("init_command"):
        database["OPTIONS"]["init_command"] = start.replace("synchronous=FULL", "synchronous=NORMAL")
    return database


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def middle(values: Iterable[float]) -> float:
    return median(list(values))


def save(rows: Sequence[Row], path: str) -> None:
    with open(path, "w", encoding="utf-8") as file:  # noqa: PTH123 - /dev/stdout and the like too
        json.dump([asdict(row) for row in rows], file)


def load(path: str) -> list[Row]:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        kept = json.load(file)
    return [Row(**{**row, "control": Control(**row["control"]) if row["control"] else None}) for row in kept]


HEAD = ("what", "value", "unit", "control", "ratio", "factor", "judged", "reach", "")


def table(rows: Sequence[Row]) -> str:
    """For reading: the value, the control beside it, and whether value / factor keeps the reach."""
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(HEAD))]
    aligned = [
        "  ".join(
            cell.ljust(width) if number in (0, 2, 8) else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
    controls = {row.control for row in rows if row.control}
    notes = [
        f"control: {one.what}: {one.measured:.2f} here, {one.figure:g} on an idle machine; factor {one.factor:.2f}"
        for one in sorted(controls, key=lambda one: one.what)
    ]
    return "\n".join([*(line.rstrip() for line in aligned), "", *notes])


def _cells(row: Row) -> tuple[str, ...]:
    control = row.control
    return (
        row.what,
        f"{row.value:,.1f}",
        row.unit,
        f"{control.measured:,.1f}" if control else "-",
        f"{row.value / control.measured:.2f}" if control else "-",
        f"{row.factor:.2f}",
        f"{row.judged:,.1f}",
        f"{'>=' if row.is_rate else '<='} {row.reach:g}",
        "ok" if row.ok else "MISSED",
    )
