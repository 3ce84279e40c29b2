from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.quota import commands, queries
from embudo.business.quota.commands import Decided
from embudo.business.quota.forms.runs import DenyForm
from embudo.business.quota.models import Switch
from embudo.business.quota.permissions import DECIDE_SWITCHES, VIEW_RUNS
from embudo.business.quota.rules.states import AccountState, Cause
from embudo.business.quota.views.badges import account_badge
from embudo.business.quota.views.run_words import (
    STEPS,
    act_badge,
    decision_badge,
    figures_text,
    run_badge,
    title_of_run,
)
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, PartPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter
from embudo.foundation.ui.picking import RowPicking, picked_ids

NAV, RUNS_NAV = "quota:proposals", "quota:runs"
PROPOSALS = Crumb(_("Proposals"), reverse_lazy(NAV))
RUNS = Crumb(_("Daily runs"), reverse_lazy(RUNS_NAV))
CAUSES = tuple((one.value, one.label) for one in Cause if one != Cause.OFFICER)
ACCOUNT, CUSTOMER, ACT, CAUSE, FIGURES = (
    Column("account.reference", _("Account"), cell=lambda row: row.account.reference, sort="account__reference"),
    Column("customer", _("Customer"), cell=lambda row: row.account.customer.name),
    Column("act", _("Switch"), cell=act_badge),
    Column("cause", _("Cause"), cell=lambda row: row.get_cause_display()),
    Column("figures", _("Figures"), cell=figures_text),
)  # fmt: skip


def number(name: str, label: Any) -> Column:
    return Column(name, label, kind="number", end=True)


class Deciding(RowPicking):
    def acts(self) -> list[tuple[str, Any, str, str, bool]]:
        return [
            (reverse("quota:proposals_approve"), gettext("Approve…"), "check", "approve", False),
            (reverse("quota:proposals_deny"), gettext("Deny…"), "x", "deny", False),
        ]


class Decider:
    """Fills the list's slot: several proposals are decided at once, by who may."""

    def picking(self, page: ListPage, model: Any) -> Deciding | None:
        return Deciding(page) if page.actor.may(DECIDE_SWITCHES) else None


class Proposals(ListPage):
    permission = VIEW_RUNS
    title = _("Proposals of the daily run")
    icon = "badge-check"
    query = queries.proposals
    columns = (
        ACCOUNT,
        CUSTOMER,
        ACT,
        CAUSE,
        FIGURES,
        Column("policy", _("Policy"), cell=lambda row: row.account.policy.name),
        Column("created", _("Proposed"), kind="datetime", sort="created", descends_first=True),
    )
    filters = (
        Filter("cause", _("Cause"), CAUSES, "cause"),
        Filter("act", _("Switch"), (("0", _("Hold")), ("1", _("Reopen"))), "is_reopening"),
    )
    editor = Decider()
    search_fields = ("account__reference", "account__company__name", "account__person__name")
    search_label = _("Find by reference or customer")
    default_sort = "-created"
    empty_title = _("Nothing waits for a decision")
    empty_text = _(
        "What a daily run would hold or reopen comes here, where the policy says that an officer decides."
    )

    def row_url(self, row: Any) -> str:
        return record_url("quota:switch", row.pk)

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s proposal", "%(n)s proposals", n) % {"n": self.count_shown(n)}


class DecideProposals(CommandPage):
    """One answer for all the proposals that were picked."""

    nav = NAV
    crumbs = (PROPOSALS,)
    cancel_url = reverse_lazy(NAV)

    @cached_property
    def ids(self) -> list[UUID]:
        return picked_ids(self.request.GET)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def success_url(self, result: Any, record: Any) -> str:
        return reverse(NAV)


class ApproveProposals(DecideProposals):
    command = commands.approve_switches
    template_name = "ui/confirm.html"
    submit_label = _("Approve")
    intro = _("The accounts are switched at once. Where the cause is gone by now, the proposal lapses.")

    def get_title(self) -> str:
        n = len(self.ids)
        return ngettext("Approve %(n)d proposal", "Approve %(n)d proposals", n) % {"n": n}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Decided:
        return commands.approve_switches(actor, ids=self.ids)

    def success_message(self, result: Decided) -> str:
        made = ngettext("%(n)d account was switched.", "%(n)d accounts were switched.", result.done)
        return " ".join([made % {"n": result.done}, *further(result)])


