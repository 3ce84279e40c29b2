from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When

from embudo.foundation.activity.models import Task
from embudo.foundation.activity.queries.entries import tasks_open
from embudo.kernel import clock
from embudo.kernel.about import carrying_kinds
from embudo.kernel.actor import Actor
from embudo.kernel.prepared import Prepared


@dataclass(frozen=True)
class TaskFacts:
    """Open to-dos by state; `waiting` are those that close by themselves, with their sums by currency."""

    late: int
    today: int
    later: int
    undated: int
    waiting: int
    waiting_minor: tuple[tuple[str, int], ...]


def open_tasks_of(actor: Actor, owner: UUID | None = None) -> QuerySet[Task]:
    """
    As `tasks_open`, of one owner where one is named, told by the kinds of records that they are about: most have no to-dos,
    and a statement that looks at records of every kind costs more to write than to answer.
    """
    names = {name for (name,) in KINDS_WITH_TASKS.rows(owner=owner)}
    found = Task.objects.visible_among(actor, [one for one in carrying_kinds() if one.name in names])
    narrowed = found.filter(owner=owner) if owner else found
    return narrowed.filter(done_at__isnull=True).select_related("owner", "done_by")


def _kinds_with_tasks(owner: UUID | None) -> QuerySet[Task, Any]:
    tasks = Task.objects.filter(done_at__isnull=True)
    return (tasks.filter(owner=owner) if owner else tasks).order_by().values_list("about_kind").distinct()


KINDS_WITH_TASKS = Prepared(_kinds_with_tasks)


def task_facts(actor: Actor, *, owners: Any = None, seen: QuerySet[Task] | None = None) -> TaskFacts:
    """
    Counts over the open to-dos in sight, narrowed to `owners` (ids or a query of ids), by one grouped statement. Who has
    built `tasks_open` already gives it as `seen`: telling what is in sight costs more than counting it.
    """
    rows = (tasks_open(actor) if seen is None else seen).select_related(None).order_by()
    if owners is not None:
        rows = rows.filter(owner__in=owners)
    today = clock.today()
    state = Case(
        When(due__lt=today, then=Value("late")),
        When(due=today, then=Value("today")),
        When(due__gt=today, then=Value("later")),
        default=Value("undated"),
    )
    counts, sums = Counter[str](), Counter[str]()
    grouped = rows.annotate(state=state, is_waiting=Q(key__isnull=False)).values_list(
        "state", "is_waiting", "currency"
    )
    for name, is_waiting, currency, count, minor in grouped.annotate(n=Count("*"), sum=Sum("amount_minor")):
        counts[name] += count
        counts["waiting"] += count if is_waiting else 0
        if is_waiting and currency:
            sums[currency] += int(minor)
    named = {name: counts[name] for name in ("late", "today", "later", "undated", "waiting")}
    return TaskFacts(**named, waiting_minor=tuple(sums.items()))
