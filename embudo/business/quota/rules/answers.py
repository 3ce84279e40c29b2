import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.business.quota.rules.periods import start_of
from embudo.kernel import clock
from embudo.kernel.errors import Invalid


class DenialCode(TextChoices):
    """Why a customer says that a change was not theirs."""

    NOT_ASKED = "not_asked", _("I did not ask for this")
    WRONG_AMOUNT = "wrong_amount", _("The amount is not the one I asked for")
    WRONG_DATE = "wrong_date", _("The date is not the one I asked for")
    UNKNOWN_PERSON = "unknown", _("I do not know who asked for this")
    NOT_WANTED = "not_wanted", _("I do not want it any more")
    OTHER = "other", _("Another reason")


class Dead(TextChoices):
    """Why a link is no longer answered under."""

    ANSWERED = "answered", _("You have answered. Thank you.")
    EXPIRED = "expired", _("The time to answer is over.")
    REPLACED = "replaced", _("A newer mail was sent to you. Use the link in that one.")
    RETURNED = (
        "returned",
        _("The mail with this link came back to us, so it no longer works. Call us, please."),
    )
    ENDED = "ended", _("This change waits for no answer any more.")


SIGNER = Signer(salt="embudo.quota.answer", sep=".")


def new_token() -> str:
    """What a link ends with: 256 random bits, and our signature, so that guesses never reach the database."""
    return SIGNER.sign(secrets.token_urlsafe(32))


def hash_of(token: str) -> str | None:
    """What is kept of a token; None of one that we did not make."""
    try:
        secret = SIGNER.unsign(token)
    except BadSignature:
        return None
    return hashlib.sha256(secret.encode()).hexdigest()


def deadline(asked: datetime, answer_days: int) -> datetime:
    """The customer has whole days, the last one to its end; one day at least."""
    return start_of(clock.day_of(asked) + timedelta(days=max(1, answer_days) + 1))


def first_day(wanted: date, asked: date, notice_days: int, today: date) -> date:
    """From when a change may apply: as wanted, after the notice, and not before tomorrow, as it is rehearsed before its day."""
    return max(wanted, asked + timedelta(days=notice_days), today + timedelta(days=1))


def check_denial(code: str, reason: str) -> None:
    """Refuses (Invalid) a denial without a reason of the list, and another reason that is not told."""
    if code not in DenialCode.values:
        raise Invalid({"code": [_("Choose a reason.")]})
    if code == DenialCode.OTHER and not reason.strip():
        raise Invalid({"reason": [_("Say what is wrong, in your own words.")]})


def last_day(expires: datetime) -> date:
    """The day on which one may still answer."""
    return clock.day_of(expires - timedelta(seconds=1))
