from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from embudo.foundation.attributes.rules.kinds import WITH_CHOICES, AttributeType, Choice, Definition
from embudo.foundation.attributes.rules.numbers import number_of
from embudo.foundation.attributes.rules.values import WrongValue, kept_value
from embudo.kernel.custom import KEY
from embudo.kernel.errors import Invalid
from embudo.kernel.fold import fold
from embudo.kernel.money import is_currency

MOST_CHOICES = 200
MOST_ATTRIBUTES = 100  # of one kind of record
UNIQUE_TYPES = frozenset(
    {AttributeType.TEXT, AttributeType.NUMBER, AttributeType.EMAIL, AttributeType.PHONE, AttributeType.URL}
)
SEARCHABLE_TYPES = frozenset(
    {
        AttributeType.TEXT, AttributeType.LONG_TEXT, AttributeType.EMAIL, AttributeType.PHONE, AttributeType.URL,
        AttributeType.NUMBER,
    }
)  # fmt: skip


def key_from(label: str) -> str:
    """A key for an attribute or a choice: "Customer's tier" is customer_s_tier."""
    words = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in fold(label))
    key = "_".join(part for part in words.split("_") if part)[:40].rstrip("_")
    return key if key and not key[0].isdigit() else f"a_{key}"[:40].rstrip("_")


def checked_key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise Invalid(
            {"key": [_("Use small letters a to z, digits and _, beginning with a letter, 40 at most.")]}
        )
    return key


def read_choices(lines: str, known: Sequence[Choice] = ()) -> tuple[Choice, ...]:
    """
    One choice a line, "key = label" or just the label. Those that records may hold and no line names stay known, but
    are no longer offered.
    """
    found: dict[str, Choice] = {}
    by_label = {choice.label: choice for choice in known}
    for line in filter(None, (line.strip() for line in lines.splitlines())):
        left, equals, right = (part.strip() for part in line.partition("="))
        label = (right if equals else left)[:120]
        old = by_label.get(label)
        key = checked_choice(left) if equals else old.key if old else key_from(label)
        if key in found:
            raise Invalid({"choices": [_("“%(label)s” stands there twice. Remove one.") % {"label": label}]})
        labels = next((one.labels for one in known if one.key == key), {})
        found[key] = Choice(key, label, labels)
    gone = [Choice(one.key, one.label, one.labels, False) for one in known if one.key not in found]
    if len(found) > MOST_CHOICES:
        raise Invalid({"choices": [_("Give at most %(n)d choices.") % {"n": MOST_CHOICES}]})
    return (*found.values(), *gone)


def checked_choice(key: str) -> str:
    if not KEY.fullmatch(key):
        raise Invalid({"choices": [_("Write a choice as “key = label”, the key in small letters.")]})
    return key


def written_choices(choices: Sequence[Choice]) -> str:
    return "\n".join(f"{one.key} = {one.label}" for one in choices if one.is_offered)


def checked_definition(one: Definition) -> Definition:
    """Refuses (Invalid) an attribute that could not work: no choices, a default that does not fit, odd limits."""
    errors: dict[str, list[str]] = {}
    if not one.label.strip():
        errors["label"] = [_("Enter the label.")]
    if one.type in WITH_CHOICES and not any(choice.is_offered for choice in one.choices):
        errors["choices"] = [_("Give at least one choice, one a line.")]
    if one.type is AttributeType.MONEY and not is_currency(one.currency):
        errors["currency"] = [_("Enter a currency code such as EUR.")]
    if one.type is AttributeType.REFERENCE and not one.related:
        errors["related"] = [_("Choose what kind of record it names.")]
    if one.is_unique and one.type not in UNIQUE_TYPES:
        errors["is_unique"] = [_("Only texts, numbers, addresses and phones can be unique.")]
    if one.is_searchable and one.type not in SEARCHABLE_TYPES:
        errors["is_searchable"] = [_("Only texts, numbers, addresses and phones can be searched for.")]
    if one.is_searchable and one.view_roles:
        errors["view_roles"] = [_("What only some roles may see cannot be found by the search box.")]
    least, most = one.limits.get("min"), one.limits.get("max")
    if least is not None and most is not None and least > most:
        errors["max"] = [_("Enter a value that is not below the smallest.")]
    if errors:
        raise Invalid(errors)
    return one


def checked_default(one: Definition, given: Any) -> Any:
    try:
        return kept_value(one, given)
    except WrongValue as wrong:
        raise Invalid({"default": [str(wrong)]}) from None


def checked_limits(given: Mapping[str, Any]) -> dict[str, Any]:
    """Only what is set; numbers as numbers."""
    limits: dict[str, Any] = {}
    for name in ("min", "max"):
        if given.get(name) not in (None, ""):
            try:
                limits[name] = number_of(given[name])
            except ValueError:
                raise Invalid({name: [_("Enter a number, such as 12.5.")]}) from None
    for name in ("decimals", "max_length"):
        if given.get(name) not in (None, ""):
            limits[name] = int(given[name])
    return limits | {name: str(given[name]) for name in ("currency", "kind") if given.get(name)}
