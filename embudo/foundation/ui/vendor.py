"""
Copies the pinned browser files out of node_modules and writes vendor.lock (the SHA-256 of each).

    npm ci --ignore-scripts && python vendor.py     after a change of package.json or of the icon list
    python vendor.py --check                        the committed files match vendor.lock (needs no Node)

The results are committed, so installing the product needs neither Node nor network. NODE_MODULES names another place.
"""

import hashlib
import os
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
MODULES = Path(os.environ.get("NODE_MODULES", HERE / "node_modules"))
STATIC = HERE / "static"
LOCK = HERE / "vendor.lock"
FILES = {
    "htmx.org/dist/htmx.min.js": "vendor/htmx-4.0.1.min.js",
    "sortablejs/Sortable.min.js": "vendor/sortable-1.15.7.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "fonts/inter-latin-wght-normal.woff2",
    "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2": "fonts/inter-latin-ext-wght-normal.woff2",
}
SPRITE = "icons.svg"
ICONS = """
activity alarm-clock archive arrow-down arrow-left arrow-right arrow-up arrow-up-right at-sign badge-check ban banknote bell
bell-off bell-ring briefcase building-2 calendar calendar-check calendar-clock chart-column chart-line check chevron-down
chevron-left chevron-right chevrons-up-down circle circle-alert circle-check circle-dollar-sign circle-dot circle-help
circle-plus circle-x clock coins columns-3 command contact copy corner-down-left credit-card download ellipsis
ellipsis-vertical external-link eye eye-off file file-check file-plus file-text file-x filter flag folder funnel gauge
git-merge globe grip-vertical handshake headset history hourglass house image inbox info kanban key-round keyboard landmark
languages layers layout-dashboard lightbulb link list list-filter list-todo loader-circle lock log-in log-out mail map-pin
menu message-square mic mic-off monitor moon move-horizontal notebook-pen octagon-x package paperclip pause pencil percent
phone phone-call phone-forwarded phone-incoming phone-missed phone-off phone-outgoing play plus qr-code receipt refresh-cw
rotate-ccw save scale search send settings shield shield-alert shield-check shield-question-mark shield-x
sliders-horizontal smartphone split square-check star sticky-note sun table tag target thumbs-down trash-2 trending-down
trending-up triangle-alert trophy undo-2 upload user user-check user-cog user-plus users users-round wallet webhook x zap
""".split()  # noqa: SIM905 - a list to read, not to parse
STROKE = 'fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"'


def symbol(name: str) -> str:
    """One icon as a symbol of the sprite; its colour is the text's."""
    source = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    found = re.search(r"<svg[^>]*>(.*)</svg>", source, re.DOTALL)
    if found is None:
        raise ValueError(f"{name} is no icon")
    return f'<symbol id="{name}" viewBox="0 0 24 24" {STROKE}>{" ".join(found[1].split())}</symbol>'


def sums() -> str:
    names = sorted([*FILES.values(), SPRITE])
    return "".join(f"{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()}  {name}\n" for name in names)


def copy() -> None:
    for source, goal in FILES.items():
        (STATIC / goal).parent.mkdir(parents=True, exist_ok=True)
        (STATIC / goal).write_bytes((MODULES / source).read_bytes())
    drawn = "\n".join(symbol(name) for name in ICONS)
    (STATIC / SPRITE).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg">\n{drawn}\n</svg>\n', encoding="utf-8"
    )
    LOCK.write_text(sums(), encoding="utf-8")


def is_unchanged() -> bool:
    return LOCK.exists() and sums() == LOCK.read_text(encoding="utf-8")


def main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        copy()
    unchanged = is_unchanged()
    sys.stdout.write("vendored files match\n" if unchanged else "vendored files differ from vendor.lock\n")
    return 0 if unchanged else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
