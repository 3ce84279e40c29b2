"""Two records of one company are found, compared side by side, made one and two again, by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.people import KeyboardPerson
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ONE, TWIN = "Latarnia Rozewie", "Latarnia Rozewe"
SHARED = {"phone": "+48 58 674 95 42", "town": "Jastrzębia Góra"}


@pytest.fixture
def boss(browser: Browser, product: Product) -> Iterator[KeyboardPerson]:
    person = KeyboardPerson(browser, product)
    person.sign_in("admin@example.com")
    yield person
    person.leave()


def test_two_companies_are_found_merged_and_parted_again(boss: KeyboardPerson) -> None:
    one = register(boss, ONE, sector="Lighthouses")
    twin = register(boss, TWIN, sector="Towers", email="keeper@rozewie.example.org")
    pair = find(boss)
    merge_side_by_side(boss, one, twin)
    boss.go(twin)
    assert boss.page.url == one
    boss.hear("You asked for a record that was merged into this one.")
    assert_one(boss)
    undo(boss, one)
    for address, name in ((one, ONE), (twin, TWIN)):
        boss.go(address)
        assert boss.page.url == address
        expect(boss.page.locator("h1")).to_have_text(name)
    no_duplicates(boss, pair)


def register(boss: KeyboardPerson, name: str, **values: str) -> str:
    """The product asks whether it is somebody new when it knows the like already."""
    page = boss.page
    boss.go("/companies/new/")
    for field, value in {"name": name, **SHARED, **values}.items():
        if not page.locator(f"main [name={field}]").is_visible():
            boss.press(f"main details:has([name={field}]) > summary")
        boss.fill(f"main [name={field}]", value)
    boss.press("main #submit")
    page.wait_for_function(
        "() => document.activeElement.id === 'errors' || !location.pathname.endsWith('/new/')"
    )
    if page.url.endswith("/new/"):
        assert name == TWIN
        assert page.locator("main .field:has([name=confirm]) .error, #errors").first.is_visible()
        boss.tick("main [name=confirm]")
        boss.follow("main #submit")
    page.wait_for_load_state("load")
    expect(page.locator("h1")).to_have_text(name)
    return page.url


def find(boss: KeyboardPerson) -> str:
    """From the company's page, where the other is named; the queue has the pair too."""
    page = boss.page
    page.wait_for_timeout(1500)  # what is alike follows the log
    boss.go("/duplicates/")
    row = page.locator("tbody a", has_text=ONE)
    expect(row).to_contain_text(TWIN)
    boss.follow(f"tbody a[href='{row.get_attribute('href')}']")
    expect(page.locator("h1")).to_have_text("Are these the same?")
    return page.url


def merge_side_by_side(boss: KeyboardPerson, one: str, twin: str) -> None:
    page = boss.page
    columns = page.locator("main thead th a")
    assert [text.splitlines()[0] for text in columns.all_inner_texts()] == [ONE, TWIN]
    differing = page.locator("main tr.row-warn th")
    assert sorted(text.split()[0] for text in differing.all_inner_texts()) == ["Name", "Sector"]
    pick(boss, "survivor", id_of(one))
    pick(boss, "value-name", id_of(one))
    pick(boss, "value-sector", id_of(twin))
    assert page.evaluate("document.activeElement.computedName") == "Sector: Towers"
    boss.follow("main #submit")
    boss.hear("2 records are one now.")


def id_of(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def pick(boss: KeyboardPerson, name: str, value: str) -> None:
    """Tab leads to the chosen one of a group, the arrows to its others."""
    page = boss.page
    boss.reach(f"[name={name}]")
    for _n in range(2):
        if page.evaluate("document.activeElement.value") == value:
            break
        page.keyboard.press("ArrowDown")
    assert page.locator(f"main [name={name}][value='{value}']").is_checked()


def assert_one(boss: KeyboardPerson) -> None:
    page = boss.page
    expect(page.locator("h1")).to_have_text(ONE)
    for text in ("Towers", "keeper@rozewie.example.org", "1 record was merged into this one"):
        expect(page.locator("main")).to_contain_text(text)


def undo(boss: KeyboardPerson, survivor: str) -> None:
    """From the page of the survivor to the merge, and there."""
    boss.go(survivor)
    boss.follow("main a[href*='/duplicates/merges/']")
    expect(boss.page.locator("main")).to_contain_text(TWIN)
    boss.open_dialog("main a[href$='/undo/']")
    boss.confirm()
    boss.hear("The merge is undone.")
    expect(boss.page.locator("main a[href$='/undo/']")).to_have_count(0)


def no_duplicates(boss: KeyboardPerson, pair: str) -> None:
    """The pair waits in the queue again, until somebody says that they are two."""
    boss.go(pair)
    boss.open_dialog("#no-duplicate")
    boss.confirm()
    boss.hear("Remembered: they are no duplicates.")
    boss.go("/duplicates/?tab=dismissed")
    expect(boss.page.locator("tbody a", has_text=ONE)).to_have_count(1)
