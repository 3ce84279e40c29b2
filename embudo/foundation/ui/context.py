from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.help import help_for
from embudo.foundation.ui.hooks_registry import MenuEntry, menu_for, optional_url, own_lines
from embudo.kernel.actor import Actor

HERE = ' aria-current="page"'


@dataclass(frozen=True, eq=False)
class Line:
    """A menu entry in one language: what of it is the same for everybody and on every page."""

    url: str
    section: str
    link: str
    plain: str  # the link where one is elsewhere
    command: str
    badge: Callable[[Actor], int] | None


@dataclass(frozen=True, eq=False)
class Section:
    """Some of the menu's lines under a title; the group without a title comes first."""

    opening: str
    lines: tuple[Line, ...]


def line_of(entry: MenuEntry, url: str) -> Line:
    icon = atoms.icon(entry.icon)
    words = gettext("Go to %(place)s") % {"place": entry.label}
    link = f"{icon}{text(entry.label)}"
    plain = f'<a href="{text(url)}">{link}</a>\n'
    return Line(url, str(entry.section), link, plain, f"{icon}<span>{text(words)}</span>", entry.badge)


@lru_cache(maxsize=512)
def sections_of(entries: tuple[MenuEntry, ...], _language: str | None, _prefix: str) -> tuple[Section, ...]:
    """The entries that somebody may see, drawn: the same for all who may see just these."""
    sections = dict[str, list[Line]]()
    for entry in entries:
        if url := entry.url:
            line = line_of(entry, url)
            sections.setdefault(line.section, []).append(line)
    ordered = sorted(sections.items(), key=lambda section: section[0] != "")
    return tuple(
        Section(_opening(number, title), tuple(lines)) for number, (title, lines) in enumerate(ordered, 1)
    )


def _opening(number: int, title: str) -> str:
    unnamed = text(gettext("Main"))
    name = f'aria-labelledby="nav-{number}"' if title else f'aria-label="{unnamed}"'
    heading = f'<h2 class="nav-title" id="nav-{number}">{text(title)}</h2>' if title else ""
    return f'<nav class="nav" {name}>{heading}'


@lru_cache(maxsize=512)
def commands_of(sections: tuple[Section, ...]) -> SafeString:
    """The palette's "Go to" lines."""
    lines = [
        f'<li role="option" id="cmd-{part}-{number}" aria-selected="false" data-href="{text(line.url)}">{line.command}</li>'
        for part, section in enumerate(sections, 1)
        for number, line in enumerate(section.lines, 1)
    ]
    return mark_safe("".join(lines))  # noqa: S308 - every part is escaped


class Menu:
    """The side menu of one actor; worked out only when a template asks for it, and drawn in code as the rows of lists are."""

    def __init__(self, request: HttpRequest, actor: Actor) -> None:
        self.request, self.actor = request, actor

    @cached_property  # the sidebar and the palette both show it
    def sections(self) -> tuple[Section, ...]:
        return sections_of(tuple(menu_for(self.actor)), get_language(), get_script_prefix())

    @property
    def current(self) -> str:
        """The menu's address that is the longest beginning of this page's, or of the entry's that the page names."""
        match = self.request.resolver_match
        nav = getattr(getattr(match.func, "view_class", None), "nav", "") if match else ""
        path = reverse(nav) if nav else self.request.path
        urls = [line.url for section in self.sections for line in section.lines]
        return max((u for u in urls if path == u or (u != "/" and path.startswith(u))), key=len, default="")

    @property
    def sidebar(self) -> SafeString:
        current = self.current
        drawn = [self._nav(section, current) for section in self.sections]
        drawn.insert(1, self._own())
        return mark_safe("".join(drawn))  # noqa: S308 - every part is escaped

    @property
    def commands(self) -> SafeString:
        return commands_of(self.sections)

    def _own(self) -> str:
        """What the person has put into the sidebar themselves."""
        lines = own_lines(self.request, self.actor)
        if not lines:
            return ""
        here = self.request.get_full_path()
        links = "".join(
            f'<a href="{text(url)}"{HERE if url == here else ""}>{atoms.icon(icon)}'
            f'<span class="truncate">{text(label)}</span></a>\n'
            for label, url, icon in lines
        )
        title = text(gettext("Pinned"))
        return f'<nav class="nav" aria-labelledby="nav-own"><h2 class="nav-title" id="nav-own">{title}</h2>{links}</nav>'

    def _nav(self, section: Section, current: str) -> str:
        links = [
            line.plain if line.badge is None and line.url != current else self._link(line, current)
            for line in section.lines
        ]
        return f"{section.opening}{''.join(links)}</nav>"

    def _link(self, line: Line, current: str) -> str:
        mark = HERE if line.url == current else ""
        return f'<a href="{text(line.url)}"{mark}>{line.link}{self._tally(line)}</a>\n'

    def _tally(self, line: Line) -> str:
        count = line.badge(self.actor) if line.badge else 0
        if not count:
            return ""
        words = ngettext("%(counter)s open", "%(counter)s open", count) % {"counter": count}
        shown = "99+" if count > 99 else count
        return (
            f'<span class="tally"><span aria-hidden="true">{shown}</span>'
            f'<span class="vh">, {text(words)}</span></span>'
        )


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the shell needs on every page: the menu, and the addresses that other modules may provide."""
    actor, match = actor_of(request), request.resolver_match
    return {
        "actor": actor,
        "menu": Menu(request, actor),
        "suggest_url": optional_url("search:suggest"),
        "search_url": optional_url("search:results"),
        "notifications_url": optional_url("notify:list"),
        "notifications_count_url": optional_url("notify:count"),
        "profile_url": optional_url("access:profile"),
        "sign_out_url": optional_url("access:sign_out") or optional_url("account_logout"),
        "help": help_for(match.view_name) if match else None,
    }
