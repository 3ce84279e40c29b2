from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access import events, permissions, queries, rules
from embudo.foundation.access.commands.attempts import forgive, try_once, use_once
from embudo.foundation.access.commands.users import check_power
from embudo.foundation.access.models import User
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock

TOTP_CODE, PASSKEY, RECOVERY = (
    Authenticator.Type.TOTP,
    Authenticator.Type.WEBAUTHN,
    Authenticator.Type.RECOVERY_CODES,
)


@command(permissions.OWN_PROFILE)
def add_totp(actor: Actor, *, secret: str, code: str) -> User:
    """Adds an authenticator app once it shows the right code. Refuses a wrong code and a second app."""
    user = lock(queries.own_user(actor))
    if Authenticator.objects.filter(user=user, type=TOTP_CODE).exists():
        raise Refused(
            "access.totp_exists", _("You use an authenticator app already. Remove it first to add another.")
        )
    if not validate_totp_code(secret, code.replace(" ", "")):
        raise Invalid({"code": [_("This is not the code the app shows now. Enter the six digits it shows.")]})
    TOTP.activate(user, secret)
    _added(user, TOTP_CODE)
    return user


@command(permissions.OWN_PROFILE)
def add_passkey(actor: Actor, *, name: str, credential: Mapping[str, Any]) -> User:
    """Adds a passkey that the browser made. Refuses an answer that does not fit the question asked."""
    user = lock(queries.own_user(actor))
    try:
        webauthn.parse_registration_response(dict(credential))
        webauthn.complete_registration(dict(credential))
    except (ValidationError, ValueError, TypeError, KeyError):
        raise Invalid(
            {"": [_("The browser's answer did not fit. Load the page again and start anew.")]}
        ) from None
    webauthn.WebAuthn.add(user, name.strip(), dict(credential))
    _added(user, PASSKEY)
    return user


def _added(user: User, factor: str) -> None:
    publish(events.FactorAdded(user.id, str(factor)), user)
    if not Authenticator.objects.filter(user=user, type=RECOVERY).exists():
        RecoveryCodes.activate(user)
        publish(events.FactorAdded(user.id, str(RECOVERY)), user)


@command(permissions.OWN_PROFILE)
def remove_factor(actor: Actor, *, factor: int) -> User:
    """Takes away an authenticator app or a passkey; with the last one the recovery codes go too. NotFound if not one's own."""
    user = lock(queries.own_user(actor))
    found = Authenticator.objects.filter(user=user, pk=factor).exclude(type=RECOVERY).first()
    if found is None:
        raise NotFound
    found.delete()
    publish(events.FactorRemoved(user.id, str(found.type)), user)
    _drop_lonely_codes(user)
    return user


def _drop_lonely_codes(user: User) -> None:
    if not Authenticator.objects.filter(user=user).exclude(type=RECOVERY).exists():
        Authenticator.objects.filter(user=user).delete()


@command(permissions.OWN_PROFILE)
def renew_recovery_codes(actor: Actor) -> User:
    """Replaces the recovery codes; the old ones no longer work. Refuses who has no second factor."""
    user = lock(queries.own_user(actor))
    if not queries.has_factor(user):
        raise Refused("access.no_factor", _("Set up an authenticator app or a passkey first."))
    Authenticator.objects.filter(user=user, type=RECOVERY).delete()
    RecoveryCodes.activate(user)
    publish(events.FactorAdded(user.id, str(RECOVERY)), user)
    return user


@command(permissions.MANAGE_USERS)
def reset_factors(actor: Actor, user: User) -> User:
    """Takes all second factors of a user away, who lost them; they sign in by password and set up new ones."""
    user = lock(user)
    check_power(actor, user)
    for found in Authenticator.objects.filter(user=user).exclude(type=RECOVERY):
        publish(events.FactorRemoved(user.id, str(found.type)), user)
    Authenticator.objects.filter(user=user).delete()
    return user


def prove_code(user: User, code: str, *, address: str) -> str:
    """
    Which factor the code proves: "code" or "recovery code"; "" when it is wrong. Refuses (TooMany) after five wrong ones
    within a quarter of an hour. No code counts twice.
    """
    made = try_once(rules.CODES, account=str(user.id), address=address)
    typed = "".join(code.split()).replace("-", "")
    for found in Authenticator.objects.filter(user=user, type__in=[TOTP_CODE, RECOVERY]):
        if _fits(found, typed):
            forgive(made)
            _note_use(found)
            return "code" if found.type == TOTP_CODE else "recovery code"
    return ""


def _fits(found: Authenticator, typed: str) -> bool:
    if found.type == RECOVERY:
        return bool(RecoveryCodes(found).validate_code(typed))
    secret = queries.open_secret(found.data["secret"])
    return validate_totp_code(secret, typed) and use_once("totp", str(found.user_id), typed)


def prove_passkey(user: User | None, credential: Mapping[str, Any]) -> User | None:
    """Whom a passkey's answer proves; for the first step `user` is None and the passkey names them. None if it does not fit."""
    answer = dict(credential)
    try:
        webauthn.parse_authentication_response(answer)
        whom = user or webauthn.extract_user_from_response(answer)
        found = webauthn.complete_authentication(whom, answer)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return None
    _note_use(found)
    return whom if isinstance(whom, User) and whom.is_active else None


def _note_use(found: Authenticator) -> None:
    Authenticator.objects.filter(pk=found.pk).update(last_used_at=clock.now())


def note_codes_shown(user: User) -> None:
    for found in Authenticator.objects.filter(user=user, type=RECOVERY):
        if "viewed_at" not in found.data:
            found.data["viewed_at"] = clock.now().timestamp()
            found.save(update_fields=["data"])
