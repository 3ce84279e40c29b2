import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.core import signing

TOO_FAST = timedelta(seconds=2)  # nobody fills in a form in less
TOO_OLD = timedelta(hours=24)


class Age(StrEnum):
    FAST = "fast"
    RIGHT = "right"
    OLD = "old"


@dataclass(frozen=True)
class FormToken:
    """One showing of one hosted form: `nonce` makes that it is sent once, `shown` tells how long it stood open."""

    nonce: str
    shown: datetime

    def age(self, now: datetime) -> Age:
        stood = now - self.shown
        if stood < TOO_FAST:
            return Age.FAST
        return Age.OLD if stood > TOO_OLD else Age.RIGHT


def _signer(key: str) -> signing.Signer:
    return signing.Signer(salt=f"sales.form.{key}")


def write_token(key: str, now: datetime) -> str:
    """A fresh token for the form of the source with this key; no other form takes it."""
    return _signer(key).sign(f"{secrets.token_urlsafe(18)}.{int(now.timestamp())}")


def read_token(key: str, token: str) -> FormToken | None:
    """None when it was not made here, or for another form."""
    try:
        nonce, _dot, shown = _signer(key).unsign(token).rpartition(".")
    except signing.BadSignature:
        return None
    return FormToken(nonce, datetime.fromtimestamp(int(shown), UTC))
