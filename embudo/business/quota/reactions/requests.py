from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from embudo.business.quota import events
from embudo.business.quota.models import Account, SpendRequest
from embudo.business.quota.permissions import ANSWER_REQUESTS
from embudo.business.quota.queries.licences import people_who_may
from embudo.foundation.access.models import User
from embudo.foundation.notify.commands import tell_user
from embudo.foundation.ui import atoms
from embudo.kernel.actor import system_actor
from embudo.kernel.event import on


@on(events.OfficerAsked)
def tell_officers_of_request(event: events.OfficerAsked, entry: Any) -> None:
    """Who may answer learns of it, but for who asked."""
    actor = system_actor("officer asked")
    account = Account.objects.visible_to(actor).filter(pk=event.account_id).first()
    if account is None:
        return
    ids = people_who_may(ANSWER_REQUESTS) - {entry.actor_id}
    for user in User.objects.filter(pk__in=ids, is_active=True).order_by("pk"):
        with translation.override(user.language):
            title = gettext("%(reference)s asks to spend %(amount)s more") % {
                "reference": account.reference,
                "amount": atoms.money_text(event.amount_minor, event.currency, user.language),
            }
        url = reverse("quota:account", args=[account.pk])
        tell_user(
            actor, user=user, kind="quota.officer_asked", title=title, url=url,
            key=f"quota.officer_asked:{event.request_id}",
        )  # fmt: skip


@on(events.SpendRequestAnswered)
def tell_asker_of_answer(event: events.SpendRequestAnswered, entry: Any) -> None:
    """Somebody of the staff who asked learns the answer."""
    actor = system_actor("request answered")
    request = (
        SpendRequest.objects.visible_to(actor)
        .filter(pk=event.request_id)
        .select_related("account", "asked_by")
        .first()
    )
    if request is None or request.asked_by is None or not request.asked_by.is_active:
        return
    user = request.asked_by
    with translation.override(user.language):
        words = (
            gettext("Approved: %(reference)s may spend %(amount)s more")
            if event.is_approved
            else gettext("Denied: %(amount)s more for %(reference)s")
        )
        title = words % {
            "reference": request.account.reference,
            "amount": atoms.money_text(event.amount_minor, event.currency, user.language),
        }
    url = reverse("quota:account", args=[request.account_id])
    tell_user(
        actor, user=user, kind="quota.request_answered", title=title, url=url,
        key=f"quota.request_answered:{event.request_id}",
    )  # fmt: skip
