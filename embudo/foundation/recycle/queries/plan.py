from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from embudo.foundation.recycle.permissions import ERASE
from embudo.foundation.recycle.rules import Fate
from embudo.kernel.about import AboutRecord
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, NotFound, Refused
from embudo.kernel.kind import Erasing, RecordKind, Recycling, all_kinds, kind_named, lasting
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record
from embudo.kernel.reference import Reference, references_to


def recycling_of(kind_name: str) -> tuple[RecordKind, Recycling]:
    """How records of this kind are deleted; NotFound where there is no such kind or it is never deleted."""
    kind = kind_named(kind_name)
    if kind is None or kind.recycling is None:
        raise NotFound
    return kind, kind.recycling


def erasing_of(kind: RecordKind) -> Erasing | None:
    """By what somebody is known in records of this kind, and what is left of one."""
    return kind.erased_with or (kind.recycling.erasing if kind.recycling else None)


def kind_to_erase(kind_name: str) -> RecordKind:
    """Also of records that are never deleted but blanked; NotFound where this kind keeps what it has."""
    kind = kind_named(kind_name)
    if kind is None or not (kind.recycling or kind.erased_with):
        raise NotFound
    return kind


def check_reach(actor: Actor, record: Record, permission: Permission) -> None:
    if not (actor.may(permission) and record.is_within(actor, permission)):
        raise Forbidden(permission.code)


def deletable(actor: Actor, kind_name: str, record_id: UUID) -> Record:
    """A record that this actor may delete; NotFound out of sight, Forbidden out of reach."""
    kind, recycling = recycling_of(kind_name)
    record = kind.fetch(actor, record_id)
    check_reach(actor, record, recycling.permission)
    return record


def erasable(actor: Actor, kind_name: str, record_id: UUID) -> Record:
    """A record whose personal data this actor may erase; NotFound where its kind holds none."""
    kind, recycling = recycling_of(kind_name)
    if recycling.erasing is None:
        raise NotFound
    record = kind.fetch(actor, record_id)
    check_reach(actor, record, ERASE)
    return record


@dataclass
class Plan:
    """What a deletion comes to: the rows that go, those that refer to others first; references to be emptied; what forbids it."""

    rows: list[models.Model] = field(default_factory=list)
    links: list[tuple[Reference, Any]] = field(default_factory=list)
    hindrances: dict[type[models.Model], int] = field(default_factory=dict)
    seen: set[tuple[type[models.Model], Any]] = field(default_factory=set)

    @property
    def emptied(self) -> list[tuple[Reference, Any]]:
        """References of rows that stay."""
        return [(reference, row) for reference, row in self.links if (type(row), row.pk) not in self.seen]

    def check(self) -> None:
        """Refuses, in a sentence that names what stands in the way and what to do about it."""
        for model, count in self.hindrances.items():
            raise Refused(
                "recycle.in_use", _in_use(model, count), used_by=model._meta.label_lower, count=count
            )


def _in_use(model: type[models.Model], count: int) -> str:
    stays, kind = lasting(model), kind_named(model._meta.label_lower)
    if stays:
        return _("It is still named by: %(what)s (%(n)d). %(remedy)s") % {
            "what": stays.plural, "n": count, "remedy": stays.remedy,
        }  # fmt: skip
    what = kind.plural if kind else model._meta.verbose_name_plural
    return _("It is still named by: %(what)s (%(n)d). Delete these first, or let them name another record.") % {
        "what": what, "n": count,
    }  # fmt: skip


def plan_of(record: Record) -> Plan:
    """What would happen if this record were deleted now."""
    plan = Plan()
    _collect(record, plan)
    return plan


def _collect(record: Record, plan: Plan) -> None:
    place = (type(record), record.pk)
    if place in plan.seen:
        return
    plan.seen.add(place)
    for reference in references_to(type(record)):
        fate = fate_of(type(record), reference)
        if fate is not Fate.STAYS:
            _follow(reference, fate, record, plan)
    plan.rows.append(record)


