import json
import re
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from embudo.business.directory.rules.checks import vat_prefix
from embudo.business.directory.rules.choices import Outcome
from embudo.business.directory.rules.registers.base import Answer, Asked, Numbers, Register, unknown
from embudo.kernel.outbound import UnreachableError, post

FINAL = frozenset({"INVALID_INPUT", "INVALID_REQUESTER_INFO", "VAT_BLOCKED", "IP_BLOCKED"})
HIDDEN = re.compile(r"[-\s]*")  # a country that tells no names says "---"
TOWN_LINE = re.compile(r"(?P<postcode>\d[\d\- ]{2,7}\d)\s+(?P<town>\S.*)")
STREET_LINE = re.compile(r"(?P<street>\D.*?)\s+(?P<number>\d\S*(?:\s?/\s?\S+)?)")


def number_of(numbers: Numbers) -> str:
    """With its country in front; the plain tax number of a company within the Union will do."""
    prefix = vat_prefix(numbers.country)
    if numbers.vat_id or not (prefix and numbers.tax_id):
        return numbers.vat_id
    return numbers.tax_id if numbers.tax_id.startswith(prefix) else f"{prefix}{numbers.tax_id}"


def question(asked: Asked) -> bytes:
    body = {"countryCode": asked.number[:2], "vatNumber": asked.number[2:]}
    if asked.requester:
        body |= {"requesterMemberStateCode": asked.requester[:2], "requesterNumber": asked.requester[2:]}
    return json.dumps(body).encode()


def answer(status: int, body: bytes) -> Answer:
    """What the service's JSON says, in either of the shapes in which it tells of errors."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return unknown("unreadable" if status == 200 else "server")
    return _told(status, told) if isinstance(told, dict) else unknown("unreadable")


def _told(status: int, told: dict[str, Any]) -> Answer:
    error = _error(told)
    if error == "INVALID_INPUT":
        return Answer(Outcome.INVALID, reason=error)
    if error:
        return unknown(error, is_final=error in FINAL)
    if status != 200:
        return unknown("server")
    if not isinstance(told.get("valid"), bool):
        return unknown("unreadable")
    number = str(told.get("requestIdentifier") or "")[:60]
    if not told["valid"]:
        return Answer(Outcome.INVALID, reason="not_found", consultation=number)
    return Answer(Outcome.VALID, consultation=number, values=_values(told))


def _error(told: dict[str, Any]) -> str:
    wrapped = told.get("errorWrappers")
    if isinstance(wrapped, list) and wrapped and isinstance(wrapped[0], dict):
        return str(wrapped[0].get("error") or "SERVICE_UNAVAILABLE")
    error = str(told.get("userError") or "")
    if told.get("actionSucceed") is False and not error:
        return "SERVICE_UNAVAILABLE"
    return "" if error in ("VALID", "INVALID") else error


def _values(told: dict[str, Any]) -> dict[str, str]:
    """Name and, as far as it can be taken apart, the address, which comes as lines."""
    country = {"EL": "GR", "XI": "GB"}.get(
        str(told.get("countryCode") or ""), str(told.get("countryCode") or "")
    )
    shown = {"name": str(told.get("name") or ""), "country": country}
    lines = [line.strip() for line in str(told.get("address") or "").splitlines() if line.strip()]
    street, town = STREET_LINE.fullmatch(lines[0]) if lines else None, None
    town = TOWN_LINE.fullmatch(lines[-1]) if len(lines) > 1 else None
    if town:
        shown |= town.groupdict()
    if street and town:
        shown |= street.groupdict()
    return {name: value for name, value in shown.items() if not HIDDEN.fullmatch(value)}


def ask(asked: Asked) -> Answer:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        reply = post(
            f"{settings.VIES_URL}/check-vat-number",
            question(asked),
            headers,
            seconds=settings.REGISTER_SECONDS,
        )
    except UnreachableError as fault:
        return unknown(fault.reason)
    return answer(reply.status, reply.body)


VIES = Register(
    code="vies",
    label=_("VIES"),
    about=_("VAT numbers of the European Union: valid or not and, for many countries, name and address."),
    number_of=number_of,
    ask=ask,
    takes_requester=True,
)
