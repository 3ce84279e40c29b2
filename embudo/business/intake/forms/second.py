from collections.abc import Mapping
from copy import copy
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.business.intake import queries
from embudo.business.intake.forms.entering import EntryForm
from embudo.foundation.ui.forms import Form

LONGEST = 2000


class WaiveForm(Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        help_text=_("It is said about each of the entries; operator and verifier read it."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why they go on without a second entry.")},
    )


class SecondForm(EntryForm):
    """
    The fields that are entered a second time, empty: nothing of the first entry reaches the form. Whether the values are
    right by their form alone is for the command to say, which knows the record.
    """

    def __init__(self, *args: Any, task: queries.SecondTask, **kwargs: Any) -> None:
        narrowed = copy(task.assignment)
        narrowed.asked = [one.stored() for one in task.hidden]
        self.known = {one.name: value for one, value in task.shown}
        super().__init__(*args, assignment=narrowed, **kwargs)
        del self.fields["is_another"]
        plain: list[Any] = list(self.fields.values())
        for field in plain:
            field.template_name = None  # there is no verdict and no change to be told of

    @property
    def country(self) -> str:
        return str(self.known.get("country", "")) or super().country

    def tell_also(self, data: Mapping[str, Any]) -> None:
        """Nothing: what the record as a whole asks for was told to whoever entered it first."""

    @property
    def values(self) -> dict[str, Any]:
        """By name in forms, as the command takes them."""
        typed = self.typed(self.cleaned_data)
        return {**typed["values"], **{f"custom_{key}": value for key, value in typed["custom"].items()}}
