from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.urls import reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.directory import queries as directory
from embudo.business.sales import queries
from embudo.business.sales.models import Opportunity, Stage
from embudo.business.sales.queries.leads import Match
from embudo.business.sales.rules.enquiries import checked_enquiry
from embudo.business.sales.rules.leads import DisqualifyReason, SourceKind, split_name
from embudo.business.sales.rules.pipelines import LostReason, StageKind
from embudo.business.supply import queries as supply
from embudo.foundation.access.permissions import VIEW_USERS
from embudo.foundation.access.queries import organisation, role_label, team, teams, user, users
from embudo.foundation.attributes.forms import CustomForm
from embudo.foundation.ui.forms import Form, LookupField, MoneyField
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid
from embudo.kernel.prepared import PreparedSight

NEW, NONE = "new", "none"
LANGUAGES = [("", _("The visitor's own")), *settings.LANGUAGES]


class DayField(forms.DateField):
    """A day to plan for, with the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date", "class": "input num"}, format="%Y-%m-%d"), **kwargs
        )


def lookup(label: Any, search_url: str, **kwargs: Any) -> LookupField:
    return LookupField(label=label, search_url=reverse_lazy(search_url), required=False, **kwargs)


def sellers(actor: Actor) -> list[tuple[str, str]]:
    """Who may own leads and opportunities: active sellers and managers in the actor's sight."""
    return [(str(pk), name) for pk, name in SELLERS.seen(actor)]


SELLERS = PreparedSight(
    VIEW_USERS,
    lambda actor: (
        users(actor)
        .filter(is_active=True, roles__slug__in=["seller", "manager"])
        .distinct()
        .values_list("pk", "name")
    ),
)


