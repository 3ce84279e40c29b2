"""What stands above a list: its views, its filter in words, and the tools to change both. Drawn in code, as lists are."""

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.models import SavedView
from embudo.foundation.attributes.permissions import SET_DEFAULTS, SHARE_VIEWS
from embudo.foundation.attributes.views.faces import layout_form, switch
from embudo.foundation.attributes.views.groups import drawn
from embudo.foundation.attributes.views.saved import view_address
from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text

if TYPE_CHECKING:
    from embudo.foundation.attributes.views.design import Design

MOST_TABS = 6


def bar(design: "Design") -> SafeString:
    parts = [_faults(design), _views(design), _tools(design), _said(design)]
    if design.face:
        parts.append(layout_form(design))
    elif design.group and design.found is not None:
        parts.append(drawn(design, design.found))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped


def _faults(design: "Design") -> str:
    if not design.faults:
        return ""
    lines = "".join(f"<p>{text(fault)}</p>" for fault in design.faults)
    return f'<div class="notice notice-bad" role="alert">{atoms.icon("circle-alert")}<div>{lines}</div></div>'


def _views(design: "Design") -> str:
    """The list's views as tabs; the ones that are too many stand in a menu."""
    views = design.of_list
    if not views:
        return ""
    plain = f"{design.page.request.path}?view=none"
    links = [_tab(plain, gettext("Without a view"), is_current=design.view is None)]
    links += [
        _tab(design.view_url(one), one.name, is_current=one == design.view) for one in views[:MOST_TABS]
    ]
    more = views[MOST_TABS:]
    menu = ""
    if more:
        items = "".join(f'<a href="{text(design.view_url(one))}">{text(one.name)}</a>' for one in more)
        menu = _menu("views-more", gettext("More views"), "chevron-down", items)
    name = text(gettext("Saved views"))
    return f'<nav class="tabs" aria-label="{name}">{"".join(links)}{menu}</nav>'


def _tab(url: str, label: str, *, is_current: bool) -> str:
    here = ' aria-current="page"' if is_current else ""
    return f'<a href="{text(url)}"{here}>{text(label)}</a>'


def _menu(name: str, label: str, icon: str, items: str) -> str:
    return (
        f'<button class="btn" type="button" popovertarget="{name}">{atoms.icon(icon)}{text(label)}</button>'
        f'<div class="menu" id="{name}" popover>{items}</div>'
    )


def _tools(design: "Design") -> str:
    tools = [
        ("filter", "list-filter", gettext("Filter")),
        ("sort", "chevrons-up-down", gettext("Sort")),
        ("columns", "columns-3", gettext("Columns")),
    ]
    if not design.face:
        tools.append(("group", "layers", gettext("Group")))
    links = "".join(
        f'<a class="btn" id="tool-{tool}" href="{text(design.tool_url(tool))}" data-dialog>{atoms.icon(icon)}{text(label)}</a>'
        for tool, icon, label in tools
    )
    items = "".join(_item(*item) for item in _acts(design))
    label = design.view.name if design.view else gettext("View")
    return f'<div class="row row-wrap list-tools">{links}{_menu("view-menu", label, "eye", items)}{switch(design)}</div>'


def _item(url: str, icon: str, label: str) -> str:
    return f'<a href="{text(url)}" data-dialog>{atoms.icon(icon)}{text(label)}</a>'


def _acts(design: "Design") -> list[tuple[str, str, str]]:
    view = design.view
    acts = [(design.tool_url("save"), "save", gettext("Save as a view"))]
    if view is None:
        return acts
    is_mine = may_change(design, view)
    if is_mine and design.is_changed:
        acts.insert(0, (design.tool_url("update"), "save", gettext("Keep the changes in this view")))
    pin = (
        ("view_unpin", gettext("Take it out of the sidebar"))
        if is_pinned(view)
        else ("view_pin", gettext("Pin it to the sidebar"))
    )
    acts.append((_url(pin[0], view), "star", pin[1]))
    if is_mine:
        acts.append((_url("view_edit", view), "pencil", gettext("Name and sharing")))
    if design.actor.may(SET_DEFAULTS):
        acts.append((_url("view_default", view), "users", gettext("What roles see first")))
    if is_mine:
        acts.append((_url("view_delete", view), "trash-2", gettext("Delete the view")))
    return acts


def _url(name: str, view: SavedView) -> str:
    return reverse(f"attributes:{name}", args=[view.pk])


def may_change(design: "Design", view: SavedView) -> bool:
    is_shared = view.scope == "all" and design.actor.may(SHARE_VIEWS)
    return view.owner_id == design.actor.id or is_shared


def is_pinned(view: Any) -> bool:
    return bool(getattr(view, "is_pinned", False))


def _said(design: "Design") -> str:
    if design.node is None:
        return ""
    clear = design.page.url(filter="{}" if design.view and design.view.filter else "")
    words = text(gettext("No filter"))
    return (
        f'<p class="row row-wrap small" id="filter-said">{atoms.icon("list-filter")}<span>{text(design.said)}</span>'
        f'<a href="{text(clear)}">{words}</a></p>'
    )


def pinned_lines(request: Any, actor: Any) -> list[tuple[str, str, str]]:
    """(label, address, icon) of the views that stand in one's sidebar."""
    known = getattr(request, "views_at_hand", None)
    if known is None:
        known = queries.views_at_hand(actor, "")
    return [(view.name, view_address(view), "star") for view in known if is_pinned(view)]
