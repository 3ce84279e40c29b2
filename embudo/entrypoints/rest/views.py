from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.entrypoints.rest.app import api
from embudo.entrypoints.rest.reference import chapters
from embudo.foundation.ui.access_marks import public
from embudo.foundation.ui.pages import Page


@public
class Reference(Page):
    """The API's reference, drawn from its own description: nothing is loaded from elsewhere."""

    title = _("API reference")
    template_name = "rest/reference.html"
    shell = "ui/bare.html"
    width = "wide"

    def get_context(self) -> dict[str, Any]:
        schema = api.get_openapi_schema()
        return super().get_context() | {
            "chapters": chapters(schema),
            "description": schema["info"]["description"],
        }
