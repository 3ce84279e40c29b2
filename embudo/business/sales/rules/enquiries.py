import re
from dataclasses import dataclass, fields
from typing import Any

import phonenumbers
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email

from embudo.kernel.errors import Invalid
from embudo.kernel.fold import fold

LIMITS = {"name": 120, "company_name": 160, "job_title": 120, "email": 254, "phone": 40, "message": 5000}
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Enquiry:
    """What somebody wrote to us, tidied: e-mail in lower case, phone as E.164."""

    name: str
    company_name: str = ""
    job_title: str = ""
    email: str = ""
    phone: str = ""
    message: str = ""
    country: str = ""

    def values(self) -> dict[str, str]:
        return {one.name: getattr(self, one.name) for one in fields(self)}


def checked_enquiry(*, country: str = "", must_be_reachable: bool = False, **typed: str) -> Enquiry:
    """
    The enquiry as it is kept; `country` tells how a phone number without country code is meant. Refuses (Invalid) with
    every fault at once.
    """
    faults: dict[str, list[Any]] = {}
    tidy = {name: _tidy(name, text, faults) for name, text in typed.items()}
    if not tidy.get("name"):
        faults["name"] = [_("Enter the name.")]
    region = _checked_country(country, faults)
    email = _checked_email(tidy.get("email", ""), faults)
    phone = _checked_phone(tidy.get("phone", ""), region, faults)
    if must_be_reachable and not (tidy.get("email") or tidy.get("phone")):
        faults["email"] = [_("Enter an e-mail address or a phone number, so that you can be answered.")]
    if faults:
        raise Invalid(faults)
    return Enquiry(**{**tidy, "email": email, "phone": phone, "country": region})


def _tidy(name: str, text: str, faults: dict[str, list[Any]]) -> str:
    text = CONTROLS.sub("", text.replace("\r\n", "\n"))
    text = text.strip() if name == "message" else " ".join(text.split())
    if len(text) > LIMITS[name]:
        faults[name] = [_("Shorten this to %(n)d characters.") % {"n": LIMITS[name]}]
    return text


def _checked_country(country: str, faults: dict[str, list[Any]]) -> str:
    code = country.strip().upper()
    if code and code not in phonenumbers.SUPPORTED_REGIONS:
        faults["country"] = [_("Enter a country code of two letters, such as PL.")]
        return ""
    return code


def _checked_email(email: str, faults: dict[str, list[Any]]) -> str:
    if not email or "email" in faults:
        return ""
    try:
        return validate_email(email, check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        faults["email"] = [_("Enter an e-mail address such as name@example.com.")]
        return ""


def _checked_phone(phone: str, region: str, faults: dict[str, list[Any]]) -> str:
    if not phone or "phone" in faults:
        return ""
    try:
        number = phonenumbers.parse(phone, region or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        faults["phone"] = [_("Enter a phone number with its country code, for example +48 58 301 22 14.")]
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def name_key(name: str) -> str:
    """What two spellings of one name share."""
    return fold(name)[:120]


def search_text(*parts: str) -> str:
    return fold(" ".join(parts))[:600]
