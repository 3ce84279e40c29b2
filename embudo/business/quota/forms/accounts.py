from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import queries as directory
from embudo.business.quota import queries
from embudo.business.quota.forms.parts import DayField
from embudo.foundation.ui.forms import Form, LookupField

REFERENCE_HINT = _("By which tills know the account. Left empty it gets one of its own.")
DOCUMENT_HINT = _(
    "The day on which an identity card or licence of the customer ends, where the quota hangs on it."
)


class OpenAccountForm(Form):
    """For a customer who is known already, or chosen here: a company or a person."""

    company = LookupField(label=_("Company"), label_of=lambda one: one.name, required=False)
    person = LookupField(label=_("Person"), label_of=lambda one: one.name, required=False)
    policy = forms.ChoiceField(
        label=_("Policy"), help_text=_("It says the currency, the period and the tiers.")
    )
    reference = forms.CharField(label=_("Reference"), max_length=40, required=False, help_text=REFERENCE_HINT)
    document_expires = DayField(label=_("Document valid until"), help_text=DOCUMENT_HINT)

    def prepare(self) -> None:
        self.policies = {str(one.pk): one for one in queries.policies_in_force(self.actor)}
        policy: Any = self.fields["policy"]
        policy.choices = [
            ("", "—"),
            *((pk, f"{one.name} ({one.currency})") for pk, one in self.policies.items()),
        ]
        if self.record is not None:
            del self.fields["company"], self.fields["person"]
            return
        self._offer("company", "directory:company_options", directory.company, directory.company_options)
        self._offer("person", "directory:person_options", directory.person, directory.person_options)

    def _offer(self, name: str, url: str, fetch: Any, options: Any) -> None:
        field: Any = self.fields[name]
        field.offer(
            search_url=reverse(url),
            fetch=lambda value: fetch(self.actor, UUID(value)),
            label_of=lambda one: one.name,
            options=lambda: [(found[0], found[1]) for found in options(self.actor)],
        )

    def clean_policy(self) -> Any:
        return self.policies.get(self.cleaned_data["policy"])

    def clean(self) -> dict[str, Any]:
        cleaned = dict(super().clean() or self.cleaned_data)
        if self.record is not None:
            return cleaned | {"customer": self.record}
        chosen = [one for one in (cleaned.pop("company", None), cleaned.pop("person", None)) if one]
        if len(chosen) != 1 and not self.errors:
            self.add_error("company", _("Choose a company or a person, and not both."))
        return cleaned | {"customer": chosen[0] if chosen else None}


class EditAccountForm(Form):
    reference = forms.CharField(
        label=_("Reference"), max_length=40, help_text=_("By which tills know the account.")
    )
    document_expires = DayField(label=_("Document valid until"), help_text=DOCUMENT_HINT)


class CloseAccountForm(Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=300, help_text=_("For example: the customer has left.")
    )
