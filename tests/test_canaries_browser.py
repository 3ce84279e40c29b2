"""The poisoned company in a real browser: no payload runs, no dialog opens, the content security policy is never broken."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.run import chromium
from tests.walk.poisoned import poisoned
from tests.walk.told import nothing
from tests.walk.world import World

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
]
WATCH = """
window.xcanary = () => console.error('a canary ran');
document.addEventListener('securitypolicyviolation', (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
LISTS = (
    "/", "/leads/", "/opportunities/", "/board/", "/companies/", "/people/", "/products/", "/invoices/", "/payments/",
    "/tasks/", "/notifications/", "/mails/", "/settings/users/", "/settings/teams/", "/settings/roles/", "/audit/log/",
    "/lead-sources/", "/profile/tokens/", "/search/?q=xcanary",
)  # fmt: skip
RECORDS = {
    "lead": "/leads/{}/", "opportunity": "/opportunities/{}/", "company": "/companies/{}/", "person": "/people/{}/",
    "invoice": "/invoices/{}/", "product": "/products/{}/", "task": "/tasks/{}/", "document": "/documents/{}/",
    "user": "/settings/users/{}/", "mail": "/mails/{}/",
}  # fmt: skip


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as player:
        one = player.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield one
        one.close()


def watched(browser: Browser, told: list[str], cookie: dict[str, str]) -> Page:
    context = browser.new_context()
    context.add_cookies([cookie])  # type: ignore[list-item]
    context.add_init_script(WATCH)
    page = context.new_page()
    page.on("dialog", lambda dialog: (told.append(f"{page.url}: dialog {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda fault: told.append(f"{page.url}: {fault}"))
    page.on("console", lambda line: told.append(f"{page.url}: {line.text}") if is_alarm(line.text) else None)
    return page


def is_alarm(text: str) -> bool:
    return any(sign in text for sign in ("canary", "policy:", "Content Security Policy", "Refused to"))


@pytest.mark.django_db(transaction=True)
def test_payloads_stay_text_in_a_browser(live_server: Any, browser: Browser) -> None:
    world = World()
    records = poisoned(world, 8)
    session = world.caller("administrator").browser.cookies["sessionid"].value
    told: list[str] = []
    page = watched(browser, told, {"name": "sessionid", "value": session, "url": live_server.url})
    source: Any = records[0]["source"]
    paths = [*LISTS, f"/f/{source.key}/"]
    paths += [
        path.format(records[number % 8][kind].pk) for number, (kind, path) in enumerate(RECORDS.items())
    ]
    seen = 0
    for path in paths:
        answer = page.goto(f"{live_server.url}{path}", wait_until="load")
        assert answer is not None
        assert answer.status == 200, path
        page.wait_for_timeout(100)
        seen += "xcanary" in page.content()
    nothing(told)
    assert seen > 20
    # the watch itself: a handler put in by hand is refused by the policy, and that is heard
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=xcanary()>')")
    page.wait_for_timeout(300)
    assert told != []
