from django.utils.translation import gettext_lazy as _

from embudo.business.intake import queries
from embudo.business.intake.permissions import VERIFY
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import HomePage, MenuEntry, register_home, register_menu

# Mailed only to whoever asks for it: an operator's day would else be a hundred mails.
NEWS = (
    ("intake.entry_rejected", _("An entry of mine is rejected")),
    ("intake.entry_message", _("Somebody writes about an entry of mine, or one that I verify")),
    ("intake.entry_disputed", _("A rejection is disputed that I may decide on")),
    ("intake.dispute_decided", _("A dispute of mine is decided")),
    ("intake.assignment_given", _("I am bound to an assignment")),
    ("intake.part_closed", _("An assignment, or my part of one, is closed or reopened")),
    ("intake.second_lacking", _("Entries wait for a second entry that nobody is there to give")),
    ("intake.delivery_made", _("A delivery is ready, or could not be made")),
)


def register() -> None:
    register_menu(
        MenuEntry(
            _("Verification"), "intake:queue", "badge-check", VERIFY, 73, _("Recording"),
            badge=queries.waiting_count,
        )
    )  # fmt: skip
    register_home(HomePage("verifier", "intake:queue", order=40))
    for code, label in NEWS:
        register_notification_kind(NotificationKind(code, label, is_mailed=False))
    for page in ("queue", "next", "verify", "claim", "release"):
        register_help(f"intake:{page}", _("Verification"), "intake/verify_help.html")
