import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers
from babel.numbers import NumberFormatError, parse_decimal
from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import get_language, gettext_lazy as _

from embudo.kernel import clock
from embudo.kernel.errors import EmbudoError
from embudo.kernel.money import Money, exponent

MINOR_LIMIT = 9_007_199_254_740_991  # what JSON, spreadsheets and every database of ours hold exactly


class MoneyField(forms.CharField):
    """
    An amount as people write it in their language ("1 234,56", "12,50 EUR"), as Money in `currency`. A form whose currency
    depends on the record sets `self.fields["amount"].currency` in `prepare()`.
    """

    default_error_messages = {
        "invalid": _("Enter an amount such as %(example)s."),
        "too_large": _("Enter a smaller amount."),
        "negative": _("Enter an amount of zero or more."),
    }

    def __init__(self, *, currency: str = "EUR", may_be_negative: bool = False, **kwargs: Any) -> None:
        self.currency, self.may_be_negative = currency, may_be_negative
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"class": "num", "inputmode": "decimal", "autocomplete": "off"})
        )
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Money | None:  # type: ignore[override]
        if isinstance(value, Money):
            return value
        typed = super().to_python(value)
        if not typed:
            return None
        typed = typed.replace(self.currency, "").strip()
        try:
            # "1e5" and "NaN" are numbers to a program only: no letter passes.
            typed = "" if any(sign.isalpha() for sign in typed) else typed
            money = Money.parse(typed, self.currency, get_language() or "en")
        except ValueError:
            example = self.prepare_value(Money(123456 if exponent(self.currency) else 1235, self.currency))
            raise ValidationError(self.error_messages["invalid"], "invalid", {"example": example}) from None
        return self.within_limits(money)

    def within_limits(self, money: Money) -> Money:
        if abs(money.minor) > MINOR_LIMIT:
            raise ValidationError(self.error_messages["too_large"], "too_large")
        if money.minor < 0 and not self.may_be_negative:
            raise ValidationError(self.error_messages["negative"], "negative")
        return money

    def run_validators(self, value: Any) -> None:
        """The text's limits were checked on the text."""

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], "required")

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Money):
            return value
        places = exponent(value.currency)
        whole, part = divmod(abs(value.minor), 10**places)
        point = "." if (get_language() or "en").startswith("en") else ","
        return f"{'-' if value.minor < 0 else ''}{whole}{f'{point}{part:0{places}}' if places else ''}"


class NumberField(forms.CharField):
    """A number as people write it in their language ("1 234,5"), exact."""

    default_error_messages = {"invalid": _("Enter a number, for example 1.5.")}

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"class": "num", "inputmode": "decimal", "autocomplete": "off"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        kwargs.setdefault("max_length", 24)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        typed = "".join(str(super().to_python(value)).split())
        if not typed:
            return None
        for locale in ((get_language() or "en").replace("-", "_"), "en"):
            try:
                # "1e5" and "NaN" are numbers to a program only: no letter passes.
                if not any(sign.isalpha() for sign in typed):
                    return Decimal(parse_decimal(typed, locale=locale, strict=True))
            except (NumberFormatError, InvalidOperation):
                continue
        raise ValidationError(self.error_messages["invalid"], "invalid")

    def run_validators(self, value: Any) -> None:
        """The text's limits were checked on the text."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Decimal):
            return value
        whole = value.normalize() if value != value.to_integral_value() else value.quantize(Decimal(1))
        return formats.number_format(whole, use_l10n=True, force_grouping=False)


_PAPER = (
    re.compile(r"(?P<d>\d{1,2})[\s./-]+(?P<m>\d{1,2})[\s./-]+(?P<y>\d{4})\.?"),
    re.compile(r"(?P<y>\d{4})[\s./-](?P<m>\d{1,2})[\s./-](?P<d>\d{1,2})"),
)


def parse_paper_date(typed: str) -> date | None:
    """21 3 1985, 21.03.1985, 21/03/1985, 21-3-1985 or 1985-03-21; day first in every language."""
    for form in _PAPER:
        found = form.fullmatch(" ".join(typed.split()))
        if found:
            try:
                return date(int(found["y"]), int(found["m"]), int(found["d"]))
            except ValueError:
                return None
    return None


class PaperDateField(forms.CharField):
    """A date copied from paper or typed: one text field, read back in words. `past=True` refuses days to come."""

    default_error_messages = {
        "invalid": _("Enter a date as day, month, year: 21 3 1985."),
        "future": _("Enter a date that is not in the future."),
    }

    def __init__(self, *, past: bool = False, **kwargs: Any) -> None:
        self.past = past
        attrs = {"class": "num", "inputmode": "text", "autocomplete": "off", "data-paper-date": ""}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        kwargs.setdefault("help_text", _("Day, month, year: 21 3 1985"))
        kwargs.setdefault("max_length", 30)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        if isinstance(value, date):
            return value
        typed = super().to_python(value)
        if not typed:
            return None
        day = parse_paper_date(typed)
        if day is None or day.year < 1000:
            raise ValidationError(self.error_messages["invalid"], "invalid")
        if self.past and day > clock.today():
            raise ValidationError(self.error_messages["future"], "future")
        return day

    def run_validators(self, value: Any) -> None:
        """The text's limits were checked on the text."""

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError(self.error_messages["required"], "required")

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class PhoneField(forms.CharField):
    """A telephone number, as E.164 ("+48583012214"). `region` is assumed where the number has no country code."""

    default_error_messages = {
        "invalid": _("Enter a phone number with its country code, for example +48 58 301 22 14."),
    }

    def __init__(self, *, region: str | None = None, **kwargs: Any) -> None:
        self.region = region
        kwargs.setdefault(
            "widget", forms.TextInput(attrs={"class": "num", "type": "tel", "autocomplete": "off"})
        )
        kwargs.setdefault("max_length", 40)
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        typed: str = super().clean(value)
        if not typed:
            return ""
        try:
            number = phonenumbers.parse(typed, self.region)
        except phonenumbers.NumberParseException:
            raise ValidationError(self.error_messages["invalid"], "invalid") from None
        if not phonenumbers.is_possible_number(number):
            raise ValidationError(self.error_messages["invalid"], "invalid")
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def prepare_value(self, value: Any) -> Any:
        return phone_text(value) if isinstance(value, str) and value.startswith("+") else value


