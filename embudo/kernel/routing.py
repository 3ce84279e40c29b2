"""
Addresses found by their first part. Django tries one pattern after another, some two hundred for a page of ours; here a
module, or the operations on one kind of thing, is passed over by one look at a set.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from django.urls import URLPattern, URLResolver, include
from django.urls.resolvers import RoutePattern

Pattern = URLPattern | URLResolver


class FirstPart(RoutePattern):
    """Takes nothing off the path, and lets only those pass that begin with one of the parts."""

    def __init__(self, parts: Iterable[str]) -> None:
        super().__init__("")
        self.parts = frozenset(parts)

    def match(self, path: str) -> Any:
        return super().match(path) if path.partition("/")[0] in self.parts else None


def module(name: str) -> URLResolver:
    """The addresses of a module, as `path("", include(name))`."""
    conf, app_name, namespace = include(name)
    parts = _parts(getattr(conf, "urlpatterns", conf))
    pattern = RoutePattern("") if parts is None else FirstPart(parts)
    return URLResolver(pattern, conf, {}, app_name=app_name, namespace=namespace)


def by_first_part(patterns: Sequence[Pattern]) -> list[Pattern]:
    """The same patterns, in the same order where it matters: neighbours with one first part are tried together."""
    found: list[Pattern] = []
    for is_known, some in groupby(patterns, key=lambda one: _parts([one]) is not None):
        if not is_known:
            found += some
            continue
        groups: dict[frozenset[str], list[Pattern]] = {}
        for one in some:
            groups.setdefault(frozenset(_parts([one]) or ()), []).append(one)
        found += [URLResolver(FirstPart(parts), group) for parts, group in groups.items()]
    return found


def _parts(patterns: Iterable[Pattern]) -> set[str] | None:
    """What the addresses can begin with; None when that is not known beforehand."""
    found: set[str] = set()
    for one in patterns:
        if not isinstance(one.pattern, RoutePattern):
            return None
        route = str(one.pattern)
        part, slash, _rest = route.partition("/")
        if isinstance(one, URLResolver) and not slash:
            inner = None if route else _parts(one.url_patterns)
        else:
            inner = None if "<" in part else {part}
        if inner is None:
            return None
        found |= inner
    return found
