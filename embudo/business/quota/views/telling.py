"""How the story of an account is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from embudo.business.quota import queries
from embudo.business.quota.models import Account
from embudo.business.quota.rules.states import EntryKind
from embudo.foundation.ui import atoms

LOOKS: Mapping[str, tuple[str, str]] = {
    "opened": ("plus", "ok"),
    "refused": ("circle-x", "bad"),
    "blocked": ("lock", "bad"),
    "lifted": ("circle-check", "ok"),
    "change": ("arrow-right", "accent"),
    "change_ended": ("flag", "accent"),
    "signed": ("badge-check", "accent"),
    "customer_asked": ("mail", "info"),
    "bounced": ("circle-alert", "bad"),
    "customer_answered": ("message-square", "info"),
    "switch": ("zap", "info"),
    "switch_decided": ("user-check", "info"),
    "limit": ("gauge", "accent"),
    "period": ("calendar-check", ""),
    "restated": ("calendar-clock", "bad"),
    "request": ("hourglass", "info"),
    "request_answered": ("user-check", "info"),
    "closed": ("archive", "bad"),
    "closed_before": ("archive", "bad"),
    "opened_again": ("plus", "ok"),
}
ENTRY_LOOKS: Mapping[str, tuple[str, str]] = {
    EntryKind.HOLD: ("clock", ""),
    EntryKind.CAPTURE: ("banknote", ""),
    EntryKind.RELEASE: ("rotate-ccw", ""),
    EntryKind.EXPIRE: ("hourglass", ""),
    EntryKind.REFUND: ("undo-2", "ok"),
    EntryKind.TOPUP: ("circle-plus", "ok"),
    EntryKind.ADJUSTMENT: ("pencil", "bad"),
}


@dataclass(frozen=True)
class Line:
    """One thing that happened, ready to draw; `url` is where it comes from."""

    at: Any
    icon: str
    tone: str
    words: str
    detail: str
    who: str
    amount: str
    available: str
    url: str


def lines_of(account: Account, items: Sequence[queries.Happened]) -> list[Line]:
    return [_line(account, one) for one in items]


def _line(account: Account, one: queries.Happened) -> Line:
    said = queries.told(account, one)
    icon, tone = ENTRY_LOOKS[one.thing.kind] if one.kind == "entry" else LOOKS[one.kind]
    amount, available = (
        "" if minor is None else atoms.money_text(minor, account.currency)
        for minor in (said.amount, said.available)
    )
    return Line(one.at, icon, tone, said.words, said.detail, said.who, amount, available, _origin(one))


def drawn(lines: Sequence[Line]) -> SafeString:
    """The items of a timeline; in code, for a page has dozens of them."""
    return mark_safe("".join(map(_drawn, lines)))  # noqa: S308 - every part is escaped


def _drawn(line: Line) -> str:
    text = atoms.text
    words = f'<a href="{text(line.url)}">{text(line.words)}</a>' if line.url else text(line.words)
    amount = f' <span class="num">{text(line.amount)}</span>' if line.amount else ""
    who = f" · {text(line.who)}" if line.who else ""
    left = ""
    if line.available:
        told = gettext("%(left)s left") % {"left": line.available}
        left = f' <span class="xs subtle">· {text(told)}</span>'
    detail = f'<div class="small muted">{text(line.detail)}</div>' if line.detail else ""
    tone = f" tl-{line.tone}" if line.tone else ""
    return (
        f'<li><span class="tl-dot{tone}" aria-hidden="true">{atoms.icon(line.icon)}</span>'
        f'<div class="tl-body"><h3><strong>{words}</strong>{amount}{who}</h3>{atoms.moment(line.at)}'
        f"{left}{detail}</div></li>"
    )


def _origin(one: queries.Happened) -> str:
    """The page of what is told; "" where it has none of its own."""
    if one.kind in ("change", "change_ended"):
        return optional("quota:change", one.thing.pk)
    if one.kind in ("signed", "customer_asked", "bounced", "customer_answered"):
        return optional("quota:change", one.thing.change_id)
    if one.kind == "limit" and one.thing.change:
        return optional("quota:change", one.thing.change)
    if one.kind in ("switch", "switch_decided"):
        return optional("quota:run", one.thing.run_id)
    return ""


def optional(name: str, *args: Any) -> str:
    """ "" where no page is called so."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