def _parted_number(number: str) -> phonenumbers.PhoneNumber | None:
    """A number in E.164 only has to be parted behind its country's code: parsing it costs five times as much."""
    digits = number[1:]
    if number[:1] != "+" or not (digits.isascii() and digits.isdecimal()):
        return None
    for length in (1, 2, 3):
        code, rest = digits[:length], digits[length:]
        if len(rest) > 1 and int(code) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            zeros = len(rest) - len(rest.lstrip("0"))
            kept = min(zeros, len(rest) - 1)
            return phonenumbers.PhoneNumber(
                int(code),
                int(rest),
                italian_leading_zero=True if kept else None,
                number_of_leading_zeros=kept if kept > 1 else None,
            )
    return None


def phone_text(number: str) -> str:
    """ "+48 58 301 22 14" from E.164."""
    try:
        parsed = _parted_number(number) or phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


class LookupWidget(forms.Widget):
    """The lookup: a text to search by, a list drawn by the server, a hidden id. Without script: a plain select."""

    template_name = "ui/widgets/lookup.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.search_url: Any = ""
        self.list_label: Any = ""
        self.choices: Callable[[], Sequence[tuple[str, Any]]] = list
        self.label_of: Callable[[str], str] = str

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        shown = str(value) if value else ""
        return super().get_context(name, value, attrs) | {
            "src": str(self.search_url),
            "list_label": self.list_label,
            "shown": self.label_of(shown) if shown else "",
            "value": shown,
            "options": self.choices(),
        }


class LookupField(forms.Field):
    """
    Chooses one record among many. `search_url` answers `?q=` with options (`ui.lookup_options`); `fetch(value)` gives the record
    (raising NotFound or returning None) and is what the cleaned value becomes; `options()` feeds the plain select
    that stands in without script (keep it short: the newest fifty). Set them in the form's `prepare()`.
    """

    widget = LookupWidget
    is_choice = True
    default_error_messages = {"invalid": _("Choose one from the list.")}

    def __init__(
        self,
        *,
        search_url: Any = "",
        fetch: Callable[[str], Any] = lambda value: value,
        label_of: Callable[[Any], str] = str,
        options: Callable[[], Sequence[tuple[Any, Any]]] = list,
        list_label: Any = _("Suggestions"),
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("help_text", _("Type to search, then choose with the arrow keys."))
        super().__init__(**kwargs)
        self.offer(search_url=search_url, fetch=fetch, label_of=label_of, options=options)
        self.widget.list_label = list_label

    def offer(
        self,
        *,
        search_url: Any,
        fetch: Callable[[str], Any],
        label_of: Callable[[Any], str] = str,
        options: Callable[[], Sequence[tuple[Any, Any]]] = list,
    ) -> None:
        """Says where the choices come from; for the form's `prepare()`, where the actor is known."""
        self.fetch, self.label_of = fetch, label_of
        self.widget.search_url, self.widget.choices = search_url, options
        self.widget.label_of = self._label_of_value

    def __deepcopy__(self, memo: dict[int, Any]) -> "LookupField":
        copied: LookupField = super().__deepcopy__(memo)
        copied.widget.label_of = copied._label_of_value
        return copied

    def _found(self, value: str) -> Any:
        try:
            return self.fetch(value)
        except (EmbudoError, ValueError, ValidationError):
            return None

    def _label_of_value(self, value: str) -> str:
        found = self._found(value)
        return "" if found is None else str(self.label_of(found))

    def prepare_value(self, value: Any) -> Any:
        return getattr(value, "pk", value)

    def clean(self, value: Any) -> Any:
        value = str(value or "").strip()
        self.validate(value)
        if not value:
            return None
        found = self._found(value[:100]) if "\0" not in value else None
        if found is None:
            raise ValidationError(self.error_messages["invalid"], "invalid")
        return found
