"""Officer, approver, customer and till, each in a session of their own: what both sides of a quota can trust."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.people import KeyboardPerson, Person
from tests.journeys.quota import quota_scene
from tests.journeys.scene_words import BULK
from tests.journeys.server import Product, link_in, text_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]  # the first waits for the product to start
KEY = "desk"


@dataclass
class Play:
    """The product, what was set in it, and who works in it."""

    product: Product
    browser: Browser
    scene: dict[str, Any]
    oscar: Person
    ada: Person

    def mail_to(self, name: str, part: str) -> Any:
        """The newest mail to a customer that says so."""
        return self.product.mailbox.wait_for(f"{name}-{KEY}@example.net", part, seconds=40)


@pytest.fixture(scope="module")
def scene(product: Product) -> dict[str, Any]:
    return quota_scene(product, KEY)


@pytest.fixture(scope="module")
def play(product: Product, browser: Browser, scene: dict[str, Any]) -> Iterator[Play]:
    people = []
    for name in ("oscar", "ada"):
        person = Person(browser, product)
        person.sign_in(scene["people"][name]["email"])
        people.append(person)
    yield Play(product, browser, scene, *people)
    for person in people:
        person.leave()


def come_to_see(person: Person, path: str, selector: str, *, seconds: float = 40.0) -> None:
    """Looks at a page again and again until what the background does is there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        person.go(path)
        if person.page.locator(selector).count():
            return
        person.page.wait_for_timeout(400)
    raise AssertionError(f"no {selector} on {path}: {person.page.locator('main').inner_text()[:1500]}")


def act(person: Person, name: str, **typed: str) -> None:
    """Presses the button of the page that leads to an act, fills its dialog in and sends it."""
    person.open_dialog(f"main a[href$='/{name}/']")
    for field, text in typed.items():
        person.fill(f"#dialog [name={field}]", text)
    person.confirm()


# --- a change, from the request to the customer who knows of it ---


def test_change_is_made_only_with_four_eyes_consent_rehearsal_and_signature(play: Play) -> None:
    change = ask_for_more(play)
    approve(play, change)
    accept(play, link_in(play.mail_to("asker", "$300.00"), "/quota/answer/"))
    sign(play, change)
    play.product.move_clock(days=1)
    told = play.mail_to("asker", "Your quota has changed")
    assert "$300.00" in text_of(told)
    come_to_see(play.oscar, change, "main :text('applied, customer informed')")
    play.oscar.go(f"/quota/accounts/{play.scene['asking']}/")
    expect(play.oscar.page.locator("section[aria-labelledby=limits]")).to_contain_text("$300.00")


def ask_for_more(play: Play) -> str:
    """Oscar asks; he is licensed, and yet nothing on his own change lets him approve it."""
    oscar = play.oscar
    oscar.go(f"/quota/accounts/{play.scene['asking']}/")
    oscar.follow("main a[href$='/change/']")
    oscar.fill("main [name=minor]", "300")
    oscar.fill("main [name=reason]", "A fair in Lyon")
    oscar.follow("main #submit")
    act(oscar, "submit")
    change: str = oscar.page.url
    assert oscar.page.locator("main a[href$='/approve/']").count() == 0
    oscar.page.goto(f"{change}approve/")
    oscar.press("main #submit")
    oscar.see("#errors")
    return change


def approve(play: Play, change: str) -> None:
    """Ada finds it among what waits for her."""
    ada = play.ada
    row = f"main tbody a[href*='{path_of(change)}']"
    come_to_see(ada, "/quota/changes/", row)
    ada.follow(row)
    act(ada, "approve", note="Known for years")
    ada.hear("Approved. The customer is asked by mail.")


