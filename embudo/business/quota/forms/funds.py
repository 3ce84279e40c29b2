from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.foundation.ui.forms import Form, MoneyField, PaperDateField


def in_currency(form: Form, currency: str) -> None:
    """Lets the form's amount be typed in this currency."""
    field: Any = form.fields["amount"]
    field.currency = currency
    field.label = _("Amount in %(currency)s") % {"currency": currency}


class TopUpForm(Form):
    amount = MoneyField(label=_("Amount"))
    source = forms.CharField(
        label=_("How it was paid"),
        max_length=60,
        required=False,
        help_text=_("For example: cash, transfer 118/2026."),
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    key = forms.CharField(
        max_length=200, required=False, widget=forms.HiddenInput
    )  # a second click posts it again

    def prepare(self) -> None:
        in_currency(self, self.record.currency)


class AdjustForm(Form):
    amount = MoneyField(
        label=_("Amount"),
        may_be_negative=True,
        help_text=_("What is added to what was consumed; with a minus it is taken off."),
    )
    value_date = PaperDateField(
        label=_("Day it counts on"), past=True, required=False,
        help_text=_("Empty: today. A day of a closed period restates that period. Day, month, year: 21 3 1985"),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=300, help_text=_("It stands in the ledger."))
    key = forms.CharField(
        max_length=200, required=False, widget=forms.HiddenInput
    )  # a second click posts it again

    def prepare(self) -> None:
        in_currency(self, self.record.currency)


class ReasonForm(Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("It stands in the account's story.")
    )


class AskOfficerForm(Form):
    amount = MoneyField(label=_("Amount"))
    reason = forms.CharField(label=_("What it is needed for"), max_length=300)

    def prepare(self) -> None:
        in_currency(self, self.record.currency)


class ApproveRequestForm(Form):
    reason = forms.CharField(label=_("Note"), max_length=300, required=False)


class CheckFileForm(Form):
    file = forms.FileField(
        label=_("File"), allow_empty_file=True, required=False,
        help_text=_("Only its hash is looked at; the file itself is not kept."),
    )  # fmt: skip
    sha256 = forms.RegexField(
        label=_("Or its SHA-256"), regex=r"^\s*[0-9A-Fa-f]{64}\s*$", required=False, max_length=80,
        help_text=_("For a file too large to send: 64 letters and digits, as the program sha256sum says them."),
        error_messages={"invalid": _("Enter all 64 letters and digits.")},
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        if cleaned.get("file") is None and not cleaned.get("sha256") and not self.errors:
            self.add_error("file", _("Choose a file."))
        return cleaned
