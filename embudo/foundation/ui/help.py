from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Help:
    """What F1 opens on a page: a title and a template with a few paragraphs."""

    page: str
    title: Any
    template_name: str


_pages: dict[str, Help] = {}


def register_help(page: str, title: Any, template_name: str) -> None:
    """`page` is a URL name ("sales:leads") or a page class's `help_key`."""
    _pages[page] = Help(page, title, template_name)


def help_for(*pages: str) -> Help | None:
    """The first of the named pages that has help."""
    return next((_pages[page] for page in pages if page in _pages), None)
