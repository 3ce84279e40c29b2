from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.funds import AdjustForm, ReasonForm, TopUpForm
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage
from embudo.foundation.ui.parts import Crumb
from embudo.kernel.actor import Actor
from embudo.kernel.record import new_id

NAV = "quota:accounts"
ACCOUNTS = Crumb(_("Quota accounts"), reverse_lazy(NAV))


class OfAccount(CommandPage):
    """An act on what belongs to an account: afterwards one is on the account's page again."""

    nav = NAV

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def get_cancel_url(self) -> str:
        return self.success_url(None, self.record)

    def get_crumbs(self) -> Sequence[Crumb]:
        account = getattr(self.record, "account", self.record)
        return (ACCOUNTS, Crumb(account.reference, record_url("quota:account", account.pk)))

    def success_url(self, result: Any, record: Any) -> str:
        return reverse("quota:account", args=[getattr(record, "account_id", record.pk)])


class Posting(OfAccount):
    """An act that enters something once, however often its button is pressed."""

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"key": new_id().hex}


class TopUp(Posting):
    query, command, form_class = queries.account, commands.top_up, TopUpForm
    title, submit_label = _("Top up"), _("Enter the top-up")
    intro = _(
        "Money paid in advance may be spent above the limit. What is not used goes over into the next period."
    )

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> Any:
        origin = commands.Origin(data["key"], data["source"], data["note"])
        return commands.top_up(actor, record, amount=data["amount"], origin=origin)

    def success_message(self, result: Any) -> str:
        amount = atoms.money((result.amount_minor, self.record.currency))
        return gettext("Topped up by %(amount)s.") % {"amount": amount}


class Adjust(Posting):
    query, command, form_class = queries.account, commands.adjust_consumption, AdjustForm
    title, submit_label = _("Correct what was consumed"), _("Enter the correction")
    intro = _("The ledger is never overwritten: the correction is an entry of its own, under your name.")

    def success_message(self, result: Any) -> str:
        if result.is_late:
            return gettext("Corrected. The closed period was restated.")
        return gettext("Corrected.")


class ReverseEntry(OfAccount):
    query, command, form_class = queries.entry, commands.reverse_entry, ReasonForm
    title, submit_label = _("Take the entry back"), _("Take it back")
    intro = _("The entry stays, with a second one that takes it back on the day it counted on.")
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("The entry was taken back.")


class ReleaseHold(OfAccount):
    query, command, form_class = queries.hold, commands.release_by_hand, ReasonForm
    title, submit_label = _("Release the authorisation"), _("Release")
    intro = _("The till can't capture it any more. Ask there first, unless it is forgotten for sure.")
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("The authorisation was released.")
