from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, reverse

from embudo.foundation.ui.atoms import address_prefix
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Permission


def optional_url(name: str) -> str:
    """The address of a URL that another module may provide; "" where it does not. Asked dozens of times a page, so kept."""
    return _address(name, settings.ROOT_URLCONF, get_script_prefix())


@lru_cache(maxsize=512)
def _address(name: str, urlconf: str, _prefix: str) -> str:
    try:
        return reverse(name, urlconf)
    except NoReverseMatch:
        return ""


def record_url(name: str, record_id: UUID) -> str:
    """As reverse(name, args=[record_id]): lists ask for it once a row, so the way to the id is kept."""
    before, after = _around_id(name, settings.ROOT_URLCONF, address_prefix())
    return f"{before}{record_id}{after}"


def about_url(name: str, kind: str, record_id: UUID | str) -> str:
    """As reverse(name, args=[kind, record_id]): a record's page asks for a dozen such addresses."""
    before, after = _around_both(name, kind, settings.ROOT_URLCONF, address_prefix())
    return f"{before}{record_id}{after}"


@lru_cache(maxsize=1024)
def _around_both(name: str, kind: str, urlconf: str, _prefix: str) -> tuple[str, str]:
    no_one = UUID(int=0)
    before, _id, after = reverse(name, urlconf, args=[kind, no_one]).partition(str(no_one))
    return before, after


@lru_cache(maxsize=512)
def _around_id(name: str, urlconf: str, _prefix: str) -> tuple[str, str]:
    no_one = UUID(int=0)
    before, _id, after = reverse(name, urlconf, args=[no_one]).partition(str(no_one))
    return before, after


@dataclass(frozen=True, eq=False)  # each is one of its own, so what is drawn of it can be kept
class MenuEntry:
    """A line in the side menu (and a "Go to" command in the palette). `section` "" is the top group."""

    label: Any
    url_name: str
    icon: str
    permission: Permission | None = None
    order: int = 100
    section: Any = ""
    badge: Callable[[Actor], int] | None = None

    @property
    def url(self) -> str:
        return optional_url(self.url_name)


@dataclass(frozen=True)
class Panel:
    """
    A part of another module's record page, loaded from its owner's own URL. `kind` is a record kind's name
    ("directory.company") or "*" for every kind, or for those that `fits(kind)` accepts; `slot` is "main", "side" or "tab".
    """

    kind: str
    slot: str
    label: Any
    url: Callable[[UUID], str] | Callable[[str, UUID], str]
    permission: Permission | None = None
    order: int = 100
    fits: Callable[[str], bool] | None = None
    holds: Callable[[Any], bool] | None = None  # of the record at hand: a panel with nothing in it stays away
    statements: int = (
        2  # about how many it asks the database, the record apart: few panels that ask much come together
    )

    def address(self, kind: str, record_id: UUID) -> str:
        """Panels of every kind get the kind's name too."""
        return self.url(kind, record_id) if self.kind == "*" else self.url(record_id)  # type: ignore[call-arg, arg-type]


@dataclass(frozen=True)
class Tile:
    """A part of the dashboard, loaded from `url_name`."""

    key: str
    label: Any
    url_name: str
    permission: Permission | None = None
    order: int = 100
    wide: bool = False


@dataclass(frozen=True)
class HomePage:
    """Where people with a role land after sign-in; the lowest order wins among several roles."""

    role: str
    url_name: str
    order: int = 100


_menu: dict[str, MenuEntry] = {}
_panels: dict[tuple[str, str, str], Panel] = {}
_tiles: dict[str, Tile] = {}
_homes: dict[str, HomePage] = {}
H = TypeVar("H", MenuEntry, Panel, Tile)


OwnLines = Callable[[Any, Actor], list[tuple[str, str, str]]]
_own_lines: list[OwnLines] = []


def register_own_lines(lines: OwnLines) -> None:
    """(request, actor) -> (label, address, icon) of what somebody has put into their own sidebar."""
    _own_lines.append(lines)


def own_lines(request: Any, actor: Actor) -> list[tuple[str, str, str]]:
    return [line for lines in _own_lines for line in lines(request, actor)]


def register_menu(entry: MenuEntry) -> None:
    _menu[entry.url_name] = entry


def register_panel(panel: Panel) -> None:
    _panels[panel.kind, panel.slot, str(panel.label)] = panel


def register_tile(tile: Tile) -> None:
    _tiles[tile.key] = tile


def register_home(home: HomePage) -> None:
    _homes[home.role] = home


def _granted(hooks: list[H], actor: Actor) -> list[H]:
    allowed = [hook for hook in hooks if hook.permission is None or actor.may(hook.permission)]
    return sorted(allowed, key=lambda hook: hook.order)


def menu_for(actor: Actor) -> list[MenuEntry]:
    return _granted(list(_menu.values()), actor)


def panels_for(actor: Actor, kind: str, slot: str = "") -> list[Panel]:
    """The panels of a kind that the actor may see, in order; of one slot when it is named."""
    found = [
        p
        for p in _panels.values()
        if p.kind in (kind, "*") and slot in ("", p.slot) and (p.fits is None or p.fits(kind))
    ]
    return _granted(found, actor)


def tiles_for(actor: Actor) -> list[Tile]:
    return _granted(list(_tiles.values()), actor)


def home_for(actor: Actor) -> str:
    """The address where the actor lands; the first menu entry when no role has a home."""
    homes = sorted((h for h in _homes.values() if h.role in actor.roles), key=lambda home: home.order)
    names = [*(home.url_name for home in homes), *(entry.url_name for entry in menu_for(actor))]
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return "/"
