from datetime import timedelta
from uuid import UUID

from embudo.business.directory import commands, queries
from embudo.business.directory.events import CompanyChanged, CompanyRegistered, RegisterAsked
from embudo.business.directory.models import Company
from embudo.business.directory.rules.registers import register_named
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.event import on
from embudo.kernel.job import enqueue, task
from embudo.kernel.models import LogEntry

FIRST_WAIT = timedelta(seconds=10)  # who pressed the button asks at once; the job is for what that left open


@task(in_chunks=True)
def answer_register(check_id: str) -> None:
    """One question to the register, and the next one queued when it could not say."""
    check = commands.answer_check(UUID(check_id))
    wait = commands.next_attempt(check) if check else None
    if check and wait and queries.is_register_on(check.register_code):
        key = f"directory.check:{check_id}:{check.attempts}"
        enqueue(answer_register, check_id, unique_key=key, run_at=clock.now() + wait)


@on(RegisterAsked)
def answer_in_background(event: RegisterAsked, _entry: LogEntry) -> None:
    key = f"directory.check:{event.check_id}"
    enqueue(answer_register, event.check_id, unique_key=key, run_at=clock.now() + FIRST_WAIT)


@on(CompanyRegistered)
def check_new_company(event: CompanyRegistered, _entry: LogEntry) -> None:
    ask_about_new_number(event.company_id)


@on(CompanyChanged)
def check_changed_company(event: CompanyChanged, _entry: LogEntry) -> None:
    ask_about_new_number(event.company_id)


def ask_about_new_number(company_id: UUID) -> None:
    """Registers that are asked about every new number, each once for each number."""
    wanted = [code for code, switch in queries.switches().items() if switch.is_on and switch.is_automatic]
    company = Company.objects.filter(pk=company_id).first() if wanted else None
    for code in wanted if company else ():
        register = register_named(code)
        number = register.number_of(queries.numbers_of(company)) if register and company else ""
        if company and number and not queries.is_asked(company, code, number):
            commands.ask_register(system_actor(f"register {code}"), company, register=code)
