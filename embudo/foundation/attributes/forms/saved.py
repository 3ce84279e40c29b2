from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.access.queries import role_label, roles
from embudo.foundation.attributes.models import Density, Scope
from embudo.foundation.attributes.permissions import SHARE_VIEWS
from embudo.foundation.ui.forms import Form

WIDTHS = (("0", _("By itself")), ("120", _("Narrow")), ("200", _("Medium")), ("320", _("Wide")))
MOST_SORTS = 3


def scope_choices(form: Form) -> list[tuple[str, Any]]:
    return [
        (value, label) for value, label in Scope.choices if value != Scope.ALL or form.actor.may(SHARE_VIEWS)
    ]


class ViewForm(Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    scope = forms.ChoiceField(label=_("Who sees it"), choices=Scope.choices)

    def prepare(self) -> None:
        self.fields["scope"].choices = scope_choices(self)  # type: ignore[attr-defined]


class SaveViewForm(ViewForm):
    is_pinned = forms.BooleanField(label=_("Pin it to the sidebar"), required=False)


class DefaultForm(Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles that see it first"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def prepare(self) -> None:
        known = [(one.slug, role_label(one.slug, one.name)) for one in roles(self.actor)]
        self.fields["roles"].choices = known  # type: ignore[attr-defined]

    def clean_roles(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["roles"])


class ColumnsForm(Form):
    """One line a column: whether it is shown, its place, its width; `offer` names them."""

    density = forms.ChoiceField(label=_("Density"), choices=Density.choices, required=False)

    def offer(self, columns: list[tuple[str, str]], shown: dict[str, tuple[int, int]]) -> None:
        """(key, label) of every column there is; `shown` gives place and width of those that are."""
        self.lines: list[dict[str, Any]] = []
        for key, label in sorted(columns, key=lambda one: shown.get(one[0], (999, 0))[0]):
            place, width = shown.get(key, (0, 0))
            self.fields[f"show:{key}"] = forms.BooleanField(initial=key in shown, required=False, label=label)
            self.fields[f"place:{key}"] = forms.IntegerField(
                initial=place or None, min_value=1, max_value=99, required=False,
                label=gettext("Place of %(column)s") % {"column": label},
                widget=forms.NumberInput(attrs={"class": "input input-sm num"}),
            )  # fmt: skip
            self.fields[f"width:{key}"] = forms.ChoiceField(
                choices=WIDTHS, initial=str(width), required=False,
                label=gettext("Width of %(column)s") % {"column": label},
                widget=forms.Select(attrs={"class": "select input-sm"}),
            )  # fmt: skip
            self.lines.append(
                {name: self[f"{name}:{key}"] for name in ("show", "place", "width")} | {"key": key}
            )

    def chosen(self) -> list[tuple[str, int]]:
        """(key, width) of the columns ticked, by place; those without one keep their order behind the others."""
        data = self.cleaned_data
        keys = [line["key"] for line in self.lines if data.get(f"show:{line['key']}")]
        keys.sort(key=lambda key: data.get(f"place:{key}") or 100)
        return [(key, int(data.get(f"width:{key}") or 0)) for key in keys]


class SortForm(Form):
    """Up to three orders, one within the other."""

    def offer(self, columns: list[tuple[str, str]], current: list[str]) -> None:
        choices = [("", "—"), *columns]
        for n in range(1, MOST_SORTS + 1):
            asked = current[n - 1] if n <= len(current) else ""
            self.fields[f"by{n}"] = forms.ChoiceField(
                label=_("Sort by") if n == 1 else _("then by"), choices=choices, required=False,
                initial=asked.removeprefix("-"), widget=forms.Select(attrs={"class": "select"}),
            )  # fmt: skip
            self.fields[f"down{n}"] = forms.BooleanField(
                label=_("Largest or newest first"), required=False, initial=asked.startswith("-"),
                widget=forms.CheckboxInput(attrs={"class": "check"}),
            )  # fmt: skip

    def chosen(self) -> list[str]:
        found: dict[str, str] = {}
        for n in range(1, MOST_SORTS + 1):
            key = self.cleaned_data.get(f"by{n}")
            if key and key not in found:
                found[key] = f"-{key}" if self.cleaned_data.get(f"down{n}") else key
        return list(found.values())


class GroupForm(Form):
    by = forms.ChoiceField(label=_("Group by"), required=False)

    def offer(self, known: list[tuple[str, str]], current: str) -> None:
        self.fields["by"].choices = [("", "—"), *known]  # type: ignore[attr-defined]
        self.initial["by"] = current
