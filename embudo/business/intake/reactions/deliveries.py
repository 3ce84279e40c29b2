from uuid import UUID

from django.utils.translation import override

from embudo.business.intake import commands
from embudo.business.intake.commands.deliveries import make_delivery
from embudo.business.intake.events import DeliveryOrdered
from embudo.business.intake.models import Delivery
from embudo.business.intake.rules.deliveries import MOVING
from embudo.foundation.access.queries import actor_of
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.event import on
from embudo.kernel.job import enqueue, task


@on(DeliveryOrdered, now=True)
def make_soon(event: DeliveryOrdered) -> None:
    enqueue(write_delivery, str(event.delivery_id))


@task(in_chunks=True)
def write_delivery(delivery_id: str) -> None:
    """As who ordered it, in their language and with the rights they have now; killed halfway it begins anew."""
    found = (
        Delivery.objects.select_related("owner", "assignment")
        .filter(pk=UUID(delivery_id), state__in=MOVING)
        .first()
    )
    if found is None:
        return
    owner, system = found.owner, system_actor("deliveries")
    if owner and not owner.is_active:
        commands.fail_delivery(system, found)
        return
    try:
        with override(owner.language or None if owner else None):
            make_delivery(actor_of(owner, origin="worker") if owner else system, found)
    except (Forbidden, NotFound, Invalid, Refused, OSError):  # a full disk, above all
        commands.fail_delivery(system, found)
