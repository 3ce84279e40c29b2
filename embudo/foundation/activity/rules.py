from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid, Refused


class Priority(IntegerChoices):
    LOW = 1, _("Low")
    NORMAL = 2, _("Normal")
    HIGH = 3, _("High")


class Direction(TextChoices):
    OUTGOING = "outgoing", _("Outgoing")
    INCOMING = "incoming", _("Incoming")


class Outcome(TextChoices):
    ANSWERED = "answered", _("Answered")
    NO_ANSWER = "no_answer", _("No answer")
    BUSY = "busy", _("Busy")
    VOICEMAIL = "voicemail", _("Left a message")
    WRONG_NUMBER = "wrong_number", _("Wrong number")


LONGEST_TITLE = 200
LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class TaskTitle:
    """The words of an automatic to-do: its title ("Chase invoice %(number)s") and what closes it."""

    title: Any
    closes: Any


_titles: dict[str, TaskTitle] = {}


def register_task_title(code: str, title: Any, closes: Any) -> None:
    """
    `code` as given to `open_automatic_task`; `title` is translatable with %(named)s places for its params; `closes`
    is a whole sentence: "This task closes by itself when the invoice is paid."
    """
    _titles[code] = TaskTitle(title, closes)


def title_in_words(code: str, params: Mapping[str, Any]) -> str:
    """In the language of whoever reads it."""
    known = _titles.get(code)
    if known is None:
        return code
    try:
        return str(known.title) % params
    except (KeyError, ValueError, TypeError):  # an old to-do of a title whose places have changed since
        return str(known.title)


def closing_in_words(code: str) -> str:
    known = _titles.get(code)
    return str(known.closes if known else _("This task closes by itself when its cause is gone."))


def check_closed_by_hand(*, is_automatic: bool, title_code: str) -> None:
    if is_automatic:
        raise Refused("activity.closes_itself", closing_in_words(title_code))


def check_changed_by_hand(*, is_automatic: bool) -> None:
    if is_automatic:
        raise Refused(
            "activity.kept_by_itself",
            _("This task is kept up to date by itself. You can give it to somebody else, nothing more."),
        )


def check_author(author_id: UUID | None, actor_id: UUID | None) -> None:
    if author_id is None or author_id != actor_id:
        raise Refused("activity.not_author", _("Only the person who wrote this note may change it."))


def clean_title(title: str) -> str:
    """One line, without stray spaces."""
    tidy = " ".join(title.replace("\0", "").split())
    if not tidy:
        raise Invalid({"title": [_("Enter a title.")]})
    if len(tidy) > LONGEST_TITLE:
        raise Invalid({"title": [_("Shorten the title to 200 characters.")]})
    return tidy


def clean_text(text: str, field: str = "text", *, is_needed: bool = True) -> str:
    tidy = text.replace("\0", "").strip()
    if is_needed and not tidy:
        raise Invalid({field: [_("Write something first.")]})
    if len(tidy) > LONGEST_TEXT:
        raise Invalid({field: [_("Shorten the text to 10,000 characters.")]})
    return tidy


def check_due(due: date | None) -> None:
    if due is not None and not 2000 <= due.year <= 2199:
        raise Invalid({"due": [_("Enter a date between 2000 and 2199.")]})


def check_moment(moment: datetime, field: str) -> None:
    if not 2000 <= moment.year <= 2199:
        raise Invalid({field: [_("Enter a date between 2000 and 2199.")]})


def check_times(starts: datetime, ends: datetime | None) -> None:
    check_moment(starts, "starts")
    if ends is not None:
        check_moment(ends, "ends")
    if ends is not None and ends <= starts:
        raise Invalid({"ends": [_("Enter an end that comes after the start.")]})


def check_call(at: datetime, now: datetime, seconds: int) -> None:
    check_moment(at, "at")
    faults: dict[str, list[Any]] = {}
    if at > now:
        faults["at"] = [_("Enter a moment that is not in the future.")]
    if not 0 <= seconds <= 86_400:
        faults["seconds"] = [_("Enter a duration between zero and 24 hours.")]
    if faults:
        raise Invalid(faults)


def check_held(*, is_cancelled: bool) -> None:
    if is_cancelled:
        raise Refused("activity.meeting_cancelled", _("This meeting was cancelled. Plan a new one."))


def chosen(choices: type[TextChoices], value: str, field: str) -> str:
    if value not in choices.values:
        raise Invalid({field: [_("Choose one of the values offered.")]})
    return value


def clean_priority(priority: int) -> int:
    if priority not in Priority.values:
        raise Invalid({"priority": [_("Choose one of the values offered.")]})
    return priority
