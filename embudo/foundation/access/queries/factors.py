import base64
import os
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db.models import Exists, OuterRef, Q
from qrcode.image.svg import SvgPathImage

from embudo.foundation.access.models import Organisation, User
from embudo.kernel import clock
from embudo.kernel.personal import derived_key

NONCE = 12
SHOWN_FOR = 600


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors' secrets are encrypted with the installation's key; named by MFA_ADAPTER in the settings."""

    def encrypt(self, text: str) -> str:
        nonce = os.urandom(NONCE)
        return base64.b64encode(
            nonce + AESGCM(derived_key("second factors")).encrypt(nonce, text.encode(), None)
        ).decode()

    def decrypt(self, encrypted_text: str) -> str:
        raw = base64.b64decode(encrypted_text)
        return AESGCM(derived_key("second factors")).decrypt(raw[:NONCE], raw[NONCE:], None).decode()

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Embudo"}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        return {"id": str(user.pk).encode(), "display_name": user.name, "name": user.email}


def open_secret(sealed: str) -> str:
    return SealedSecrets().decrypt(sealed)


def factors(user: User) -> list[Authenticator]:
    """The user's authenticator app and passkeys, oldest first; not the recovery codes."""
    codes = Authenticator.Type.RECOVERY_CODES
    return list(Authenticator.objects.filter(user=user).exclude(type=codes).order_by("created_at", "pk"))


def owes_factor(user: str) -> Q:
    """For annotate(): whether the user whose id stands in the column `user` lacks the second factor everybody needs."""
    codes = Authenticator.Type.RECOVERY_CODES
    factors = Authenticator.objects.filter(user=OuterRef(user)).exclude(type=codes)
    return Exists(Organisation.objects.filter(is_mfa_required=True)) & ~Exists(factors)


def has_factor(user: User) -> bool:
    codes = Authenticator.Type.RECOVERY_CODES
    return bool(Authenticator.objects.filter(user=user).exclude(type=codes).exists())


def recovery_codes(user: User) -> list[str]:
    """Those not used yet."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    return RecoveryCodes(found).get_unused_codes() if found else []


def recovery_codes_to_show(user: User) -> list[str]:
    """The codes while they are new: until ten minutes after they were first shown."""
    found = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    if (
        found is None
        or clock.now().timestamp() - found.data.get("viewed_at", clock.now().timestamp()) > SHOWN_FOR
    ):
        return []
    return list(RecoveryCodes(found).get_unused_codes())


def passkey_question(user: User | None, *, is_new: bool = False) -> dict[str, Any]:
    """What the browser's passkey is asked; its answer must come back in the same session."""
    if is_new:
        return webauthn.begin_registration(user, True)  # type: ignore[no-any-return]
    return webauthn.begin_authentication(user)  # type: ignore[no-any-return]


def qr_code(user: User, secret: str) -> tuple[str, str]:
    """(data URI of the picture an authenticator app reads, the address in it)."""
    issuer = Organisation.objects.values_list("name", flat=True).first() or "Embudo"
    address = f"otpauth://totp/{quote(f'{issuer}:{user.email}')}?{urlencode({'secret': secret, 'issuer': issuer}, quote_via=quote)}"
    drawn = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=2).save(drawn)
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode(), address
