from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.text import capfirst

from embudo.business.intake.models import Assignment, Entry
from embudo.business.intake.queries.assignments import custom_definitions
from embudo.foundation.attributes.queries import cell_of, file_url, value_names
from embudo.foundation.attributes.queries.definitions import is_all_seeing
from embudo.foundation.attributes.rules import AttributeType, Definition
from embudo.foundation.attributes.rules.kinds import PREFIX
from embudo.foundation.attributes.rules.values import NAMED
from embudo.foundation.ui import atoms
from embudo.foundation.ui.forms import phone_text
from embudo.kernel.actor import Actor

NOTHING = "—"
EMPTY: tuple[Any, ...] = (None, "", [])
_PHONES = ("phone", "mobile", "fax")


@dataclass(frozen=True)
class Fact:
    """One asked attribute of a record: `text` as people read it, `url` where the value itself leads somewhere."""

    name: str
    label: str
    value: Any
    text: Any
    url: str = ""


class Wording:
    """
    What an assignment's attributes are called and how their values read, for one reader, in their language. Those that the
    reader's roles may not see are left out. One statement, and none where only standard attributes are asked for.
    """

    def __init__(self, actor: Actor, assignment: Assignment) -> None:
        self.actor = actor
        self.asked = assignment.attributes

    @cached_property
    def known(self) -> Mapping[str, Definition]:
        """The custom ones by their names in forms."""
        if not any(one.key for one in self.asked):
            return {}
        sees_all = is_all_seeing(self.actor)
        seen = (one for one in custom_definitions() if sees_all or one.is_visible_for(self.actor.roles))
        return {one.name: one for one in seen}

    @cached_property
    def labels(self) -> dict[str, str]:
        """By name in forms, in the order in which they are asked for."""
        found = {one.name: self.label(one.name) for one in self.asked}
        return {name: label for name, label in found.items() if label}

    def label(self, name: str) -> str:
        """ "" for a custom attribute that is gone, or not the reader's to see."""
        if name.startswith(PREFIX):
            return str(self.known.get(name, ""))
        return standard_label(name)

    def text(self, name: str, value: Any) -> Any:
        """The value in words, a dash for none."""
        if value in EMPTY:
            return NOTHING
        if not name.startswith(PREFIX):
            return _STANDARD.get(name, _plain)(value)
        one = self.known.get(name)
        if one is None:
            return NOTHING
        if one.type is AttributeType.LONG_TEXT:
            return value
        names = value_names(self.actor, one, [value]) if one.type in NAMED else {}
        return cell_of(one, names)(value)

    def url(self, name: str, value: Any) -> str:
        """Where a value leads: a web page, a mail, a call, a file."""
        if value in EMPTY:
            return ""
        one = self.known.get(name)
        if one is not None and one.type is AttributeType.FILE:
            return file_url(self.actor, value)
        kind = one.type if one is not None else _KINDS.get(name)
        return _ADDRESSES[kind](str(value)) if kind in _ADDRESSES else ""

    def facts(self, values: Mapping[str, Any]) -> list[Fact]:
        """Every attribute that is asked for with its value, whether there is one or not."""
        return [self.fact(name, values.get(name)) for name in self.labels]

    def fact(self, name: str, value: Any) -> Fact:
        return Fact(name, self.labels[name], value, self.text(name, value), self.url(name, value))


def labelled(actor: Actor, assignment: Assignment) -> dict[str, str]:
    """What the attributes asked for are called, by name, in their order."""
    return Wording(actor, assignment).labels


def shown_value(actor: Actor, assignment: Assignment, name: str, value: Any) -> Any:
    """One value in words; for several take a Wording, which asks for the definitions once."""
    return Wording(actor, assignment).text(name, value)


def standard_label(name: str) -> str:
    """What a standard attribute is called, with a capital."""
    return str(capfirst(str(Entry._meta.get_field(name).verbose_name)))  # type: ignore[union-attr]


def changed_names(names: Iterable[str], old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Those of the attributes whose values differ; nothing, "" and [] are the same."""
    return [name for name in names if _bare(old.get(name)) != _bare(new.get(name))]


def _bare(value: Any) -> Any:
    return None if value in EMPTY else value


def _plain(value: Any) -> Any:
    return value


def _size(value: Any) -> Any:
    return dict(Entry._meta.get_field("size").flatchoices).get(value, value)


_STANDARD: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_PHONES, phone_text),
    "employees": atoms.number,
    "size": _size,
}
_KINDS: Mapping[str, AttributeType] = {
    **dict.fromkeys(("phone", "mobile"), AttributeType.PHONE),
    "email": AttributeType.EMAIL,
    "website": AttributeType.URL,
}
_ADDRESSES: Mapping[Any, Callable[[str], str]] = {
    AttributeType.PHONE: lambda value: f"tel:{value}",
    AttributeType.EMAIL: lambda value: f"mailto:{value}",
    AttributeType.URL: lambda value: (
        value if value.startswith(("http://", "https://")) else f"https://{value}"
    ),
}
