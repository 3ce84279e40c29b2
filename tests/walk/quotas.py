"""What Ann's customer may spend, and what waits to be decided about it: one record of each kind of the module quota."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from embudo.business.directory.tests.builders import a_company
from embudo.business.quota import commands
from embudo.business.quota.models import Account, Answer, Block, Licence, PortalLink, Switch
from embudo.business.quota.rules.changes import Wish
from embudo.business.quota.rules.spending import Spending
from embudo.business.quota.rules.states import Cause
from embudo.foundation.access.tests.builders import tester, user_of
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.money import Money
from embudo.kernel.record import Record

DESK = ("officer", "approver", "till")
CURRENCY = "EUR"
# Arguments of addresses whose names other modules use for other records.
RENAMED = {"entry": "posting", "run": "daily_run", "authorization": "hold", "reference": "account"}


@dataclass(frozen=True)
class Words:
    """What people type, in what is short (60 characters), in a reason (300), and in what is long."""

    short: str = "Counter"
    reason: str = "As told on the phone"
    long: str = "As told on the phone"


def quotas(ann: Actor, admin: Actor, words: Words = Words()) -> dict[str, Record]:
    """
    A quota of which everything has happened: spent and corrected, an officer asked, a change that the customer is asked about, a
    switch proposed by the daily run, and a block. Ann does it, the administrator approves.
    """
    account = _opened(ann, admin, words)
    money = Money(1_000, CURRENCY)
    for _number in range(2):
        asked = Spending(money, timedelta(days=2), source=words.short, note=words.reason[:140])
        hold = commands.authorise_spending(ann, account, asked=asked)
    posting = commands.adjust_consumption(ann, account, amount=money, reason=words.reason)
    request = commands.ask_officer(admin, account, amount=money, reason=words.reason)
    change = commands.request_change(ann, account, wish=Wish(50_000, reason=words.long[:900]))
    change = commands.approve_change(admin, commands.submit_change(ann, change), note=words.reason)
    link = commands.share_portal(ann, account, address="jo@kappa.example")
    run = commands.run_daily(system_actor("tests"))
    grounds = commands.Grounds(Cause.OFFICER, words.reason)
    commands.block_account(ann, account, grounds=grounds)
    return {
        "policy": account.policy,
        "licence": Licence.objects.filter(person=user_of(ann)).latest("created"),
        "account": Account.objects.get(pk=account.pk),
        "hold": hold,
        "posting": posting,
        "request": request,
        "change": change,
        "answer": Answer.objects.get(change=change),
        "link": link,
        "daily_run": run,
        "switch": Switch.objects.get(account=account),
        "block": Block.objects.get(account=account),
    }


def _opened(ann: Actor, admin: Actor, words: Words) -> Account:
    """A limit is in force, a document has expired, and both are licensed."""
    tiers = (
        commands.TierTerms(f"{words.short[:56]} 1", 10_000),
        commands.TierTerms(f"{words.short[:56]} 2", 90_000),
    )
    number = Account.objects.count()
    policy = commands.define_policy(
        tester(),
        name=f"{words.short} {number}",
        currency=CURRENCY,
        terms=commands.Terms({"at_limit": "ask"}, tiers),
    )
    for person in (ann, admin):
        terms = commands.LicenceTerms(valid_from=clock.today(), policy=policy)
        commands.grant_licence(tester(), person=user_of(person), licence=terms)
    company = a_company(f"Kappa {number}", by=ann, email="office@kappa.example", country="PL")
    account = commands.open_account(
        ann,
        company,
        policy=policy,
        reference=f"{words.short[:30]}{number}",
        document_expires=clock.today() - timedelta(days=1),
    )
    limit = commands.Limit(10_000, tiers[0].name, reason=words.reason)
    return commands.put_limit(system_actor("tests"), account, limit=limit)


def quota_value(argument: str, route: str, records: dict[str, Record]) -> tuple[Any, Record | None] | None:
    """What stands for an argument of an address of quotas; None where it is of another module."""
    if "quota" not in route.removeprefix("api/v1/").partition("<")[0].partition("{")[0]:
        return None
    if argument == "kind":
        return "xlsx", None
    if argument == "starts":
        return clock.today().replace(day=1).isoformat(), None
    if argument == "token":
        return _token(records["answer" if "/answer/" in route else "link"]), None
    name = argument.removesuffix("_id")
    record = records[RENAMED.get(name, name)]
    return record.pk, record


def _token(sent: Record) -> str:
    """The end of the link in the mail that was sent about it, or nothing that we ever sent."""
    assert isinstance(sent, Answer | PortalLink)
    mail = Mail.objects.filter(about_id=sent.pk).order_by("-created").first()
    found = re.search(r"/quota/(?:answer|own)/([^/\s]+)/", mail.text if mail else "")
    return found[1] if found else "no-such-token"
