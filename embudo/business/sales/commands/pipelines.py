from django.utils.translation import gettext_lazy as _

from embudo.business.sales.events import PipelineDefined
from embudo.business.sales.models import Pipeline, Stage
from embudo.business.sales.permissions import MANAGE_PIPELINES
from embudo.business.sales.rules.pipelines import DEFAULT_PIPELINE, DEFAULT_STAGES, StageDraft, check_stages
from embudo.kernel.actor import Actor
from embudo.kernel.change import create
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid
from embudo.kernel.event import publish


@command(MANAGE_PIPELINES)
def define_default_pipeline(actor: Actor) -> Pipeline | None:
    """Gives a new installation its pipeline; None where there is one already. Runs after every migration."""
    if Pipeline.objects.exists():
        return None
    return _define(DEFAULT_PIPELINE, DEFAULT_STAGES, is_default=True)


@command(MANAGE_PIPELINES)
def define_pipeline(actor: Actor, *, name: str, stages: tuple[StageDraft, ...]) -> Pipeline:
    """
    Adds a pipeline with its stages in order. Refuses (Invalid) a name in use, stages without exactly one for won and
    one for lost, and probabilities outside 0 to 100.
    """
    tidy = " ".join(name.split())[:80]
    if not tidy or Pipeline.objects.filter(name=tidy).exists():
        raise Invalid({"name": [_("Enter a name that no other pipeline has.")]})
    check_stages(stages)
    return _define(tidy, stages, is_default=not Pipeline.objects.exists())


def _define(name: str, stages: tuple[StageDraft, ...], *, is_default: bool) -> Pipeline:
    pipeline = create(Pipeline(name=name, is_default=is_default))
    for order, draft in enumerate(stages, 1):
        create(
            Stage(
                pipeline=pipeline,
                name=draft.name,
                kind=draft.kind,
                probability=draft.probability,
                order=order,
            )
        )
    publish(PipelineDefined(pipeline.id), pipeline)
    return pipeline
