import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events, queries
from embudo.business.intake.models import Assignment, Delivery
from embudo.business.intake.permissions import TAKE_DELIVERY
from embudo.business.intake.rules.deliveries import MOVING, DeliveryState, Format
from embudo.business.intake.rules.states import AssignmentState, check_assignment_step
from embudo.foundation.transfer.commands.exports import csv_lines
from embudo.foundation.transfer.commands.plain_exports import ods_file
from embudo.foundation.transfer.commands.workbook import xlsx_file
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock

SECONDS = 0.5  # between two notes of how far it is: each is a commit, and waits for the disk


@command(TAKE_DELIVERY)
def order_delivery(
    actor: Actor,
    assignment: Assignment,
    *,
    format: str = Format.XLSX,  # noqa: A002 - its name for people
    columns: Sequence[str] = (),
    is_all: bool = False,
) -> Delivery:
    """
    Orders a file of the accepted entries, or with `is_all` of all with their state; it is made in the background and kept.
    `columns` by name, in their order; none means what the assignment asks for with the days. Refuses a draft, (Forbidden) whoever
    neither ordered nor coordinates it, and (Invalid) unknown formats and columns.
    """
    if not queries.may_take(actor, assignment):
        raise Forbidden(TAKE_DELIVERY.code)
    if assignment.state == AssignmentState.DRAFT:
        raise Refused("intake.assignment_not_open", _("This assignment is not open yet."))
    found = Delivery(
        assignment=assignment, owner_id=actor.id, format=_checked_format(format), is_all=is_all,
        columns=_checked_columns(actor, assignment, columns, is_all=is_all),
    )  # fmt: skip
    create(found)
    publish(events.DeliveryOrdered(found.pk, assignment.pk), found, assignment)
    return found


def _checked_format(given: str) -> str:
    if given not in Format.values:
        raise Invalid({"format": [_("Choose XLSX, CSV or ODS.")]})
    return given


def _checked_columns(
    actor: Actor, assignment: Assignment, given: Sequence[str], *, is_all: bool
) -> list[str]:
    known = queries.delivery_columns(actor, assignment)
    chosen = list(dict.fromkeys(given)) or [one.name for one in known if one.is_usual]
    if wrong := [name for name in chosen if name not in {one.name for one in known}]:
        raise Invalid({"columns": [_("There is no column “%(name)s” here.") % {"name": wrong[0][:60]}]})
    return chosen if not is_all or "state" in chosen else [*chosen, "state"]


def make_delivery(actor: Actor, found: Delivery) -> None:
    """
    Writes the file for its owner, row by row in constant memory, and keeps it. Killed halfway it begins anew. Does nothing
    when it was made already.
    """
    total = queries.delivered_total(found)
    if not _tell(found, state=DeliveryState.RUNNING, total=total, rows=0):
        return
    if found.file:
        default_storage.delete(found.file)
    counted = _Counted(found)
    table = queries.delivery_table(actor, found)
    with _written(found.format, table, counted.through(table.rows)) as file:
        token = secrets.token_hex(16)
        path = default_storage.save(f"deliveries/{token[:2]}/{token}", File(file))
    size = default_storage.size(path)
    if _tell(found, file=path, size=size, rows=counted.n, total=counted.n):
        finish_delivery(actor, found)
    else:
        default_storage.delete(path)


@contextmanager
def _written(kind: str, table: queries.DeliveryTable, rows: Iterator[Sequence[Any]]) -> Iterator[IO[bytes]]:
    """The file, open at its beginning."""
    if kind == Format.CSV:
        with tempfile.TemporaryFile() as file:
            file.writelines(csv_lines(table.headings, rows))
            file.seek(0)
            yield file
        return
    write = xlsx_file if kind == Format.XLSX else ods_file
    with write(table.title, table.headings, rows) as file:
        yield file


class _Counted:
    """Counts the rows on their way into the file, and says now and then how many there are."""

    def __init__(self, found: Delivery) -> None:
        self.found = found
        self.n = 0

    def through(self, rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        told_at = monotonic()
        for row in rows:
            self.n += 1
            yield row
            if self.n % 500 == 0 and monotonic() - told_at >= SECONDS:
                _tell(self.found, rows=self.n)
                told_at = monotonic()


def _tell(found: Delivery, **values: Any) -> bool:
    """Says how far it is. False when it is over already."""
    return bool(Delivery.objects.filter(pk=found.pk, state__in=MOVING).update(**values))


@command(TAKE_DELIVERY)
def finish_delivery(actor: Actor, delivery: Delivery) -> Delivery:
    """
    Says that the file is there. One of the accepted entries of a closed assignment is the final one: the assignment is delivered,
    with its closed parts. Refuses one without a file, and one that is over.
    """
    delivery = lock(delivery)
    if delivery.state != DeliveryState.RUNNING or not delivery.file:
        raise Refused("intake.delivery_elsewhere", _("This delivery is not being made any more."))
    update(delivery, state=DeliveryState.DONE, done=clock.now())
    about = [] if delivery.is_all else _delivered(delivery.assignment)
    others = [one for one in about if one.pk != delivery.assignment_id]
    publish(
        events.DeliveryMade(delivery.pk, delivery.assignment_id, delivery.rows),
        delivery,
        delivery.assignment,
        *others,
    )
    return delivery


def _delivered(assignment: Assignment) -> list[Assignment]:
    """Those of the assignment and its parts that were closed; none while it is still worked on."""
    if lock(assignment).state != AssignmentState.CLOSED:
        return []
    found = [
        lock(one) for one in queries.assignments_below(assignment) if one.state == AssignmentState.CLOSED
    ]
    for one in found:
        check_assignment_step(one.state, AssignmentState.DELIVERED)
        update(one, state=AssignmentState.DELIVERED)
    return found


@command(TAKE_DELIVERY)
def fail_delivery(actor: Actor, delivery: Delivery) -> Delivery:
    """Says that the file can't be made. Refuses one that is over."""
    delivery = lock(delivery)
    if delivery.state not in MOVING:
        raise Refused("intake.delivery_elsewhere", _("This delivery is not being made any more."))
    update(delivery, state=DeliveryState.FAILED, done=clock.now())
    publish(events.DeliveryFailed(delivery.pk), delivery, delivery.assignment)
    return delivery
