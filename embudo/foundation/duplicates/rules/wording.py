from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

# Feature and level in words; what is not named here is not worth a word.
REASONS = {
    ("name", 0): _("same name"),
    ("name", 1): _("name with a slip"),
    ("name", 2): _("similar name"),
    ("name", 3): _("another name"),
    ("person", 0): _("same name"),
    ("person", 1): _("name with a slip"),
    ("person", 2): _("short first name"),
    ("person", 3): _("same last name"),
    ("person", 4): _("same first name"),
    ("person", 5): _("another name"),
    ("tax", 0): _("same tax number"),
    ("tax", 1): _("tax number with a slip"),
    ("tax", 2): _("another tax number"),
    ("email", 0): _("same e-mail address"),
    ("email", 1): _("e-mail address with a slip"),
    ("email", 2): _("same mailbox name elsewhere"),
    ("phone", 0): _("same phone"),
    ("phone", 1): _("phone with a slip"),
    ("site", 0): _("same web or mail domain"),
    ("address", 0): _("same address"),
    ("address", 1): _("similar address"),
    ("address", 2): _("same place"),
    ("house", 0): _("same phone, site and address"),
    ("house", 1): _("same house"),
    ("work", 0): _("same employer"),
}
SHOWN = 4


def reasons_text(reasons: Sequence[Sequence[Any]]) -> str:
    """What speaks for it, in words, the weightiest first."""
    words = [REASONS.get((str(code), int(level))) for code, level in reasons]
    return ", ".join(str(word) for word in words[:SHOWN] if word)
