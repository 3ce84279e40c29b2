from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.changes import EvidenceForm, LanguageForm, NoteForm, ReasonForm, SaidForm
from embudo.business.quota.models import Change
from embudo.business.quota.rules.states import ChangeState
from embudo.business.quota.views.change_asking import OfChange
from embudo.business.quota.views.change_words import rehearsal_shown
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import EmptyForm
from embudo.foundation.ui.hooks_registry import record_url


def people_needed(n: int) -> str:
    return ngettext("%(n)d person has to approve it.", "%(n)d people have to approve it.", n) % {"n": n}


def after_approval(change: Change) -> str:
    """What comes next, once a change was approved or accepted."""
    if change.state == ChangeState.AWAITING:
        if queries.addressee(change.account).address:
            return gettext("Approved. The customer is asked by mail.")
        return gettext(
            "Approved. The customer has no mail address: ask them by phone and record their answer."
        )
    if change.state == ChangeState.ACCEPTED:
        return gettext("Approved. Rehearse it before its day.")
    left = change.approvers - len([one for one in queries.signatures(change) if one.purpose == "approve"])
    words = ngettext("Approved. %(n)d more person has to.", "Approved. %(n)d more people have to.", left)
    return words % {"n": left}


class SubmitChange(OfChange):
    command = commands.submit_change
    form_class = EmptyForm
    template_name = "ui/confirm.html"
    title = _("Submit the change")
    submit_label = _("Submit for approval")
    intro = _(
        "What is known of the account today is frozen on the change, for those who approve it. It can't be edited any more."
    )

    def success_message(self, result: Any) -> str:
        if result.state == ChangeState.REFUSED:
            return gettext("The policy refuses this change. What stands against it is listed below.")
        return gettext("Submitted. %(next)s") % {"next": people_needed(result.approvers)}


class ApproveChange(OfChange):
    command = commands.approve_change
    form_class = NoteForm
    title = _("Approve the change")
    submit_label = _("Approve")
    intro = _("You put your name and your licence to it.")

    def success_message(self, result: Any) -> str:
        return after_approval(result)


class RejectChange(OfChange):
    command = commands.reject_change
    form_class = ReasonForm
    title = _("Reject the change")
    submit_label = _("Reject")
    intro = _("The change ends. Whoever asked for it is told why.")
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("The change is rejected.")


class RecallChange(OfChange):
    command = commands.recall_change
    form_class = ReasonForm
    title = _("Recall the change")
    submit_label = _("Recall")
    intro = _("The change ends where it stands. The limit stays as it is.")
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("The change is recalled.")


class RecordAnswer(OfChange):
    """What the customer said by phone. A denial has all the consequences of one by link."""

    command = commands.record_answer
    form_class = SaidForm
    title = _("Record an answer given by phone")
    submit_label = _("Record the answer")

    def form_context(self, form: Any) -> dict[str, Any]:
        version = self.record.policy_version
        told = [gettext("A denial ends the change.")]
        if version.denial_holds:
            told.append(gettext("It holds the account at once, until a reviewer lifts it."))
        if version.denial_suspends:
            told.append(gettext("It suspends the licence of who asked for the change."))
        return super().form_context(form) | {"intro": " ".join(told)}

    def success_message(self, result: Any) -> str:
        if result.state == ChangeState.DENIED:
            return gettext("The customer denied the change. It has ended.")
        return gettext("The customer accepted the change. Rehearse it before its day.")


class SendAgain(OfChange):
    command = commands.send_question_again
    form_class = LanguageForm
    title = _("Send the question again")
    submit_label = _("Send it again")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"language": queries.addressee(record.account).language}

    def form_context(self, form: Any) -> dict[str, Any]:
        address = queries.addressee(self.record.account).address
        words = gettext(
            "To %(address)s, the address on file. The link sent before ends, and the time to answer begins anew."
        )
        intro = (
            words % {"address": address} if address else gettext("The customer has no mail address on file.")
        )
        return super().form_context(form) | {"intro": intro}

    def success_message(self, result: Any) -> str:
        return gettext("The question is on its way again.")


class TellAgain(OfChange):
    command = commands.tell_again
    form_class = EmptyForm
    template_name = "ui/confirm.html"
    title = _("Tell the customer again")
    submit_label = _("Send it again")
    intro = _("By mail, to the address on file.")

    def success_message(self, result: Any) -> str:
        return gettext("The mail is on its way again.")


class RecordTold(OfChange):
    command = commands.record_told
    form_class = EvidenceForm
    title = _("The customer was told by phone")
    submit_label = _("Record it")

    def success_message(self, result: Any) -> str:
        return gettext("Noted: the customer knows.")


class MarkReturned(OfChange):
    """A mail that came back where the product could not see it."""

    query = queries.question_sent
    command = commands.mark_undeliverable
    form_class = EmptyForm
    template_name = "ui/confirm.html"
    title = _("The mail came back")
    submit_label = _("It came back")
    intro = _(
        "The customer does not know then: the link ends, and the change can't be applied before they were reached otherwise."
    )
    is_danger = True

    def home(self) -> str:
        return record_url("quota:change", self.record.change_id)

    def get_crumbs(self) -> Any:
        return ()

    def success_message(self, result: Any) -> str:
        return gettext("Noted: the customer was not reached.")


class RehearseChange(OfChange):
    command = commands.rehearse_change
    form_class = EmptyForm
    template_name = "ui/confirm.html"
    title = _("Rehearse the change")
    submit_label = _("Rehearse")
    intro = _(
        "A dry run on today's data: nothing is changed. It shows the account afterwards, what stands against it, and what will be sent. A newer rehearsal has to be signed anew."
    )

    def success_message(self, result: Any) -> str:
        if result.has_breach:
            return gettext("The rehearsal found something that stands against the change.")
        return gettext("Rehearsed. Somebody who did not ask for it has to sign before its day.")


class SignRehearsal(OfChange):
    command = commands.sign_rehearsal
    form_class = EmptyForm
    template_name = "quota/change_sign.html"
    title = _("Sign the rehearsal")
    submit_label = _("Sign")
    intro = _("With your name on it the change is applied on its day. Without one it is held back.")

    def form_context(self, form: Any) -> dict[str, Any]:
        found = queries.newest_rehearsal(self.record)
        shown = rehearsal_shown(found, self.record.account.currency) if found else None
        return super().form_context(form) | {"rehearsal": shown}

    def success_message(self, result: Any) -> str:
        return gettext("Signed. It applies on %(day)s.") % {"day": atoms.full_day(result.applies_on)}
