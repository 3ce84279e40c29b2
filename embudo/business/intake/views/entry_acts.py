from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.intake import commands, queries
from embudo.business.intake.forms.entries import OVERRULED, DecisionForm, DisputeForm
from embudo.business.intake.rules.states import EntryState
from embudo.foundation.ui.pages import CommandPage, ConfirmPage


class HandInEntry(ConfirmPage):
    query = queries.entry
    command = commands.hand_in_entry
    title = _("Hand the entry in")
    submit_label = _("Hand in")
    intro = _("A verifier looks at it. Until it comes back you can withdraw it, but not change it.")
    nav = "intake:entries"

    def success_message(self, result: Any) -> str:
        if result.state == EntryState.ACCEPTED:
            return gettext("%(name)s was accepted.") % {"name": result.name}
        return gettext("%(name)s was handed in.") % {"name": result.name}


class WithdrawEntry(ConfirmPage):
    query = queries.entry
    command = commands.withdraw_entry
    title = _("Withdraw the entry")
    submit_label = _("Withdraw")
    intro = _("It was a mistake and counts nowhere any more. This can't be taken back.")
    is_danger = True
    nav = "intake:entries"

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s was withdrawn.") % {"name": result.name}


class DisputeEntry(CommandPage):
    query = queries.entry
    command = commands.dispute_rejection
    form_class = DisputeForm
    title = _("Dispute the rejection")
    submit_label = _("Dispute")
    intro = _("The supervisor decides. If the rejection stands, you correct the entry.")
    nav = "intake:entries"

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def success_message(self, result: Any) -> str:
        return gettext("The supervisor is asked to decide.")


class DecideDispute(CommandPage):
    query = queries.entry
    command = commands.decide_dispute
    form_class = DecisionForm
    title = _("Decide the dispute")
    submit_label = _("Decide")
    nav = "intake:entries"

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        is_overruled = data["decision"] == OVERRULED
        return commands.decide_dispute(actor, record, is_overruled=is_overruled, text=data["text"])

    def success_message(self, result: Any) -> str:
        if result.state == EntryState.ACCEPTED:
            return gettext("%(name)s was accepted.") % {"name": result.name}
        return gettext("The rejection stands. The operator corrects the entry.")
