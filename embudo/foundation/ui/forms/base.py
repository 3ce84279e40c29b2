from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.forms.widgets import Input
from django.utils.translation import gettext

from embudo.kernel.actor import ANONYMOUS, Actor

WIDGET_CLASSES: Mapping[type[forms.Widget], str] = {
    forms.Textarea: "textarea",
    forms.SelectMultiple: "select",
    forms.Select: "select",
    forms.CheckboxInput: "check",
    forms.FileInput: "input",
    Input: "input",
}
MAX_TEXT = 10_000


class Form(forms.Form):
    """
    The base of every form: field and error texts say what to do ("Enter the last name."), every text has a limit, NUL is
    refused. `actor` and `record` are there for choices; override `prepare()` to set them.
    """

    def __init__(self, *args: Any, actor: Actor = ANONYMOUS, record: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.record = actor, record
        for name, field in self.fields.items():
            finish_field(name, field)
        self.prepare()

    def prepare(self) -> None:
        """Runs once the fields exist: narrow choices, set hints."""


class EmptyForm(Form):
    """A form without fields: the answer is the button."""


def finish_field(name: str, field: forms.Field) -> None:
    """Gives a field the design's look, its default texts and its limit."""
    widget = field.widget
    look = next((cls for kind, cls in WIDGET_CLASSES.items() if isinstance(widget, kind)), "")
    if look and look not in widget.attrs.get("class", "").split():
        widget.attrs["class"] = f"{look} {widget.attrs.get('class', '')}".strip()
    widget.use_required_attribute = lambda _initial: False
    if field.required and not isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        widget.attrs.setdefault("aria-required", "true")
    if isinstance(field, forms.CharField) and field.max_length is None:
        limit_text(field)
    if field.label is None:
        field.label = name.replace("_", " ").capitalize()
    say_what_to_do(field)


def limit_text(field: forms.CharField) -> None:
    field.max_length = MAX_TEXT if isinstance(field.widget, forms.Textarea) else 200
    field.widget.attrs.setdefault("maxlength", str(field.max_length))
    field.validators.append(MaxLengthValidator(field.max_length))


def say_what_to_do(field: forms.Field) -> None:
    """Puts our texts in place of Django's own; texts that the form gave stay."""
    stock = forms.Field.default_error_messages["required"]
    if field.error_messages.get("required") != stock and str(field.error_messages.get("required")) != str(
        stock
    ):
        return
    field.error_messages["required"] = required_text(field)


def required_text(field: forms.Field) -> Any:
    label = str(field.label)
    named = label if label[:2].isupper() else label[:1].lower() + label[1:]
    if isinstance(field, forms.BooleanField):
        return gettext("Tick “%(label)s” to go on.") % {"label": label}
    if isinstance(field, forms.FileField):
        return gettext("Choose a file for the %(label)s.") % {"label": named}
    if isinstance(field, forms.ChoiceField) or getattr(field, "is_choice", False):
        return gettext("Choose the %(label)s.") % {"label": named}
    return gettext("Enter the %(label)s.") % {"label": named}
