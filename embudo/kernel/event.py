import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from embudo.kernel.act import current_act
from embudo.kernel.record import Record

_events: dict[str, type["Event"]] = {}


PLAIN = frozenset({str, int, bool, float, type(None)})
ROOMS = frozenset({"commands", "events", "reactions"})


def module_of(path: str) -> str:
    """ "sales" for "embudo.business.sales.commands", and for a file within a room that became a package."""
    parts = path.split(".")
    room = next((place for place, part in enumerate(parts) if part in ROOMS), len(parts) - 1)
    return parts[room - 1]


@dataclass(frozen=True)
class Event:
    """What happened, in ids and plain values; never personal data (that stands, encrypted, in the changes)."""

    name: ClassVar[str] = "kernel.Event"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.name = f"{module_of(cls.__module__)}.{cls.__name__}"
        _events[cls.name] = cls


E = TypeVar("E", bound=Event)
Handler = Callable[..., object]


@dataclass(frozen=True)
class Subscription:
    """A reaction in the background; `event` Event itself means all of them."""

    name: str
    event: type[Event]
    handler: Handler
    is_batched: bool = False


@dataclass(frozen=True)
class Schedule:
    """A reaction to the clock, once in each slot of `seconds`."""

    name: str
    seconds: int
    handler: Callable[[], object]


subscriptions: dict[str, Subscription] = {}
immediate: dict[type[Event], list[Handler]] = {}
schedules: dict[str, Schedule] = {}
PERIODS: Mapping[str, int] = {
    "second": 1,
    "5 seconds": 5,
    "minute": 60,
    "5 minutes": 300,
    "hour": 3600,
    "day": 86400,
}


def _reaction_name(handler: Callable[..., object]) -> str:
    return f"{module_of(handler.__module__)}.{handler.__name__}"


def on(event: type[Event], *, now: bool = False, batched: bool = False) -> Callable[[Handler], Handler]:
    """
    Registers a reaction: handler(event, entry), `entry` being the log's row. In the background, at least once, so it
    must be safe to repeat; with now=True inside the act's own transaction, for what must fail together (handler(event)).
    With batched=True it hears many at once, as the log's rows alone: handler(entries).
    """

    def register(handler: Handler) -> Handler:
        if now:
            immediate.setdefault(event, []).append(handler)
        else:
            name = _reaction_name(handler)
            subscriptions[name] = Subscription(name, event, handler, batched)
        return handler

    return register


def every(period: str) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Registers a reaction to the clock: "second", "5 seconds", "minute", "5 minutes", "hour", "day" (UTC slots)."""

    def register(handler: Callable[[], object]) -> Callable[[], object]:
        name = _reaction_name(handler)
        schedules[name] = Schedule(name, PERIODS[period], handler)
        return handler

    return register


def publish(event: Event, *about: Record) -> None:
    """Writes the event to the log with the act's end, in its transaction; `about` are the records it concerns."""
    current_act().add_event(event.name, to_data(event), about)
    for kind in type(event).__mro__:
        for handler in immediate.get(kind, ()):
            handler(event)


def plain(value: Any) -> Any:
    """A value as JSON keeps it."""
    if type(value) in PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | list | frozenset | set):
        return [plain(item) for item in value]
    return value


_names: dict[type[Event], tuple[str, ...]] = {}


def to_data(event: Event) -> dict[str, Any]:
    names = _names.get(type(event))
    if names is None:
        names = _names[type(event)] = tuple(field.name for field in dataclasses.fields(event))
    return {name: plain(getattr(event, name)) for name in names}


def _revive(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _revive(next(arg for arg in args if arg is not type(None)), value)
    if origin in (tuple, list):
        return origin(_revive(args[0], item) for item in value)
    if hint in (datetime, date):
        return hint.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, UUID | Decimal | Enum):
        return hint(value)
    return value


def from_data(name: str, data: Mapping[str, Any]) -> Event:
    """The event as it was published; a plain Event where its class no longer exists."""
    kind = _events.get(name)
    if kind is None:
        return Event()
    hints = get_type_hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}
    return kind(**{key: _revive(hints[key], value) for key, value in data.items() if key in known})


def all_events() -> Mapping[str, type[Event]]:
    return _events
