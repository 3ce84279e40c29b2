"""Small pieces of HTML as plain functions: the table draws thousands of them, the template tags wrap the same ones."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import cache, lru_cache, wraps
from html import escape as _escape
from typing import Any

from babel.numbers import format_currency
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.utils import formats, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from embudo.kernel import clock
from embudo.kernel.money import Money, exponent

_SPECIAL = re.compile("[&<>\"']").search


@dataclass(frozen=True, slots=True)
class Here:
    """
    The reader's language, zone and day, and what addresses begin with. Asking Django for them costs more than drawing the
    cell they are for.
    """

    language: str
    zone: tzinfo
    today: date
    prefix: str


_here: ContextVar[Here | None] = ContextVar("here", default=None)


def here() -> Here:
    found = _here.get()
    if found is not None:
        return found
    zone = timezone.get_current_timezone()
    return Here(get_language() or "en", zone, clock.now().astimezone(zone).date(), get_script_prefix())


def address_prefix() -> str:
    """As `get_script_prefix`."""
    found = _here.get()
    return found.prefix if found else get_script_prefix()


@contextmanager
def asked_once() -> Iterator[None]:
    """Inside, language, zone and day are asked for once: for drawing many cells."""
    token = _here.set(here())
    try:
        yield
    finally:
        _here.reset(token)


def kept(draw: Callable[..., SafeString]) -> Callable[..., SafeString]:
    """Marks a drawing of few different values (a status, a stage): each is drawn once for each language."""

    @lru_cache(maxsize=1024)
    def drawn(_language: str, *values: Any) -> SafeString:
        return draw(*values)

    return wraps(draw)(lambda *values: drawn(here().language, *values))


def text(value: Any) -> str:
    """The value as HTML: escaped unless it is markup of ours; nothing for None."""
    if type(value) is str:  # most cells, and most of them have nothing to escape
        return _escape(value) if _SPECIAL(value) else value
    if type(value) is SafeString:
        return value
    if value is None:
        return ""
    if hasattr(value, "__html__"):
        return str(value.__html__())
    return _escape(str(value))


def join(*parts: Any) -> SafeString:
    return mark_safe("".join(map(text, parts)))  # noqa: S308 - every part went through `text`


@cache
def sprite() -> str:
    return static("icons.svg")


@lru_cache(maxsize=512)
def _icon(name: str, cls: str) -> SafeString:
    address = f"{_escape(sprite())}#{_escape(name)}"
    return mark_safe(f'<svg class="{_escape(cls)}" aria-hidden="true"><use href="{address}"/></svg>')  # noqa: S308


def icon(name: str, label: Any = "", cls: str = "icon") -> SafeString:
    """An icon of the sprite. With `label` the name is hidden text: readers call an image in a link "image, link"."""
    if label:
        return join(_icon(name, cls), mark_safe('<span class="vh">'), str(label), mark_safe("</span>"))
    return _icon(name, cls)


@lru_cache(maxsize=2048)
def _badge(tone: str, icon_name: str, words: str) -> SafeString:
    return mark_safe(  # noqa: S308
        f'<span class="badge badge-{_escape(tone)}">{_icon(icon_name, "icon")}{_escape(words)}</span>'
    )


def badge(tone: str, icon_name: str, words: Any) -> SafeString:
    """A status: tone ("ok", "bad", "warn", "info", "accent", "plain") and icon and words, always three."""
    return _badge(tone, icon_name, str(words))


@lru_cache(maxsize=4096)
def _avatar(name: str, cls: str) -> SafeString:
    words = [word for word in name.split() if word[0].isalpha()]
    if not words:
        return mark_safe(  # noqa: S308
            f'<span class="avatar {_escape(cls)}" aria-hidden="true">{_icon("user", "icon")}</span>'
        )
    initials = (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()
    tone = sum(map(ord, name)) % 5
    return mark_safe(  # noqa: S308
        f'<span class="avatar av-{tone} {_escape(cls)}" aria-hidden="true">{_escape(initials)}</span>'
    )


def avatar(name: Any, cls: str = "") -> SafeString:
    """Initials on a colour of the name's own; silent, because the name stands beside it."""
    return _avatar(str(name or ""), cls)


@lru_cache(maxsize=4096)
def person(name: str) -> SafeString:
    """A small avatar with the name."""
    if not name:
        return mark_safe("—")
    return mark_safe(f'<span class="person">{_avatar(name, "")}<span>{_escape(name)}</span></span>')  # noqa: S308


# --- money and numbers ---------------------------------------------------------------------------------------------


@cache
def _currency_form(currency: str, language: str) -> tuple[str, str, str, str]:
    """(prefix, suffix, group sign, decimal sign) read off one amount that Babel wrote."""
    sample = format_currency(1234567, currency, locale=language.replace("-", "_"))
    first, last = sample.index("1"), sample.rindex("7")
    group = sample[first + 1 : sample.index("2")]
    tail = sample[last + 1 :]
    point = ""
    if exponent(currency):
        point, tail = tail[0], tail[1 + exponent(currency) :]
    return sample[:first], tail, group, point


