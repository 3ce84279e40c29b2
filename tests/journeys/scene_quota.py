"""
People, quotas and changes for the browser tests, made in a running installation through the product's own commands. Run as a
program: `python -m tests.journeys.scene_quota KEY [LANGUAGE]` prints JSON. Tests call `quota.quota_scene`.
"""

import json
import re
import sys
from datetime import timedelta
from typing import Any

from tests.journeys.scene import SYSTEM, a_user  # sets Django up

from django.db import transaction  # isort: skip
from embudo.business.directory import commands as directory  # isort: skip
from embudo.business.quota import commands as quota  # isort: skip
from embudo.business.quota.commands import Grounds, LicenceTerms, Limit, Terms, TierTerms  # isort: skip
from embudo.business.quota.models import Account, Answer, Change, Licence, Policy, Switch  # isort: skip
from embudo.business.quota.rules.changes import Wish  # isort: skip
from embudo.business.quota.rules.spending import Spending  # isort: skip
from embudo.business.quota.rules.states import Cause  # isort: skip
from embudo.foundation.access import commands as access, queries  # isort: skip
from embudo.foundation.access.models import User  # isort: skip
from embudo.foundation.notify.models import Mail  # isort: skip
from embudo.kernel import clock  # isort: skip
from embudo.kernel.actor import Actor  # isort: skip
from embudo.kernel.money import Money  # isort: skip
from tests.journeys.scene_words import BULK  # isort: skip

ROLES = {
    "oscar": ("Oscar Officer", "officer"),
    "ada": ("Ada Approver", "approver"),
    "tess": ("Tess Till", "till"),
}
CURRENCY = "USD"
TIERS = (TierTerms("Basic", 10_000), TierTerms("Plus", 50_000), TierTerms("Gold", 200_000))


class Desk:
    """One officer, one approver and one till of their own, with two policies."""

    def __init__(self, key: str, language: str) -> None:
        self.key = key
        self.people: dict[str, User] = {
            name: a_user(f"{name}-{key}@example.com", full, role, language)
            for name, (full, role) in ROLES.items()
        }
        self.oscar, self.ada, self.tess = (queries.actor_of(one) for one in self.people.values())
        self.policy = self._policy("Travel money", notice_days=1, at_limit="ask")
        self.hasty = self._policy("Hasty money", answer_days=1)
        self.licences: dict[str, Licence] = {}
        for name in ("oscar", "ada"):
            terms = LicenceTerms(valid_from=clock.today())
            self.licences[name] = quota.grant_licence(SYSTEM, person=self.people[name], licence=terms)

    def _policy(self, name: str, **values: Any) -> Policy:
        return quota.define_policy(
            SYSTEM, name=f"{name} {self.key}", currency=CURRENCY, terms=Terms(values, TIERS)
        )

    def account(
        self, name: str, *, policy: Policy | None = None, limit: int | None = 10_000, **values: Any
    ) -> Account:
        """Of a company with a mail address: name-KEY@example.net."""
        company = directory.register_company(
            SYSTEM,
            name=f"{name} {self.key}",
            email=f"{name.lower()}-{self.key}@example.net",
            country="GB",
        )
        made = quota.open_account(
            self.oscar, company, policy=policy or self.policy, reference=f"{name}-{self.key}", **values
        )
        if limit is None:
            return made
        return quota.put_limit(SYSTEM, made, limit=Limit(limit, "Basic", reason="First limit"))

    def drafted(self, account: Account, minor: int = 30_000) -> Change:
        wish = Wish(minor, reason="More travel")
        return quota.request_change(self.oscar, account, wish=wish)

    def submitted(self, account: Account) -> Change:
        return quota.submit_change(self.oscar, self.drafted(account))

    def awaiting(self, account: Account) -> tuple[Change, str]:
        """The customer is asked; with the end of the link in their mail, which nobody can read once it was sent."""
        with transaction.atomic():
            change = quota.approve_change(self.ada, self.submitted(account))
            answer = Answer.objects.get(change=change)
            return change, self._token(answer)

    def _token(self, about: Any) -> str:
        text = Mail.objects.filter(about_id=about.pk).latest("created").text
        found = re.search(r"/quota/(?:answer|own)/([^/\s]+)/", text)
        assert found is not None
        return found[1]

    def shared(self, account: Account) -> str:
        with transaction.atomic():
            return self._token(quota.share_portal(self.oscar, account))

    def spend(self, account: Account, minor: int, *, is_captured: bool = True) -> None:
        asked = Spending(Money(minor, CURRENCY), timedelta(days=3), source="counter", note="Shoes")
        hold = quota.authorise_spending(self.tess, account, asked=asked)
        if is_captured:
            quota.capture_hold(self.tess, hold)


