from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.models import Answer, Change, Signature
from embudo.business.quota.permissions import APPROVE_CHANGE, REHEARSE_CHANGE, VIEW_LICENCES
from embudo.business.quota.queries import ChangeAct
from embudo.business.quota.rules.licences import Purpose
from embudo.business.quota.rules.states import ChangeState
from embudo.business.quota.views.change_asking import CHANGES
from embudo.business.quota.views.change_words import (
    Parts,
    answer_badge,
    answer_said,
    asker,
    change_badge,
    facts_shown,
    rehearsal_shown,
    steps_of,
)
from embudo.business.quota.views.changes import NAV
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import RecordPage
from embudo.foundation.ui.parts import Action
from embudo.kernel.kind import kind_of
from embudo.kernel.money import Money

# URL name, label and icon of what somebody may do; the page of one answer is offered beside it.
OFFERED: dict[ChangeAct, tuple[str, Any, str]] = {
    ChangeAct.SUBMIT: ("change_submit", _("Submit"), "send"),
    ChangeAct.EDIT: ("change_edit", _("Edit"), "pencil"),
    ChangeAct.APPROVE: ("change_approve", _("Approve"), "check"),
    ChangeAct.REJECT: ("change_reject", _("Reject"), "x"),
    ChangeAct.RECORD: ("change_answer", _("Record an answer"), "phone"),
    ChangeAct.ASK_AGAIN: ("change_ask_again", _("Send again"), "mail"),
    ChangeAct.TELL_AGAIN: ("change_tell", _("Tell again"), "mail"),
    ChangeAct.RECORD_TOLD: ("change_told", _("Told by phone"), "phone"),
    ChangeAct.SIGN: ("change_sign", _("Sign the rehearsal"), "badge-check"),
    ChangeAct.REHEARSE: ("change_rehearse", _("Rehearse"), "play"),
    ChangeAct.SUPERSEDE: ("change_supersede", _("Replace"), "copy"),
    ChangeAct.RECALL: ("change_recall", _("Recall"), "undo-2"),
}
LEADS_ON = (ChangeAct.SUBMIT, ChangeAct.APPROVE, ChangeAct.RECORD, ChangeAct.SIGN)


class ChangePage(RecordPage):
    """All that is known of a change: the way it went, the facts it was judged by, who signed, what the customer said."""

    query = queries.change
    permission = Change.view_permission
    template_name = "quota/change.html"
    nav = NAV
    crumbs = (CHANGES,)

    @cached_property
    def acts(self) -> list[ChangeAct]:
        return queries.acts_open(self.actor, self.record)

    def get_actions(self) -> Sequence[Action]:
        offered = [act for act in self.acts if act in OFFERED]
        first = next((act for act in offered if act in LEADS_ON), None)
        if first is None and self.record.state in (ChangeState.ACCEPTED, ChangeState.HELD):
            first = ChangeAct.REHEARSE
        return [self.offer(act, is_primary=act is first) for act in offered]

    def offer(self, act: ChangeAct, *, is_primary: bool) -> Action:
        name, label, icon = OFFERED[act]
        address = reverse(f"quota:{name}", args=[self.record.pk])
        is_page = act in (ChangeAct.EDIT, ChangeAct.SUPERSEDE)
        return Action(label, address, icon, primary=is_primary, dialog=not is_page)

    def get_context(self) -> dict[str, Any]:
        record: Change = self.record
        unit = record.account.currency
        parts = Parts.of(record)
        return super().get_context() | {
            "badge": change_badge(record.state),
            "account_url": reverse("quota:account", args=[record.account_id]),
            "steps": steps_of(record, parts),
            "before": Money(record.from_minor, unit),
            "after": Money(record.to_minor, unit),
            "customer_url": kind_of(record.account.customer).url(record.account.customer_id),
            "asker": asker(record),
            "why_not": self.why_not(parts),
            "unreached": self.unreached(),
            "address": queries.addressee(record.account).address,
            "provenance": queries.provenance(record.account),
            "standing_against": self.standing_against(),
            "facts": facts_shown(record.facts, unit),
            "signed": [self.signed(one) for one in parts.signatures],
            "answers": [self.answered(one) for one in parts.answers],
            "rehearsal": rehearsal_shown(parts.rehearsal, unit) if parts.rehearsal else None,
            "rehearsal_signed": parts.rehearsal_signed,
        }

    def standing_against(self) -> list[str]:
        """Why the policy refuses it, or why it could not be applied; of a draft, what would stand against it today."""
        record: Change = self.record
        unit = record.account.currency
        if record.state == ChangeState.DRAFT:
            found = queries.facts_of(record.account, record)["findings"]
            return queries.findings_in_words(found, unit)
        if record.state == ChangeState.FAILED:
            return queries.findings_in_words(record.breaches, unit)
        is_refused = record.state == ChangeState.REFUSED
        return queries.findings_in_words(record.facts["findings"], unit) if is_refused else []

    def unreached(self) -> str:
        """That the customer was not reached, and what to do then."""
        is_waiting = self.record.state == ChangeState.AWAITING
        if is_waiting and not queries.addressee(self.record.account).address:
            return gettext("The customer has no mail address: ask them by phone and record their answer.")
        if not is_waiting and queries.is_untold(self.record):
            return gettext(
                "The customer has not been told yet. Unless their mail arrives, call them and record it."
            )
        return ""

    def why_not(self, parts: Parts) -> str:
        """Why the reader can't do what the change waits for, where others can."""
        state, acts = self.record.state, self.acts
        if state == ChangeState.UNDER_REVIEW and self.actor.may(APPROVE_CHANGE):
            if ChangeAct.APPROVE in acts:
                return ""
            if any(one.person_id == self.actor.id for one in parts.signed(Signature.For.APPROVE)):
                return gettext("You have approved it. Somebody else has to, too.")
            return self.lack(self.actor.id not in queries.requesters(self.record))
        if (
            state == ChangeState.SCHEDULED
            and self.actor.may(REHEARSE_CHANGE)
            and parts.rehearsal_signed is None
        ):
            if ChangeAct.SIGN in acts:
                return ""
            if parts.rehearsal is not None and parts.rehearsal.has_breach:
                return gettext(
                    "It can't be signed as long as something stands against it. Mend that, then rehearse again."
                )
            return self.lack(self.actor.id not in queries.requesters(self.record))
        return ""

    def lack(self, is_anothers: bool) -> str:  # noqa: FBT001 - the one thing that is known
        if not is_anothers:
            return gettext("You asked for this change, so somebody else has to approve and sign it.")
        found = queries.licence_lack(self.actor, self.record, Purpose.APPROVE)
        return gettext("You can't sign this: %(why)s.") % {"why": found.label} if found else ""

    def signed(self, one: Signature) -> dict[str, Any]:
        may_look = self.actor.may(VIEW_LICENCES) and one.licence_id
        return {"one": one, "licence_url": record_url("quota:licence", one.licence_id) if may_look else ""}  # type: ignore[arg-type]

    def answered(self, one: Answer) -> dict[str, Any]:
        may_mark = ChangeAct.UNDELIVERABLE in self.acts and one.mail is not None and one.bounced is None
        here = reverse("quota:change_returned", args=[self.record.pk, one.pk]) if may_mark else ""
        return {"one": one, "badge": answer_badge(one), "said": answer_said(one), "returned_url": here}
