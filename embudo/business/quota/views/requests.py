from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota import commands, queries
from embudo.business.quota.forms.funds import ApproveRequestForm, AskOfficerForm, ReasonForm
from embudo.business.quota.models import SpendRequest
from embudo.business.quota.permissions import ANSWER_REQUESTS
from embudo.business.quota.views.badges import request_badge
from embudo.business.quota.views.funds import OfAccount
from embudo.foundation.ui import atoms
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import ListPage
from embudo.foundation.ui.parts import Action, Column, Tab

NAV = "quota:requests"


class Requests(ListPage):
    permission = ANSWER_REQUESTS
    title = _("Requests to spend more")
    icon = "hourglass"
    query = queries.requests
    nav = NAV
    columns = (
        Column("account", _("Account"), cell=lambda row: row.account.reference),
        Column("customer", _("Customer"), cell=lambda row: row.account.customer.name),
        Column("amount_minor", _("Amount"), end=True,
               cell=lambda row: atoms.money((row.amount_minor, row.account.currency))),
        Column("is_prepaid", _("Paid in advance"), cell=lambda row: gettext("yes") if row.is_prepaid else "—"),
        Column("reason", _("What it is needed for")),
        Column("state", _("State"), cell=lambda row: request_badge(row.state)),
        Column("asked_by", _("Asked by"), cell=lambda row: row.asked_by.name if row.asked_by else gettext("The customer")),
        Column("created", _("Requested"), kind="datetime", sort="created", descends_first=True),
    )  # fmt: skip
    tabs = (
        Tab("waiting", _("Waiting"), lambda found, _actor: found.filter(state=SpendRequest.State.WAITING), counted=True),
        Tab("all", _("All")),
    )  # fmt: skip
    search_fields = ("account__reference",)
    search_label = _("Find by reference")
    default_sort = "created"
    empty_title = _("No requests here")
    empty_text = _(
        "Where a policy says so, customers at their limit ask an officer. Their requests stand here."
    )

    def row_url(self, row: Any) -> str:
        return record_url("quota:account", row.account_id)

    def row_actions(self, row: Any) -> Sequence[Action]:
        if row.state != SpendRequest.State.WAITING:
            return ()
        return request_actions(row, row.account.reference)

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s request", "%(n)s requests", n) % {"n": self.count_shown(n)}


def request_actions(row: Any, reference: str) -> Sequence[Action]:
    names = {"reference": reference}
    return (
        Action(
            _("Approve"), reverse("quota:request_approve", args=[row.pk]), "circle-check", ANSWER_REQUESTS, dialog=True,
            name=gettext("Approve the request on %(reference)s") % names,
        ),
        Action(
            _("Deny"), reverse("quota:request_deny", args=[row.pk]), "circle-x", ANSWER_REQUESTS, dialog=True,
            name=gettext("Deny the request on %(reference)s") % names,
        ),
    )  # fmt: skip


class AskOfficer(OfAccount):
    query, command, form_class = queries.account, commands.ask_officer, AskOfficerForm
    title, submit_label = _("Ask for more in this period"), _("Ask")
    intro = _("Another officer answers. What is approved may be spent above the limit in this period.")

    def success_message(self, result: Any) -> str:
        return gettext("The officers are told.")


class ApproveRequest(OfAccount):
    query, command, form_class = queries.request, commands.approve_request, ApproveRequestForm
    title, submit_label = _("Approve the request"), _("Approve")
    nav = NAV

    def get_title(self) -> Any:
        return gettext("Let %(customer)s spend %(amount)s more") % {
            "customer": self.record.account.customer.name,
            "amount": atoms.money((self.record.amount_minor, self.record.account.currency)),
        }

    def form_context(self, form: Any) -> dict[str, Any]:
        paid = gettext(
            "It is paid in advance: approve it once the payment is here, and say in the note how it was paid."
        )
        return super().form_context(form) | ({"intro": paid} if self.record.is_prepaid else {})

    def success_message(self, result: Any) -> str:
        return gettext("Approved: the customer may spend it at once.")


class DenyRequest(OfAccount):
    query, command, form_class = queries.request, commands.deny_request, ReasonForm
    title, submit_label = _("Deny the request"), _("Deny")
    nav = NAV
    is_danger = True

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Any:
        return commands.deny_request(actor, record, reason=data["reason"])

    def success_message(self, result: Any) -> str:
        return gettext("The request was denied.")
