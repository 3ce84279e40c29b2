"""A list as a board and as a calendar, by keyboard alone."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.people import Person
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
Enter = Callable[..., Person]
DAY = "document.activeElement.id"


@pytest.fixture
def enter(browser: Browser, product: Product) -> Iterator[Enter]:
    there: list[Person] = []

    def signed_in(email: str) -> Person:
        person = Person(browser, product)
        person.sign_in(email)
        there.append(person)
        return person

    yield signed_in
    for person in there:
        person.leave()


def test_card_is_moved_by_keyboard_and_taken_back(enter: Enter) -> None:
    boss = enter("admin@example.com")
    page = boss.page
    boss.go("/tasks/?tab=all&face=board&q=Call+Jan")
    card = page.locator(".deal", has_text="Call Jan back").first
    normal, high = page.locator("#lane-2"), page.locator("#lane-3")
    before = int(high.locator("[data-count]").inner_text())
    expect(normal.locator(".deal", has_text="Call Jan back")).to_have_count(1)
    card.locator("button[popovertarget]").focus()
    for key in ("Enter", "ArrowDown", "Enter"):  # nobody waits for the menu
        page.keyboard.press(key)
    boss.hear("Call Jan back moved to High")
    expect(high.locator(".deal", has_text="Call Jan back")).to_have_count(1)
    expect(high.locator("[data-count]")).to_have_text(str(before + 1))
    assert page.evaluate("document.activeElement.closest('.deal') !== null"), "the focus stays on the card"
    page.locator("#toasts button").focus()
    page.keyboard.press("Enter")
    boss.hear("Call Jan back moved to Normal")
    boss.go("/tasks/?tab=all&face=board&q=Call+Jan")
    expect(normal.locator(".deal", has_text="Call Jan back")).to_have_count(1)


def test_calendar_is_walked_by_arrow_keys(enter: Enter) -> None:
    boss = enter("admin@example.com")
    page = boss.page
    boss.go("/tasks/?tab=all&face=calendar&month=2027-03")
    assert page.locator(".cal-grid .cal-day[tabindex='0']").count() == 1
    page.focus("#day-2027-03-10")
    for key, day in (
        ("ArrowRight", "11"), ("ArrowDown", "18"), ("ArrowLeft", "17"), ("ArrowUp", "10"), ("Home", "08"), ("End", "14"),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert page.evaluate(DAY) == f"day-2027-03-{day}", key
    with page.expect_navigation():
        page.keyboard.press("PageDown")
    page.wait_for_function(f"{DAY} === 'day-2027-04-14'")
    page.focus("#day-2027-03-29")
    with page.expect_navigation():
        page.keyboard.press("ArrowLeft")  # before the first day that April's page shows
    page.wait_for_function(f"{DAY} === 'day-2027-03-28'")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#cal-title")).to_have_text("Sunday, 28 March 2027")
