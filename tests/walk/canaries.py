"""What attackers type, and how to see that some of it came alive."""

import re
from html.parser import HTMLParser

MARK = "xcanary"
PAYLOADS = (
    "<script>xcanary(1)</script>",
    "<ScRiPt src=//e.vil/xcanary.js></sCrIpT>",
    "</script><script>xcanary(2)</script>",
    "</title><script>xcanary(3)</script>",
    "</textarea><script>xcanary(4)</script>",
    "</option></select><xcanary>",
    "<img src=x onerror=xcanary(5)>",
    "<img/src='x'/onerror='xcanary(6)'>",
    "<svg onload=xcanary(7)>",
    "<svg><script>xcanary(8)</script></svg>",
    "<svg><a xlink:href=javascript:xcanary(9)>x</a>",
    "<math><mtext><xcanary></mtext></math>",
    "<iframe srcdoc='<script>xcanary()</script>'>",
    "<iframe src=javascript:xcanary(10)>",
    "<body onload=xcanary(11)>",
    "<details open ontoggle=xcanary(12)>",
    "<input autofocus onfocus=xcanary(13)>",
    "<form action=javascript:xcanary(14)><button>",
    "<button formaction=javascript:xcanary(15)>x",
    "<a href=javascript:xcanary(16)>x</a>",
    "<base href=//e.vil/xcanary/>",
    "<meta http-equiv=refresh content='0;//xcanary'>",
    "<link rel=stylesheet href=//e.vil/xcanary.css>",
    "<style>@import'//e.vil/xcanary'</style>",
    "<object data=javascript:xcanary(17)>",
    "<div hx-get=/xcanary hx-trigger=load>",
    "<template><xcanary></template>",
    '"><xcanary x="',
    "'><xcanary x='",
    '" onmouseover="xcanary(18)" x="',
    "' onfocus='xcanary(19)' autofocus x='",
    "` onclick=xcanary(20) `",
    "javascript:xcanary(21)",
    "JaVaScRiPt&colon;xcanary(22)",
    "\\u003cscript\\u003excanary(23)",
    "&lt;script&gt;xcanary(24)&lt;/script&gt;",
    "{{7*7}}xcanary{% now 'Y' %}",
    "${7*7}#{7*7}<%=7*7%>xcanary",
    "-->]]><xcanary><!--",
    "%3Cscript%3Excanary(25)%3C/script%3E",
)
# Breaks out of text, of both kinds of quoted attributes: in front of every short text, so that each field is tried.
OPENER = "\"'><xcanary>"
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", '=HYPERLINK("//xcanary")', "=cmd|' /C x'!A0")
ADDRESSES = frozenset(
    {"href", "src", "action", "formaction", "data", "xlink:href", "hx-get", "hx-post", "srcdoc"}
)
LIVE = re.compile(r"^[\s\x00-\x20]*(javascript|vbscript|data:text)", re.IGNORECASE)


def chunks(limit: int) -> list[str]:
    """The payloads packed into texts of at most `limit` characters, so that one record carries several."""
    packed = [""]
    for payload in PAYLOADS:
        if packed[-1] and len(packed[-1]) + len(payload) > limit:
            packed.append("")
        packed[-1] += payload
    return packed


class Living(HTMLParser):
    """Collects what no page of ours may hold: canary tags and attributes, handlers, live addresses, inline code."""

    def __init__(self, html: str, *, is_mail: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.is_mail = is_mail  # mails carry their style inside, browsers of mail read no other
        self.inside = ""
        self.feed(html)
        self.close()
        self.found += [f"computed: {text}" for text in ("49xcanary", "4949<") if text in html]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _value in attrs}
        if MARK in tag or tag in ("base", "object", "iframe", "embed", "math"):
            self.found.append(f"<{tag}>")
        if tag == "script" and "src" not in names and ("type", "application/json") not in attrs:
            self.found.append("<script> with its code inside")
        if tag == "style" and not self.is_mail:
            self.found.append("<style>")
        self.inside = tag if tag in ("script", "style") else ""
        for name, value in attrs:
            self.attribute(tag, name, value or "")

    def attribute(self, tag: str, name: str, value: str) -> None:
        is_code = name.startswith("on") or MARK in name or (name == "style" and not self.is_mail)
        is_live = name in ADDRESSES and (LIVE.match(value) or re.match(r"^[\s/\\]*(e\.vil|xcanary)", value))
        if is_code or is_live or (tag == "meta" and name == "content" and MARK in value):
            self.found.append(f"<{tag} {name}={value[:60]!r}>")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside and MARK in data:
            self.found.append(f"inside <{self.inside}>")


def alive(html: str, *, is_mail: bool = False) -> list[str]:
    return Living(html, is_mail=is_mail).found
