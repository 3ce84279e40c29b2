"""Whatever is sent: a clear 4xx that names the fault, never a 5xx, and nothing written."""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from embudo.foundation.access import commands as access
from embudo.kernel import clock
from tests.walk.bodies import JSON, body_for, body_schema, valid_object, valid_value
from tests.walk.crooked import TEXTS, Case, Fields, Sent, body_cases, form_cases, query_cases
from tests.walk.endpoints import Endpoint, operations, pages
from tests.walk.tables import differing, dump, taken_back
from tests.walk.told import nothing
from tests.walk.world import Caller, World, token_for, token_of

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]  # every page, and their number grows
TEN_MEGABYTES = b"name=" + b"x" * 10_000_000
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _refusals_are_expected() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in ("django.request", "django.security")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    yield
    for logger, level in zip(loggers, before, strict=True):
        logger.setLevel(level)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def admin(world: World) -> Caller:
    return world.caller("administrator")


def send(
    endpoint: Endpoint, caller: Caller, world: World, case: Case, before: dict[str, list[str]]
) -> list[str]:
    """What is wrong with the answer to one wrong request."""
    told = f"{endpoint.methods[0]} /{endpoint.route} with {case.told}"
    path = endpoint.own_path(world) + (f"?{case.query}" if case.query else "")
    headers = endpoint.headers | case.headers
    given: dict[str, Any] = {"data": case.body, "content_type": case.content_type, "headers": headers}
    with taken_back() as writes:
        response = caller.ask(endpoint.methods[0], path, is_api=True, **given)
        changed = differing(before, dump()) if writes.statements else []
    text = response.content.decode(errors="replace")
    found = [f"{told}: {table} changed" for table in changed]
    if response.status_code not in case.statuses:
        found.append(f"{told}: {response.status_code}, expected {case.statuses} {text[:160]}")
    elif response.headers["Content-Type"] != "application/problem+json" or not response.json()["detail"]:
        found.append(f"{told}: no problem that says what to do")
    elif case.names and response.status_code == 422 and not names(response.json(), case.names):
        found.append(f"{told}: does not name {case.names}: {text[:200]}")
    return found


def names(problem: dict[str, Any], name: str) -> bool:
    return any(key == name or key.startswith(f"{name}.") for key in problem.get("errors", {}))


def test_operations_refuse_wrong_bodies(world: World, admin: Caller) -> None:
    before, ops = dump(), operations()
    nothing(
        [
            fault
            for one in ops
            for case in body_cases(one, world)
            for fault in send(one, admin, world, case, before)
        ]
    )


def test_operations_refuse_wrong_parameters(world: World, admin: Caller) -> None:
    before, ops = dump(), operations()
    nothing(
        [fault for one in ops for case in query_cases(one) for fault in send(one, admin, world, case, before)]
    )


def test_operations_refuse_a_stale_version(world: World, admin: Caller) -> None:
    before, found = dump(), []
    for one in operations():
        if one.methods[0] not in ("PATCH", "DELETE"):
            continue
        body = change_of(one, world)
        for tag, statuses in (('"999"', (412,)), ("nonsense", (422,))):
            case = Case(f"If-Match {tag}", body, statuses=statuses, headers={"If-Match": tag})
            found += send(one, admin, world, case, before)
    nothing(found)


def change_of(endpoint: Endpoint, world: World) -> bytes | str:
    """Something to change, so that it matters which version was read."""
    import json

    found = body_schema(endpoint)
    if found is None:
        return b""
    valid = valid_object(found[1], world)
    name, part = next(iter(found[1]["properties"].items()))
    return json.dumps(valid | {name: valid_value(name, part, world)})


def test_operations_refuse_keys_that_cannot_be(world: World, admin: Caller) -> None:
    before, found = dump(), []
    for one in operations():
        if one.methods[0] == "POST" and not one.is_public:
            body, content_type = body_for(one, world)
            for key in ("x" * 201, "café", ""):
                case = Case(
                    f"key {key[:5]}",
                    body,
                    content_type,
                    headers={"Idempotency-Key": key},
                    names="Idempotency-Key",
                )
                found += send(one, admin, world, case, before)
    nothing(found)


def test_operations_refuse_bad_tokens(world: World) -> None:
    before, found = dump(), []
    for told, secret in bad_tokens(world).items():
        caller = Caller(told, credential={"Authorization": f"Bearer {secret}"})
        for one in operations():
            if not one.is_public:
                body, content_type = body_for(one, world)
                case = Case(told, body, content_type, statuses=(401,))
                found += send(one, caller, world, case, before)
        before = dump()
    nothing(found)


def bad_tokens(world: World) -> dict[str, str]:
    expired, revoked = token_for(world.ann), token_for(world.ann)
    row = token_of(expired)
    type(row).objects.filter(pk=row.pk).update(expires=clock.now() - timedelta(seconds=1))
    access.revoke_token(world.ann, token_of(revoked))
    good = token_for(world.ann)
    return {
        "an expired token": expired,
        "a revoked token": revoked,
        "a token with a wrong end": good[:-1] + ("a" if good[-1] != "a" else "b"),
        "a token that is none": "emb_",
        "no ASCII": "emb_żółć_x",
    }


def test_addresses_that_are_none_answer_404(world: World, admin: Caller) -> None:
    found = []
    for one in operations():
        for value in ("1", "x" * 300, "..%2f..%2fetc%2fpasswd", "%00", "%FF"):
            path = one.path(lambda _name, value=value: value)
            if one.arguments:
                status = admin.ask(one.methods[0], path, is_api=True).status_code
                found += [f"{one.methods[0]} {path[:80]}: {status}"] * (status not in (400, 404, 405))
    nothing(found)


