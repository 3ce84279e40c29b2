from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from embudo.foundation.attributes.models import CustomAttribute, PreparedList
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.attributes.rules.preparing import Part, key_of
from embudo.kernel.actor import Actor
from embudo.kernel.kind import kind_named


def prepared_lists(actor: Actor) -> QuerySet[PreparedList]:
    return PreparedList.objects.visible_to(actor).order_by("-created", "-id")


def prepared_list(actor: Actor, prepared_id: UUID) -> PreparedList:
    return PreparedList.objects.visible_to(actor).one(actor, prepared_id)


def prepared_for(kind: str, parts: Sequence[Part]) -> PreparedList | None:
    """Whether somebody has asked for this index; it holds no record, so everybody may know."""
    return PreparedList.objects.filter(kind=kind, key=key_of(parts)).first()


def column_label(kind: str, path: str) -> Any:
    """What people call a column of an index."""
    if path.startswith(PREFIX):
        return CustomAttribute.objects.filter(kind=kind, key=path.removeprefix(PREFIX)).first() or path
    found = kind_named(kind)
    return found.model._meta.get_field(path).verbose_name if found else path  # type: ignore[union-attr]