class DenyProposals(DecideProposals):
    command = commands.deny_switches
    form_class = DenyForm
    submit_label = _("Deny")
    intro = _("The reason is kept with each of them. It is not proposed again for the same cause.")

    def get_title(self) -> str:
        n = len(self.ids)
        return ngettext("Deny %(n)d proposal", "Deny %(n)d proposals", n) % {"n": n}

    def perform(self, actor: Any, record: Any, data: Mapping[str, Any]) -> Decided:
        return commands.deny_switches(actor, ids=self.ids, reason=data["reason"])

    def success_message(self, result: Decided) -> str:
        denied = ngettext("%(n)d proposal was denied.", "%(n)d proposals were denied.", result.done)
        return " ".join([denied % {"n": result.done}, *further(result)])


def further(result: Decided) -> list[str]:
    """What became of the others."""
    said = []
    if result.lapsed:
        words = ngettext(
            "%(n)d lapsed, because the cause is gone.", "%(n)d lapsed, because their cause is gone.", result.lapsed
        )  # fmt: skip
        said.append(words % {"n": result.lapsed})
    if result.late:
        words = ngettext(
            "%(n)d was decided by somebody else before.", "%(n)d were decided by somebody else before.", result.late
        )  # fmt: skip
        said.append(words % {"n": result.late})
    return said


class SwitchPage(RecordPage):
    permission = VIEW_RUNS
    query = queries.switch
    template_name = "quota/switch.html"
    nav = NAV
    crumbs = (PROPOSALS,)

    def get_actions(self) -> Sequence[Action]:
        if self.record.state != Switch.State.PROPOSED:
            return ()
        return tuple(
            Action(label, reverse(f"quota:{name}", args=[self.record.pk]), icon, DECIDE_SWITCHES, dialog=True, primary=main)
            for name, label, icon, main in (
                ("switch_approve", _("Approve"), "check", True), ("switch_deny", _("Deny"), "x", False),
            )
        )  # fmt: skip

    def get_context(self) -> dict[str, Any]:
        record = self.record
        return super().get_context() | {
            "act": act_badge(record),
            "decision": decision_badge(record.state),
            "before": account_badge(record.before),
            "after": account_badge(AccountState(record.after)),
            "figures": figures_text(record),
            "account_url": record_url("quota:account", record.account_id),
            "run_url": record_url("quota:run", record.run_id),
            "run_title": title_of_run(record.run),
        }


class OfSwitch(CommandPage):
    """A decision about one proposal."""

    query = queries.switch
    nav = NAV
    crumbs = (PROPOSALS,)

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {}

    def success_url(self, result: Any, record: Any) -> str:
        return reverse(NAV)


class ApproveSwitch(OfSwitch, ConfirmPage):
    command = commands.approve_switch
    title = _("Approve the proposal")
    submit_label = _("Approve")
    intro = ApproveProposals.intro

    def success_message(self, result: Decided) -> str:
        return gettext("The account was switched.") if result.done else " ".join(further(result))


class DenySwitch(OfSwitch):
    command = commands.deny_switch
    form_class = DenyForm
    title = _("Deny the proposal")
    submit_label = _("Deny")

    def success_message(self, result: Decided) -> str:
        return gettext("The proposal was denied.")


class Runs(ListPage):
    permission = VIEW_RUNS
    title = _("Daily runs")
    icon = "calendar-check"
    query = queries.runs
    columns = (
        Column("day", _("Day"), kind="date", sort="day", descends_first=True),
        Column("state", _("State"), cell=run_badge),
        number("looked_at", _("Looked at")),
        number("switched", _("Switched")),
        number("proposed", _("Proposed")),
        number("applied", _("Changes applied")),
        number("failed", _("Failed")),
        Column("finished", _("Finished"), kind="datetime"),
    )
    default_sort = "-day"
    actions = (
        Action(_("Run again now"), reverse_lazy("quota:run_ask"), "play", DECIDE_SWITCHES, dialog=True),
    )
    empty_title = _("No runs yet")
    empty_text = _("Every night after midnight a run looks at all quota accounts, from the first account on.")

    def row_url(self, row: Any) -> str:
        return record_url("quota:run", row.pk)

    def row_tone(self, row: Any) -> str:
        return "bad" if row.failed else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s run", "%(n)s runs", n) % {"n": self.count_shown(n)}


