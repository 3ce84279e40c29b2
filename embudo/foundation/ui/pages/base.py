from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views import View

from embudo.foundation.ui import atoms
from embudo.foundation.ui.access_marks import actor_of, admit, is_for_everyone, is_public
from embudo.foundation.ui.parts import Action, Crumb
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden
from embudo.kernel.permission import Permission

SHELL, BARE, FRAGMENT, DIALOG = "ui/base.html", "ui/bare.html", "ui/fragment.html", "ui/dialog.html"
WHOLE, PART = "ui/page.html", "ui/part.html"


class Page(View):
    """
    A page with a template of its own. Name a `permission`, or mark the class `@public` or `@signed_in`; a page with
    neither fails when the URLs are loaded. Give `template_name` (extends "ui/page.html"), `title`, and what
    the template needs by overriding `get_context()`; call `super().get_context() | {...}`.
    """

    permission: ClassVar[Permission | None] = None
    template_name: ClassVar[str] = "ui/page.html"
    title: ClassVar[Any] = ""
    icon: ClassVar[str] = ""
    width: ClassVar[str] = ""  # "narrow" for forms and texts
    nav: ClassVar[str] = ""  # URL name of the menu entry this page belongs to
    help_key: ClassVar[str] = ""
    actions: ClassVar[Sequence[Action]] = ()
    crumbs: ClassVar[Sequence[Crumb]] = ()
    shell: ClassVar[str] = SHELL

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        if not (cls.permission or is_public(cls) or is_for_everyone(cls)):
            raise ImproperlyConfigured(
                f"{cls.__name__} names no permission and is neither @public nor @signed_in"
            )
        return super().as_view(**initkwargs)

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_public(type(self)):
            refusal = admit(request, self.permission)
            if refusal:
                return refusal
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.render()

    @property
    def at_hand(self) -> Any:
        """The record at hand, where this page is drawn as a panel of the record's own page; it was fetched for this actor."""
        return getattr(self.request, "record_at_hand", None)

    @property
    def htmx_target(self) -> str:
        """The id of the element that htmx will swap; "" for a whole page (also when the browser goes back)."""
        headers = self.request.headers
        if headers.get("HX-Request") != "true" or headers.get("HX-History-Restore-Request") == "true":
            return ""
        return headers.get("HX-Target", "").partition("#")[2]

    def get_title(self) -> Any:
        return self.title

    def get_actions(self) -> Sequence[Action]:
        return self.actions

    def get_crumbs(self) -> Sequence[Crumb]:
        return self.crumbs

    def get_shell(self) -> str:
        return {"dialog-body": DIALOG, "main": FRAGMENT}.get(self.htmx_target, self.shell)

    def get_context(self) -> dict[str, Any]:
        return {
            "page": self,
            "shell": self.get_shell(),
            "in_dialog": self.htmx_target == "dialog-body",
            "title": self.get_title(),
            "actions": [action for action in self.get_actions() if action.is_for(self.actor)],
            "crumbs": self.get_crumbs(),
            "actor": self.actor,
            "nav": self.nav,
        }

    def render(
        self, context: Mapping[str, Any] | None = None, *, status: int = 200, template: str = ""
    ) -> HttpResponse:
        given = self.get_context() if context is None else dict(context)
        with atoms.asked_once():
            html = render_to_string(template or self.template_name, given, request=self.request)
        return HttpResponse(html, status=status, headers={"Vary": "HX-Request, HX-Target"})

    def require(self, permission: Permission) -> None:
        """For the rare page where one part needs a grant of its own."""
        if not self.actor.may(permission):
            raise Forbidden(permission.code)


class PartPage(Page):
    """
    A part of another page, such as a panel of a record or a tile of the dashboard, which asks for it by itself; without script, or
    opened alone, a page of its own. The template extends `frame` and fills the block "body", or extends "ui/page.html" and leaves
    its heading away where `is_part`.
    """

    @property
    def is_part(self) -> bool:
        headers = self.request.headers
        is_restored = headers.get("HX-History-Restore-Request") == "true"
        return headers.get("HX-Request") == "true" and not is_restored and self.htmx_target != "main"

    def get_shell(self) -> str:
        return DIALOG if self.is_part else super().get_shell()

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {"is_part": self.is_part, "frame": PART if self.is_part else WHOLE}


def plain(cls: type, name: str) -> Any:
    """A function given as a class attribute, unbound: `query = queries.leads_open` stays a function."""
    for owner in cls.__mro__:
        if name in owner.__dict__:
            found = owner.__dict__[name]
            return found.__func__ if isinstance(found, staticmethod | classmethod) else found
    return None
