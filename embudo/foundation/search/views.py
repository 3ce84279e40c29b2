from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_lazy as _

from embudo.foundation.search import permissions, queries, rules
from embudo.foundation.ui.access_marks import actor_of, guarded
from embudo.foundation.ui.lookup import Suggestion, suggestions
from embudo.foundation.ui.pages import Page

IN_PALETTE = 8
ON_PAGE = 100


@guarded(permissions.SEARCH)
def suggest(request: HttpRequest) -> HttpResponse:
    """The palette's hits, as one types."""
    hits = queries.found(actor_of(request), request.GET.get("q", ""), limit=IN_PALETTE)
    return suggestions(
        request, [Suggestion(hit.title, hit.url, _second_line(hit), hit.kind.icon) for hit in hits]
    )


def _second_line(hit: queries.Hit) -> str:
    parts = [str(hit.kind.label), hit.subtitle]
    return " · ".join(part for part in parts if part)


class Results(Page):
    """Everything that was found, by kind."""

    permission = permissions.SEARCH
    template_name = "search/results.html"
    title = _("Search")
    help_key = "search:results"

    def get_title(self) -> str:
        return gettext("Search: %(words)s") % {"words": self.typed} if self.typed else gettext("Search")

    @property
    def typed(self) -> str:
        return " ".join(self.request.GET.get("q", "").replace("\0", "").split())[:100]

    def get_context(self) -> dict[str, Any]:
        kind = self.request.GET.get("kind", "")
        hits = queries.found(self.actor, self.typed, kind=kind, limit=ON_PAGE)
        return super().get_context() | {
            "typed": self.typed,
            "is_enough": rules.understand(self.typed).is_enough,
            "hits": hits,
            "kinds": queries.visible_kinds(self.actor),
            "chosen": kind,
            "is_full": len(hits) == ON_PAGE,
        }
