import re
from enum import StrEnum
from typing import Any

from embudo.foundation.ui.pages import BoardPage
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record
from tests.walk.bodies import body_for, records_named
from tests.walk.endpoints import METHODS, Endpoint
from tests.walk.tables import differing, dump, taken_back
from tests.walk.world import Caller, World


class Verdict(StrEnum):
    SIGN_IN = "sent to sign in"
    FORBIDDEN = "forbidden"
    MISSING = "not found"
    PARTLY = "admitted, the act perhaps not"
    ADMITTED = "admitted"


def expected(endpoint: Endpoint, caller: Caller, world: World, method: str) -> Verdict:
    """What the declared permission means for this caller; nothing of the view is looked at."""
    if endpoint.is_public:
        return Verdict.PARTLY
    if not caller.actor.is_known:
        is_open = endpoint.takes_form_key and caller.name == "form key"
        return Verdict.PARTLY if is_open else Verdict.SIGN_IN
    permission = endpoint.permission
    if permission is not None and not caller.actor.may(permission):
        return Verdict.FORBIDDEN
    records = endpoint.records(world)
    named = records_named(endpoint, world) if endpoint.is_api else []
    if method == "POST" and card_moved(endpoint, world):
        named = [world.records["opportunity"]]
    if not all(caller.sees(record) for record in [*records, *named]):
        return Verdict.MISSING
    return Verdict.ADMITTED if _may_act(endpoint, caller, records, method) else Verdict.PARTLY


def _may_act(endpoint: Endpoint, caller: Caller, records: list[Record], method: str) -> bool:
    needed: Permission | None = endpoint.act_permission if method != "GET" else None
    return needed is None or (
        caller.actor.may(needed) and all(caller.reaches(record, needed) for record in records[:1])
    )


def fits(endpoint: Endpoint, verdict: Verdict, method: str, response: Any) -> bool:
    """Whether the answer is the one that the verdict asks for."""
    status = response.status_code
    if status >= 500:
        return False
    if endpoint.is_api and method not in endpoint.methods:
        return status == 405
    if verdict is Verdict.SIGN_IN:
        return status == 401 if endpoint.is_api else is_sign_in(response)
    if verdict is Verdict.FORBIDDEN:
        return bool(status == 403)
    if verdict is Verdict.MISSING:
        return status in ((404, 405) if method not in endpoint.methods else (404,))
    if verdict is Verdict.PARTLY:
        return True
    return status not in (401, 403, 404) and not is_sign_in(response)


def is_sign_in(response: Any) -> bool:
    target = response.headers.get("Location", "") or response.headers.get("HX-Redirect", "")
    return response.status_code in (204, 302) and target.startswith(("/login/?next=", "/setup/"))


def is_refusal(response: Any) -> bool:
    return bool(response.status_code >= 400) or is_sign_in(response)


def ask(endpoint: Endpoint, caller: Caller, world: World, method: str, path: str) -> Any:
    if endpoint.is_api:
        body, content_type = body_for(endpoint, world)
        given = {"data": body, "content_type": content_type, "headers": endpoint.headers}
        return caller.ask(method, path, is_api=True, **given)
    # a short answer where only the status is looked at: drawing 405 as a page takes most of the walk's time
    headers = None if method in endpoint.methods else {"Accept": "application/json"}
    body = card_moved(endpoint, world) if method == "POST" else ""
    return caller.ask(
        method, path, data=body, content_type="application/x-www-form-urlencoded", headers=headers
    )


def card_moved(endpoint: Endpoint, world: World) -> str:
    """A board is told by the body which card moves where."""
    if not issubclass(getattr(endpoint.view, "view_class", object), BoardPage):
        return ""
    return f"card={world.records['opportunity'].pk}&lane={world.records['stage'].pk}"


def faults(endpoint: Endpoint, caller: Caller, world: World, before: dict[str, list[str]]) -> list[str]:
    """What is wrong with the answers to this caller, every method tried. Each try is taken back."""
    found = []
    for method in METHODS:
        if method in endpoint.elsewhere:
            continue
        verdict = expected(endpoint, caller, world, method)
        told = f"{caller.name} {method} /{endpoint.route}"
        with taken_back() as writes:
            response = ask(endpoint, caller, world, method, endpoint.own_path(world))
            if not fits(endpoint, verdict, method, response):
                found.append(f"{told}: expected {verdict}, got {response.status_code}")
            if is_refusal(response) and writes.statements:
                changed = differing(before, dump())
                found += [f"{told}: {response.status_code}, yet {table} changed" for table in changed]
            for _piece in response.streaming_content if response.streaming else ():
                pass  # read to its end, so that the client closes the file
    return found


def unlike_missing(endpoint: Endpoint, caller: Caller, world: World) -> list[str]:
    """Differences between what a foreign record and a missing one answer; [] where they cannot be told apart."""
    records = endpoint.records(world)
    if not records or all(caller.sees(record) for record in records):
        return []
    found = []
    for method in endpoint.methods:
        answers = []
        for path in (endpoint.own_path(world), endpoint.missing_path(world)):
            with taken_back():
                response = ask(endpoint, caller, world, method, path)
                answers.append(
                    (response.status_code, masked(response.content.decode(errors="replace"), path))
                )
        if answers[0] != answers[1]:
            found.append(
                f"{caller.name} {method} /{endpoint.route}: foreign {answers[0][0]}, missing {answers[1][0]}"
            )
    return found


UUID_SHAPE = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
TOKEN_SHAPE = re.compile(r'(csrfmiddlewaretoken" value="|X-CSRFToken": ?"|csrf[^"]*content=")[^"]+')


def masked(text: str, path: str) -> str:
    """Without what differs in every answer: the address itself, ids, form tokens."""
    return TOKEN_SHAPE.sub(r"\1", UUID_SHAPE.sub("ID", text.replace(path, "PATH")))
