from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.intake import queries
from embudo.business.intake.models import Assignment
from embudo.business.intake.queries import Checked, Examined
from embudo.business.intake.rules.verdicts import (
    LONGEST_COMMENT,
    LONGEST_VALUE,
    Fault,
    Judgement,
    Outcome,
)
from embudo.foundation.ui.forms import Form
from embudo.foundation.ui.forms.base import finish_field

LOOKED_UP = ("tax_id", "vat_id", "regon", "krs", "siret", "fax")
PARTS = ("judgement", "code", "comment", "suggested")


class NextForm(Form):
    """Which assignment the next entry is to be of; any where none is chosen."""

    assignment = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput())

    def clean_assignment(self) -> Assignment | None:
        chosen = self.cleaned_data["assignment"]
        try:
            return queries.assignment(self.actor, UUID(chosen)) if chosen else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Row:
    """A value with the fields that judge it."""

    checked: Checked
    judgement: forms.BoundField
    code: forms.BoundField
    comment: forms.BoundField
    suggested: forms.BoundField

    @property
    def id(self) -> str:
        return f"value-{self.checked.fact.name}"

    @property
    def is_new_tab(self) -> bool:
        """A web page or a file; mail and phone open programs of their own."""
        return not self.checked.fact.url.startswith(("mailto:", "tel:"))

    @property
    def is_copied(self) -> bool:
        """Whether it is looked up elsewhere: a number, an address."""
        fact = self.checked.fact
        return fact.value not in (None, "", []) and (bool(fact.url) or fact.name in LOOKED_UP)

    @property
    def said_before(self) -> str:
        """What the round before said of the value, as one line."""
        said = self.checked.said
        if said is None:
            return ""
        parts = [
            str(Judgement(said.judgement).label),
            str(Fault(said.code).label) if said.code else "",
            said.comment,
            gettext("suggested: %(value)s") % {"value": said.suggested} if said.suggested else "",
        ]
        return " · ".join(part for part in parts if part)

    @property
    def errors(self) -> list[str]:
        bound = (self.judgement, self.code, self.comment, self.suggested)
        return [str(text) for one in bound for text in one.errors]


class VerdictForm(Form):
    """The judgement of each value, and of the whole. Its fields follow from what the assignment asks for."""

    def prepare(self) -> None:
        for checked in self.examined.values:
            for part, made in _fields(checked).items():
                self._add(f"{part}_{checked.fact.name}", made)
        self._add(
            "comment",
            forms.CharField(
                label=_("Comment on the whole entry"), required=False, max_length=LONGEST_COMMENT,
                widget=forms.Textarea(attrs={"rows": 2}),
            ),
        )  # fmt: skip
        self._add("outcome", forms.ChoiceField(required=False, choices=Outcome.choices))

    def _add(self, name: str, made: forms.Field) -> None:
        finish_field(name, made)
        self.fields[name] = made

    @cached_property
    def examined(self) -> Examined:
        return queries.examined(self.actor, self.record)

    @property
    def names(self) -> list[str]:
        return [one.fact.name for one in self.examined.values]

    @property
    def rows(self) -> Iterator[Row]:
        for checked in self.examined.values:
            yield Row(checked, *(self[f"{part}_{checked.fact.name}"] for part in PARTS))

    @property
    def points(self) -> list[dict[str, str]]:
        """What was marked. A reason and another value belong to what is wrong, a comment also to what nobody can tell."""
        found = []
        for name in self.names:
            given = {part: self.cleaned_data.get(f"{part}_{name}", "") for part in PARTS}
            if given["judgement"] != Judgement.WRONG:
                given |= {"code": "", "suggested": ""}
            if given["judgement"] == Judgement.RIGHT:
                given["comment"] = ""
            if given["judgement"]:
                found.append({"name": name, **given})
        return found

    @property
    def outcome(self) -> str:
        """As the button says; without one, what follows from the marks."""
        is_wrong = any(point["judgement"] == Judgement.WRONG for point in self.points)
        told = self.cleaned_data.get("outcome", "")
        return told or str(Outcome.REJECTED if is_wrong else Outcome.ACCEPTED)

    def at_fields(self, errors: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        """A command's faults, named by the values they are about, at the fields where they are mended."""
        labels = self.examined.labels
        return {
            f"code_{key}" if key in labels else key: [
                f"{labels[key]}: {text}" if key in labels else text for text in texts
            ]
            for key, texts in errors.items()
        }


def _fields(checked: Checked) -> dict[str, forms.Field]:
    label = checked.fact.label
    return {
        "judgement": forms.ChoiceField(
            label=label, required=False, choices=Judgement.choices, widget=forms.RadioSelect()
        ),
        "code": forms.ChoiceField(
            label=_("Reason"), required=False, choices=[("", "—"), *Fault.choices], widget=forms.Select()
        ),
        "comment": forms.CharField(
            label=_("Comment"), required=False, max_length=LONGEST_COMMENT,
            widget=forms.Textarea(attrs={"rows": 2}),
        ),
        "suggested": forms.CharField(
            label=_("Suggested value"), required=False, max_length=LONGEST_VALUE,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        ),
    }  # fmt: skip
