from datetime import date
from uuid import UUID

from embudo.business.quota.models import Account, Change, Run, Switch
from embudo.business.quota.permissions import DECIDE_SWITCHES
from embudo.business.quota.queries.desk import desk
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.record import RecordQuerySet


def runs(actor: Actor) -> RecordQuerySet[Run]:
    return Run.objects.visible_to(actor)


def run(actor: Actor, run_id: UUID) -> Run:
    return runs(actor).one(actor, run_id)


def is_run_due(today: date) -> bool:
    """Whether there is anything to run over, and today's run has not finished."""
    is_done = Run.objects.filter(day=today, finished__isnull=False).exists()
    return not is_done and Account.objects.exists()


def name_of_failed(step: str, record_id: UUID) -> str:
    """The reference of the account that a step of a run failed at."""
    if step in {"apply", "expire"}:
        of_change = Change.objects.filter(pk=record_id).values_list("account__reference", flat=True)
        return of_change.first() or ""
    return Account.objects.filter(pk=record_id).values_list("reference", flat=True).first() or ""


def switches(actor: Actor) -> RecordQuerySet[Switch]:
    rows = Switch.objects.visible_to(actor)
    return rows.select_related("account__company", "account__person", "account__policy", "decided_by", "run")


def switches_of_run(actor: Actor, run_id: UUID) -> RecordQuerySet[Switch]:
    return switches(actor).filter(run=run(actor, run_id))


def switch(actor: Actor, switch_id: UUID) -> Switch:
    found = switches(actor).filter(pk=switch_id).first()
    if found is None:
        raise NotFound
    return found


def proposals(actor: Actor) -> RecordQuerySet[Switch]:
    """What waits for somebody to decide."""
    return switches(actor).filter(state=Switch.State.PROPOSED)


def proposals_count(actor: Actor) -> int:
    """How many wait for a decision; as many as a badge shows. Nothing for who may not decide."""
    if not actor.may(DECIDE_SWITCHES):
        return 0
    return desk(actor).proposals
