from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.attributes.forms.choosing import colleague_field, reference_field
from embudo.foundation.attributes.queries import user_options
from embudo.foundation.editing.queries.inline import longest
from embudo.foundation.ui.forms import Form, LookupField, MoneyField, phone_text
from embudo.foundation.ui.forms.base import finish_field
from embudo.foundation.ui.forms.values import plain_value, value_field
from embudo.kernel.actor import Actor
from embudo.kernel.kind import ImportField
from embudo.kernel.money import Money

VALUE, EMPTY = "v_", "e_"  # in front of a field's name: its new value, and whether it is emptied


class EditForm(Form):
    """New values for some of a kind's fields; `offer()` says which. One that is left empty empties nothing unless that is ticked."""

    def offer(self, fields: Iterable[ImportField]) -> None:
        self.chosen = tuple(fields)
        people = user_options(self.actor) if any(one.type == "user" for one in self.chosen) else []
        for one in self.chosen:
            lookup = reference_field(self.actor, one.related) if one.type == "reference" else None
            field = value_field(one, people, lookup=lookup)
            field.required = not self.data.get(EMPTY + one.name)
            self.fields[VALUE + one.name] = field
            finish_field(VALUE + one.name, field)
            if not one.is_required and one.type != "yes_no":
                label = gettext("Empty it: %(label)s") % {"label": field.label}
                self.fields[EMPTY + one.name] = forms.BooleanField(label=label, required=False)
                finish_field(EMPTY + one.name, self.fields[EMPTY + one.name])

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        for one in self.chosen:
            if typed.get(EMPTY + one.name) and typed.get(VALUE + one.name) not in (None, "", []):
                self.add_error(VALUE + one.name, _("Either enter a value or tick “empty it”."))
        return typed

    def values(self) -> dict[str, Any]:
        """By the fields' own names, as JSON has them."""
        return {
            one.name: None
            if self.cleaned_data.get(EMPTY + one.name)
            else plain_value(one, self.cleaned_data[VALUE + one.name])
            for one in self.chosen
        }


class AssignForm(Form):
    owner = forms.ChoiceField(label=_("Owner"))

    def prepare(self) -> None:
        field: Any = self.fields["owner"]
        field.choices = [("", "—"), *user_options(self.actor)]

    def offer_nobody(self) -> None:
        """Where a record may be nobody's."""
        field: Any = self.fields["owner"]
        field.choices = [*field.choices, (NOBODY, gettext("Nobody"))]


NOBODY = "nobody"


class TagForm(Form):
    attribute = forms.ChoiceField(label=_("Tags of"))
    add = forms.MultipleChoiceField(label=_("Add"), required=False, widget=forms.CheckboxSelectMultiple)
    remove = forms.MultipleChoiceField(
        label=_("Take away"), required=False, widget=forms.CheckboxSelectMultiple
    )
    new = forms.CharField(
        label=_("Add a new tag"),
        required=False,
        max_length=80,
        help_text=_("It is offered to everybody from then on."),
    )

    def offer(self, known: Iterable[ImportField], chosen: ImportField, *, may_define: bool) -> None:
        fields: Any = self.fields
        fields["attribute"].choices = [(one.name, one.label) for one in known]
        fields["attribute"].initial = chosen.name
        if len(fields["attribute"].choices) == 1:
            fields["attribute"].widget = forms.HiddenInput()
        for side in ("add", "remove"):
            fields[side].choices = list(chosen.choices)
        if not chosen.choices:
            del fields["add"], fields["remove"]
        if not may_define:
            del fields["new"]


class ValueForm(Form):
    """One value's control, as its type wants it. `was` is the value that the person saw; `as_json()` what the command takes."""

    was = forms.JSONField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, field: ImportField, held: Any, label: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.described = field
        control = value_field(field, lookup=_lookup(self.actor, field))
        control.label, control.initial = label, _shown(field, held)
        _keep(control, held)
        _limit(control, longest(self.record, field))
        if field.type == "money":
            control.help_text = field.currency or (held["currency"] if isinstance(held, Mapping) else "")
        finish_field("value", control)
        self.fields["value"] = control
        self.fields["was"].initial = held

    def as_json(self) -> Any:
        return plain_value(self.described, self.cleaned_data.get("value"))


def _lookup(actor: Actor, field: ImportField) -> LookupField | None:
    """For what is chosen among many: it searches within what the actor may see."""
    if field.type == "user":
        return colleague_field(actor)
    return reference_field(actor, field.related) if field.type == "reference" else None


def _keep(control: Any, held: Any) -> None:
    """What the record has stays among the choices, also when it is offered no longer."""
    if not isinstance(control, forms.ChoiceField) or held is None or isinstance(held, bool):
        return
    offered: Any = control.choices
    missing = [str(one) for one in (held if isinstance(held, list) else [held])]
    control.choices = [
        *offered,
        *((one, one) for one in missing if one not in {str(key) for key, _ in offered}),
    ]


def _limit(control: forms.Field, longest_text: int | None) -> None:
    if isinstance(control, forms.CharField) and longest_text and isinstance(control.widget, forms.TextInput):
        control.widget.attrs["maxlength"] = str(min(longest_text, control.max_length or longest_text))


def _shown(field: ImportField, held: Any) -> Any:
    """What stands in the control at first."""
    if held in (None, ""):
        return held
    match field.type:
        case "money":
            minor, currency = (
                (held, field.currency) if isinstance(held, int) else (held["amount_minor"], held["currency"])
            )
            return MoneyField().prepare_value(Money(minor, currency))
        case "datetime":
            return datetime.fromisoformat(held)
        case "date":
            return date.fromisoformat(held)
        case "phone":
            return phone_text(str(held))
        case "yes_no":
            return "yes" if held else "no"
    return held


class RestoreForm(Form):
    """Nothing to fill in; `was` is the value that the person saw."""

    was = forms.JSONField(required=False, widget=forms.HiddenInput)
