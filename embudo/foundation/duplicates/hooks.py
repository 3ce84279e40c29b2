from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.foundation.duplicates import permissions
from embudo.foundation.duplicates.commands.keys import forget_erased
from embudo.foundation.duplicates.queries.redirects import former_ids, survivor_of
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Panel, about_url, register_menu, register_panel
from embudo.kernel.erasing import register_eraser
from embudo.kernel.former import register_former
from embudo.kernel.kind import kind_named
from embudo.kernel.wording import register_event_text


def panel_address(kind: str, record_id: UUID) -> str:
    return about_url("duplicates:panel", kind, record_id)


def is_matched(kind: str) -> bool:
    found = kind_named(kind)
    return found is not None and found.matching is not None


def register() -> None:
    register_former(survivor_of, former_ids)
    register_eraser("duplicates", forget_erased)
    register_menu(MenuEntry(_("Duplicates"), "duplicates:queue", "git-merge", permissions.VIEW, order=45))
    place: Any = panel_address
    register_panel(
        Panel(
            "*",
            "side",
            _("Possible duplicates"),
            place,
            permissions.VIEW,
            order=40,
            fits=is_matched,
            statements=3,
        )
    )
    for page in ("queue", "pair", "merges", "merge", "scan"):
        register_help(f"duplicates:{page}", _("Duplicates"), "duplicates/help/duplicates.html")
    register_event_text("duplicates.PairDismissed", _("said that two records are no duplicates"), "copy")
    register_event_text("duplicates.PairReopened", _("wants two records compared again"), "copy")
    register_event_text("duplicates.RecordsMerged", _("merged records"), "git-merge")
    register_event_text("duplicates.MergeUndone", _("undid a merge"), "undo-2")
    register_event_text("duplicates.SnapshotsForgotten", _("closed old merges for good"), "archive")
    register_event_text("duplicates.ScanRequested", _("started a search for duplicates"), "search")
    register_event_text("duplicates.ScanCancelled", _("stopped a search for duplicates"), "circle-x")
