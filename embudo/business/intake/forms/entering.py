from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.directory.forms.records import (
    CompanyForm,
    PersonForm,
    offer_activities,
)
from embudo.business.intake import queries
from embudo.business.intake.commands.entries import checked_values
from embudo.business.intake.models import Assignment, Entry
from embudo.business.intake.rules.asked import Asked
from embudo.business.intake.rules.drafts import FILE
from embudo.business.intake.rules.states import Subject
from embudo.business.intake.rules.verdicts import Fault, Judgement, Point
from embudo.foundation.attributes.forms import CustomForm
from embudo.foundation.attributes.rules import AttributeType, Definition
from embudo.foundation.attributes.rules.values import live_value
from embudo.foundation.ui.forms import LookupField
from embudo.foundation.ui.forms.base import finish_field
from embudo.kernel.errors import Invalid

FIELD_TEMPLATE = "intake/entering_field.html"
PHONES = ("phone", "mobile", "fax")
# By what else the same company or person is found while one types.
WATCHED = ("name", "first_name", "last_name", "tax_id", "email", "phone", "town")


@dataclass(frozen=True)
class Verdict:
    """What the verifier said of one value, in words."""

    point: Point

    @property
    def is_wrong(self) -> bool:
        return self.point.judgement == Judgement.WRONG

    @property
    def judgement(self) -> str:
        return str(Judgement(self.point.judgement).label)

    @property
    def reason(self) -> str:
        return str(Fault(self.point.code).label) if self.point.code else ""


@dataclass(frozen=True)
class Change:
    """What somebody else made of a value in the meantime: before and now, as people read it, and now as it is typed."""

    before: Any
    now: Any
    typed: str
    is_taken: bool  # it stands in the form already, for nothing else was typed there


class EntryField(BoundField):
    """A field that is also described by what the verifier said of it, and by what somebody else changed."""

    form: "EntryForm"

    @property
    def verdict(self) -> Verdict | None:
        return self.form.verdicts.get(self.name)

    @property
    def change(self) -> Change | None:
        return self.form.changes.get(self.name)

    @property
    def is_file(self) -> bool:
        template = getattr(self.field, "template_name", None)
        return isinstance(self.field, forms.FileField) and template == FIELD_TEMPLATE

    @property
    def chosen(self) -> str:
        """What the file is called that was chosen before the form came back: a browser lets nobody choose it again for them."""
        return self.form.chosen.get(self.name, "")

    @property
    def aria_describedby(self) -> str | None:
        ids = [
            *([f"{self.auto_id}_again"] if self.is_file else []),
            *([f"{self.auto_id}_change"] if self.change else []),
            *([f"{self.auto_id}_verdict"] if self.verdict else []),
            *(super().aria_describedby or "").split(),
        ]
        return " ".join(ids) or None


