from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.intake import queries
from embudo.business.intake.models import Assignment
from embudo.business.intake.permissions import BIND, EDIT_ASSIGNMENT
from embudo.business.intake.rules.policies import Policy
from embudo.business.intake.rules.states import Duty, Subject
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import user
from embudo.foundation.attributes.queries import colleague_options
from embudo.foundation.ui.forms import Form, LookupField
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Scope

MOST = 100_000_000
# What each way of verifying means, for whoever chooses one.
POLICY_WORDS: Mapping[str, Any] = {
    Policy.ALL: _("Every entry"),
    Policy.SAMPLE: _("A sample: chance draws the share you set below, the rest counts at once"),
    Policy.EARNED: _("Every entry of newcomers, then fewer the better an operator's entries turn out"),
    Policy.OFF: _("No verification: what is handed in counts at once"),
}


class DayField(forms.DateField):
    """A day to plan for, with the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        widget = forms.DateInput(attrs={"type": "date", "class": "input num"}, format="%Y-%m-%d")
        super().__init__(widget=widget, **kwargs)


class CountField(forms.IntegerField):
    """A whole number of records; none is 0."""

    def __init__(self, *, most: int = MOST, **kwargs: Any) -> None:
        wrong = _("Enter a whole number from %(least)d to %(most)d.") % {"least": 0, "most": most}
        texts = dict.fromkeys(("invalid", "min_value", "max_value"), wrong)
        widget = forms.TextInput(attrs={"class": "num", "inputmode": "numeric", "autocomplete": "off"})
        kwargs.setdefault("required", False)
        super().__init__(min_value=0, max_value=most, error_messages=texts, widget=widget, **kwargs)

    def clean(self, value: Any) -> int:
        return super().clean(value) or 0


def choices_of(rows: list[tuple[UUID, str]], chosen: User | None = None) -> list[tuple[str, str]]:
    """Nobody, then those offered; whoever is chosen already stays among them."""
    found = {str(pk): name for pk, name in rows}
    if chosen is not None:
        found.setdefault(str(chosen.pk), chosen.name)
    return [("", "—"), *found.items()]


class AssignmentForm(Form):
    """What an assignment is about. `area` adds one to the territory, with the regions to choose from."""

    title = forms.CharField(label=_("Title"), max_length=120)
    instruction = forms.CharField(
        label=_("Instruction"), max_length=10_000, required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What the operators read before they begin."),
    )  # fmt: skip
    target = CountField(label=_("Target"), help_text=_("How many records. 0 where nobody counts."))
    deadline = DayField(label=_("Deadline"))
    territory = forms.CharField(
        label=_("Territory"), max_length=9000, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One area a line: a region, or postcodes such as 00-001 - 05-999. Empty: everywhere."),
    )  # fmt: skip
    area = forms.CharField(
        label=_("Add a region"), max_length=80, required=False,
        widget=forms.TextInput(attrs={"list": "territory-regions", "autocomplete": "off"}),
        help_text=_("It joins the territory when you save."),
    )  # fmt: skip
    policy = forms.ChoiceField(
        label=_("Verification"),
        choices=tuple(POLICY_WORDS.items()),
        widget=forms.RadioSelect,
        initial=Policy.ALL,
    )
    percent = CountField(label=_("Sample in %"), most=100, help_text=_("Only where a sample is verified."))
    principal = forms.ChoiceField(label=_("Principal"), required=False)
    coordinator = forms.ChoiceField(label=_("Coordinator"), required=False)

    def prepare(self) -> None:
        fields: Any = self.fields
        known = self.record if isinstance(self.record, Assignment) else None
        if self.actor.scope(EDIT_ASSIGNMENT) is Scope.ALL:
            fields["principal"].choices = choices_of(
                queries.principals(self.actor), known.principal if known else None
            )
        else:
            del fields["principal"]
        fields["coordinator"].choices = choices_of(
            queries.coordinators(self.actor), known.coordinator if known else None
        )

    def clean_principal(self) -> User | None:
        chosen = self.cleaned_data["principal"]
        return user(self.actor, chosen) if chosen else None

    def clean_coordinator(self) -> UUID | None:
        chosen = self.cleaned_data["coordinator"]
        return UUID(chosen) if chosen else None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        area = data.pop("area", "")
        if area:
            data["territory"] = "\n".join(filter(None, (data.get("territory", ""), area)))
        return data


class NewAssignmentForm(AssignmentForm):
    field_order = ("title", "subject")
    subject = forms.ChoiceField(
        label=_("What is recorded"),
        choices=Subject.choices,
        widget=forms.RadioSelect,
        initial=Subject.COMPANY,
    )


class SplitForm(AssignmentForm):
    """A part of an assignment: it records and asks for the same."""

    def prepare(self) -> None:
        super().prepare()
        self.fields.pop("principal", None)


class AloneForm(Form):
    title = forms.CharField(label=_("Title"), max_length=120)
    subject = forms.ChoiceField(
        label=_("What is recorded"),
        choices=Subject.choices,
        widget=forms.RadioSelect,
        initial=Subject.COMPANY,
    )


class PartForm(Form):
    """What is agreed with somebody who is bound."""

    supervisor = forms.ChoiceField(label=_("Supervisor"), required=False)
    target = CountField(label=_("Target"), help_text=_("How many records. 0 where nobody counts."))
    starts = DayField(label=_("First day"))
    ends = DayField(label=_("Last day"))

    def leaders(self, assignment: Assignment, duty: str = Duty.OPERATOR) -> None:
        """Offers the supervisors, to whoever may choose among them."""
        found = queries.bound_supervisors(assignment) if self.actor.scope(BIND) is Scope.ALL else []
        if not found or duty != Duty.OPERATOR:
            del self.fields["supervisor"]
            return
        self.known = {str(one.pk): one for one in found}
        field: Any = self.fields["supervisor"]
        field.choices = [("", "—"), *((key, one.name) for key, one in self.known.items())]

    def prepare(self) -> None:
        self.leaders(self.record.assignment, self.record.duty)

    def clean_supervisor(self) -> User | None:
        return self.known.get(self.cleaned_data["supervisor"])


class DutyForm(PartForm):
    """Binding: as what, unless there is but one thing."""

    duty = forms.ChoiceField(label=_("Bound as"))

    def prepare(self) -> None:
        self.leaders(self.record)
        fields: Any = self.fields
        self.duties = queries.duties_to_bind(self.actor, self.record)
        if len(self.duties) == 1:
            del fields["duty"]
        else:
            fields["duty"].choices = [(str(one), one.label) for one in self.duties]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if "duty" not in self.fields:
            data["duty"] = str(self.duties[0])
        if data.get("duty") != Duty.OPERATOR and data.get("supervisor"):
            self.add_error("supervisor", gettext("Only operators have a supervisor."))
        return data


class BindForm(DutyForm):
    field_order = ("person", "duty", "supervisor", "target")
    person = LookupField(label=_("Person"), search_url=reverse_lazy("attributes:colleagues"))

    def prepare(self) -> None:
        super().prepare()
        field: Any = self.fields["person"]
        field.offer(
            search_url=reverse_lazy("attributes:colleagues"),
            fetch=lambda value: user(self.actor, value),
            label_of=lambda one: one.name,
            options=lambda: colleagues(self.actor),
        )


def colleagues(actor: Actor) -> list[tuple[str, str]]:
    return [(pk, name) for pk, name, _mail in colleague_options(actor)]


class BindGroupForm(DutyForm):
    field_order = ("team", "duty", "supervisor", "target")
    team = forms.ChoiceField(label=_("Group"))

    def prepare(self) -> None:
        super().prepare()
        fields: Any = self.fields
        for name in ("starts", "ends"):
            del fields[name]
        fields["target"].label = gettext("Target of each")
        self.groups = {str(one.pk): one for one in queries.groups_to_bind(self.actor)}
        fields["team"].choices = [(key, one.name) for key, one in self.groups.items()]

    def clean_team(self) -> Any:
        return self.groups[self.cleaned_data["team"]]


class CauseForm(Form):
    cause = forms.CharField(
        label=_("Why"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Those concerned read it."),
    )  # fmt: skip
