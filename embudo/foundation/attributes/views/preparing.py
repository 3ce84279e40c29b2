"""What a list shows instead of rows that would take too long: the offer to prepare it, and how far that is."""

from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from embudo.foundation.attributes import queries
from embudo.foundation.attributes.permissions import PREPARE_LISTS
from embudo.foundation.attributes.rules.preparing import Part, parts_for
from embudo.kernel.kind import kind_named

if TYPE_CHECKING:
    from embudo.foundation.attributes.views.design import Design


def plan_of(design: "Design") -> tuple[Part, ...] | None:
    """What an index for this list would hold; None where none helps."""
    model = design.model
    parts = parts_for(design.node, design.order)
    if parts is None or kind_named(model._meta.label_lower) is None:
        return None
    known = {field.name for field in model._meta.concrete_fields}
    is_known = all(one.path in known or one.path in design.attributes for one in parts)
    return parts if is_known else None


def too_slow(design: "Design") -> SafeString:
    parts = plan_of(design)
    kind = design.model._meta.label_lower
    context = {
        "plan": parts,
        "prepared": queries.prepared_for(kind, parts) if parts else None,
        "may_prepare": design.actor.may(PREPARE_LISTS),
        "url": design.tool_url("prepare"),
        "clear_url": design.page.url(q="", filter=""),
    }
    return render_to_string("attributes/too_slow.html", context)
