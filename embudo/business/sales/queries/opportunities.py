from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from embudo.business.sales.models import Lead, Opportunity, OpportunityQuerySet, Pipeline, Stage, StageStay
from embudo.business.sales.permissions import VIEW_OPPORTUNITIES, VIEW_PIPELINES
from embudo.business.sales.rules.pipelines import shown_name
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import all_kinds
from embudo.kernel.prepared import PreparedSight, found_one
from embudo.kernel.record import RecordQuerySet

PAGE = ("company", "person", "pipeline", "stage", "product", "owner", "lead")


def opportunities(  # noqa: PLR0913 - one keyword a filter
    actor: Actor,
    *,
    q: str = "",
    state: str = "",
    stage: UUID | None = None,
    owner: UUID | None = None,
    company: UUID | None = None,
    person: UUID | None = None,
    created_since: datetime | None = None,
) -> OpportunityQuerySet:
    """The opportunities the actor sees, narrowed by what is given."""
    exact = {"state": state, "stage_id": stage, "owner_id": owner, "company_id": company, "person_id": person}
    found: Any = Opportunity.objects.visible_to(actor).filter(
        **{name: one for name, one in exact.items() if one}
    )
    if created_since:
        found = found.filter(created__gte=created_since)
    return found.matching(q) if q else found  # type: ignore[no-any-return]


def opportunity(actor: Actor, opportunity_id: UUID) -> Opportunity:
    """One opportunity with what its page shows; NotFound outside the actor's sight."""
    return found_one(ONE_OPPORTUNITY.seen(actor, opportunity_id=opportunity_id))  # type: ignore[no-any-return]


ONE_OPPORTUNITY = PreparedSight(
    VIEW_OPPORTUNITIES,
    lambda actor, opportunity_id: opportunities(actor).filter(pk=opportunity_id).select_related(*PAGE),
)


def opportunity_of_lead(actor: Actor, lead: Lead) -> Opportunity | None:
    """What the lead was converted to, if the actor sees it."""
    return opportunities(actor).filter(lead=lead).first()


def opportunities_of(
    actor: Actor, *, company_id: UUID | None = None, person_id: UUID | None = None
) -> OpportunityQuerySet:
    """A customer's opportunities, newest first."""
    found = opportunities(actor).select_related("stage", "owner").order_by("-created", "-id")
    return found.filter(company=company_id) if company_id else found.filter(person=person_id)


def pipelines(actor: Actor) -> RecordQuerySet[Pipeline]:
    return Pipeline.objects.visible_to(actor).order_by("-is_default", "name")


def pipelines_with_stages(actor: Actor) -> QuerySet[Pipeline]:
    return pipelines(actor).prefetch_related(Prefetch("stages", Stage.objects.order_by("order")))


def stage_choices(actor: Actor) -> list[tuple[str, str]]:
    """(id, name) of every stage in the order of the pipelines, for a filter."""
    return [(str(pk), shown_name(name)) for pk, name in STAGE_CHOICES.seen(actor)]


STAGE_CHOICES = PreparedSight(
    VIEW_PIPELINES,
    lambda actor: (
        Stage.objects.visible_to(actor)
        .order_by("-pipeline__is_default", "pipeline__name", "order")
        .values_list("pk", "name")
    ),
)


def pipeline(actor: Actor, pipeline_id: UUID) -> Pipeline:
    return Pipeline.objects.one(actor, pipeline_id)


def default_pipeline(actor: Actor) -> Pipeline:
    found = pipelines(actor).first()
    if found is None:
        raise NotFound
    return found


def stages(actor: Actor, pipeline: Pipeline) -> RecordQuerySet[Stage]:
    """In their order, won and lost last."""
    return Stage.objects.visible_to(actor).filter(pipeline=pipeline).order_by("order")


def stage(actor: Actor, stage_id: UUID) -> Stage:
    return Stage.objects.select_related("pipeline").one(actor, stage_id)


def stage_named(actor: Actor, name: str, pipeline: Pipeline | None = None) -> Stage:
    """By its English name, in the default pipeline unless another is given."""
    found = stages(actor, pipeline or default_pipeline(actor)).filter(name=name).first()
    if found is None:
        raise NotFound
    return found


def stays(actor: Actor, opportunity: Opportunity) -> QuerySet[StageStay]:
    """Its way through the pipeline, oldest first."""
    found = StageStay.objects.visible_to(actor).filter(opportunity=opportunity)
    return found.select_related("stage", "moved_by").order_by("entered", "id")


def has_moved_on(opportunity: Opportunity) -> bool:
    """Whether anything was done with it since it was opened: a change, a move, a note, a to-do, a document."""
    if opportunity.version > 1 or opportunity.stays.count() > 1:
        return True
    told = (kind.model for kind in all_kinds() if issubclass(kind.model, AboutRecord))
    return any(model.objects.about(opportunity).exists() for model in told)
