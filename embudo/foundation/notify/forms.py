from django import forms

from embudo.foundation.notify.rules.news import all_notification_kinds
from embudo.foundation.ui.forms import Form


class PreferencesForm(Form):
    """Two ticks for each kind of news; the template lays them out as a table."""

    shown = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    mailed = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def prepare(self) -> None:
        choices = [(kind.code, kind.label) for kind in all_notification_kinds()]
        for name in ("shown", "mailed"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]
