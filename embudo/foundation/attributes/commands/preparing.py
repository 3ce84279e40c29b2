from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from embudo.foundation.attributes import events
from embudo.foundation.attributes.models import CustomAttribute, Preparation, PreparedList
from embudo.foundation.attributes.permissions import PREPARE_LISTS
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.attributes.rules.preparing import Part, key_of
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.custom import CustomValue
from embudo.kernel.errors import Refused
from embudo.kernel.event import publish
from embudo.kernel.kind import RecordKind, kind_named
from embudo.kernel.list_index import IndexColumn, drop_list_index, make_list_index
from embudo.kernel.record import lock

MOST_PREPARED = 20  # each costs a little time whenever a record is written


@command(PREPARE_LISTS)
def prepare_list(actor: Actor, *, list_key: str, kind: str, parts: Sequence[Part]) -> PreparedList:
    """
    Asks for the index by which records of this kind are found in this order; it is built in the background. What has been
    asked for before is given back, and tried again where it failed. Refuses what no index can be made of, and more than
    twenty.
    """
    found = kind_named(kind)
    if found is None or not parts or not all(column_of(found, one) for one in parts):
        raise cannot_prepare()
    plain = [one.plain for one in parts]
    known = PreparedList.objects.select_for_update().filter(kind=kind, key=key_of(parts)).first()
    if known is None:
        if PreparedList.objects.count() >= MOST_PREPARED:
            raise Refused(
                "attributes.too_many_prepared", _("20 lists are prepared already. Remove one first.")
            )
        known = create(PreparedList(kind=kind, list_key=list_key[:80], parts=plain, key=key_of(parts)))
    elif known.state != Preparation.FAILED:
        return known
    else:
        update(known, state=Preparation.WAITING)
    publish(events.PreparationAsked(known.id, kind), known)
    return known


def cannot_prepare() -> Refused:
    return Refused(
        "attributes.cannot_prepare", _("No index helps this list. Use more filters, or another order.")
    )


@command(PREPARE_LISTS)
def end_preparation(actor: Actor, prepared: PreparedList, *, is_ready: bool) -> PreparedList:
    """Notes that the index stands, or that it could not be built."""
    prepared = lock(prepared)
    update(prepared, state=Preparation.READY if is_ready else Preparation.FAILED)
    publish(events.PreparationEnded(prepared.id, is_ready), prepared)
    return prepared


@command(PREPARE_LISTS)
def remove_prepared(actor: Actor, prepared: PreparedList, *, version: int | None = None) -> None:
    """Takes the index away again. Refuses a stale version."""
    prepared = lock(prepared, version=version)
    drop_list_index(prepared.index_name)
    publish(events.PreparationRemoved(prepared.id, prepared.kind), prepared)
    delete(prepared)


def column_of(kind: RecordKind, part: Part) -> IndexColumn | None:
    """None for what is no column of this kind of record, and no custom attribute of it either."""
    if part.path.startswith(PREFIX):
        one = CustomAttribute.objects.filter(kind=kind.name, key=part.path.removeprefix(PREFIX)).first()
        return IndexColumn(part.path, CustomValue(one.key, one.stored), part.is_descending) if one else None
    names = {field.name for field in kind.model._meta.concrete_fields}
    return IndexColumn(part.path, None, part.is_descending) if part.path in names else None


def build(prepared: PreparedList) -> bool:
    """Makes the index, where it is not there. An index is derived from the records, so this is no act of its own."""
    kind = kind_named(prepared.kind)
    columns = [column_of(kind, Part.read(one)) for one in prepared.parts] if kind else []
    if kind is None or not columns or None in columns:
        return False
    make_list_index(kind.model, prepared.index_name, [one for one in columns if one])
    return True
