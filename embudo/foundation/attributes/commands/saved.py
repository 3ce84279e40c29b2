from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.models import Role
from embudo.foundation.attributes import events
from embudo.foundation.attributes.models import Density, SavedView, Scope, ViewPin
from embudo.foundation.attributes.permissions import PIN_VIEWS, SET_DEFAULTS, SHARE_VIEWS, USE_VIEWS
from embudo.foundation.attributes.rules import Look
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, delete, update
from embudo.kernel.command import command
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock

MOST_VIEWS = 200  # of one person


@dataclass(frozen=True)
class ViewState:
    """What a list shows and how: columns as (key, width in pixels or 0), sorts as "-created", the filter as its tree."""

    columns: tuple[tuple[str, int], ...] = ()
    sorts: tuple[str, ...] = ()
    filter: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)  # tab, words and the choices above the list
    group: str = ""
    density: str = "normal"
    face: str = "table"
    by: str = ""  # the attribute that a board or a calendar is laid out by
    total: str = ""  # the amount that a board adds up
    span: str = ""  # how much a calendar shows

    def values(self) -> dict[str, Any]:
        return {
            "columns": [list(one) for one in self.columns], "sorts": list(self.sorts), "filter": self.filter,
            "group": self.group[:80],
            "kept": {key[:60]: value[:200] for key, value in list(self.kept.items())[:40]},
            "density": self.density if self.density in Density.values else Density.NORMAL,
            **vars(Look.read({"face": self.face, "by": self.by, "total": self.total, "span": self.span})),
        }  # fmt: skip


def _checked_name(name: str, list_key: str, owner_id: Any, but: SavedView | None = None) -> str:
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > 80:
        raise Invalid({"name": [_("Enter a name of at most 80 characters.")]})
    same = SavedView.objects.filter(list_key=list_key, owner_id=owner_id, name=tidy)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise Invalid({"name": [_("You have a view with this name. Choose another.")]})
    return tidy


def _checked_scope(actor: Actor, scope: str) -> str:
    if scope not in Scope.values:
        raise Invalid({"scope": [_("Choose who sees the view.")]})
    if scope == Scope.ALL and not actor.may(SHARE_VIEWS):
        raise Forbidden(SHARE_VIEWS.code)
    return scope


@command(USE_VIEWS)
def create_view(
    actor: Actor,
    *,
    list_key: str,
    name: str,
    state: ViewState,
    scope: str = "private",
    is_pinned: bool = False,
) -> SavedView:
    """
    Keeps how a list looks now under a name. Refuses (Invalid) a name that one has used, and (Forbidden) sharing with
    everybody without the permission.
    """
    if actor.id is None:
        raise Refused("attributes.nobody", _("Only people have views. Sign in."))
    if SavedView.objects.filter(owner_id=actor.id).count() >= MOST_VIEWS:
        raise Refused("attributes.too_many_views", _("You have 200 views already. Delete some first."))
    view = SavedView(
        list_key=list_key, name=_checked_name(name, list_key, actor.id), scope=_checked_scope(actor, scope),
        owner_id=actor.id, **state.values(),
    )  # fmt: skip
    create(view)
    publish(events.ViewSaved(view.id, list_key), view)
    if is_pinned:
        pin_view.inner(actor, view)
    return view


@command(USE_VIEWS)
def change_view(
    actor: Actor,
    view: SavedView,
    *,
    name: str | None = None,
    scope: str | None = None,
    state: ViewState | None = None,
    version: int | None = None,
) -> SavedView:
    """Changes what is given. Refuses what create_view refuses, somebody else's view, and a stale version."""
    view = lock(view, version=version)
    values = state.values() if state else {}
    if name is not None:
        values["name"] = _checked_name(name, view.list_key, view.owner_id, view)
    if scope is not None and scope != view.scope:
        values["scope"] = _checked_scope(actor, scope)
    update(view, **values)
    publish(events.ViewChanged(view.id, view.list_key), view)
    return view


@command(USE_VIEWS)
def delete_view(actor: Actor, view: SavedView) -> None:
    """Removes a view and takes it out of everybody's sidebar; the records stay. Refuses somebody else's view."""
    view = lock(view)
    for pin in ViewPin.objects.filter(view=view):
        delete(pin)
    delete(view)
    publish(events.ViewDeleted(view.id, view.list_key), view)


@command(PIN_VIEWS)
def pin_view(actor: Actor, view: SavedView) -> ViewPin | None:
    """Puts a view into one's own sidebar."""
    if actor.id is None or ViewPin.objects.filter(view=view, user=actor.id).exists():
        return None
    pin = create(ViewPin(view=view, user_id=actor.id))
    publish(events.ViewPinned(view.id, actor.id), view, pin)
    return pin


@command(PIN_VIEWS)
def unpin_view(actor: Actor, view: SavedView) -> None:
    """Takes a view out of one's own sidebar."""
    pin = ViewPin.objects.filter(view=view, user=actor.id).first()
    if pin is not None and actor.id is not None:
        delete(pin)
        publish(events.ViewUnpinned(view.id, actor.id), view, pin)


@command(SET_DEFAULTS)
def set_default_view(actor: Actor, view: SavedView, *, roles: Sequence[str]) -> SavedView:
    """
    Makes this what people with these roles see first on the list, in place of what they saw before; no roles, nobody.
    Refuses a view that not everybody can see, and (Invalid) roles there are not.
    """
    view = lock(view)
    chosen = sorted(set(roles))
    if chosen and view.scope != Scope.ALL:
        raise Refused("attributes.not_shared", _("Share the view with everybody first."))
    if Role.objects.filter(slug__in=chosen).count() != len(chosen):
        raise Invalid({"roles": [_("Choose roles from the list.")]})
    for other in SavedView.objects.filter(list_key=view.list_key).exclude(pk=view.pk).select_for_update():
        left = [role for role in other.default_roles if role not in chosen]
        if left != other.default_roles:
            update(other, default_roles=left)
    update(view, default_roles=chosen)
    publish(events.DefaultViewSet(view.id, view.list_key, tuple(chosen)), view)
    return view
