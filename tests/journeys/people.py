"""Somebody in front of a browser: with the mouse, or with the keyboard alone. What is spoken is kept and can be asserted."""

import gettext
import re
import time
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Error as PlaywrightError, Page, expect

from tests.journeys.scene_words import PASSWORD
from tests.journeys.server import ROOT, Product

LAUNCH = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-default-apps", "--disable-sync", "--no-first-run", "--no-default-browser-check", "--metrics-recording-only",
    "--enable-blink-features=ComputedAccessibilityInfo",  # an element says its role and name as screen readers are told them
]  # fmt: skip
# Records what the live regions speak, in order; kept over page loads, for a redirect may follow at once.
SPEECH_JS = """(() => { const kept = JSON.parse(sessionStorage.getItem('spoken') || '[]');
  const keep = (text) => { kept.push(text); sessionStorage.setItem('spoken', JSON.stringify(kept)); };
  const say = (n) => { const el = n.nodeType === 1 ? n : n.parentElement;
    const r = el && el.closest('[aria-live=polite],[aria-live=assertive],[role=status],[role=alert]'); if (!r) return;
    const t = (n.textContent || '').trim().replace(/\\s+/g, ' '); if (t) keep(t); };
  window.__spoken = kept;
  new MutationObserver((ms) => { for (const m of ms) { if (m.type === 'characterData') say(m.target); else m.addedNodes.forEach(say); } })
    .observe(document, { subtree: true, childList: true, characterData: true }); })();"""
FIGURES_JS = """() => { const rows = (tile) => [...document.querySelectorAll(`#tile-${tile} tbody tr`)];
  const digits = (text) => Number(text.replace(/\\D/g, '') || 0), cells = (row) => [...row.querySelectorAll('td.end')].map((c) => digits(c.textContent));
  return { loading: document.querySelectorAll('.tile-grid .skeleton').length,
    funnel: rows('funnel').map((r) => cells(r)[0]), pipeline: rows('pipeline').map((r) => cells(r)[0]), money: rows('money').map(cells),
    tasks: [...document.querySelectorAll('#tile-tasks .queue')].slice(0, 1).flatMap((q) => [...q.querySelectorAll('li strong')].map((s) => digits(s.textContent))) }; }"""
TABS = 200  # more stops than any page has


def texts(language: str) -> gettext.NullTranslations:
    """The product's catalogue; English where there is none."""
    return gettext.translation("django", str(ROOT / "embudo" / "locale"), [language], fallback=True)


def digits(text: str) -> int:
    return int(re.sub(r"\D", "", text) or 0)


