from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.safestring import mark_safe

from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text


@dataclass(frozen=True)
class Suggestion:
    """A hit of the search box: where it leads, and how it reads."""

    title: str
    url: str
    subtitle: str = ""
    icon: str = "search"


def _option(number: int, value: Any, label: Any, sub: Any) -> str:
    below = f"<small>{text(sub)}</small>" if sub else ""
    return (
        f'<li role="option" id="opt-{number}" aria-selected="false" data-value="{text(value)}"'
        f' data-label="{text(label)}">{atoms.avatar(label)}<span>{text(label)}</span>{below}</li>'
    )


def lookup_options(request: HttpRequest, options: Iterable[Sequence[Any]]) -> HttpResponse:
    """What a lookup field's `search_url` answers: (value, label) or (value, label, second line) each."""
    return HttpResponse(
        mark_safe("".join(_option(n, o[0], o[1], o[2] if len(o) > 2 else "") for n, o in enumerate(options)))  # noqa: S308
    )


def suggestions(request: HttpRequest, hits: Iterable[Suggestion]) -> HttpResponse:
    """What `search:suggest` answers to the palette."""
    rows = [
        f'<li role="option" id="hit-{number}" aria-selected="false" data-href="{text(hit.url)}">{atoms.icon(hit.icon)}'
        f"<span>{text(hit.title)}</span>{f'<small>{text(hit.subtitle)}</small>' if hit.subtitle else ''}</li>"
        for number, hit in enumerate(hits)
    ]
    return HttpResponse(mark_safe("".join(rows)))  # noqa: S308
