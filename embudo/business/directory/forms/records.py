from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from babel.core import Locale, UnknownLocaleError
from django import forms
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy as _

from embudo.business.directory import queries, rules
from embudo.business.directory.queries import Candidate
from embudo.business.directory.rules import checked_company, checked_person
from embudo.business.directory.rules.checks import COUNTRIES, FIRST_YEAR, LAST_YEAR, LENGTHS, MOST_EMPLOYEES
from embudo.foundation.access.queries import organisation
from embudo.foundation.attributes.forms import CustomForm
from embudo.foundation.ui.forms import Form, LookupField, PhoneField
from embudo.kernel.errors import Invalid

Section = tuple[Any, tuple[str, ...]]
NOT_VALUES = frozenset({"confirm", "company", "parent", "custom"})
ADDRESS = ("street", "number", "postcode", "town", "region", "country")
CERTAIN = 85  # of 100: from here on one has to say that it is somebody else


@cache
def _country_choices(language: str) -> list[tuple[str, str]]:
    try:
        names = Locale.parse(language, sep="-").territories
    except UnknownLocaleError:
        names = Locale("en").territories
    return [
        ("", "—"),
        *sorted(((code, str(names.get(code, code))) for code in COUNTRIES), key=lambda one: one[1]),
    ]


def country_choices() -> list[tuple[str, str]]:
    """Code and name of every country, in the person's language."""
    return _country_choices(get_language() or "en")


@cache
def _country_names(language: str) -> dict[str, str]:
    return dict(_country_choices(language))


def country_name(code: str) -> str:
    return _country_names(get_language() or "en").get(code, code) if code else ""


def organisation_country() -> str:
    return organisation().country


class RecordForm(CustomForm):
    """A form in sections, with what may be the same record shown when one is registered."""

    sections: ClassVar[Sequence[Section]] = ()
    check: ClassVar[Callable[..., Any]]  # the rule that the command will ask: all faults are told at once

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        values = {name: value for name, value in data.items() if name not in NOT_VALUES}
        try:
            type(self).check(values, organisation_country())
        except Invalid as fault:
            for name, texts in fault.errors.items():
                self.add_error(name, [str(text) for text in texts])
        return data

    def grouped(self) -> list[tuple[Any, list[BoundField]]]:
        own = [
            (title, [self[name] for name in names if name in self.fields]) for title, names in self.sections
        ]
        return own + self.grouped_custom()

    def prepare(self) -> None:
        typed = str(self.data.get("country", "")).upper() if "country" in self.fields else ""
        known = typed if typed in COUNTRIES else getattr(self.record, "country", "")
        country = known or organisation_country()
        for name in ("phone", "mobile", "fax"):
            if name in self.fields:
                field: Any = self.fields[name]
                field.region = country or None


class Registering(RecordForm):
    """Adds the question whether it is really somebody new."""

    confirm = forms.BooleanField(label=_("It is another one"), required=False)
    candidates: Sequence[Candidate] = ()

    def look_for(self) -> dict[str, Any]:
        """What the duplicates are looked for by."""
        raise NotImplementedError

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.candidates = queries.possible_duplicates(self.actor, **self.look_for())
        if any(one.score >= CERTAIN for one in self.candidates) and not data.get("confirm"):
            self.add_error(
                "confirm", _("This may already be there. Open it from the list, or tick “It is another one”.")
            )
        return data

    def typed(self, name: str) -> str:
        return str(self.cleaned_data.get(name) or "")


def address_fields() -> dict[str, forms.Field]:
    """Street to country; town and region offer what the postcode says (Poland)."""
    return {
        "street": forms.CharField(label=_("Street"), max_length=LENGTHS["street"], required=False),
        "number": forms.CharField(label=_("Number"), max_length=LENGTHS["number"], required=False),
        "postcode": forms.CharField(label=_("Postcode"), max_length=LENGTHS["postcode"], required=False),
        "town": forms.CharField(
            label=_("Town"),
            max_length=LENGTHS["town"],
            required=False,
            widget=forms.TextInput(attrs={"list": "towns"}),
        ),
        "region": forms.CharField(
            label=_("Region"),
            max_length=LENGTHS["region"],
            required=False,
            widget=forms.TextInput(attrs={"list": "regions"}),
        ),
        "country": forms.ChoiceField(label=_("Country"), choices=country_choices, required=False),
    }


