import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection
from django.db.models import F
from django.db.utils import InterfaceError, OperationalError

from embudo.business.quota import events, queries
from embudo.business.quota.commands.answers import expire_answer
from embudo.business.quota.commands.applying import apply_change
from embudo.business.quota.commands.judging import hold_accounts, reopen_accounts, review_switches
from embudo.business.quota.commands.settling_together import (
    Place,
    Settled,
    settle_due_of,
    settle_next_due,
)
from embudo.business.quota.models import Account, Change, Run, Switch
from embudo.business.quota.permissions import DECIDE_SWITCHES, RUN_DAILY
from embudo.business.quota.queries import judging
from embudo.business.quota.rules.states import AccountState, ChangeState
from embudo.kernel import clock
from embudo.kernel.act import attempt
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import EmbudoError, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock

logger = logging.getLogger(__name__)
WORKERS = 2  # that settle beside each other, where the database lets several write
SETTLED_AT_ONCE = 10_000  # accounts in one transaction: by a few statements, half a second
JUDGED_AT_ONCE = 500
MOST_FAULTS = 500  # that a report names; more are counted
LOST = (OperationalError, InterfaceError)  # the database is away: that is no account's fault


@dataclass
class Report:
    """What failed so far, by the step and the record."""

    faults: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def note(self, step: str, record_id: UUID, error: Exception) -> None:
        known = isinstance(error, EmbudoError)
        code = error.code if isinstance(error, Refused) else type(error).__name__
        if not known:
            logger.error("daily run: %s of %s failed", step, record_id, exc_info=error)
        self.faults[step, str(record_id)] = {
            "step": step,
            "id": str(record_id),
            "code": code,
            "reason": str(getattr(error, "message", error))[:300],
        }


def run_daily(actor: Actor) -> Run:
    """
    Today's run, in chunks of a transaction each: what fell due is settled, questions nobody answered end, changes are applied on
    their day, accounts are held and reopened. It makes up for days that were missed, since each step asks what is due by now. Again
    on the same day, or after it was killed halfway, it goes on with what is left; nothing is done twice.
    """
    run = begin_run(actor)
    report = Report()
    settle_all(actor, run, report)
    expire_all(actor, report)
    apply_all(actor, run, report)
    judge_all(actor, run, report)
    return finish_run(actor, run, faults=list(report.faults.values()))


@command(RUN_DAILY)
def begin_run(actor: Actor) -> Run:
    """The run of today; the one that stands, where there is one."""
    today = clock.today()
    known = Run.objects.filter(day=today).first()
    if known is not None:
        return known
    try:
        with attempt():
            run = create(Run(day=today))
    except IntegrityError:  # somebody else began it at this very moment
        return Run.objects.get(day=today)
    publish(events.RunBegun(run.pk, today), run)
    return run


@command(DECIDE_SWITCHES)
def ask_for_run(actor: Actor) -> None:
    """Today's run goes on now, with what came up since; the worker sees to it."""
    publish(events.RunAsked(clock.today()))


@command(RUN_DAILY)
def finish_run(actor: Actor, run: Run, *, faults: Sequence[dict[str, str]] = ()) -> Run:
    """Counts what the run came to, from what stands: so a second one of the day comes to the same."""
    fresh = lock(run)
    named = [
        one | {"name": queries.name_of_failed(one["step"], UUID(one["id"]))} for one in faults[:MOST_FAULTS]
    ]
    mine = Switch.objects.filter(run=fresh)
    made = mine.filter(state=Switch.State.MADE, decided_by=None).count()
    values: dict[str, Any] = {
        "looked_at": Account.objects.exclude(state=AccountState.CLOSED).count(),
        "switched": made,
        "proposed": mine.count() - made,
        "applied": fresh.applied,
        "failed": len(faults),
    }
    is_news = fresh.finished is None or any(getattr(fresh, name) != value for name, value in values.items())
    update(fresh, finished=fresh.finished or clock.now(), faults=named, **values)
    if is_news:
        publish(events.RunFinished(fresh.pk, fresh.day, **values), fresh)
    return fresh


@command(RUN_DAILY)
def settle_next(actor: Actor, run: Run, *, past: Place | None = None) -> Place | None:
    """
    Brings the next of the accounts of which something fell due up to the moment, in the order of when it did. Answers the last of
    them; None when there are no more.
    """
    return _told(run, settle_next_due(actor, SETTLED_AT_ONCE, past=past)).last


