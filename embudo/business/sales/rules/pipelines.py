from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.money import Money, is_currency

VALUE_LIMIT = 9_007_199_254_740_991  # what JSON and spreadsheets hold exactly


class StageKind(TextChoices):
    OPEN = "open", _("Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class LostReason(TextChoices):
    PRICE = "price", _("Price")
    COMPETITOR = "competitor", _("Chose another supplier")
    NO_DECISION = "no_decision", _("No decision")
    TIMING = "timing", _("Bad moment")
    NO_FIT = "no_fit", _("Did not fit the need")
    NO_ANSWER = "no_answer", _("No answer any more")
    OTHER = "other", _("Other")


@dataclass(frozen=True)
class StageDraft:
    """A stage as it is defined: `probability` in per cent."""

    name: str
    probability: int
    kind: StageKind = StageKind.OPEN


DEFAULT_PIPELINE = "Sales"
DEFAULT_STAGES = (
    StageDraft("Prospecting", 10),
    StageDraft("Engaging", 30),
    StageDraft("Offer", 60),
    StageDraft("Negotiation", 80),
    StageDraft("Won", 100, StageKind.WON),
    StageDraft("Lost", 0, StageKind.LOST),
)
# Names that come with the product are shown in the person's language; a name that somebody typed stays as it is.
KNOWN_NAMES: Mapping[str, Any] = {
    "Sales": _("Sales"),
    "Prospecting": _("Prospecting"),
    "Engaging": _("Engaging"),
    "Offer": _("Offer"),
    "Negotiation": _("Negotiation"),
    "Won": _("Won"),
    "Lost": _("Lost"),
}


def shown_name(name: str) -> str:
    return str(KNOWN_NAMES.get(name, name))


def check_stages(stages: tuple[StageDraft, ...]) -> None:
    """Refuses (Invalid) a pipeline that cannot be gone through to its end."""
    kinds = [stage.kind for stage in stages]
    if kinds.count(StageKind.WON) != 1 or kinds.count(StageKind.LOST) != 1 or StageKind.OPEN not in kinds:
        raise Invalid({"stages": [_("Give the pipeline open stages, one stage for won and one for lost.")]})
    if len({stage.name for stage in stages}) < len(stages):
        raise Invalid({"stages": [_("Give every stage a name of its own.")]})
    if not all(0 <= stage.probability <= 100 for stage in stages):
        raise Invalid({"stages": [_("Enter probabilities from 0 to 100 per cent.")]})


def check_movable(state: str, *, is_same_pipeline: bool, kind: str) -> None:
    """Refuses a move between pipelines, out of a closed state, and to the stages that have acts of their own."""
    if state != StageKind.OPEN:
        raise Refused("sales.opportunity_closed", _("This opportunity is closed. Reopen it first."))
    if not is_same_pipeline:
        raise Refused(
            "sales.other_pipeline", _("This stage belongs to another pipeline. Choose a stage of its own.")
        )
    if kind == StageKind.LOST:
        raise Refused(
            "sales.lost_needs_reason", _("Say why it was lost: use “Lose” instead of moving the card.")
        )


def check_closable(state: str) -> None:
    if state != StageKind.OPEN:
        raise Refused("sales.opportunity_closed", _("This opportunity is closed. Reopen it first."))


def check_reopenable(state: str) -> None:
    if state == StageKind.OPEN:
        raise Refused("sales.opportunity_is_open", _("This opportunity is open already."))


def check_open_stage(kind: str, *, is_same_pipeline: bool = True) -> None:
    if kind != StageKind.OPEN or not is_same_pipeline:
        raise Invalid({"stage": [_("Choose an open stage of the same pipeline.")]})


def checked_title(title: str) -> str:
    tidy = " ".join(title.replace("\0", "").split())
    if not tidy:
        raise Invalid({"title": [_("Enter a title.")]})
    if len(tidy) > 200:
        raise Invalid({"title": [_("Shorten this to %(n)d characters.") % {"n": 200}]})
    return tidy


def checked_value(value: Money) -> Money:
    if not 0 <= value.minor <= VALUE_LIMIT:
        raise Invalid({"value": [_("Enter an amount of zero or more.")]})
    if not is_currency(value.currency):
        raise Invalid({"value": [_("Enter a currency code of three letters, such as EUR.")]})
    return value
