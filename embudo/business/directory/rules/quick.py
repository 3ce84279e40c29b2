"""Quick ways for what nearly all mail addresses and phone numbers look like; anything else goes the thorough way."""

import re
from functools import lru_cache
from typing import Any

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES

MAIL = re.compile(
    r"([a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*)@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})"
)
NUMBER = re.compile(r"\+([1-9][0-9 ()./-]{6,22})")
NO_DIGIT = re.compile(r"\D")
SPECIAL = tuple(SPECIAL_USE_DOMAIN_NAMES)


def mail(typed: str) -> str | None:
    """The address in small letters; None when it has to be looked at thoroughly."""
    lower = typed.lower()
    found = MAIL.fullmatch(lower) if lower.isascii() else None
    if not found or len(found[1]) > 64 or len(lower) > 200 or "--" in found[2]:
        return None
    domain = found[2]
    return None if domain.endswith(SPECIAL) else lower


def number(typed: str) -> str | None:
    """As E.164, for a number with its country's code and without a national prefix; else None."""
    found = NUMBER.fullmatch(typed) if typed.isascii() else None
    if not found or "(0" in typed or "//" in typed:
        return None
    digits = NO_DIGIT.sub("", found[1])
    for length in (1, 2, 3):
        known = _country(int(digits[:length]))
        if known:
            lengths, prefix = known
            national = digits[length:]
            is_plain = (
                len(national) in lengths and national[0] != "0" and not (prefix and prefix.match(national))
            )
            return f"+{digits}" if is_plain else None
    return None


@lru_cache(maxsize=1024)
def _country(code: int) -> tuple[frozenset[int], Any] | None:
    """The lengths that the numbers of a country's code may have, and its national prefix."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(code)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(regions[0], None) if regions else None
    if metadata is None or metadata.general_desc is None:
        return None
    prefix = metadata.national_prefix_for_parsing
    return frozenset(metadata.general_desc.possible_length), re.compile(prefix) if prefix else None
