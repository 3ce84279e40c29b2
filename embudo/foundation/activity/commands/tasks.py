from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.activity import events, permissions, rules
from embudo.foundation.activity.commands.place import check_owner, own_id, place
from embudo.foundation.activity.models import Task
from embudo.foundation.activity.rules import Priority
from embudo.foundation.recycle.commands import recycle_record
from embudo.foundation.recycle.models import Recycled
from embudo.kernel import clock
from embudo.kernel.act import current_act
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import Record, lock


@command(permissions.CREATE_TASK)
def create_task(
    actor: Actor,
    *,
    about: Record | None = None,
    title: str,
    owner: User | None = None,
    due: date | None = None,
    priority: int = Priority.NORMAL,
    details: str = "",
) -> Task:
    """Plans a to-do, for oneself unless an owner is named. Refuses an owner who may not see the record."""
    task = Task(
        title=rules.clean_title(title),
        details=rules.clean_text(details, "details", is_needed=False),
        due=due,
        priority=rules.clean_priority(priority),
        owner_id=owner.pk if owner else own_id(actor),
        **place(about),
    )
    rules.check_due(due)
    check_owner(actor, owner, task.about_kind, task.about_id)
    create(task)
    publish(events.TaskCreated(task.pk, task.owner_id), *task.concerned())
    return task


@command(permissions.CHANGE_TASK)
def change_task(  # noqa: PLR0913 - as create_task
    actor: Actor,
    task: Task,
    *,
    title: str,
    owner: User | None,
    due: date | None,
    priority: int = Priority.NORMAL,
    details: str = "",
    version: int | None = None,
) -> Task:
    """Changes a to-do. Refuses an automatic one, and an owner who may not see the record."""
    task = lock(task, version=version)
    rules.check_changed_by_hand(is_automatic=task.is_automatic)
    rules.check_due(due)
    if owner and owner.pk != task.owner_id:
        check_owner(actor, owner, task.about_kind, task.about_id)
    before = task.version
    update(
        task,
        title=rules.clean_title(title),
        details=rules.clean_text(details, "details", is_needed=False),
        due=due,
        priority=rules.clean_priority(priority),
        owner_id=owner.pk if owner else None,
    )
    if task.version != before:
        publish(events.TaskChanged(task.pk), *task.concerned())
    return task


@command(permissions.CHANGE_TASK)
def assign_task(actor: Actor, task: Task, *, owner: User, version: int | None = None) -> Task:
    """Gives a to-do, automatic ones too, to somebody else. Refuses an owner who may not see the record."""
    task = lock(task, version=version)
    check_owner(actor, owner, task.about_kind, task.about_id)
    if task.owner_id != owner.pk:
        update(task, owner_id=owner.pk)
        publish(events.TaskAssigned(task.pk, owner.pk), *task.concerned())
    return task


@command(permissions.COMPLETE_TASK)
def complete_task(actor: Actor, task: Task) -> Task:
    """Ticks a to-do off; once done it stays as it is. Refuses an automatic one: it closes by itself."""
    task = lock(task)
    rules.check_closed_by_hand(is_automatic=task.is_automatic, title_code=task.title_code)
    if not task.is_done:
        update(task, done_at=clock.now(), done_by_id=own_id(actor))
        publish(events.TaskCompleted(task.pk), *task.concerned())
    return task


@command(permissions.COMPLETE_TASK)
def reopen_task(actor: Actor, task: Task) -> Task:
    """Makes a to-do that was ticked off open again. Refuses an automatic one."""
    task = lock(task)
    rules.check_closed_by_hand(is_automatic=task.is_automatic, title_code=task.title_code)
    if task.is_done:
        update(task, done_at=None, done_by_id=None)
        publish(events.TaskReopened(task.pk), *task.concerned())
    return task


@command(permissions.CHANGE_TASK)
def remove_task(actor: Actor, task: Task, *, version: int | None = None) -> Recycled:
    """Moves a to-do to the recycle bin. Refuses an automatic one."""
    task = lock(task, version=version)
    rules.check_changed_by_hand(is_automatic=task.is_automatic)
    publish(events.TaskRemoved(task.pk), *task.concerned())
    return recycle_record.inner(actor, task)


def check_kept_by_product(actor: Actor) -> None:
    """Automatic to-dos follow from another act or from the system: never from a call of these commands themselves."""
    if actor.kind is ActorKind.SYSTEM:
        return
    if current_act().command in (open_automatic_task.name, close_automatic_task.name):
        raise Refused("activity.closes_itself", _("Such tasks open and close by themselves."))


@command(permissions.KEEP_AUTOMATIC_TASKS)
def open_automatic_task(  # noqa: PLR0913 - as create_task
    actor: Actor,
    *,
    about: Record,
    title_code: str,
    title_params: dict[str, Any],
    owner: User | None,
    due: date | None,
    amount: Money | None,
    since: date,
    key: str,
) -> Task:
    """
    Opens the to-do that `key` stands for, opens it again if it was closed, or brings an open one up to date (whoever
    has been given it keeps it). Refuses to be called by hand.
    """
    check_kept_by_product(actor)
    values: dict[str, Any] = {
        "title_code": title_code,
        "title_params": title_params,
        "due": due,
        "amount_minor": amount.minor if amount else None,
        "currency": amount.currency if amount else "",
        "since": since,
    }
    known = Task.objects.select_for_update(of=("self",)).filter(key=key).first()
    owner_id = owner.pk if owner else None
    if known is None:
        task = create(Task(key=key, owner_id=owner_id, **place(about), **values))
        publish(events.TaskCreated(task.pk, owner_id), *task.concerned())
        return task
    if known.is_done:
        update(known, done_at=None, done_by_id=None, owner_id=owner_id, **values)
        publish(events.TaskReopened(known.pk), *known.concerned())
        return known
    before = known.version
    if update(known, **values).version != before:
        publish(events.TaskChanged(known.pk), *known.concerned())
    return known


@command(permissions.KEEP_AUTOMATIC_TASKS)
def close_automatic_task(actor: Actor, *, key: str) -> Task | None:
    """Closes the to-do that `key` stands for; None when there is none. Refuses to be called by hand."""
    check_kept_by_product(actor)
    task: Task | None = Task.objects.select_for_update(of=("self",)).filter(key=key).first()
    if task is not None and not task.is_done:
        update(task, done_at=clock.now(), done_by_id=None)
        publish(events.TaskClosedItself(task.pk), *task.concerned())
    return task
