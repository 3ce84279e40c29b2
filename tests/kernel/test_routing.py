"""Addresses found by their first part lead where Django's own way leads."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, URLResolver, path, re_path
from django.urls.resolvers import RegexPattern

from embudo.kernel.routing import FirstPart, by_first_part


def view(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse()


PATTERNS = [
    path("leads", view, name="leads"),
    path("leads/<uuid:pk>", view, name="lead"),
    path("notes/<int:n>/text", view, name="note"),
    path("leads/count", view, name="count"),
    path("<slug:any>/x", view, name="any"),
    path("late", view, name="late"),
    re_path(r"^z", view, name="nowhere"),
]
ADDRESSES = [
    "leads", "leads/", "leads/count", "leads/00000000-0000-4000-8000-000000000001", "notes/3/text", "notes/3", "notes",
    "leads/x", "else/x", "late", "lat", "zzz", "", "/leads", "leads//count", "leads%2Fcount",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_same_view_answers(address: str) -> None:
    assert _name(by_first_part(PATTERNS), address) == _name(PATTERNS, address)


def _name(patterns: list[Any], address: str) -> tuple[str | None, Any]:
    try:
        found = URLResolver(RegexPattern(r""), patterns).resolve(address)
    except Resolver404:
        return None, None
    return found.url_name, found.kwargs


def test_patterns_of_one_kind_are_passed_over_together() -> None:
    grouped = by_first_part(PATTERNS)
    assert [sorted(one.pattern.parts) for one in grouped if isinstance(one.pattern, FirstPart)] == [
        ["leads"],
        ["notes"],
        ["late"],
    ]


def test_addresses_are_still_made() -> None:
    resolver = URLResolver(RegexPattern(r""), by_first_part(PATTERNS))
    assert resolver.reverse("note", n=4) == "notes/4/text"
