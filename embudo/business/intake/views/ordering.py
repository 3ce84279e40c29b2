from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.directory.rules import regions
from embudo.business.intake import commands, queries
from embudo.business.intake.forms.asked import AskedForm, moved
from embudo.business.intake.forms.assignments import (
    AloneForm,
    AssignmentForm,
    NewAssignmentForm,
    SplitForm,
)
from embudo.business.intake.permissions import EDIT_ASSIGNMENT, ENTER
from embudo.business.intake.rules.policies import Policy
from embudo.business.intake.views.assignments import ASSIGNMENTS, NAV
from embudo.foundation.attributes.permissions import DEFINE_ATTRIBUTES
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage
from embudo.foundation.ui.parts import Crumb


class NewAssignment(CommandPage):
    command = commands.create_assignment
    form_class = NewAssignmentForm
    template_name = "intake/assignment_form.html"
    title = _("New assignment")
    submit_label = _("Create the assignment")
    cancel_url = reverse_lazy(NAV)
    nav = NAV
    crumbs = (ASSIGNMENTS,)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"policy": Policy.ALL, "percent": 20, "target": 0} | dict(super().initial(record))

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"regions": regions()}

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is a draft. Say what is asked, bind people, then open it.") % {
            "title": result.title
        }


class OfAssignment(CommandPage):
    """An act on one assignment."""

    query = queries.assignment
    nav = NAV

    def get_crumbs(self) -> Sequence[Crumb]:
        return (ASSIGNMENTS, Crumb(self.record.title, record_url("intake:assignment", self.record.pk)))


def initial_of(record: Any) -> dict[str, Any]:
    return {
        "title": record.title,
        "instruction": record.instruction,
        "territory": "\n".join(record.territory),
        "target": record.target,
        "deadline": record.deadline,
        "policy": record.policy,
        "percent": record.percent,
        "principal": str(record.principal_id or ""),
        "coordinator": str(record.coordinator_id or ""),
    }


class EditAssignment(OfAssignment):
    command = commands.edit_assignment
    form_class = AssignmentForm
    template_name = "intake/assignment_form.html"
    title = _("Edit the assignment")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return initial_of(record)

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"regions": regions()}


class SplitAssignment(OfAssignment):
    command = commands.create_assignment
    permission = EDIT_ASSIGNMENT
    form_class = SplitForm
    template_name = "intake/assignment_form.html"
    title = _("Split the assignment")
    submit_label = _("Split off this part")
    again_label = _("Split off and go on")
    intro = _("The part records and asks for the same. It is a draft until you open it.")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return initial_of(record) | {"title": "", "target": 0}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        return commands.create_assignment(actor, parent=record, **data)

    def form_context(self, form: Any) -> dict[str, Any]:
        return super().form_context(form) | {"regions": regions()}

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s was split off.") % {"title": result.title}


class WhatIsAsked(OfAssignment):
    """Which attributes an assignment asks for, in which order and how."""

    command = commands.edit_assignment
    form_class = AskedForm
    template_name = "intake/assignment_asked.html"
    width = ""
    title = _("What is asked")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"asked": record.asked}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        act, _mark, name = request.POST.get("change", "").partition(":")
        if act not in ("up", "down", "remove", "add"):
            return super().post(request, *args, **kwargs)
        return self.changed(act, name or request.POST.get("add", ""))

    def changed(self, act: str, name: str) -> HttpResponse:
        """The page with one attribute moved, added or removed; nothing is saved yet."""
        typed: Any = self.get_form(self.request.POST)
        asked = moved(typed.chosen, act, name)
        form = AskedForm(None, initial={"asked": asked}, actor=self.actor, record=self.record)
        label = form.labels.get(name, "")
        said = {
            "add": gettext("%(name)s is asked for now, at the end.") if label else "",
            "remove": gettext("%(name)s is not asked for any more."),
        }.get(act, gettext("%(name)s was moved.")) % {"name": label}
        goal = f"place-{name}" if f"place-{name}" in form.fields else "add"
        form.fields[goal].widget.attrs["data-focus-now"] = ""
        return self.render(self.get_context() | self.form_context(form) | {"said": said if label else ""})

    def form_context(self, form: Any) -> dict[str, Any]:
        define = reverse("attributes:attribute_new") if self.actor.may(DEFINE_ATTRIBUTES) else ""
        return super().form_context(form) | {
            "define_url": f"{define}?kind=intake.entry" if define else "",
        }

    def success_message(self, result: Any) -> str:
        n = len(result.asked)
        return ngettext("%(n)d attribute is asked for.", "%(n)d attributes are asked for.", n) % {"n": n}


class StartAlone(CommandPage):
    command = commands.start_alone
    form_class = AloneForm
    title = _("Start on my own")
    submit_label = _("Start")
    intro = _("You enter records at once. Nobody verifies them, and nobody else is asked.")
    cancel_url = reverse_lazy(NAV)
    nav = NAV
    crumbs = (ASSIGNMENTS,)

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is open. Enter the first record.") % {"title": result.title}

    def success_url(self, result: Any, record: Any) -> str:
        if self.actor.may(ENTER):
            return reverse("intake:entry_new", args=[result.pk])
        return super().success_url(result, record)


class OpenAssignment(OfAssignment, ConfirmPage):
    command = commands.open_assignment
    form_class, template_name = ConfirmPage.form_class, ConfirmPage.template_name
    title = _("Open the assignment")
    submit_label = _("Open the assignment")
    intro = _("Those who are bound see it at once and begin.")

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is open.") % {"title": result.title}


class ArchiveAssignment(OfAssignment, ConfirmPage):
    command = commands.archive_assignment
    form_class, template_name = ConfirmPage.form_class, ConfirmPage.template_name
    title = _("Archive the assignment")
    submit_label = _("Archive")
    intro = _("It leaves everybody's lists. Its entries stay, and you can take it out again.")

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is in the archive.") % {"title": result.title}

    def undo_url(self, result: Any) -> str:
        return reverse("intake:assignment_unarchive", args=[result.pk])


class UnarchiveAssignment(OfAssignment, ConfirmPage):
    command = commands.unarchive_assignment
    form_class, template_name = ConfirmPage.form_class, ConfirmPage.template_name
    title = _("Take out of the archive")
    submit_label = _("Take out of the archive")
    intro = _("It is closed then. Reopen it by its last closing to go on working.")

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is back, closed.") % {"title": result.title}
