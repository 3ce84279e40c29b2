from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import QuerySet

from embudo.kernel.actor import Actor
from embudo.kernel.permission import Permission

Cell = Callable[[Any], Any]


@dataclass(frozen=True)
class Action:
    """
    A button or link in a page head or a row's menu. `dialog=True` opens the page in a dialog when there is script; `post=True`
    makes it a form's button. At most one `primary` in a view.
    """

    label: Any
    url: Any  # a text, or one that is looked up later (reverse_lazy)
    icon: str = ""
    permission: Permission | None = None
    primary: bool = False
    dialog: bool = False
    post: bool = False
    name: Any = ""  # the spoken name where the label alone is not enough ("Edit Marta Kowalczyk")

    def is_for(self, actor: Actor) -> bool:
        return self.permission is None or actor.may(self.permission)


@dataclass(frozen=True)
class Crumb:
    label: Any
    url: Any = ""  # text, or reverse_lazy()


@dataclass(frozen=True)
class Column:
    """
    A column of a list. `cell(row)` gives text (escaped for you) or markup of `atoms`; without it the value under `key`
    is shown as `kind` says: text, number, money (a Money or a (minor, currency) pair), date, datetime, person, avatar
    (first column only: the row's name with its picture). `sort` is the field path that the heading sorts by.
    """

    key: str
    label: Any
    cell: Cell | None = None
    sort: str = ""
    kind: str = "text"
    end: bool = False
    value: Cell | None = None  # what an export writes where the drawn cell is not it
    width: int = 0  # in pixels, as somebody chose it; 0 leaves it to the browser
    descends_first: bool = False  # dates and amounts: the first click shows the newest, the largest


@dataclass(frozen=True)
class Filter:
    """
    A choice above a list. `choices` is a tuple of (value, label) or a function of the actor; `apply` is a field path or a
    function (queryset, value, actor) -> queryset. Values that are not among the choices are ignored.
    """

    key: str
    label: Any
    choices: tuple[tuple[str, Any], ...] | Callable[[Actor], Any]
    apply: str | Callable[[QuerySet[Any], str, Actor], QuerySet[Any]] = ""

    def options(self, actor: Actor) -> list[tuple[str, Any]]:
        found = self.choices(actor) if callable(self.choices) else self.choices
        return [(str(value), label) for value, label in found]

    def narrow(self, queryset: QuerySet[Any], value: str, actor: Actor) -> QuerySet[Any]:
        if callable(self.apply):
            return self.apply(queryset, value, actor)
        return queryset.filter(**{self.apply or self.key: value})


@dataclass(frozen=True)
class Tab:
    """A named view of a list: "All", "Mine", "Overdue". `apply(queryset, actor)` narrows it; `counted` shows how many."""

    key: str
    label: Any
    apply: Callable[[QuerySet[Any], Actor], QuerySet[Any]] | None = None
    counted: bool = False


@dataclass(frozen=True)
class Card:
    """A card on a board. `badges` are markup of `atoms.badge`; `meta` is a short text ("4 d"), `owner` a person's name."""

    id: Any
    title: Any
    url: str
    subtitle: Any = ""
    amount: str = ""
    meta: Any = ""
    owner: str = ""
    badges: tuple[Any, ...] = ()
    can_move: bool = True
    facts: tuple[tuple[Any, Any], ...] = ()  # (label, value), one a line
    version: Any = ""  # as it was read, where a move is refused that somebody else was faster than


@dataclass(frozen=True)
class Lane:
    """A lane of a board. `dot` is "", "1" … "4" or "bad"; `total` a ready text ("€5,960"); `count` all cards, shown or not."""

    key: str
    label: Any
    cards: list[Card] = field(default_factory=list)
    dot: str = ""
    total: str = ""
    count: int | None = None
    more_url: str = ""
    count_shown: str = ""  # where it is not the plain number
    takes: bool = True  # whether cards can be moved here
    cards_more: Any = ""  # what stands below the cards: how to get at further ones

    @property
    def size(self) -> int:
        return len(self.cards) if self.count is None else self.count

    @property
    def size_shown(self) -> str:
        return self.count_shown or str(self.size)


@dataclass(frozen=True)
class CalendarEntry:
    """What stands on a day of a calendar. `time` is a ready text ("09:30"), `tone` as of a list's rows ("bad", "warn", "ok")."""

    day: date
    title: Any
    url: str = ""
    time: str = ""
    tone: str = ""
    icon: str = ""
    kind: Any = ""  # what it is, where it is none of the list's records
    id: Any = ""
    version: Any = ""
    can_move: bool = False
