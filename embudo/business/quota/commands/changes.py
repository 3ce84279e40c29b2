from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.quota import events, queries
from embudo.business.quota.commands.asking import tell_declined
from embudo.business.quota.commands.settling import locked_and_settled
from embudo.business.quota.commands.stepping import (
    check_may_end,
    licence_for,
    locked_change,
    move,
    person_of,
    sign,
)
from embudo.business.quota.models import Account, Change, PortalLink, Signature
from embudo.business.quota.permissions import REQUEST_CHANGE
from embudo.business.quota.rules.changes import Wish, aimed_at, check_wish
from embudo.business.quota.rules.licences import Purpose
from embudo.business.quota.rules.states import AccountState, ChangeState
from embudo.business.quota.rules.terms import approvers_for
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish


@command(REQUEST_CHANGE)
def request_change(actor: Actor, account: Account, *, wish: Wish) -> Change:
    """
    A draft of a change of the limit, by a colleague or by the customer through their link. Refuses (Refused) a second one while one
    is on its way, a closed account; (Invalid) no reason, no amount, a tier the policy does not have, what is in force already.
    """
    return draft_change(actor, account, wish)


def draft_change(actor: Actor, account: Account, wish: Wish, *, link: PortalLink | None = None) -> Change:
    """What requests of colleagues and of customers have in common; `link` is the one by which a customer asks."""
    person = person_of(actor)
    fresh = locked_and_settled(actor, account)
    _check_free(fresh)
    return _drafted(fresh, person, wish, link)


def _check_free(account: Account) -> None:
    if account.state == AccountState.CLOSED:
        raise Refused("quota.closed", _("This quota account is closed."))
    known = queries.open_change(account)
    if known is not None:
        raise Refused(
            "quota.change_open",
            _("Another change of this quota is on its way. Finish it, recall it or replace it."),
            change=str(known.pk),
        )


def _drafted(account: Account, person: UUID | None, wish: Wish, link: PortalLink | None = None) -> Change:
    change = Change(
        account=account,
        asked_by_id=person,
        link=link,
        policy_version_id=account.policy_version_id,
        **_wished(account, wish),
    )
    create(change)
    amounts = (change.from_minor, change.to_minor, account.currency)
    publish(events.ChangeRequested(change.pk, account.pk, *amounts), change, account)
    return change


def _wished(account: Account, wish: Wish) -> dict[str, Any]:
    """The columns of a change that follow from a wish, as the account stands."""
    today = clock.today()
    check_wish(wish, today)
    ladder = queries.rungs(account.policy_version)
    minor, tier = aimed_at(wish, ladder, queries.standing_of(account, ladder))
    return {
        "from_minor": account.limit_minor,
        "from_tier": account.tier_name,
        "to_minor": minor,
        "to_tier": tier,
        "reason": wish.reason.strip()[:1000],
        "wanted": wish.wanted or today,
    }


def _check_mine(change: Change, person: UUID | None) -> None:
    """A colleague's draft is theirs; the customer's may be handed on by whoever looks after them."""
    if change.asked_by_id is not None and change.asked_by_id != person:
        raise Refused(
            "quota.not_yours", _("Somebody else wrote this draft. Only they can change or submit it.")
        )


@command(REQUEST_CHANGE)
def edit_change(actor: Actor, change: Change, *, wish: Wish) -> Change:
    """Another amount, tier, reason or day, as long as it is a draft. Refuses (Refused) somebody else's, and one that was submitted."""
    person = person_of(actor)
    fresh = locked_change(actor, change)
    if fresh.state != ChangeState.DRAFT:
        raise Refused("quota.not_draft", _("This change was submitted. Recall it and ask anew."))
    _check_mine(fresh, person)
    update(fresh, policy_version=fresh.account.policy_version, **_wished(fresh.account, wish))
    publish(events.ChangeEdited(fresh.pk), fresh)
    return fresh


@command(REQUEST_CHANGE)
def submit_change(actor: Actor, change: Change) -> Change:
    """
    Freezes what is known of the account on the change, and hands it to those who approve; or it is refused by the policy, with what
    stands against it. Refuses (Refused) a colleague without a licence that covers it, and somebody else's draft.
    """
    person = person_of(actor)
    fresh = locked_change(actor, change)
    account = fresh.account
    _check_mine(fresh, person)
    if fresh.state == ChangeState.DRAFT:
        now_in_force = {"from_minor": account.limit_minor, "from_tier": account.tier_name}
        update(fresh, policy_version=account.policy_version, **now_in_force)
    licence = licence_for(fresh, person, Purpose.SUBMIT) if person else None
    facts = queries.facts_of(account, fresh) | {"forecast": queries.forecast_now(account)}
    values = {"facts": facts, "submitted": clock.now()}
    if facts["findings"]:
        move(fresh, ChangeState.SUBMITTED, ChangeState.REFUSED, **values)
        codes = tuple(one["code"] for one in facts["findings"])
        publish(events.ChangeRefused(fresh.pk, codes), fresh, account)
        tell_declined(actor, fresh)
        return fresh
    needed = approvers_for(account.policy_version.steps, fresh.size)
    move(fresh, ChangeState.SUBMITTED, ChangeState.UNDER_REVIEW, approvers=needed, **values)
    if person and licence:
        sign(fresh, person, Signature.For.SUBMIT, licence)
    publish(events.ChangeSubmitted(fresh.pk, needed), fresh, account)
    return fresh


def _check_may_end(change: Change, person: UUID | None) -> None:
    if person is not None:
        check_may_end(change, person)
    elif change.asked_by_id is not None:
        raise Refused(
            "quota.not_yours", _("Somebody else asked for this. Answer the mail about it, or call us.")
        )


@command(REQUEST_CHANGE)
def recall_change(actor: Actor, change: Change, *, reason: str) -> Change:
    """
    Takes back a change that is on its way. Refuses (Invalid) no reason, (Refused) one that has ended, and a colleague who neither
    asked for it nor has a licence that covers it; the customer recalls only what they asked for.
    """
    person = person_of(actor)
    if not reason.strip():
        raise Invalid({"reason": [_("Say why it is recalled.")]})
    fresh = locked_change(actor, change)
    _check_may_end(fresh, person)
    move(fresh, ChangeState.RECALLED, ended_reason=reason.strip()[:1000])
    publish(events.ChangeRecalled(fresh.pk), fresh, fresh.account)
    return fresh


@command(REQUEST_CHANGE)
def supersede_change(actor: Actor, change: Change, *, wish: Wish) -> Change:
    """A new draft in place of a change that is on its way, which ends. Refuses as a request and a recall do."""
    person = person_of(actor)
    fresh = locked_change(actor, change)
    _check_may_end(fresh, person)
    move(fresh, ChangeState.SUPERSEDED)
    made = _drafted(fresh.account, person, wish, None if person else fresh.link)
    publish(events.ChangeSuperseded(fresh.pk, made.pk), fresh, fresh.account)
    return made
