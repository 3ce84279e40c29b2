"""Rows of fields that repeat in a form, without script: buttons send the form, which comes back with a row more or less."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from embudo.foundation.ui.forms.base import finish_field


@dataclass(frozen=True)
class Row:
    """One row as it is drawn: its number as people count, and its fields by part."""

    number: int
    fields: Mapping[str, BoundField]


@dataclass(frozen=True)
class Rows:
    """`blank` rows stand below those in use; `quiet` parts alone do not make a row one that is in use."""

    key: str
    parts: tuple[str, ...]
    most: int
    blank: int = 1
    quiet: tuple[str, ...] = ()

    def name(self, number: int, part: str) -> str:
        return f"{self.key}-{number}-{part}"

    @property
    def counter(self) -> str:
        """The hidden field that says how many rows the page has."""
        return f"{self.key}-rows"

    def count(self, given: Mapping[str, Any], known: int = 0) -> int:
        """How many rows to draw: as the page says, else for those known and the blank ones."""
        text = str(given.get(self.counter, ""))
        asked = int(text) if text.isdecimal() and len(text) < 5 else 0
        return min(self.most, max(1, asked or known + self.blank))

    def build(self, form: forms.Form, fields_of: Callable[[int], Mapping[str, forms.Field]], n: int) -> None:
        for number in range(n):
            for part, field in fields_of(number).items():
                form.fields[self.name(number, part)] = field
                finish_field(part, field)

    def drawn(self, form: forms.Form, n: int) -> list[Row]:
        return [
            Row(number + 1, {part: form[self.name(number, part)] for part in self.parts})
            for number in range(n)
        ]

    def taken(self, cleaned: dict[str, Any], n: int) -> list[tuple[int, dict[str, Any]]]:
        """Takes the rows out of the cleaned data: (number, its values) of those in use."""
        found = []
        for number in range(n):
            values = {part: cleaned.pop(self.name(number, part), None) for part in self.parts}
            loud = [value for part, value in values.items() if part not in self.quiet]
            if any(value not in (None, "", 0, False) for value in loud):
                found.append((number, values))
        return found

    def initial(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {
            self.name(number, part): row.get(part) for number, row in enumerate(rows) for part in self.parts
        }

    def changed(self, typed: Mapping[str, Any]) -> dict[str, Any] | None:
        """What was typed, with a row more or without one; None where no button of these rows was pressed."""
        given, rows = dict(typed), self.count(typed)
        key, _mark, gone = str(typed.get("remove", "")).partition(":")
        if typed.get("more") == self.key:
            return given | {self.counter: min(self.most, rows + 1)}
        if key != self.key or not gone.isdecimal() or len(gone) > 4 or int(gone) >= rows:
            return None
        for number in range(int(gone), rows):
            for part in self.parts:
                given[self.name(number, part)] = typed.get(self.name(number + 1, part), "")
        return given | {self.counter: max(1, rows - 1)}

    def focus(self, typed: Mapping[str, Any]) -> str:
        """The field that a person goes on with after a button was pressed."""
        _key, _mark, gone = str(typed.get("remove", "")).partition(":")
        rows = self.count(typed)
        number = (
            min(int(gone), max(0, rows - 2))
            if gone.isdecimal() and len(gone) < 5
            else min(self.most - 1, rows)
        )
        return self.name(number, self.parts[0])

    def field_at(self, rest: str, used: Sequence[int]) -> str:
        """ "1.limit" (of the rows in use) as the name of the field that was filled in; "" where there is none."""
        number, _dot, part = rest.partition(".")
        if not part or not number.isdecimal() or int(number) >= len(used):
            return ""
        return self.name(used[int(number)], part)
