"""A custom attribute's value: from what a form, a program or a file gives to what is kept, and back to words."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import get_language, gettext as _

from embudo.foundation.attributes.rules.kinds import AttributeType, Definition
from embudo.foundation.attributes.rules.numbers import number_of
from embudo.kernel.filing import keeper
from embudo.kernel.money import Money

LENGTHS: Mapping[AttributeType, int] = {
    AttributeType.TEXT: 250,
    AttributeType.LONG_TEXT: 10_000,
    AttributeType.EMAIL: 254,
    AttributeType.PHONE: 40,
    AttributeType.URL: 500,
}
MOST_CHOICES = 100
MINOR_LIMIT = 2**53 - 1
WORDS_FOR_YES = frozenset({"1", "true", "yes", "y", "on", "x", "tak", "oui", "sí", "si", "t", "o", "s"})
WORDS_FOR_NO = frozenset({"0", "false", "no", "n", "off", "nie", "non"})


class WrongValue(ValueError):
    """Says what to do instead; the caller puts it on the attribute's field."""


def is_empty(given: Any) -> bool:
    return given is None or given in ("", [], ()) or (isinstance(given, str) and not given.strip())


def kept_value(one: Definition, given: Any, *, country: str = "") -> Any:
    """The plain value that is kept; None for nothing. WrongValue says what to do about one that does not fit."""
    return None if is_empty(given) else _READERS[one.type](one, given, country)


def _text(one: Definition, given: Any, _country: str) -> str:
    text = str(given).replace("\0", "").strip()
    longest = min(int(one.limits.get("max_length") or LENGTHS[one.type]), LENGTHS[one.type])
    if len(text) > longest:
        raise WrongValue(_("Enter at most %(n)d characters.") % {"n": longest})
    return text if one.type is AttributeType.LONG_TEXT else " ".join(text.split())


def _number(one: Definition, given: Any, _country: str) -> Any:
    try:
        number = number_of(given)
    except ValueError:
        raise WrongValue(_("Enter a number, such as 12.5.")) from None
    places = one.limits.get("decimals")
    if places is not None and round(number, int(places)) != number:
        text = _("Enter a whole number.") if places == 0 else _("Enter at most %(n)d decimal places.")
        raise WrongValue(text % {"n": places} if places else text)
    return _within(one, number, number)


def _within(one: Definition, kept: Any, number: float) -> Any:
    least, most = one.limits.get("min"), one.limits.get("max")
    if least is not None and number < least:
        raise WrongValue(_("Enter %(least)s or more.") % {"least": least})
    if most is not None and number > most:
        raise WrongValue(_("Enter %(most)s or less.") % {"most": most})
    return kept


def _money(one: Definition, given: Any, _country: str) -> int:
    money = _amount(one, given)
    if money.currency != one.currency:
        raise WrongValue(_("Enter an amount in %(currency)s.") % {"currency": one.currency})
    if abs(money.minor) > MINOR_LIMIT:
        raise WrongValue(_("Enter a smaller amount."))
    return _within(one, money.minor, float(money.major))  # type: ignore[no-any-return]


def _amount(one: Definition, given: Any) -> Money:
    """From Money, from a program's {"amount_minor", "currency"}, or from what a person typed."""
    if isinstance(given, Money):
        return given
    try:
        if isinstance(given, Mapping):
            minor = given["amount_minor"]
            return Money(minor, str(given.get("currency", one.currency)))
        typed = str(given)[:40].replace(one.currency, "").strip()
        return Money.parse(typed, one.currency, get_language() or "en")
    except (ValueError, KeyError, TypeError, OverflowError):
        raise WrongValue(_("Enter an amount, such as 1200.50.")) from None


def _date(_one: Definition, given: Any, _country: str) -> str:
    if isinstance(given, datetime):
        return given.date().isoformat()
    if isinstance(given, date):
        return given.isoformat()
    try:
        day = date.fromisoformat(str(given).strip())
    except ValueError:
        raise WrongValue(_("Enter a date as year-month-day, such as 2026-03-21.")) from None
    return day.isoformat()


def _datetime(_one: Definition, given: Any, _country: str) -> str:
    """Instants are kept in UTC to the second, in one form, so that they sort as texts."""
    try:
        moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given).strip())
    except ValueError:
        raise WrongValue(_("Enter date and time, such as 2026-03-21 14:30.")) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)
    except OverflowError:
        raise WrongValue(_("Enter date and time, such as 2026-03-21 14:30.")) from None


def _yes_no(_one: Definition, given: Any, _country: str) -> bool:
    if isinstance(given, bool):
        return given
    word = str(given).strip().lower()
    if word in WORDS_FOR_YES or word in WORDS_FOR_NO:
        return word in WORDS_FOR_YES
    raise WrongValue(_("Enter yes or no."))