class Person:
    """Works with the mouse."""

    def __init__(self, browser: Browser, product: Product, language: str = "en", **options: Any) -> None:
        self.product, self.language = product, language
        options = {"viewport": {"width": 1280, "height": 800}, "reduced_motion": "reduce"} | options
        self.context: BrowserContext = browser.new_context(**options)
        self.context.set_default_timeout(20_000)
        self.context.add_init_script(SPEECH_JS)
        self.faults: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._listen)
        self.words = texts(language)

    def _listen(self, message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.faults.append(message.text)

    def leave(self) -> None:
        self.context.close()
        assert not self.faults, self.faults

    # --- going about ---

    def go(self, path: str) -> None:
        try:
            self.page.goto(self.product.url(path))
        except PlaywrightError as fault:
            if "ERR_ABORTED" not in str(fault):
                raise
            self.page.wait_for_load_state("load")  # it was still on its way elsewhere
            self.page.goto(self.product.url(path))
        self.page.wait_for_load_state("load")

    def sign_in(self, email: str) -> None:
        if "/login/" not in self.page.url:
            self.go("/login/")
        self.fill("[name=email]", email)
        self.fill("[name=password]", PASSWORD)
        with self.page.expect_navigation(url=lambda url: not url.split("?")[0].endswith("/login/")):
            self.press("#submit")

    def see(self, selector: str) -> Any:
        found = self.page.locator(selector).first
        expect(found).to_be_visible(timeout=15_000)
        return found

    def follow(self, selector: str) -> None:
        """Presses what leads to another page, and waits for that page."""
        self.see(selector)
        with self.page.expect_navigation(wait_until="load"):
            self.press(selector)

    def open_dialog(self, selector: str) -> None:
        self.see(selector)
        self.page.wait_for_function("() => window.htmx && document.readyState === 'complete'")
        self.press(selector)
        self.page.wait_for_selector("#dialog[open] form")

    def confirm(self, *, stays: bool = False) -> None:
        """Presses the dialog's main button; it closes, and mostly leads to a page."""
        if stays:
            self.press("#dialog #submit")
            self.page.wait_for_selector("#dialog:not([open])", state="attached")
        else:
            self.follow("#dialog #submit")

    # --- the hand ---

    def press(self, selector: str) -> None:
        self.page.locator(selector).first.click()

    def fill(self, selector: str, text: str) -> None:
        self.page.locator(selector).first.fill(text)

    def tick(self, selector: str) -> None:
        self.page.locator(selector).first.check()

    def choose(self, selector: str, value: str) -> None:
        self.page.locator(selector).first.select_option(value)

    def move_card(self, card: str, lane: str) -> None:
        self.press(f"#move-{card}")
        self.press(f"#board-menu [data-move-to=lane-{lane}]")

    # --- the ear ---

    def said(self, text: str, **values: Any) -> str:
        """A text of the product in this person's language."""
        return self.words.gettext(text) % values if values else self.words.gettext(text)

    def hear(self, part: str, *, seconds: float = 10.0) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if any(part in heard for heard in self.heard()):
                return
            self.page.wait_for_timeout(60)
        raise AssertionError(f"nothing spoken with {part!r}; heard {self.heard()[-6:]}")

    def heard(self) -> list[str]:
        try:
            spoken: list[str] = self.page.evaluate("window.__spoken || []")
        except PlaywrightError as fault:  # the page gives way to another; what was spoken is kept
            if "context was destroyed" not in str(fault):
                raise
            self.page.wait_for_load_state("load")
            return self.heard()
        return spoken

    # --- the figures ---

    def figures(self, query: str = "whose=mine") -> dict[str, Any]:
        """What the dashboard says: counts by row, money as (invoices, minor units) by row."""
        self.go(f"/?{query}")
        self.page.wait_for_function(
            f"() => {{ const f = ({FIGURES_JS})(); return !f.loading && f.tasks.length; }}"
        )
        found: dict[str, Any] = self.page.evaluate(FIGURES_JS)
        return found


class KeyboardPerson(Person):
    """Never touches the mouse: reaches everything with Tab, as somebody would who does not see the page."""

    def reach(self, selector: str) -> None:
        if self.page.locator(selector).count() == 0:
            self.page.wait_for_selector(selector)
        is_there = "(s) => !!document.activeElement && document.activeElement.matches(s)"
        for _n in range(TABS):
            if self.page.evaluate(is_there, selector):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{selector} is not reached by Tab on {self.page.url}")

    def press(self, selector: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Enter")

    def fill(self, selector: str, text: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def tick(self, selector: str) -> None:
        self.reach(selector)
        self.page.keyboard.press("Space")

    def choose(self, selector: str, value: str) -> None:
        """Home, then down the list."""
        self.reach(selector)
        self.page.keyboard.press("Home")
        for _n in range(50):
            if self.page.evaluate("document.activeElement.value") == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{selector} has no {value}")

    def move_card(self, card: str, lane: str) -> None:
        """The menu of a card is walked with the arrows; the focus stays on the card."""
        self.press(f"#move-{card}")
        target = f"#board-menu [data-move-to=lane-{lane}]"
        for _n in range(10):
            if self.page.evaluate("(s) => document.activeElement.matches(s)", target):
                break
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")
        self.page.wait_for_function("(id) => document.activeElement.id === id", arg=f"move-{card}")
