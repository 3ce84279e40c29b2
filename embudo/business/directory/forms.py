from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from babel.core import Locale, UnknownLocaleError
from django import forms
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy as _

from embudo.business.directory import queries
from embudo.business.directory.queries import Candidate
from embudo.business.directory.rules import checked_company, checked_person
from embudo.business.directory.rules.checks import COUNTRIES, FIRST_YEAR, LAST_YEAR, LENGTHS, MOST_EMPLOYEES
from embudo.foundation.access.queries import organisation, user, users
from embudo.foundation.ui.forms import Form, LookupField, PaperDateField, PhoneField
from embudo.kernel.errors import Invalid

Section = tuple[Any, tuple[str, ...]]
NOT_VALUES = frozenset({"confirm", "company", "parent"})
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


def country_name(code: str) -> str:
    return dict(country_choices()).get(code, code) if code else ""


def organisation_country() -> str:
    return organisation().country


class RecordForm(Form):
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
        return [
            (title, [self[name] for name in names if name in self.fields]) for title, names in self.sections
        ]

    def prepare(self) -> None:
        country = getattr(self.record, "country", "") or organisation_country()
        for name in ("phone", "mobile"):
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


class CompanyForm(RecordForm):
    check = staticmethod(checked_company)
    sections = (
        (_("Company"), ("name", "tax_id", "regon", "krs", "is_customer")),
        (_("Contact"), ("email", "phone", "mobile", "website")),
        (_("Address"), ("street", "number", "postcode", "town", "region", "country")),
        (_("More"), ("sector", "employees", "founded", "parent", "remarks")),
    )
    name = forms.CharField(label=_("Name"), max_length=LENGTHS["name"])
    tax_id = forms.CharField(label=_("Tax number"), max_length=30, required=False)
    regon = forms.CharField(label=_("REGON"), max_length=20, required=False)
    krs = forms.CharField(label=_("KRS"), max_length=14, required=False)
    is_customer = forms.BooleanField(label=_("Is a customer"), required=False)
    email = forms.EmailField(label=_("E-mail address"), required=False)
    phone = PhoneField(label=_("Phone"), required=False)
    mobile = PhoneField(label=_("Mobile"), required=False)
    website = forms.CharField(label=_("Website"), max_length=LENGTHS["website"], required=False)
    street = forms.CharField(label=_("Street"), max_length=LENGTHS["street"], required=False)
    number = forms.CharField(label=_("Number"), max_length=LENGTHS["number"], required=False)
    postcode = forms.CharField(label=_("Postcode"), max_length=LENGTHS["postcode"], required=False)
    town = forms.CharField(label=_("Town"), max_length=LENGTHS["town"], required=False)
    region = forms.CharField(label=_("Region"), max_length=LENGTHS["region"], required=False)
    country = forms.ChoiceField(label=_("Country"), choices=country_choices, required=False)
    sector = forms.CharField(label=_("Sector"), max_length=LENGTHS["sector"], required=False)
    employees = forms.IntegerField(
        label=_("Employees"), min_value=0, max_value=MOST_EMPLOYEES, required=False
    )
    founded = forms.IntegerField(
        label=_("Founded in"), min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False
    )
    parent = LookupField(label=_("Belongs to"), required=False)
    remarks = forms.CharField(
        label=_("Remarks"),
        max_length=LENGTHS["remarks"],
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def prepare(self) -> None:
        super().prepare()
        offer_companies(self, "parent")


class NewCompanyForm(Registering, CompanyForm):
    def look_for(self) -> dict[str, Any]:
        return {name: self.typed(name) for name in ("name", "email", "phone", "tax_id")}


class PersonForm(RecordForm):
    check = staticmethod(checked_person)
    sections = (
        (_("Person"), ("first_name", "last_name", "company", "job_title", "is_customer")),
        (_("Contact"), ("email", "phone", "mobile")),
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


class EndForm(Form):
    until = PaperDateField(label=_("Last day"), required=False, help_text=_("Empty means today."))


def offer_companies(form: Form, name: str) -> None:
    field: Any = form.fields[name]
    field.offer(
        search_url=reverse("directory:company_options"),
        fetch=lambda value: queries.company(form.actor, UUID(value)),
        options=lambda: [option[:2] for option in queries.company_options(form.actor)],
    )
