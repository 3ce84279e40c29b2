"""Every URL and every API operation says who may use it: a permission, `@public`, or everyone who is signed in."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from ninja import NinjaAPI

from embudo.foundation.ui.access_marks import is_for_everyone, is_public, permission_of


def has_mark(view: Any) -> bool:
    return bool(is_public(view) or is_for_everyone(view) or permission_of(view))


def patterns(entries: Iterable[URLPattern | URLResolver], prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Each URL with the view behind it."""
    for entry in entries:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, address)
        else:
            yield address, entry.callback


def unguarded_urls(entries: Iterable[URLPattern | URLResolver]) -> list[str]:
    return [address for address, view in patterns(entries) if not has_mark(view)]


def unguarded_operations(api: NinjaAPI) -> list[str]:
    """
    Operations without `@operation(...)`. The API's URLs are public to the pages' sign-in, since each operation
    guards itself: so each must say by what; `@operation(None)` is its word for public.
    """
    return [
        f"{'/'.join(operation.methods)} {path}"
        for router in api._get_bound_routers()
        for path, holder in router.path_operations.items()
        for operation in holder.operations
        if not hasattr(operation.view_func, "permission")
    ]


def all_urls() -> Iterable[URLPattern | URLResolver]:
    return get_resolver().url_patterns
