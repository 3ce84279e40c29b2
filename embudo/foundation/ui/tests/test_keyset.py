from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache

from embudo.foundation.ui.keyset import capped_count, keyset_page, read_cursor, write_cursor
from embudo.kernel import clock


def walk(queryset: Any, sort: str, size: int = 2) -> tuple[list[str], list[str]]:
    """The names met going forward page by page, and going back again."""
    forward, page = [], keyset_page(queryset, sort=sort, size=size)
    forward += [row.name for row in page.rows]
    while page.next:
        page = keyset_page(queryset, sort=sort, size=size, after=page.next)
        forward += [row.name for row in page.rows]
    backward = [row.name for row in reversed(page.rows)]
    while page.previous:
        page = keyset_page(queryset, sort=sort, size=size, before=page.previous)
        backward += [row.name for row in reversed(page.rows)]
    return forward, backward


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("price", ["b", "c", "a", "e", "d", "f"]),  # ties by id, missing last
        ("-price", ["e", "a", "c", "b", "f", "d"]),
        ("name", ["a", "b", "c", "d", "e", "f"]),
        ("-name", ["f", "e", "d", "c", "b", "a"]),
    ],
)
def test_keyset_page_walks_all_rows_in_order_and_back(boats: Any, sort: str, expected: list[str]) -> None:
    for name, price in (("a", 3), ("b", 1), ("c", 1), ("d", None), ("e", 5), ("f", None)):
        boats.objects.create(name=name, price=price)
    forward, backward = walk(boats.objects.all(), sort)
    assert forward == expected
    assert backward == expected[::-1]


def test_keyset_page_by_instant_survives_rows_that_arrive(boats: Any) -> None:
    now = clock.now()
    for number in range(5):
        boats.objects.create(name=str(number), seen=now - timedelta(hours=number))
    first = keyset_page(boats.objects.all(), sort="-seen", size=2, fields=("name",))
    boats.objects.create(name="new", seen=now + timedelta(hours=1))
    second = keyset_page(boats.objects.all(), sort="-seen", size=2, after=first.next, fields=("name",))
    assert [row["name"] for row in first.rows + second.rows] == ["0", "1", "2", "3"]


def test_read_cursor_ignores_a_forged_or_foreign_cursor() -> None:
    cursor = write_cursor("name", "a", 1)
    assert read_cursor(cursor, "name") == ("a", 1)
    assert read_cursor(cursor, "-name") is None
    assert read_cursor(cursor[:-2] + "xx", "name") is None
    assert read_cursor("nonsense", "name") is None


def test_capped_count_tells_when_there_is_more(boats: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embudo.kernel.keyset.COUNT_LIMIT", 2)
    boats.objects.bulk_create([boats(name=name) for name in "abc"])
    assert capped_count(boats.objects.all()) == (2, True)
    assert capped_count(boats.objects.filter(name="a")) == (1, False)


def test_capped_count_counts_beyond_the_limit_once_and_what_is_told_in_full_always(
    boats: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr("embudo.kernel.keyset.COUNT_LIMIT", 2)
    boats.objects.bulk_create([boats(name=name) for name in "abc"])
    assert capped_count(boats.objects.all()) == (2, True)
    with django_assert_num_queries(0):
        assert capped_count(boats.objects.all()) == (2, True)
    others = boats.objects.exclude(name="c")
    assert capped_count(others) == (2, False)  # another question, counted by itself
    boats.objects.create(name="d")
    assert capped_count(others) == (2, True)
    boats.objects.filter(name="d").delete()
    cache.clear()  # as when the half minute is over
    assert capped_count(others) == (2, False)
