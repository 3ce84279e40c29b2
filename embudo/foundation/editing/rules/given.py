"""Values as programs send them: each in the shape that its type has in JSON, as the forms give it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.foundation.editing.rules.steps import What
from embudo.kernel.errors import Invalid
from embudo.kernel.kind import ImportField
from embudo.kernel.money import is_currency

LONGEST = 10_000
LARGEST = 2**53 - 1
ALLOWED = {What.ASSIGN: {"owner"}, What.TAG: {"attribute", "add", "remove"}, What.DELETE: set()}


class Misshapen(Exception):
    """A value of another shape than its type has; the message says what to send."""


def plain_values(what: str, fields: Iterable[ImportField], values: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked, in the shapes that checks rely on. Refuses (Invalid) by the name of the value."""
    known = {one.name: one for one in fields}
    faults: dict[str, Any] = {name: [_misplaced(what)] for name in values if not _belongs(what, name)}
    plain: dict[str, Any] = {}
    for name, value in values.items():
        try:
            plain[name] = _tags(value) if what == What.TAG else _plain(known.get(name), value)
        except Misshapen as fault:
            faults.setdefault(name, [fault.args[0]])
    if faults:
        raise Invalid(faults)
    return plain


def _belongs(what: str, name: str) -> bool:
    allowed = ALLOWED.get(What(what))
    return name != "owner" if allowed is None else name in allowed


def _misplaced(what: str) -> Any:
    return {
        What.EDIT: _("Change owners by “assign”."),
        What.ASSIGN: _("Only “owner” can be assigned; change the rest by “edit”."),
        What.TAG: _("Send “attribute”, “add” and “remove” only."),
        What.DELETE: _("Deleting takes no values. Leave them out."),
    }[What(what)]


def _plain(field: ImportField | None, value: Any) -> Any:
    """Those of unknown names are refused later, unread."""
    if field is None or value is None:
        return value
    if field.type == "yes_no":
        return _of(bool, value, _("Send true or false."))
    if field.type == "choices":
        return _strings(value)
    if field.type == "money" and isinstance(value, Mapping):
        return _money(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Misshapen(_("Send text or a number."))
    return _short(str(value))


def _of(shape: type, value: Any, told: Any) -> Any:
    if not isinstance(value, shape):
        raise Misshapen(told)
    return value


def _tags(value: Any) -> Any:
    return _short(value) if isinstance(value, str) else _strings(value)


def _strings(value: Any) -> list[str]:
    told = _("Send a list of keys.")
    return [_short(_of(str, one, told)) for one in _of(list, value, told)[:1000]]


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise Misshapen(_("Use at most %(n)d characters.") % {"n": LONGEST})
    return text


def _money(value: Mapping[str, Any]) -> dict[str, Any]:
    minor, currency = value.get("amount_minor"), value.get("currency")
    is_whole = type(minor) is int and abs(minor) <= LARGEST
    if set(value) != {"amount_minor", "currency"} or not is_whole or not is_currency(str(currency)):
        raise Misshapen(_("Send the amount as amount_minor, a whole number, and its currency."))
    return {"amount_minor": minor, "currency": str(currency)}