# --- pages and forms --------------------------------------------------------------------------------------------------


def form_pages() -> list[Endpoint]:
    return [
        one
        for one in pages()
        if "POST" in one.methods and hasattr(getattr(one.view, "view_class", None), "form_class")
    ]


def test_forms_refuse_wrong_input_and_keep_what_was_typed(world: World, admin: Caller) -> None:
    assert len(form_pages()) > 50
    stranger, signed_in = world.caller("anonymous"), (admin, world.caller("ann"))
    before, found = dump(), []
    for one in form_pages():
        found += form_faults(one, (stranger,) if one.is_public else signed_in, world, before)
    nothing(found)


def form_faults(
    endpoint: Endpoint, callers: Sequence[Caller], world: World, before: dict[str, list[str]]
) -> list[str]:
    """By the first of the callers to whom the page shows something to fill in: some forms are theirs whose record it is."""
    path = endpoint.own_path(world)
    kinds: dict[str, str] = {}
    found = None
    for one in callers:
        shown = one.ask("GET", path)
        if shown.status_code >= 500:
            return [f"GET {path}: {shown.status_code}"]
        if shown.status_code == 200 and not set(kinds) - {"csrfmiddlewaretoken"}:
            found, kinds = one, Fields(shown.content.decode(), path).kinds
    if found is None:
        return []
    return [fault for sent in form_cases(kinds) for fault in post(endpoint, found, path, kinds, sent, before)]


def post(
    endpoint: Endpoint,
    caller: Caller,
    path: str,
    kinds: dict[str, str],
    sent: Sent,
    before: dict[str, list[str]],
) -> list[str]:
    told = f"{caller.name} POST /{endpoint.route} with {sent.told}"
    with taken_back() as writes:
        response = caller.ask("POST", path, data=encoded(sent.values), content_type=FORM)
        is_refused = response.status_code >= 400
        changed = differing(before, dump()) if is_refused and writes.statements else []
    if not is_refused:
        return [f"{told}: {response.status_code}"] if sent.must_fail else []
    found = [f"{told}: {table} changed" for table in changed]
    if response.status_code not in (422, 429, 403) or (sent.must_fail and response.status_code == 403):
        return [*found, f"{told}: {response.status_code}"]
    if response.status_code == 422:
        found += answer_faults(told, response.content.decode(), kinds, sent)
    return found


def answer_faults(told: str, html: str, kinds: dict[str, str], sent: Sent) -> list[str]:
    """The page comes back with the summary and with what was typed."""
    found = [] if 'id="errors"' in html else [f"{told}: no summary of the errors"]
    back = Fields(html).typed
    for name, value in sent.values.items():
        if kinds.get(name) in TEXTS and "\0" not in value and back.get(name, "").strip() != value:
            found.append(f"{told}: {name} was not kept")
    return found


def encoded(values: dict[str, Any]) -> bytes:
    from urllib.parse import urlencode

    return urlencode(values).encode()


def test_pages_refuse_what_cannot_be_read(world: World, admin: Caller) -> None:
    """Invalid UTF-8, a torn multipart body, a NUL in the address: 4xx or the form again, nothing written."""
    before, found = dump(), []
    for one in form_pages():
        path = one.own_path(world)
        caller = world.caller("anonymous") if one.is_public else admin
        torn = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nhalf'
        for told, given in {
            "invalid UTF-8": {"data": b"name=%FF%FE&title=\xff\xfe", "content_type": FORM},
            "a torn body": {"data": torn, "content_type": "multipart/form-data; boundary=b"},
            "no boundary": {"data": torn, "content_type": "multipart/form-data"},
            "JSON": {"data": b'{"name": 1}', "content_type": JSON},
            "an odd charset": {"data": b"name=x", "content_type": f"{FORM}; charset=utf-7"},
        }.items():
            with taken_back() as writes:
                status = caller.ask("POST", path, **given).status_code
                changed = differing(before, dump()) if status >= 400 and writes.statements else []
            found += [f"POST {path} with {told}: {status}"] * (status >= 500)
            found += [f"POST {path} with {told}: {table} changed" for table in changed]
    nothing(found)


def test_pages_refuse_ten_megabytes(world: World, admin: Caller) -> None:
    found = []
    for one in form_pages():
        caller = world.caller("anonymous") if one.is_public else admin
        status = caller.ask("POST", one.own_path(world), data=TEN_MEGABYTES, content_type=FORM).status_code
        # a page that leads elsewhere (a link that ran out) does not read what is sent
        found += [f"/{one.route}: {status}"] * (status not in ((413, 302, 410) if one.is_public else (413,)))
    nothing(found)


def test_pages_survive_odd_addresses(world: World, admin: Caller) -> None:
    found = []
    queries = (
        "page=x&size=-1&sort=-nothing&after=zzz&before=%F0&q=%FF%FE",
        "after=W10%3D&sort=__class__&tab=%27%22&owner=1&status=x&export=exe&q=" + "x" * 5000,
    )
    for one in pages():
        caller = world.caller("anonymous") if one.is_public else admin
        for query in queries[: 1 if one.arguments else 2]:
            with taken_back():
                status = caller.ask("GET", f"{one.own_path(world)}?{query}").status_code
            found += [f"GET /{one.route}?{query[:50]}: {status}"] * (status >= 500)
    nothing(found)


def test_the_cases_are_many(world: World) -> None:
    """The generators really generate: else the tests above would be green for nothing."""
    assert sum(1 for one in operations() for _ in body_cases(one, world)) > 500
    assert sum(1 for one in operations() for _ in query_cases(one)) > 100
