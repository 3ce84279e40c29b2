"""Many records changed at once from their list, by keyboard alone, and taken back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.people import Person
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
BOXES = "tbody .col-check .check"
TOWNS = "tbody td[data-label=Town]"


@pytest.fixture
def boss(browser: Browser, product: Product) -> Iterator[Person]:
    person = Person(browser, product)
    person.sign_in("admin@example.com")
    yield person
    person.leave()


def register(boss: Person, name: str) -> None:
    boss.go("/companies/new/")
    boss.fill("main [name=name]", name)
    boss.follow("main #submit")


def test_rows_are_picked_edited_and_put_back(boss: Person) -> None:
    for number in range(4):
        register(boss, f"Bulk Buyer {number}")
    page = boss.page
    boss.go("/companies/?q=Bulk+Buyer&sort=name")
    expect(page.locator(BOXES)).to_have_count(4)
    expect(page.locator("form.bulk")).to_be_hidden()
    page.locator(BOXES).nth(0).focus()
    page.keyboard.press("Space")
    boss.hear("1 row selected")
    page.locator(BOXES).nth(2).focus()
    page.keyboard.press("Shift+Space")
    boss.hear("3 rows selected")
    page.locator("#bulk-edit").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog-title")).to_have_text("Edit: 3 companies")
    expect(page.locator("#add-field")).to_be_focused()
    page.locator("#add-field").select_option("town")
    page.locator("#add-field-now").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#dialog [name=v_town]")).to_be_focused()
    page.keyboard.type("Gdynia")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    boss.hear("Changed: 3 companies.")
    assert sum("Gdynia" in text for text in page.locator(TOWNS).all_inner_texts()) == 3
    assert page.locator(f"{BOXES}:checked").count() == 0, "a selection lives no longer than its page"
    page.locator("#toasts form button").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    boss.hear("3 records are as before.")
    assert not any("Gdynia" in text for text in page.locator(TOWNS).all_inner_texts())


def test_all_that_match_are_picked_without_script(browser: Browser, product: Product, boss: Person) -> None:
    for number in range(2):
        register(boss, f"Plain Pair {number}")
    person = Person(browser, product, java_script_enabled=False)
    person.go("/login/")
    person.sign_in("admin@example.com")
    page = person.page
    person.go("/companies/?q=Plain+Pair")
    page.locator(BOXES).nth(0).check()
    page.click("#bulk-edit")
    expect(page.locator("h1")).to_have_text("Edit: 1 company")
    page.select_option("#add-field", "sector")
    page.click("#add-field-now")
    page.fill("[name=v_sector]", "Shipping")
    page.click("#submit")
    expect(page.locator(".toast")).to_contain_text("Changed: 1 company.")
    person.leave()
