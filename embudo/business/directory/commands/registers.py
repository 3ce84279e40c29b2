from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.directory import events, queries, rules
from embudo.business.directory.commands.companies import changed_company
from embudo.business.directory.commands.given import home_country, missing
from embudo.business.directory.models import Company, RegisterCheck, RegisterSwitch
from embudo.business.directory.permissions import (
    ANSWER_REGISTERS,
    CHANGE_COMPANY,
    CHECK_REGISTERS,
    MANAGE_REGISTERS,
)
from embudo.business.directory.rules.checks import Fault, vat_number
from embudo.business.directory.rules.registers import Answer, Asked, Register, register_named
from embudo.kernel import clock
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.event import publish
from embudo.kernel.limit import take
from embudo.kernel.record import lock

MOST_A_MINUTE = 60  # questions to one register, of the whole installation
MOST_ATTEMPTS = 6
FILLED = (
    "tax_id", "vat_id", "regon", "krs", "email", "phone", "fax", "website", "street", "number", "postcode", "town",
    "region", "country", "pkd", "pkd_others",
)  # fmt: skip
PLACE = ("street", "number", "postcode", "town", "region", "country")


@command(MANAGE_REGISTERS)
def switch_register(
    actor: Actor,
    *,
    register: str,
    is_on: bool,
    is_automatic: bool = False,
    requester: str = "",
    version: int | None = None,
) -> RegisterSwitch:
    """Says whether a public register is asked. Refuses one whose settings are missing, and a wrong VAT number of our own."""
    source = _source(register)
    if is_on and not source.is_ready():
        text = _("Give this installation the setting %(name)s first.") % {"name": source.setting}
        raise Refused("directory.register_not_ready", text)
    try:
        own = vat_number(requester, home_country())
    except Fault as fault:
        raise Invalid({"requester": [fault.message]}) from None
    values = {"is_on": is_on, "is_automatic": is_automatic and is_on, "requester": own}
    switch = RegisterSwitch.objects.filter(code=register).first()
    if switch is None:
        switch = create(RegisterSwitch(code=register, **values))
    else:
        switch = update(lock(switch, version=version), **values)
    publish(events.RegisterSwitched(register, is_on), switch)
    return switch


@command(CHECK_REGISTERS)
def ask_register(actor: Actor, company: Company, *, register: str) -> RegisterCheck:
    """
    Asks a public register about a company; the answer comes by `answer_check`, at once or in the background. Refuses a
    register that is switched off, one that cannot know the company, and more than 60 questions a minute (TooMany).
    """
    source = _source(register)
    if not queries.is_register_on(register):
        raise Refused("directory.register_off", _("This register is switched off."))
    company = lock(company)
    number = source.number_of(queries.numbers_of(company))
    if not number:
        raise Refused("directory.no_number", _("Enter a number by which this register knows the company."))
    take(f"register:{register}", limit=MOST_A_MINUTE, seconds=60)
    check = create(RegisterCheck(company=company, register_code=register, number=number))
    publish(events.RegisterAsked(check.id, company.id, register), company, check)
    return check


@command(ANSWER_REGISTERS)
def write_register_answer(actor: Actor, check: RegisterCheck, *, answer: Answer) -> RegisterCheck:
    """Keeps what a register answered. A check that was answered for good stays as it is."""
    check = lock(check)
    if check.outcome in (rules.Outcome.VALID, rules.Outcome.INVALID):
        return check
    update(
        check,
        outcome=answer.outcome.value,
        reason=answer.reason,
        consultation=answer.consultation,
        answered=clock.now(),
        attempts=MOST_ATTEMPTS if answer.is_final else check.attempts + 1,
        values={name: str(value)[:400] for name, value in answer.values.items()},
    )
    publish(
        events.RegisterAnswered(check.id, check.company_id, check.register_code, check.outcome),
        check.company,
        check,
    )
    return check


def answer_check(check_id: UUID) -> RegisterCheck | None:
    """
    Speaks with the register, outside of any transaction, and writes down what it said. Nothing happens to a check that
    was answered for good, or whose register is off by now.
    """
    check = RegisterCheck.objects.filter(pk=check_id).first()
    if check is None or next_attempt(check) is None or not queries.is_register_on(check.register_code):
        return check
    source, switch = _source(check.register_code), queries.switch_of(check.register_code)
    answer = source.ask(Asked(check.number, switch.requester if source.takes_requester else ""))
    return write_register_answer(system_actor(f"register {check.register_code}"), check, answer=answer)


def next_attempt(check: RegisterCheck) -> timedelta | None:
    """How long to wait until the register is asked again: 1, 2, 4 … minutes; None when it has answered for good."""
    is_open = check.outcome in (rules.Outcome.WAITING, rules.Outcome.UNKNOWN)
    return timedelta(minutes=2**check.attempts) if is_open and check.attempts < MOST_ATTEMPTS else None


@command(CHANGE_COMPANY)
def fill_from_register(actor: Actor, company: Company, *, check: RegisterCheck) -> Company:
    """Sets what is still empty to what the register said, and leaves the rest. Refuses the answer about another company."""
    if check.company_id != company.pk:
        raise NotFound
    company = lock(company)
    return changed_company(company, fillable(company, check.values))


def fillable(company: Company, told: Mapping[str, Any]) -> dict[str, Any]:
    """
    What of a register's answer would be filled in: attributes still empty, with values that stand our checks. An address
    is taken as a whole or not at all.
    """
    known = {name: value for name, value in told.items() if name in FILLED and value}
    if any(getattr(company, part) for part in PLACE if part != "country"):
        known = {name: value for name, value in known.items() if name not in PLACE}
    country = str(known.get("country") or company.country or home_country())
    values: dict[str, Any] = {}
    for name, value in missing(company, known).items():
        try:
            values |= {
                one: v for one, v in rules.checked_company({name: value}, country).items() if one == name
            }
        except Invalid:
            continue
    return {name: value for name, value in values.items() if value}


def _source(code: str) -> Register:
    found = register_named(code)
    if found is None:
        raise Invalid({"register_code": [_("Choose one of the registers there are.")]})
    return found
