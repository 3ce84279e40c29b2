import re
from collections.abc import Callable, Mapping
from typing import Any

import phonenumbers
from babel.core import Locale
from django.utils.translation import gettext_lazy as _
from email_validator import EmailNotValidError, validate_email
from stdnum import exceptions, get_cc_module
from stdnum.eu import vat
from stdnum.fr import siren, siret
from stdnum.pl import nip, regon

from embudo.business.directory.rules import quick
from embudo.business.directory.rules.activities import activity as activity_of
from embudo.business.directory.rules.choices import Size, size_of
from embudo.kernel.errors import Invalid

COUNTRIES = frozenset(
    code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()
)
EU = frozenset(("EL" if code == "gr" else code.upper()) for code in vat.MEMBER_STATES)
MOST_OTHER_CODES = 30
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
    "activity": 200,
    "source1": 120,
    "source2": 120,
    "source3": 120,
    "source4": 120,
    "note": 120,
    "email": 254,
}


class Fault(Exception):
    """One value is wrong; the message says what to do."""

    def __init__(self, message: Any) -> None:
        self.message = message
        super().__init__(message)


def text(field: str, value: Any) -> str:
    if type(value) is str and value.isprintable() and "  " not in value and len(value) <= LENGTHS[field]:
        return value.strip()  # as nearly all are: nothing in it but letters and single blanks
    kept = str(value) if field == "remarks" else " ".join(str(value).split())
    if len(kept) > LENGTHS[field]:
        raise Fault(_("Use at most %(n)d characters.") % {"n": LENGTHS[field]})
    if "\0" in kept:
        raise Fault(_("Remove the NUL character."))
    return kept.strip()


def email(value: str) -> str:
    typed = text("email", value)
    if found := quick.mail(typed):
        return found
    try:
        return validate_email(typed, check_deliverability=False).normalized.lower() if typed else ""
    except EmailNotValidError:
        raise Fault(_("Enter an e-mail address such as anna@example.com.")) from None


def phone(value: str, country: str) -> str:
    """As E.164; a number without its country's code is taken as one of `country`."""
    typed = str(value).strip()[:60]
    if not typed:
        return ""
    if found := quick.number(typed):
        return found
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
    if country_code == "FR" and len(typed) == 9 and typed.isdigit():
        return _checked_by(
            siren, typed, _("This is no valid SIREN: compare its nine digits with the document.")
        )
    rule = nip if country_code == "PL" else _tax_rule(country_code)
    try:
        return str(rule.validate(typed)) if rule else typed
    except exceptions.ValidationError:
        if country_code == "PL":
            raise Fault(_("This is no valid NIP: compare its ten digits with the document.")) from None
        raise Fault(_("This is no valid tax number of that country: compare it with the document.")) from None


def _tax_rule(country_code: str) -> Any:
    return get_cc_module(country_code.lower(), "vat") if country_code else None


def _checked_by(rule: Any, typed: str, message: Any) -> str:
    try:
        return str(rule.validate(typed)) if typed else ""
    except exceptions.ValidationError:
        raise Fault(message) from None


def vat_prefix(country_code: str) -> str:
    """What the European Union writes in front of a country's VAT numbers; nothing outside of it."""
    prefix = "EL" if country_code == "GR" else country_code
    return prefix if prefix in EU else ""


def vat_number(value: str, country_code: str) -> str:
    """With the country in front; a number without it is taken as one of `country_code`."""
    typed = re.sub(r"[\s.\-/]", "", str(value)).upper()
    if typed and typed[:2] not in EU:
        typed = f"{vat_prefix(country_code)}{typed}"
    fault = _("Enter an EU VAT number with its country in front, such as PL5260250274.")
    return _checked_by(vat, typed if len(typed) <= 14 else "?", fault)


def siret_number(value: str) -> str:
    """Of the company (SIREN, nine digits) or of one of its places (SIRET, fourteen)."""
    typed = re.sub(r"[\s.\-]", "", str(value))
    fault = _("This is no valid SIREN or SIRET: compare its 9 or 14 digits with the document.")
    return _checked_by(siren if len(typed) == 9 else siret, typed, fault)


def pkd(value: Any) -> str:
    """As printed ("62.10.B"); a code of the list before begins with "2007:"."""
    typed = str(value or "").strip()
    found = activity_of(typed[:20]) if typed else None
    if typed and found is None:
        raise Fault(_("Enter a PKD code such as 62.10.B; the list finds them by words."))
    return found.code if found else ""


