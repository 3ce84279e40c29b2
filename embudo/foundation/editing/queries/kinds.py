"""Which records can be changed many at once, and what of them."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from embudo.foundation.attributes.models import CustomAttribute
from embudo.foundation.attributes.queries import narrowed
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.editing.models import BulkRun
from embudo.foundation.editing.permissions import CHANGE_MANY
from embudo.foundation.editing.rules import MOST, What
from embudo.foundation.recycle.permissions import USE
from embudo.kernel.actor import Actor
from embudo.kernel.custom import takes_custom_values
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import Editing, ImportField, RecordKind, kind_named
from embudo.kernel.permission import Permission


def needed_kind(name: str) -> RecordKind:
    found = kind_named(name)
    if found is None:
        raise NotFound
    return found


def needed_editing(kind: RecordKind) -> Editing:
    if kind.editing is None:
        raise NotFound
    return kind.editing


def may(actor: Actor, kind: RecordKind, what: str) -> bool:
    """Whether the actor may do this to any records of the kind; of each it is asked again."""
    permission = permission_for(kind, what)
    return actor.may(CHANGE_MANY) and permission is not None and actor.may(permission) and (
        what != What.DELETE or actor.may(USE)
    )  # fmt: skip


def permission_for(kind: RecordKind, what: str) -> Permission | None:
    """What it takes of each record; None where the kind does not know such a change."""
    if what == What.DELETE:
        return kind.recycling.permission if kind.recycling else None
    if kind.editing is None or (what == What.TAG and not takes_custom_values(kind.model)):
        return None
    return kind.editing.owner_permission if what == What.ASSIGN else kind.editing.permission


def fields_of(actor: Actor, kind: RecordKind) -> list[ImportField]:
    """What the actor may set of such records."""
    return list(needed_editing(kind).fields(actor))


def tag_fields(actor: Actor, kind: RecordKind) -> list[ImportField]:
    """The attributes that hold several choices: tags."""
    return [one for one in fields_of(actor, kind) if one.type == "choices" and one.name.startswith(PREFIX)]


def attribute_named(kind: RecordKind, field: ImportField) -> CustomAttribute:
    """What defines the tags of a field."""
    key = field.name.removeprefix(PREFIX)
    found: CustomAttribute = CustomAttribute.objects.get(kind=kind.name, key=key)
    return found


def beyond_reach(actor: Actor, run: BulkRun, ids: Collection[UUID]) -> set[UUID]:
    """Those that the actor may not change."""
    kind = needed_kind(run.kind)
    permission = permission_for(kind, run.what)
    if permission is None:
        return set(ids)
    near = kind.model.objects.within(actor, permission).filter(pk__in=ids).values_list("pk", flat=True)
    return set(ids) - set(near)


def matching_ids(actor: Actor, kind: RecordKind, tree: Mapping[str, Any]) -> list[UUID]:
    """
    Those of the kind in the actor's sight for which the filter holds; one more than can be changed at once where there are more.
    Refuses (Invalid) a filter that does not fit.
    """
    found = narrowed(actor, kind.model.objects.visible_to(actor), tree)
    return list(found.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
