from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.directory.models import Company, Person
from embudo.business.sales.commands.leads import check_active
from embudo.business.sales.events import (
    OpportunityAssigned,
    OpportunityChanged,
    OpportunityLost,
    OpportunityMoved,
    OpportunityOpened,
    OpportunityReopened,
    OpportunityWon,
)
from embudo.business.sales.models import Lead, Opportunity, Stage, StageStay
from embudo.business.sales.permissions import (
    ASSIGN_OPPORTUNITY,
    EDIT_OPPORTUNITY,
    MOVE_OPPORTUNITY,
    OPEN_OPPORTUNITY,
)
from embudo.business.sales.rules import pipelines as rules
from embudo.business.sales.rules.enquiries import search_text
from embudo.business.sales.rules.leads import check_reason
from embudo.business.sales.rules.pipelines import LostReason, StageKind
from embudo.business.supply.models import Product
from embudo.foundation.access.models import User
from embudo.foundation.attributes.queries import custom_values
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import lock


@command(OPEN_OPPORTUNITY)
def open_opportunity(  # noqa: PLR0913 - one keyword a field
    actor: Actor,
    *,
    title: str,
    value: Money,
    company: Company | None = None,
    person: Person | None = None,
    stage: Stage | None = None,
    closes: date | None = None,
    product: Product | None = None,
    owner: User | None = None,
    lead: Lead | None = None,
    custom: Mapping[str, Any] | None = None,
) -> Opportunity:
    """
    Opens an opportunity in `stage`, by default the first of the default pipeline, for `owner`, by default the actor.
    Refuses (Invalid) a missing title, a negative value and a stage that is not open.
    """
    place = _open_stage(stage)
    money = rules.checked_value(value)
    now = clock.now()
    opportunity = create(
        Opportunity(
            title=rules.checked_title(title),
            company=company,
            person=person,
            pipeline_id=place.pipeline_id,
            stage=place,
            stage_since=now,
            value_minor=money.minor,
            currency=money.currency,
            closes=closes,
            product=product,
            owner_id=owner.pk if owner else person_acting(actor),
            lead=lead,
            search=search_text(title, company.name if company else ""),
            custom=custom_values(actor, Opportunity, custom),
        )
    )
    create(StageStay(opportunity=opportunity, stage=place, entered=now, moved_by_id=person_acting(actor)))
    known = [one for one in (company, person) if one is not None]
    publish(OpportunityOpened(opportunity.id, place.id), opportunity, *known)
    if owner is not None and owner.pk != actor.id:
        publish(OpportunityAssigned(opportunity.id, owner.pk, actor.id), opportunity)
    return opportunity


def person_acting(actor: Actor) -> Any:
    """The user behind the act; a form, a rule or the product itself is nobody's user."""
    return actor.id if actor.kind in (ActorKind.USER, ActorKind.TOKEN) else None


def _open_stage(stage: Stage | None) -> Stage:
    if stage is not None:
        rules.check_open_stage(stage.kind)
        return stage
    first = (
        Stage.objects.filter(kind=StageKind.OPEN)
        .order_by("-pipeline__is_default", "pipeline", "order")
        .first()
    )
    if first is None:
        raise Invalid({"stage": [_("Define a pipeline first.")]})
    return first


@command(EDIT_OPPORTUNITY)
def edit_opportunity(  # noqa: PLR0913 - one keyword a field
    actor: Actor,
    opportunity: Opportunity,
    *,
    title: str,
    value: Money,
    closes: date | None = None,
    company: Company | None = None,
    person: Person | None = None,
    product: Product | None = None,
    custom: Mapping[str, Any] | None = None,
    version: int | None = None,
) -> Opportunity:
    """Sets all that is given, None meaning none. Refuses a closed opportunity and a stale version."""
    opportunity = lock(opportunity, version=version)
    rules.check_closable(opportunity.state)
    money = rules.checked_value(value)
    update(
        opportunity,
        title=rules.checked_title(title),
        value_minor=money.minor,
        currency=money.currency,
        closes=closes,
        company=company,
        person=person,
        product=product,
        search=search_text(title, company.name if company else ""),
        custom=custom_values(actor, Opportunity, custom, record=opportunity),
    )
    publish(OpportunityChanged(opportunity.id), opportunity)
    return opportunity


