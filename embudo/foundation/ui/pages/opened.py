import copy

from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, resolve, reverse

from embudo.foundation.ui.pages.lists import ListPage
from embudo.kernel.errors import Forbidden, NotFound


def list_page(list_key: str, request: HttpRequest, given: QueryDict | None = None) -> ListPage:
    """
    The list with this URL name, looking as this request's address says, or as `given` does. NotFound where there is none,
    Forbidden where this person may not see it.
    """
    try:
        path = reverse(list_key)
    except NoReverseMatch:
        raise NotFound from None
    match = resolve(path)
    cls = getattr(match.func, "view_class", None)
    if not (isinstance(cls, type) and issubclass(cls, ListPage)):
        raise NotFound
    here = copy.copy(request)
    here.path, here.path_info, here.resolver_match, here.method = path, path, match, "GET"
    if given is not None:
        here.GET = given  # type: ignore[assignment]
    page = cls()
    page.request, page.args, page.kwargs = here, (), {}
    if cls.permission is not None and not page.actor.may(cls.permission):
        raise Forbidden(cls.permission.code)
    page.setup(here)
    return page