def path_of(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def accept(play: Play, link: str) -> None:
    """By keyboard alone, without script, without a cookie."""
    customer = KeyboardPerson(play.browser, play.product, java_script_enabled=False)
    customer.go(link)
    expect(customer.page.locator("main")).to_contain_text("A fair in Lyon")
    with customer.page.expect_navigation():
        customer.press("main button[value=yes]")
    expect(customer.page.locator("#ended-h")).to_be_visible()
    assert customer.page.locator("main form").count() == 0
    assert customer.page.context.cookies() == []
    customer.leave()


def sign(play: Play, change: str) -> None:
    """It was rehearsed as soon as the customer said yes. Who asked for it can't sign."""
    come_to_see(play.ada, change, "main a[href$='/sign/']")
    play.oscar.go(change)
    assert play.oscar.page.locator("main a[href$='/sign/']").count() == 0
    act(play.ada, "sign")
    play.ada.hear("Signed. It applies on")


# --- this was not me ---


def test_denial_holds_the_account_and_suspends_the_licence_until_somebody_has_looked(play: Play) -> None:
    deny(play)
    account = f"/quota/accounts/{play.scene['denied']['account']}/"
    play.oscar.go(account)
    expect(play.oscar.page.locator(".notice-bad").first).to_contain_text("the customer denied a change")
    assert play.oscar.page.locator("main a[href$='/lift/']").count() == 0
    expect_first_limit(play, account)
    status, refusal = ask_till(play, "held", 1_000, play.scene["denied"]["reference"])
    assert (status, json.loads(refusal)["code"]) == (409, "quota.held")
    refuse_the_suspended(play)
    lift(play, account)
    restore(play)


def deny(play: Play) -> None:
    """The customer presses no without a reason first, and is asked for one."""
    customer = KeyboardPerson(play.browser, play.product, java_script_enabled=False)
    customer.go(link_in(play.mail_to("dora", "$300.00"), "/quota/answer/"))
    with customer.page.expect_navigation():
        customer.press("main button[value=no]")
    expect(customer.page.locator("#errors")).to_be_visible()
    customer.tick("main [name=code][value=not_asked]")
    customer.fill("main [name=reason]", "I was asleep.")
    with customer.page.expect_navigation():
        customer.press("main button[value=no]")
    expect(customer.page.locator("main")).to_contain_text("your quota is on hold")
    customer.leave()
    play.mail_to("dora", "was not yours")
    for name in ("ada", "oscar"):
        address = play.scene["people"][name]["email"]
        play.product.mailbox.wait_for(address, "was not theirs", seconds=40)


def expect_first_limit(play: Play, account: str) -> None:
    """What was asked for did not come about."""
    play.oscar.go(account)
    limits = play.oscar.page.locator("section[aria-labelledby=limits]")
    expect(limits).to_contain_text("$100.00")
    expect(limits).not_to_contain_text("$300.00")


def refuse_the_suspended(play: Play) -> None:
    """Oscar can write a draft, and submit nothing."""
    play.oscar.go(f"/quota/accounts/{play.scene['spending']['account']}/change/")
    play.oscar.fill("main [name=minor]", "200")
    play.oscar.fill("main [name=reason]", "More shoes")
    play.oscar.follow("main #submit")
    play.oscar.page.goto(f"{play.oscar.page.url}submit/")
    play.oscar.press("main #submit")
    expect(play.oscar.see("#errors")).to_contain_text("suspended")


def lift(play: Play, account: str) -> None:
    play.ada.go(account)
    play.ada.open_dialog("main a[href$='/lift/']")
    play.ada.fill("#dialog [name=reason]", "Called them: the amount was mistyped.")
    play.ada.confirm()
    expect(play.ada.page.locator(".notice-bad")).to_have_count(0)


def restore(play: Play) -> None:
    admin = Person(play.browser, play.product)
    admin.sign_in("admin@example.com")
    admin.go(f"/quota/licences/{play.scene['licence']}/")
    expect(admin.page.locator("main")).to_contain_text("A customer said that a change was not theirs.")
    act(admin, "restore", reason="It was a slip of the hand.")
    admin.leave()
    play.oscar.go(f"/quota/licences/{play.scene['licence']}/")
    expect(play.oscar.page.locator("main")).to_contain_text("In force")


# --- nobody answers ---


def test_change_that_nobody_answers_is_not_made(play: Play) -> None:
    change = f"/quota/changes/{play.scene['silent']['change']}/"
    link = link_in(play.mail_to("silas", "$300.00"), "/quota/answer/")
    play.product.move_clock(days=2)
    come_to_see(play.oscar, change, "main :text('not answered in time')")
    late = Person(play.browser, play.product, java_script_enabled=False)
    late.go(link)
    expect(late.page.locator("#ended-h")).to_be_visible()
    assert late.page.locator("main form").count() == 0
    late.leave()
    expect_first_limit(play, f"/quota/accounts/{play.scene['silent']['account']}/")


# --- what the daily run proposes ---


def test_proposals_of_the_daily_run_are_decided_together(play: Play) -> None:
    oscar, mine = play.oscar, f"/quota/proposals/?q={KEY}"
    oscar.go("/quota/runs/")
    act(oscar, "ask")
    come_to_see(oscar, mine, f"tbody tr:nth-child({len(BULK)})")
    for name in BULK[:2]:
        oscar.tick(f"tbody tr:has-text('{name}') .check")
    decide(oscar, "approve")
    come_to_see(oscar, mine, f"tbody tr:has-text('{BULK[2]}')")
    assert oscar.page.locator("main tbody tr").count() == 1
    oscar.tick(f"tbody tr:has-text('{BULK[2]}') .check")
    decide(oscar, "deny", reason="The new passport is here.")
    oscar.go(f"/quota/accounts/?q={KEY}&state=held")
    for name in BULK[:2]:
        expect(oscar.page.locator("main tbody")).to_contain_text(name)
    expect(oscar.page.locator("main tbody")).not_to_contain_text(BULK[2])


def decide(person: Person, act: str, **typed: str) -> None:
    person.page.wait_for_selector("form.bulk[data-any]")
    person.open_dialog(f"#bulk-{act}")
    for field, text in typed.items():
        person.fill(f"#dialog [name={field}]", text)
    person.confirm()


# --- a till ---


def test_till_at_the_limit_goes_on_after_a_top_up(play: Play) -> None:
    assert ask_till(play, "one", 8_000)[0] == 201
    status, refusal = ask_till(play, "two", 3_000)
    told = json.loads(refusal)
    assert (status, told["code"], told["available_minor"]) == (409, "quota.limit", 2_000)
    assert told["offers"]
    play.oscar.go(f"/quota/accounts/{play.scene['spending']['account']}/")
    act(play.oscar, "top-up", amount="50", source="cash")
    assert ask_till(play, "two", 3_000) == (409, refusal)  # the same key: what was said then, byte for byte
    assert ask_till(play, "three", 3_000)[0] == 201
    play.oscar.page.reload()
    expect(play.oscar.page.locator("section[aria-labelledby=quota-h]")).to_contain_text("$40.00")


def ask_till(play: Play, key: str, minor: int, reference: str = "") -> tuple[int, bytes]:
    body = {
        "account": reference or play.scene["spending"]["reference"],
        "amount_minor": minor,
        "currency": "USD",
        "source": "till 1",
    }
    headers = {
        "Authorization": f"Bearer {play.scene['token']}",
        "Idempotency-Key": key,
        "Content-Type": "application/json",
    }
    address = play.product.url("/api/v1/quota/authorizations")
    try:
        with urllib.request.urlopen(
            urllib.request.Request(address, json.dumps(body).encode(), headers), timeout=20
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()
