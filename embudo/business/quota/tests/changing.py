"""Changes of quotas in each of their states, brought there by real commands."""

import re
from datetime import date, timedelta
from typing import Any

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.commands import LicenceTerms, Said
from embudo.business.quota.models import Account, Answer, Change, Licence
from embudo.business.quota.permissions import REQUEST_CHANGE, VIEW_ACCOUNTS, VIEW_CHANGES
from embudo.business.quota.rules.changes import Wish
from embudo.business.quota.tests.builders import a_company, ada, an_account, oscar
from embudo.foundation.access.tests.builders import tester, user_of
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind, system_actor
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.permission import Scope

NO = Said(False, "not_asked")
YES = Said(is_accepted=True)
DAILY = system_actor("daily run")


def licensed(actor: Actor, **terms: Any) -> Licence:
    """Grants a licence from today on; every one that `actor` holds already stands beside it."""
    values = {"valid_from": clock.today() - timedelta(days=1)} | terms
    return commands.grant_licence(tester(), person=user_of(actor), licence=LicenceTerms(**values))


def asker() -> Actor:
    """Oscar, with a licence."""
    return _with_licence(oscar())


def checker() -> Actor:
    """Ada, with a licence."""
    return _with_licence(ada())


def a_customer() -> Actor:
    """Somebody who came by a link to their own quota."""
    held = (VIEW_ACCOUNTS, VIEW_CHANGES, REQUEST_CHANGE)
    return Actor(ActorKind.LINK, name="portal", grants={one.code: Scope.ALL for one in held})


def _with_licence(actor: Actor) -> Actor:
    if not Licence.objects.filter(person_id=actor.id).exists():
        licensed(actor)
    return actor


def a_mailed_account(
    limit: int | None = 100_00, *, email: str = "t@traveller.example", **values: Any
) -> Account:
    """Of a customer with a mail address, under a policy without thresholds of eligibility unless `values` say so."""
    tiers = values.pop("tiers", (commands.TierTerms("Basic", 100_00), commands.TierTerms("Plus", 500_00)))
    customer = a_company(email=email, country=values.pop("country", "FR"))
    return an_account(limit, customer=customer, tiers=tiers, **values)


def wish(minor: int | None = 300_00, **values: Any) -> Wish:
    return Wish(minor, **({"reason": "More travel"} | values))


def drafted(account: Account | None = None, *, by: Actor | None = None, **values: Any) -> Change:
    return commands.request_change(by or asker(), account or a_mailed_account(), wish=wish(**values))


def under_review(account: Account | None = None, **values: Any) -> Change:
    return commands.submit_change(asker(), drafted(account, **values))


def awaiting(account: Account | None = None, **values: Any) -> Change:
    return commands.approve_change(checker(), under_review(account, **values))


def accepted(account: Account | None = None, **values: Any) -> Change:
    change = awaiting(account, **values)
    if change.state == "awaiting":
        commands.answer_change(guest(change), token=token_of(change), said=YES)
    return reread(change)


def rehearsed(account: Account | None = None, **values: Any) -> Change:
    change = accepted(account, **values)
    for notice in Answer.objects.filter(change=change, channel="notice", mail__isnull=False):
        commands.mark_delivered(DAILY, notice)
    commands.rehearse_change(ada(), change)
    return reread(change)


def signed(account: Account | None = None, **values: Any) -> Change:
    """Scheduled, and ready for its day."""
    return commands.sign_rehearsal(checker(), rehearsed(account, **values))


def denied(change: Change) -> Change:
    return commands.answer_change(guest(change), token=token_of(change), said=NO)


def reread(change: Change) -> Change:
    return queries.change(tester(), change.pk)


def on_its_day(change: Change) -> Any:
    """The clock at noon of the day it applies on."""
    day: date = reread(change).applies_on  # type: ignore[assignment]
    return clock.at(clock.now() + timedelta(days=(day - clock.today()).days))


def newest_question(change: Change) -> Answer:
    found = Answer.objects.filter(change=change, token_hash__isnull=False).order_by("-created", "-pk").first()
    assert found is not None
    return found


def mail_of(change: Change) -> Mail:
    """The question as it lies in the outbox."""
    return Mail.objects.get(pk=newest_question(change).mail)


def token_of(change: Change) -> str:
    """What the link in the customer's newest mail ends with."""
    found = re.search(r"/quota/answer/([^/\s]+)/", mail_of(change).text)
    assert found is not None
    return found[1]


def guest(change: Change) -> Actor:
    return queries.question(token_of(change))[0]


def refused(call: Any) -> str:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.code


def invalid(call: Any) -> list[str]:
    with pytest.raises(Invalid) as caught:
        call()
    return list(caught.value.errors)
