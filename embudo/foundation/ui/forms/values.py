"""The form field of one value that is set outside its record's form: in a list, or on many records at once."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from babel.core import Locale, UnknownLocaleError
from django import forms
from django.utils.translation import get_language, gettext, gettext_lazy as _

from embudo.foundation.ui.forms.base import finish_field
from embudo.kernel.event import plain
from embudo.kernel.kind import ImportField

People = Sequence[tuple[str, Any]]
YES, NO = "yes", "no"
DIGITS = {"class": "num", "autocomplete": "off"}


def value_field(one: ImportField, people: People = (), *, lookup: forms.Field | None = None) -> forms.Field:
    """`people` are those whom a field of type user may name; `lookup` is the field that chooses among many."""
    field = lookup or MAKERS.get(one.type, _text)(one, people)
    label = str(one.label)
    field.label, field.required = f"{label[:1].upper()}{label[1:]}", one.is_required
    finish_field(one.name, field)
    return field


def plain_value(one: ImportField, cleaned: Any) -> Any:
    """What the field's form gave, as JSON has it: what a kind's `editing` checks."""
    if one.type == "yes_no":
        return {YES: True, NO: False}.get(str(cleaned))
    return plain(cleaned)


def _text(_one: ImportField, _people: People) -> forms.Field:
    return forms.CharField(max_length=500)


def _long_text(_one: ImportField, _people: People) -> forms.Field:
    return forms.CharField(max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}))


def _input(kind: str, *, is_digits: bool = False) -> Callable[[ImportField, People], forms.Field]:
    attrs = {**(DIGITS if is_digits else {}), "type": kind}
    return lambda _one, _people: forms.CharField(max_length=254, widget=forms.TextInput(attrs=attrs))


def _number(_one: ImportField, _people: People) -> forms.Field:
    return forms.CharField(max_length=40, widget=forms.TextInput(attrs={**DIGITS, "inputmode": "decimal"}))


def _money(one: ImportField, people: People) -> forms.Field:
    field = _number(one, people)
    field.help_text = one.currency or _("In each record's own currency; write the code with it for another.")
    return field


def _date(_one: ImportField, _people: People) -> forms.Field:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "class": "input num"}, format="%Y-%m-%d")
    )


def _datetime(_one: ImportField, _people: People) -> forms.Field:
    attrs = {"type": "datetime-local", "class": "input num"}
    return forms.DateTimeField(widget=forms.DateTimeInput(attrs=attrs, format="%Y-%m-%dT%H:%M"))


def _yes_no(_one: ImportField, _people: People) -> forms.Field:
    return forms.ChoiceField(choices=[("", "—"), (YES, gettext("yes")), (NO, gettext("no"))])


def _choice(one: ImportField, _people: People) -> forms.Field:
    return forms.ChoiceField(choices=[("", "—"), *((str(key), label) for key, label in one.choices)])


def _choices(one: ImportField, _people: People) -> forms.Field:
    chosen = [(str(key), label) for key, label in one.choices]
    return forms.MultipleChoiceField(choices=chosen, widget=forms.CheckboxSelectMultiple)


def _country(_one: ImportField, _people: People) -> forms.Field:
    return forms.ChoiceField(choices=[("", "—"), *_countries(get_language() or "en")])


@cache
def _countries(language: str) -> list[tuple[str, str]]:
    try:
        names = Locale.parse(language, sep="-").territories
    except UnknownLocaleError:
        names = Locale("en").territories
    known = [(code, str(name)) for code, name in names.items() if len(code) == 2 and code.isalpha()]
    return sorted(known, key=lambda one: one[1])


def _user(_one: ImportField, people: People) -> forms.Field:
    return forms.ChoiceField(choices=[("", _("Nobody")), *people])


MAKERS: Mapping[str, Callable[[ImportField, People], forms.Field]] = {
    "long_text": _long_text,
    "email": _input("email"),
    "phone": _input("tel", is_digits=True),
    "url": _input("text"),
    "number": _number,
    "money": _money,
    "date": _date,
    "datetime": _datetime,
    "yes_no": _yes_no,
    "choice": _choice,
    "choices": _choices,
    "country": _country,
    "user": _user,
}
