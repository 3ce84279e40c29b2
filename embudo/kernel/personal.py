import base64
import json
import os
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from embudo.kernel import clock
from embudo.kernel.models import PersonalKey
from embudo.kernel.prepared import insert, insert_all, made

Keys = Mapping[UUID, bytes]
NONCE = 12


@cache
def derived_key(purpose: str) -> bytes:
    """32 bytes from the installation's secret, one for each purpose."""
    return HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(settings.SECRET_KEY.encode())


@cache
def _wrapping() -> AESGCM:
    return AESGCM(derived_key("personal keys"))


def _wrap(key: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + _wrapping().encrypt(nonce, key, None)


def _unwrap(wrapped: bytes) -> bytes:
    return _wrapping().decrypt(wrapped[:NONCE], wrapped[NONCE:], None)


def known_keys(subjects: Collection[UUID]) -> dict[UUID, bytes]:
    """The keys that exist and are not destroyed."""
    if not subjects:
        return {}
    rows = PersonalKey.objects.filter(pk__in=list(subjects), key__isnull=False)
    return {row.subject: _unwrap(bytes(row.key)) for row in rows if row.key is not None}


def keys_for(subjects: set[UUID], probably_new: Collection[UUID] = ()) -> Keys:
    """
    A key for each subject, made where it has none. A destroyed one stays destroyed: new values get a throw-away key.
    `probably_new` are those that need not be looked for first.
    """
    keys = known_keys(subjects.difference(probably_new))
    fresh = {subject: AESGCM.generate_key(256) for subject in subjects - keys.keys()}
    if len(fresh) == 1:
        [(subject, key)] = fresh.items()
        is_first = insert(PersonalKey(subject=subject, key=_wrap(key)), or_ignore=True)
    elif fresh:
        rows = [made(PersonalKey, {"subject": subject, "key": _wrap(key)}) for subject, key in fresh.items()]
        is_first = insert_all(rows, or_ignore=True) == len(rows)
    if fresh and not is_first:  # another act may have been before us
        keys |= known_keys(fresh)
    return {**fresh, **keys}


def encrypt(key: bytes, value: Any) -> str:
    nonce = os.urandom(NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, json.dumps(value).encode(), None)).decode()


def decrypt(key: bytes, text: str) -> Any:
    """None when the key does not fit (it was destroyed and made anew)."""
    raw = base64.b64decode(text)
    try:
        return json.loads(AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], None))
    except InvalidTag:
        return None


def destroy(subjects: Iterable[UUID]) -> int:
    """Erases for good what the log holds of these subjects. Returns how many keys went."""
    return PersonalKey.objects.filter(pk__in=list(subjects), key__isnull=False).update(
        key=None, destroyed=clock.now()
    )
