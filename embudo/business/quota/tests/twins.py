"""Authorising as one would write it first: what is left is read, compared and then written. Each twin reads it wrongly in its own way."""

from collections.abc import Callable, Mapping
from typing import Any

from embudo.business.quota import queries
from embudo.business.quota.commands.posting import Movement, post, save_balance
from embudo.business.quota.commands.settling import locked_and_settled
from embudo.business.quota.commands.spending import check_not_closed
from embudo.business.quota.models import Account, Hold
from embudo.business.quota.rules.amounts import Balance
from embudo.business.quota.rules.spending import Spending, refusal_code
from embudo.business.quota.rules.states import EntryKind, HoldState
from embudo.business.quota.tests.builders import fresh
from embudo.kernel import clock
from embudo.kernel.act import acting
from embudo.kernel.actor import Actor
from embudo.kernel.prepared import insert, made

Authorising = Callable[[Actor, Account, Spending], Hold]
Left = Callable[[Balance, Balance], int]  # of the balance as it stood, and as time has settled it

LEFT: Mapping[str, Left] = {
    "holds past their time still count": lambda stood, now: now.allowance - now.consumed - stood.held,
    "the period that is over still counts": lambda stood, now: now.allowance - stood.consumed - now.held,
    "what was allowed before still is": lambda stood, now: stood.allowance - now.used,
    "open holds do not count": lambda _stood, now: now.allowance - now.consumed,
    "the overdraft is not for spending": lambda _stood, now: now.available - now.overdraft,
    "exactly the rest is refused": lambda _stood, now: now.available - 1,
    "one more than the rest is let through": lambda _stood, now: now.available + 1,
}


def hold_of(account: Account, asked: Spending, **refused: Any) -> Hold:
    now = clock.now()
    hold: Hold = made(Hold, {
        "account_id": account.pk, "key": asked.key, "amount_minor": asked.amount.minor, "asked_minor": asked.amount.minor,
        "asked_currency": asked.amount.currency, "day": clock.day_of(now), "expires": now + asked.lasts, **refused,
    })  # fmt: skip
    insert(hold)
    return hold


def refused(account: Account, asked: Spending) -> Hold:
    """In the product's words: a twin is told by what it lets through and what not."""
    told = {
        "refusal": refusal_code(account.state, account.balance),
        "available_minor": queries.settled(account).spendable,
    }
    return hold_of(account, asked, state=HoldState.REFUSED.value, **told)


def reading(left: Left, *, sees_state: bool = True) -> Authorising:
    """Within one transaction, so nobody comes in between; whether it knows of accounts that may not spend at all."""

    def authorise(actor: Actor, account: Account, asked: Spending) -> Hold:
        with acting(actor, "quota.authorise_spending"):
            if known := Hold.objects.filter(account=account, key=asked.key).exclude(key="").first():
                return known
            stood = fresh(account).balance
            found = locked_and_settled(actor, account)
            check_not_closed(found)
            may_spend = found.is_spendable or not sees_state
            if not may_spend or asked.amount.minor > left(stood, found.balance):
                return refused(found, asked)
            hold = hold_of(found, asked)
            post(actor, found, Movement(EntryKind.HOLD, hold.amount_minor, held=hold.amount_minor, hold=hold))
            found.settle_at = min(found.settle_at, hold.expires)
            save_balance(found)
            return hold

    return authorise


RIGHT = reading(lambda _stood, now: now.available)
TWINS: Mapping[str, Authorising] = {name: reading(left) for name, left in LEFT.items()} | {
    "an account that is held spends on": reading(lambda _stood, now: now.available, sees_state=False),
}
