from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.foundation.access.queries import user_names
from embudo.foundation.attributes.queries import record_name, reference_options, user_options
from embudo.foundation.ui.forms import LookupField
from embudo.kernel.actor import Actor

FEW = 50  # what stands in the plain list where there is no script


def reference_field(actor: Actor, related: str) -> LookupField:
    """Chooses a record of a kind among those in the actor's sight; it comes out as its id."""
    field = LookupField()
    field.offer(
        search_url=reverse("attributes:options", args=[related]),
        fetch=lambda value: str(UUID(value)),
        label_of=lambda value: record_name(actor, related, str(value)),
        options=lambda: reference_options(actor, related),
    )
    return field


def colleague_field(actor: Actor) -> LookupField:
    """Chooses one of the colleagues; it comes out as their id."""
    field = LookupField(list_label=_("Colleagues"))
    field.offer(
        search_url=reverse("attributes:colleagues"),
        fetch=lambda value: str(UUID(value)),
        label_of=lambda value: user_names({UUID(str(value))}).get(UUID(str(value)), "—"),
        options=lambda: user_options(actor)[:FEW],
    )
    return field
