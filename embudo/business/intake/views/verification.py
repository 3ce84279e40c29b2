from collections.abc import Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.forms import Form as DjangoForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.verification import NextForm, VerdictForm
from embudo.business.intake.models import Assignment, Entry
from embudo.business.intake.permissions import CONVERSE, VERIFY
from embudo.business.intake.rules.verdicts import LEASE, Outcome
from embudo.business.intake.views.entry_page import talk_context
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, Page
from embudo.foundation.ui.pages.commands import is_complete
from embudo.foundation.ui.parts import Crumb
from embudo.kernel.errors import Invalid, Refused

QUEUE = reverse_lazy("intake:queue")
LIVE = "queue-live"


def waiting_text(n: int) -> str:
    if not n:
        return gettext("Nothing waits for you.")
    return ngettext("%(n)s entry waits for you.", "%(n)s entries wait for you.", n) % {"n": atoms.number(n)}


def verify_url(entry_id: UUID, assignment_id: UUID | None = None) -> str:
    """`assignment_id` where the verifier stays with one assignment."""
    address = record_url("intake:verify", entry_id)
    return f"{address}?{urlencode({'only': assignment_id})}" if assignment_id else address


class Queue(Page):
    """The verifier's home: how much waits under which assignment, and the next one by one key."""

    permission = VERIFY
    title = _("Verification")
    icon = "badge-check"
    template_name = "intake/queue.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.htmx_target == LIVE:
            return self.render(self.get_context(), template="intake/queue_live.html")
        return super().get(request, *args, **kwargs)

    @cached_property
    def queued(self) -> list[queries.Queued]:
        return queries.queue(self.actor)

    @property
    def chosen(self) -> queries.Queued | None:
        asked = self.request.GET.get("assignment", "")
        return next((one for one in self.queued if str(one.assignment.pk) == asked), None)

    def get_title(self) -> Any:
        return f"{self.chosen.assignment.title} · {self.title}" if self.chosen else self.title

    @property
    def live_url(self) -> str:
        """Asks again, and tells how many were known: only what begins to wait is spoken."""
        chosen = self.chosen
        state = {"assignment": chosen.assignment.pk} if chosen else {}
        return f"{self.request.path}?{urlencode({**state, 'known': self.total})}"

    @cached_property
    def total(self) -> int:
        return sum(one.waiting for one in self.queued)

    @property
    def news(self) -> str:
        return waiting_text(self.total) if self.request.GET.get("known") == "0" and self.total else ""

    def lacking(self) -> list[tuple[Assignment, int]]:
        """Where entries never come into the queue: they wait for a second entry that nobody is there to give."""
        listed = [one.assignment for one in self.queued]
        found = queries.lacking_seconds(listed)
        return [(one, found[one.pk].entries) for one in listed if one.pk in found]

    def get_context(self) -> dict[str, Any]:
        chosen = self.chosen
        shown = queries.first_waiting(self.actor, chosen.assignment if chosen else None)
        waiting = chosen.waiting if chosen else self.total
        return super().get_context() | {
            "is_live": self.htmx_target == LIVE,
            "queued": self.queued,
            "chosen": chosen,
            "total": self.total,
            "held": sum(one.held for one in self.queued),
            "accepted": sum(one.accepted for one in self.queued),
            "rejected": sum(one.rejected for one in self.queued),
            "lacking": self.lacking(),
            "corrected": sum(one.corrected for one in self.queued),
            "said": waiting_text(self.total),
            "news": self.news,
            "shown": shown,
            "more": max(0, waiting - len(shown)),
        }


class Next(CommandPage):
    """Gives the verifier the next entry and opens it."""

    command = commands.claim_next
    form_class = NextForm
    template_name = "ui/confirm.html"
    title = _("Verify the next")
    submit_label = _("Verify the next")
    cancel_url = QUEUE
    nav = "intake:queue"

    def success_message(self, result: Any) -> str:
        return "" if result else gettext("Nothing waits for you.")

    def success_url(self, result: Any, record: Any) -> str:
        only = self.request.POST.get("assignment", "")
        return verify_url(result.pk, result.assignment_id if only else None) if result else str(QUEUE)


class EntryAct(ConfirmPage):
    query = queries.entry
    cancel_url = QUEUE
    nav = "intake:queue"

    def get_title(self) -> Any:
        return self.title

    def success_message(self, result: Any) -> str:
        return ""


