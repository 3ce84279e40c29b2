"""The gate is not blind: a clean page gives nothing, each defect planted in the other is found."""

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.a11y.gate import LOOKS, Gate, State

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
GOOD = """<!doctype html><html lang=en><title>Good</title><style>a{outline-offset:2px}</style>
<main><h1>Good</h1><p><a href=/good>A link in a page of its own</a></p></main>"""
BAD = """<!doctype html><html><title>Good</title><meta name=viewport content="width=device-width"><style>*:focus{outline:none}
.bar{position:fixed;inset:0 0 auto;height:60px;background:#fff;z-index:9;pointer-events:auto}
@keyframes s{to{opacity:.1}}.spin{animation:s 1s infinite}.tiny{width:9px;height:9px;padding:0;border:0}</style>
<div class=bar></div><div><a href=#x>covered</a></div><div style="margin-top:80px"><h3>Skipped levels</h3>
<p style="color:#bbb">Pale text</p><input><button class=tiny></button><button class=tiny></button>
<div tabindex=0 onclick="1">clickable</div><div style="width:900px">wide</div><div class=spin>moving</div>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></div>"""
FRAMED = """<!doctype html><html lang=en><title>Framed</title><aside id=sidebar aria-label=Menu><button></button></aside>
<main><h1>Framed</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="></main>"""
NIGHT = GOOD.replace("</style>", "p{color:#000}@media (prefers-color-scheme:dark){p,a{color:#bbb}}</style>")
PAGES = {"/good": GOOD, "/framed": FRAMED, "/night": NIGHT}
PLANTED = {
    ("axe", "color-contrast"), ("axe", "button-name"), ("axe", "label"), ("axe", "image-alt"), ("axe", "html-has-lang"),
    ("axe", "target-size"), ("page", "h1 count"), ("page", "main count"), ("page", "no lang"), ("page", "title not unique"),
    ("keyboard", "no focus indicator (2.4.7)"), ("keyboard", "focus covered (2.4.11)"),
    ("keyboard", "stop has no name (4.1.2)"), ("keyboard", "stop has no role"), ("reflow", "sideways scrolling"),
    ("motion", "2.3.3"),
}  # fmt: skip


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = next((page for start, page in PAGES.items() if self.path.startswith(start)), BAD).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_gate_finds_every_planted_defect(site: str, browser: Browser) -> None:
    gate = Gate(site, browser)
    gate.check([State("good", "/good")], list(LOOKS))
    assert not gate.findings, gate.report()
    gate.check([State("bad", "/bad")], list(LOOKS))
    assert {(one.check, one.rule) for one in gate.findings} >= PLANTED, gate.report()


def test_gate_sees_the_colours_of_the_dark(site: str, browser: Browser) -> None:
    gate = Gate(site, browser)
    gate.check([State("night", "/night")], ["light", "dark", "phone"])
    assert [(one.look, one.rule) for one in gate.findings] == [("dark", "color-contrast")]


def test_gate_judges_the_frame_once_and_the_page_within_each_time(site: str, browser: Browser) -> None:
    gate = Gate(site, browser)
    gate.check([State("one", "/framed"), State("two", "/framed?again")], ["light"])
    told = [(one.state, one.rule) for one in gate.findings if one.check == "axe"]
    assert told.count(("one", "button-name")) == 1, gate.report()
    assert ("two", "button-name") not in told
    assert {("one", "image-alt"), ("two", "image-alt")} <= set(told)
