"""Values edited where they stand, and put back, by keyboard alone."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.journeys.people import Person
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
Enter = Callable[..., Person]
FOCUS = "document.activeElement"
LIST = "/companies/?sort=name"


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


def cell(person: Person, name: str) -> Locator:
    return person.page.locator("tr[data-row]").first.locator(f"[data-edit={name}]")


def to_cell(person: Person, name: str) -> None:
    """From the first row's link by arrow keys."""
    page = person.page
    page.locator("tr[data-row] th a").first.focus()
    for _step in range(12):
        page.keyboard.press("ArrowRight")
        if page.evaluate(f"{FOCUS}.dataset.edit") == name:
            return
    raise AssertionError(name)


def typed(person: Person, text: str) -> None:
    person.see(".inline-box form")
    person.page.keyboard.press("Control+a")
    person.page.keyboard.type(text)


def test_cell_is_edited_by_keyboard_and_undone(enter: Enter) -> None:
    boss = enter("admin@example.com")
    page = boss.page
    boss.go(LIST)
    before = cell(boss, "sector").inner_text()
    to_cell(boss, "sector")
    page.keyboard.press("F2")
    boss.see(".inline-box form")
    label = page.evaluate(f"{FOCUS}.labels[0].textContent")
    assert re.match(r"Sector of \S", label)
    typed(boss, "Never kept")
    page.keyboard.press("Escape")
    expect(cell(boss, "sector")).to_have_text(before)
    page.keyboard.press("Enter")
    typed(boss, "Shipbuilding")
    page.keyboard.press("Enter")
    boss.hear("Saved.")
    expect(cell(boss, "sector")).to_have_text("Shipbuilding")
    assert page.evaluate(f"{FOCUS}.dataset.edit") == "sector", "the focus stays on the cell"
    page.locator("#toasts button").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith(LIST)
    expect(cell(boss, "sector")).to_have_text(before)


def test_tab_saves_and_goes_on_and_a_fault_keeps_what_was_typed(enter: Enter) -> None:
    boss = enter("admin@example.com")
    page = boss.page
    boss.go(LIST)
    to_cell(boss, "sector")
    page.keyboard.press("Enter")
    typed(boss, "Ropes")
    page.keyboard.press("Tab")
    page.wait_for_function(
        f"() => {FOCUS}.closest('[data-edit]')?.dataset.edit === 'phone' && {FOCUS}.name === 'value'"
    )
    expect(cell(boss, "sector")).to_have_text("Ropes")
    typed(boss, "12")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {FOCUS}.getAttribute('aria-invalid') === 'true'")
    assert page.evaluate(f"{FOCUS}.value") == "12"
    typed(boss, "+48 58 301 22 14")
    page.keyboard.press("Enter")
    expect(cell(boss, "phone")).to_have_text("+48 58 301 22 14")


def test_what_somebody_else_changed_meanwhile_is_shown_and_asked_for(enter: Enter) -> None:
    boss, other = enter("admin@example.com"), enter("admin@example.com")
    for person in (boss, other):
        person.go(LIST)
        to_cell(person, "sector")
        person.page.keyboard.press("F2")
        person.see(".inline-box form")
    typed(other, "Theirs")
    other.page.keyboard.press("Enter")
    other.hear("Saved.")
    typed(boss, "Mine")
    boss.page.keyboard.press("Enter")
    expect(boss.page.locator(".inline-box .notice")).to_contain_text("It is now: Theirs")
    boss.page.locator("[data-inline-theirs]").focus()
    boss.page.keyboard.press("Enter")
    expect(cell(boss, "sector")).to_have_text("Theirs")


def test_next_record_of_the_list_and_a_fact_restored_from_the_history(enter: Enter) -> None:
    boss = enter("admin@example.com")
    page = boss.page
    boss.go(LIST)
    names = page.locator("tr[data-row] th a").all_inner_texts()
    page.locator("tr[data-row] th a").first.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    boss.see("#neighbour-next")
    with page.expect_navigation():
        page.keyboard.press("F9")
    expect(page.locator("h1")).to_have_text(names[1])
    boss.see("#neighbour-previous")
    pencil = page.locator("#facts [data-edit=website] .edit-pencil")
    shown = page.locator("#facts [data-edit=website]")
    before = shown.inner_text().splitlines()[0]
    pencil.focus()
    page.keyboard.press("Enter")
    typed(boss, "https://changed.example")
    page.keyboard.press("Enter")
    expect(shown).to_contain_text("https://changed.example")
    page.wait_for_function(f"() => {FOCUS}.matches('[data-edit=website] .edit-pencil')")
    record = page.url
    boss.go(f"/audit/history/directory.company/{record.split('/companies/')[1].split('/')[0]}/")
    page.locator("a", has_text="Restore this value").first.focus()
    page.keyboard.press("Enter")
    boss.see("#dialog[open] [data-default]")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    boss.see("text=The value is restored.")
    assert shown.inner_text().splitlines()[0] == before


def test_reference_is_searched_and_chosen_and_the_row_follows(enter: Enter) -> None:
    boss = enter("admin@example.com")
    page = boss.page
    boss.go("/people/?sort=name")
    to_cell(boss, "company")
    page.keyboard.press("F2")
    typed(boss, "a")
    boss.see(".inline-box [role=option]")
    page.keyboard.press("Enter")
    boss.hear("Choose one from the list.")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".inline-box [aria-selected=true]")
    chosen = page.locator(".inline-box [aria-selected=true]").get_attribute("data-label") or ""
    page.keyboard.press("Enter")
    expect(page.locator(".inline-box [role=combobox]")).to_have_value(chosen)
    page.keyboard.press("Enter")
    expect(cell(boss, "company")).to_have_text(chosen)
    expect(page.locator("tr[data-row]").first.locator("[data-label=Changed]")).to_contain_text("Today")


def test_name_is_edited_where_it_is_a_link(enter: Enter) -> None:
    boss = enter("admin@example.com")
    page = boss.page
    boss.go(LIST)
    link = page.locator("tr[data-row] th a").first
    before = link.inner_text()
    link.focus()
    expect(page.locator("tr[data-row]").first.locator("th .edit-pencil")).to_be_visible()
    page.keyboard.press("F2")
    typed(boss, f"{before} 2")
    page.keyboard.press("Enter")
    expect(link).to_have_text(f"{before} 2")
    with page.expect_navigation():
        link.click()
    page.locator(".record-title .edit-pencil").focus()
    page.keyboard.press("Enter")
    typed(boss, before)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(before)
    expect(page).to_have_title(re.compile(f"^{re.escape(before)} "))
    page.wait_for_function(f"() => {FOCUS}.matches('.record-title .edit-pencil')")
