from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.access.queries import organisation, role_label, roles
from embudo.foundation.attributes.commands import AttributeChange
from embudo.foundation.attributes.queries import custom_kinds
from embudo.foundation.attributes.rules import AttributeType
from embudo.foundation.attributes.rules.definitions import written_choices
from embudo.foundation.ui.forms import Form
from embudo.kernel.kind import all_kinds

LANGUAGES = [code for code, _name in settings.LANGUAGES]
SET_ONCE = ("kind", "type", "key")
LIMITS = ("min", "max", "decimals", "max_length", "currency")


def _in_language(language: Any) -> str:
    return gettext("Label in %(language)s") % {"language": gettext(str(language))}


_label_in = lazy(_in_language, str)  # "Label in French", in the reader's language


def label_field(code: str) -> forms.CharField:
    name = dict(settings.LANGUAGES)[code]
    return forms.CharField(label=_label_in(name), max_length=80, required=False)


class AttributeForm(Form):
    """What can be said of an attribute. Which parts count depends on its type; the others are left as they are."""

    sections = (
        (_("Attribute"), ("kind", "label", "type", "key", "section", "order", "help")),
        (_("Values"), ("choices", "currency", "related", "min", "max", "decimals", "max_length", "default")),
        (_("Rules"), ("is_required", "is_unique", "is_searchable")),
        (_("Roles"), ("view_roles", "edit_roles")),
        (_("Languages"), tuple(f"label_{code}" for code in LANGUAGES)),
    )
    label = forms.CharField(label=_("Label"), max_length=80)
    section = forms.CharField(
        label=_("Section"), max_length=80, required=False, help_text=_("The heading it stands under.")
    )
    order = forms.IntegerField(
        label=_("Order"), min_value=0, max_value=9999, initial=100, required=False,
        help_text=_("Smaller numbers come first."),
    )  # fmt: skip
    help = forms.CharField(label=_("Help"), max_length=300, required=False)
    choices = forms.CharField(
        label=_("Choices"), max_length=20_000, required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("One a line. For choices only."),
    )  # fmt: skip
    currency = forms.CharField(
        label=_("Currency"), max_length=3, required=False, help_text=_("For money only, such as EUR.")
    )
    related = forms.ChoiceField(
        label=_("Names a record of the kind"), required=False, help_text=_("For references only.")
    )
    min = forms.CharField(label=_("Smallest value"), max_length=20, required=False)
    max = forms.CharField(label=_("Largest value"), max_length=20, required=False)
    decimals = forms.IntegerField(label=_("Decimal places"), min_value=0, max_value=6, required=False)
    max_length = forms.IntegerField(label=_("Most characters"), min_value=1, max_value=10_000, required=False)
    default = forms.CharField(label=_("Value of new records"), max_length=250, required=False)
    is_required = forms.BooleanField(label=_("Must be filled in"), required=False)
    is_unique = forms.BooleanField(label=_("No two records have the same"), required=False)
    is_searchable = forms.BooleanField(label=_("Found by the search box"), required=False)
    view_roles = forms.MultipleChoiceField(
        label=_("Seen by"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: everybody."),
    )
    edit_roles = forms.MultipleChoiceField(
        label=_("Changed by"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: everybody who may change the record."),
    )  # fmt: skip

    def prepare(self) -> None:
        known = [(one.slug, role_label(one.slug, one.name)) for one in roles(self.actor)]
        for name in ("view_roles", "edit_roles"):
            self.offer(name, known)
        kinds = [(one.name, capfirst(str(one.label))) for one in all_kinds()]
        self.offer("related", [("", "—"), *kinds])
        if self.record is None and not self.initial.get("currency"):
            self.initial["currency"] = organisation().currency

    def offer(self, name: str, choices: list[tuple[str, Any]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def grouped(self) -> list[tuple[Any, list[forms.BoundField]]]:
        return [
            (title, [self[name] for name in names if name in self.fields]) for title, names in self.sections
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        change = AttributeChange(
            label=data.get("label", ""),
            labels={code: data.get(f"label_{code}", "") for code in LANGUAGES},
            section=data.get("section", ""),
            order=data.get("order") if data.get("order") is not None else 100,  # type: ignore[arg-type]
            help=data.get("help", ""),
            is_required=bool(data.get("is_required")),
            is_unique=bool(data.get("is_unique")),
            is_searchable=bool(data.get("is_searchable")),
            default=data.get("default") or None,
            choices=data.get("choices", "") if self.type_of(data) in WITH_CHOICES else "",
            limits=self.limits(data),
            view_roles=tuple(data.get("view_roles") or ()),
            edit_roles=tuple(data.get("edit_roles") or ()),
        )
        once = {name: data[name] for name in SET_ONCE if name in self.fields and name in data}
        return {"change": change, **once}

    def type_of(self, data: dict[str, Any]) -> str:
        return str(self.record.type if self.record else data.get("type", ""))

    def limits(self, data: dict[str, Any]) -> dict[str, Any]:
        fitting = {
            AttributeType.NUMBER: ("min", "max", "decimals"),
            AttributeType.MONEY: ("min", "max", "currency"),
            AttributeType.TEXT: ("max_length",),
            AttributeType.LONG_TEXT: ("max_length",),
        }.get(AttributeType(self.type_of(data)) if self.type_of(data) else AttributeType.DATE, ())
        limits = {name: data.get(name) for name in fitting}
        if self.type_of(data) == AttributeType.REFERENCE:
            limits["kind"] = data.get("related")
        return limits


WITH_CHOICES = frozenset({AttributeType.CHOICE.value, AttributeType.CHOICES.value})

for _code in LANGUAGES:
    AttributeForm.base_fields[f"label_{_code}"] = label_field(_code)


class NewAttributeForm(AttributeForm):
    kind = forms.ChoiceField(label=_("Kind of record"))
    type = forms.ChoiceField(label=_("Type"), choices=AttributeType.choices)
    key = forms.CharField(
        label=_("Key"), max_length=40, required=False,
        help_text=_("How programs call it. Made from the label when left empty."),
    )  # fmt: skip

    def prepare(self) -> None:
        super().prepare()
        self.offer("kind", [(one.name, capfirst(str(one.plural))) for one in custom_kinds()])


def initial_of(attribute: Any) -> dict[str, Any]:
    """What stands in the form of an attribute that is there."""
    one = attribute.definition
    default = one.default
    return {
        "label": one.label, "section": one.section, "order": attribute.order, "help": one.help,
        "choices": written_choices(one.choices), "related": one.related, "default": _default_text(default),
        "is_required": one.is_required, "is_unique": one.is_unique, "is_searchable": one.is_searchable,
        "view_roles": list(one.view_roles), "edit_roles": list(one.edit_roles),
        **{name: one.limits.get(name, "") for name in LIMITS},
        **{f"label_{code}": one.labels.get(code, "") for code in LANGUAGES},
    }  # fmt: skip


def _default_text(default: Any) -> str:
    if default is None:
        return ""
    return ", ".join(map(str, default)) if isinstance(default, list) else str(default)
