from datetime import timedelta
from itertools import count
from typing import Any

from django.test import Client

from embudo.business.directory.commands import register_company
from embudo.business.directory.models import Company
from embudo.business.quota import commands
from embudo.business.quota.models import Account, Block, Hold, Policy, SpendRequest
from embudo.business.quota.rules.spending import Spending
from embudo.business.quota.rules.states import Cause
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_user, an_actor, tester, with_roles
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.money import Money

_numbers = count(1)
TIERS = (
    commands.TierTerms("Basic", 100_00),
    commands.TierTerms("Plus", 500_00, average_minor=80_00),
    commands.TierTerms("Gold", 2_000_00, average_minor=400_00, is_nothing_overdue=True, needs_licence=True),
)


def _somebody(name: str, role: str) -> Actor:
    email = f"{name.split(maxsplit=1)[0].lower()}.{role}@example.com"
    known = User.objects.filter(email=email).first()
    return an_actor(known or a_user(roles=(role,), name=name, email=email))


def oscar() -> Actor:
    """A quota officer."""
    return _somebody("Oscar Officer", "officer")


def ada() -> Actor:
    """An approver."""
    return _somebody("Ada Approver", "approver")


def till() -> Actor:
    return _somebody("Till Program", "till")


def a_policy(*, currency: str = "USD", tiers: Any = TIERS, **values: Any) -> Policy:
    terms = commands.Terms(values, tiers)
    return commands.define_policy(
        tester(), name=f"Travel money {next(_numbers)}", currency=currency, terms=terms
    )


def a_company(**values: Any) -> Company:
    with_roles()
    return register_company(tester(), **({"name": f"Traveller {next(_numbers)}"} | values))


def an_account(
    limit: int | None = 100_00, *, policy: Policy | None = None, customer: Any = None, **values: Any
) -> Account:
    """With a limit of `limit` minor units in force; None leaves it pending. `values` are the policy's."""
    made = commands.open_account(tester(), customer or a_company(), policy=policy or a_policy(**values))
    if limit is None:
        return made
    return commands.put_limit(system_actor("test"), made, limit=commands.Limit(limit, "Basic"))


def asking(minor: int, currency: str = "USD", *, seconds: float = 1800, **values: Any) -> Spending:
    return Spending(Money(minor, currency), timedelta(seconds=seconds), **values)


def authorised(account: Account, minor: int, **values: Any) -> Hold:
    return commands.authorise_spending(till(), account, asked=asking(minor, **values))


def spent(account: Account, minor: int, **values: Any) -> Hold:
    """Authorised and captured."""
    hold = authorised(account, minor, **values)
    commands.capture_hold(till(), hold)
    hold.refresh_from_db()
    return hold


def blocked(account: Account, cause: Cause = Cause.OFFICER, reason: str = "Owes us €740.00") -> Block:
    return commands.block_account(oscar(), account, grounds=commands.Grounds(cause, reason))


def asked(account: Account, minor: int = 40_00) -> SpendRequest:
    """A till's request to let more be spent."""
    return commands.ask_officer(till(), account, amount=account.money(minor), reason="Hotel")


def page_of(client: Client, account: Account) -> str:
    return client.get(f"/quota/accounts/{account.pk}/").content.decode()


def fresh(account: Account) -> Account:
    return Account.objects.get(pk=account.pk)