class LeadFields(CustomForm):
    kind = "sales.lead"

    name = forms.CharField(label=_("Name"), max_length=120)
    company_name = forms.CharField(label=_("Company"), max_length=160, required=False)
    job_title = forms.CharField(label=_("Job title"), max_length=120, required=False)
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, required=False,
        error_messages={"invalid": _("Enter an e-mail address such as name@example.com.")},
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    country = forms.CharField(
        label=_("Country"), max_length=2, required=False, help_text=_("Two letters, such as PL.")
    )
    message = forms.CharField(
        label=_("Message"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )


class NewLeadForm(LeadFields):
    owner = forms.ChoiceField(label=_("Owner"), required=False)

    def prepare(self) -> None:
        choices = [("", gettext("Whose turn it is")), *sellers(self.actor)]
        self.fields["owner"].choices = choices  # type: ignore[attr-defined]

    def clean_owner(self) -> Any:
        return _user(self.actor, self.cleaned_data["owner"])


class EditLeadForm(LeadFields):
    """The lead's own values."""


def _user(actor: Actor, chosen: str) -> Any:
    return user(actor, chosen) if chosen else None  # type: ignore[arg-type]


class OwnerForm(Form):
    owner = forms.ChoiceField(label=_("New owner"))

    def prepare(self) -> None:
        self.fields["owner"].choices = sellers(self.actor)  # type: ignore[attr-defined]

    def clean_owner(self) -> Any:
        return _user(self.actor, self.cleaned_data["owner"])


class ReasonForm(Form):
    reasons: ClassVar[Any] = DisqualifyReason
    reason = forms.ChoiceField(label=_("Reason"))
    note = forms.CharField(
        label=_("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def prepare(self) -> None:
        self.fields["reason"].choices = [("", "—"), *self.reasons.choices]  # type: ignore[attr-defined]


class LoseForm(ReasonForm):
    reasons = LostReason


def open_stages(actor: Actor) -> list[Any]:
    """Choices of open stages; grouped by pipeline where there are several."""
    groups = [
        (
            str(one),
            [(str(stage.pk), str(stage)) for stage in one.stages.all() if stage.kind == StageKind.OPEN],
        )
        for one in queries.pipelines_with_stages(actor)
    ]
    return groups if len(groups) > 1 else [choice for _name, choices in groups for choice in choices]


def match_label(match: Match) -> str:
    """ "Acme, Gdańsk: same e-mail address (95 of 100)"."""
    place = f", {match.subtitle}" if match.subtitle else ""
    found = {"title": match.title + place, "reason": match.reason, "score": match.score}
    return gettext("%(title)s: %(reason)s (%(score)d of 100)") % found


class OpportunityMoney(Form):
    """What every form of an opportunity's figures shares: amounts are typed in the organisation's currency."""

    def set_currency(self) -> None:
        is_known = isinstance(self.record, Opportunity)
        field: Any = self.fields["value"]
        field.currency = self.record.currency if is_known else organisation().currency
        field.label = gettext("Value in %(currency)s") % {"currency": field.currency}

    def offer_product(self) -> None:
        field: Any = self.fields["product"]
        field.offer(
            search_url=reverse_lazy("supply:product_options"),
            fetch=lambda value: supply.product(self.actor, value),
            label_of=lambda product: product.name,
            options=lambda: [(pk, name) for pk, name, _code in supply.product_options(self.actor, "")],
        )


class ConvertLeadForm(OpportunityMoney):
    company = forms.ChoiceField(label=_("Company"), widget=forms.RadioSelect)
    company_name = forms.CharField(label=_("Name of the new company"), max_length=160, required=False)
    person = forms.ChoiceField(label=_("Person"), widget=forms.RadioSelect)
    first_name = forms.CharField(label=_("First name of the new person"), max_length=80, required=False)
    last_name = forms.CharField(label=_("Last name of the new person"), max_length=80, required=False)
    title = forms.CharField(label=_("Title of the opportunity"), max_length=200)
    value = MoneyField(label=_("Value"))
    stage = forms.ChoiceField(label=_("Stage"))
    closes = DayField(label=_("Expected close"), required=False)
    product = lookup(_("Product"), "supply:product_options")

    def prepare(self) -> None:
        fields: Any = self.fields
        self.set_currency()
        self.offer_product()
        fields["stage"].choices = open_stages(self.actor)
        fields["company"].choices = self._choices(directory.COMPANY, gettext("Make a new company"))
        fields["person"].choices = [
            *self._choices(directory.PERSON, gettext("Make a new person")),
            (NONE, gettext("No person")),
        ]

    def _choices(self, kind: str, make: str) -> list[tuple[str, str]]:
        found = queries.known_matches(self.actor, self.record, kind)
        return [*((str(match.id), match_label(match)) for match in found), (NEW, make)]

    def clean(self) -> dict[str, Any]:
        """The choices as what the command takes."""
        data: dict[str, Any] = dict(super().clean() or self.cleaned_data)
        if {"company", "person", "stage"} - data.keys():
            return data
        if data["person"] == NEW and not data.get("last_name"):
            self.add_error("last_name", gettext("Enter the last name of the new person."))
        chosen, who = data["company"], data["person"]
        return data | {
            "company": None if chosen == NEW else directory.company(self.actor, chosen),
            "person": None if who in (NEW, NONE) else directory.person(self.actor, who),
            "has_person": who != NONE,
            "stage": _stage(self.actor, data["stage"]),
        }


def _stage(actor: Actor, chosen: Any) -> Stage | None:
    return queries.stage(actor, chosen) if chosen else None


def initial_conversion(actor: Actor, lead: Any) -> dict[str, Any]:
    """Chosen beforehand: who is surely known already, else new ones named like the lead says."""
    first, last = split_name(lead.name)
    return {
        "company": _likely(queries.known_matches(actor, lead, directory.COMPANY)),
        "company_name": lead.company_name or lead.name,
        "person": _likely(queries.known_matches(actor, lead, directory.PERSON)),
        "first_name": first,
        "last_name": last,
        "title": lead.company_name or lead.name,
    }


def _likely(matches: Sequence[Match], sure: int = 90) -> str:
    return str(matches[0].id) if matches and matches[0].score >= sure else NEW


class OpportunityForm(CustomForm, OpportunityMoney):
    kind = "sales.opportunity"

    title = forms.CharField(label=_("Title"), max_length=200)
    company = lookup(_("Company"), "directory:company_options")
    person = lookup(_("Person"), "directory:person_options")
    value = MoneyField(label=_("Value"))
    closes = DayField(label=_("Expected close"), required=False)
    product = lookup(_("Product"), "supply:product_options")

    def prepare(self) -> None:
        fields: Any = self.fields
        self.set_currency()
        self.offer_product()
        fields["company"].offer(
            search_url=reverse_lazy("directory:company_options"),
            fetch=lambda value: directory.company(self.actor, value),
            label_of=lambda found: found.name,
            options=lambda: [(pk, name) for pk, name, _sub in directory.company_options(self.actor)],
        )
        fields["person"].offer(
            search_url=reverse_lazy("directory:person_options"),
            fetch=lambda value: directory.person(self.actor, value),
            label_of=lambda found: found.name,
            options=lambda: [(pk, name) for pk, name, _sub in directory.person_options(self.actor)],
        )


class NewOpportunityForm(OpportunityForm):
    stage = forms.ChoiceField(label=_("Stage"), required=False)

    def prepare(self) -> None:
        super().prepare()
        self.fields["stage"].choices = open_stages(self.actor)  # type: ignore[attr-defined]

    def clean_stage(self) -> Stage | None:
        return _stage(self.actor, self.cleaned_data["stage"])


class StageForm(Form):
    """Where to move one opportunity: to the stages of its pipeline but the present one and “lost”, which has a form."""

    stage = forms.ChoiceField(label=_("Stage"))

    def prepare(self) -> None:
        found = queries.stages(self.actor, self.record.pipeline).exclude(kind=StageKind.LOST)
        self.fields["stage"].choices = [(str(one.pk), str(one)) for one in found]  # type: ignore[attr-defined]

    def clean_stage(self) -> Stage | None:
        return _stage(self.actor, self.cleaned_data["stage"])


class SourceForm(Form):
    name = forms.CharField(label=_("Name"), max_length=120, help_text=_("Only colleagues see it."))
    kind = forms.ChoiceField(label=_("Kind"), choices=SourceKind.choices)
    language = forms.ChoiceField(label=_("Language of the form"), choices=LANGUAGES, required=False)
    country = forms.CharField(
        label=_("Country of phone numbers"), max_length=2, required=False,
        help_text=_("Two letters, such as PL: how numbers without a country code are meant."),
    )  # fmt: skip
    heading = forms.CharField(label=_("Heading of the form"), max_length=120, required=False)
    thank_you = forms.CharField(
        label=_("Thank-you text"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    consent = forms.CharField(label=_("Consent text"), max_length=500, required=False)
    route_role = forms.ChoiceField(label=_("Given in turn to the role"))
    route_team = forms.ChoiceField(label=_("Of the team"), required=False)

    def prepare(self) -> None:
        fields: Any = self.fields
        fields["route_role"].choices = [
            (slug, role_label(slug, slug.capitalize())) for slug in ("seller", "manager")
        ]
        known = [(str(pk), name) for pk, name in teams(self.actor).values_list("pk", "name")]
        if known:
            fields["route_team"].choices = [("", gettext("All teams")), *known]
        else:
            del fields["route_team"]

    def clean_route_team(self) -> Any:
        chosen = self.cleaned_data["route_team"]
        return team(self.actor, chosen) if chosen else None


class EditSourceForm(SourceForm):
    is_active = forms.BooleanField(label=_("Takes leads"), required=False)


class EnquiryForm(Form):
    """
    The hosted form. `website` is a trap for programs: people neither see nor hear it. `token` says when the form was
    shown; it is no field of the visitor's.
    """

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    company_name = forms.CharField(
        label=_("Company"), max_length=160, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )  # fmt: skip
    email = forms.CharField(
        label=_("E-mail address"), max_length=254, required=False,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Phone"), max_length=40, required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        help_text=_("With the country code, for example +48 58 301 22 14."),
    )  # fmt: skip
    message = forms.CharField(
        label=_("Your message"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    has_consented = forms.BooleanField(label=_("You may contact me about this enquiry."))
    website = forms.CharField(label=_("Leave this field empty"), max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """All that the command would find is told together with what stands here already."""
        data = dict(super().clean() or self.cleaned_data)
        typed = {name: text for name, text in data.items() if isinstance(text, str) and name != "website"}
        try:
            checked_enquiry(**typed, country=self.record.country, must_be_reachable="email" in typed)
        except Invalid as fault:
            for name, texts in fault.errors.items():
                if name not in self.errors:
                    self.add_error(name, str(texts[0]))
        return data

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise forms.ValidationError(_("Leave this field empty, then send the form again."))
        return ""

    @property
    def shown(self) -> list[Any]:
        return [bound for bound in self if bound.name != "website"]
