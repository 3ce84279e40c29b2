from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.duplicates import queries
from embudo.foundation.duplicates.permissions import VIEW
from embudo.foundation.duplicates.rules.wording import reasons_text
from embudo.foundation.duplicates.views.shown import likelihood_badge
from embudo.foundation.ui.pages import PartPage
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import kind_named


class DuplicatesPanel(PartPage):
    """What may be the same as one record, and what was merged into it; a panel of its page, or without script a page."""

    permission = VIEW
    template_name = "duplicates/panel.html"
    title = _("Possible duplicates")
    nav = "duplicates:queue"

    def get_context(self) -> dict[str, Any]:
        kind = kind_named(self.kwargs["kind"])
        if kind is None:
            raise NotFound
        record = self.at_hand or kind.fetch(self.actor, UUID(str(self.kwargs["record_id"])))
        found = queries.pairs_of(self.actor, record)
        others = [pair.other if pair.one == record.pk else pair.one for pair in found]
        titles = queries.titles(self.actor, [(kind.name, pk) for pk in others])
        lines = [
            {
                "title": titles[pk][0],
                "url": reverse("duplicates:pair", args=[pair.pk]),
                "badge": likelihood_badge(pair.probability),
                "reasons": reasons_text(pair.reasons),
            }
            for pair, pk in zip(found, others, strict=True)
            if pk in titles
        ]
        return super().get_context() | {
            "lines": lines,
            "merges": queries.merges_into(self.actor, record),
            "back": kind.url(record.pk),
        }
