from typing import Any

from embudo.business.directory.models import Company, Person
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.foundation.access.tests.builders import a_user, an_actor
from embudo.foundation.duplicates import commands
from embudo.foundation.duplicates.models import Merge, Pair, Scan
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.worker import drain


def a_manager(name: str = "Mia") -> Actor:
    return an_actor(a_user(roles=("manager",), name=name))


def twins(**values: Any) -> tuple[Company, Company]:
    """Two records of one company."""
    shared = {"phone": "+48583012214", "town": "Gdańsk", **values}
    return (
        a_company("Acme Transport Sp. z o.o.", tax_id="5260250274", country="PL", **shared),
        a_company("ACME Transprot", country="PL", email="office@acme.pl", **shared),
    )


def twin_people(**values: Any) -> tuple[Person, Person]:
    shared = {"email": "anna.nowak@acme.pl", **values}
    return a_person("Nowak", first_name="Anna", **shared), a_person("Nowak", first_name="Ania", **shared)


def found_pair() -> Pair:
    """The pair that following the log has found."""
    drain()
    return Pair.objects.get()


def a_pair(one: Company, other: Company) -> Pair:
    """Two that may be the same, whatever they look like."""
    first, second = sorted((one.pk, other.pk))
    return Pair.objects.create(kind=one.kind_name(), one=first, other=second, bits=5.0, probability=0.97)


def a_merge(one: Company, other: Company) -> Merge:
    return commands.merge_records(
        system_actor("test"), kind=one.kind_name(), survivor_id=one.pk, merged_ids=(other.pk,)
    )


def a_scan() -> Scan:
    return commands.request_scan(system_actor("test"), kind=Company.kind_name())
