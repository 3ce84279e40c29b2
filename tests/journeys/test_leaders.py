"""Those who order, lead and coordinate, and one person who does it all alone: by keyboard, told by what is spoken."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.intake import intake_scene
from tests.journeys.people import KeyboardPerson
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
Enter = Callable[[str], KeyboardPerson]


@pytest.fixture
def scene(product: Product, request: pytest.FixtureRequest) -> dict[str, Any]:
    return intake_scene(product, request.node.name.removeprefix("test_").partition("_")[0])


@pytest.fixture
def enter(product: Product, browser: Browser, scene: dict[str, Any]) -> Iterator[Enter]:
    there: list[KeyboardPerson] = []

    def signed_in(name: str) -> KeyboardPerson:
        person = KeyboardPerson(browser, product)
        person.sign_in(scene["people"][name]["email"])
        there.append(person)
        return person

    yield signed_in
    for person in there:
        person.leave()


def send(person: KeyboardPerson) -> None:
    """Ctrl+Enter, and the page that comes."""
    with person.page.expect_navigation(wait_until="load"):
        person.page.keyboard.press("Control+Enter")


def look_up(person: KeyboardPerson, selector: str, name: str, typed: str = "") -> None:
    """Types a name, or what else is unmistakable, into a lookup field and takes the first that is offered."""
    person.fill(selector, typed or name)
    person.page.wait_for_selector("[role=option]:visible")
    person.page.keyboard.press("ArrowDown")
    person.page.keyboard.press("Enter")
    person.hear(name)


def bind(person: KeyboardPerson, who: dict[str, str], duty: str = "", **more: str) -> None:
    """In the dialog over the assignment's page; by mail address, for other crews have people of the same names."""
    name = who["name"]
    person.open_dialog("a[href$='/bind/']")
    look_up(person, "#dialog [role=combobox]", name, who["email"])
    if duty:
        person.choose("#dialog [name=duty]", duty)
    for field, value in more.items():
        person.fill(f"#dialog [name={field}]", value)
    send(person)
    person.hear(f"{name} is bound.")


def row_action(person: KeyboardPerson, name: str, end: str) -> None:
    """Opens somebody's menu in the table of people, and the dialog behind one of its lines."""
    row = person.page.locator("#main tr", has_text=name)
    button = row.locator("button[popovertarget]").get_attribute("id")
    person.press(f"#{button}")
    for _n in range(5):
        if person.page.evaluate("(end) => document.activeElement.pathname?.endsWith(end)", end):
            break
        person.page.keyboard.press("ArrowDown")
    person.page.keyboard.press("Enter")
    person.page.wait_for_selector("#dialog[open] form")


def focused(person: KeyboardPerson) -> str:
    found: str = person.page.evaluate("document.activeElement.id")
    return found


# --------------------------------------------------------------------------------------- coordinator


def test_coordinator_creates_splits_binds_opens_closes_and_reopens(
    enter: Enter, scene: dict[str, Any]
) -> None:
    cora, people = enter("cora"), scene["people"]
    create(cora)
    choose_what_is_asked(cora)
    split(cora)
    bind(cora, people["sven"], "supervisor")
    bind(cora, people["otto"], "operator", target="25")
    cora.open_dialog("a[href$='/open/']")
    cora.confirm()
    cora.hear("Dairies in Podlasie is open.")
    close_and_reopen(cora)


def create(cora: KeyboardPerson) -> None:
    cora.go("/")
    cora.follow("a[href='/assignments/new/']")
    cora.fill("[name=title]", "Dairies in Podlasie")
    cora.fill("[name=target]", "200")
    cora.fill("[name=area]", "Podlaskie")
    send(cora)
    cora.hear("Dairies in Podlasie is a draft. Say what is asked, bind people, then open it.")


def choose_what_is_asked(cora: KeyboardPerson) -> None:
    cora.follow("a[href$='/asked/']")
    cora.press("#up-tax_id")
    cora.hear("Tax number is now number 1 of")
    assert focused(cora) == "up-tax_id", "the focus stays on the moved line"
    cora.page.keyboard.press("Enter")
    cora.hear("Tax number can't be moved further.")
    cora.fill("[name=place-town]", "2")
    cora.page.keyboard.press("Enter")
    cora.hear("Town is now number 2 of")
    assert focused(cora) == "id_place-town"
    cora.tick("[name=is_required-town]")
    cora.press("#remove-pkd")
    cora.hear("PKD code is not asked for any more.")
    cora.choose("[name=add]", "krs")
    cora.press("#add-attribute")
    cora.hear("KRS is asked for now, at the end.")
    assert focused(cora) == "id_place-krs"
    send(cora)
    cora.hear("12 attributes are asked for.")
    expect(cora.page.locator(".asked-list li").nth(1)).to_have_text("Town (required)")


def split(cora: KeyboardPerson) -> None:
    whole = cora.page.url
    cora.follow("a[href$='/split/']")
    cora.fill("[name=title]", "Suwałki and around")
    send(cora)
    cora.hear("Suwałki and around was split off.")
    cora.follow(f"#main a[href='{whole.removeprefix(cora.product.base)}']")
    cora.see(".tree a")


