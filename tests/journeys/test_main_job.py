"""The main job from a stranger's enquiry to money received, in each language; in Polish by keyboard alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.people import KeyboardPerson, Person, digits
from tests.journeys.server import Product, link_in, text_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
COMPANIES = {"en": "Harbour Glass", "fr": "Verrerie du Midi", "es": "Cristales Sol", "pl": "Szkło Północ"}
VISITORS = {"en": "Ruth Archer", "fr": "Julie Noël", "es": "Íñigo Peña", "pl": "Łucja Żak"}
NET, GROSS = 1_250_000, 1_537_500  # minor units, 23 % tax
PART = 500_000
OPEN, NOT_DUE, LATE, RECEIVED = "open", 0, 1, 5  # rows of "money by state"


@dataclass
class Play:
    """One run: its people, and what came of it."""

    language: str
    product: Product
    browser: Browser
    seller: Person
    manager: Person
    collector: Person
    admin: Person
    lead: str = ""
    opportunity: str = ""
    invoice: str = ""

    @property
    def company(self) -> str:
        return COMPANIES[self.language]

    @property
    def visitor(self) -> str:
        return VISITORS[self.language]

    @property
    def stages(self) -> list[str]:
        return [stage[0] for stage in self.product.scene["stages"]]


@pytest.fixture(params=["en", "fr", "es", "pl"])
def play(request: pytest.FixtureRequest, product: Product, browser: Browser) -> Iterator[Play]:
    language = request.param
    kind = KeyboardPerson if language == "pl" else Person
    people = [kind(browser, product, language) for _n in range(3)] + [kind(browser, product)]
    yield Play(language, product, browser, *people)
    for person in people:
        person.leave()


def test_main_job(play: Play) -> None:
    enquire(play)
    work_the_lead(play)
    convert(play)
    move_and_win(play)
    issue(play)
    become_overdue(play)
    collect(play)
    look_back(play)


# --- 1. a stranger writes ---


def enquire(play: Play) -> None:
    play.admin.sign_in("admin@example.com")
    play.admin.go(f"/lead-sources/{play.product.scene['crews'][play.language]['source']}/")
    address = play.admin.page.input_value("#form-url")
    assert f"/f/{play.product.scene['crews'][play.language]['key']}/" in address
    register_company(play)
    write(play, address)
    mail = play.product.mailbox.wait_for(f"seller-{play.language}@example.com", play.visitor)
    assert play.company in text_of(mail)
    link = link_in(mail, "/leads/")
    play.lead = link.rstrip("/").rpartition("/")[2]
    play.seller.page.goto(link)  # leads to the sign-in, and from there to the lead
    play.seller.sign_in(f"seller-{play.language}@example.com")
    expect(play.seller.page.locator("h1")).to_have_text(play.visitor)
    assert play.seller.figures()["funnel"] == [1, 0, 0, 0, 0]
    assert play.manager.figures("whose=team")["funnel"] == [1, 0, 0, 0, 0]


def register_company(play: Play) -> None:
    """The company is known already, so that converting has somebody to find."""
    play.manager.sign_in(f"manager-{play.language}@example.com")
    play.manager.go("/companies/new/")
    play.manager.fill("main [name=name]", play.company)
    play.manager.follow("main #submit")
    expect(play.manager.page.locator("h1")).to_have_text(play.company)


def write(play: Play, address: str) -> None:
    """Without script, without cookies; what is missing is asked for, and nothing typed is lost."""
    stranger = Person(play.browser, play.product, java_script_enabled=False, locale=play.language)
    page = stranger.page
    page.goto(address)
    assert page.locator("html").get_attribute("lang") == play.language
    page.fill("[name=name]", play.visitor)
    page.fill("[name=company_name]", play.company)
    page.fill("[name=message]", "Sixty windows, please.")
    page.wait_for_timeout(2100)  # nobody writes faster; programs do
    page.click("main button[type=submit]")
    expect(page.locator("#errors")).to_be_visible()
    assert page.input_value("[name=name]") == play.visitor
    page.fill("[name=email]", f"visitor@{play.language}.example.org")
    page.check("[name=has_consented]")
    page.click("main button[type=submit]")
    page.wait_for_url("**/thanks/**")
    assert page.context.cookies() == []
    stranger.leave()


# --- 2. the seller works it ---


def work_the_lead(play: Play) -> None:
    seller, page = play.seller, play.seller.page
    seller.go(f"/leads/{play.lead}/")
    seller.open_dialog("a[href$='/start/']")
    seller.confirm()
    seller.hear(seller.said("Saved."))
    note(seller)
    seller.open_dialog("a[href$='/call/']")
    seller.fill("#dialog [name=summary]", "Budget is agreed.")
    seller.confirm(stays=True)
    seller.hear(seller.said("Call logged."))
    expect(page.locator("[id^=activity-] .timeline")).to_contain_text("Budget is agreed.")
    seller.open_dialog("a[href$='/task/']")
    seller.fill("#dialog [name=title]", f"Send the offer {play.language}")
    seller.confirm(stays=True)
    expect(page.locator(".queue").filter(has_text="Send the offer").first).to_be_visible()
    attach(seller)
    assert seller.figures()["tasks"] == [0, 1, 0, 0, 0]  # due today, unless said otherwise
    seller.go(f"/leads/{play.lead}/")
    seller.open_dialog("a[href$='/qualify/']")
    seller.confirm()
    assert seller.figures()["funnel"] == [1, 1, 1, 0, 0]


def note(seller: Person) -> None:
    seller.see("form[action$='/note/'] textarea")
    seller.fill("form[action$='/note/'] textarea", "Wants it before the winter.")
    seller.press("form[action$='/note/'] [data-default]")
    seller.hear(seller.said("Note added."))
    expect(seller.page.locator("[id^=activity-] .timeline")).to_contain_text("Wants it before the winter.")


def attach(seller: Person) -> None:
    file = {"name": "plan.txt", "mimeType": "text/plain", "buffer": b"60 windows, 78 x 118 cm\n"}
    seller.see("form[id^=attach] input[type=file]")
    seller.page.set_input_files("form[id^=attach] input[type=file]", [file])  # the system's own window
    seller.press("form[id^=attach] button[type=submit]")
    expect(seller.page.locator("[id^=documents-] .queue")).to_contain_text("plan.txt")


def convert(play: Play) -> None:
    seller = play.seller
    seller.go(f"/leads/{play.lead}/")
    open_conversion(play)
    seller.confirm()
    seller.hear(seller.said("%(title)s is now an opportunity.", title=play.company))
    if play.language == "fr":
        undo_and_convert_again(play)
    play.opportunity = seller.page.url.rstrip("/").rpartition("/")[2]
    seller.see(f"main a[href='/leads/{play.lead}/']")
    found = seller.figures()
    assert found["funnel"] == [1, 1, 1, 1, 0]
    assert found["pipeline"] == [1, 0, 0, 0, 0, 0]
    seller.go(f"/leads/{play.lead}/")
    seller.see(f"main a[href='/opportunities/{play.opportunity}/']")


def open_conversion(play: Play) -> None:
    """The known company is found and chosen; the person is new."""
    seller = play.seller
    seller.open_dialog("a[href$='/convert/']")
    chosen = seller.page.locator("#dialog [name=company]:checked")
    assert chosen.get_attribute("value") != "new"
    expect(seller.page.locator("#dialog label:has([name=company]:checked)")).to_contain_text(play.company)
    assert seller.page.locator("#dialog [name=person]:checked").get_attribute("value") == "new"
    assert seller.page.input_value("#dialog [name=title]") == play.company
    seller.fill("#dialog [name=value]", "12500")


def undo_and_convert_again(play: Play) -> None:
    seller = play.seller
    seller.go(f"/leads/{play.lead}/")
    seller.open_dialog("a[href$='/undo/']")
    seller.confirm()
    seller.see("a[href$='/convert/']")
    open_conversion(play)
    seller.confirm()


# --- 3. the board, the win, the invoice ---


def move_and_win(play: Play) -> None:
    seller, card = play.seller, play.opportunity
    seller.go("/board/?whose=mine")
    seller.move_card(card, play.stages[1])
    seller.hear(shown_move(play, play.stages[1]))
    expect(seller.page.locator(f"#lane-{play.stages[1]} #card-{card}")).to_be_visible()
    if play.language == "en":
        drag(seller.page, card, play.stages[2])
    else:
        seller.move_card(card, play.stages[2])
    expect(seller.page.locator(f"#lane-{play.stages[2]} #card-{card}:not([aria-busy])")).to_be_visible()
    assert seller.figures()["pipeline"] == [0, 0, 1, 0, 0, 0]
    seller.go(f"/opportunities/{card}/")
    seller.open_dialog("a[href$='/win/']")
    seller.confirm()
    seller.hear(seller.said("%(title)s is won.", title=play.company))
    found = play.seller.figures()
    assert found["pipeline"] == [0, 0, 0, 0, 1, 0]
    assert found["funnel"] == [1, 1, 1, 1, 1]


def shown_move(play: Play, lane: str) -> str:
    pattern: str = play.seller.page.get_attribute(".board", "data-moved") or ""
    stage = play.seller.page.locator(f"#lane-{lane}-h").text_content() or ""
    return pattern.replace("%card", play.company).replace("%stage", stage.strip())


def drag(page: Page, card: str, lane: str) -> None:
    start, goal = (
        page.locator(f"#card-{card} .deal-meta").bounding_box(),
        page.locator(f"#lane-{lane} .cards").bounding_box(),
    )
    assert start
    assert goal
    page.mouse.move(start["x"] + 20, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 60, start["y"] + 20, steps=4)
    page.mouse.move(goal["x"] + goal["width"] / 2, goal["y"] + 20, steps=12)
    page.wait_for_timeout(200)
    page.mouse.up()


def issue(play: Play) -> None:
    seller, page = play.seller, play.seller.page
    seller.go(f"/opportunities/{play.opportunity}/")
    seller.follow("a[href$='/invoice/']")
    seller.fill("[name=line-0-tax_percent]", "23")
    seller.follow("main #submit")
    page.wait_for_url("**/invoices/*-*/")
    play.invoice = page.url.rstrip("/").rpartition("/")[2]
    number = page.locator("h1").inner_text().split()[-1]
    seller.hear(seller.said("Invoice %(number)s was issued.", number=number))
    answer = page.context.request.get(page.url + "pdf/")
    content = answer.body()
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in content, "the PDF is tagged for screen readers"
    found = seller.figures()
    assert found["money"][NOT_DUE] == [1, GROSS]
    assert found["money"][LATE] == [0, 0]


# --- 4. nobody pays ---


def become_overdue(play: Play) -> None:
    play.product.move_clock(days=15)
    language(play.collector, play.language)
    wait_for_task(play.seller, play.company)
    wait_for_task(play.collector, play.company)
    for person in (play.seller, play.collector):
        person.go("/tasks/?tab=mine")
        row = person.page.locator("tbody tr").filter(has_text=play.company)
        expect(row).to_have_count(1)
        assert str(GROSS) in str(digits(row.inner_text()))
        person.go(str(row.locator("a").first.get_attribute("href")))
        refuse_to_close(person)
    found = play.seller.figures()
    assert found["money"][NOT_DUE] == [0, 0]
    assert found["money"][LATE] == [1, GROSS]
    assert found["tasks"][4] == 1
    assert play.collector.figures()["tasks"][4] == 1


def language(collector: Person, code: str) -> None:
    """There is one collector, who reads every language."""
    collector.sign_in("collector@example.com")
    collector.go("/profile/")
    collector.choose("main [name=language]", code)
    collector.follow("main #submit")
    expect(collector.page.locator("html")).to_have_attribute("lang", code)  # kept, before going on elsewhere
    collector.go("/tasks/")
    assert collector.page.locator("html").get_attribute("lang") == code


def wait_for_task(person: Person, company: str) -> None:
    for _n in range(60):
        person.go("/tasks/?tab=mine")
        if person.page.locator("tbody tr").filter(has_text=company).count():
            return
        person.page.wait_for_timeout(500)
    raise AssertionError(f"no task about {company}: {person.page.locator('main').inner_text()}")


def refuse_to_close(person: Person) -> None:
    """Its page offers no such button, and the address refuses."""
    page = person.page
    assert page.locator("main a[href$='/complete/'], main form[action$='/complete/']").count() == 0
    assert str(GROSS) in str(digits(page.locator("dl.props").first.inner_text()))
    page.goto(page.url.partition("?")[0] + "complete/")
    person.press("main #submit")
    person.see("#errors")


# --- 5. money comes, goes, and comes again ---


def collect(play: Play) -> None:
    collector = play.collector
    pay(play, "5000.00" if play.language == "en" else "5000,00")
    assert play.seller.figures()["money"][LATE] == [1, GROSS - PART]
    assert collector.figures()["tasks"][4] == 1
    pay(play, "")  # what is left stands there already
    collector.hear(collector.said("Payment entered. The invoice is paid."))
    assert_settled(play)
    collector.go(f"/invoices/{play.invoice}/")
    collector.open_dialog("a[href$='/reverse/']")
    collector.fill("#dialog [name=reason]", "The debit was returned.")
    collector.confirm()
    expect_tasks(play, 1)
    pay(play, "")
    assert_settled(play)


def pay(play: Play, amount: str) -> None:
    play.collector.go(f"/invoices/{play.invoice}/")
    play.collector.open_dialog("a[href$='/pay/']")
    if amount:
        play.collector.fill("#dialog [name=amount]", amount)
    play.collector.confirm()


def assert_settled(play: Play) -> None:
    expect_tasks(play, 0)
    assert play.seller.figures()["money"][LATE] == [0, 0]


def expect_tasks(play: Play, count: int) -> None:
    for person in (play.seller, play.collector):
        assert person.figures()["tasks"][4] == count


# --- afterwards ---


def look_back(play: Play) -> None:
    """The manager's figures are the same, and the log tells who did what."""
    found: dict[str, Any] = play.manager.figures("whose=team")
    assert found["funnel"] == [1, 1, 1, 1, 1]
    play.admin.go(f"/audit/history/sales.opportunity/{play.opportunity}/")
    assert play.admin.page.locator("main tbody tr, main .timeline > li").count() >= 3
