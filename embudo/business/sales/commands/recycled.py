from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.sales.models import Lead, Opportunity
from embudo.business.sales.permissions import DELETE_LEAD, DELETE_OPPORTUNITY
from embudo.kernel.errors import Refused
from embudo.kernel.kind import Erasing, Recycling

# What `recycle` needs to know of leads and opportunities.


def check_not_converted(lead: Lead) -> None:
    if Opportunity.objects.filter(lead=lead).exists():
        raise Refused(
            "sales.lead_converted",
            _("This lead was converted. Undo the conversion or delete its opportunity first."),
        )


def lead_blanked(lead: Lead) -> Mapping[str, Any]:
    """What is left of a converted lead when the person is erased: its place in the funnel."""
    texts = dict.fromkeys(("company_name", "job_title", "email", "phone", "message", "reason_note"), "")
    return {**texts, "name": gettext("Erased"), "raw": {}, "custom": {}}


LEAD_RECYCLING = Recycling(
    DELETE_LEAD,
    check=check_not_converted,
    erasing=Erasing(("name", "email", "phone"), follows=("person",), blank=lead_blanked),
)
OPPORTUNITY_RECYCLING = Recycling(DELETE_OPPORTUNITY, loosens=("company",), mentions=("title", "lost_note"))
