"""What a delivery holds: entries read chunk by chunk, as rows of values and never as records, and turned into cells column by column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, BinaryIO
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.directory.rules import Size
from embudo.business.intake.models import Assignment, Binding, Delivery, Entry
from embudo.business.intake.permissions import TAKE_DELIVERY
from embudo.business.intake.queries.assignments import assignment, assignments_below
from embudo.business.intake.queries.shown import Wording, standard_label
from embudo.business.intake.rules.deliveries import ORDERERS, DeliveryState
from embudo.business.intake.rules.states import EntryState
from embudo.foundation.attributes.queries import value_names
from embudo.foundation.attributes.rules import AttributeType, Definition
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.attributes.rules.values import NAMED
from embudo.foundation.transfer.rules.cells import exported_column
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, NotFound, Refused
from embudo.kernel.money import Money
from embudo.kernel.permission import Scope

CHUNK = 2000
Values = Sequence[Any]
Draw = Callable[[Values], Values]
# What may stand beside the attributes asked for: name -> where it is read from.
FURTHER: Mapping[str, str] = {
    "day": "day", "state": "state", "operator": "owner__name", "handed_in": "handed_in", "verifier": "verifier__name",
    "decided": "decided", "seconds": "seconds", "part": "assignment__title", "id": "pk",
}  # fmt: skip
_USUAL = ("day", "decided")
_LABELS: Mapping[str, Any] = {"operator": _("Operator"), "part": _("Assignment"), "id": _("ID")}


@dataclass(frozen=True)
class DeliveryColumn:
    name: str
    label: str
    is_usual: bool = True  # taken where nobody chooses


@dataclass(frozen=True)
class DeliveryTable:
    """What is written into the file."""

    title: str
    headings: Sequence[str]
    rows: Iterator[Values]


def assignment_to_deliver(actor: Actor, assignment_id: UUID) -> Assignment:
    """One whose deliveries are the actor's to take: who ordered or coordinates it. NotFound out of sight, else Forbidden."""
    found = assignment(actor, assignment_id)
    if not may_take(actor, found):
        raise Forbidden(TAKE_DELIVERY.code)
    return found


def may_take(actor: Actor, assignment: Assignment) -> bool:
    """Whoever merely works under an assignment takes no deliveries of it, whatever they order themselves."""
    scope = actor.scope(TAKE_DELIVERY)
    if scope is None:
        return False
    if scope is Scope.ALL or actor.id in (assignment.principal_id, assignment.coordinator_id):
        return True
    return Binding.objects.filter(assignment=assignment, person=actor.id, duty__in=ORDERERS).exists()


def deliveries_of(actor: Actor, assignment_id: UUID) -> QuerySet[Delivery]:
    """Of one assignment."""
    found = assignment_to_deliver(actor, assignment_id)
    seen: QuerySet[Delivery] = Delivery.objects.visible_to(actor).filter(assignment=found)
    return seen


def delivery(actor: Actor, delivery_id: UUID) -> Delivery:
    """One delivery; NotFound outside the actor's sight."""
    found: Delivery = Delivery.objects.select_related("assignment", "owner").one(actor, delivery_id)
    return found


def delivery_content(found: Delivery) -> BinaryIO:
    """The kept file, open. NotFound while there is none; refuses when the file store has lost it."""
    if found.state != DeliveryState.DONE or not found.file:
        raise NotFound
    try:
        return default_storage.open(found.file, "rb")  # type: ignore[return-value]
    except FileNotFoundError:
        raise Refused(
            "intake.delivery_missing", _("The file is missing from the file store. Order the delivery again.")
        ) from None


def delivery_columns(actor: Actor, assignment: Assignment) -> list[DeliveryColumn]:
    """The attributes asked for that the actor may see, then what is known of each entry's way."""
    asked = Wording(actor, assignment).labels
    own = [DeliveryColumn(name, label) for name, label in asked.items()]
    return own + [DeliveryColumn(name, further_label(name), name in _USUAL) for name in FURTHER]


def further_label(name: str) -> str:
    return str(capfirst(str(_LABELS[name]))) if name in _LABELS else standard_label(name)


