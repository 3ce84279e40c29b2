"""What may follow what: the one place that says so, for accounts, authorisations and changes of quotas."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from embudo.kernel.errors import Refused


class AccountState(TextChoices):
    PENDING = "pending", _("pending")
    OPEN = "open", _("open")
    WATCH = "watch", _("watch")
    AT_LIMIT = "at_limit", _("at limit")
    HELD = "held", _("held")
    CLOSED = "closed", pgettext_lazy("quota account", "closed")


SPENDABLE = frozenset({AccountState.OPEN, AccountState.WATCH, AccountState.AT_LIMIT})


class Cause(TextChoices):
    """Why an account is held."""

    OVERDUE = "overdue", _("overdue invoices")
    DENIED = "denied", _("the customer denied a change")
    OVER_LIMIT = "over_limit", _("more spent than the limit")
    EXPIRED_DOCUMENT = "document", _("a document has expired")
    OFFICER = "officer", _("held by an officer")


class HoldState(TextChoices):
    """Of an authorisation. It ends exactly once."""

    OPEN = "open", _("open")
    CAPTURED = "captured", _("captured")
    RELEASED = "released", _("released")
    EXPIRED = "expired", _("expired")
    REFUSED = "refused", _("refused")


class EntryKind(TextChoices):
    HOLD = "hold", _("hold")
    CAPTURE = "capture", _("capture")
    RELEASE = "release", _("release")
    EXPIRE = "expire", _("expiry")
    REFUND = "refund", _("refund")
    TOPUP = "topup", _("top-up")
    ADJUSTMENT = "adjustment", _("adjustment")


class ChangeState(TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    REFUSED = "refused", _("refused by policy")
    UNDER_REVIEW = "review", _("under review")
    REJECTED = "rejected", _("rejected")
    APPROVED = "approved", _("approved")
    AWAITING = "awaiting", _("awaiting the customer")
    ACCEPTED = "accepted", _("accepted")
    DENIED = "denied", _("denied by the customer")
    EXPIRED = "expired", _("not answered in time")
    REHEARSED = "rehearsed", _("rehearsed")
    SCHEDULED = "scheduled", _("scheduled")
    HELD = "held", _("held back: not signed")
    APPLIED = "applied", _("applied")
    INFORMED = "informed", _("applied, customer informed")
    FAILED = "failed", _("could not be applied")
    RECALLED = "recalled", _("recalled")
    SUPERSEDED = "superseded", _("superseded")


_C = ChangeState
_ENDINGS = (_C.RECALLED, _C.SUPERSEDED)
# A change that was held back because nobody signed it may be rehearsed and signed for a later day. An answer told by phone is
# not the customer's last word: until the change is applied they may still say by their link that it was not them. A mail that
# came back after a server had taken it over informed nobody.
TRANSITIONS: dict[ChangeState, tuple[ChangeState, ...]] = {
    _C.DRAFT: (_C.SUBMITTED, *_ENDINGS),
    _C.SUBMITTED: (_C.REFUSED, _C.UNDER_REVIEW, *_ENDINGS),
    _C.UNDER_REVIEW: (_C.REJECTED, _C.APPROVED, *_ENDINGS),
    _C.APPROVED: (_C.AWAITING, _C.ACCEPTED, *_ENDINGS),
    _C.AWAITING: (_C.ACCEPTED, _C.DENIED, _C.EXPIRED, *_ENDINGS),
    _C.ACCEPTED: (_C.REHEARSED, _C.DENIED, *_ENDINGS),
    _C.REHEARSED: (_C.SCHEDULED, _C.DENIED, *_ENDINGS),
    _C.SCHEDULED: (_C.APPLIED, _C.HELD, _C.FAILED, _C.REHEARSED, _C.DENIED, *_ENDINGS),
    _C.HELD: (_C.REHEARSED, _C.DENIED, *_ENDINGS),
    _C.APPLIED: (_C.INFORMED,),
    _C.INFORMED: (_C.APPLIED,),
}
OPEN_CHANGES = frozenset(TRANSITIONS) - {_C.APPLIED, _C.INFORMED}
PREPARED = frozenset({_C.ACCEPTED, _C.REHEARSED, _C.SCHEDULED, _C.HELD})  # decided, and not yet applied
CLOSED_CHANGES = frozenset(ChangeState) - OPEN_CHANGES


def check_step(now: str, to: ChangeState) -> None:
    """Refuses (Refused) a step of a change that the table above does not hold."""
    if to not in TRANSITIONS.get(ChangeState(now), ()):
        raise Refused(
            "quota.wrong_state",
            _("This change is %(now)s now, so this can't be done any more. Look at it again.")
            % {"now": ChangeState(now).label},
            now=now,
            to=to.value,
        )
