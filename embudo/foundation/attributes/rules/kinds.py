from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import get_language, gettext_lazy as _

from embudo.kernel.custom import Stored


class AttributeType(TextChoices):
    TEXT = "text", _("Text")
    LONG_TEXT = "long_text", _("Long text")
    NUMBER = "number", _("Number")
    MONEY = "money", _("Money")
    DATE = "date", _("Date")
    DATETIME = "datetime", _("Date and time")
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("Choice")
    CHOICES = "choices", _("Several choices")
    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone")
    URL = "url", _("Web address")
    FILE = "file", _("File")
    REFERENCE = "reference", _("Reference")
    USER = "user", _("User")


STORED: Mapping[AttributeType, Stored] = {
    AttributeType.NUMBER: Stored.NUMBER,
    AttributeType.MONEY: Stored.WHOLE,
    AttributeType.YES_NO: Stored.YES_NO,
}
WITH_CHOICES = frozenset({AttributeType.CHOICE, AttributeType.CHOICES})
# found by what they contain, or by whether there is one
WITHOUT_INDEX = frozenset({AttributeType.LONG_TEXT, AttributeType.CHOICES, AttributeType.FILE})
# no list is sorted by them
WITHOUT_ORDER = frozenset({AttributeType.CHOICES, AttributeType.REFERENCE, AttributeType.FILE})
FOLLOWERS = "followers"  # lists are filtered by them; they are no column of the record
PREFIX = "custom_"  # of a custom attribute's key where standard ones stand beside it: forms, lists, filters


def stored_as(kind: AttributeType) -> Stored:
    return STORED.get(kind, Stored.TEXT)


def in_language(texts: Mapping[str, str], plain: str) -> str:
    """The text in the reader's language where there is one, else the plain text."""
    return texts.get((get_language() or "en").partition("-")[0]) or plain


@dataclass(frozen=True)
class Choice:
    key: str
    label: str
    labels: Mapping[str, str] = field(default_factory=dict)
    is_offered: bool = True  # no longer offered, it still reads where it was chosen

    def __str__(self) -> str:
        return in_language(self.labels, self.label)


@dataclass(frozen=True)
class Definition:
    """A custom attribute as the rules see it."""

    key: str
    label: str
    type: AttributeType
    labels: Mapping[str, str] = field(default_factory=dict)
    section: str = ""
    help: str = ""
    is_required: bool = False
    is_unique: bool = False
    is_searchable: bool = False
    default: Any = None
    choices: tuple[Choice, ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)
    view_roles: tuple[str, ...] = ()  # empty = everybody who sees the record
    edit_roles: tuple[str, ...] = ()  # empty = everybody who may change the record

    def __str__(self) -> str:
        return in_language(self.labels, self.label)

    @property
    def name(self) -> str:
        """What forms, lists and filters call it."""
        return PREFIX + self.key

    @property
    def currency(self) -> str:
        return str(self.limits.get("currency", "EUR"))

    @property
    def related(self) -> str:
        """The kind of record that a reference names."""
        return str(self.limits.get("kind", ""))

    def is_visible_for(self, roles: frozenset[str]) -> bool:
        return not self.view_roles or bool(roles & {*self.view_roles, "administrator"})

    def is_editable_for(self, roles: frozenset[str]) -> bool:
        is_allowed = not self.edit_roles or bool(roles & {*self.edit_roles, "administrator"})
        return is_allowed and self.is_visible_for(roles)


@dataclass(frozen=True)
class ListAttribute:
    """What a list can be filtered, sorted and shown by: a column of its table, or a custom attribute (`key` custom_…)."""

    key: str
    label: Any
    type: AttributeType
    path: str = ""  # of the column, for a standard one
    choices: tuple[tuple[str, Any], ...] = ()
    currency: str = ""
    currency_path: str = ""  # where each row says its own currency
    related: str = ""
    definition: Definition | None = None
    may_be_null: bool = True

    def __str__(self) -> str:
        return str(self.label)

    @property
    def is_custom(self) -> bool:
        return self.definition is not None