def close_and_reopen(cora: KeyboardPerson) -> None:
    cora.open_dialog("a[href$='/close/']")
    expect(cora.page.locator("#dialog")).to_contain_text("Otto Other, Operator")
    cora.fill("#dialog [name=cause]", "The season is over")
    send(cora)
    cora.hear("Closed with 2 parts. Undo opens them again.")
    expect(cora.page.locator("#main")).to_contain_text("The season is over")
    cora.open_dialog("#reopen-1")
    cora.confirm()
    cora.hear("Open again, with 2 parts.")


# ---------------------------------------------------------------------------------------- supervisor


def test_supervisor_binds_watches_closes_a_part_and_decides(enter: Enter, scene: dict[str, Any]) -> None:
    given = given_to_sven(enter("cora"), scene["people"])
    sven, olga = enter("sven"), enter("olga")
    sven.go(given)
    bind(sven, scene["people"]["olga"], target="15")
    expect(sven.page.locator("#main tr", has_text="Olga Operator")).to_contain_text("under Sven Supervisor")
    dispute(olga, scene["rejected"])
    sven.go(f"/assignments/{scene['assignment']}/")
    row_action(sven, "Olga Operator", "/edit/")
    sven.fill("#dialog [name=target]", "40")
    send(sven)
    sven.hear("The part of Olga Operator was changed.")
    expect(sven.page.locator("#main")).not_to_contain_text("Vera Verifier")
    sven.follow("#main a[href$='/progress/']")
    expect(sven.page.locator(".tiles")).to_contain_text("2 today")
    decide(sven, scene["rejected"])
    sven.go(f"/assignments/{scene['assignment']}/")
    row_action(sven, "Olga Operator", f"/parts/{scene['people']['olga']['id']}/close/")
    expect(sven.page.locator("#dialog")).to_contain_text("1 entry is unfinished")
    send(sven)
    sven.hear("Closed with 1 part.")
    sven.open_dialog("#reopen-1")
    sven.confirm()
    sven.hear("Open again, with 1 part.")


def given_to_sven(cora: KeyboardPerson, people: dict[str, dict[str, str]]) -> str:
    """An open assignment that nobody enters under yet."""
    cora.go("/assignments/new/")
    cora.fill("[name=title]", "Ropes and nets")
    send(cora)
    bind(cora, people["sven"], "supervisor")
    begin = "a[href$='/open/']"
    place = str(cora.page.locator(begin).first.get_attribute("href")).removesuffix("open/")
    cora.open_dialog(begin)
    cora.confirm()
    cora.hear("Ropes and nets is open.")
    return place


def dispute(olga: KeyboardPerson, entry: str) -> None:
    olga.go(f"/entries/{entry}/")
    olga.open_dialog(f"a[href='/entries/{entry}/dispute/']")
    olga.fill("#dialog [name=text]", "It is written like that in the register.")
    send(olga)


def decide(sven: KeyboardPerson, entry: str) -> None:
    sven.go(f"/entries/{entry}/")
    sven.open_dialog(f"a[href='/entries/{entry}/decide/']")
    sven.reach("#dialog [name=decision]")
    sven.page.keyboard.press("ArrowDown")
    sven.fill("#dialog [name=text]", "The register says the same.")
    send(sven)
    sven.hear("was accepted.")


# ----------------------------------------------------------------------------------------- principal


def test_principal_orders_binds_a_group_watches_and_takes_delivery(
    enter: Enter, scene: dict[str, Any]
) -> None:
    petra = enter("petra")
    petra.go("/assignments/")
    expect(petra.page.locator("tbody")).to_contain_text("Meat companies in Mazovia")
    petra.follow("a[href='/assignments/new/']")
    petra.fill("[name=title]", "Bakers on the coast")
    petra.choose("[name=coordinator]", scene["people"]["cora"]["id"])
    send(petra)
    petra.hear("Bakers on the coast is a draft.")
    petra.open_dialog("a[href$='/bind-group/']")
    petra.choose("#dialog [name=duty]", "operator")
    send(petra)
    petra.hear("1 person is bound.")
    petra.go(f"/assignments/{scene['assignment']}/progress/")
    expect(petra.page.locator("#people-h")).to_be_visible()
    petra.go(f"/assignments/{scene['assignment']}/")
    petra.follow("a[href$='/deliveries/']")
    expect(petra.page.locator("h1")).to_contain_text("Deliveries")
    petra.go("/likenesses/")
    expect(petra.page.locator("h1")).not_to_contain_text("Look-alike")


# ------------------------------------------------------------------------------------ one person alone


def test_alone_one_person_starts_enters_and_is_done(enter: Enter, scene: dict[str, Any]) -> None:
    sola = enter("sola")
    sola.go("/assignments/")
    sola.open_dialog("a[href='/assignments/alone/']")
    sola.fill("#dialog [name=title]", "My own list")
    send(sola)
    sola.hear("My own list is open. Enter the first record.")
    sola.fill("main [name=name]", "Piekarnia Molo")
    send(sola)
    sola.go("/assignments/")
    row = sola.page.locator("tbody tr", has_text="My own list")
    expect(row.locator("[data-label=Accepted]")).to_have_text("1")
    sola.press("tbody th a")
    sola.page.wait_for_url("**/assignments/*-*/**")
    sola.open_dialog("a[href$='/close/']")
    sola.confirm()
    sola.hear("Closed with 1 part. Undo opens it again.")
