from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.foundation.recycle import permissions, queries
from embudo.foundation.recycle.rules import Why
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, register_menu
from embudo.kernel.former import register_deleted
from embudo.kernel.kind import kind_named
from embudo.kernel.wording import register_event_text


def named(text: Any) -> Any:
    """Which kind of record: the words also stand with what the record was about and with what named it."""

    def words(data: Mapping[str, Any]) -> str:
        kind = kind_named(data.get("kind", ""))
        return str(text) % {"kind": str(kind.label).lower() if kind else ""}

    return words


def erased_words(data: Mapping[str, Any]) -> Any:
    return _("erased the record for good: %(why)s") % {"why": dict(Why.choices).get(data.get("why", ""), "")}


def register() -> None:
    register_deleted(queries.deleted)
    register_menu(MenuEntry(_("Recycle bin"), "recycle:bin", "trash-2", permissions.USE, order=90))
    for page in ("bin", "entry", "delete", "erase", "erase_record"):
        register_help(f"recycle:{page}", _("Recycle bin"), "recycle/help/recycle.html")
    register_event_text("recycle.RecordDeleted", named(_("deleted the record: %(kind)s")), "trash-2")
    register_event_text(
        "recycle.RecordRestored", named(_("restored the record: %(kind)s")), "rotate-ccw", "ok"
    )
    register_event_text("recycle.RecordErased", erased_words, "octagon-x", "bad")
