import json

import pytest

from embudo.business.directory.models import Company
from embudo.entrypoints.cli import do
from embudo.foundation.access.tests.builders import a_user
from embudo.project import main, verbs

pytestmark = pytest.mark.django_db


@pytest.fixture
def seller() -> str:
    return a_user(roles=("seller",), name="Ann", email="ann@example.com").email


def test_do_runs_an_act_as_a_user_and_prints_the_record(
    seller: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert do.run("directory.register_company", seller, ["name=Acme", "employees=12", "town=Łódź"]) == 0
    company = Company.objects.get()
    assert json.loads(capsys.readouterr().out)["id"] == str(company.pk)
    assert (company.name, company.employees, company.town) == ("Acme", 12, "Łódź")


@pytest.mark.parametrize(
    ("act", "values", "code", "told"),
    [
        ("no.such_act", [], 2, "no act called"),
        ("directory.register_company", [], 2, "Write each as name=value"),
        ("directory.register_company", ["name=x", "colour=red"], 2, "Write each as name=value"),
        ("directory.register_company", ["name=x", "employees=many"], 2, "is no int"),
        ("directory.register_company", ["name="], 2, "name"),
        ("access.create_user", ["email=x@example.com", "name=X"], 4, "lacks the permission"),
        ("directory.change_company", ["company=01890000-0000-7000-8000-000000000000"], 5, "Not found"),
    ],
)
def test_do_tells_what_is_wrong_and_writes_nothing(
    seller: str, capsys: pytest.CaptureFixture[str], act: str, values: list[str], code: int, told: str
) -> None:
    assert do.run(act, seller, values) == code
    assert told in capsys.readouterr().err
    assert not Company.objects.exists()


def test_every_act_is_listed_with_its_inputs() -> None:
    assert "directory.register_company(name" in do.describe()


def test_every_verb_has_help_and_a_handler(capsys: pytest.CaptureFixture[str]) -> None:
    def flat(found: tuple[verbs.Verb, ...]) -> list[verbs.Verb]:
        return [verb for one in found for verb in (one, *flat(one.parts))]

    found = flat(verbs.VERBS)
    assert all(verb.help for verb in found)
    assert all(verb.run or verb.parts for verb in found)
    assert main.main([]) == 0
    assert "serve" in capsys.readouterr().out
