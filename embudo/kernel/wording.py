import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class EventText:
    """
    An event in words, to stand after the name of who acted: "converted the lead". `text` is a translatable text, or a
    function of the event's data. `is_told` False keeps it out of timelines, which show the thing itself instead.
    `thing(data)` names a record whose title follows the words, for whoever may see it.
    """

    text: Any | Callable[[Mapping[str, Any]], Any]
    icon: str = "circle"
    tone: str = ""  # "", "ok", "bad", "info", "accent"
    is_told: bool = True
    thing: Callable[[Mapping[str, Any]], tuple[str, UUID] | None] | None = None

    def words(self, data: Mapping[str, Any]) -> str:
        return str(self.text(data) if callable(self.text) else self.text)


_texts: dict[str, EventText] = {}


def register_event_text(
    name: str,
    text: Any,
    icon: str = "circle",
    tone: str = "",
    *,
    is_told: bool = True,
    thing: Callable[[Mapping[str, Any]], tuple[str, UUID] | None] | None = None,
) -> None:
    """`name` is the event's ("sales.LeadConverted"); called in a module's `hooks.py`."""
    _texts[name] = EventText(text, icon, tone, is_told, thing)


def event_text(name: str) -> EventText:
    """The event's words; where none are registered, its own name taken apart ("lead converted")."""
    known = _texts.get(name)
    return known or EventText(re.sub(r"(?<!^)(?=[A-Z])", " ", name.rpartition(".")[2]).lower())


def untold_events() -> list[str]:
    return [name for name, text in _texts.items() if not text.is_told]
