"""What a change would do to its account on today's data, without doing it."""

from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import get_language

from embudo.business.quota.models import Account, Answer, Block, Change, Outlook, Rehearsal, Signature
from embudo.business.quota.queries.changes import faults_of_policy
from embudo.business.quota.queries.customers import addressee
from embudo.business.quota.queries.licences import deed_of, licence_covering
from embudo.business.quota.rules.amounts import Balance, state_of
from embudo.business.quota.rules.changes import Finding, words
from embudo.business.quota.rules.licences import Purpose
from embudo.business.quota.rules.states import PREPARED, AccountState, ChangeState
from embudo.foundation.access.queries import user_names
from embudo.kernel import clock

PURPOSES = {Signature.For.SUBMIT: Purpose.SUBMIT}  # every other signature is a checker's


def dry_run(account: Account, change: Change) -> dict[str, Any]:
    """Of an account that is locked and settled: the account after it, breaches (it can't be applied), conflicts, messages."""
    now = account.balance
    after = Balance(change.to_minor, now.overdraft, now.topups, now.consumed, now.held)
    person = addressee(account)
    return {
        "before": {
            **vars(now),
            "available": now.available,
            "tier": account.tier_name,
            "state": account.state,
        },
        "after": {
            **vars(after),
            "available": after.available,
            "tier": change.to_tier,
            "state": _state_after(account, after),
        },
        "version": account.policy_version.number,
        "breaches": [one if isinstance(one, dict) else one.as_data() for one in breaches(account, change)],
        "conflicts": [one.as_data() for one in _conflicts(account, change, after)],
        "messages": [
            {"kind": "applied", "language": person.language, "is_mailable": bool(person.address)},
        ],
    }


def essence(result: dict[str, Any]) -> dict[str, Any]:
    """What a signature is for: spending that goes on meanwhile leaves it as it is."""
    return {
        "limits": [result["before"]["limit"], result["after"]["limit"]],
        "tiers": [result["before"]["tier"], result["after"]["tier"]],
        "version": result["version"],
        "breaches": result["breaches"],
        "conflicts": sorted(one["code"] for one in result["conflicts"]),
        "messages": result["messages"],
    }


def _state_after(account: Account, after: Balance) -> str:
    if account.state == AccountState.CLOSED:
        return AccountState.CLOSED.value
    if Block.objects.filter(account=account, lifted=None).exists():
        return AccountState.HELD.value
    return state_of(after, account.policy_version.thresholds).value


def breaches(account: Account, change: Change) -> list[Any]:
    """Why it can't be applied as things stand: each is a Finding, or one as kept."""
    found: list[Any] = []
    if account.state == AccountState.CLOSED:
        found.append(Finding("closed"))
    if (account.limit_minor, account.tier_name) != (change.from_minor, change.from_tier):
        found.append(Finding("limit_moved", {"minor": account.limit_minor}))
    found += faults_of_policy(account, change.to_minor, change.to_tier)
    return found + _consent(change) + _licences(change)


def _consent(change: Change) -> list[Finding]:
    """What came back was not said to them: neither their silence nor a notice counts then."""
    found = Answer.objects.filter(change=change).order_by("-created", "-pk")
    if change.policy_version.needs_consent:
        consented = found.filter(is_accepted=True).first()
        if consented is None:
            return [Finding("not_consented")]
        return [Finding("bounced")] if consented.bounced else []
    if not change.policy_version.notice_days or is_told(change):
        return []
    told = found.first()
    return [Finding("bounced" if told is not None and told.bounced else "not_told")]


def is_told(change: Change) -> bool:
    """Whether a notice of it has reached the customer, by mail or by phone."""
    return told_on(change) is not None


def told_on(change: Change) -> date | None:
    """
    From when the days of notice count: when what was asked or told reached the customer, of what they said yes to or else the
    latest. None where nothing did.
    """
    found = Answer.objects.filter(change=change, bounced=None).order_by("-created", "-pk")
    if change.policy_version.needs_consent:
        asked = found.filter(is_accepted=True).first()
        return clock.day_of(asked.sent or asked.created) if asked else None
    told = found.filter(sent__isnull=False).first()
    return clock.day_of(told.sent) if told and told.sent else None


def is_untold(change: Change) -> bool:
    """Whether the customer has to be told and is not: that it applies; or before, where notice is given and no consent asked."""
    if change.state == ChangeState.APPLIED:
        return True
    is_notice = change.policy_version.notice_days and not change.policy_version.needs_consent
    return bool(is_notice) and change.state in PREPARED and not is_told(change)


def awaits_its_notice(change: Change) -> bool:
    """Whether a notice of it is on its way: sent, and neither delivered nor come back."""
    under_way = Answer.objects.filter(change=change, channel=Answer.Channel.NOTICE, mail__isnull=False)
    return is_untold(change) and under_way.filter(sent=None, bounced=None).exists()


def is_told_by_phone(change: Change) -> bool:
    """Of a change that is applied: whether a colleague has told the customer since."""
    told = Answer.objects.filter(change=change, channel=Answer.Channel.PHONE, is_accepted=None)
    return change.ended is not None and told.filter(created__gte=change.ended).exists()


def _licences(change: Change) -> list[Finding]:
    """Whoever signed has to be licensed still, on the day it is looked at."""
    found = []
    for one in _signed(change):
        deed = deed_of(change, PURPOSES.get(one.purpose, Purpose.APPROVE))  # type: ignore[call-overload]
        _licence, why = licence_covering(one.person_id, deed)
        if why is not None:
            found.append(Finding("licence", {"person": str(one.person_id), "why": why.value}))
    return found


def _signed(change: Change) -> list[Signature]:
    newest = Rehearsal.objects.filter(change=change).order_by("-created", "-pk").values("pk")[:1]
    of_change = Signature.objects.filter(change=change)
    return list(of_change.filter(rehearsal=None) | of_change.filter(rehearsal__in=newest))


def is_signed(change: Change) -> bool:
    """Whether the newest rehearsal is."""
    newest = Rehearsal.objects.filter(change=change).order_by("-created", "-pk").first()
    return newest is not None and Signature.objects.filter(rehearsal=newest.pk).exists()


def _conflicts(account: Account, change: Change, after: Balance) -> list[Finding]:
    found = []
    if after.available < 0:
        found.append(Finding("over"))
    elif after.available == 0:
        found.append(Finding("at_limit"))
    if after.held:
        found.append(Finding("holds", {"minor": after.held}))
    blocks = Block.objects.filter(account=account, lifted=None)
    found += [Finding("blocked", {"cause": cause}) for cause in blocks.values_list("cause", flat=True)]
    if account.policy_version_id != change.policy_version_id:
        found.append(Finding("version"))
    outlook = Outlook.objects.filter(account=account).first()
    if outlook is not None and outlook.expected_minor > after.allowance:
        found.append(Finding("forecast", {"minor": outlook.expected_minor}))
    return found


def findings_in_words(findings: list[dict[str, Any]], currency: str) -> list[str]:
    """In the language in force, with the names of the people concerned."""
    ids = {UUID(one["person"]) for one in findings if "person" in one}
    names = user_names(ids) if ids else {}
    language = get_language() or "en"
    return [
        words(
            {**one, "who": names.get(UUID(one["person"]), "") if "person" in one else ""}, currency, language
        )
        for one in findings
    ]
