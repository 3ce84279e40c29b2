from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from embudo.foundation.recycle.models import Erasure, Recycled
from embudo.foundation.recycle.permissions import USE
from embudo.foundation.recycle.queries.plan import Group, groups_of
from embudo.foundation.recycle.rules import LEFT
from embudo.foundation.ui import atoms
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.former import Gone, survivor_of
from embudo.kernel.kind import kind_named
from embudo.kernel.models import LogAbout

HEAVY = ("snapshot", "links", "files", "left")


def recycled(actor: Actor, *, kind: str = "", record: UUID | None = None) -> QuerySet[Recycled]:
    """What is in the bin and can be restored, in the actor's sight."""
    found: QuerySet[Recycled] = Recycled.objects.visible_to(actor).waiting()
    if kind:
        found = found.filter(kind=kind)
    if record:
        found = found.filter(record_id=record)
    return found.select_related("deleted_by", "owner").defer(*HEAVY)


def deleters(actor: Actor) -> list[tuple[str, str]]:
    """Who deleted what is in the bin, to be chosen from."""
    found = Recycled.objects.visible_to(actor).waiting().exclude(deleted_by=None)
    rows = found.order_by("deleted_by__name").values_list("deleted_by", "deleted_by__name").distinct()
    return [(str(pk), name) for pk, name in rows[:200]]


def one_recycled(actor: Actor, recycled_id: UUID) -> Recycled:
    """One deletion, also one that was restored or erased since; NotFound outside the actor's sight."""
    found: Recycled = Recycled.objects.select_related("deleted_by", "owner").one(actor, recycled_id)
    return found


def contents(found: Recycled) -> list[Group]:
    """What went along with a record, counted by kind."""
    own = str(found.record_id)
    return groups_of([apps.get_model(one["kind"]) for one in found.snapshot if one["id"] != own])


def left_behind(found: Recycled) -> list[tuple[str, Any]]:
    """What restoring could not put back: (what it is, why)."""
    return [(_name_of(one["kind"]), LEFT.get(one["why"], "")) for one in found.left]


def _name_of(kind_name: str) -> str:
    kind = kind_named(kind_name)
    return str(kind.label if kind else apps.get_model(kind_name)._meta.verbose_name)


def due() -> list[UUID]:
    """Whose days in the bin are over, the oldest first."""
    over = Recycled.objects.filter(restored_at=None, erased_at=None, until__lte=clock.now())
    return list(over.order_by("until").values_list("pk", flat=True))


def kept_files() -> set[str]:
    """The files of documents in the bin: no sweep may take them."""
    waiting = Recycled.objects.filter(restored_at=None, erased_at=None).exclude(files=[])
    return {path for files in waiting.values_list("files", flat=True) for path in files}


def bins_of(places: Collection[tuple[str, UUID]]) -> list[Recycled]:
    """Entries of the bin that hold one of these records, or something that was written about one, or that follow one."""
    ids = [record_id for _kind, record_id in places]
    waiting = Recycled.objects.filter(erased_at=None)
    found = (
        waiting.filter(record_id__in=ids)
        | waiting.filter(subject__in=ids)
        | waiting.filter(follows_id__in=ids)
    )
    return list(found.select_for_update(of=("self",)))


def is_erased(kind: str, record_id: UUID) -> bool:
    return Erasure.objects.filter(kind=kind, record_id=record_id).exists()


def deleted(actor: Actor, record_id: UUID) -> Gone | None:
    """What may be told of a deleted record to whoever may restore it."""
    if not actor.may(USE):
        return None
    visible = (
        Recycled.objects.visible_to(actor).select_related("deleted_by").defer(*HEAVY).order_by("-created")
    )
    survivor = survivor_of(record_id)  # merged, and then deleted as another
    record_id = survivor[1] if survivor else record_id
    found = visible.filter(record_id=record_id).first() or _with_another(visible, record_id)
    if found is None or found.restored_at:
        return None
    said = {"title": found.title, "when": _moment(found.created), "who": _who(found)}
    if found.erased_at:
        return Gone(_("This was deleted on %(when)s by %(who)s and has been erased for good.") % said)
    return Gone(
        _("“%(title)s” was deleted on %(when)s by %(who)s.") % said, reverse("recycle:entry", args=[found.pk])
    )


def _with_another(visible: QuerySet[Recycled], record_id: UUID) -> Recycled | None:
    """
    The deletion that a record went along with. What the log tells of a record is read off the end of an index; ordering by
    the entries themselves would let the database look through all of them.
    """
    told = LogAbout.objects.filter(record_id=record_id, entry__name="recycle.RecordDeleted")
    data = told.order_by("-entry_id").values_list("entry__data", flat=True).first()
    return visible.filter(pk=data["recycled_id"]).first() if data else None


def _moment(at: datetime) -> str:
    return atoms.full_day(at.date())


def _who(found: Recycled) -> str:
    return found.deleted_by.name if found.deleted_by else _("the system")


def erasures(actor: Actor) -> QuerySet[Erasure]:
    """What was erased for good."""
    found: QuerySet[Erasure] = Erasure.objects.visible_to(actor)
    return found.select_related("by")


def lists_of_erasures() -> list[dict[str, Any]]:
    """All erasures as the file beside the database keeps them."""
    rows = Erasure.objects.order_by("created", "id").values_list("kind", "record_id", "created", "why")
    return [
        {"kind": kind, "id": str(record_id), "at": at.isoformat(), "why": why}
        for kind, record_id, at, why in rows
    ]
