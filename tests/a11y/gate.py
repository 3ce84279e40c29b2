"""
The accessibility gate. Visits states with a real Chromium and reports, one row a finding: axe (WCAG 2.2 A/AA and best
practice), page facts, reflow at 320 px, text spacing, the Tab walk, forced colours, reduced motion, CSP and script errors.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Error as PlaywrightError, Page

AXE = Path(__file__).parent / "vendor" / "axe-4.14.1.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
DESK = {"width": 1280, "height": 800}
LIGHT: dict[str, Any] = {"color_scheme": "light", "forced_colors": "none", "reduced_motion": "no-preference"}
LOOKS: dict[
    str, tuple[dict[str, int], dict[str, Any]]
] = {  # the window, and what the reader has asked of the browser
    "light": (DESK, LIGHT),
    "dark": (DESK, LIGHT | {"color_scheme": "dark"}),
    "forced": (DESK, LIGHT | {"forced_colors": "active", "reduced_motion": "reduce"}),
    "phone": ({"width": 390, "height": 844}, LIGHT),
    "320px": ({"width": 320, "height": 256}, LIGHT),
}
PASSES = {
    "desk": ("light", "dark", "forced"),
    "narrow": ("phone", "320px"),
}  # one opening of a page serves all its looks
AXE_LOOKS = ("light", "dark", "phone")
WALK_LOOKS = ("light", "forced", "phone", "320px")
MAX_STOPS = 250
SAYS_NOTHING = ("", "generic", "none")  # roles
COLOUR_RULES = [
    "color-contrast",
    "link-in-text-block",
]  # all that darkness can change, and nothing that a language can
FRAME = ["#sidebar", ".topbar"]  # the same round every page

# Describes the focused element and whether a sighted keyboard user can see it.
STOP_JS = r"""() => {
  let e = document.activeElement;
  while (e && e.shadowRoot && e.shadowRoot.activeElement) e = e.shadowRoot.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const r = e.getBoundingClientRect();
  // a control wrapped in its label may show focus on the label
  const shows = (x) => { const c = getComputedStyle(x); return (c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 1) || c.boxShadow !== 'none'; };
  let ring = shows(e);
  for (let p = e.parentElement, i = 0; !ring && p && i < 3; p = p.parentElement, i++) if (p.matches(':focus-within') && shows(p)) ring = true;
  const inView = r.width > 0 && r.height > 0 && r.bottom > 0 && r.right > 0 && r.top < innerHeight && r.left < innerWidth;
  // WCAG 2.4.11, not entirely covered: five points inside the box
  let free = 0; const pts = [[.5,.5],[.1,.2],[.9,.2],[.1,.8],[.9,.8]];
  for (const [fx, fy] of pts) { const t = document.elementFromPoint(r.left + r.width*fx, r.top + r.height*fy);
    if (t && (t === e || e.contains(t) || t.contains(e) || (t.closest('label') && t.closest('label').contains(e)))) free++; }
  const stops = window.a11yStops;
  if (!stops.includes(e)) stops.push(e);
  return { n: stops.indexOf(e), html: e.outerHTML.slice(0, 110).replace(/\s+/g, ' '), ring, inView, free };
}"""
HTML_JS = "function () { return this.outerHTML.slice(0, 110).replace(/\\s+/g, ' '); }"
SPACING_JS = """() => { const s = window.a11ySpacing = new CSSStyleSheet(); s.replaceSync('*{line-height:1.5 !important;letter-spacing:.12em !important;word-spacing:.16em !important} p{margin-bottom:2em !important}'); document.adoptedStyleSheets = [...document.adoptedStyleSheets, s]; }"""
UNSPACED_JS = "() => { document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== window.a11ySpacing); }"
OVERFLOW_JS = r"""() => { const w = innerWidth, over = document.documentElement.scrollWidth - w; if (over <= 1) return null;
  const held = (e) => { for (let p = e.parentElement; p; p = p.parentElement) if (/(auto|scroll|hidden|clip)/.test(getComputedStyle(p).overflowX)) return true; return false; };
  const bad = [...document.querySelectorAll('body *')].filter((e) => { const r = e.getBoundingClientRect(); return r.right > w + 1 && r.width > 0 && !held(e); });
  return over + 'px past the edge: ' + bad.slice(0, 2).map((e) => e.outerHTML.slice(0, 70).replace(/\s+/g, ' ')).join(' | '); }"""
# Where the walk begins: at the top, or at the content when the frame round it has been walked. Says whether it was the top.
START_JS = """(frame) => {
  window.a11yStops = [];
  if (document.querySelector('dialog[open], [popover]:popover-open')) return false;
  document.activeElement?.blur(); getSelection().removeAllRanges(); scrollTo(0, 0);
  const main = document.getElementById('main');
  if (frame || !main || document.querySelector('#sidebar[data-open]')) return true;
  main.focus({ preventScroll: true }); return false; }"""
FACTS_JS = """() => ({ h1: [...document.querySelectorAll('h1')].length, lang: document.documentElement.lang,
  main: document.querySelectorAll('main,[role=main]').length })"""
# What lasts longer than a second stays for the check of reduced motion.
REST_JS = "() => document.getAnimations().filter((x) => x.effect.getComputedTiming().endTime <= 1000).forEach((x) => x.finish())"
MOVING_JS = "() => document.getAnimations().filter((x) => x.playState === 'running' && x.effect.getComputedTiming().duration > 20).length"
AXE_JS = """({ runOnly, skipped, frame }) => { const isDrawn = (e) => e.matches('[data-open]'), round = frame.filter((s) => ![...document.querySelectorAll(s)].some(isDrawn));
  return axe.run(round.length ? { exclude: round.map((s) => [s]) } : document, { runOnly, resultTypes: ['violations'], preload: false,
    rules: Object.fromEntries(skipped.map((id) => [id, { enabled: false }])) })
  .then((r) => r.violations.map((v) => ({ id: v.id, impact: v.impact, help: v.help, n: v.nodes.length, target: v.nodes[0].target.join(' '),
    why: (v.nodes[0].any[0] || v.nodes[0].all[0] || v.nodes[0].none[0] || {}).message || '' }))); }"""
FRAMED_JS = (
    "(frame) => frame.some((s) => document.querySelector(s)) && !document.querySelector('dialog[open]')"
)


@dataclass(frozen=True)
class State:
    """A page in one of its states: `then` opens a dialog, sends a bad form and the like."""

    name: str
    path: str
    then: Callable[[Page], None] | None = None
    status: int = 200


@dataclass
class Finding:
    state: str
    check: str
    look: str
    rule: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.state:24} {self.check:9} {self.look:7} {self.rule}: {self.detail}"[:320]


@dataclass
class Gate:
    base: str
    browser: Browser
    language: str = "en"
    cookies: Any = None
    findings: list[Finding] = field(default_factory=list)
    titles: dict[str, State] = field(default_factory=dict)
    stops: int = 0
    frame_walked: set[str] = field(default_factory=set)  # the looks in which it was
    frame_judged: set[str] = field(default_factory=set)

    def check(self, states: Iterable[State], looks: Sequence[str], *, is_full: bool = True) -> None:
        """Every state in these looks; not `is_full` runs axe alone, and only for what a language can change."""
        context = self.browser.new_context(storage_state=self.cookies, locale=self.language)
        context.set_default_timeout(15_000)
        # once compiled, quick on every further page
        context.add_init_script(AXE.read_text(encoding="utf-8"))
        page = context.new_page()
        bad: list[tuple[str, str]] = []
        page.on("pageerror", lambda error: bad.append(("script error", str(error))))
        page.on(
            "console",
            lambda message: (
                bad.append(("CSP", message.text)) if "Content Security Policy" in message.text else None
            ),
        )
        for state in states:
            for look in looks:
                bad.clear()
                show(page, look)
                if state.then or look == looks[0]:  # what was opened may have closed under the walk
                    self._visit(page, state, look)
                self._judge(page, state, look, is_full=is_full)
                for rule, text in bad:
                    self.add(state, "csp", look, rule, text)
        context.close()

    def add(self, state: State, check: str, look: str, rule: str, detail: object = "") -> None:
        self.findings.append(Finding(state.name, check, look, rule, str(detail)))

    def _visit(self, page: Page, state: State, look: str) -> None:
        answer = page.goto(self.base + state.path)
        settle(page)
        if answer and answer.status != state.status:
            self.add(state, "page", look, f"HTTP {answer.status}", page.url)
        if state.then:
            try:
                state.then(page)
            except PlaywrightError as problem:
                self.add(state, "page", look, "state not reached", str(problem).splitlines()[0])
            settle(page)

    def _judge(self, page: Page, state: State, look: str, *, is_full: bool) -> None:
        if look in AXE_LOOKS:
            self._axe(page, state, look, is_full=is_full)
        if not is_full:
            return
        if look == "light":
            self._facts(page, state)
        if look == "320px":
            self._overflow(page, state, "reflow", look)
        if look in WALK_LOOKS:
            self.stops += self._walk(page, state, look)
        if look == "light":
            page.evaluate(SPACING_JS)
            self._overflow(page, state, "spacing", look)
            page.evaluate(UNSPACED_JS)
        if look == "forced" and (moving := page.evaluate(MOVING_JS)):
            self.add(state, "motion", look, "2.3.3", f"{moving} running animations")

    def _axe(self, page: Page, state: State, look: str, *, is_full: bool) -> None:
        """What frames every page is judged once in a look, and whenever it is drawn out over the page."""
        rules = COLOUR_RULES if look == "dark" else []
        skipped = [] if is_full else COLOUR_RULES
        for found in run_axe(
            page, rules=rules, skipped=skipped, frame=FRAME if look in self.frame_judged else []
        ):
            detail = f"{found['impact']} x{found['n']} {found['target']}: {found['why'] or found['help']}"
            self.add(state, "axe", look, found["id"], detail)
        if look not in self.frame_judged and page.evaluate(FRAMED_JS, FRAME):
            self.frame_judged.add(look)

    def _overflow(self, page: Page, state: State, check: str, look: str) -> None:
        if over := page.evaluate(OVERFLOW_JS):
            self.add(state, check, look, "sideways scrolling", over)

    def _facts(self, page: Page, state: State) -> None:
        title, facts = page.title(), page.evaluate(FACTS_JS)
        known = self.titles.setdefault(title, state)
        if known.path != state.path:  # one address, whatever is open on it, has one title
            self.add(state, "page", "light", "title not unique", f"{title!r}, also {known.name}")
        for name in ("h1", "main"):
            if facts[name] != 1:
                self.add(state, "page", "light", f"{name} count", facts[name])
        if not facts["lang"]:
            self.add(state, "page", "light", "no lang")

    def _walk(self, page: Page, state: State, look: str) -> int:
        """
        Tab to the end, or round an open dialog; says how many stops there were. What frames every page is walked once in
        a look, and whenever it is drawn out over the page.
        """
        if page.evaluate(START_JS, look not in self.frame_walked):
            self.frame_walked.add(look)
        seen: set[int] = set()
        last, same = -1, 0
        for _n in range(MAX_STOPS if look != "forced" else 60):
            page.keyboard.press("Tab")
            stop = self._seen_stop(page)
            if stop is None:
                break
            same = same + 1 if stop["n"] == last else 0
            if same >= 8:  # a date field has stops inside
                self.add(state, "keyboard", look, "trap", stop["html"])
                break
            if stop["n"] == last:
                continue
            last = stop["n"]
            if last in seen:
                break
            seen.add(last)
            self._stop(stop, state, look)
        if look == "light":
            self._names(page, state, look)
        return len(seen)

    @staticmethod
    def _seen_stop(page: Page) -> dict[str, Any] | None:
        """Where the focus is; looked at once more when something seems amiss, as a page may still be scrolling to it."""
        for pause in (0, 30, 150):
            if pause:
                page.wait_for_timeout(pause)
            stop: dict[str, Any] | None = page.evaluate(STOP_JS)
            if stop is None or (stop["inView"] and stop["free"] and stop["ring"]):
                break
        return stop

    def _stop(self, stop: dict[str, Any], state: State, look: str) -> None:
        if not stop["inView"]:
            self.add(state, "keyboard", look, "focus out of view", stop["html"])
        elif not stop["free"]:
            self.add(state, "keyboard", look, "focus covered (2.4.11)", stop["html"])
        if not stop["ring"]:
            self.add(state, "keyboard", look, "no focus indicator (2.4.7)", stop["html"])

    def _names(self, page: Page, state: State, look: str) -> None:
        """What a screen reader is told of each stop, asked of the whole page at once: each question costs a new tree."""
        with voice_of(page) as voice:
            told = {one["backendDOMNodeId"]: told_by(one) for one in tree(voice) if "backendDOMNodeId" in one}
            for node, handle in stops_of(voice):
                role, name = told.get(node, ("", ""))
                if role in SAYS_NOTHING or not name:  # some say so only while the focus is on them
                    voice.send("DOM.focus", {"backendNodeId": node})
                    asked = {"backendNodeId": node, "fetchRelatives": False}
                    role, name = told_by(voice.send("Accessibility.getPartialAXTree", asked)["nodes"][0])
                if role == "generic":
                    self.add(state, "keyboard", look, "stop has no role", html_of(voice, handle))
                elif not name and role != "RootWebArea":
                    what = f"{role}: {html_of(voice, handle)}"
                    self.add(state, "keyboard", look, "stop has no name (4.1.2)", what)

    def report(self) -> str:
        rows = sorted({str(one) for one in self.findings})
        return f"{len(self.findings)} findings, {self.stops} Tab stops walked\n" + "\n".join(rows)


def show(page: Page, look: str) -> None:
    """The window and the wishes of a look; what they set moving is brought to its end, but for what lasts."""
    window, wishes = LOOKS[look]
    if page.viewport_size != window:
        page.set_viewport_size(window)  # type: ignore[arg-type] - a dict with the names of its TypedDict
    page.emulate_media(**wishes)
    page.evaluate(REST_JS)


def settle(page: Page) -> None:
    """Loaded and its parts with it. Not "networkidle": an open event stream would never let that come."""
    page.wait_for_load_state("load")
    page.wait_for_function(
        "() => !document.querySelector('main .skeleton, main [aria-busy=true]')", timeout=10_000
    )
    page.wait_for_timeout(60)


def run_axe(
    page: Page, *, rules: Sequence[str] = (), skipped: Sequence[str] = (), frame: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """All rules of the tags, or those named, less the skipped ones; without what lies in the frame."""
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": AXE_TAGS}
    asked = {"runOnly": only, "skipped": list(skipped), "frame": list(frame)}
    found: list[dict[str, Any]] = page.evaluate(AXE_JS, asked)
    return found


# --- what a screen reader is told, through the browser's own protocol ---


@contextmanager
def voice_of(page: Page) -> Iterator[CDPSession]:
    voice = page.context.new_cdp_session(page)
    voice.send("DOM.enable")
    voice.send("Accessibility.enable")
    yield voice
    voice.detach()


def tree(voice: CDPSession) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = voice.send("Accessibility.getFullAXTree")["nodes"]
    return found


def told_by(node: dict[str, Any]) -> tuple[str, str]:
    """Role and name."""
    return node.get("role", {}).get("value") or "", (node.get("name", {}).get("value") or "").strip()


def stops_of(voice: CDPSession) -> Iterator[tuple[int, str]]:
    """Where the walk came by and what is still there: the number of the node, and a handle to it."""
    listed = voice.send("Runtime.evaluate", {"expression": "window.a11yStops.filter((e) => e.isConnected)"})
    asked = {"objectId": listed["result"]["objectId"], "ownProperties": True}
    for one in voice.send("Runtime.getProperties", asked)["result"]:
        if one["name"].isdigit():
            handle = one["value"]["objectId"]
            yield voice.send("DOM.describeNode", {"objectId": handle})["node"]["backendNodeId"], handle


def html_of(voice: CDPSession, handle: str) -> str:
    asked = {"objectId": handle, "functionDeclaration": HTML_JS, "returnByValue": True}
    return str(voice.send("Runtime.callFunctionOn", asked)["result"]["value"])
