from typing import Any

import pytest
from django.urls import reverse

from embudo.business.intake import queries
from embudo.business.intake.models import Assignment
from embudo.business.intake.tests.builders import an_assignment, cora, sven
from embudo.foundation.access.tests.builders import a_client, an_admin
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.kernel.actor import Actor

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"intake:{name}", args=args)


def page(who: Actor, name: str, *args: Any) -> str:
    return a_client(who).get(at(name, *args)).content.decode()


def names(assignment: Assignment) -> list[str]:
    assignment.refresh_from_db()
    return [one.name for one in assignment.attributes]


def sent(asked: list[str], **more: Any) -> dict[str, Any]:
    numbers = {f"place-{name}": str(place) for place, name in enumerate(asked, 1)}
    return {"name": asked} | numbers | more


@pytest.fixture
def drafted() -> Assignment:
    return an_assignment(
        is_open=False, is_bound=False, asked=[{"name": "name"}, {"name": "town"}, {"name": "phone"}]
    )


def test_asked_page_keeps_order_and_flags(drafted: Assignment) -> None:
    given = sent(["name", "town", "phone"]) | {
        "place-phone": "1", "place-name": "2", "place-town": "3", "is_double-phone": "on", "help-phone": "With prefix",
        "is_kept-town": "on", "is_unique-phone": "on", "is_required-phone": "on",
    }  # fmt: skip
    answer = a_client(cora()).post(at("assignment_asked", drafted.pk), given)
    assert (answer.status_code, names(drafted)) == (302, ["phone", "name", "town"])
    phone, _name, town = drafted.attributes
    assert (phone.is_double, phone.help, phone.is_unique, phone.is_required) == (
        True,
        "With prefix",
        True,
        True,
    )
    assert town.is_kept


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"change": "up:phone"}, ["name", "phone", "town"]),
        ({"change": "down:name"}, ["town", "name", "phone"]),
        ({"change": "up:name"}, ["name", "town", "phone"]),
        ({"change": "remove:town"}, ["name", "phone"]),
        ({"change": "add:", "add": "krs"}, ["name", "town", "phone", "krs"]),
        ({"change": "add:", "add": ""}, ["name", "town", "phone"]),
        ({"change": "up:nonsense"}, ["name", "town", "phone"]),
    ],
)
def test_asked_page_changes_without_script(
    drafted: Assignment, change: dict[str, str], expected: list[str]
) -> None:
    given = sent(["name", "town", "phone"], **{"help-town": "Kept while moving"}) | change
    answer = a_client(cora()).post(at("assignment_asked", drafted.pk), given)
    shown = answer.content.decode()
    found = [part.partition('"')[0] for part in shown.split('<input type="hidden" name="name" value="')[1:]]
    assert (answer.status_code, found) == (200, expected)
    assert ("Kept while moving" in shown) == ("town" in expected)
    assert names(drafted) == ["name", "town", "phone"], "nothing is saved yet"


def test_asked_page_offers_the_organisations_attributes(drafted: Assignment) -> None:
    an_attribute(label="Meat", kind="intake.entry")
    key = queries.custom_definitions()[0].name
    assert key in page(cora(), "assignment_asked", drafted.pk)
    a_client(cora()).post(at("assignment_asked", drafted.pk), sent(["name", key]))
    assert names(drafted) == ["name", key]
    assert reverse("attributes:attribute_new") in page(an_admin(), "assignment_asked", drafted.pk)


def test_asked_page_refuses_help_that_is_too_long(drafted: Assignment) -> None:
    given = sent(["name", "town"]) | {"help-town": "x" * 301, "place-town": "first"}
    answer = a_client(cora()).post(at("assignment_asked", drafted.pk), given)
    shown = answer.content.decode()
    assert (answer.status_code, "x" * 301 in shown) == (422, True)
    assert "#id_help-town" in shown
    assert "#id_place-town" in shown


def test_asked_page_is_closed_to_supervisors(drafted: Assignment) -> None:
    assert a_client(sven()).get(at("assignment_asked", drafted.pk)).status_code == 403