def delivered_total(found: Delivery) -> int:
    """How many rows the file will have."""
    return _delivered(found).filter(assignment__in=_assignment_ids(found)).count()


def _assignment_ids(found: Delivery) -> list[UUID]:
    """The parts that an assignment was split into come with it."""
    return [one.pk for one in assignments_below(found.assignment)]


def _delivered(found: Delivery) -> QuerySet[Entry]:
    if found.is_all:
        return Entry.objects.exclude(state=EntryState.WITHDRAWN)
    return Entry.objects.filter(state=EntryState.ACCEPTED)


def delivery_table(actor: Actor, found: Delivery) -> DeliveryTable:
    """Headings and cells for this reader; what they may no longer see is left out."""
    known = {one.name: one for one in delivery_columns(actor, found.assignment)}
    names = [name for name in found.columns if name in known]
    headings = [known[name].label for name in names]
    return DeliveryTable(found.assignment.title, headings, _rows(actor, found, names))


def _rows(actor: Actor, found: Delivery, names: Sequence[str]) -> Iterator[Values]:
    wording = Wording(actor, found.assignment)
    zone = ZoneInfo(actor.time_zone)
    paths = [_path(name) for name in names]
    draws = [_draw(actor, wording, name) for name in names]
    for chunk in _chunks(found, paths):
        columns = list(zip(*chunk, strict=True))[2:]
        drawn = [
            exported_column(draw(column) if draw else column, "", zone)
            for draw, column in zip(draws, columns, strict=True)
        ]
        yield from zip(*drawn, strict=True)


def _path(name: str) -> str:
    return "custom" if name.startswith(PREFIX) else FURTHER.get(name, name)


def _chunks(found: Delivery, paths: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
    """The oldest first, part by part; each chunk begins behind the last row of the one before."""
    for assignment_id in _assignment_ids(found):
        entries = _delivered(found).filter(assignment=assignment_id).order_by("created", "id")
        rows = entries.values_list("created", "pk", *paths)
        chunk = list(rows[:CHUNK])
        while chunk:
            yield chunk
            created, pk = chunk[-1][:2]
            behind = rows.filter(created__gte=created).filter(Q(created__gt=created) | Q(pk__gt=pk))
            chunk = list(behind[:CHUNK]) if len(chunk) == CHUNK else []


def _draw(actor: Actor, wording: Wording, name: str) -> Draw | None:
    """What a column's values become before they are cells; None for what is written as it is."""
    if name.startswith(PREFIX):
        return _custom(actor, wording.known[name])
    if name == "id":
        return lambda values: [str(value) for value in values]
    choices = {"size": dict(Size.choices), "state": dict(EntryState.choices)}.get(name)
    return (lambda values: [str(choices.get(value, value)) for value in values]) if choices else None


def _custom(actor: Actor, one: Definition) -> Draw:
    if one.type in NAMED:
        return lambda values: _names(actor, one, [held.get(one.key) for held in values])
    read = _TYPED.get(one.type)
    labels = {choice.key: str(choice) for choice in one.choices}

    def draw(values: Values) -> Values:
        kept = [held.get(one.key) for held in values]
        return [None if value is None else read(one, value, labels) for value in kept] if read else kept

    return draw


def _names(actor: Actor, one: Definition, ids: Values) -> Values:
    names = value_names(actor, one, {str(value) for value in ids if value})
    return [names.get(str(value), "") for value in ids]


# As a spreadsheet keeps them; every other type is written as it is held.
_TYPED: Mapping[AttributeType, Callable[[Definition, Any, Mapping[str, str]], Any]] = {
    AttributeType.MONEY: lambda one, kept, _labels: Money(kept, one.currency),
    AttributeType.DATE: lambda _one, kept, _labels: date.fromisoformat(kept),
    AttributeType.DATETIME: lambda _one, kept, _labels: datetime.fromisoformat(kept),
    AttributeType.YES_NO: lambda _one, kept, _labels: gettext("yes") if kept else gettext("no"),
    AttributeType.CHOICE: lambda _one, kept, labels: labels.get(kept, kept),
    AttributeType.CHOICES: lambda _one, kept, labels: ", ".join(labels.get(key, key) for key in kept),
    AttributeType.FILE: lambda _one, kept, _labels: kept["name"],
}
