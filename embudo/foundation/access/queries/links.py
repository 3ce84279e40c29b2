from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.http import base36_to_int

from embudo.foundation.access.models import User
from embudo.foundation.access.rules import INVITATION_LASTS, RESET_LASTS
from embudo.kernel import clock


class LinkSigner(PasswordResetTokenGenerator):
    """
    Signs a link over the user's present password: setting a new one makes it worthless, so it works once, and nothing
    has to be stored that could leak. `lasts` is how long it works.
    """

    def __init__(self, purpose: str, lasts: timedelta) -> None:
        super().__init__()
        self.key_salt = f"embudo.access.{purpose}"
        self.lasts = lasts

    def _now(self) -> datetime:
        return clock.now().replace(tzinfo=None)

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        invited = user.invited.isoformat() if user.invited else ""
        return f"{user.pk}{user.password}{user.email}{invited}{user.is_active}{timestamp}"

    def check_token(self, user: User | None, token: str | None) -> bool:
        stamp = (token or "").partition("-")[0]
        try:
            at = base36_to_int(stamp)
        except ValueError:
            return False
        if user is None or not constant_time_compare(
            self._make_token_with_timestamp(user, at, self.secret), token or ""
        ):
            return False
        return self._num_seconds(self._now()) - at <= self.lasts.total_seconds()


RESET = LinkSigner("reset", RESET_LASTS)
INVITATION = LinkSigner("invitation", INVITATION_LASTS)


def reset_link(user: User) -> str:
    """A link under which the user can replace a forgotten password; works once, for an hour."""
    return settings.BASE_URL + reverse("access:reset_password", args=[user.pk.hex, RESET.make_token(user)])


def invitation_link(user: User) -> str:
    """A link under which an invited user chooses name and password; works once, for seven days."""
    return settings.BASE_URL + reverse(
        "access:accept_invitation", args=[user.pk.hex, INVITATION.make_token(user)]
    )


def user_of_reset_link(key: str, token: str) -> User | None:
    user = _user(key)
    return user if RESET.check_token(user, token) else None


def user_of_invitation(key: str, token: str) -> User | None:
    user = _user(key)
    return user if INVITATION.check_token(user, token) and user and not user.has_usable_password() else None


def _user(key: str) -> User | None:
    try:
        return User.objects.filter(pk=UUID(key), is_active=True).first()  # type: ignore[no-any-return]
    except ValueError:
        return None
