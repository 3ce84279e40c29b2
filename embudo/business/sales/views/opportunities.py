from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from embudo.business.sales import commands, queries
from embudo.business.sales.forms import (
    LoseForm,
    NewOpportunityForm,
    OpportunityForm,
    OwnerForm,
    StageForm,
    sellers,
)
from embudo.business.sales.models import Opportunity, OpportunityQuerySet, Pipeline, Stage
from embudo.business.sales.permissions import (
    ASSIGN_OPPORTUNITY,
    EDIT_OPPORTUNITY,
    MOVE_OPPORTUNITY,
    OPEN_OPPORTUNITY,
    VIEW_OPPORTUNITIES,
)
from embudo.business.sales.queries import BoardCard, LaneSum
from embudo.business.sales.rules.pipelines import LostReason, StageKind
from embudo.business.sales.views.badges import stage_badge
from embudo.foundation.transfer.permissions import IMPORT
from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.hooks_registry import record_url
from embudo.foundation.ui.pages import BoardPage, CommandPage, ConfirmPage, ListPage, RecordPage
from embudo.foundation.ui.parts import Action, Card, Column, Crumb, Filter, Lane, Tab
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.permission import Scope

NEW_OPPORTUNITY = Action(
    _("New opportunity"),
    reverse_lazy("sales:opportunity_new"),
    "plus",
    OPEN_OPPORTUNITY,
    primary=True,
    dialog=True,
)


def is_wide(actor: Actor) -> bool:
    """Whether somebody sees more than their own."""
    return actor.scope(VIEW_OPPORTUNITIES) is not Scope.OWN


class Opportunities(ListPage):
    permission = VIEW_OPPORTUNITIES
    title = _("Opportunities")
    icon = "handshake"
    query = queries.opportunities
    fields = (
        "title", "company__name", "stage__name", "state", "owner__name", "closes", "value_minor", "currency", "created",
    )  # fmt: skip
    columns = (
        Column("title", _("Opportunity")),
        Column("stage__name", _("Stage"), cell=lambda row: stage_badge(row["state"], row["stage__name"])),
        Column("owner__name", _("Owner"), kind="person"),
        Column("closes", _("Expected close"), kind="date"),
        Column("created", _("Opened"), kind="date", sort="created", descends_first=True),
        Column(
            "value", _("Value"), cell=lambda row: atoms.money((row["value_minor"], row["currency"])), end=True
        ),
    )
    tabs = (
        Tab("open", _("Open"), lambda found, _actor: found.filter(state=StageKind.OPEN)),
        Tab("mine", _("Mine"), lambda found, actor: found.filter(state=StageKind.OPEN, owner=actor.id)),
        Tab("won", _("Won"), lambda found, _actor: found.filter(state=StageKind.WON)),
        Tab("lost", _("Lost"), lambda found, _actor: found.filter(state=StageKind.LOST)),
        Tab("all", _("All")),
    )
    search = lambda found, words: found.matching(words)  # noqa: E731 - one expression, as the page wants it
    search_label = _("Find by title or company")
    board_by, calendar_by = "state", "closes"
    default_sort = "-created"
    actions = (
        Action(_("Pipeline"), reverse_lazy("sales:board"), "kanban"),
        NEW_OPPORTUNITY,
        Action(
            _("Import"),
            format_lazy("{}?kind=sales.opportunity", reverse_lazy("transfer:import_new")),
            "upload",
            IMPORT,
        ),
    )
    empty_title = _("No opportunities yet")
    empty_text = _("They come from leads that you convert, or you open one for a customer you know.")

    @cached_property
    def own_filters(self) -> tuple[Filter, ...]:
        found = (Filter("stage", _("Stage"), tuple(queries.stage_choices(self.actor))),)
        return (
            (*found, Filter("owner", _("Owner"), tuple(sellers(self.actor))))
            if is_wide(self.actor)
            else found
        )

    def get_filters(self) -> Sequence[Filter]:
        return self.own_filters

    def row_url(self, row: Any) -> str:
        return record_url("sales:opportunity", row["pk"])

    def row_sub(self, row: Any) -> Any:
        return row["company__name"]

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s opportunity", "%(n)s opportunities", n) % {"n": self.count_shown(n)}


def stage_steps(found: Opportunity, stages: Iterable[Stage]) -> list[tuple[str, str]]:
    """(label, "done" | "current" | "") of each stage; of won and lost only the one that it came to."""
    shown = [one for one in stages if one.kind == StageKind.OPEN or one.pk == found.stage_id]
    at = next((place for place, one in enumerate(shown) if one.pk == found.stage_id), 0)
    marks = ["done" if place < at else "current" if place == at else "" for place in range(len(shown))]
    if found.is_open:
        return [(str(one), mark) for one, mark in zip(shown, marks, strict=True)] + [(gettext("Won"), "")]
    return [(str(one), mark) for one, mark in zip(shown, marks, strict=True)]


