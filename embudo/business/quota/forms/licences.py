from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.commands import LicenceTerms
from embudo.business.quota.forms.parts import DayField
from embudo.business.quota.models import Policy
from embudo.foundation.access.queries import organisation, user
from embudo.foundation.attributes.queries import colleague_options
from embudo.foundation.ui.forms import Form, LookupField, MoneyField


class LicenceForm(Form):
    """Who may change which tiers, currencies and amounts, from when to when. `licence` stands in the cleaned data."""

    person = LookupField(label=_("Person"), label_of=lambda found: found.name)
    may_submit = forms.BooleanField(label=_("May ask for changes"), required=False, initial=True)
    may_approve = forms.BooleanField(
        label=_("May approve changes"), required=False, initial=True,
        help_text=_("Of others: nobody approves what they asked for."),
    )  # fmt: skip
    policy = forms.ChoiceField(label=_("Policy"), required=False)
    tiers = forms.MultipleChoiceField(
        label=_("Tiers"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("The old and the new tier of a change have to be among them. None marked: every tier but those that only a licence naming them opens."),
    )  # fmt: skip
    currencies = forms.MultipleChoiceField(
        label=_("Currencies"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None marked: every currency."),
    )  # fmt: skip
    most = MoneyField(
        label=_("For limits up to"), required=False,
        help_text=_("In the policy's currency, or the one that is marked. Left empty: any amount."),
    )  # fmt: skip
    valid_from = DayField(label=_("Valid from"), required=True)
    valid_to = DayField(label=_("Valid to"), help_text=_("The last day. Left empty: until it is ended."))

    def prepare(self) -> None:
        person: Any = self.fields["person"]
        person.offer(
            search_url=reverse("attributes:colleagues"),
            fetch=lambda value: user(self.actor, UUID(value)),
            label_of=lambda found: found.name,
            options=lambda: [(found[0], found[1]) for found in colleague_options(self.actor)],
        )
        self.policies = {str(one.pk): one for one in queries.policies_in_force(self.actor)}
        choices = [("", gettext("Every policy")), *((pk, one.name) for pk, one in self.policies.items())]
        self._offer("policy", choices)
        self._offer("tiers", ((name, name) for name in queries.tier_names(self.actor)))
        self._offer("currencies", ((code, code) for code in queries.policy_currencies(self.actor)))
        most: Any = self.fields["most"]
        most.currency = self.unit() or organisation().currency

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = list(choices)

    def unit(self) -> str:
        """What the amount is in; "" where nothing says it."""
        listed: Any = getattr(self.data, "getlist", lambda _key: [])
        field: Any = self.fields["currencies"]
        known = {code for code, _label in field.choices}
        marked = [code for code in listed("currencies") if code in known]
        return unit_of(self.policies.get(str(self.data.get("policy", ""))), marked)

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        most = cleaned.get("most")
        if most and not self.unit():
            self.add_error(
                "most",
                gettext("Choose the policy, or mark one currency: else nobody knows what the amount is in."),
            )
        terms = LicenceTerms(
            valid_from=cleaned.get("valid_from") or date.min,
            valid_to=cleaned.get("valid_to"),
            policy=self.policies.get(cleaned.get("policy") or ""),
            tiers=tuple(cleaned.get("tiers") or ()),
            currencies=tuple(cleaned.get("currencies") or ()),
            most_minor=most.minor if most else 0,
            may_submit=bool(cleaned.get("may_submit")),
            may_approve=bool(cleaned.get("may_approve")),
        )
        return {"person": cleaned.get("person"), "licence": terms}


def unit_of(policy: Policy | None, currencies: list[str]) -> str:
    """What a licence's amount is in: its policy's currency, or the only one it names; "" where neither says it."""
    if policy is not None:
        return policy.currency
    return currencies[0] if len(currencies) == 1 else ""


class EndLicenceForm(Form):
    last_day = DayField(label=_("Last day"), help_text=_("Left empty: it ends at once."))


class LicenceReasonForm(Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("It stands in the log, and the person reads it.")
    )
