from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from embudo.business.quota.forms.funds import in_currency
from embudo.foundation.ui.forms import Form, MoneyField, PaperDateField


class SharePortalForm(Form):
    address = forms.EmailField(
        label=_("Mail address"),
        required=False,
        help_text=_("Empty: the address on the customer's record."),
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("The customer's")), *settings.LANGUAGES]
    )


class WishForm(Form):
    """What a customer wants their limit to be: an amount, or a tier of the policy."""

    tier_name = forms.ChoiceField(label=_("Tier"), required=False, widget=forms.RadioSelect)
    amount = MoneyField(label=_("Amount"), required=False, help_text=_("Needed where no tier is chosen."))
    wanted = PaperDateField(
        label=_("Wanted from"),
        required=False,
        help_text=_("Empty: as soon as possible. Day, month, year: 21 3 2027"),
    )
    reason = forms.CharField(
        label=_("What is it needed for?"), max_length=1000, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, tiers: Any = (), **kwargs: Any) -> None:
        self.tiers = tiers
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        in_currency(self, self.record.currency)
        field: Any = self.fields["tier_name"]
        field.choices = [("", _("Another amount")), *self.tiers]


class MoreForm(Form):
    """The customer asks an officer to let them spend more now."""

    amount = MoneyField(label=_("Amount"))
    reason = forms.CharField(label=_("What is it needed for?"), max_length=300)

    def prepare(self) -> None:
        in_currency(self, self.record.currency)


class RenewForm(Form):
    reference = forms.CharField(
        label=_("Number of the account"),
        max_length=40,
        help_text=_("It stands in every mail of ours about it."),
    )
    address = forms.EmailField(label=_("Mail address"))
