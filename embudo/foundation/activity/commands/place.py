from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.kernel.about import AboutRecord, about_record
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import Invalid, NotFound
from embudo.kernel.record import Record


def own_id(actor: Actor) -> UUID | None:
    """The person behind the act; None for rules, forms and the system."""
    return actor.id if actor.kind in (ActorKind.USER, ActorKind.TOKEN) else None


def place(about: Record | None) -> dict[str, Any]:
    """The fields that say what a new record is about."""
    if about is None:
        return {}
    if isinstance(about, AboutRecord):
        raise Invalid({"about": [_("Choose a record that is not itself an activity.")]})
    return {"about_kind": about.kind_name(), "about_id": about.pk}


def check_owner(actor: Actor, owner: User | None, about_kind: str, about_id: UUID | None) -> None:
    """Nobody is given work on a record that they may not see."""
    if owner is None or owner.pk == own_id(actor):
        return
    if not owner.is_active:
        raise Invalid({"owner": [_("Choose somebody who may sign in.")]})
    if about_id is None:
        return
    try:
        about_record(actor_of(owner), about_kind, about_id)
    except NotFound:
        raise Invalid({"owner": [_("Choose somebody who may see this record.")]}) from None