def money_text(minor: int, currency: str, language: str | None = None) -> str:
    """As `Money.text`, twenty times faster: lists show hundreds of amounts."""
    prefix, suffix, group, point = _currency_form(currency, language or here().language)
    places = exponent(currency)
    whole, part = divmod(abs(minor), 10**places)
    sign = "-" if minor < 0 else ""
    digits = f"{whole:,}".replace(",", group)
    return f"{sign}{prefix}{digits}{f'{point}{part:0{places}}' if places else ''}{suffix}"


def whole_money_text(minor: int, currency: str, language: str | None = None) -> str:
    """Rounded to whole units, for sums that are looked at and not paid."""
    prefix, suffix, group, _point = _currency_form(currency, language or get_language() or "en")
    unit = 10 ** exponent(currency)
    digits = f"{(abs(minor) + unit // 2) // unit:,}".replace(",", group)
    return f"{'-' if minor < 0 else ''}{prefix}{digits}{suffix}"


def money(value: Any) -> str:
    """Text of a Money, or of a (minor units, currency) pair; a dash for nothing."""
    if value is None:
        return "—"
    if isinstance(value, Money):
        return money_text(value.minor, value.currency)
    minor, currency = value
    return "—" if minor is None else money_text(minor, currency)


def number(value: Any) -> str:
    return "—" if value is None else str(formats.number_format(value, use_l10n=True, force_grouping=True))


# --- dates ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _day(day: date, today: date, language: str) -> str:
    distance = (day - today).days
    if distance == 0:
        return gettext("Today")
    if distance == -1:
        return gettext("Yesterday")
    if distance == 1:
        return gettext("Tomorrow")
    return str(
        formats.date_format(day, "SAME_YEAR_FORMAT" if day.year == today.year else "SHORT_DATE_FORMAT")
    )


def _local(moment: datetime) -> datetime:
    return moment.astimezone(here().zone)


def day_text(value: date | None) -> str:
    """ "Today", "Yesterday", "18 Nov" or "18 Nov 2025", in the person's language."""
    if value is None:
        return "—"
    now = here()
    day = value.astimezone(now.zone).date() if isinstance(value, datetime) else value
    return _day(day, now.today, now.language)


def moment_text(value: datetime | None) -> str:
    """ "Today, 09:12": day and time in the person's own zone."""
    if value is None:
        return "—"
    now = here()
    local = value.astimezone(now.zone)
    return f"{_day(local.date(), now.today, now.language)}, {local.hour:02}:{local.minute:02}"


def full_day(value: date | None) -> str:
    """ "18 November 2026"."""
    return "—" if value is None else str(formats.date_format(value, "DATE_FORMAT"))


def moment(value: datetime | None) -> SafeString:
    """A <time> element with the exact instant behind the words."""
    if value is None:
        return mark_safe("—")
    return join(
        mark_safe('<time datetime="'), value.astimezone(UTC).isoformat(), mark_safe('">'), moment_text(value),
        mark_safe("</time>"),
    )  # fmt: skip


_STEPS: tuple[tuple[int, Callable[[int], str]], ...] = (
    (31_536_000, lambda n: ngettext("%(n)d year", "%(n)d years", n)),
    (2_592_000, lambda n: ngettext("%(n)d month", "%(n)d months", n)),
    (86_400, lambda n: ngettext("%(n)d day", "%(n)d days", n)),
    (3_600, lambda n: ngettext("%(n)d hour", "%(n)d hours", n)),
    (60, lambda n: ngettext("%(n)d minute", "%(n)d minutes", n)),
)