class AskForRun(ConfirmPage):
    command = commands.ask_for_run
    title = _("Run again now")
    submit_label = _("Run now")
    intro = _("Today's run goes on with what came up since. What it has done already is not done twice.")
    nav = RUNS_NAV
    crumbs = (RUNS,)
    cancel_url = reverse_lazy(RUNS_NAV)

    def success_message(self, result: Any) -> str:
        return gettext("The run starts in a moment.")


class RunPage(RecordPage):
    """The report of a run."""

    permission = VIEW_RUNS
    query = queries.run
    template_name = "quota/run.html"
    nav = RUNS_NAV
    crumbs = (RUNS,)

    def get_context(self) -> dict[str, Any]:
        record = self.record
        return super().get_context() | {
            "badge": run_badge(record),
            "switches_url": reverse("quota:run_switches", args=[record.pk]),
            "figures": [
                (_("Accounts looked at"), record.looked_at),
                (_("Accounts switched"), record.switched),
                (_("Switches proposed"), record.proposed),
                (_("Changes applied"), record.applied),
                (_("Failed"), record.failed),
            ],
            "faults": [self.fault(one) for one in record.faults],
            "is_cut": record.failed > len(record.faults),
        }

    def fault(self, one: Mapping[str, str]) -> dict[str, str]:
        page = "quota:change" if one["step"] in {"apply", "expire"} else "quota:account"
        step = STEPS.get(one["step"])
        return {
            "url": record_url(page, UUID(one["id"])),
            "name": one.get("name") or one["id"],
            "step": step() if step else one["step"],
            "reason": one["reason"] or one["code"],
        }


class RunSwitches(ListPage):
    """What one run switched and proposed."""

    permission = VIEW_RUNS
    title = _("Switches of the run")
    icon = "badge-check"
    nav = RUNS_NAV
    query = queries.switches_of_run
    columns = (
        ACCOUNT,
        CUSTOMER,
        ACT,
        CAUSE,
        FIGURES,
        Column("before", _("Before"), cell=lambda row: account_badge(row.before)),
        Column("after", _("Afterwards"), cell=lambda row: account_badge(row.after)),
        Column("state", _("Decision"), cell=lambda row: decision_badge(row.state)),
        Column("decided_by", _("Decided by"), cell=lambda row: row.decided_by.name if row.decided_by else ""),
        Column("reason", _("Reason")),
        Column("created", _("Found"), kind="datetime", sort="created", descends_first=True),
    )
    filters = (
        Filter("cause", _("Cause"), CAUSES, "cause"),
        Filter("state", _("Decision"), tuple(Switch.State.choices), "state"),
    )
    search_fields = Proposals.search_fields
    search_label = Proposals.search_label
    default_sort = "-created"
    empty_title = _("This run switched nothing")

    def get_crumbs(self) -> Sequence[Crumb]:
        run = queries.run(self.actor, self.kwargs["run_id"])
        return (RUNS, Crumb(title_of_run(run), record_url("quota:run", run.pk)))

    def row_url(self, row: Any) -> str:
        return record_url("quota:switch", row.pk)

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s switch", "%(n)s switches", n) % {"n": self.count_shown(n)}


class ProposalsTile(PartPage):
    """A tile of the dashboard, and a page of its own."""

    permission = VIEW_RUNS
    template_name = "quota/tile_proposals.html"
    title = _("Proposals waiting")
    nav = NAV

    def get_context(self) -> dict[str, Any]:
        newest = queries.proposals(self.actor).order_by("-created", "-id")[:5]
        return super().get_context() | {
            "count": queries.proposals_count(self.actor),
            "rows": [
                {
                    "badge": act_badge(one),
                    "url": record_url("quota:switch", one.pk),
                    "customer": one.account.customer.name,
                    "cause": one.get_cause_display(),
                }
                for one in newest
            ],
        }
