from typing import Any

from embudo.business.directory import commands
from embudo.business.directory.models import Company, Person
from embudo.foundation.access.tests.builders import ann
from embudo.kernel.actor import Actor


def a_company(name: str = "Acme Ltd", *, by: Actor | None = None, **values: Any) -> Company:
    return commands.register_company(by or ann(), name=name, **values)


def a_person(last_name: str = "Kowalska", *, by: Actor | None = None, **values: Any) -> Person:
    return commands.register_person(by or ann(), last_name=last_name, **values)


def a_group() -> tuple[Company, Company, Company]:
    top = a_company("Top")
    middle = a_company("Middle", parent=top)
    return top, middle, a_company("Bottom", parent=middle)
