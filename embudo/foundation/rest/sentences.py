from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _, ngettext

SOURCES = frozenset({"body", "query", "path", "header", "cookie", "form", "file"})


def sentence(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors, as a person would put it: the fault and the remedy."""
    kind, facts = error["type"], error.get("ctx", {})
    told = _counted(kind, facts) or _plain(kind) or _bounded(kind, facts) or _own(kind, facts)
    return told or _("This value does not fit: %(why)s.") % {"why": error["msg"]}


def _counted(kind: str, facts: Mapping[str, Any]) -> str:
    n = facts.get("max_length") or facts.get("min_length") or 0
    match kind:
        case "string_too_long":
            return ngettext("Use at most %(n)d character.", "Use at most %(n)d characters.", n) % {"n": n}
        case "string_too_short":
            return ngettext("Use at least %(n)d character.", "Use at least %(n)d characters.", n) % {"n": n}
        case "too_long":
            return ngettext("Send at most %(n)d item.", "Send at most %(n)d items.", n) % {"n": n}
        case "too_short":
            return ngettext("Send at least %(n)d item.", "Send at least %(n)d items.", n) % {"n": n}
    return ""


def _plain(kind: str) -> str:
    """By the beginning of pydantic's name of the fault."""
    sentences = {
        "missing": _("This value is required."),
        "extra_forbidden": _("There is no such field. Remove it."),
        "string_type": _("Send a text in quotes."),
        "string_pattern": _("This is not written as it must be."),
        "int_": _("Send a whole number."),
        "decimal_": _("Send a number."),
        "float_": _("Send a number."),
        "bool_": _("Send true or false."),
        "uuid_": _("Send an id as you received it."),
        "datetime_": _("Send a date and time, such as 2026-03-01T12:00:00Z."),
        "date_": _("Send a date, such as 2026-03-01."),
        "timezone_": _("Send a time with its zone, such as 2026-03-01T12:00:00Z."),
        "list_type": _("Send a list."),
        "dict_type": _("Send an object."),
        "model_": _("Send an object."),
        "dataclass_": _("Send an object."),
    }
    return next((told for start, told in sentences.items() if kind.startswith(start)), "")


def _bounded(kind: str, facts: Mapping[str, Any]) -> str:
    match kind:
        case "greater_than_equal":
            return _("Use %(least)s or more.") % {"least": facts["ge"]}
        case "greater_than":
            return _("Use more than %(bound)s.") % {"bound": facts["gt"]}
        case "less_than_equal":
            return _("Use %(most)s or less.") % {"most": facts["le"]}
        case "less_than":
            return _("Use less than %(bound)s.") % {"bound": facts["lt"]}
        case "literal_error" | "enum":
            return _("Use one of: %(choices)s.") % {"choices": str(facts["expected"]).replace("'", "")}
    return ""


def _own(kind: str, facts: Mapping[str, Any]) -> str:
    if kind == "value_error" and str(facts.get("error")) == "no_such_currency":
        return _("Use a currency code of ISO 4217, such as EUR.")
    return ""


def field_name(location: Sequence[Any], single_body: str = "") -> str:
    """ "lines.0.quantity": where the caller finds the fault in what it sent."""
    parts = [str(part) for part in location if part != "__root__"]
    if parts and parts[0] in SOURCES:
        source, *parts = parts
        # ninja puts the body under the name of the operation's argument, which the caller never sees
        if source in ("body", "query", "form") and len(parts) > 1 and parts[0] == single_body:
            parts = parts[1:]
    return "" if parts == [single_body] else ".".join(parts)