def _follow(reference: Reference, fate: Fate, record: Record, plan: Plan) -> None:
    found = reference.rows(record.kind_name(), [record.pk])
    if fate is Fate.FORBIDS:
        count = found.count()
        if count:
            plan.hindrances[reference.model] = plan.hindrances.get(reference.model, 0) + count
        return
    for row in found:
        if fate is Fate.EMPTIED:
            plan.links.append((reference, row))
        elif isinstance(row, Record):
            _collect(row, plan)
        elif (type(row), row.pk) not in plan.seen:
            plan.seen.add((type(row), row.pk))
            plan.rows.append(row)


def fate_of(model: type[Record], reference: Reference) -> Fate:
    """What becomes of the rows that refer to a record of `model` by this column."""
    if reference.kind_column:
        says_nothing_alone = not reference.model._meta.get_field(
            reference.field
        ).null  # such as who follows it
        return Fate.ALONG if issubclass(reference.model, AboutRecord) or says_nothing_alone else Fate.STAYS
    own, holder = kind_named(model.kind_name()), kind_named(reference.model._meta.label_lower)
    parts = own.recycling.parts if own and own.recycling else ()
    loosened = holder.recycling.loosens if holder and holder.recycling else ()
    if reference.model in parts or reference.on_delete is models.CASCADE:
        return Fate.ALONG
    if reference.on_delete is models.SET_NULL or reference.field in loosened:
        return Fate.EMPTIED
    return Fate.FORBIDS


@dataclass(frozen=True)
class Group:
    """How many of one kind, to be told."""

    label: Any
    icon: str
    count: int


def groups_of(models_found: Iterator[type[models.Model]] | list[type[models.Model]]) -> list[Group]:
    """Counted by kind; parts that are no kind of their own belong to their record and are not told."""
    counts: dict[str, int] = {}
    for model in models_found:
        counts[model._meta.label_lower] = counts.get(model._meta.label_lower, 0) + 1
    told = [(kind_named(name), count) for name, count in counts.items()]
    return [Group(kind.plural, kind.icon, count) for kind, count in told if kind is not None]


@dataclass(frozen=True)
class Preview:
    """What the question before a deletion says."""

    title: str
    along: list[Group]
    emptied: list[Group]
    refusal: str


def preview(record: Record) -> Preview:
    kind, recycling = recycling_of(record.kind_name())
    plan = plan_of(record)
    refusal = ""
    try:
        if recycling.check:
            recycling.check(record)
        plan.check()
    except Refused as fault:
        refusal = str(fault.message)
    own = (type(record), record.pk)
    along = groups_of([type(row) for row in plan.rows if (type(row), row.pk) != own])
    emptied = groups_of([type(row) for _reference, row in plan.emptied])
    return Preview(str(kind.title(record)), along, emptied, refusal)


def erasure_preview(record: Record) -> Preview:
    """As before a deletion; what follows the record (a person's leads) is erased as well."""
    told = preview(record)
    follow = {
        kind.plural
        for kind in all_kinds()
        if (erasing := erasing_of(kind)) is not None and _follows(kind, erasing, record)
    }
    moved = [group for group in told.emptied if group.label in follow]
    stays = [group for group in told.emptied if group.label not in follow]
    return Preview(told.title, [*told.along, *moved], stays, told.refusal)


def _follows(kind: RecordKind, erasing: Erasing, record: Record) -> bool:
    return any(kind.model._meta.get_field(name).related_model is type(record) for name in erasing.follows)


def ids_in(snapshot: list[dict[str, Any]]) -> set[tuple[str, UUID]]:
    """Kind and id of every row that is kept in a bin's entry; rows without such an id (tables between two) are left out."""
    found = set()
    for one in snapshot:
        try:
            found.add((one["kind"], UUID(one["id"])))
        except ValueError:
            continue
    return found
