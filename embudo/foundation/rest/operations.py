from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from ninja.constants import NOT_SET
from ninja.errors import ValidationError
from ninja.operation import Operation
from ninja.responses import Status
from pydantic import TypeAdapter

from embudo.foundation.rest.problems import Unauthorised, problem_of
from embudo.foundation.rest.reading import check_query, check_size
from embudo.foundation.rest.requests import caller_key, etag, holder_of
from embudo.kernel import idempotency, limit
from embudo.kernel.actor import ANONYMOUS, Actor
from embudo.kernel.command import Command
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.former import new_address
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record

F = TypeVar("F", bound=Callable[..., Any])
JSON = "application/json"
CALLS_A_MINUTE = 6000
PORTION = 50  # calls taken from the bucket at once, so a busy token writes once for many calls
KEY_LENGTH = 200


def operation(
    permission: Permission | Command[..., Any] | None, *, needs_key: bool = False
) -> Callable[[F], F]:
    """
    Says which permission an operation needs: a Permission, the command it runs, or None for one that strangers may
    call; and whether callers have to send an Idempotency-Key. Stands below `@router.get(...)`; an operation without it
    fails when the URLs are loaded.
    """

    def mark(function: F) -> F:
        function.needs_key = needs_key  # type: ignore[attr-defined]
        function.permission = permission.permission if isinstance(permission, Command) else permission  # type: ignore[attr-defined]
        return function

    return mark


def permission_of(one: Operation) -> Permission | None:
    """What the operation needs; None where strangers may call it."""
    function = one.view_func
    if not hasattr(function, "permission"):
        raise ImproperlyConfigured(f"{function.__module__}.{function.__name__} is not marked @operation(...)")
    found: Permission | None = function.permission
    return found


def needs_key(one: Operation) -> bool:
    """Whether callers have to send an Idempotency-Key."""
    return bool(getattr(one.view_func, "needs_key", False))


