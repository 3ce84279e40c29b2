"""Pages that a customer opens by a link: no sign-in, no cookie, and an address that is a secret."""

from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext

from embudo.foundation.access.queries import organisation
from embudo.foundation.ui.pages import Page
from embudo.foundation.ui.pages.base import BARE
from embudo.kernel import limit
from embudo.kernel.errors import NotFound, TooMany

LOOKS, WINDOW = 60, 600  # of one address in ten minutes


class GuestPage(Page):
    """
    `open_link()` reads what the link names, or raises NotFound; `mail_language()` says in which language it was sent. What a link
    leads to is kept out of caches, logs, search engines and the addresses that other sites are told.
    """

    shell = BARE
    bucket: ClassVar[str] = "quota.guest"

    def open_link(self) -> None:
        raise NotImplementedError

    def mail_language(self) -> str:
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = self._within_limits(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - the address is a secret
        return response

    def _within_limits(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            limit.take(f"{self.bucket}:{request.META.get('REMOTE_ADDR', '')}", limit=LOOKS, seconds=WINDOW)
            self.open_link()
        except TooMany as fault:
            response = self.told(gettext("Too many tries. Wait some minutes, then open the link again."), 429)
            response["Retry-After"] = str(fault.retry_after)
            return response
        except NotFound:
            return self.told(self.dead_link(), 404)
        with translation.override(self.language()):
            return super().dispatch(request, *args, **kwargs)

    def dead_link(self) -> str:
        return gettext("This link is not one of ours. Open it from the mail once more.")

    def language(self) -> str:
        """The one asked for, else the one the mail was written in."""
        asked = self.request.GET.get("lang", "")
        return asked if asked in dict(settings.LANGUAGES) else self.mail_language()

    def around(self) -> dict[str, Any]:
        return {
            "house": organisation().name,
            "languages": settings.LANGUAGES,
            "lang_chosen": translation.get_language(),
        }

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | self.around()

    def told(self, text: str, status: int) -> HttpResponse:
        """A page without a question: whoever came with a link that is none learns nothing else."""
        context = {"title": gettext("This link does not work"), "text": text}
        return self.render(self.get_context() | context, status=status, template="quota/answer_none.html")
