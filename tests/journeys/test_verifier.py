"""A verifier's hour by keyboard alone: accepts one, rejects one value by value, puts one back, and hears the operator."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.intake import intake_scene
from tests.journeys.people import KeyboardPerson, Person
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
KEY = "verifier"


@pytest.fixture
def scene(product: Product) -> dict[str, Any]:
    return intake_scene(product, KEY)


@pytest.fixture
def vera(product: Product, browser: Browser, scene: dict[str, Any]) -> Iterator[KeyboardPerson]:
    person = KeyboardPerson(browser, product)
    person.sign_in(scene["people"]["vera"]["email"])
    yield person
    person.leave()


@pytest.fixture
def olga(product: Product, browser: Browser, scene: dict[str, Any]) -> Iterator[Person]:
    person = Person(browser, product)
    person.sign_in(scene["people"]["olga"]["email"])
    yield person
    person.leave()


def key(person: Person, name: str) -> None:
    person.page.keyboard.press(name)


def opens(person: Person, name: str) -> None:
    """Presses a key that leads to another page, and waits for it."""
    with person.page.expect_navigation(wait_until="load"):
        key(person, name)


def in_focus(person: Person) -> str:
    found: str = person.page.evaluate("document.activeElement.id || document.activeElement.name")
    return found


def at_heading_of(person: Person, name: str) -> None:
    expect(person.page.locator("h1")).to_have_text(name)
    person.page.wait_for_function("document.activeElement.id === 'verify-h'")


def test_verifier_works_by_keyboard(vera: KeyboardPerson, olga: Person, scene: dict[str, Any]) -> None:
    hand_in_more(olga, scene)
    hear_how_many(vera)
    accept_one(vera)
    hear_the_operator(vera, olga)
    reject_one(vera)
    hear_what_the_keys_do(vera)
    put_one_back(vera)
    correct_and_come_first(vera, olga, scene)


def hand_in_more(olga: Person, scene: dict[str, Any]) -> None:
    """Two more beside the one of the scene, as a program would send them."""
    address = f"/my-work/{scene['assignment']}/new/"
    for name in ("Ubojnia Zachód", "Wędliny Wschód"):
        olga.go(address)
        olga.fill("main [name=name]", name)
        olga.fill("main [name=town]", "Radom")
        olga.follow("main [name=hand_in]")


def hear_how_many(vera: KeyboardPerson) -> None:
    vera.go("/")
    vera.hear("3 entries wait for you.")
    assert vera.page.url.endswith("/verification/")


def accept_one(vera: KeyboardPerson) -> None:
    opens(vera, "F8")
    at_heading_of(vera, "Rzeźnia Północ")
    opens(vera, "Control+Enter")
    vera.hear("Rzeźnia Północ was accepted.")
    at_heading_of(vera, "Ubojnia Zachód")


def hear_the_operator(vera: KeyboardPerson, olga: Person) -> None:
    """A question, and the answer within a second; neither takes the focus away."""
    vera.fill("#talk textarea", "Is the name complete?")
    key(vera, "Control+Enter")
    vera.hear("Message sent.")
    address = vera.page.url.split("?")[0].removesuffix("verify/")
    olga.go(address)
    expect(olga.page.locator("#thread")).to_contain_text("Is the name complete?")
    olga.page.wait_for_timeout(500)
    vera.reach("#verdict input[name=judgement_name]")
    olga.fill("#talk textarea", "No, look at the register.")
    olga.press("#talk button[type=submit]")
    olga.hear("Message sent.")
    began = time.monotonic()
    vera.hear("Olga Operator writes: No, look at the register.", seconds=3)
    assert time.monotonic() - began < 1.0
    assert in_focus(vera) == "id_judgement_name_0"


def reject_one(vera: KeyboardPerson) -> None:
    """The keys judge the value in focus and go on; what is asked of a wrong one comes at once."""
    key(vera, "F9")
    vera.hear("Wrong")
    assert in_focus(vera) == "id_code_name"
    opens_nothing(vera)
    vera.choose("#id_code_name", "mistyped")
    vera.fill("#id_suggested_name", "Ubojnia Zachodnia")
    vera.fill("#id_comment_name", "The register has another name.")
    key(vera, "F8")  # from the comment it only leads on
    assert in_focus(vera) == "id_judgement_tax_id_0"
    key(vera, "F4")
    vera.hear("Cannot be verified")
    assert vera.page.is_checked("#id_judgement_name_1")
    opens(vera, "Control+Enter")
    vera.hear("Ubojnia Zachód was rejected.")
    at_heading_of(vera, "Wędliny Wschód")


def opens_nothing(vera: KeyboardPerson) -> None:
    """A wrong value without a reason is refused; the mark stays."""
    key(vera, "Control+Enter")
    vera.page.wait_for_selector("#errors")
    assert in_focus(vera) == "errors"
    assert vera.page.is_checked("#id_judgement_name_1")


def hear_what_the_keys_do(vera: KeyboardPerson) -> None:
    """The list of shortcuts says what they do here, and elsewhere what they do there."""
    keys = vera.page.locator("#keys dl")
    vera.page.evaluate("document.querySelector(\"[data-open-dialog='#keys']\").click()")
    for told in ("F8 Right, next", "F9 Wrong", "F4 Cannot be verified"):
        assert told in shown(keys)
    assert "record of the list" not in shown(keys)
    key(vera, "Escape")


def shown(keys: Any) -> str:
    return " ".join(keys.inner_text().split())


def put_one_back(vera: KeyboardPerson) -> None:
    vera.follow("#put-back")
    vera.hear("Wędliny Wschód was put back into the queue.")
    vera.hear("1 entry waits for you.")


def correct_and_come_first(vera: KeyboardPerson, olga: Person, scene: dict[str, Any]) -> None:
    """The queue learns of it by itself; the corrected one is given out before the older, with both names."""
    olga.go(f"/entries/{scene['rejected']}/correct/")
    olga.fill("main [name=name]", "Masarnia Wola")
    olga.follow("main [name=hand_in]")
    expect(vera.page.locator("#queue-said")).to_contain_text("2 entries wait for you. 1 of them came back")
    opens(vera, "F8")
    at_heading_of(vera, "Masarnia Wola")
    known = vera.page.locator("#value-name-known")
    expect(known).to_contain_text("Masarnia Wla")
    expect(known).to_contain_text("One letter is missing.")
    key(vera, "F8")  # to the first value, which nobody has heard yet
    assert in_focus(vera) == "id_judgement_name_0"
    assert not vera.page.is_checked("#id_judgement_name_0")
    opens(vera, "Control+Enter")
    vera.hear("Masarnia Wola was accepted.")