class OpportunityPage(RecordPage):
    permission = VIEW_OPPORTUNITIES
    query = queries.opportunity
    template_name = "sales/opportunity.html"
    nav = "sales:opportunities"

    def get_crumbs(self) -> Sequence[Crumb]:
        return (Crumb(_("Opportunities"), reverse("sales:opportunities")),)

    def act(self, name: str, label: Any, icon: str, permission: Any, **more: Any) -> Action:
        address = record_url(f"sales:opportunity_{name}", self.record.pk)
        return Action(label, address, icon, permission, dialog=True, **more)

    def get_actions(self) -> Sequence[Action]:
        assign = self.act("assign", _("Assign"), "user-check", ASSIGN_OPPORTUNITY)
        if not self.record.is_open:
            return (self.act("reopen", _("Reopen"), "rotate-ccw", MOVE_OPPORTUNITY), assign)
        return (
            self.act("move", _("Move"), "move-horizontal", MOVE_OPPORTUNITY),
            self.act("win", _("Win"), "trophy", MOVE_OPPORTUNITY, primary=True),
            self.act("lose", _("Lose"), "thumbs-down", MOVE_OPPORTUNITY),
            assign,
            self.act("edit", _("Edit"), "pencil", EDIT_OPPORTUNITY),
        )

    def get_context(self) -> dict[str, Any]:
        found = self.record
        return super().get_context() | {
            "badge": stage_badge(found.state, found.stage.name),
            "steps": stage_steps(found, queries.stages(self.actor, found.pipeline)),
            "value": atoms.money(found.value),
            "stays": [(stay, _days(stay.entered, stay.left)) for stay in queries.stays(self.actor, found)],
            "pipeline_shown": str(found.pipeline),
            "lost_reason": LostReason(found.lost_reason).label if found.lost_reason else "",
        }


def _days(entered: Any, left: Any) -> str:
    days = ((left or clock.now()) - entered).days
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


class NewOpportunity(CommandPage):
    command = commands.open_opportunity
    form_class = NewOpportunityForm
    title = _("New opportunity")
    submit_label = _("Open the opportunity")
    again_label = _("Open and enter another")
    cancel_url = reverse_lazy("sales:opportunities")
    nav = "sales:opportunities"

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s was opened.") % {"title": result.title}


class EditOpportunity(CommandPage):
    query = queries.opportunity
    command = commands.edit_opportunity
    form_class = OpportunityForm
    title = _("Edit the opportunity")
    nav = "sales:opportunities"


class AssignOpportunity(CommandPage):
    query = queries.opportunity
    command = commands.assign_opportunity
    form_class = OwnerForm
    title = _("Assign the opportunity")
    submit_label = _("Assign")
    nav = "sales:opportunities"

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"owner": str(record.owner_id or "")}

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s now belongs to %(owner)s.") % {"title": result.title, "owner": result.owner}

    def success_url(self, result: Any, record: Any) -> str:
        """What was given out of one's sight leads back to the list."""
        is_seen = result.is_visible_to(self.actor)
        return super().success_url(result, record) if is_seen else reverse("sales:opportunities")


class MoveOpportunity(CommandPage):
    query = queries.opportunity
    command = commands.move_opportunity
    form_class = StageForm
    title = _("Move to another stage")
    submit_label = _("Move")
    nav = "sales:opportunities"

    def initial(self, record: Any) -> Mapping[str, Any]:
        return {"stage": str(record.stage_id)}

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is now in %(stage)s.") % {"title": result.title, "stage": result.stage}


class WinOpportunity(ConfirmPage):
    query = queries.opportunity
    command = commands.win_opportunity
    title = _("Win the opportunity")
    submit_label = _("Win")
    intro = _("It leaves the pipeline as won. An invoice can be issued from it.")
    nav = "sales:opportunities"

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is won.") % {"title": result.title}


class LoseOpportunity(CommandPage):
    query = queries.opportunity
    command = commands.lose_opportunity
    form_class = LoseForm
    title = _("Lose the opportunity")
    submit_label = _("Lose")
    is_danger = True
    nav = "sales:opportunities"

    def success_message(self, result: Any) -> str:
        return gettext("%(title)s is lost.") % {"title": result.title}


class ReopenOpportunity(ConfirmPage):
    query = queries.opportunity
    command = commands.reopen_opportunity
    title = _("Reopen the opportunity")
    submit_label = _("Reopen")
    intro = _("It goes back to the open stage where it stood last.")
    nav = "sales:opportunities"