class _Portions:
    """Calls that this process may still make for a caller before it asks the database again."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}

    def take(self, caller: str) -> None:
        left = self.left.get(caller, 0)
        if left < 1:
            limit.take(f"rest:{caller}", limit=CALLS_A_MINUTE, seconds=60, cost=PORTION)
            left = PORTION
            if len(self.left) > 1000:
                self.left.clear()
        self.left[caller] = left - 1


portions = _Portions()


class Entry:
    """
    What happens around every operation, in this order: the caller is known, allowed and not too fast; the request can
    be read; a repeated POST gets its first answer; every error becomes a problem.
    """

    dress: ClassVar[Any] = (
        None  # the slot that `attributes` fills: (request, result), before it is written out
    )

    def __init__(self, one: Operation) -> None:
        self.operation = one
        self.permission = permission_of(one)
        self.needs_key = needs_key(one)
        self.body_name = next(
            (
                model.__read_from_single_attr__
                for model in one.models
                if hasattr(model, "__read_from_single_attr__")
            ),
            "",
        )
        self.query_names = frozenset(
            name
            for model in one.models
            if model.__ninja_param_source__ == "query"
            for name in getattr(model, "__ninja_flatten_map__", None) or model.model_fields
        )
        self.status = next(iter(one.response_models))
        self.adapters = {status: _adapter(model) for status, model in one.response_models.items()}

    def __call__(self, request: HttpRequest, **path: Any) -> HttpResponseBase:
        try:
            self.admit(request)
            self.check(request)
            if request.method == "POST" and (self.needs_key or "Idempotency-Key" in request.headers):
                return self.once(request, path)
            return self.run(request, path)
        except Exception as error:  # noqa: BLE001 - the one mapper: a fault of ours becomes a logged 500
            moved = new_address(request, request.actor) if isinstance(error, NotFound) else ""  # type: ignore[attr-defined]
            if moved:  # not for ever: a merge can be undone
                return HttpResponse(status=307, headers={"Location": moved})
            return problem_of(request, error, body_name=self.body_name)

    def admit(self, request: HttpRequest) -> None:
        actor = self.caller(request)
        if self.permission is not None and not actor.is_known:
            raise Unauthorised
        request.actor = actor  # type: ignore[attr-defined]
        portions.take(caller_key(request))
        if self.permission is not None and not actor.may(self.permission):
            raise Forbidden(self.permission.code)

    def caller(self, request: HttpRequest) -> Actor:
        for read in self.operation.auth_callbacks:
            actor = read(request)
            if isinstance(actor, Actor):
                return actor
        return ANONYMOUS.from_origin("rest", getattr(request, "request_id", ""))

    def check(self, request: HttpRequest) -> None:
        check_size(request)
        unknown = check_query(request, self.query_names)
        if unknown:
            raise Invalid({name: [_("There is no such parameter. Remove it.")] for name in unknown})

    def run(self, request: HttpRequest, path: dict[str, Any]) -> HttpResponseBase:
        one = self.operation
        shell = HttpResponse(content_type=JSON)
        result = one.view_func(request, **one._get_values(request, path, shell))  # noqa: SLF001 - ninja's own run() answers errors differently
        if isinstance(result, HttpResponseBase):
            return result
        return self.answer(request, result, shell)

    def answer(self, request: HttpRequest, result: Any, shell: HttpResponse) -> HttpResponse:
        shell.status_code = self.status
        if isinstance(result, Status):
            shell.status_code, result = result.status_code, result.value
        if self.dress is not None:
            self.dress(request, result)
        adapter = self.adapters[shell.status_code]
        if adapter is None:
            del shell["Content-Type"]
            return shell
        shell.content = adapter.dump_json(adapter.validate_python(result, from_attributes=True))
        if isinstance(result, Record):
            shell["ETag"] = etag(result.version)
            if shell.status_code in (201, 202) and not getattr(request.resolver_match, "kwargs", {}):
                shell["Location"] = f"{request.path}/{result.pk}"
        return shell

    def once(self, request: HttpRequest, path: dict[str, Any]) -> HttpResponseBase:
        """With an Idempotency-Key: the change and its kept answer stand or fall together. What was refused is kept as well."""
        holder = f"rest:{holder_of(request)}"  # type: ignore[arg-type]  # who asks is known by now
        key = request.headers.get("Idempotency-Key", "")
        if not (key.isascii() and key.isprintable() and 0 < len(key) <= KEY_LENGTH):
            raise Invalid({"Idempotency-Key": [_("Send 1 to 200 printable ASCII characters.")]})
        body = b"" if request.content_type == "multipart/form-data" else request.body
        sent = idempotency.digest("POST", request.get_full_path(), body)
        is_claimed = False
        try:
            with idempotency.claiming(holder, key) as after:
                kept = idempotency.begin(holder, key, sent)
                if kept is not None:
                    return _replayed(kept)
                is_claimed = True
                response = self.run(request, path)
                if isinstance(response, HttpResponse):
                    idempotency.finish_together(after, holder, key, _kept(response))
                return response
        except (Invalid, Refused, ValidationError) as error:
            if not is_claimed:  # it is about the key itself
                raise
            refusal = problem_of(request, error, body_name=self.body_name)
        with idempotency.claiming(holder, key) as after:  # the change was taken back, and the claim with it
            kept = idempotency.begin(holder, key, sent)
            if kept is not None:
                return _replayed(kept)
            idempotency.finish_together(after, holder, key, _kept(refusal))
        return refusal


def _kept(response: HttpResponse) -> idempotency.Answer:
    return idempotency.Answer(response.status_code, response.content, dict(response.items()))


def _replayed(kept: idempotency.Answer) -> HttpResponse:
    return HttpResponse(
        kept.body, status=kept.status, headers=kept.headers | {"Idempotency-Replayed": "true"}
    )


def _adapter(model: Any) -> TypeAdapter[Any] | None:
    """Straight to the schema: ninja's own way through a wrapping model costs twice the time."""
    if model is None or model is NOT_SET:
        return None
    shape: Any = model.model_fields["response"].annotation
    return TypeAdapter(shape)


def entered(run: Callable[..., Any]) -> Entry:
    """For NinjaAPI.add_decorator(mode="view"): the bound operation stands behind its run()."""
    return Entry(run.__self__)  # type: ignore[attr-defined]
