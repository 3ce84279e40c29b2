from itertools import islice
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.business.directory import rules
from embudo.business.directory.forms.records import address_fields, offer_companies, offer_people
from embudo.business.directory.models import Person
from embudo.business.directory.rules.checks import LENGTHS
from embudo.foundation.access.queries import user, users
from embudo.foundation.transfer.queries.reading import reading
from embudo.foundation.ui.forms import Form, LookupField, PaperDateField
from embudo.kernel.errors import Invalid

MOST_LINES = 20_000  # of a classification; the official one has about 1,500


class OwnerForm(Form):
    owner = forms.ChoiceField(label=_("Owner"), required=False)

    def prepare(self) -> None:
        known = users(self.actor).filter(is_active=True).values_list("pk", "name")
        self.fields["owner"].choices = [("", _("Nobody")), *((str(pk), name) for pk, name in known)]  # type: ignore[attr-defined]

    def clean_owner(self) -> Any:
        chosen = self.cleaned_data["owner"]
        return user(self.actor, UUID(chosen)) if chosen else None


class LinkForm(Form):
    company = LookupField(label=_("Company"))
    role = forms.CharField(label=_("Role"), max_length=LENGTHS["job_title"], required=False)
    since = PaperDateField(label=_("Since"), required=False)

    def prepare(self) -> None:
        offer_companies(self, "company")


class LinkPersonForm(Form):
    person = LookupField(label=_("Person"))
    role = forms.CharField(label=_("Role"), max_length=LENGTHS["job_title"], required=False)
    since = PaperDateField(label=_("Since"), required=False)

    def prepare(self) -> None:
        offer_people(self, "person")


class AffiliationForm(Form):
    role = forms.CharField(label=_("Role"), max_length=LENGTHS["job_title"], required=False)
    since = PaperDateField(label=_("Since"), required=False)
    until = PaperDateField(
        label=_("Last day"), required=False, help_text=_("Empty as long as the person works there.")
    )


class EndForm(Form):
    until = PaperDateField(label=_("Last day"), required=False, help_text=_("Empty means today."))


class ContactForm(Form):
    """A further phone number or mail address; the company's or person's country is assumed for numbers without one."""

    value = forms.CharField(label=_("Number or address"), max_length=254)
    kind = forms.ChoiceField(label=_("Kind"))
    note = forms.CharField(label=_("Note"), max_length=LENGTHS["note"], required=False)
    what = ""

    def prepare(self) -> None:
        what = self.what or getattr(self.record, "medium", "")
        field: Any = self.fields["kind"]
        field.choices = rules.kinds_for(what, is_person=is_of_person(self.record))


class NewEmailForm(ContactForm):
    what = "email"


class NewPhoneForm(ContactForm):
    what = "phone"


class AddressForm(Form):
    kind = forms.ChoiceField(label=_("Kind"))
    street, number, postcode, town, region, country = address_fields().values()
    note = forms.CharField(label=_("Note"), max_length=LENGTHS["note"], required=False)

    def prepare(self) -> None:
        field: Any = self.fields["kind"]
        field.choices = rules.kinds_for("address", is_person=is_of_person(self.record))


class KindsForm(Form):
    """What the preferred ones are for."""

    email_kind = forms.ChoiceField(label=_("E-mail address"))
    phone_kind = forms.ChoiceField(label=_("Phone"))
    address_kind = forms.ChoiceField(label=_("Address"))

    def prepare(self) -> None:
        for name in self.fields:
            field: Any = self.fields[name]
            field.choices = rules.kinds_for(name.removesuffix("_kind"), is_person=is_of_person(self.record))


class SwitchForm(Form):
    is_on = forms.BooleanField(label=_("Ask this register"), required=False)
    is_automatic = forms.BooleanField(
        label=_("Ask about every new number"),
        required=False,
        help_text=_("In the background, when a company is registered or its number changes."),
    )
    requester = forms.CharField(
        label=_("Our own VAT number"),
        max_length=20,
        required=False,
        help_text=_("With it the register gives each answer a consultation number, as proof."),
    )


def is_of_person(record: Any) -> bool:
    return isinstance(getattr(record, "holder", record), Person)


class ActivityListForm(Form):
    file = forms.FileField(
        label=_("File"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.ods,.csv"}),
        help_text=_("The list of PKD 2025 as Statistics Poland publishes it: XLSX, XLS, ODS or CSV."),
        error_messages={"required": _("Choose a file.")},
    )

    def clean(self) -> dict[str, Any]:
        """The rows of the spreadsheet; a file of a stranger is read by a program of its own."""
        data: dict[str, Any] = dict(super().clean() or self.cleaned_data)
        file = data.pop("file", None)
        if file is None:
            return data
        try:
            with reading(file, {}) as found:
                return data | {"rows": [row[1:] for row in islice(found.rows, MOST_LINES)]}
        except Invalid as fault:
            self.add_error("file", [str(text) for texts in fault.errors.values() for text in texts])
            return data
