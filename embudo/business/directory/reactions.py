from collections.abc import Sequence
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


@on(CompanyRegistered, batched=True)
def check_new_company(entries: Sequence[LogEntry]) -> None:
    ask_about_new_numbers(entries)


@on(CompanyChanged, batched=True)
def check_changed_company(entries: Sequence[LogEntry]) -> None:
    ask_about_new_numbers(entries)


def ask_about_new_numbers(entries: Sequence[LogEntry]) -> None:
    """Registers that are asked about every new number, each once for each number."""
    wanted = [code for code, switch in queries.switches().items() if switch.is_on and switch.is_automatic]
    ids = {UUID(entry.data["company_id"]) for entry in entries} if wanted else set()
    for company in Company.objects.filter(pk__in=ids) if ids else ():
        for code in wanted:
            ask_about(company, code)


def ask_about(company: Company, code: str) -> None:
    register = register_named(code)
    number = register.number_of(queries.numbers_of(company)) if register else ""
    if number and not queries.is_asked(company, code, number):
        commands.ask_register(system_actor(f"register {code}"), company, register=code)
