from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.foundation.ui.forms import Form


class EraseForm(Form):
    sure = forms.BooleanField(
        label=_("Erase it for good"),
        help_text=_("This cannot be undone, and no backup brings it back."),
        error_messages={"required": _("Tick “Erase it for good” to go on.")},
    )
