from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext

from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.help import help_for
from embudo.foundation.ui.hooks_registry import MenuEntry, menu_for, optional_url
from embudo.kernel.actor import Actor

HERE = ' aria-current="page"'


class Menu:
    """The side menu of one actor; worked out only when a template asks for it."""

    def __init__(self, request: HttpRequest, actor: Actor) -> None:
        self.request, self.actor = request, actor

    def line(self, entry: MenuEntry, *, is_current: bool) -> dict[str, Any]:
        count = entry.badge(self.actor) if entry.badge else 0
        return {
            "label": entry.label,
            "url": entry.url,
            "icon": entry.icon,
            "count": count,
            "count_shown": "99+" if count > 99 else count,
            "is_current": is_current,
        }

    def current(self, entries: list[MenuEntry]) -> MenuEntry | None:
        """The entry whose address is the longest beginning of this page's."""
        path = self.request.path
        begun = [e for e in entries if path == e.url or (e.url != "/" and path.startswith(e.url))]
        return max(begun, key=lambda entry: len(entry.url), default=None)

    @property
    def sidebar(self) -> SafeString:
        """Drawn in code, as the rows of lists are: in a template its loops cost as much as half a list."""
        drawn = [self._nav(number, section) for number, section in enumerate(self.sections, 1)]
        return mark_safe("".join(drawn))  # noqa: S308 - every part is escaped

    def _nav(self, number: int, section: dict[str, Any]) -> str:
        title = section["title"]
        name = f'aria-labelledby="nav-{number}"' if title else f'aria-label="{text(gettext("Main"))}"'
        heading = f'<h2 class="nav-title" id="nav-{number}">{text(title)}</h2>' if title else ""
        links = "".join(
            f'<a href="{text(line["url"])}"{HERE if line["is_current"] else ""}>{atoms.icon(line["icon"])}'
            f"{text(line['label'])}{self._tally(line)}</a>\n"
            for line in section["lines"]
        )
        return f'<nav class="nav" {name}>{heading}{links}</nav>'

    @staticmethod
    def _tally(line: dict[str, Any]) -> str:
        if not line["count"]:
            return ""
        words = ngettext("%(counter)s open", "%(counter)s open", line["count"]) % {"counter": line["count"]}
        shown = (
            f'<span aria-hidden="true">{line["count_shown"]}</span><span class="vh">, {text(words)}</span>'
        )
        return f'<span class="tally">{shown}</span>'

    @property
    def commands(self) -> SafeString:
        """The palette's "Go to" lines."""
        drawn = [
            f'<li role="option" id="cmd-{part}-{number}" aria-selected="false" data-href="{text(line["url"])}">'
            f"{atoms.icon(line['icon'])}<span>{text(gettext('Go to %(place)s') % {'place': line['label']})}</span></li>"
            for part, section in enumerate(self.sections, 1)
            for number, line in enumerate(section["lines"], 1)
        ]
        return mark_safe("".join(drawn))  # noqa: S308 - every part is escaped

    @cached_property  # the sidebar and the palette both show it
    def sections(self) -> list[dict[str, Any]]:
        entries = [entry for entry in menu_for(self.actor) if optional_url(entry.url_name)]
        current = self.current(entries)
        sections: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            lines = sections.setdefault(str(entry.section), [])
            lines.append(self.line(entry, is_current=entry is current))
        return [
            {"title": title, "lines": lines}
            for title, lines in sorted(sections.items(), key=lambda s: s[0] != "")
        ]


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
