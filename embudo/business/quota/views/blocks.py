from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.funds import ReasonForm
from embudo.business.quota.rules.states import Cause
from embudo.business.quota.views.funds import OfAccount
from embudo.kernel.actor import Actor


class BlockAccount(OfAccount):
    query, command, form_class = queries.account, commands.block_account, ReasonForm
    title, submit_label = _("Hold the account"), _("Hold the account")
    intro = _("Nothing is authorised from now on. What is authorised already may still be captured.")
    is_danger = True

    def perform(self, actor: Actor, record: Any, data: Mapping[str, Any]) -> Any:
        grounds = commands.Grounds(Cause.OFFICER, data["reason"])
        return commands.block_account(actor, record, grounds=grounds)

    def success_message(self, result: Any) -> str:
        return gettext("The account is held.")


class LiftBlock(OfAccount):
    query, command, form_class = queries.block, commands.lift_block, ReasonForm
    title, submit_label = _("Lift what holds the account"), _("Lift it")

    def get_title(self) -> Any:
        return gettext("Lift: %(cause)s") % {"cause": Cause(self.record.cause).label}

    def success_message(self, result: Any) -> str:
        return gettext("It holds the account no longer.")
