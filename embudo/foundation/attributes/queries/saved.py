from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from embudo.foundation.access.models import User
from embudo.foundation.attributes.models import SavedView, Scope, ViewPin
from embudo.foundation.attributes.permissions import USE_VIEWS
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.prepared import Prepared


def _at_hand(me: UUID, list_key: str) -> QuerySet[SavedView]:
    """As visible_to, from the person's id alone, so that it is compiled once: every page asks."""
    colleagues = User.objects.filter(team__members=me).values("id")
    shared = Q(scope=Scope.ALL) | Q(owner=me) | Q(scope=Scope.TEAM, owner__in=colleagues)
    pins = Exists(ViewPin.objects.filter(view=OuterRef("pk"), user=me))
    found: Any = SavedView.objects.filter(shared).annotate(is_pinned=pins)
    return found.filter(Q(list_key=list_key) | Q(is_pinned=True)).order_by("name", "id")  # type: ignore[no-any-return]


AT_HAND = Prepared(_at_hand)


def views(actor: Actor) -> QuerySet[SavedView]:
    """Every view the actor may use, of every list."""
    return SavedView.objects.visible_to(actor)


def view(actor: Actor, view_id: UUID) -> SavedView:
    found: SavedView = SavedView.objects.select_related("owner").one(actor, view_id)
    return found


def views_at_hand(actor: Actor, list_key: str) -> list[SavedView]:
    """The views of this list, and the ones pinned of any other; by name. One query."""
    if not actor.may(USE_VIEWS) or actor.id is None:
        return []
    return AT_HAND.rows(me=actor.id, list_key=list_key)


def default_view(actor: Actor, known: list[SavedView]) -> SavedView | None:
    """What a role of the actor's sees first; with several the first by name."""
    return next((one for one in known if actor.roles & set(one.default_roles)), None)


def views_of_list(actor: Actor, list_key: str) -> QuerySet[SavedView]:
    found: Any = SavedView.objects.visible_to(actor)
    return found.filter(list_key=list_key).order_by("name", "id")  # type: ignore[no-any-return]


def view_asked(actor: Actor, known: list[SavedView], asked: str) -> SavedView | None:
    """The view an address names; None when it is gone or not shared with the actor."""
    found = next((one for one in known if str(one.pk) == asked), None)
    if found is not None:
        return found
    try:
        return view(actor, UUID(asked))
    except (ValueError, NotFound):
        return None