@command(RUN_DAILY)
def settle_these(actor: Actor, run: Run, *, accounts: Sequence[UUID]) -> int:
    """The same for those of them that are due, and that nobody else has locked. Answers how many."""
    return _told(run, settle_due_of(actor, accounts)).accounts


def _told(run: Run, done: Settled) -> Settled:
    if done.accounts:
        publish(events.AccountsSettled(run.pk, done.accounts, done.expired, done.closed, done.carried), run)
    return done


def settle_all(actor: Actor, run: Run, report: Report) -> None:
    """By large chunks; what was left, because a chunk failed or somebody else was at work on it, by smaller and smaller ones."""
    is_shared = connection.vendor == "postgresql" and not connection.in_atomic_block
    if is_shared and WORKERS > 1:  # each takes the next chunk that the other has not locked
        with ThreadPoolExecutor(WORKERS) as pool:
            asked = [pool.submit(copy_context().run, _settle_beside, actor, run) for _one in range(WORKERS)]
        for one in asked:
            one.result()
    else:
        _settle_through(actor, run)
    for ids in judging.due_parts(SETTLED_AT_ONCE):
        in_parts("settle", ids, report, lambda part: settle_these(actor, run, accounts=part))


def _settle_through(actor: Actor, run: Run) -> None:
    past: Place | None = None
    try:
        while past := settle_next(actor, run, past=past):
            pass
    except LOST:
        raise
    except Exception as fault:  # noqa: BLE001 - whose fault it is comes out when they are taken by smaller parts
        logger.warning("daily run: a chunk could not be settled together: %s", fault)


def _settle_beside(actor: Actor, run: Run) -> None:
    try:
        _settle_through(actor, run)
    finally:
        connection.close()


# --- changes and switches ------------------------------------------------------------------------------------------------


def expire_all(actor: Actor, report: Report) -> None:
    """Questions that nobody answered in time end, each by itself."""
    for change in list(queries.changes_unanswered()):
        try:
            expire_answer(actor, change)
        except LOST:
            raise
        except Exception as fault:  # noqa: BLE001 - the others go on
            report.note("expire", change.pk, fault)


def apply_all(actor: Actor, run: Run, report: Report) -> None:
    """Changes whose day has come: each is applied, held back or fails by itself."""
    for change in list(queries.changes_due(run.day)):
        try:
            apply_due(actor, run, change=change)
        except LOST:
            raise
        except Exception as fault:  # noqa: BLE001 - the others go on
            report.note("apply", change.pk, fault)


@command(RUN_DAILY)
def apply_due(actor: Actor, run: Run, *, change: Change) -> Change:
    """One change on its day; the run counts it, once."""
    done = apply_change.inner(actor, change)
    if change.state == ChangeState.SCHEDULED and done.state in (ChangeState.APPLIED, ChangeState.INFORMED):
        Run.objects.filter(pk=run.pk).update(applied=F("applied") + 1, updated=clock.now())
    return done


def judge_all(actor: Actor, run: Run, report: Report) -> None:
    """What runs before left to people first, so that it stands in nobody's way."""
    for ids in _pages(judging.to_review):
        in_parts("review", ids, report, lambda part: review_switches(actor, run, accounts=part))
    for ids in _pages(lambda after: judging.to_reopen(run, after)):
        in_parts("reopen", ids, report, lambda part: reopen_accounts(actor, run, accounts=part))
    for ids in _pages(lambda after: judging.to_hold(run, after)):
        in_parts("hold", ids, report, lambda part: hold_accounts(actor, run, accounts=part))


def _pages(find: Callable[[UUID | None], list[UUID]]) -> Iterator[list[UUID]]:
    after: UUID | None = None
    while found := find(after):
        for first in range(0, len(found), JUDGED_AT_ONCE):
            yield found[first : first + JUDGED_AT_ONCE]
        after = found[-1]


def in_parts(step: str, ids: list[UUID], report: Report, act: Callable[[list[UUID]], object]) -> None:
    """All at once; where that fails, by halves, until what fails stands alone and is noted: it never stops the others."""
    try:
        act(ids)
    except LOST:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever it is, the others go on
        if len(ids) == 1:
            report.note(step, ids[0], fault)
            return
        half = len(ids) // 2
        in_parts(step, ids[:half], report, act)
        in_parts(step, ids[half:], report, act)
