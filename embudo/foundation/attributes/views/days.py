"""Draws a calendar: a grid of days for a month or a week, a list for an agenda or a single day."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.middleware.csrf import get_token
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

from embudo.foundation.attributes.rules import Span
from embudo.foundation.ui import atoms
from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.parts import CalendarEntry

if TYPE_CHECKING:
    from embudo.foundation.attributes.views.calendars import Calendar

A_DAY = {Span.MONTH: 4, Span.WEEK: 12}  # entries in one cell of the grid
TONES = {"bad": "circle-alert", "warn": "clock", "ok": "circle-check"}


def whole_day(day: date) -> str:
    """ "Sunday, 22 November 2026" """
    return f"{date_format(day, 'l')}, {date_format(day, 'DATE_FORMAT')}"


class CalendarDrawing:
    """Everything is markup of ours or goes through `text`."""

    def __init__(self, calendar: "Calendar") -> None:
        self.calendar, self.period, self.entries = calendar, calendar.period, calendar.entries
        self.tone_word = text(gettext("needs attention"))
        self.move_url = text(calendar.design.tool_url("move"))

    def drawn(self) -> SafeString:
        with atoms.asked_once():
            is_grid = self.period.span in A_DAY
            body = self._grid() if is_grid else self._agenda()
        name = '<section class="cal" aria-labelledby="cal-title">'
        return mark_safe(f"{name}{self._head()}{self._note()}{body}</section>")  # noqa: S308 - all is escaped

    # --- the head

    def _head(self) -> str:
        before, after = (self.calendar.url(day=self.period.moved(step)) for step in (-1, 1))
        steps = (
            self._step("cal-previous", before, atoms.icon("chevron-left", gettext("Earlier"))),
            self._step("cal-today", self.calendar.url(day=self.calendar.today), text(gettext("Today"))),
            self._step("cal-next", after, atoms.icon("chevron-right", gettext("Later"))),
        )
        spans = "".join(self._span(one) for one in (Span.MONTH, Span.WEEK, Span.AGENDA))
        days, show = text(gettext("Days")), text(gettext("Show"))
        return (
            f'<div class="cal-head row row-wrap"><h2 id="cal-title">{text(self.calendar.title)}</h2>'
            f'<span class="subtle small">{text(self.calendar.count_shown)}</span>'
            f'<div class="group push" role="group" aria-label="{days}">{"".join(steps)}</div>'
            f'<div class="group" role="group" aria-label="{show}">{spans}</div></div>'
        )

    @staticmethod
    def _step(name: str, url: str, shown: str, more: str = "") -> str:
        address = text(url)
        return f'<a class="btn" id="{name}" href="{address}" hx-get="{address}" hx-target="#main" hx-push-url="true"{more}>{shown}</a>'

    def _span(self, one: Span) -> str:
        here = ' aria-current="page"' if one is self.period.span else ""
        return self._step(f"cal-{one}", self.calendar.url(span=one), text(one.label), here)

    def _note(self) -> str:
        if not self.calendar.is_capped:
            return ""
        words = gettext("Only the first %(n)s are shown. Narrow the list, or look at fewer days.")
        shown = atoms.number(sum(len(some) for some in self.entries.values()))
        return f'<p class="notice notice-warn">{atoms.icon("triangle-alert")}<span>{text(words % {"n": shown})}</span></p>'

    # --- month and week

    def _grid(self) -> str:
        heads = "".join(
            f'<th scope="col"><span aria-hidden="true">{text(short)}</span><span class="vh">{text(name)}</span></th>'
            for short, name in self.calendar.weekdays
        )
        weeks = "".join(f"<tr>{''.join(self._cell(day) for day in week)}</tr>" for week in self.period.weeks)
        help_ = text(
            gettext("The arrow keys go from day to day, Enter opens one, and Tab leads to what stands on it.")
        )
        moved = text(gettext("%card moved to %stage"))
        movable = " data-movable" if self.calendar.is_movable else ""
        return (
            f'<p class="vh" id="cal-help">{help_}</p>{self._token()}'
            f'<table class="cal-grid cal-{self.period.span}" role="grid" aria-labelledby="cal-title" aria-describedby="cal-help"'
            f' data-url="{self.move_url}" data-moved="{moved}"{movable}><thead><tr>{heads}</tr></thead><tbody>{weeks}</tbody></table>'
        )

    def _token(self) -> str:
        """What a post proves that it comes from this page with."""
        token = text(get_token(self.calendar.page.request))
        return (
            f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
            if self.calendar.is_movable
            else ""
        )

    def _cell(self, day: date) -> str:
        found = self.entries.get(day, ())
        most = A_DAY[self.period.span]
        shown = found if len(found) <= most else found[: most - 1]
        entries = "".join(self._entry(one) for one in shown)
        more = self._more(day, len(found) - len(shown)) if len(found) > len(shown) else ""
        marks = (
            "cal-today" if day == self.calendar.today else "",
            "" if self.period.shows(day) else "cal-out",
        )
        key = day.isoformat()
        return (
            f'<td class="{" ".join(filter(None, marks))}">{self._day_link(day, len(found))}'
            f'<ul class="cal-entries" role="list" data-lane="{key}" data-name="{text(date_format(day, "DATE_FORMAT"))}">{entries}</ul>{more}</td>'
        )

    def _day_link(self, day: date, count: int) -> str:
        name = whole_day(day)
        if count:
            name += ", " + ngettext("%(n)s entry", "%(n)s entries", count) % {"n": atoms.number(count)}
        here = ' aria-current="date"' if day == self.calendar.today else ""
        tally = f'<span class="tally" aria-hidden="true">{count}</span>' if count else ""
        address = text(self.calendar.url(span=Span.DAY, day=day))
        return (
            f'<a class="cal-day" id="day-{day.isoformat()}" href="{address}"{here}><span aria-hidden="true">{day.day}</span>'
            f'<span class="vh">{text(name)}</span>{tally}</a>'
        )

    def _more(self, day: date, n: int) -> str:
        words = ngettext("%(n)d more", "%(n)d more", n) % {"n": n}
        address = text(self.calendar.url(span=Span.DAY, day=day))
        return f'<a class="cal-more" href="{address}">{text(words)}<span class="vh">, {text(date_format(day, "DATE_FORMAT"))}</span></a>'

    # --- agenda and day

    def _agenda(self) -> str:
        days = [day for day in self.period.days if self.entries.get(day)]
        if not days:
            words = text(gettext("Nothing stands on these days."))
            return f'<p class="empty">{words}</p>'
        if self.period.span is Span.DAY:  # the head names the day already
            return f'<div class="card card-pad">{self._lines(self.entries[days[0]])}</div>'
        return f'<div class="cal-list">{"".join(self._day(day, self.entries[day]) for day in days)}</div>'

    def _day(self, day: date, entries: Sequence[CalendarEntry]) -> str:
        key = f"on-{day.isoformat()}"
        words = text(gettext("Today"))
        today = f' <span class="badge badge-accent">{words}</span>' if day == self.calendar.today else ""
        return (
            f'<section class="card card-pad" aria-labelledby="{key}"><h3 id="{key}">{text(whole_day(day))}{today}</h3>'
            f"{self._lines(entries)}</section>"
        )

    def _lines(self, entries: Sequence[CalendarEntry]) -> str:
        lines = "".join(self._entry(one, is_line=True) for one in entries)
        return f'<ul class="cal-entries" role="list">{lines}</ul>'

    # --- one entry

    def _entry(self, one: CalendarEntry, *, is_line: bool = False) -> str:
        tone = f" cal-{text(one.tone)}" if one.tone else ""
        card = (
            f' data-card="{text(one.id)}" data-version="{text(one.version)}"'
            if one.can_move
            else " data-fixed"
        )
        mark = atoms.icon(one.icon or TONES.get(one.tone, "")) if one.icon or one.tone in TONES else ""
        kind = f'<span class="vh">{text(one.kind)}: </span>' if one.kind else ""
        time = f'<span class="num">{text(one.time)}</span> ' if one.time else ""
        alert = f'<span class="vh"> ({self.tone_word})</span>' if one.tone == "bad" else ""
        inner = f'{mark}{kind}{time}<span class="cal-name">{text(one.title)}</span>{alert}'
        link = f'<a href="{text(one.url)}">{inner}</a>' if one.url else f"<span>{inner}</span>"
        mover = self._mover(one) if is_line and one.can_move else ""
        return f'<li class="cal-entry{tone}"{card}>{link}{mover}</li>'

    def _mover(self, one: CalendarEntry) -> str:
        """Another day, typed: what dragging does, for the keyboard and for browsers without script."""
        name = f"move-{text(one.id)}"
        words, to_day = text(pgettext("calendar", "Move")), text(gettext("Move to"))
        return (
            f'<details class="cal-move"><summary class="btn btn-ghost">{words}<span class="vh"> {text(one.title)}</span></summary>'
            f'<form method="post" action="{self.move_url}" class="row row-wrap">{self._token()}'
            f'<input type="hidden" name="card" value="{text(one.id)}"><input type="hidden" name="version" value="{text(one.version)}">'
            f'<label for="{name}">{to_day}</label>'
            f'<input class="input input-sm" type="date" id="{name}" name="lane" value="{one.day.isoformat()}" required>'
            f'<button class="btn" type="submit">{words}</button></form></details>'
        )