def at_work(desk: Desk) -> dict[str, Any]:
    """What the journeys begin from."""
    denied, _token = desk.awaiting(desk.account("Dora"))
    silent, _token = desk.awaiting(desk.account("Silas", policy=desk.hasty))
    yesterday = clock.today() - timedelta(days=1)
    for name in BULK:
        desk.account(name, document_expires=yesterday)
    return {
        "asking": str(desk.account("Asker").pk),
        "denied": {"account": str(denied.account_id), "reference": denied.account.reference},
        "silent": {"change": str(silent.pk), "account": str(silent.account_id)},
        "spending": {"account": str(desk.account("Spender").pk), "reference": f"Spender-{desk.key}"},
    }


def in_every_state(desk: Desk) -> dict[str, Any]:
    """What the accessibility gate looks at besides."""
    full, held = desk.account("Full"), desk.account("Held")
    busy = _busy(desk)
    desk.spend(full, 10_000)
    request = quota.ask_officer(desk.tess, full, amount=Money(5_000, CURRENCY), reason="A flight home")
    block = quota.block_account(desk.oscar, held, grounds=Grounds(Cause.OFFICER, "Two cheques came back."))
    terms = LicenceTerms(valid_from=clock.today(), may_approve=False)
    suspended = quota.grant_licence(SYSTEM, person=desk.people["tess"], licence=terms)
    suspended = quota.suspend_licence(SYSTEM, suspended, reason="To be looked into.")
    proposed = desk.account("Proposed", document_expires=clock.today() - timedelta(days=1))
    run = quota.run_daily(SYSTEM)
    switch = Switch.objects.get(account=proposed)
    ids = {
        "full": full, "held": held, "busy": busy, "pending": desk.account("Pending", limit=None), "request": request,
        "block": block, "licence": desk.licences["ada"], "suspended": suspended, "run": run, "switch": switch,
        "policy": desk.policy,
    }  # fmt: skip
    return {name: str(one.pk) for name, one in ids.items()} | {"portal": desk.shared(busy)}


def _busy(desk: Desk) -> Account:
    account = desk.account("Busy", limit=60_000)
    desk.spend(account, 4_000)
    desk.spend(account, 1_500, is_captured=False)
    quota.top_up(desk.oscar, account, amount=Money(2_000, CURRENCY))
    quota.adjust_consumption(desk.ada, account, amount=Money(300, CURRENCY), reason="Typed wrong")
    return Account.objects.get(pk=account.pk)


def changes(desk: Desk) -> dict[str, str]:
    """One in each state that a page shows differently."""
    found = {"draft": desk.drafted(desk.account("Draft")), "review": desk.submitted(desk.account("Review"))}
    found["awaiting"], token = desk.awaiting(desk.account("Awaiting"))
    said = quota.Said(is_accepted=True)
    accepted = quota.approve_change(desk.ada, desk.submitted(desk.account("Scheduled")))
    quota.record_answer(desk.ada, accepted, said=said, evidence="Called them at noon.")
    quota.rehearse_change(desk.ada, accepted)
    rejected = desk.submitted(desk.account("Rejected"))
    quota.reject_change(desk.ada, rejected, reason="Too early.")
    found |= {"scheduled": accepted, "rejected": rejected}
    answer = Answer.objects.get(change=found["awaiting"])
    return {name: str(one.pk) for name, one in found.items()} | {"token": token, "answer": str(answer.pk)}


def main(key: str, language: str = "en", is_whole: str = "") -> dict[str, Any]:
    desk = Desk(key, language)
    scene = at_work(desk)
    till: Actor = desk.tess
    scene["token"] = access.create_token(till, name="Counter")[1]
    scene["people"] = {name: {"id": str(one.pk), "email": one.email} for name, one in desk.people.items()}
    scene["licence"] = str(desk.licences["oscar"].pk)
    if is_whole:
        scene["changes"] = changes(desk)
        scene["at"] = in_every_state(desk)
    return scene


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
