from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from embudo.foundation.duplicates.models import matched_kinds
from embudo.foundation.ui.forms import Form


class MergeForm(Form):
    """Which of the records are one, which of them stays, and whose value each field keeps; drawn as a table."""

    survivor = forms.ChoiceField(label=_("Record that stays"))
    merged = forms.MultipleChoiceField(
        label=_("Records to merge"), error_messages={"required": _("Choose at least two records.")}
    )

    def __init__(self, *args: Any, ids: list[UUID], fields: tuple[str, ...], **kwargs: Any) -> None:
        self.ids, self.names = ids, fields
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        choices = [(str(pk), str(pk)) for pk in self.ids]
        self.fields["survivor"].choices = choices  # type: ignore[attr-defined]
        self.fields["merged"].choices = choices  # type: ignore[attr-defined]
        for name in self.names:
            self.fields[f"value-{name}"] = forms.ChoiceField(choices=choices, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen, survivor = data.get("merged", []), data.get("survivor")
        if survivor and chosen and survivor not in chosen:
            self.add_error("survivor", _("The record that stays must be one of those you merge."))
        elif chosen and len(chosen) < 2:
            self.add_error("merged", _("Choose at least two records."))
        return data

    @property
    def values(self) -> dict[str, UUID]:
        """Of which record each field's value stays; of one that is not merged, nothing is taken."""
        merged = self.cleaned_data["merged"]
        named = {name: self.cleaned_data.get(f"value-{name}") or "" for name in self.names}
        return {name: UUID(pk) for name, pk in named.items() if pk in merged}


class ScanForm(Form):
    kind = forms.ChoiceField(label=_("What to search"))

    def prepare(self) -> None:
        choices = [(kind.name, str(kind.plural).capitalize()) for kind in matched_kinds()]
        self.fields["kind"].choices = choices  # type: ignore[attr-defined]
