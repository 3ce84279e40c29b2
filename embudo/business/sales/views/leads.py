from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.urls import reverse, reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.sales import commands, queries
from embudo.business.sales.forms import (
    ConvertLeadForm,
    EditLeadForm,
    NewLeadForm,
    OwnerForm,
    ReasonForm,
    initial_conversion,
    sellers,
)
from embudo.business.sales.models import Lead
from embudo.business.sales.permissions import (
    ASSIGN_LEAD,
    CONVERT_LEAD,
    EDIT_LEAD,
    QUALIFY_LEAD,
    SUBMIT_LEAD,
    VIEW_LEADS,
)
from embudo.business.sales.rules.leads import OPEN, UNDO_WITHIN, LeadStatus
from embudo.business.sales.views.badges import lead_badge
from embudo.foundation.transfer.permissions import IMPORT
from embudo.foundation.ui.forms import phone_text
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import CommandPage, ConfirmPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Column, Crumb, Filter, Tab
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_named
from embudo.kernel.permission import Scope


def open_of_actor(leads: Any, actor: Actor) -> Any:
    return leads.open().filter(owner=actor.id)


def open_of_nobody(leads: Any, _actor: Actor) -> Any:
    return leads.open().filter(owner=None)


MINE = Tab("mine", _("Mine"), open_of_actor)
UNASSIGNED = Tab("unassigned", _("Unassigned"), open_of_nobody, counted=True)
QUALIFIED = Tab("qualified", _("Qualified"), lambda leads, _actor: leads.filter(status=LeadStatus.QUALIFIED))
EVERY = Tab("all", _("All"))


class Leads(ListPage):
    permission = VIEW_LEADS
    title = _("Leads")
    icon = "inbox"
    query = queries.leads
    fields = ("name", "company_name", "status", "source__name", "owner__name", "created")
    columns = (
        Column("name", _("Lead"), kind="avatar"),
        Column("status", _("Status"), cell=lambda row: lead_badge(row["status"])),
        Column("source__name", _("Source")),
        Column("owner__name", _("Owner"), kind="person"),
        Column("created", _("Came in"), kind="datetime", sort="created", descends_first=True),
    )
    search = lambda leads, words: leads.matching(words)  # noqa: E731 - one expression, as the page wants it
    search_label = _("Find by name, company, e-mail or phone")
    board_by, calendar_by = "status", "created"
    default_sort = "-created"
    actions = (
        Action(_("New lead"), reverse_lazy("sales:lead_new"), "plus", SUBMIT_LEAD, primary=True, dialog=True),
        Action(
            _("Import"),
            format_lazy("{}?kind=sales.lead", reverse_lazy("transfer:import_new")),
            "upload",
            IMPORT,
        ),
    )
    empty_title = _("No leads yet")
    empty_text = _("They come from your web forms, from programs and partners, or you enter one.")

    @cached_property
    def looks_wide(self) -> bool:
        return self.actor.scope(VIEW_LEADS) is not Scope.OWN

    def get_tabs(self) -> Sequence[Tab]:
        """Whoever looks after others' leads sees all of them first, and those that nobody has."""
        return (EVERY, MINE, UNASSIGNED, QUALIFIED) if self.looks_wide else (MINE, QUALIFIED, EVERY)

    @cached_property
    def own_filters(self) -> tuple[Filter, ...]:
        sources = tuple(
            (str(pk), name) for pk, name in queries.lead_sources(self.actor).values_list("pk", "name")
        )
        found = (
            Filter("status", _("Status"), tuple(LeadStatus.choices)),
            Filter("source", _("Source"), sources),
        )
        return (*found, Filter("owner", _("Owner"), tuple(sellers(self.actor)))) if self.looks_wide else found

    def get_filters(self) -> Sequence[Filter]:
        return self.own_filters

    def row_url(self, row: Any) -> str:
        return record_url("sales:lead", row["pk"])

    def row_sub(self, row: Any) -> Any:
        return row["company_name"]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s lead", "%(n)s leads", n) % {"n": self.count_shown(n)}


STEPS = (LeadStatus.NEW, LeadStatus.WORKING, LeadStatus.QUALIFIED, LeadStatus.CONVERTED)


def lead_steps(lead: Lead) -> list[tuple[str, str]]:
    """(label, "done" | "current" | "") of each step on the way; nothing for a lead that left it."""
    if lead.status == LeadStatus.DISQUALIFIED:
        return []
    at = STEPS.index(LeadStatus(lead.status))
    names = [
        "done" if place < at or at == len(STEPS) - 1 else "current" if place == at else ""
        for place in range(len(STEPS))
    ]
    return [(str(step.label), name) for step, name in zip(STEPS, names, strict=True)]


