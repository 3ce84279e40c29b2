from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.intake import queries
from embudo.business.intake.commands.erasing import forget_erased
from embudo.business.intake.models import Delivery
from embudo.foundation.ui.hooks_registry import record_url
from embudo.kernel.erasing import register_eraser
from embudo.kernel.kind import RecordKind, register_kind
from embudo.kernel.wording import register_event_text


def _url(delivery_id: UUID) -> str:
    return record_url("intake:delivery", delivery_id)


def register() -> None:
    register_eraser("intake", forget_erased)
    register_kind(
        RecordKind(
            Delivery, _("delivery"), _("deliveries"), "package", title=lambda one: one.assignment.title, url=_url,
            fetch=queries.delivery,
        )
    )  # fmt: skip
    register_event_text("intake.DeliveryFailed", _("could not make the delivery"), "circle-alert", "bad")
