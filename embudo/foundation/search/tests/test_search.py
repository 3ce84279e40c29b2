from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from embudo.foundation.access.tests.builders import a_user, an_actor
from embudo.foundation.search import commands, queries, rules
from embudo.foundation.search.models import SearchEntry
from embudo.kernel import worker
from embudo.kernel.actor import ANONYMOUS

pytestmark = pytest.mark.django_db


@pytest.fixture
def asker() -> object:
    for name, email in (
        ("Zażółć Kowalski", "kowalski@example.com"),
        ("Étienne Dubois", "etienne@example.com"),
        ("Straße Weiß", "weiss@example.com"),
    ):
        a_user(name=name, email=email)
    commands.index_everything()
    return an_actor(a_user(name="Ann", email="ann@example.com"))


def titles(actor: object, typed: str) -> list[str]:
    return [hit.title for hit in queries.found(actor, typed)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("zazolc", "Zażółć Kowalski"),
        ("KOWALSKI", "Zażółć Kowalski"),
        ("owals", "Zażółć Kowalski"),
        ("etienne dubois", "Étienne Dubois"),
        ("strasse", "Straße Weiß"),
        ("kowalsky", "Zażółć Kowalski"),
        ("kowlaski", "Zażółć Kowalski"),
        ("duboix", "Étienne Dubois"),
        ("weiss@example", "Straße Weiß"),
    ],
)
def test_found_forgives_accents_capitals_and_mistakes(asker: object, typed: str, found: str) -> None:
    assert titles(asker, typed)[0] == found


@pytest.mark.parametrize(
    "typed", ["", "ab", '"', "*", "AND OR NOT", "a\0b", "'; DROP TABLE", "^near(", "%%%", "xyzzy" * 40]
)
def test_found_takes_whatever_is_typed_as_text(asker: object, typed: str) -> None:
    assert titles(asker, typed) == []


def test_found_gives_nothing_without_a_grant(asker: object) -> None:
    assert queries.found(ANONYMOUS, "kowalski") == []


def test_a_number_is_found_however_it_is_grouped() -> None:
    assert rules.understand("+48 600-100-200").terms == ("48600100200",)
    assert "48600100200" in rules.folded_words("Ann", "", ("+48 600 100 200",))


def test_index_records_removes_what_is_gone(asker: object) -> None:
    gone = uuid4()
    SearchEntry.objects.create(kind="access.user", record_id=gone, title="Gone Person", text="gone person")
    assert commands.index_records("access.user", {gone}) == 0
    assert titles(asker, "gone person") == []


def test_index_everything_is_safe_to_repeat(asker: object) -> None:
    assert commands.index_everything() == commands.index_everything()
    assert titles(asker, "kowalski") == ["Zażółć Kowalski"]


def test_new_record_is_found_after_its_event(asker: object) -> None:
    a_user(name="Newcomer Nowak", email="newcomer@example.com")
    worker.drain()
    assert titles(asker, "newcomer") == ["Newcomer Nowak"]


def test_suggest_answers_options_for_the_palette(client: Client, asker: object) -> None:
    client.force_login(a_user(name="<i>Bob</i> Marked", email="bob@example.com"))
    worker.drain()
    page = client.get(reverse("search:suggest"), {"q": "marked"}).content.decode()
    assert 'role="option"' in page
    assert "<i>" not in page


@pytest.mark.parametrize("typed", ["", "ab", "kowalski", "nothing like it"])
def test_results_page_has_an_answer_for_every_state(client: Client, asker: object, typed: str) -> None:
    client.force_login(a_user(name="Bob", email="bob@example.com"))
    assert client.get(reverse("search:results"), {"q": typed}).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_suggest_takes_few_queries(client: Client, rows: int, django_assert_max_num_queries: object) -> None:
    client.force_login(a_user(name="Bob", email="bob@example.com"))
    for number in range(rows):
        a_user(name=f"Someone Number{number}", email=f"s{number}@example.com")
    commands.index_everything()
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(reverse("search:suggest"), {"q": "someone"})
