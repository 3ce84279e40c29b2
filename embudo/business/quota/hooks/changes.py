from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.quota import queries
from embudo.business.quota.models import Change
from embudo.business.quota.permissions import VIEW_CHANGES
from embudo.business.quota.views.change_words import title_of
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import MenuEntry, Tile, record_url, register_menu, register_tile
from embudo.kernel.kind import RecordKind, register_kind

HELPED = (
    "changes", "change", "change_new", "change_edit", "change_supersede", "change_submit", "change_approve",
    "change_reject", "change_recall", "change_answer", "change_ask_again", "change_returned", "change_rehearse", "change_sign",
    "changes_waiting", "changes_held_back",
)  # fmt: skip


def _url(change_id: UUID) -> str:
    return record_url("quota:change", change_id)


def register() -> None:
    """Kind, menu, tiles and help of changes."""
    register_kind(
        RecordKind(
            Change, _("change of a quota"), _("changes of quotas"), "sliders-horizontal", title=title_of, url=_url,
            fetch=queries.change,
        )
    )  # fmt: skip
    register_menu(
        MenuEntry(
            _("Changes of quotas"), "quota:changes", "sliders-horizontal", VIEW_CHANGES, 82, _("Quotas"),
            badge=queries.waiting_count,
        )
    )  # fmt: skip
    register_tile(
        Tile("quota-waiting", _("Changes waiting for you"), "quota:changes_waiting", VIEW_CHANGES, order=70)
    )
    register_tile(
        Tile("quota-held-back", _("Held back: not signed"), "quota:changes_held_back", VIEW_CHANGES, order=71)
    )
    for page in HELPED:
        register_help(f"quota:{page}", _("Changes of quotas"), "quota/help_changes.html")
