from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.foundation.ui.forms import Form


class DenyForm(Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("Whoever looks at the account later reads it.")
    )
