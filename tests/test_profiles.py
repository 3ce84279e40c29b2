"""Each kind of person that records by assignment, before each page and call of the module: what the table of roles says, and no more."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from embudo.business.intake.models import Likeness
from embudo.kernel.permission import Permission
from embudo.kernel.worker import drain
from tests.walk.bodies import records_named
from tests.walk.endpoints import Endpoint, operations, pages
from tests.walk.profiles import FOREIGN, MAY, SECRET, SEES, SOUGHT, Part, Scene
from tests.walk.tables import taken_back
from tests.walk.told import nothing
from tests.walk.verdicts import ask
from tests.walk.world import Caller, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
MODULE = "embudo.business.intake"
TOLD_ALIKE = "/second/{"  # what is not yours to enter a second time is told like what is not there
ELSEWHERE = (
    "another operator",
    "an operator elsewhere",
    "a supervisor elsewhere",
    "another principal",
    "a verifier elsewhere",
)


@pytest.fixture(autouse=True)
def _refusals_are_expected(settings: Any, tmp_path: Any) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path
    logger = logging.getLogger("django.request")
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def ours() -> list[Endpoint]:
    """Pages and calls of the module."""
    found = [one for one in pages() if one.view.__module__.startswith(MODULE)]
    return [
        *found,
        *(one for one in operations() if one.operation.operation.view_func.__module__.startswith(MODULE)),
    ]


def allowed(permission: Permission | None, role: str) -> bool:
    return permission is None or permission.code.removeprefix("intake.") in MAY[role]


def right(endpoint: Endpoint, role: str, part: Part, method: str, status: int, sees: set[str]) -> bool:
    """Whether the answer is what the table says."""
    if not allowed(endpoint.permission, role):
        return status == 403
    named = records_named(endpoint, part) if endpoint.is_api else []  # type: ignore[arg-type]
    records = [part.kind_of(one) for one in [*endpoint.records(part), *named]]  # type: ignore[arg-type]
    if any(kind not in sees for kind in records):
        return status in (404, 405) or (status == 409 and TOLD_ALIKE in endpoint.route)
    if method != "GET" and not allowed(endpoint.act_permission, role):
        return 400 <= status < 500
    return status < 500 and status not in (401, 403, 404)


def answered(endpoint: Endpoint, caller: Caller, part: Part, method: str) -> Any:
    """Each try is taken back."""
    with taken_back():
        response = ask(endpoint, caller, part, method, endpoint.own_path(part))  # type: ignore[arg-type]
        response.told = text_of(response)
    return response


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode(errors="replace"))


@pytest.mark.parametrize("role", MAY)
def test_each_profile_may_what_the_table_says(scene: Scene, role: str) -> None:
    caller, found = signed_in(role, scene.profiles()[role]), []
    for endpoint in ours():
        for method in endpoint.methods:
            status = answered(endpoint, caller, scene.first, method).status_code
            if not right(endpoint, role, scene.first, method, status, SEES[role]):
                found.append(f"{role} {method} /{endpoint.route}: {status}")
    nothing(found)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_nobody_reaches_anothers_work_by_changing_the_id(scene: Scene, name: str) -> None:
    actor, role = scene.others[name]
    caller, found = signed_in(name, actor), []
    sees = {"assignment", "binding", "closing", "user"} if name == "another operator" else {"user"}
    for endpoint in ours():
        for method in endpoint.methods if endpoint.arguments else ():
            response = answered(endpoint, caller, scene.first, method)
            if not right(endpoint, role, scene.first, method, response.status_code, sees):
                found.append(f"{name} {method} /{endpoint.route}: {response.status_code}")
            if shows(hidden_part(name, response.told)):
                found.append(f"{name} {method} /{endpoint.route}: shows the other's data")
    nothing(found)


def hidden_part(name: str, text: str) -> str:
    """Without what somebody bound to the same assignment may read: its title and instruction, and who is bound."""
    if name != "another operator":
        return text
    return (
        text.replace(f"{SECRET} title", "").replace(f"{SECRET} instruction", "").replace(f"Hal{SECRET}", "")
    )


@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_list_search_or_export_shows_anothers_work(scene: Scene, name: str) -> None:
    """Every page of the product without an id, narrowed to the other's work, searched for it, and exported; and one's own pages."""
    drain()
    actor, _role = scene.others[name]
    caller, found = signed_in(name, actor), []
    typed = f"q={SOUGHT}", f"assignment={scene.first.assignment.pk}", "export=csv", ""
    for endpoint in [*pages(), *operations()]:
        if (
            "GET" not in endpoint.methods
            or endpoint.arguments
            or endpoint.name in ("sessions_end", "sign_out")
        ):
            continue
        for query in typed:
            path = f"{endpoint.own_path(scene.second)}?{query}"  # type: ignore[arg-type]
            text = hidden_part(name, text_of(caller.ask("GET", path, is_api=endpoint.is_api)))
            found += [f"{name} GET {path}"] * shows(text)
    for endpoint in ours():
        for method in endpoint.methods if endpoint.arguments else ():
            text = hidden_part(name, answered(endpoint, caller, scene.second, method).told)
            found += [f"{name} {method} /{endpoint.route}: shows the other's data"] * shows(text)
    nothing(found)


def shows(text: str) -> bool:
    return SECRET.lower() in text.lower()


def test_the_words_really_are_there(scene: Scene) -> None:
    """The principal finds their own by the same ways: else the tests above were green for nothing."""
    drain()
    caller = signed_in("principal", scene.profiles()["principal"])
    for path in ("/assignments/", f"/entries/?q={SOUGHT}", "/api/v1/entries", "/api/v1/assignments"):
        text = text_of(caller.ask("GET", path, is_api=path.startswith("/api/")))
        assert (SECRET in text, FOREIGN in text) == (True, False), path
    chief = signed_in("coordinator", scene.profiles()["coordinator"])
    for path in ("/entries/?export=csv", f"/search/?q={SOUGHT}"):
        assert SECRET in text_of(chief.ask("GET", path)), path


def test_what_is_alike_across_principals_is_the_coordinators(scene: Scene) -> None:
    across = Likeness.objects.filter(is_across=True)
    assert across.exists()
    for name, actor in {
        **scene.profiles(),
        **{name: who for name, (who, _role) in scene.others.items()},
    }.items():
        seen = Likeness.objects.visible_to(actor).filter(is_across=True).exists()
        assert seen == (name in ("coordinator", "administrator")), name