class LeadPage(RecordPage):
    permission = VIEW_LEADS
    query = queries.lead
    template_name = "sales/lead.html"
    nav = "sales:leads"

    def get_crumbs(self) -> Sequence[Crumb]:
        return (Crumb(_("Leads"), reverse("sales:leads")),)

    def act(self, name: str, label: Any, icon: str, permission: Any, **more: Any) -> Action:
        return Action(
            label, record_url(f"sales:lead_{name}", self.record.pk), icon, permission, dialog=True, **more
        )

    def get_actions(self) -> Sequence[Action]:
        """What can be done next, the likeliest first and primary."""
        status = self.record.status
        assign = self.act("assign", _("Assign"), "user-check", ASSIGN_LEAD)
        edit = self.act("edit", _("Edit"), "pencil", EDIT_LEAD)
        drop = self.act("disqualify", _("Disqualify"), "ban", QUALIFY_LEAD)
        if status == LeadStatus.NEW:
            start = self.act("start", _("Start working"), "play", QUALIFY_LEAD, primary=True)
            return (start, self.act("qualify", _("Qualify"), "badge-check", QUALIFY_LEAD), drop, assign, edit)
        if status == LeadStatus.WORKING:
            return (
                self.act("qualify", _("Qualify"), "badge-check", QUALIFY_LEAD, primary=True),
                drop,
                assign,
                edit,
            )
        if status == LeadStatus.QUALIFIED:
            convert = self.act("convert", _("Convert"), "arrow-right", CONVERT_LEAD, primary=True)
            return (
                convert,
                self.act("reopen", _("Back to work"), "rotate-ccw", QUALIFY_LEAD),
                drop,
                assign,
                edit,
            )
        if status == LeadStatus.DISQUALIFIED:
            return (self.act("reopen", _("Reopen"), "rotate-ccw", QUALIFY_LEAD, primary=True),)
        return ()

    @property
    def may_undo(self) -> bool:
        lead = self.record
        is_recent = lead.closed is not None and clock.now() - lead.closed <= UNDO_WITHIN
        return lead.status == LeadStatus.CONVERTED and is_recent and self.actor.may(CONVERT_LEAD)

    def get_context(self) -> dict[str, Any]:
        lead = self.record
        is_open = lead.status in OPEN
        return super().get_context() | {
            "status": lead_badge(lead.status),
            "steps": lead_steps(lead),
            "phone": phone_text(lead.phone) if lead.phone else "",
            "matches": self.matches() if is_open else [],
            "may_undo": self.may_undo,
            "opportunity": queries.opportunity_of_lead(self.actor, lead) if lead.conversion else None,
        }

    def matches(self) -> list[dict[str, Any]]:
        """What may be the same, with where it is."""
        found = []
        for match in queries.possible_duplicates(self.actor, self.record):
            kind = kind_named(match.kind)
            if kind:
                found.append(
                    {"match": match, "url": kind.url(match.id), "icon": kind.icon, "label": kind.label}
                )
        return found


class NewLead(CommandPage):
    command = commands.submit_lead
    form_class = NewLeadForm
    title = _("New lead")
    submit_label = _("Add the lead")
    again_label = _("Add and enter another")
    cancel_url = reverse_lazy("sales:leads")
    nav = "sales:leads"

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"owner": str(self.actor.id)} | dict(super().initial(record))

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s was added.") % {"name": result.name}


class LeadAct(CommandPage):
    """An act on one lead, in a dialog over its page."""

    query = queries.lead
    nav = "sales:leads"
    command: ClassVar[Any] = None


class EditLead(LeadAct):
    command = commands.edit_lead
    form_class = EditLeadForm
    title = _("Edit the lead")


class AssignLead(LeadAct):
    command = commands.assign_lead
    form_class = OwnerForm
    title = _("Assign the lead")
    submit_label = _("Assign")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"owner": str(record.owner_id or "")}

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s now belongs to %(owner)s.") % {"name": result.name, "owner": result.owner}

    def success_url(self, result: Any, record: Any) -> str:
        """A lead that was given out of one's sight leads back to the list."""
        return (
            super().success_url(result, record)
            if result.is_visible_to(self.actor)
            else reverse("sales:leads")
        )


class StartLead(ConfirmPage):
    query = queries.lead
    command = commands.start_lead
    title = _("Start working on the lead")
    submit_label = _("Start working")
    intro = _("Your colleagues see that somebody is on it.")
    nav = "sales:leads"


class QualifyLead(ConfirmPage):
    query = queries.lead
    command = commands.qualify_lead
    title = _("Qualify the lead")
    submit_label = _("Qualify")
    intro = _("The need is real, and it is worth an opportunity. Convert it next.")
    nav = "sales:leads"


class ReopenLead(ConfirmPage):
    query = queries.lead
    command = commands.reopen_lead
    title = _("Take the lead back into work")
    submit_label = _("Back to work")
    nav = "sales:leads"


class DisqualifyLead(LeadAct):
    command = commands.disqualify_lead
    form_class = ReasonForm
    title = _("Disqualify the lead")
    submit_label = _("Disqualify")
    is_danger = True

    def success_message(self, result: Any) -> str:
        return gettext("%(name)s was disqualified.") % {"name": result.name}


class ConvertLead(LeadAct):
    command = commands.convert_lead
    form_class = ConvertLeadForm
    template_name = "sales/convert.html"
    title = _("Convert the lead")
    submit_label = _("Convert")

    def initial(self, record: Any) -> Mapping[str, Any]:
        return initial_conversion(self.actor, record)

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is now an opportunity.") % {"title": result.title}

    def undo_url(self, result: Any) -> str:
        return reverse("sales:lead_undo", args=[result.lead_id])


class UndoConversion(ConfirmPage):
    query = queries.lead
    command = commands.undo_conversion
    title = _("Undo the conversion")
    submit_label = _("Undo the conversion")
    intro = _(
        "The lead is qualified again. The opportunity goes, and so do the company and person that were made for it."
    )
    is_danger = True
    nav = "sales:leads"

    def success_message(self, result: Any) -> str:
        said = gettext("The conversion was undone.")
        if not result.left:
            return said
        n = len(result.left)
        left = ngettext(
            "%(n)d record was changed since and stays.", "%(n)d records were changed since and stay.", n
        )
        return f"{said} {left % {'n': n}}"
