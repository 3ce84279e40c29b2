from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.attributes.forms.choosing import reference_field
from embudo.foundation.attributes.forms.file import CustomFileField
from embudo.foundation.attributes.queries import (
    definitions_for,
    editable_for,
    user_options,
)
from embudo.foundation.attributes.rules import AttributeType, Definition
from embudo.foundation.attributes.rules.values import LENGTHS, live_value
from embudo.foundation.ui.forms import Form, MoneyField, PhoneField
from embudo.foundation.ui.forms.base import finish_field
from embudo.kernel.actor import Actor
from embudo.kernel.filing import keeper

FieldMaker = Callable[[Definition, Actor], forms.Field]


class CustomForm(Form):
    """
    A record's form with the attributes that the organisation has defined for its `kind`. They come out as one value,
    `custom`, for the record's command.
    """

    kind: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.definitions = tuple(one for one in definitions_for(self.actor, self.kind) if self.asks(one))
        kept = getattr(self.record, "custom", None)
        for one in self.definitions:
            self.add(one, one.default if kept is None else kept.get(one.key))

    def asks(self, one: Definition) -> bool:
        is_file = one.type is AttributeType.FILE
        return editable_for(self.actor, one) and (not is_file or keeper().may_store(self.actor))

    def add(self, one: Definition, kept: Any) -> None:
        field = _FIELDS[one.type](one, self.actor)
        # the command asks for what is required, a tick that is missing means no
        field.label, field.help_text = str(one), one.help or field.help_text
        field.required = one.is_required and one.type is not AttributeType.YES_NO
        field.widget.is_required = field.required
        field.initial = live_value(one, kept)
        finish_field(one.name, field)
        self.fields[one.name] = field

    def clean(self) -> dict[str, Any]:
        typed = {
            one.key: self.cleaned_data.pop(one.name)
            for one in self.definitions
            if one.name in self.cleaned_data
        }
        data: dict[str, Any] = super().clean() or self.cleaned_data
        data["custom"] = {key: None if value is False else value for key, value in typed.items()}
        return data

    def grouped_custom(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """(heading, fields) of each section of custom attributes."""
        return [
            (section or gettext("Further details"), [self[one.name] for one in group])
            for section, group in groupby(self.definitions, key=lambda one: one.section)
        ]


def _text(one: Definition, _actor: Actor) -> forms.Field:
    longest = int(one.limits.get("max_length") or LENGTHS[one.type])
    return forms.CharField(max_length=longest)


def _long_text(_one: Definition, _actor: Actor) -> forms.Field:
    return forms.CharField(
        max_length=LENGTHS[AttributeType.LONG_TEXT], widget=forms.Textarea(attrs={"rows": 3})
    )


def _number(_one: Definition, _actor: Actor) -> forms.Field:
    attrs = {"class": "num", "inputmode": "decimal", "autocomplete": "off"}
    return forms.CharField(max_length=40, widget=forms.TextInput(attrs=attrs))


def _money(one: Definition, _actor: Actor) -> forms.Field:
    return MoneyField(currency=one.currency, may_be_negative=True, help_text=one.currency)


def _date(_one: Definition, _actor: Actor) -> forms.Field:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date", "class": "input num"}, format="%Y-%m-%d")
    )


def _datetime(_one: Definition, _actor: Actor) -> forms.Field:
    widget = forms.DateTimeInput(
        attrs={"type": "datetime-local", "class": "input num"}, format="%Y-%m-%dT%H:%M"
    )
    return forms.DateTimeField(widget=widget)


def _choice(one: Definition, _actor: Actor) -> forms.Field:
    return forms.ChoiceField(choices=[("", "—"), *_offered(one)])


def _offered(one: Definition) -> list[tuple[str, str]]:
    """Also those no longer offered, where a record still has one: the command lets it stay."""
    return [(choice.key, str(choice)) for choice in one.choices if choice.is_offered]


def _choices(one: Definition, _actor: Actor) -> forms.Field:
    return forms.MultipleChoiceField(choices=_offered(one), widget=forms.CheckboxSelectMultiple)


def _file(_one: Definition, actor: Actor) -> forms.Field:
    return CustomFileField(actor=actor)


def _reference(one: Definition, actor: Actor) -> forms.Field:
    return reference_field(actor, one.related)


def _user(_one: Definition, actor: Actor) -> forms.Field:
    return forms.ChoiceField(choices=[("", _("Nobody")), *user_options(actor)])


_FIELDS: Mapping[AttributeType, FieldMaker] = {
    AttributeType.TEXT: _text,
    AttributeType.LONG_TEXT: _long_text,
    AttributeType.NUMBER: _number,
    AttributeType.MONEY: _money,
    AttributeType.DATE: _date,
    AttributeType.DATETIME: _datetime,
    AttributeType.YES_NO: lambda _one, _actor: forms.BooleanField(),
    AttributeType.CHOICE: _choice,
    AttributeType.CHOICES: _choices,
    AttributeType.EMAIL: lambda _one, _actor: forms.EmailField(
        max_length=254, error_messages={"invalid": _("Enter an e-mail address such as name@example.com.")}
    ),
    AttributeType.PHONE: lambda _one, _actor: PhoneField(),
    AttributeType.URL: _text,
    AttributeType.FILE: _file,
    AttributeType.REFERENCE: _reference,
    AttributeType.USER: _user,
}