class Board(BoardPage):
    permission = VIEW_OPPORTUNITIES
    move_permission = MOVE_OPPORTUNITY
    template_name = "sales/board.html"
    title = _("Pipeline")
    table_url = reverse_lazy("sales:opportunities")  # type: ignore[assignment]
    actions = (NEW_OPPORTUNITY,)

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        return list(queries.pipelines_with_stages(self.actor))

    @cached_property
    def pipeline(self) -> Pipeline:
        if not self.pipelines:
            raise NotFound
        asked = self.request.GET.get("pipeline", "")
        return next((one for one in self.pipelines if str(one.pk) == asked), self.pipelines[0])

    @property
    def stages(self) -> list[Stage]:
        return list(self.pipeline.stages.all())

    @property
    def found(self) -> OpportunityQuerySet:
        """All in sight, or only one's own."""
        every = queries.opportunities(self.actor)
        return every.filter(owner=self.actor.id) if self.is_mine else every

    @property
    def is_mine(self) -> bool:
        return self.request.GET.get("whose") == "mine"

    def lanes(self) -> list[Lane]:
        cards, sums = (
            queries.board_cards(self.found, self.stages),
            queries.board_sums(self.found, self.stages),
        )
        return [
            self.lane(
                stage, place, [card for card in cards if card.stage_id == stage.pk],
                [one for one in sums if one.stage_id == stage.pk],
            )
            for place, stage in enumerate(self.stages)
        ]  # fmt: skip

    def lane(self, stage: Stage, place: int, cards: list[BoardCard], sums: list[LaneSum]) -> Lane:
        count = sum(one.count for one in sums)
        more = f"{reverse('sales:opportunities')}?tab=all&stage={stage.pk}" if count > len(cards) else ""
        dots = {StageKind.WON: "4", StageKind.LOST: "bad"}
        return Lane(
            key=str(stage.pk),
            label=str(stage),
            cards=[self.card(card) for card in cards],
            dot=dots.get(StageKind(stage.kind), str(place) if 0 < place < 4 else ""),
            total=" + ".join(
                atoms.whole_money_text(one.value_minor, one.currency) for one in sums if one.value_minor
            ),
            count=count,
            more_url=more,
        )

    def card(self, card: BoardCard) -> Card:
        days = (clock.now() - card.since).days
        return Card(
            id=card.id,
            title=card.title,
            url=record_url("sales:opportunity", card.id),
            subtitle=card.company,
            amount=atoms.whole_money_text(card.value_minor, card.currency),
            meta=gettext("Today") if days < 1 else ngettext("%(n)d day", "%(n)d days", days) % {"n": days},
            owner=card.owner,
        )

    def move(self, card_id: str, lane: str) -> None:
        """To an open stage or won; a closed card put into an open stage is reopened there."""
        opportunity = queries.opportunity(self.actor, _uuid(card_id))
        stage = queries.stage(self.actor, _uuid(lane))
        if not opportunity.is_open and stage.kind == StageKind.OPEN:
            commands.reopen_opportunity(self.actor, opportunity, stage=stage)
        elif stage.pk != opportunity.stage_id:
            commands.move_opportunity(self.actor, opportunity, stage=stage)

    def lane_wants_form(self, lane: str) -> str:
        is_lost = any(str(stage.pk) == lane for stage in self.stages if stage.kind == StageKind.LOST)
        return "/opportunities/{card}/lose/" if is_lost else ""

    def count_text(self, n: int) -> str:
        return ngettext("%(n)s opportunity", "%(n)s opportunities", n) % {"n": atoms.number(n)}

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {
            "pipelines": [(one, str(one)) for one in self.pipelines],
            "pipeline": self.pipeline,
            "is_mine": self.is_mine,
            "is_wide": is_wide(self.actor),
        }


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _panel(request: HttpRequest, rows: OpportunityQuerySet, new_url: str) -> HttpResponse:
    found = [(one, stage_badge(one.state, one.stage.name)) for one in rows[:20]]
    context = {"rows": found, "new_url": new_url, "may_open": actor_of(request).may(OPEN_OPPORTUNITY)}
    return TemplateResponse(request, "sales/panel_opportunities.html", context)


@guarded(VIEW_OPPORTUNITIES)
def company_opportunities(request: HttpRequest, company_id: UUID) -> HttpResponse:
    """A company's opportunities, as a panel on its page."""
    rows = queries.opportunities_of(actor_of(request), company_id=company_id)
    return _panel(request, rows, f"{reverse('sales:opportunity_new')}?company={company_id}")


@guarded(VIEW_OPPORTUNITIES)
def person_opportunities(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """A person's opportunities, as a panel on their page."""
    rows = queries.opportunities_of(actor_of(request), person_id=person_id)
    return _panel(request, rows, f"{reverse('sales:opportunity_new')}?person={person_id}")
