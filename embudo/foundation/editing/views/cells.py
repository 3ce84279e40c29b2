"""Which values lists and record pages let people edit where they stand."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from embudo.foundation.editing.permissions import EDIT_VALUE
from embudo.foundation.editing.queries.inline import OWNER, held_value, settable
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.pages import ListPage, RecordPage
from embudo.foundation.ui.pages.lists import CAME_FROM
from embudo.kernel.actor import Actor
from embudo.kernel.kind import Editing, ImportField, RecordKind, kind_named
from embudo.kernel.permission import Scope
from embudo.kernel.record import OwnedRecord

TITLES = ("name", "title")  # the values by which records are called


def marks(kind: str, **more: str) -> SafeString:
    """What the script reads off the table or the page: where a value's form is, and what to say where there is none."""
    nobody = "00000000-0000-0000-0000-000000000000"
    address = reverse("editing:value", args=[kind, nobody, "x"]).partition(nobody)[0]
    told = {
        "editor": address,
        "edit-words": gettext("Edit: %(label)s"),
        "left": gettext("The value was not saved."),
        "choose": gettext("Choose one from the list."),
        "refused": gettext("You may not change this value, or the record is gone."),
        **more,
    }
    return mark_safe("".join(f' data-{name}="{text(value)}"' for name, value in told.items()))  # noqa: S308


class InlineEditing:
    """Fills the slots of ui's lists and record pages."""

    def cells(self, page: ListPage) -> "Cells | None":
        """None for lists whose rows are not records that the actor may set values of."""
        match = page.request.resolver_match
        if match is None or match.kwargs or not match.view_name or not page.actor.may(EDIT_VALUE):
            return None
        model = page.design.queryset.model if page.design else page.get_query().model
        kind = kind_named(model._meta.label_lower)
        if kind is None or kind.editing is None or not kind.editing.is_for(page.actor):
            return None
        return Cells(page, match.view_name, kind, kind.editing)

    def values(self, page: RecordPage) -> "Values | None":
        """None for records that the actor may not set values of."""
        if not page.actor.may(EDIT_VALUE):
            return None
        found = settable(page.actor, page.record)
        return Values(page, found) if found else None


class Cells:
    """One list's editable columns by their keys, and the rows within the actor's reach."""

    def __init__(self, page: ListPage, list_key: str, kind: RecordKind, editing: Editing) -> None:
        self.page, self.list_key, self.kind = page, list_key, kind
        self.reach = Reach(page.actor, editing)
        known = {one.name for one in editing.fields(page.actor)}
        self.names = {column.key: name for column in page.columns if (name := _name_of(column.key)) in known}
        self.needs_owner = issubclass(kind.model, OwnedRecord) and not self.reach.is_whole
        if page.fields and self.needs_owner:
            page.fields = tuple(dict.fromkeys((*page.fields, "owner_id")))  # type: ignore[misc]

    def row_mark(self, row: Any) -> str:
        """Names the row to the script, where the actor may change its record."""
        is_dict = isinstance(row, dict)
        if self.needs_owner and (row["owner_id"] if is_dict else row.owner_id) not in self.reach.owners:
            return ""
        return f' data-row="{row["pk"] if is_dict else row.pk}"'

    @property
    def container(self) -> SafeString:
        if not self.names:
            return mark_safe("")
        page = self.page
        _path, mark, state = page.url(
            after=page.given_cursor("after"), before=page.given_cursor("before")
        ).partition("?")
        return marks(self.kind.name, here=urlencode({CAME_FROM: f"{self.list_key}{mark}{state}"}, safe=":/?"))


class Reach:
    """Whose records the actor may change; asked of the database only where that is neither all nor their own."""

    def __init__(self, actor: Actor, editing: Editing) -> None:
        needed = [one for one in (editing.permission, editing.owner_permission) if one is not None]
        self.scopes = {scope for one in needed if (scope := actor.scope(one)) is not None}
        self.is_whole = Scope.ALL in self.scopes
        self.owners: set[Any] = set()
        for scope in self.scopes - {Scope.ALL}:
            found = actor.owners(scope)
            self.owners |= {next(iter(one.values())) if isinstance(one, dict) else one for one in found or ()}


def _name_of(key: str) -> str:
    """What editing calls the value that a column shows."""
    name = key.partition("__")[0].removesuffix("_minor")
    return OWNER if name in ("owner", "owner_id") else name


class Values:
    """One record's values that its page lets the actor edit."""

    def __init__(self, page: RecordPage, fields: list[ImportField]) -> None:
        self.page, self.names = page, [one.name for one in fields]
        self.labels = {one.name: str(one.label) for one in fields}

    @property
    def title(self) -> SafeString:
        """Marks the page's heading, where it is one of the values."""
        record, said = self.page.record, str(self.page.get_title())
        name = next((one for one in TITLES if one in self.labels and held_value(record, one) == said), "")
        return mark_safe(f' data-edit="{name}" data-label="{text(self.labels[name])}"' if name else "")  # noqa: S308

    @property
    def container(self) -> SafeString:
        record = self.page.record
        asked = self.page.request.GET.get(CAME_FROM, "")
        here = urlencode({CAME_FROM: asked}, safe=":/?") if asked else ""
        return marks(record.kind_name(), row=str(record.pk), names=" ".join(self.names), back=here)
