"""What the API's description promises, tried against a running server by schemathesis: as administrator and as seller."""

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from ninja import Schema
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.walk.endpoints import ARGUMENT, operations
from tests.walk.told import nothing
from tests.walk.world import World, token_for

CASES = {
    GenerationMode.POSITIVE: 2,
    GenerationMode.NEGATIVE: 1,
}  # of each operation and role: about 600 together
ANSWERS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CHECKS = {GenerationMode.POSITIVE: ANSWERS, GenerationMode.NEGATIVE: [*ANSWERS, negative_data_rejection]}


@pytest.fixture(autouse=True)
def _refusals_are_expected() -> Iterator[None]:
    logger = logging.getLogger("django.request")
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)


def known_ids(world: World) -> dict[str, dict[str, str]]:
    """The arguments of each operation's address, as Ann's records have them."""
    return {
        one.name: {name: str(world.value(name, one.route)[0]) for name in ARGUMENT.findall(one.route)}
        for one in operations()
    }


def failures(
    operation: Any, mode: GenerationMode, headers: dict[str, str], path: dict[str, str]
) -> list[str]:
    """What the answers to some generated calls of one operation break."""
    found: list[str] = []

    @settings(
        max_examples=CASES[mode],
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode, path_parameters=path or None))
    def call(case: Any) -> None:
        response = case.call(headers=headers)
        try:
            case.validate_response(response, checks=CHECKS[mode], headers=headers)
        except FailureGroup as group:
            sent = f"{case.query} {str(case.body)[:200]}"
            found.extend(
                f"{operation.label}: {fault.title}: {str(fault)[:300]} {sent}" for fault in group.exceptions
            )

    try:
        call()
    except schemathesis.errors.SchemathesisError as error:
        # an operation without parameters has no wrong ones to generate
        if mode is GenerationMode.POSITIVE:
            found.append(f"{operation.label}: {error}")
    return found


@pytest.mark.peer
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(400)
@pytest.mark.parametrize("role", ["administrator", "seller"])
def test_answers_are_as_described(live_server: Any, role: str) -> None:
    world = World()
    actor = world.admin if role == "administrator" else world.ann
    schema = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/openapi.json")
    ids, found, tried = known_ids(world), [], 0
    for result in schema.get_all_operations():
        operation: Any = result.ok()
        # each operation with a token of its own, for some revoke tokens
        headers = {"Authorization": f"Bearer {token_for(actor)}"}
        path = ids.get(operation.definition.raw["operationId"], {})
        for mode in CASES:
            found += failures(operation, mode, headers, path)
        tried += 1
    assert tried == len(operations())
    nothing(found)


def below(schema: type[Schema]) -> Iterator[type[Schema]]:
    for one in schema.__subclasses__():
        yield one
        yield from below(one)


def test_no_two_schemas_share_a_name() -> None:
    """The description knows a schema by its name alone: of two with one name it would show the first for both."""
    ours = {one for one in below(Schema) if one.__module__.startswith("embudo.") and "[" not in one.__name__}
    names = Counter(one.__name__ for one in ours)
    assert [name for name, count in names.items() if count > 1] == []
