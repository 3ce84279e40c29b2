from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.help import help_for
from embudo.foundation.ui.hooks_registry import MenuEntry, menu_for, optional_url, own_lines
from embudo.kernel.actor import Actor

HERE = ' aria-current="page"'


@dataclass(frozen=True)
class Line:
    """A menu entry in one language: what of it is the same for everybody and on every page."""

    url: str
    section: str
    link: str
    command: str
    badge: Callable[[Actor], int] | None


@lru_cache(maxsize=512)
def line_of(entry: MenuEntry, url: str, _language: str | None) -> Line:
    icon = atoms.icon(entry.icon)
    words = gettext("Go to %(place)s") % {"place": entry.label}
    return Line(
        url,
        str(entry.section),
        f"{icon}{text(entry.label)}",
        f"{icon}<span>{text(words)}</span>",
        entry.badge,
    )


class Menu:
    """The side menu of one actor; worked out only when a template asks for it, and drawn in code as the rows of lists are."""

    def __init__(self, request: HttpRequest, actor: Actor) -> None:
        self.request, self.actor = request, actor

    @cached_property  # the sidebar and the palette both show it
    def sections(self) -> list[tuple[str, list[Line]]]:
        """(title, lines); the group without a title comes first."""
        language, sections = get_language(), dict[str, list[Line]]()
        for entry in menu_for(self.actor):
            if url := entry.url:
                line = line_of(entry, url, language)
                sections.setdefault(line.section, []).append(line)
        return sorted(sections.items(), key=lambda section: section[0] != "")

    @property
    def current(self) -> str:
        """The menu's address that is the longest beginning of this page's, or of the entry's that the page names."""
        match = self.request.resolver_match
        nav = getattr(getattr(match.func, "view_class", None), "nav", "") if match else ""
        path = reverse(nav) if nav else self.request.path
        urls = [line.url for _title, lines in self.sections for line in lines]
        return max((u for u in urls if path == u or (u != "/" and path.startswith(u))), key=len, default="")

    @property
    def sidebar(self) -> SafeString:
        current = self.current
        drawn = [
            self._nav(number, title, lines, current) for number, (title, lines) in enumerate(self.sections, 1)
        ]
        drawn.insert(1, self._own())
        return mark_safe("".join(drawn))  # noqa: S308 - every part is escaped

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

    def _nav(self, number: int, title: str, lines: list[Line], current: str) -> str:
        unnamed = text(gettext("Main"))
        name = f'aria-labelledby="nav-{number}"' if title else f'aria-label="{unnamed}"'
        heading = f'<h2 class="nav-title" id="nav-{number}">{text(title)}</h2>' if title else ""
        links = "".join(
            f'<a href="{text(line.url)}"{HERE if line.url == current else ""}>{line.link}{self._tally(line)}</a>\n'
            for line in lines
        )
        return f'<nav class="nav" {name}>{heading}{links}</nav>'

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

    @property
    def commands(self) -> SafeString:
        """The palette's "Go to" lines."""
        return mark_safe("".join(self._commands()))  # noqa: S308 - every part is escaped

    def _commands(self) -> Iterator[str]:
        for part, (_title, lines) in enumerate(self.sections, 1):
            for number, line in enumerate(lines, 1):
                yield (
                    f'<li role="option" id="cmd-{part}-{number}" aria-selected="false"'
                    f' data-href="{text(line.url)}">{line.command}</li>'
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
