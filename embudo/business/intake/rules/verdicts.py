from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid

LEASE = timedelta(minutes=10)
LONGEST_COMMENT = 1000
LONGEST_VALUE = 4000


class Judgement(TextChoices):
    """Of one value."""

    RIGHT = "right", _("Right")
    WRONG = "wrong", _("Wrong")
    UNKNOWN = "unknown", _("Cannot be verified")


class Fault(TextChoices):
    """Why a value is wrong."""

    MISTYPED = "mistyped", _("Mistyped")
    OUTDATED = "outdated", _("Out of date")
    MISSING = "missing", _("Missing")
    OTHER_RECORD = "other_record", _("Belongs to another record")
    FORMAT = "format", _("Written in another form than asked for")
    OTHER = "other", _("Other")


class Outcome(TextChoices):
    ACCEPTED = "accepted", _("Accepted")
    REJECTED = "rejected", _("Rejected")


@dataclass(frozen=True)
class Point:
    """What a verifier says of one value."""

    name: str
    judgement: str
    code: str = ""
    comment: str = ""
    suggested: str = ""

    def stored(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if value}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Point":
        return cls(**{name: str(stored[name]) for name in cls.__dataclass_fields__ if name in stored})


def checked_points(given: Iterable[Mapping[str, Any]], names: Sequence[str]) -> list[Point]:
    """Each about an attribute that is asked for, once; a wrong one says by code or comment why. Refuses Invalid."""
    found: dict[str, Point] = {}
    faults: dict[str, list[Any]] = {}
    for one in given:
        point = Point.of({name: str(value).strip() for name, value in one.items() if value is not None})
        if point.name not in names or point.name in found or point.judgement not in Judgement.values:
            raise Invalid({"points": [_("Judge each attribute that is asked for once.")]})
        found[point.name] = point
        if point.code and point.code not in Fault.values:
            faults[point.name] = [_("Choose one of the reasons.")]
        elif point.judgement == Judgement.WRONG and not (point.code or point.comment or point.suggested):
            faults[point.name] = [
                _("Say what is wrong: choose a reason, write a comment or suggest a value.")
            ]
        elif len(point.comment) > LONGEST_COMMENT or len(point.suggested) > LONGEST_VALUE:
            faults[point.name] = [_("Use at most %(n)d characters.") % {"n": LONGEST_COMMENT}]
    if faults:
        raise Invalid(faults)
    return list(found.values())


def check_outcome(outcome: str, points: Sequence[Point], comment: str) -> None:
    """Refuses (Invalid) accepting what holds a wrong value, and rejecting without a reason."""
    if len(comment) > LONGEST_COMMENT:
        raise Invalid({"comment": [_("Use at most %(n)d characters.") % {"n": LONGEST_COMMENT}]})
    is_wrong = any(point.judgement == Judgement.WRONG for point in points)
    if outcome == Outcome.ACCEPTED and is_wrong:
        raise Invalid({"outcome": [_("A value is marked as wrong: reject the entry, or mark it otherwise.")]})
    if outcome == Outcome.REJECTED and not is_wrong and not comment.strip():
        raise Invalid({"comment": [_("Say why: mark a value as wrong, or write a comment.")]})