def relative(value: datetime | None) -> str:
    """ "5 minutes ago", "in 2 days"."""
    if value is None:
        return "—"
    seconds = (clock.now() - value).total_seconds()
    for size, phrase in _STEPS:
        count = int(abs(seconds) // size)
        if count:
            span = phrase(count) % {"n": count}
            return (gettext("in %(time)s") if seconds < 0 else gettext("%(time)s ago")) % {"time": span}
    return gettext("just now")


# --- charts: SVG with percent geometry, so nothing measures and text keeps its size -----------------------------------


def bar(value: float, top: float, cls: str = "c1") -> SafeString:
    width = round(100 * value / top, 1) if top else 0
    return mark_safe(  # noqa: S308
        '<svg class="chart thin" width="100%" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="4"/>'
        f'<rect class="bar {_escape(cls)}" width="{width}%" height="100%" rx="4"/></svg>'
    )


def funnel_bar(value: float, top: float, step: int = 0, cls: str = "c1") -> SafeString:
    width = round(100 * value / top, 1) if top else 0
    opacity = round(max(0.4, 1 - 0.09 * step), 2)
    return mark_safe(  # noqa: S308
        '<svg class="chart" width="100%" aria-hidden="true"><rect class="track" width="100%" height="100%" rx="5"/>'
        f'<rect class="bar {_escape(cls)}" width="{width}%" height="100%" rx="5" fill-opacity="{opacity}"/></svg>'
    )


def spark(values: Sequence[float], cls: str = "c1") -> SafeString:
    if len(values) < 2:
        return mark_safe("")
    low, high, last = min(values), max(values), len(values) - 1
    points = " ".join(
        f"{round(100 * i / last, 2)},{round(36 - 30 * (v - low) / ((high - low) or 1), 2)}"
        for i, v in enumerate(values)
    )
    name = _escape(cls)
    return mark_safe(  # noqa: S308
        '<svg class="chart spark" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true">'
        f'<polygon class="area {name}" points="0,40 {points} 100,40"/><polyline class="ln {name}" points="{points}"/></svg>'
    )


_HEIGHT, _FOOT, _GUTTER, _PLOT, _LABEL = 200, 24, 7, 93, 13


def _grid(top: float, unit: str) -> str:
    lines = []
    for tick in range(5):
        y = 8 + (_HEIGHT - 16) * tick / 4
        label = _escape(f"{number(round(top * (4 - tick) / 4))}{unit}")
        lines.append(
            f'<line class="grid" x1="{_GUTTER}%" x2="100%" y1="{y}" y2="{y}"/>'
            f'<text x="{_GUTTER}%" dx="-8" y="{y + 4}" text-anchor="end">{label}</text>'
        )
    return "".join(lines)


def _line(number_: int, values: Sequence[float], top: float) -> str:
    last = max(1, len(values) - 1)
    points = " ".join(f"{100 * i / last:.2f},{100 - 100 * v / top:.2f}" for i, v in enumerate(values))
    area = f'<polygon class="area c1" points="0,100 {points} 100,100"/>' if number_ == 1 else ""
    return f'{area}<polyline class="ln c{number_}" points="{points}"/>'


def _line_ends(ends: Sequence[tuple[int, float]], top: float) -> str:
    """A dot at the end of each line, with its value where that does not stand on another one's."""
    drawn: list[str] = []
    taken: list[float] = []
    for number_, value in ends:
        y = 8 + (_HEIGHT - 16) * (1 - value / top)
        drawn.append(f'<circle class="end-dot c{number_}" cx="100%" cy="{y}" r="4"/>')
        if all(abs(y - other) >= _LABEL for other in taken):
            words = _escape(number(value))
            drawn.append(f'<text class="end-label" x="100%" y="{y - 9}" text-anchor="end">{words}</text>')
            taken.append(y)
    return "".join(drawn)


def _axis(labels: Sequence[Any]) -> str:
    last = max(1, len(labels) - 1)
    step = 2 if last > 8 else 1
    return "".join(
        f'<text x="{round(_GUTTER + _PLOT * i / last, 2)}%" y="{_HEIGHT + 16}"'
        f' text-anchor="{"end" if i == last else "middle"}">{text(label)}</text>'
        for i, label in enumerate(labels)
        if (last - i) % step == 0
    )


def even_top(most: float) -> int:
    """A round number for the top of a scale, which its lines divide into four even steps."""
    power = max(0, len(str(int(most))) - 2)
    steps: list[int] = [lead * 10**level for level in range(power, power + 3) for lead in (1, 2, 5)]
    return 4 * next(step for step in steps if 4 * step >= most)


def axis_day(day: date) -> str:
    """Short, for the axis of a chart: "22 Nov"."""
    return str(formats.date_format(day, "SAME_YEAR_FORMAT"))


def axis_month(day: date) -> str:
    """ "Nov '26"; months are capitalised in English alone, among our languages."""
    month = formats.date_format(day, "M 'y")
    return month if here().language == "en" else month.lower()


def line_chart(
    series: Sequence[tuple[Any, Sequence[float]]],
    labels: Sequence[Any],
    title: Any,
    top: float,
    unit: str = "",
) -> SafeString:
    """Lines over time, one per (name, values). `title` is the sentence that tells the story; put the table beside it."""
    top = top or 1
    plot = "".join(_line(k, values, top) for k, (_, values) in enumerate(series, 1) if values)
    ends = _line_ends([(k, values[-1]) for k, (_, values) in enumerate(series, 1) if values], top)
    return mark_safe(  # noqa: S308
        f'<svg class="chart" width="100%" height="{_HEIGHT + _FOOT}" role="img" aria-label="{text(title)}">{_grid(top, unit)}'
        f'<svg x="{_GUTTER}%" y="8" width="{_PLOT}%" height="{_HEIGHT - 16}" viewBox="0 0 100 100"'
        f' preserveAspectRatio="none" overflow="visible">{plot}</svg>{ends}{_axis(labels)}</svg>'
    )


def hbars(rows: Sequence[tuple[Any, float]], top: float, cls: str = "c1") -> SafeString:
    """Table rows (name, bar, number) for a <table class="funnel">."""
    return mark_safe(  # noqa: S308
        "".join(
            f'<tr><th scope="row">{text(name)}</th><td class="f-bar">{bar(value, top, cls)}</td>'
            f'<td class="end num"><strong>{_escape(number(value))}</strong></td></tr>'
            for name, value in rows
        )
    )
