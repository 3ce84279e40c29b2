from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.business.quota.forms.parts import DayField
from embudo.foundation.ui.forms import Form, NumberField


class RateForm(Form):
    currency = forms.CharField(
        label=_("One unit of"), max_length=3, help_text=_("Three letters, for example EUR.")
    )
    rate = NumberField(
        label=_("Is worth"),
        help_text=_("Up to eight decimals, for example 1.0845."),
    )
    into = forms.CharField(label=_("Units of"), max_length=3, help_text=_("The currency of the quota: USD."))
    valid_from = DayField(
        label=_("From"), required=True, help_text=_("What was booked before keeps its rate.")
    )

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean_into(self) -> str:
        return str(self.cleaned_data["into"]).upper()
