from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.commands import Said
from embudo.business.quota.forms.parts import DayField
from embudo.business.quota.models import Account, Change
from embudo.business.quota.rules.answers import DenialCode
from embudo.business.quota.rules.changes import Wish
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import Form, MoneyField

YES, NO = "yes", "no"


class WishForm(Form):
    """What somebody asks for an account. `wish` stands in the cleaned data."""

    tier_name = forms.ChoiceField(
        label=_("New tier"), required=False, help_text=_("Its limit is taken where you enter no amount.")
    )
    minor = MoneyField(label=_("New limit"), required=False)
    wanted = DayField(label=_("Wanted from"), help_text=_("Left empty: as soon as may be."))
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Those who approve read it, and so does the customer."),
    )  # fmt: skip

    @property
    def account(self) -> Account:
        known: Any = self.record
        return known.account if isinstance(known, Change) else known

    def prepare(self) -> None:
        account = self.account
        amount: Any = self.fields["minor"]
        amount.currency = account.currency
        amount.label = gettext("New limit in %(currency)s") % {"currency": account.currency}
        tier: Any = self.fields["tier_name"]
        ladder = queries.rungs(account.policy_version)
        if not ladder:
            del self.fields["tier_name"]
            amount.required = True
        else:
            shown = [
                (one.name, f"{one.name}: {atoms.money((one.limit, account.currency))}") for one in ladder
            ]
            tier.choices = [("", gettext("The lowest one that the amount needs")), *shown]
            amount.help_text = gettext("Left empty: that of the tier.")

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        amount = cleaned.get("minor")
        wish = Wish(
            minor=amount.minor if amount is not None else None,
            tier_name=cleaned.get("tier_name") or "",
            reason=cleaned.get("reason") or "",
            wanted=cleaned.get("wanted"),
        )
        return {"wish": wish}


class NoteForm(Form):
    note = forms.CharField(
        label=_("Note"),
        max_length=300,
        required=False,
        help_text=_("It stands beside your name on the change."),
    )


class ReasonForm(Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays with the change."),
    )  # fmt: skip


def _evidence() -> forms.CharField:
    return forms.CharField(
        label=_("Evidence"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Who called which number when, and how you knew that it was them."),
    )  # fmt: skip


class EvidenceForm(Form):
    evidence = _evidence()


class SaidForm(Form):
    """What a customer said by phone. `said` and `evidence` stand in the cleaned data."""

    answer = forms.ChoiceField(
        label=_("The customer said"), widget=forms.RadioSelect,
        choices=((YES, _("“This was me”: the change is accepted")), (NO, _("“This was not me”: the change is denied"))),
    )  # fmt: skip
    code = forms.ChoiceField(label=_("Why not"), required=False, help_text=_("Only where they denied it."))
    reason = forms.CharField(
        label=_("In their words"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    evidence = _evidence()

    def prepare(self) -> None:
        code: Any = self.fields["code"]
        code.choices = [("", "—"), *DenialCode.choices]

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        is_accepted = cleaned.get("answer") == YES
        told = "" if is_accepted else cleaned.get("reason") or ""
        said = Said(is_accepted, "" if is_accepted else cleaned.get("code") or "", told)
        return {"said": said, "evidence": cleaned.get("evidence") or ""}


class LanguageForm(Form):
    language = forms.ChoiceField(label=_("Language of the mail"), choices=settings.LANGUAGES)