class EntryForm(CustomForm):
    """What an assignment asks for, in its order: attributes of companies or people, and those of the organisation's own."""

    kind = Entry.kind_name()
    bound_field_class = EntryField
    is_another = forms.BooleanField(label=_("It is another one"), required=False)

    def __init__(self, *args: Any, assignment: Assignment, **kwargs: Any) -> None:
        self.assignment = assignment
        self.asked: Mapping[str, Asked] = {one.name: one for one in assignment.attributes}
        self.verdicts: Mapping[str, Verdict] = {}
        self.changes: Mapping[str, Change] = {}
        self.chosen: Mapping[str, str] = {}
        super().__init__(*args, **kwargs)
        self.order_fields(list(self.asked))
        sent: Mapping[str, Any] = self.files
        self.chosen = {name: str(file.name) for name, file in sent.items() if name in self.fields}

    # --- what is asked ---

    def prepare(self) -> None:
        known: Mapping[str, forms.Field] = CompanyForm.base_fields
        if self.assignment.subject == Subject.PERSON:
            known = {**known, **PersonForm.base_fields}
        for name, one in self.asked.items():
            if not one.key and name in known:
                self.fields[name] = self.worded(deepcopy(known[name]), one)
                finish_field(name, self.fields[name])
        for name in PHONES:
            if name in self.fields:
                field: Any = self.fields[name]
                field.region = self.country or None
        if "email" in self.fields:
            self.fields["email"].error_messages["invalid"] = _(
                "Enter an e-mail address such as anna@example.com."
            )
        if "pkd" in self.fields:
            offer_activities(self, "pkd")
            self.fields["pkd"].widget.search_url = reverse("intake:activity_options")

    @property
    def country(self) -> str:
        typed = str(self.data.get("country", "")).upper()
        return typed or getattr(self.record, "country", "") or queries.home_country(self.assignment)

    def asks(self, one: Definition) -> bool:
        return one.name in self.asked and super().asks(one)

    def add(self, one: Definition, kept: Any) -> None:
        super().add(one, kept)
        field = self.worded(self.fields[one.name], self.asked[one.name])
        if one.type is AttributeType.YES_NO:
            field.required = False  # a tick that is missing means no
        if field.required:
            field.widget.attrs.setdefault("aria-required", "true")

    def worded(self, field: forms.Field, one: Asked) -> forms.Field:
        """As the assignment asks for it."""
        field.required = field.required or one.is_required
        field.widget.is_required = field.required
        if one.help:  # how a lookup is used has to be said all the same
            how = field.help_text if isinstance(field, LookupField) else ""
            field.help_text = f"{one.help} {how}".strip()
        field.template_name = FIELD_TEMPLATE  # type: ignore[attr-defined]
        return field

    # --- what is shown ---

    @property
    def asked_fields(self) -> Sequence[BoundField]:
        return [self[name] for name in self.asked if name in self.fields]

    @property
    def watched(self) -> str:
        """The fields by which look-alikes are found, and by whose rules their numbers are read, for htmx."""
        country = ("country",) if "country" in self.fields and self.watched_names else ()
        return ", ".join(f"#id_{name}" for name in (*self.watched_names, *country))

    @property
    def watched_changes(self) -> str:
        return ", ".join(f"change from:#id_{name}" for name in self.watched_names)

    @property
    def watched_names(self) -> Sequence[str]:
        return [name for name in WATCHED if name in self.fields]

    @property
    def has_address(self) -> bool:
        return "postcode" in self.fields and ("town" in self.fields or "region" in self.fields)

    @property
    def kept(self) -> Sequence[BoundField]:
        """Whose value may be taken over from the last record."""
        return [self[name] for name, one in self.asked.items() if one.is_kept and name in self.fields]

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Puts in what a draft holds; of files only what they are called."""
        files = {one.name for one in self.asked_fields if isinstance(one.field, forms.FileField)}
        texts = {name: kept.get(name, "") for name in self.asked if name in self.fields}
        self.initial = {**self.initial, **{name: one for name, one in texts.items() if name not in files}}
        named = {name: str(kept.get(f"{FILE}{name}", "")) for name in files}
        self.chosen = {name: one for name, one in named.items() if one}

    def focus(self, name: str = "") -> None:
        """Where one begins: at this field, else at the first."""
        goal = name or next((one for one in self.asked if one in self.fields), "")
        if goal:
            self.fields[goal].widget.attrs |= {"data-focus-now": "", "data-begin": ""}

    def offer(self, last: Entry | None) -> None:
        """Puts in what is kept from the last record."""
        if last is None:
            return
        known = {one.name: one for one in self.definitions}
        for bound in self.kept:
            value = last.value_of(bound.name)
            own = known.get(bound.name)
            self.initial[bound.name] = live_value(own, value) if own else value

    # --- what was typed ---

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.errors:
            self.tell_also(data)
        return data

    def tell_also(self, data: Mapping[str, Any]) -> None:
        """The command would not be asked: what else it has against the values is told with the first faults."""
        entry = self.record or Entry(assignment=self.assignment, subject=self.assignment.subject)
        typed = self.typed(data)
        try:
            checked_values(self.actor, self.assignment, entry, typed["values"], typed["custom"])
        except Invalid as fault:
            for name, texts in fault.errors.items():
                if name in self.fields and name not in self.errors:
                    self.add_error(name, [str(text) for text in texts])

    def typed(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """`values` and `custom` as the commands take them."""
        values = {name: data[name] for name, one in self.asked.items() if not one.key and name in data}
        return {"values": values, "custom": dict(data.get("custom", {}))}


def initial_of(entry: Entry, names: Sequence[str]) -> dict[str, Any]:
    """What stands in the fields at first; the organisation's own attributes bring theirs themselves."""
    return {name: entry.value_of(name) for name in names if not name.startswith("custom_")}
