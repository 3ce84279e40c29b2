from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.intake.permissions import ENTER
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import HomePage, MenuEntry, register_home, register_menu


def register() -> None:
    register_menu(MenuEntry(_("My work"), "intake:my_work", "notebook-pen", ENTER, 70, _("Recording")))
    register_home(HomePage("operator", "intake:my_work", 40))
    for name, title in HELPS:
        register_help(f"intake:{name}", title, "intake/help.html")


HELPS: tuple[tuple[str, Any], ...] = (
    ("my_work", _("My work")),
    ("entry_new", _("Entering records")),
    ("entry_correct", _("Correcting a record")),
)
