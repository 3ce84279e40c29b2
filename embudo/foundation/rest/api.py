from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, re_path
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.operation import Operation

from embudo.foundation.rest.openapi import completed
from embudo.foundation.rest.operations import entered, needs_key, permission_of
from embudo.foundation.rest.problems import not_found, problem, problem_of
from embudo.foundation.rest.reading import StrictParser
from embudo.foundation.rest.requests import BearerToken
from embudo.kernel.permission import Permission
from embudo.kernel.routing import by_first_part

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class OperationFacts:
    """One operation as a walk over the API sees it; `permission` None = strangers may call it."""

    method: str
    path: str
    name: str
    permission: Permission | None
    operation: Operation


class RestAPI(NinjaAPI):
    """The API object: bearer tokens by default, our errors, our schema. Routers are added by the entrance."""

    def __init__(self, **options: Any) -> None:
        given: dict[str, Any] = {"auth": BearerToken(), "parser": StrictParser(), "docs_url": None}
        super().__init__(**(given | options))
        self.add_decorator(entered, mode="view")
        self._schemas: dict[str, dict[str, Any]] = {}

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> Any:
        prefix = self.get_root_path(path_params or {}) if path_prefix is None else path_prefix
        if prefix not in self._schemas:
            permissions = {one.name: one.permission.code for one in self.walk() if one.permission}
            keyed = {one.name for one in self.walk() if needs_key(one.operation)}
            whole = super().get_openapi_schema(path_prefix=prefix)
            self._schemas[prefix] = completed(whole, permissions, keyed)
        return self._schemas[prefix]

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        return problem_of(request, exc)

    def walk(self) -> Iterator[OperationFacts]:
        """Every operation, with its permission."""
        for router in self._get_bound_routers():
            for path, view in router.path_operations.items():
                for one in view.operations:
                    full = "/".join(part.strip("/") for part in (router.prefix, path) if part.strip("/"))
                    for method in one.methods:
                        yield OperationFacts(
                            method, f"/{full}", one.view_func.__name__, permission_of(one), one
                        )

    def _get_urls(self) -> list[URLPattern | URLResolver]:
        """Ninja's, each answering problems in our shape; last, whatever is no operation at all."""
        patterns = super()._get_urls()
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                pattern.callback = _shaped(pattern.callback)
        catch_all = re_path(r"", _shaped(_nowhere), name="nowhere")
        return [*by_first_part(patterns), catch_all]


def _nowhere(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return not_found(request)


def _shaped(view: View) -> View:
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return not_found(request)
        if response.status_code != 405 or not response.has_header("Allow"):
            return response
        told = _("Use one of: %(choices)s.") % {"choices": response["Allow"]}
        return problem(request, 405, "no_such_operation", told, headers={"Allow": response["Allow"]})

    # a sign-in middleware and the walk over the URLs take these marks: the API guards itself, operation by operation
    answer.csrf_exempt = True  # type: ignore[attr-defined]
    answer.is_public = True  # type: ignore[attr-defined]
    answer.is_rest = True  # type: ignore[attr-defined]
    return answer
