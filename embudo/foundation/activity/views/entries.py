import json
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.activity import commands, permissions, queries
from embudo.foundation.activity.forms import CallForm, MeetingForm, NoteForm, TaskForm
from embudo.foundation.activity.models import Call, Meeting, Note
from embudo.foundation.activity.views.timeline import timeline_context
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.pages import CommandPage, ConfirmPage
from embudo.foundation.ui.parts import Action
from embudo.kernel import clock
from embudo.kernel.about import AboutRecord, about_record
from embudo.kernel.kind import kind_named, kind_of


def address_of(thing: Any) -> str:
    """The page of the record that something is about."""
    kind = kind_named(thing.about_kind)
    return kind.url(thing.about_id) if kind else "/"


class EntryPage(CommandPage):
    """A form that adds something to a record's timeline. `query` finds the record."""

    query = about_record
    stays = True

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def success_url(self, result: Any, record: Any) -> str:
        return kind_of(record).url(record.pk)


class AddNote(EntryPage):
    """Sent from the panel itself it answers with the panel, so that nothing else on the page moves."""

    command = commands.add_note
    form_class = NoteForm
    title, submit_label = _("Add a note"), _("Add note")

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Note:
        return commands.add_note(actor, about=record, **data)

    def success_message(self, result: Any) -> str:
        return gettext("Note added.")

    def get_form(self, data: Any = None, files: Any = None) -> Any:
        return NoteForm(data, actor=self.actor, auto_id="note-%s" if self.is_from_panel else "id_%s")

    @property
    def is_from_panel(self) -> bool:
        return self.htmx_target.startswith("activity-")

    def panel(self, form: Any = None) -> str:
        context = timeline_context(self.actor, self.record, form=form, is_fresh=True)
        context |= {"is_part": True, "shell": "ui/dialog.html", "actor": self.actor}
        return render_to_string("activity/timeline.html", context, request=self.request)

    def succeed(self, result: Any) -> HttpResponse:
        if not self.is_from_panel:
            return super().succeed(result)
        say = {"say": {"text": self.success_message(result), "toast": True}}
        return HttpResponse(self.panel(), headers={"HX-Trigger": json.dumps(say)})

    def show(self, form: Any, *, status: int = 200) -> HttpResponse:
        if not self.is_from_panel:
            return super().show(form, status=status)
        form.fields["text"].widget.attrs["data-focus-now"] = ""
        return HttpResponse(self.panel(form), status=status)


class ChangeNote(CommandPage):
    query, command, form_class = queries.note, commands.change_note, NoteForm
    title = _("Change the note")
    stays = True

    def success_url(self, result: Any, record: Any) -> str:
        return address_of(result)


class RemoveNote(ConfirmPage):
    query, command = queries.note, commands.remove_note
    title, submit_label = _("Remove the note"), _("Remove")
    intro = _("It leaves the timeline for everybody.")
    is_danger = stays = True

    def success_url(self, result: Any, record: Any) -> str:
        return address_of(record)

    def success_message(self, result: Any) -> str:
        return gettext("Note removed.")

    def undo_url(self, result: Any) -> str:
        return reverse("recycle:restore", args=[result.pk])


class LogCall(EntryPage):
    command = commands.log_call
    form_class = CallForm
    title, submit_label = _("Log a call"), _("Log call")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"at": clock.now(), "phone": getattr(record, "phone", "")}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Call:
        return commands.log_call(actor, about=record, call=commands.CallFacts(**data))

    def success_message(self, result: Any) -> str:
        return gettext("Call logged.")


class ChangeCall(CommandPage):
    query, command, form_class = queries.call, commands.change_call, CallForm
    title = _("Change the call")
    stays = True

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Call:
        facts = dict(data)
        version = facts.pop("version", None)
        return commands.change_call(actor, record, call=commands.CallFacts(**facts), version=version)

    def success_url(self, result: Any, record: Any) -> str:
        return address_of(result)


class PlanMeeting(EntryPage):
    command = commands.plan_meeting
    form_class = MeetingForm
    title, submit_label = _("Plan a meeting"), _("Plan meeting")

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Meeting:
        return commands.plan_meeting(actor, about=record, meeting=commands.MeetingPlan(**data))

    def success_message(self, result: Any) -> str:
        return gettext("Meeting planned.")


class ChangeMeeting(CommandPage):
    query, command, form_class = queries.meeting, commands.change_meeting, MeetingForm
    title = _("Change the meeting")
    template_name = "activity/meeting.html"
    stays = True

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Meeting:
        plan = dict(data)
        version = plan.pop("version", None)
        return commands.change_meeting(actor, record, meeting=commands.MeetingPlan(**plan), version=version)

    def get_context(self) -> dict[str, Any]:
        cancel = Action(
            _("Cancel the meeting"),
            reverse("activity:meeting_cancel", args=[self.record.pk]),
            "circle-x",
            dialog=True,
        )
        return super().get_context() | {"call_off": None if self.record.is_cancelled else cancel}

    def success_url(self, result: Any, record: Any) -> str:
        return address_of(result)


class CancelMeeting(ConfirmPage):
    query, command = queries.meeting, commands.cancel_meeting
    title, submit_label = _("Cancel the meeting"), _("Cancel the meeting")
    intro = _("It stays in the timeline as cancelled. Nobody is told: write to the participants.")
    is_danger = stays = True

    def success_url(self, result: Any, record: Any) -> str:
        return address_of(result)

    def success_message(self, result: Any) -> str:
        return gettext("Meeting cancelled.")


class PlanTask(EntryPage):
    """A to-do about a record."""

    command = commands.create_task
    form_class = TaskForm
    title, submit_label = _("Plan a task"), _("Plan task")
    again_label: ClassVar[Any] = ""

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"owner": self.actor.id, "due": clock.today(), "priority": 2}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        return commands.create_task(actor, about=record, **data)

    def success_message(self, result: Any) -> str:
        return gettext("Task planned.")


def _to_parent(thing: AboutRecord) -> HttpResponse:
    return HttpResponseRedirect(address_of(thing))


@guarded(permissions.VIEW_NOTES)
def note(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """A note is read on the page of the record that it is about."""
    return _to_parent(queries.note(actor_of(request), record_id))


@guarded(permissions.VIEW_CALLS)
def call(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """A call is read on the page of the record that it is about."""
    return _to_parent(queries.call(actor_of(request), record_id))


@guarded(permissions.VIEW_MEETINGS)
def meeting(request: HttpRequest, record_id: UUID) -> HttpResponse:
    """A meeting is read on the page of the record that it is about."""
    return _to_parent(queries.meeting(actor_of(request), record_id))
