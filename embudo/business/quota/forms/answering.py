from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.business.quota.rules.answers import DenialCode
from embudo.foundation.ui.forms import Form


class DenialForm(Form):
    """ "This was not me": why, of a list, and in one's own words."""

    code = forms.ChoiceField(
        label=_("What is wrong?"),
        choices=DenialCode.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a reason."), "invalid_choice": _("Choose a reason.")},
    )
    reason = forms.CharField(
        label=_("In your own words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
