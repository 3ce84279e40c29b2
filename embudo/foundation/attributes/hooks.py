from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.attributes import permissions, queries
from embudo.foundation.attributes.api import dress
from embudo.foundation.attributes.models import CustomAttribute, PreparedList, SavedView
from embudo.foundation.attributes.views.bar import pinned_lines
from embudo.foundation.attributes.views.design import Designer
from embudo.foundation.rest.operations import Entry
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import (
    MenuEntry,
    Panel,
    about_url,
    register_menu,
    register_own_lines,
    register_panel,
)
from embudo.foundation.ui.pages import ListPage
from embudo.kernel.custom import takes_custom_values
from embudo.kernel.kind import RecordKind, kind_named, register_kind
from embudo.kernel.wording import register_event_text

ListPage.designer = Designer()
Entry.dress = staticmethod(dress)
register_own_lines(pinned_lines)


def values_url(kind: str, record_id: UUID) -> str:
    return about_url("attributes:values", kind, record_id)


def has_values(record: Any) -> bool:
    return bool(getattr(record, "custom", None))


def takes_values(kind: str) -> bool:
    found = kind_named(kind)
    return found is not None and takes_custom_values(found.model)


register_kind(
    RecordKind(
        model=CustomAttribute,
        label=_("attribute"),
        plural=_("attributes"),
        icon="sliders-horizontal",
        title=str,
        url=lambda attribute_id: reverse("attributes:attribute", args=[attribute_id]),
        fetch=queries.attribute,
    )
)
register_kind(
    RecordKind(
        model=SavedView,
        label=_("view"),
        plural=_("views"),
        icon="eye",
        title=lambda view: view.name,
        url=lambda view_id: reverse("attributes:view_edit", args=[view_id]),
        fetch=queries.view,
    )
)
register_kind(
    RecordKind(
        model=PreparedList,
        label=_("prepared list"),
        plural=_("prepared lists"),
        icon="clock",
        title=str,
        url=lambda _prepared_id: reverse("attributes:prepared"),
        fetch=queries.prepared_list,
    )
)
register_menu(
    MenuEntry(
        _("Attributes"),
        "attributes:attributes",
        "sliders-horizontal",
        permissions.VIEW_ATTRIBUTES,
        540,
        _("Settings"),
    )
)
register_menu(
    MenuEntry(
        _("Prepared lists"), "attributes:prepared", "clock", permissions.PREPARE_LISTS, 545, _("Settings")
    )
)
register_panel(
    Panel("*", "side", _("Further details"), values_url, order=5, fits=takes_values, holds=has_values)
)
for page in ("attributes", "attribute", "attribute_new"):
    register_help(f"attributes:{page}", _("Attributes"), "attributes/help_attributes.html")
for page in (
    "prepared",
    "list_prepare",
    "list_columns",
    "list_sort",
    "list_filter",
    "list_group",
    "list_save",
):
    register_help(f"attributes:{page}", _("Lists and views"), "attributes/help_lists.html")
for name, text, icon in (
    ("AttributeDefined", _("defined the attribute"), "plus"),
    ("AttributeChanged", _("changed the attribute"), "pencil"),
    ("AttributeArchived", _("archived the attribute"), "archive"),
    ("AttributeRestored", _("restored the attribute"), "rotate-ccw"),
    ("ViewSaved", _("saved the view"), "plus"),
    ("ViewChanged", _("changed the view"), "pencil"),
    ("ViewDeleted", _("deleted the view"), "trash-2"),
    ("ViewPinned", _("pinned the view"), "star"),
    ("ViewUnpinned", _("took the view out of the sidebar"), "star"),
    ("PreparationAsked", _("asked for a list to be prepared"), "clock"),
    ("PreparationEnded", _("ended the preparation of a list"), "clock"),
    ("PreparationRemoved", _("removed a prepared list"), "trash-2"),
    ("DefaultViewSet", _("chose the view that a role sees first"), "eye"),
):
    register_event_text(f"attributes.{name}", text, icon)