class Claim(EntryAct):
    command = commands.claim_entry
    title = _("Verify this entry")
    submit_label = _("Verify this entry")
    intro = _("It is yours alone until you decide on it or put it back.")

    def success_url(self, result: Any, record: Any) -> str:
        return verify_url(record.pk)


class Release(EntryAct):
    command = commands.release_entry
    title = _("Put the entry back")
    submit_label = _("Put back")
    intro = _("It waits in the queue again. What you marked is not kept.")

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s was put back into the queue.") % {"name": result.name}

    def success_url(self, result: Any, record: Any) -> str:
        return str(QUEUE)


class Lease(Page):
    """The heart-beat of an open page: the entry stays the verifier's, or who has it now is told."""

    permission = VERIFY

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        queries.entry(self.actor, self.kwargs["entry_id"])  # what is out of sight is not there
        return HttpResponseNotAllowed(["POST"])

    def post(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        try:
            commands.renew_lease(self.actor, queries.entry(self.actor, entry_id))
        except Refused as refusal:
            return JsonResponse({"reason": str(refusal.message)}, status=HTTPStatus.CONFLICT)
        return JsonResponse({"seconds": int(LEASE.total_seconds())})


class Verify(CommandPage):
    """One entry, value by value; after the verdict the next one opens."""

    query = queries.entry
    command = commands.decide_entry
    form_class = VerdictForm
    template_name = "intake/verify.html"
    width = ""
    nav = "intake:queue"
    cancel_url = QUEUE

    def get_title(self) -> Any:
        return self.record.name

    def get_crumbs(self) -> Sequence[Crumb]:
        return (Crumb(_("Verification"), QUEUE),)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.taken_again() if "take" in request.POST else super().post(request, *args, **kwargs)

    def taken_again(self) -> HttpResponse:
        """Takes an entry back that was lost meanwhile; what was marked stays."""
        form: Any = self.get_form(self.request.POST)
        is_complete(form, self.request)
        try:
            commands.claim_entry(self.actor, self.record)
        except Refused as refusal:
            form.add_error(None, str(refusal.message))
            return self.show(form, status=422)
        return self.show(form)

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        form: Any = self.judging
        given = {"comment": data["comment"], "version": data["version"]}
        try:
            return commands.decide_entry(actor, record, outcome=form.outcome, points=form.points, **given)
        except Invalid as fault:
            raise Invalid(form.at_fields(fault.errors)) from fault

    def get_form(self, data: Any = None, files: Any = None) -> DjangoForm:
        self.judging: Any = super().get_form(data, files)
        return self.judging

    def success_message(self, result: Any) -> str:
        said = {
            Outcome.ACCEPTED: gettext("%(name)s was accepted."),
            Outcome.REJECTED: gettext("%(name)s was rejected."),
        }
        return said[self.judging.outcome] % {"name": result.name}

    def success_url(self, result: Any, record: Any) -> str:
        """The next one, of the same assignment where the verifier chose to stay with it."""
        only = record.assignment if "only" in self.request.GET else None
        following = commands.claim_next(self.actor, assignment=only)
        return verify_url(following.pk, only.pk if only else None) if following else str(QUEUE)

    def show(self, form: Any, *, status: int = 200) -> HttpResponse:
        self._record = None  # after a refusal: as it is now
        return super().show(form, status=status)

    def talk(self, entry: Entry) -> str:
        """The conversation beside; what is typed there stays when the verdict comes back."""
        context = talk_context(self.actor, entry, may_write=self.actor.may(CONVERSE))
        return render_to_string("intake/entry_talk.html", context, request=self.request)

    def form_context(self, form: Any) -> dict[str, Any]:
        entry, examined = self.record, form.examined
        standing = queries.standing(self.actor, entry)
        # a verdict that was refused keeps its form, whatever became of the entry
        return super().form_context(form) | {
            "entry": entry,
            "standing": standing,
            "is_judging": standing == "mine" or form.is_bound,
            "former": examined.former,
            "rows": list(form.rows),
            "total": len(examined.values),
            "lease_minutes": int(LEASE.total_seconds() // 60),
            "lease_seconds": int(LEASE.total_seconds()),
            "talk": self.talk(entry),
            "entry_url": record_url("intake:entry", entry.pk),
        }
