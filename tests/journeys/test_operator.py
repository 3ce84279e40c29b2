"""An operator's whole shift by keyboard alone, each result heard; what is typed outlives a reload, a lost line and a closed part."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.intake import intake_scene
from tests.journeys.people import KeyboardPerson
from tests.journeys.scene_words import PASSWORD
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
FOCUS = "document.activeElement"
RECORDS = 20
WRONG = {4: "town", 9: "email", 14: "name"}  # number of the record: the field left wrong at first
TWICE = 17  # the one that was entered already
DESCRIBED = f"""() => ({FOCUS}.getAttribute('aria-describedby') || '').split(' ').filter(Boolean)
  .map((id) => document.getElementById(id)?.textContent.trim().replace(/\\s+/g, ' ')).join(' | ')"""


@pytest.fixture(scope="module")
def scene(product: Product) -> dict[str, Any]:
    return intake_scene(product, "shift")


def at_work(browser: Browser, product: Product, email: str) -> Iterator[KeyboardPerson]:
    person = KeyboardPerson(browser, product)
    person.sign_in(email)
    yield person
    person.leave()


@pytest.fixture
def olga(browser: Browser, product: Product, scene: dict[str, Any]) -> Iterator[KeyboardPerson]:
    yield from at_work(browser, product, scene["people"]["olga"]["email"])


@pytest.fixture
def otto(browser: Browser, product: Product, scene: dict[str, Any]) -> Iterator[KeyboardPerson]:
    yield from at_work(browser, product, scene["people"]["otto"]["email"])


def focused(person: KeyboardPerson) -> str:
    found: str = person.page.evaluate(f"{FOCUS}.id")
    return found


def wait_focus(person: KeyboardPerson, ident: str) -> None:
    person.page.wait_for_function("(id) => document.activeElement.id === id", arg=ident)


def a_record(number: int) -> dict[str, str]:
    return {
        "name": f"Zakład Mięsny {number}",
        "tax_id": "",
        "postcode": "26-600",
        "town": "Radom",
        "email": f"biuro{number}@zaklad.example",
    }


def test_shift(olga: KeyboardPerson, scene: dict[str, Any]) -> None:
    hear_what_is_to_be_done(olga)
    enter_them(olga)
    answer_the_verifier(olga, scene)
    correct_it(olga, scene)
    hand_in_and_leave(olga)


def hear_what_is_to_be_done(olga: KeyboardPerson) -> None:
    page = olga.page
    page.wait_for_url("**/my-work/")
    assert page.title().startswith("1 rejected · My work")
    expect(page.locator("#assignment-h")).to_have_text("Meat companies in Mazovia")
    expect(page.locator("#day")).to_have_text("2 records entered today. 2 of 100 in all.")
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("F2")
    wait_focus(olga, "id_name")


def enter_them(olga: KeyboardPerson) -> None:
    for number in range(1, RECORDS + 1):
        wait_focus(olga, "id_name")
        assert olga.page.input_value("#id_name") == ""
        wrong = WRONG.get(number, "")
        values = a_record(number) | ({wrong: "biuro@" if wrong == "email" else ""} if wrong else {})
        if number == TWICE:
            values = a_record(1)
        type_record(olga, values)
        olga.page.keyboard.press("Control+Enter")
        if wrong:
            mend(olga, wrong, a_record(number)[wrong])
        if number == TWICE:
            say_it_is_another(olga)
        olga.hear(f"{values['name'] or a_record(number)['name']} was saved. {number + 2} records today.")
        assert "draft=" not in olga.page.url


def type_record(olga: KeyboardPerson, values: dict[str, str]) -> None:
    for place, (name, text) in enumerate(values.items()):
        if place:
            olga.page.keyboard.press("Tab")
        assert focused(olga) == f"id_{name}"
        olga.page.keyboard.type(text)


def mend(olga: KeyboardPerson, name: str, right: str) -> None:
    """The summary has the focus, its link leads to the field, the field says what is wrong, and all else is still there."""
    page = olga.page
    wait_focus(olga, "errors")
    assert page.title().startswith("Error: ")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(olga) == f"id_{name}"
    assert "Error:" in page.evaluate(DESCRIBED)
    assert page.input_value("#id_postcode") == "26-600"
    page.keyboard.press("Control+A")
    page.keyboard.type(right)
    page.keyboard.press("Control+Enter")


def say_it_is_another(olga: KeyboardPerson) -> None:
    page = olga.page
    wait_focus(olga, "errors")
    olga.hear("You entered this in this assignment already")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert focused(olga) == "id_is_another"
    page.keyboard.press("Space")
    page.keyboard.press("Control+Enter")


def answer_the_verifier(olga: KeyboardPerson, scene: dict[str, Any]) -> None:
    page = olga.page
    wait_focus(olga, "id_name")
    olga.follow("#back")
    expect(page.locator("#day")).to_have_text("22 records entered today. 22 of 100 in all.")
    link = page.locator("#returned a").first
    expect(link).to_have_text("Masarnia Wla")
    expect(page.locator("#returned")).to_contain_text(
        "Vera Verifier: Please compare it with the register. One letter is missing."
    )
    olga.follow("#returned a")
    wait_focus(olga, "id_name")
    assert "Verifier: Wrong, Mistyped. One letter is missing." in page.evaluate(DESCRIBED)
    olga.follow("#verdict a")
    olga.fill("#talk textarea", "You are right, I looked it up again.")
    olga.press("#talk button[data-default]")
    expect(page.locator("#thread")).to_contain_text("You are right, I looked it up again.")
    olga.go(f"/entries/{scene['rejected']}/correct/")


def correct_it(olga: KeyboardPerson, scene: dict[str, Any]) -> None:
    page = olga.page
    wait_focus(olga, "id_name")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(f"{FOCUS}.dataset.take") == "Masarnia Wola"
    page.keyboard.press("Enter")
    wait_focus(olga, "id_name")
    assert page.input_value("#id_name") == "Masarnia Wola"
    olga.hear("Name: taken over.")
    olga.follow("#submit-hand-in")
    olga.hear("Masarnia Wola was saved and handed in.")
    assert page.title().startswith("My work")


def hand_in_and_leave(olga: KeyboardPerson) -> None:
    page = olga.page
    button = "form[action$='/hand-in/'] button"
    expect(page.locator(button)).to_have_text(f"Hand in {RECORDS} records")
    olga.follow(button)
    olga.hear(f"{RECORDS} records were handed in.")
    olga.press(".me")
    page.wait_for_selector("#me-menu:popover-open")
    with page.expect_navigation(wait_until="load"):
        olga.press("#me-menu form button")
    assert "/login/" in page.url


# --- what is typed is kept ---


def test_drafts(otto: KeyboardPerson, scene: dict[str, Any]) -> None:
    page = otto.page
    otto.go(f"/my-work/{scene['assignment']}/new/")
    wait_focus(otto, "id_name")
    page.keyboard.type("Half a name")
    otto.hear("What you type was kept at")
    page.wait_for_url("**draft=**")
    page.reload()
    assert page.input_value("#id_name") == "Half a name"
    lose_the_line(otto)
    lose_the_server(otto)
    come_back_from_elsewhere(otto)
    form_that_was_sent_stays_gone(otto, scene)


def lose_the_line(otto: KeyboardPerson) -> None:
    """Said once, kept in the browser, sent when the server answers again."""
    page = otto.page
    otto.context.set_offline(True)
    otto.reach("#id_town")
    page.keyboard.type("Radom")
    otto.hear("The server can't be reached.")
    page.keyboard.type("sko")
    page.wait_for_timeout(2500)
    assert len([one for one in otto.heard() if "The server can't be reached." in one]) == 1
    otto.context.set_offline(False)
    otto.hear("The server answers again.", seconds=20)
    page.reload()
    assert page.input_value("#id_town") == "Radomsko"


def lose_the_server(otto: KeyboardPerson) -> None:
    """It is killed in the middle of a postcode and started again: nothing is typed twice."""
    page = otto.page
    otto.reach("#id_postcode")
    page.keyboard.type("97")
    with otto.product.outage():
        page.keyboard.type("-5")
        otto.hear("The server can't be reached.")
        page.keyboard.type("00")
    otto.hear("The server answers again.", seconds=30)
    page.reload()
    assert page.input_value("#id_postcode") == "97-500"
    assert page.input_value("#id_town") == "Radomsko"


def come_back_from_elsewhere(otto: KeyboardPerson) -> None:
    """No save gets through, also not as the page is left: what the server never got comes from the browser."""
    page, address = otto.page, otto.page.url
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no line')); }")
    otto.reach("#id_email")
    page.keyboard.type("biuro@radomsko.example")
    page.wait_for_timeout(700)
    otto.go("/my-work/")
    otto.go(address)
    expect(page.locator("#id_email")).to_have_value("biuro@radomsko.example")
    otto.hear("What you typed before was put back.")


def form_that_was_sent_stays_gone(otto: KeyboardPerson, scene: dict[str, Any]) -> None:
    page = otto.page
    otto.reach("#id_name")
    page.keyboard.press("End")
    page.keyboard.type(" more")
    page.keyboard.press("Control+Enter")
    otto.hear("Half a name more was saved.")
    page.wait_for_timeout(2600)
    otto.go(f"/my-work/?assignment={scene['assignment']}")
    expect(page.locator("#begun")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter((k) => k.startsWith('draft:'))") == []


def test_signed_out_in_between(otto: KeyboardPerson, scene: dict[str, Any]) -> None:
    """The sign-in ran out: one is told, signs in in another tab, and goes on in the first."""
    page = otto.page
    otto.go(f"/my-work/{scene['assignment']}/new/")
    wait_focus(otto, "id_name")
    otto.context.clear_cookies()
    page.keyboard.type("Typed without a session")
    otto.hear("You are signed out.")
    link = page.locator("[data-draft-signed-out] a")
    expect(link).to_be_visible()
    other = otto.context.new_page()
    other.goto(otto.product.url("/login/"))
    other.fill("[name=email]", scene["people"]["otto"]["email"])
    other.fill("[name=password]", PASSWORD)
    other.click("#submit")
    other.wait_for_url(re.compile("/my-work/"))
    other.close()
    otto.hear("The server answers again.", seconds=30)
    otto.reach("#id_town")
    page.keyboard.type("Radom")
    page.keyboard.press("Control+Enter")
    otto.hear("Typed without a session was saved.")
