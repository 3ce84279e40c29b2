from django.utils.translation import gettext_lazy as _, pgettext_lazy

from embudo.business.intake.permissions import VIEW_ENTRIES
from embudo.foundation.ui.hooks_registry import MenuEntry, register_menu


def register() -> None:
    register_menu(
        MenuEntry(
            pgettext_lazy("of an assignment", "Entries"),
            "intake:entries",
            "table",
            VIEW_ENTRIES,
            72,
            _("Recording"),
        )
    )