def pkd_others(value: Any) -> str:
    codes = [pkd(code) for code in re.split(r"[,;\s]+", str(value or "")) if code]
    if len(codes) > MOST_OTHER_CODES:
        raise Fault(_("Enter at most %(n)d codes.") % {"n": MOST_OTHER_CODES})
    return ", ".join(dict.fromkeys(codes))


def size(value: Any) -> str:
    typed = str(value or "")
    if typed and typed not in Size.values:
        raise Fault(_("Choose one of the sizes."))
    return typed


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
    typed = text("postcode", value.upper())  # a capital may be two letters
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


def _text(field: str) -> Check:
    def check(value: Any, _country: str) -> str:
        return text(field, value)

    return check


ADDRESS: Mapping[str, Check] = {
    "street": _text("street"),
    "number": _text("number"),
    "postcode": postcode,
    "town": _text("town"),
    "region": _text("region"),
    "country": lambda value, _country: country(value),
}
CONTACTS: Mapping[str, Check] = {
    "email": lambda value, _country: email(value),
    "phone": phone,
    "mobile": phone,
    "remarks": _text("remarks"),
    "is_customer": lambda value, _country: bool(value),
}
SOURCES: Mapping[str, Check] = {name: _text(name) for name in ("source1", "source2", "source3", "source4")}
COMPANY: Mapping[str, Check] = {
    **CONTACTS,
    "name": lambda value, _country: required("name", value, _("Enter the company's name.")),
    "tax_id": tax_id,
    "regon": lambda value, _country: regon_number(value),
    "krs": lambda value, _country: krs_number(value),
    "website": lambda value, _country: website(value),
    **ADDRESS,
    "vat_id": vat_number,
    "siret": lambda value, _country: siret_number(value),
    "fax": phone,
    "sector": _text("sector"),
    "activity": _text("activity"),
    "pkd": lambda value, _country: pkd(value),
    "pkd_others": lambda value, _country: pkd_others(value),
    "size": lambda value, _country: size(value),
    **SOURCES,
    "employees": lambda value, _country: whole_number(value, 0, MOST_EMPLOYEES),
    "founded": lambda value, _country: whole_number(value, FIRST_YEAR, LAST_YEAR),
}
PERSON: Mapping[str, Check] = {
    **CONTACTS,
    **ADDRESS,
    "first_name": _text("first_name"),
    "last_name": lambda value, _country: required("last_name", value, _("Enter the last name.")),
    "job_title": _text("job_title"),
    **SOURCES,  # of entries: people of the directory have none
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


def _known(country_code: Any) -> str:
    code = str(country_code or "").strip().upper()
    return code if code in COUNTRIES else ""


def checked_company(given: Mapping[str, Any], country_code: str = "") -> dict[str, Any]:
    """
    The values as they are stored; where the address names no country, numbers are those of `country_code`. Refuses (Invalid) with
    every fault at once.
    """
    values = _checked(COMPANY, given, _known(given.get("country") or country_code))
    if values.get("employees") is not None:
        values["size"] = size_of(values["employees"]).value
    return values


def checked_person(given: Mapping[str, Any], country_code: str = "") -> dict[str, Any]:
    """The values as they are stored; `country_code` is where numbers without one belong, unless the address says."""
    return _checked(PERSON, given, _known(given.get("country") or country_code))


def checked_address(given: Mapping[str, Any], country_code: str = "") -> dict[str, Any]:
    """A further postal address, with its note. Refuses (Invalid) with every fault at once, and one that is empty."""
    note: Mapping[str, Check] = {"note": _text("note")}
    values = _checked({**ADDRESS, **note}, given, _known(given.get("country") or country_code))
    if not any(values.get(part) for part in ("street", "postcode", "town")):
        raise Invalid({"street": [_("Enter a street or a town.")]})
    return values


def checked_contact(medium: str, value: str, note: str, country_code: str = "") -> dict[str, Any]:
    """A further phone number or mail address, with its note. Refuses (Invalid) a wrong one, and an empty one."""
    checks: Mapping[str, Check] = {
        "value": phone if medium == "phone" else lambda typed, _country: email(typed),
        "note": lambda typed, _country: text("note", typed),
    }
    values = _checked(checks, {"value": value, "note": note}, _known(country_code))
    if not values["value"]:
        raise Invalid({"value": [_("Enter the number or the address.")]})
    return values