@command(ASSIGN_OPPORTUNITY)
def assign_opportunity(actor: Actor, opportunity: Opportunity, *, owner: User) -> Opportunity:
    """Gives the opportunity to a colleague, who is told. Refuses a colleague who may not sign in."""
    opportunity = lock(opportunity)
    check_active(owner)
    if opportunity.owner_id != owner.pk:
        update(opportunity, owner=owner)
        publish(OpportunityAssigned(opportunity.id, owner.pk, actor.id), opportunity)
    return opportunity


@command(MOVE_OPPORTUNITY)
def move_opportunity(actor: Actor, opportunity: Opportunity, *, stage: Stage) -> Opportunity:
    """
    Moves it to another stage and notes the stay; the stage for won wins it. Refuses a closed opportunity, a stage of
    another pipeline, and the stage for lost, which wants a reason: lose_opportunity.
    """
    opportunity = lock(opportunity)
    rules.check_movable(
        opportunity.state, is_same_pipeline=stage.pipeline_id == opportunity.pipeline_id, kind=stage.kind
    )
    if stage.kind == StageKind.WON:
        return _won(actor, opportunity, stage)
    if stage.pk != opportunity.stage_id:
        _enter(actor, opportunity, stage)
    return opportunity


def _enter(actor: Actor, opportunity: Opportunity, stage: Stage, **values: Any) -> None:
    """Ends the stay in the old stage, begins one in the new, and says so."""
    came_from, now = opportunity.stage_id, clock.now()
    last = StageStay.objects.filter(opportunity=opportunity, left=None).first()
    if last is not None:
        left = max(now, last.entered)
        update(last, left=left, seconds=int((left - last.entered).total_seconds()))
    update(opportunity, stage=stage, stage_since=now, state=stage.kind, **values)
    create(StageStay(opportunity=opportunity, stage=stage, entered=now, moved_by_id=person_acting(actor)))
    publish(OpportunityMoved(opportunity.id, came_from, stage.pk), opportunity)


def _last_stage(opportunity: Opportunity, kind: StageKind) -> Stage:
    return Stage.objects.get(pipeline=opportunity.pipeline_id, kind=kind)


def _won(actor: Actor, opportunity: Opportunity, stage: Stage) -> Opportunity:
    _enter(actor, opportunity, stage, closed=clock.now())
    won = OpportunityWon(
        opportunity.id, opportunity.company_id, opportunity.value_minor, opportunity.currency
    )
    publish(won, opportunity)
    return opportunity


@command(MOVE_OPPORTUNITY)
def win_opportunity(actor: Actor, opportunity: Opportunity) -> Opportunity:
    """Closes the opportunity as won. Refuses a closed one."""
    opportunity = lock(opportunity)
    rules.check_closable(opportunity.state)
    return _won(actor, opportunity, _last_stage(opportunity, StageKind.WON))


@command(MOVE_OPPORTUNITY)
def lose_opportunity(actor: Actor, opportunity: Opportunity, *, reason: str, note: str = "") -> Opportunity:
    """Closes the opportunity as lost, for a reason from the list. Refuses a closed one, and "other" without a note."""
    opportunity = lock(opportunity)
    rules.check_closable(opportunity.state)
    tidy = check_reason(reason, note, LostReason)
    stage = _last_stage(opportunity, StageKind.LOST)
    _enter(actor, opportunity, stage, closed=clock.now(), lost_reason=reason, lost_note=tidy)
    publish(OpportunityLost(opportunity.id, reason), opportunity)
    return opportunity


@command(MOVE_OPPORTUNITY)
def reopen_opportunity(actor: Actor, opportunity: Opportunity, *, stage: Stage | None = None) -> Opportunity:
    """
    Opens a closed opportunity again, in `stage` or where it stood before. Refuses an open one and (Invalid) a stage
    that is closed or of another pipeline.
    """
    opportunity = lock(opportunity)
    rules.check_reopenable(opportunity.state)
    place = stage or _stage_before(opportunity)
    rules.check_open_stage(place.kind, is_same_pipeline=place.pipeline_id == opportunity.pipeline_id)
    _enter(actor, opportunity, place, closed=None, lost_reason="", lost_note="")
    publish(OpportunityReopened(opportunity.id, place.pk), opportunity)
    return opportunity


def _stage_before(opportunity: Opportunity) -> Stage:
    last = StageStay.objects.select_related("stage").filter(
        opportunity=opportunity, stage__kind=StageKind.OPEN
    )
    stay = last.order_by("-entered", "-id").first()
    if stay is not None:
        return stay.stage  # type: ignore[no-any-return]
    return Stage.objects.filter(pipeline=opportunity.pipeline_id, kind=StageKind.OPEN).order_by("order")[0]
