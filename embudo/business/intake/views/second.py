from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.second import SecondForm
from embudo.business.intake.models import Assignment
from embudo.business.intake.permissions import ENTER
from embudo.foundation.ui.pages import Page
from embudo.foundation.ui.pages.commands import add_errors, error_heading, error_links
from embudo.foundation.ui.parts import Crumb
from embudo.kernel.errors import Invalid, NotFound, Refused


class SecondEntries(Page):
    """
    Somebody else's records, whose chosen fields are entered once more without seeing the first: one after the other. What
    came out is told to the verifier alone.
    """

    permission = ENTER
    template_name = "intake/second.html"
    title = _("Second entry")
    nav = "intake:my_work"

    @cached_property
    def assignment(self) -> Assignment:
        return queries.assignment(self.actor, self.kwargs["assignment_id"])

    def get_crumbs(self) -> Sequence[Crumb]:
        address = f"{reverse('intake:my_work')}?assignment={self.assignment.pk}"
        return (Crumb(self.assignment.title, address),)

    @cached_property
    def refusal(self) -> str:
        """Why there is nothing to do here: a part that is closed, or none at all."""
        part = queries.part_with_assignment(self.actor, self.assignment.pk)
        return queries.hindrance(part)

    @cached_property
    def task(self) -> queries.SecondTask | None:
        found = queries.second_at_hand(self.actor, self.assignment)
        return queries.second_task(self.actor, self.assignment, found) if found else None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.refusal or self.task is None:
            return self.shown()
        form = SecondForm(actor=self.actor, task=self.task)
        form.focus()
        return self.shown(form)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.refusal:
            return self.shown(status=422)
        if "entry" not in request.POST:
            return self.next_one(gettext("Nothing waits for a second entry any more."))
        if self.task is None or str(self.task.entry_id) != request.POST["entry"]:
            return self.lost()
        form = SecondForm(request.POST, request.FILES, actor=self.actor, task=self.task)
        if not form.is_valid():
            return self.shown(form, status=422)
        try:
            commands.enter_second(
                self.actor, self.assignment, entry_id=self.task.entry_id, values=form.values
            )
        except Invalid as fault:
            add_errors(form, fault.errors)
            return self.shown(form, status=422)
        except (Refused, NotFound):
            return self.lost()
        return self.next_one(
            gettext("Saved. Nothing else waits for a second entry."),
            gettext("Saved. Here is the next record."),
        )

    def next_one(self, none_left: str, next_is: str = "") -> HttpResponse:
        """Takes the next record, if there is one, and shows it."""
        found: UUID | None = commands.claim_second(self.actor, self.assignment)
        said = next_is if found else none_left
        if said:
            messages.success(self.request, said)
        return HttpResponseRedirect(self.request.path)

    def lost(self) -> HttpResponse:
        """The time ran out and somebody else has it, or it was withdrawn."""
        text = gettext(
            "This record is no longer yours to enter: somebody else took it over. Nothing was saved."
        )
        messages.error(self.request, text)
        return HttpResponseRedirect(self.request.path)

    def shown(self, form: SecondForm | None = None, *, status: int = 200) -> HttpResponse:
        task = self.task if form is not None else None
        wording = queries.Wording(self.actor, self.assignment)
        known = wording.labels if task else {}
        context = {
            "assignment": self.assignment,
            "refusal": self.refusal,
            "task": task,
            "facts": [wording.fact(one.name, value) for one, value in task.shown if one.name in known]
            if task
            else [],
            "waiting": 0 if task or self.refusal else queries.waiting_seconds(self.actor, self.assignment),
            "form": form,
            "errors": error_links(form) if form is not None else [],
            "error_heading": error_heading(form) if form is not None else "",
        }
        return self.render(self.get_context() | context, status=status)
