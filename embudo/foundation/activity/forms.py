import re
from typing import Any
from uuid import UUID

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import queries as access
from embudo.foundation.activity.commands import CallFacts, MeetingPlan
from embudo.foundation.activity.rules import LONGEST_TITLE, Direction, Outcome, Priority
from embudo.foundation.ui.forms import Form, LookupField

SHOWN_COLLEAGUES = 50


class DayField(forms.DateField):
    """A day to plan: the browser's own calendar."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
        kwargs.setdefault("error_messages", {"invalid": _("Enter a date, such as 2026-03-31.")})
        super().__init__(**kwargs)


class MomentField(forms.DateTimeField):
    """A day and time, in the person's own time zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        kwargs.setdefault("widget", widget)
        kwargs.setdefault(
            "error_messages", {"invalid": _("Enter a date and time, such as 2026-03-31 14:30.")}
        )
        super().__init__(**kwargs)


class DurationField(forms.CharField):
    """Minutes, or minutes and seconds ("3:12"), as a number of seconds."""

    default_error_messages = {"invalid": _("Enter minutes, or minutes and seconds: 3:12.")}

    def to_python(self, value: Any) -> int:  # type: ignore[override]
        typed = str(super().to_python(value) or "0").strip()
        found = re.fullmatch(r"(\d{1,4})(?::([0-5]\d))?", typed, re.ASCII)
        if not found:
            raise forms.ValidationError(self.error_messages["invalid"], "invalid")
        return int(found[1]) * 60 + int(found[2] or 0)

    def run_validators(self, value: Any) -> None:
        """The text's limits were checked on the text."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        return f"{value // 60}:{value % 60:02d}" if value else ""


class OwnerField(LookupField):
    """A colleague."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Who does it"), list_label=_("Colleagues"), **kwargs)

    def offer_to(self, actor: Any) -> None:
        def colleagues() -> list[tuple[str, str]]:
            active = access.users(actor).filter(is_active=True)[:SHOWN_COLLEAGUES]
            return [(str(user.pk), str(user)) for user in active]

        self.offer(
            search_url=reverse_lazy("activity:owners"),
            fetch=lambda value: access.user(actor, UUID(value)),
            options=colleagues,
        )


class TaskForm(Form):
    title = forms.CharField(label=_("What is to be done"), max_length=LONGEST_TITLE)
    due = DayField(label=_("Due"), required=False)
    owner = OwnerField(required=False)
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Priority.choices, coerce=int, initial=Priority.NORMAL
    )
    details = forms.CharField(label=_("Details"), required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def prepare(self) -> None:
        owner: Any = self.fields["owner"]
        owner.offer_to(self.actor)


class AssignTaskForm(Form):
    owner = OwnerField()

    def prepare(self) -> None:
        owner: Any = self.fields["owner"]
        owner.offer_to(self.actor)


class NoteForm(Form):
    text = forms.CharField(
        label=_("Note"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write something first.")},
    )


class CallForm(Form):
    direction = forms.ChoiceField(label=_("Direction"), choices=Direction.choices)
    outcome = forms.ChoiceField(label=_("Outcome"), choices=Outcome.choices)
    phone = forms.CharField(label=_("Phone"), required=False, max_length=32)
    at = MomentField(label=_("When"))
    seconds = DurationField(
        label=_("Duration"),
        required=False,
        max_length=8,
        help_text=_("Minutes, or minutes and seconds: 3:12"),
    )
    summary = forms.CharField(
        label=_("What was said"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def facts(self) -> CallFacts:
        return CallFacts(**self.cleaned_data)


class MeetingForm(Form):
    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)
    starts = MomentField(label=_("Starts"))
    ends = MomentField(label=_("Ends"), required=False)
    place = forms.CharField(label=_("Place"), required=False, max_length=200)
    participants = forms.CharField(
        label=_("Participants"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    summary = forms.CharField(
        label=_("Agenda and minutes"), required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def plan(self) -> MeetingPlan:
        return MeetingPlan(**self.cleaned_data)
