from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.intake import queries
from embudo.business.intake.forms.assignments import CountField
from embudo.business.intake.rules.asked import LONGEST_HELP, MOST_ASKED, NAMING, STANDARD, Asked
from embudo.foundation.ui.forms import Form
from embudo.foundation.ui.forms.base import finish_field

FLAGS = ("is_required", "is_kept", "is_unique", "is_double")
FLAG_LABELS: Mapping[str, Any] = {
    "is_required": _("Required"),
    "is_kept": _("Keep from the last record"),
    "is_unique": _("Unique in the assignment"),
    "is_double": _("Entered twice, by two people"),
}


@dataclass(frozen=True)
class Line:
    """One attribute in the editor, with the fields that say how it is asked for."""

    name: str
    label: str
    place: BoundField
    help: BoundField
    flags: Sequence[BoundField]
    may_go: bool

    @property
    def fields(self) -> Sequence[BoundField]:
        return (self.place, self.help, *self.flags)


class AskedForm(Form):
    """
    What an assignment asks for, in order. The browser sends the attributes as they stand on the page, each with a number;
    the numbers decide, so that it works without script as well. Buttons that only change the page (`change`) save nothing.
    """

    add = forms.ChoiceField(label=_("Add an attribute"), required=False)

    def prepare(self) -> None:
        self.labels = self._labels()
        given = self.initial.get("asked", self.record.asked)
        self.asked = self._numbered() if self.is_bound else [Asked.of(one) for one in given]
        self._build(self.asked)
        self._offer()

    def _labels(self) -> dict[str, str]:
        """Every attribute that can be asked for, by name: the standard ones, then the organisation's."""
        subject = self.record.subject
        found = {name: queries.standard_label(name) for name in STANDARD[subject]}
        return found | {one.name: str(one) for one in queries.custom_definitions()}

    def _typed(self, key: str, name: str) -> str:
        return str(self.data.get(f"{key}-{name}", ""))

    def _numbered(self) -> list[Asked]:
        """As sent, in the order of the numbers; equal ones as they stood on the page, what has none at the end."""
        listed: Iterable[str] = getattr(self.data, "getlist", lambda _key: [])("name")
        sent = [*listed, *(key.removeprefix("place-") for key in self.data if key.startswith("place-"))]
        names = list(dict.fromkeys(name for name in sent if name in self.labels))[:MOST_ASKED]
        places = {name: self._typed("place", name).strip() for name in names}
        ranks = {
            name: int(typed) if typed.isdecimal() and len(typed) < 5 else len(names)
            for name, typed in places.items()
        }
        ordered = sorted(names, key=lambda name: ranks[name])
        return [
            Asked(
                name,
                help=self._typed("help", name),
                **{flag: bool(self._typed(flag, name)) for flag in FLAGS},
            )
            for name in ordered
        ]

    def _build(self, asked: Iterable[Asked]) -> None:
        for number, one in enumerate(asked, 1):
            label = self.labels.get(one.name, one.name)
            fields: dict[str, forms.Field] = {
                "place": CountField(label=gettext("Place"), most=9999, initial=number),
                "help": forms.CharField(
                    label=gettext("Help for the operator"), max_length=LONGEST_HELP, required=False, initial=one.help
                ),
            }  # fmt: skip
            for flag in FLAGS:
                fields[flag] = forms.BooleanField(
                    label=FLAG_LABELS[flag], required=False, initial=getattr(one, flag)
                )
            for key, field in fields.items():
                self.fields[f"{key}-{one.name}"] = field
                finish_field(key, field)
                field.widget.attrs["aria-description"] = label

    def _offer(self) -> None:
        taken = {one.name for one in self.asked}
        free = [(name, label) for name, label in self.labels.items() if name not in taken]
        standard = [pair for pair in free if not pair[0].startswith("custom_")]
        own = [pair for pair in free if pair[0].startswith("custom_")]
        groups: list[Any] = [("", "—"), (gettext("Standard"), standard), (gettext("Your own"), own)]
        field: Any = self.fields["add"]
        field.choices = [group for group in groups if group[1]]

    @property
    def lines(self) -> list[Line]:
        naming = NAMING[self.record.subject]
        return [
            Line(
                one.name,
                self.labels.get(one.name, one.name),
                self[f"place-{one.name}"],
                self[f"help-{one.name}"],
                [
                    self[f"{flag}-{one.name}"]
                    for flag in FLAGS
                    if one.name not in naming or flag in ("is_kept", "is_unique")
                ],
                may_go=one.name not in naming,
            )
            for one in self.asked
        ]

    @property
    def chosen(self) -> list[dict[str, Any]]:
        return [one.stored() for one in self.asked]

    def clean(self) -> dict[str, Any]:
        """What the command takes."""
        super().clean()
        return {"asked": self.chosen}


def moved(asked: Sequence[dict[str, Any]], act: str, name: str) -> list[dict[str, Any]]:
    """The attributes after one button was pressed: "up", "down", "remove" or "add"."""
    found = [dict(one) for one in asked]
    at = next((place for place, one in enumerate(found) if one["name"] == name), None)
    if act == "add" and name and at is None:
        return [*found, {"name": name}]
    if at is None:
        return found
    one = found.pop(at)
    if act != "remove":
        found.insert(max(0, at - 1) if act == "up" else at + 1, one)
    return found
