from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.business.intake import queries
from embudo.business.intake.rules.deliveries import Format
from embudo.foundation.ui.forms import Form

ACCEPTED, ALL = "accepted", "all"


class DeliveryForm(Form):
    format = forms.ChoiceField(
        label=_("Format"), choices=Format.choices, initial=Format.XLSX, widget=forms.RadioSelect
    )
    entries = forms.ChoiceField(
        label=_("Which entries"), initial=ACCEPTED, widget=forms.RadioSelect,
        choices=((ACCEPTED, _("The accepted ones")), (ALL, _("All, with the state of each"))),
    )  # fmt: skip
    columns = forms.MultipleChoiceField(
        label=_("Columns"), widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one column.")},
    )  # fmt: skip

    def prepare(self) -> None:
        known = queries.delivery_columns(self.actor, self.record)
        columns: Any = self.fields["columns"]
        columns.choices = [(one.name, one.label) for one in known]
        columns.initial = [one.name for one in known if one.is_usual]
