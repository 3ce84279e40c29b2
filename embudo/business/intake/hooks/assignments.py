from django.utils.translation import gettext_lazy as _

from embudo.business.intake.permissions import DECIDE, VIEW_ASSIGNMENTS
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import HomePage, MenuEntry, register_home, register_menu

HELPED = (
    "assignments", "assignment", "assignment_new", "assignment_edit", "assignment_asked", "assignment_split", "progress",
)  # fmt: skip


def register() -> None:
    """Menu, home pages and help of those who order, lead and coordinate."""
    section = _("Recording")
    register_menu(
        MenuEntry(
            _("Assignments"), "intake:assignments", "target", VIEW_ASSIGNMENTS, order=71, section=section
        )
    )
    register_menu(
        MenuEntry(_("Look-alike entries"), "intake:likenesses", "copy", DECIDE, order=74, section=section)
    )
    for role, order in (("coordinator", 40), ("supervisor", 41), ("principal", 42)):
        register_home(HomePage(role, "intake:assignments", order))
    for page in HELPED:
        register_help(f"intake:{page}", _("Assignments"), "intake/assignment_help.html")
    register_help("intake:likenesses", _("Look-alike entries"), "intake/likeness_help.html")
    register_help("intake:likenesses_decide", _("Look-alike entries"), "intake/likeness_help.html")
    register_help("intake:likeness_decide", _("Look-alike entries"), "intake/likeness_help.html")
