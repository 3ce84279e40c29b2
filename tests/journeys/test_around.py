"""What accompanies the work: live windows, the palette, and the product without script."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.people import Person
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
Enter = Callable[..., Person]
A_LEAD = re.compile(r"/leads/[0-9a-f-]{36}/$")


@pytest.fixture
def enter(browser: Browser, product: Product) -> Iterator[Enter]:
    there: list[Person] = []

    def signed_in(email: str, **options: object) -> Person:
        person = Person(browser, product, **options)
        person.sign_in(email)
        there.append(person)
        return person

    yield signed_in
    for person in there:
        person.leave()


def test_another_window_shows_what_happens_without_reloading(enter: Enter, product: Product) -> None:
    boss, seller = enter("admin-en@example.com"), enter("idle-en@example.com")
    seller.go("/leads/")
    seller.page.wait_for_timeout(800)  # the stream stands, and the bell has been filled
    unread = int(
        seller.page.inner_text("#bell-count").partition(",")[0].strip() or 0
    )  # others give Iris leads, too
    boss.go("/leads/new/")
    boss.fill("main [name=name]", "Lena Live")
    boss.page.select_option("main [name=owner]", label="Iris EN")
    boss.press("main #submit")
    boss.page.wait_for_url(A_LEAD)
    lead = boss.page.url
    expect(seller.page.locator("#bell-count")).to_contain_text(str(unread + 1), timeout=20_000)
    seller.hear(seller.said("New notification"))
    seller.go(lead)
    seller.see("[id^=activity-]")
    seller.page.evaluate("window.__same = true")
    seller.page.wait_for_timeout(800)
    boss.see("form[action$='/note/'] textarea")
    boss.fill("form[action$='/note/'] textarea", "Look at this one first.")
    boss.press("form[action$='/note/'] [data-default]")
    expect(seller.page.locator("[id^=activity-] .timeline")).to_contain_text(
        "Look at this one first.", timeout=15_000
    )
    assert seller.page.evaluate("window.__same"), "the page was not loaded again"


def test_palette_finds_a_new_lead(enter: Enter) -> None:
    boss = enter("admin-en@example.com")
    boss.go("/leads/new/")
    boss.fill("main [name=name]", "Żaneta Ćwik")
    boss.page.select_option(
        "main [name=owner]", label="Iris EN"
    )  # not whose turn it is: others count their leads
    boss.press("main #submit")
    boss.page.wait_for_url(A_LEAD)
    lead = boss.page.url
    boss.page.wait_for_timeout(1500)  # the index follows the log
    boss.go("/")
    boss.page.keyboard.press("Control+K")
    boss.page.keyboard.type("zaneta cwik")
    boss.see("#palette [id^=hit-]")
    with boss.page.expect_navigation():
        boss.page.keyboard.press("Enter")
    assert boss.page.url == lead


def test_palette_gives_the_focus_back(enter: Enter) -> None:
    boss = enter("admin-en@example.com")
    boss.go("/leads/")
    boss.page.focus("#q")
    boss.page.keyboard.press("Control+K")
    boss.see("#palette[open]")
    boss.page.keyboard.press("Escape")
    assert boss.page.evaluate("document.activeElement.id") == "q"


def test_failed_save_is_spoken_and_keeps_what_was_typed(enter: Enter) -> None:
    boss = enter("admin-en@example.com")
    boss.go("/people/new/")
    boss.fill("main [name=first_name]", "Anna")
    boss.press("main #submit")
    boss.page.wait_for_function("() => document.activeElement.id === 'errors'")
    assert boss.page.title().startswith("Error: ")
    assert boss.page.input_value("main [name=first_name]") == "Anna"
    boss.page.locator("#errors a").first.click()
    field = boss.page.evaluate(
        "(() => { const e = document.activeElement; return [e.name, e.getAttribute('aria-invalid'), e.getAttribute('aria-describedby')]; })()"
    )
    assert field[:2] == ["last_name", "true"]
    assert boss.page.locator(f"#{field[2].split()[-1]}").inner_text()


def test_works_without_script(enter: Enter, product: Product) -> None:
    """Sign in, list, save a form, move a card: all with plain links and forms."""
    boss = enter("admin@example.com", java_script_enabled=False)
    page = boss.page
    boss.go("/leads/?tab=all")
    assert page.locator("tbody tr").count() >= 5
    page.fill("#q", "Wąs")
    page.click("#list-form button[type=submit]")
    assert page.locator("tbody tr").count() == 1
    page.click("tbody tr a")
    page.click("a[href$='/edit/']")
    page.fill("[name=job_title]", "Buyer")
    page.click("main #submit")
    expect(page.locator("main dl.props").first).to_contain_text("Buyer")
    card = product.scene["records"]["opportunity"]
    boss.go(f"/opportunities/{card}/move/")
    page.select_option("main [name=stage]", product.scene["stages"][1][0])
    page.click("main #submit")
    boss.go("/board/")
    expect(page.locator(f"#lane-{product.scene['stages'][1][0]} #card-{card}")).to_have_count(1)
