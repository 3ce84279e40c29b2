from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect

from embudo.foundation.ui.pages.base import Page

AWAITED = "awaited"


def awaited(address: str, *, is_moving: bool) -> str:
    """The address of a background page for somebody who just took a step: work under way is awaited there, and its outcome told."""
    return f"{address}?{AWAITED}=1" if is_moving else address


class BackgroundPage(Page):
    """
    Shows work that goes on in the background: asks for the part named `part` (drawn by `part_template`) every second while
    the work is on, and says what came of it. Who began it is told so too when it was over before the page came.
    """

    part: ClassVar[str]
    part_template: ClassVar[str]

    def is_moving(self) -> bool:
        """Whether the work is still on."""
        raise NotImplementedError

    def outcome(self) -> str:
        """One sentence, spoken and shown when the work is over."""
        raise NotImplementedError

    @property
    def is_part(self) -> bool:
        return self.htmx_target == self.part

    def get_context(self) -> dict[str, Any]:
        return super().get_context() | {"is_moving": self.is_moving()}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        is_over = not self.is_moving()
        if is_over and (self.is_part or AWAITED in request.GET):
            messages.success(request, self.outcome())
            if self.is_part:
                return HttpResponse(status=204, headers={"HX-Redirect": request.path})
            return HttpResponseRedirect(request.path)
        return self.render(template=self.part_template if self.is_part else "")