class CompanyForm(RecordForm):
    kind = queries.COMPANY
    check = staticmethod(checked_company)
    sections = (
        (_("Company"), ("name", "tax_id", "vat_id", "regon", "krs", "siret", "is_customer")),
        (_("Contact"), ("email", "phone", "mobile", "fax", "website")),
        (_("Address"), ADDRESS),
        (_("Activity"), ("sector", "activity", "pkd", "pkd_others", "employees", "size", "founded")),
        (_("More"), ("parent", "source1", "source2", "source3", "source4", "remarks")),
    )
    name = forms.CharField(label=_("Name"), max_length=LENGTHS["name"])
    tax_id = forms.CharField(
        label=_("Tax number"),
        max_length=30,
        required=False,
        help_text=_("NIP, SIREN or TVA, NIF or CIF: checked by the rule of the country below."),
    )
    vat_id = forms.CharField(label=_("EU VAT number"), max_length=20, required=False)
    regon = forms.CharField(label=_("REGON"), max_length=20, required=False)
    krs = forms.CharField(label=_("KRS"), max_length=14, required=False)
    siret = forms.CharField(label=_("SIREN or SIRET"), max_length=20, required=False)
    is_customer = forms.BooleanField(label=_("Is a customer"), required=False)
    email = forms.EmailField(label=_("E-mail address"), required=False)
    phone = PhoneField(label=_("Phone"), required=False)
    mobile = PhoneField(label=_("Mobile"), required=False)
    fax = PhoneField(label=_("Fax"), required=False)
    website = forms.CharField(label=_("Website"), max_length=LENGTHS["website"], required=False)
    street, number, postcode, town, region, country = address_fields().values()
    sector = forms.CharField(label=_("Sector"), max_length=LENGTHS["sector"], required=False)
    activity = forms.CharField(label=_("What it does"), max_length=LENGTHS["activity"], required=False)
    pkd = LookupField(label=_("PKD code"), required=False)
    pkd_others = forms.CharField(
        label=_("Other PKD codes"),
        max_length=400,
        required=False,
        help_text=_("With commas: 62.10.B, 63.10.A"),
    )
    size = forms.ChoiceField(
        label=_("Size"),
        choices=[("", "—"), *rules.Size.choices],
        required=False,
        help_text=_("Follows from the employees where their number is known."),
    )
    employees = forms.IntegerField(
        label=_("Employees"), min_value=0, max_value=MOST_EMPLOYEES, required=False
    )
    founded = forms.IntegerField(
        label=_("Founded in"), min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False
    )
    parent = LookupField(label=_("Belongs to"), required=False)
    source1 = forms.CharField(label=_("Source 1"), max_length=LENGTHS["source1"], required=False)
    source2 = forms.CharField(label=_("Source 2"), max_length=LENGTHS["source2"], required=False)
    source3 = forms.CharField(label=_("Source 3"), max_length=LENGTHS["source3"], required=False)
    source4 = forms.CharField(label=_("Source 4"), max_length=LENGTHS["source4"], required=False)
    remarks = forms.CharField(
        label=_("Remarks"),
        max_length=LENGTHS["remarks"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def prepare(self) -> None:
        super().prepare()
        offer_companies(self, "parent")
        offer_activities(self, "pkd")


class NewCompanyForm(Registering, CompanyForm):
    def look_for(self) -> dict[str, Any]:
        return {name: self.typed(name) for name in ("name", "email", "phone", "tax_id")}


class PersonForm(RecordForm):
    kind = queries.PERSON
    check = staticmethod(checked_person)
    sections = (
        (_("Person"), ("first_name", "last_name", "company", "job_title", "is_customer")),
        (_("Contact"), ("email", "phone", "mobile")),
        (_("Address"), ADDRESS),
        (_("More"), ("remarks",)),
    )
    first_name = forms.CharField(label=_("First name"), max_length=LENGTHS["first_name"], required=False)
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=LENGTHS["last_name"],
        error_messages={"required": _("Enter the last name.")},
    )
    job_title = forms.CharField(label=_("Job title"), max_length=LENGTHS["job_title"], required=False)
    is_customer = forms.BooleanField(label=_("Is a customer"), required=False)
    email = forms.EmailField(label=_("E-mail address"), required=False)
    phone = PhoneField(label=_("Phone"), required=False)
    mobile = PhoneField(label=_("Mobile"), required=False)
    street, number, postcode, town, region, country = address_fields().values()
    remarks = forms.CharField(
        label=_("Remarks"),
        max_length=LENGTHS["remarks"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NewPersonForm(Registering, PersonForm):
    company = LookupField(label=_("Company"), required=False)

    def prepare(self) -> None:
        super().prepare()
        offer_companies(self, "company")

    def look_for(self) -> dict[str, Any]:
        name = f"{self.typed('first_name')} {self.typed('last_name')}".strip()
        found = {
            "name": name,
            "email": self.typed("email"),
            "phone": self.typed("phone") or self.typed("mobile"),
        }
        return found | {"kinds": (queries.PERSON,)}


def offer_companies(form: Form, name: str) -> None:
    field: Any = form.fields[name]
    field.offer(
        search_url=reverse("directory:company_options"),
        fetch=lambda value: queries.company(form.actor, UUID(value)),
        options=lambda: [option[:2] for option in queries.company_options(form.actor)],
    )


def offer_people(form: Form, name: str) -> None:
    field: Any = form.fields[name]
    field.offer(
        search_url=reverse("directory:person_options"),
        fetch=lambda value: queries.person(form.actor, UUID(value)),
        options=lambda: [option[:2] for option in queries.person_options(form.actor)],
    )


def offer_activities(form: Form, name: str) -> None:
    """Codes of both lists, found by code or words; without script the divisions."""

    def known(value: str) -> str | None:
        found = rules.activity(value)
        return found.code if found else None

    field: Any = form.fields[name]
    field.offer(
        search_url=reverse("directory:activity_options"),
        fetch=known,
        label_of=lambda code: str(rules.activity(code)),
        options=lambda: [(one.code, str(one)) for one in rules.division_options()],
    )