def _choice(one: Definition, given: Any, _country: str) -> str:
    """By key or by name, as files have it."""
    wanted = str(given).strip()
    for choice in one.choices:
        names = {choice.key, choice.label, *choice.labels.values()}
        if wanted in names or wanted.casefold() in {name.casefold() for name in names}:
            return choice.key
    raise WrongValue(_("Choose one of: %(choices)s.") % {"choices": _offered(one)})


def _offered(one: Definition) -> str:
    return ", ".join(str(choice) for choice in one.choices if choice.is_offered)[:300]


def _choices(one: Definition, given: Any, country: str) -> list[str]:
    values = given.replace(";", ",").split(",") if isinstance(given, str) else given
    if not isinstance(values, list | tuple | set | frozenset) or len(values) > MOST_CHOICES:
        raise WrongValue(_("Choose some of: %(choices)s.") % {"choices": _offered(one)})
    chosen = {_choice(one, value, country) for value in values if not is_empty(value)}
    return [choice.key for choice in one.choices if choice.key in chosen]


def _email(one: Definition, given: Any, country: str) -> str:
    address = _text(one, given, country)
    try:
        validate_email(address)
    except ValidationError:
        raise WrongValue(_("Enter an e-mail address such as name@example.com.")) from None
    return address


def _phone(one: Definition, given: Any, country: str) -> str:
    told = _("Enter a phone number with its country code, for example +48 58 301 22 14.")
    try:
        number = phonenumbers.parse(_text(one, given, country), country or None)
    except phonenumbers.NumberParseException:
        raise WrongValue(told) from None
    if not phonenumbers.is_possible_number(number):
        raise WrongValue(told)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _url(one: Definition, given: Any, country: str) -> str:
    text = _text(one, given, country)
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or "." not in parts.netloc or " " in address:
        raise WrongValue(_("Enter a web address such as https://example.com."))
    return address


def _identity(_one: Definition, given: Any, _country: str) -> str:
    try:
        return str(UUID(str(getattr(given, "pk", given))))
    except ValueError:
        raise WrongValue(_("Choose one from the list.")) from None


def _file(_one: Definition, _given: Any, _country: str) -> Any:
    """Neither tables nor defaults bring files; a record's own form and programs do (`queries.filed`)."""
    raise WrongValue(
        _(
            "A file is added on the record's own form, or by a program that names the id of a file it has uploaded. Leave it out."
        )
    )


Reader = Callable[[Definition, Any, str], Any]
_READERS: Mapping[AttributeType, Reader] = {
    AttributeType.TEXT: _text,
    AttributeType.LONG_TEXT: _text,
    AttributeType.NUMBER: _number,
    AttributeType.MONEY: _money,
    AttributeType.DATE: _date,
    AttributeType.DATETIME: _datetime,
    AttributeType.YES_NO: _yes_no,
    AttributeType.CHOICE: _choice,
    AttributeType.CHOICES: _choices,
    AttributeType.EMAIL: _email,
    AttributeType.PHONE: _phone,
    AttributeType.URL: _url,
    AttributeType.FILE: _file,
    AttributeType.REFERENCE: _identity,
    AttributeType.USER: _identity,
}


def live_value(one: Definition, kept: Any) -> Any:
    """What is kept, as Python works with it: days, instants, Money; choices stay keys."""
    if kept is None:
        return None
    if one.type is AttributeType.MONEY:
        return Money(int(kept), one.currency)
    if one.type is AttributeType.DATE:
        return date.fromisoformat(kept)
    if one.type is AttributeType.DATETIME:
        return datetime.fromisoformat(kept)
    return kept


def sent_value(one: Definition, kept: Any) -> Any:
    """What programs get."""
    if one.type is AttributeType.MONEY and kept is not None:
        return {"amount_minor": kept, "currency": one.currency}
    if one.type is AttributeType.FILE and kept is not None:
        return {**kept, "url": keeper().address(kept["id"])}
    return kept


def exported_value(one: Definition, kept: Any, names: Mapping[str, str]) -> Any:
    """What a file gets: names in place of keys and ids."""
    if kept is None:
        return ""
    labels = {choice.key: str(choice) for choice in one.choices}
    if one.type is AttributeType.CHOICES:
        return ", ".join(labels.get(key, key) for key in kept)
    if one.type is AttributeType.CHOICE:
        return labels.get(kept, kept)
    if one.type is AttributeType.YES_NO:
        return _("yes") if kept else _("no")
    if one.type is AttributeType.FILE:
        return kept["name"]
    return names.get(kept, kept) if isinstance(kept, str) and one.type in NAMED else live_value(one, kept)


NAMED = frozenset({AttributeType.REFERENCE, AttributeType.USER})


def local_moment(kept: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(kept).astimezone(zone)
