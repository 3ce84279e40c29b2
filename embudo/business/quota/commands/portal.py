"""The customer's own page, by a link: who sends it, and what they do there."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events, queries
from embudo.business.quota.commands.changes import draft_change, submit_change
from embudo.business.quota.commands.requests import ask_for_more
from embudo.business.quota.models import Account, Change, PortalLink, SpendRequest
from embudo.business.quota.permissions import ANSWER, SHARE_PORTAL
from embudo.business.quota.rules.answers import hash_of, new_token
from embudo.business.quota.rules.changes import Wish
from embudo.business.quota.rules.portal import LASTS
from embudo.business.quota.rules.states import AccountState
from embudo.foundation.notify.commands import queue_mail
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.money import Money
from embudo.kernel.record import lock


@command(SHARE_PORTAL)
def share_portal(actor: Actor, account: Account, *, address: str = "", language: str = "") -> PortalLink:
    """
    Mails the customer a link to their quota, valid for 90 days; without an address it goes to the one on file. Refuses (Invalid) an
    address that is none, (Refused) a customer without one, and a closed account. Whoever types another address than the one on
    file answers for it: what is asked by the link counts as asked by them, too.
    """
    if account.state == AccountState.CLOSED:
        raise Refused("quota.closed", _("This quota account is closed."))
    person = queries.addressee(account)
    to = (address or person.address).strip()
    if not to:
        raise Refused(
            "quota.no_address",
            _("The customer has no mail address. Enter one on their page, or type one here."),
        )
    try:
        validate_email(to)
    except ValidationError:
        raise Invalid({"address": [_("Enter a mail address, such as name@example.com.")]}) from None
    known = language in dict(settings.LANGUAGES)
    chosen = language if known else person.language
    if _is_same(to, person.address):
        return _send_to_record(actor, account, to, chosen)
    return _send(actor, account, to, chosen, named_by=actor.id)


def _is_same(address: str, known: str) -> bool:
    return bool(known) and address.strip().casefold() == known.casefold()


def _send_to_record(actor: Actor, account: Account, to: str, language: str) -> PortalLink:
    """To the address on file, for which answers who entered it there."""
    known = queries.provenance(account)
    return _send(actor, account, to, language, named_by=known.person.pk if known and known.person else None)


def _send(actor: Actor, account: Account, to: str, language: str, *, named_by: UUID | None) -> PortalLink:
    token = new_token()
    link = create(
        PortalLink(
            account=account,
            token_hash=hash_of(token) or "",
            address=to,
            language=language,
            expires=clock.now() + LASTS,
            sent_by_id=actor.id,
            named_by_id=named_by,
        )
    )
    subject: Any = _("Your quota: see what is left")
    context: dict[str, Any] = {
        "name": account.customer.name,
        "reference": account.reference,
        "policy": account.policy.name,
        "url": reverse("quota:portal", args=[token]),
        "until": clock.day_of(link.expires),
    }
    queue_mail.inner(
        actor,
        to=to,
        subject=subject,
        template="quota/portal_link",
        context=context,
        language=language,
        about=link,
        is_secret=True,
    )
    publish(events.PortalShared(account.pk, link.pk), account)
    return link


@command(SHARE_PORTAL)
def revoke_portal_link(actor: Actor, link: PortalLink) -> PortalLink:
    """The link opens nothing any more. Refuses (Refused) one that was revoked before."""
    fresh = lock(link)
    if fresh.revoked is not None:
        raise Refused("quota.link_revoked", _("This link was revoked before."))
    update(fresh, revoked=clock.now())
    publish(events.PortalLinkRevoked(fresh.account_id, fresh.pk), fresh.account)
    return fresh


@command(ANSWER)
def note_portal_visit(actor: Actor, *, token: str) -> None:
    """That the link was followed, once a day at most. Refuses NotFound."""
    link = queries.portal_link(token)
    if link.opened is None or clock.day_of(link.opened) < clock.today():
        fresh = lock(link)
        update(fresh, opened=clock.now())
        publish(events.PortalOpened(fresh.account_id, fresh.pk), fresh.account)


@command(ANSWER)
def wish_change(actor: Actor, *, token: str, wish: Wish) -> Change:
    """The customer asks for another limit; it goes to those who approve. Refuses as `request_change` and `submit_change` do."""
    link = queries.portal_link(token)
    return submit_change.inner(actor, draft_change(actor, link.account, wish, link=link))


@command(ANSWER)
def wish_more(actor: Actor, *, token: str, amount: Money, reason: str) -> SpendRequest:
    """
    The customer asks an officer to let more be spent now, or says that they pay in advance, as the policy offers. Refuses as
    `ask_officer` does.
    """
    link = queries.portal_link(token)
    return ask_for_more(actor, link.account, amount, reason, link=link)


@command(ANSWER)
def renew_portal_link(actor: Actor, *, reference: str, address: str) -> None:
    """
    Mails a new link where the address is the one on file of the account with this reference; otherwise nothing, and whoever asks is
    not told which it was.
    """
    account = (
        Account.objects.select_related("company", "person", "policy")
        .filter(reference=reference.strip())
        .exclude(state=AccountState.CLOSED)
        .first()
    )
    if account is None:
        return
    person = queries.addressee(account)
    if _is_same(address, person.address):
        _send_to_record(actor, account, person.address, person.language)
