from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.directory.rules.choices import Outcome


@dataclass(frozen=True)
class Numbers:
    """The numbers of a company by which registers know it."""

    country: str
    tax_id: str = ""
    vat_id: str = ""
    regon: str = ""
    krs: str = ""


@dataclass(frozen=True)
class Asked:
    """A question to a register: one number, and our own where the register confirms to whom it answered."""

    number: str
    requester: str = ""


@dataclass(frozen=True)
class Answer:
    """
    What a register said. Whatever it could not or would not say is "unknown", with the reason as a short code, and worth
    asking again unless `is_final`. `values` are attributes of a company, not yet checked.
    """

    outcome: Outcome
    reason: str = ""
    consultation: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    is_final: bool = True


@dataclass(frozen=True)
class Register:
    """
    A public register that knows companies by a number. `number_of` gives the number to ask by, "" where the register
    cannot know such a company; `ask` speaks with the service and never raises for what the service does; `is_ready` tells
    whether its settings are there.
    """

    code: str
    label: Any
    about: Any
    number_of: Callable[[Numbers], str]
    ask: Callable[[Asked], Answer]
    is_ready: Callable[[], bool] = lambda: True
    setting: str = ""  # what is missing when it is not ready
    takes_requester: bool = False


_registers: dict[str, Register] = {}


def register_source(register: Register) -> None:
    _registers[register.code] = register


def register_named(code: str) -> Register | None:
    return _registers.get(code)


def all_registers() -> list[Register]:
    return list(_registers.values())


def unknown(reason: str, *, is_final: bool = False) -> Answer:
    return Answer(Outcome.UNKNOWN, reason=reason[:40], is_final=is_final)


REASONS: Mapping[str, Any] = {
    "timeout": _("The register did not answer in time."),
    "unreachable": _("The register could not be reached."),
    "too_long": _("The register's answer was too long."),
    "unreadable": _("The register's answer could not be read."),
    "key": _("The register did not accept our key."),
    "server": _("The register reported an error of its own."),
    "MS_MAX_CONCURRENT_REQ": _("The country's register is busy."),
    "MS_MAX_CONCURRENT_REQ_TIME": _("The country's register is busy."),
    "GLOBAL_MAX_CONCURRENT_REQ": _("The register is busy."),
    "GLOBAL_MAX_CONCURRENT_REQ_TIME": _("The register is busy."),
    "SERVICE_UNAVAILABLE": _("The register is out of service for now."),
    "MS_UNAVAILABLE": _("The country's register is out of service for now."),
    "TIMEOUT": _("The country's register did not answer in time."),
    "INVALID_INPUT": _("The number does not have the form that the register expects."),
    "INVALID_REQUESTER_INFO": _("Our own VAT number is not accepted."),
    "VAT_BLOCKED": _("The register answers nothing about this number."),
    "IP_BLOCKED": _("The register does not answer this installation."),
    "not_found": _("The register knows no such number."),
    "closed": _("The company has ended, says the register."),
}


def reason_text(code: str) -> Any:
    return REASONS.get(code, code)
