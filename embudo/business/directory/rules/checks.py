import re
from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers
from babel.core import Locale
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email
from stdnum import exceptions, get_cc_module
from stdnum.pl import nip, regon

from embudo.kernel.errors import Invalid

COUNTRIES = frozenset(
    code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()
)
MOST_EMPLOYEES = 10_000_000
LARGEST_TURNOVER = 2**53 - 1
FIRST_YEAR, LAST_YEAR = 800, 2200
LENGTHS: Mapping[str, int] = {
    "name": 160,
    "street": 120,
    "number": 20,
    "postcode": 16,
    "town": 80,
    "region": 80,
    "sector": 80,
    "remarks": 4000,
    "first_name": 80,
    "last_name": 80,
    "job_title": 120,
    "website": 200,
    "email": 254,
}


class Fault(Exception):
    """One value is wrong; the message says what to do."""

    def __init__(self, message: Any) -> None:
        self.message = message
        super().__init__(message)


def text(field: str, value: Any) -> str:
    kept = str(value) if field == "remarks" else " ".join(str(value).split())
    if len(kept) > LENGTHS[field]:
        raise Fault(_("Use at most %(n)d characters.") % {"n": LENGTHS[field]})
    if "\0" in kept:
        raise Fault(_("Remove the NUL character."))
    return kept.strip()


def email(value: str) -> str:
    typed = text("email", value)
    try:
        return validate_email(typed, check_deliverability=False).normalized.lower() if typed else ""
    except EmailNotValidError:
        raise Fault(_("Enter an e-mail address such as anna@example.com.")) from None


def phone(value: str, country: str) -> str:
    """As E.164; a number without its country's code is taken as one of `country`."""
    typed = str(value).strip()[:60]
    if not typed:
        return ""
    try:
        number = phonenumbers.parse(typed, country or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise Fault(_("Enter a phone number with its country code, for example +48 58 301 22 14."))
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def country(value: str) -> str:
    code = str(value).strip().upper()
    if code and code not in COUNTRIES:
        raise Fault(_("Use a country code of two letters, such as PL."))
    return code


def tax_id(value: str, country_code: str) -> str:
    """Without spaces and dashes; checked by the country's own rule where one is known."""
    typed = re.sub(r"[\s.\-/]", "", str(value)).upper()
    if not typed:
        return ""
    if len(typed) > 20 or not typed.isascii() or not typed.isalnum():
        raise Fault(_("Enter the tax number in digits and letters, at most 20."))
    rule = nip if country_code == "PL" else _tax_rule(country_code)
    try:
        return str(rule.validate(typed)) if rule else typed
    except exceptions.ValidationError:
        if country_code == "PL":
            raise Fault(_("This is no valid NIP: compare its ten digits with the document.")) from None
        raise Fault(_("This is no valid tax number of that country: compare it with the document.")) from None


def _tax_rule(country_code: str) -> Any:
    return get_cc_module(country_code.lower(), "vat") if country_code else None


def regon_number(value: str) -> str:
    typed = re.sub(r"[\s\-]", "", str(value))
    try:
        return str(regon.validate(typed)) if typed else ""
    except exceptions.ValidationError:
        raise Fault(_("This is no valid REGON: compare its 9 or 14 digits with the document.")) from None


def krs_number(value: str) -> str:
    digits = re.sub(r"\s", "", str(value))
    if digits and not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        raise Fault(_("Enter the KRS number: ten digits."))
    return digits.zfill(10) if digits else ""


def postcode(value: str, country_code: str) -> str:
    typed = text("postcode", value).upper()
    if country_code != "PL" or not typed:
        return typed
    digits = typed.replace("-", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) == 5):
        raise Fault(_("Enter a Polish postcode such as 00-950."))
    return f"{digits[:2]}-{digits[2:]}"


def website(value: str) -> str:
    typed = text("website", value)
    if not typed:
        return ""
    address = typed if "://" in typed else f"https://{typed}"
    if not re.fullmatch(r"https?://[^\s/@:]+\.[^\s/@:.]{2,}(:\d{1,5})?(/\S*)?", address, re.IGNORECASE):
        raise Fault(_("Enter a web address such as www.example.com."))
    if len(address) > LENGTHS["website"]:
        raise Fault(_("Use at most %(n)d characters.") % {"n": LENGTHS["website"]})
    return address


def whole_number(value: Any, least: int, most: int) -> int | None:
    if value is None or value == "":
        return None
    if not least <= int(value) <= most:
        raise Fault(_("Enter a whole number from %(least)d to %(most)d.") % {"least": least, "most": most})
    return int(value)


def required(field: str, value: Any, message: Any) -> str:
    kept = text(field, value)
    if not any(letter.isalnum() for letter in kept):
        raise Fault(message)
    return kept


Check = Callable[[Any, str], Any]
CONTACTS: Mapping[str, Check] = {
    "email": lambda value, _country: email(value),
    "phone": phone,
    "mobile": phone,
    "remarks": lambda value, _country: text("remarks", value),
    "is_customer": lambda value, _country: bool(value),
}
COMPANY: Mapping[str, Check] = {
    **CONTACTS,
    "name": lambda value, _country: required("name", value, _("Enter the company's name.")),
    "tax_id": tax_id,
    "regon": lambda value, _country: regon_number(value),
    "krs": lambda value, _country: krs_number(value),
    "website": lambda value, _country: website(value),
    "street": lambda value, _country: text("street", value),
    "number": lambda value, _country: text("number", value),
    "postcode": postcode,
    "town": lambda value, _country: text("town", value),
    "region": lambda value, _country: text("region", value),
    "country": lambda value, _country: country(value),
    "sector": lambda value, _country: text("sector", value),
    "employees": lambda value, _country: whole_number(value, 0, MOST_EMPLOYEES),
    "founded": lambda value, _country: whole_number(value, FIRST_YEAR, LAST_YEAR),
}
PERSON: Mapping[str, Check] = {
    **CONTACTS,
    "first_name": lambda value, _country: text("first_name", value),
    "last_name": lambda value, _country: required("last_name", value, _("Enter the last name.")),
    "job_title": lambda value, _country: text("job_title", value),
}


def _checked(checks: Mapping[str, Check], given: Mapping[str, Any], country_code: str) -> dict[str, Any]:
    values, faults = {}, {}
    for field, value in given.items():
        try:
            values[field] = checks[field](value, country_code)
        except Fault as fault:
            faults[field] = [fault.message]
    if faults:
        raise Invalid(faults)
    return values


def checked_company(given: Mapping[str, Any], country_code: str = "") -> dict[str, Any]:
    """The values as they are stored. Refuses (Invalid) with every fault at once."""
    code = str(given.get("country", country_code)).strip().upper()
    return _checked(COMPANY, given, code if code in COUNTRIES else "")


def checked_person(given: Mapping[str, Any], country_code: str = "") -> dict[str, Any]:
    """The values as they are stored; `country_code` is where numbers without one belong."""
    return _checked(PERSON, given, country_code)
