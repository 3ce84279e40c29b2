from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.answering import DenialForm
from embudo.business.quota.models import Answer, Change
from embudo.business.quota.rules.answers import last_day
from embudo.business.quota.rules.states import ChangeState
from embudo.business.quota.views.guests import GuestPage
from embudo.foundation.ui.access_marks import public
from embudo.foundation.ui.pages.commands import add_errors, error_heading, error_links
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Invalid, Refused

# What became of a change that its customer looks at again.
OUTCOMES = {
    ChangeState.REFUSED: _("The change was not made."),
    ChangeState.REJECTED: _("The change was not made."),
    ChangeState.ACCEPTED: _("The change is accepted and is being prepared."),
    ChangeState.REHEARSED: _("The change is accepted and is being prepared."),
    ChangeState.SCHEDULED: _("The change is accepted and is being prepared."),
    ChangeState.HELD: _("The change is accepted, but put off. You hear from us when it applies."),
    ChangeState.APPLIED: _("The new amount applies."),
    ChangeState.INFORMED: _("The new amount applies."),
    ChangeState.FAILED: _("The change could not be made. Your quota stays as it was."),
    ChangeState.DENIED: _("The change is not made. Your quota stays as it was."),
    ChangeState.EXPIRED: _("Nobody answered in time, so the change is not made."),
    ChangeState.RECALLED: _("The change was taken back. Your quota stays as it was."),
    ChangeState.SUPERSEDED: _("Another change took its place. You get a mail about that one."),
}


# No cookie holds a session here, so there is none to be abused: the token in the address says who it is.
@public
@method_decorator(csrf_exempt, name="dispatch")
class AnswerChange(GuestPage):
    """Where the customer says whether a change of their quota was theirs. Looking changes nothing: what reads mails follows links."""

    template_name = "quota/answer.html"
    title = _("Was this you?")
    bucket = "quota.answer"

    guest: Actor
    answer: Answer
    change: Change

    def open_link(self) -> None:
        self.guest, self.answer = queries.question(
            self.kwargs["token"], request_id=getattr(self.request, "request_id", "")
        )
        self.change = self.answer.change

    def mail_language(self) -> str:
        return self.answer.language

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.answer.opened is None and self._is_open():
            commands.note_opening(self.guest, token=kwargs["token"])
        return self.show(DenialForm())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_accepted = request.POST.get("answer") == "yes"
        form = DenialForm(request.POST)
        if not is_accepted and not form.is_valid() and self._is_open():
            return self.show(form, status=422)
        said = commands.Said(is_accepted=True) if is_accepted else commands.Said(False, **form.cleaned_data)
        try:
            commands.answer_change(self.guest, token=kwargs["token"], said=said)
        except Invalid as fault:
            add_errors(form, fault.errors)
            return self.show(form, status=422)
        except Refused:
            return self._afresh(status=409)
        return HttpResponseRedirect(request.get_full_path())

    def _is_open(self) -> bool:
        return queries.why_not_answerable(self.change, self.answer) is None

    def _afresh(self, status: int) -> HttpResponse:
        """Somebody was faster: what became of it."""
        self.answer = Answer.objects.get(pk=self.answer.pk)
        self.change = self.answer.change
        return self.show(DenialForm(), status=status)

    def show(self, form: DenialForm, *, status: int = 200) -> HttpResponse:
        why = queries.why_not_answerable(self.change, self.answer)
        version = self.change.policy_version
        account = self.change.account
        context = {
            "form": form,
            "errors": error_links(form) if form.is_bound else [],
            "error_heading": error_heading(form) if form.is_bound else "",
            "answer": self.answer,
            "change": self.change,
            "account": account,
            "before": account.money(self.change.from_minor),
            "after": account.money(self.change.to_minor),
            "until": last_day(self.answer.expires),
            "version": version,
            "ended": why.label if why else "",
            "outcome": OUTCOMES.get(ChangeState(self.change.state), "") if why else "",
            "is_held": bool(why) and queries.is_held_for(self.change),
            "can_accept": self.change.state == ChangeState.AWAITING,
        }
        return self.render(self.get_context() | context, status=status)
