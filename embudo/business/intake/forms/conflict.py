from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict

from embudo.business.intake.forms.entering import Change, EntryForm

Plain = str | list[str]


def plain(bound: BoundField, value: Any) -> Plain:
    """A field's value as its control holds it: one text, or several."""
    widget = bound.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return "on" if value else ""
    if isinstance(widget, forms.CheckboxSelectMultiple | forms.SelectMultiple):
        return sorted(str(one) for one in value or ())
    shown = widget.format_value(bound.field.prepare_value(value))
    if isinstance(shown, list | tuple):
        shown = shown[0] if shown else ""
    return "" if shown is None else str(shown).replace("\r\n", "\n").strip()


def compared(form: EntryForm) -> list[BoundField]:
    """Files are chosen anew each time."""
    return [one for one in form.asked_fields if not isinstance(one.field, forms.FileField)]


def shown_values(form: EntryForm) -> dict[str, Plain]:
    """What stands in the controls of a form that was just opened."""
    return {one.name: plain(one, one.initial) for one in compared(form)}


class Conflict:
    """
    Somebody else changed the record while this form was open. `data` is what the form holds from now on: their values where nothing
    else was typed here, else one's own; `changes` tells of both.
    """

    def __init__(self, fresh: EntryForm, typed: Any, seen: Mapping[str, Any]) -> None:
        self.data: QueryDict = typed.copy()
        self.changes: dict[str, Change] = {}
        now = shown_values(fresh)
        for one in compared(fresh):
            name = one.name
            mine = plain(one, one.field.widget.value_from_datadict(typed, {}, name))
            before = seen.get(name, mine)
            if before == now[name] or mine == now[name]:
                continue
            is_taken = mine == before
            if is_taken:
                self.put(name, now[name])
            self.changes[name] = Change(
                _words(one, before), _words(one, now[name]), _typed(now[name]), is_taken
            )

    def put(self, name: str, value: Plain) -> None:
        if isinstance(value, list):
            self.data.setlist(name, value)
        elif value:
            self.data[name] = value
        else:
            self.data.pop(name, None)


def _typed(value: Plain) -> str:
    return "" if isinstance(value, list) else value


def _words(bound: BoundField, value: Plain) -> str:
    """As it reads: a choice by its label."""
    choices = dict(getattr(bound.field, "choices", ()))
    parts = value if isinstance(value, list) else [value]
    label_of = getattr(bound.field.widget, "label_of", None)
    named = [str(choices.get(one) or (label_of(one) if label_of and one else one)) for one in parts]
    return ", ".join(one for one in named if one) or "—"
