from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, Sum

from embudo.business.quota.models import (
    Account,
    Answer,
    Arrears,
    Change,
    DaySpend,
    Hold,
    LimitVersion,
    PolicyVersion,
    Rehearsal,
    Signature,
    Tier,
)
from embudo.business.quota.rules.changes import Bounds, Rung, Standing, policy_faults, qualifies_for
from embudo.business.quota.rules.periods import Span, spans_before
from embudo.business.quota.rules.states import OPEN_CHANGES, ChangeState, HoldState
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.prepared import Prepared
from embudo.kernel.record import RecordQuerySet

FROZEN_PERIODS = 12
YEAR = timedelta(days=365)
OPEN = Prepared(lambda account: Change.objects.filter(account=account, state__in=sorted(OPEN_CHANGES))[:1])
LADDER = Prepared(lambda version: Tier.objects.filter(policy_version=version).order_by("limit_minor", "pk"))


def changes(actor: Actor) -> RecordQuerySet[Change]:
    return Change.objects.visible_to(actor).select_related(
        "account__company", "account__person", "account__policy", "asked_by"
    )


def change(actor: Actor, change_id: UUID) -> Change:
    found = changes(actor).select_related("policy_version").filter(pk=change_id).first()
    if found is None:
        raise NotFound
    return found


def changes_by(
    actor: Actor, *, state: str | None = None, account: UUID | None = None
) -> RecordQuerySet[Change]:
    found = changes(actor)
    if state:
        found = found.filter(state=state)
    return found.filter(account=account) if account else found


def open_change(account: Account) -> Change | None:
    """The one that is on its way; there is never a second."""
    return OPEN.first(account=account.pk)  # type: ignore[no-any-return]


def changes_due(today: date) -> Any:
    """Those whose day has come, signed or not, the oldest first."""
    due = Change.objects.filter(state=ChangeState.SCHEDULED, applies_on__lte=today)
    return due.select_related("account").order_by("applies_on", "pk")


def changes_unanswered() -> Any:
    """Those that wait for a customer whose time is over: no question of theirs may be answered any more."""
    open_still = Answer.objects.filter(change=OuterRef("pk"), expires__gt=clock.now())
    return Change.objects.filter(~Exists(open_still), state=ChangeState.AWAITING).order_by("pk")


def signatures(change: Change) -> list[Signature]:
    """Who put their name to it, in the order they did."""
    found = Signature.objects.filter(change=change).select_related("person", "licence")
    return list(found.order_by("created", "pk"))


def requesters(change: Change) -> set[UUID]:
    """
    The colleagues who asked for it: who wrote it, who submitted it, and of what came by a customer's link whoever named the address
    that the link went to.
    """
    submitted = Signature.objects.filter(change=change, purpose=Signature.For.SUBMIT)
    named = change.link.named_by_id if change.link else None
    wrote = [one for one in (change.asked_by_id, named) if one]
    return {*submitted.values_list("person_id", flat=True), *wrote}


def answers(change: Change) -> list[Answer]:
    """Every question asked of the customer and what they said, the latest first."""
    found = Answer.objects.filter(change=change).select_related("recorded_by")
    return list(found.order_by("-created", "-pk"))


def newest_rehearsal(change: Change) -> Rehearsal | None:
    return Rehearsal.objects.filter(change=change).order_by("-created", "-pk").first()


def rungs(version: PolicyVersion) -> list[Rung]:
    """The version's tiers as a ladder, the lowest first."""
    found = LADDER.rows(version=version.pk)
    return [
        Rung(
            one.name,
            one.limit_minor,
            one.average_minor,
            one.average_periods,
            one.least_age_days,
            one.is_nothing_overdue,
            one.needs_licence,
        )
        for one in found
    ]


def bounds_of(version: PolicyVersion) -> Bounds:
    return Bounds(
        version.most_change_minor,
        version.most_change_percent,
        version.most_year_minor,
        version.cool_down_days,
        version.most_changes,
    )


def spent_in(account: Account, spans: Sequence[Span]) -> list[int]:
    """What was consumed in each of the spans, by one query."""
    if not spans:
        return []
    within = {
        f"span{number}": Sum("consumed_minor", filter=Q(day__gte=one.starts, day__lt=one.ends), default=0)
        for number, one in enumerate(spans)
    }
    days = DaySpend.objects.filter(account=account, day__gte=min(one.starts for one in spans))
    sums = days.aggregate(**within)
    return [sums[f"span{number}"] for number in range(len(spans))]


def spans_closed(account: Account, count: int = FROZEN_PERIODS) -> list[Span]:
    """The periods before the one that runs, oldest first."""
    version = account.policy_version
    running = Span(account.period_start, account.period_end)
    return spans_before(version.period, version.rolling_days, running, count)


def standing_of(account: Account, ladder: Sequence[Rung] = ()) -> Standing:
    """Of an account that is settled: what a policy asks when its limit is to change."""
    today = clock.today()
    count = max([FROZEN_PERIODS, *(one.periods for one in ladder)])
    arrears = Arrears.objects.filter(account=account).first()
    due = arrears.oldest_due if arrears and arrears.open_minor else None
    versions = list(
        LimitVersion.objects.filter(account=account)
        .order_by("valid_from", "pk")
        .values_list("valid_from", "limit_minor", "valid_to")
    )
    limits = [minor for _from, minor, _to in versions]
    later = list(pairwise(versions))
    return Standing(
        today=today,
        opened_on=account.opened_on,
        limit=account.limit_minor,
        tier_name=account.tier_name,
        has_limit=any(ends is None for _from, _minor, ends in versions),
        last_limit=limits[-1] if limits else None,
        whole=next((minor for minor in reversed(limits) if minor), 0),
        closed=tuple(spent_in(account, spans_closed(account, count))),
        is_overdue=due is not None and due < today,
        risen_in_year=sum(
            max(0, after - before) for (_, before, _), (day, after, _) in later if day > today - YEAR
        ),
        last_change=versions[-1][0] if versions else None,
        changes_in_period=sum(day >= account.period_start for _before, (day, *_limit) in later),
    )


def faults_of_policy(account: Account, to_minor: int, to_tier: str) -> list[dict[str, Any]]:
    """Why the version in force refuses such a limit for an account that is settled; nothing where it does not."""
    version = account.policy_version
    ladder = rungs(version)
    found = policy_faults(bounds_of(version), ladder, standing_of(account, ladder), to_minor, to_tier)
    return [one.as_data() for one in found]


def facts_of(account: Account, change: Change) -> dict[str, Any]:
    """What is frozen on a change as it is submitted, beside the forecast: plain values, amounts in minor units."""
    ladder = rungs(account.policy_version)
    standing = standing_of(account, ladder)
    fit = qualifies_for(ladder, standing)
    spans = spans_closed(account)
    spent = list(standing.closed)[-len(spans) :]
    return {
        "day": standing.today.isoformat(),
        "currency": account.currency,
        "version": account.policy_version.number,
        "periods": [
            {"starts": one.starts.isoformat(), "ends": one.ends.isoformat(), "minor": minor}
            for one, minor in zip(spans, spent, strict=True)
        ],
        "running": {
            "starts": account.period_start.isoformat(),
            "ends": account.period_end.isoformat(),
            "available": account.balance.available,
            **asdict(account.balance),
        },
        "tier": account.tier_name,
        "qualifies_for": fit.name if fit else "",
        "holds": _holds(account),
        "arrears": _arrears(account),
        "findings": faults_of_policy(account, change.to_minor, change.to_tier),
    }


def _holds(account: Account) -> dict[str, int]:
    return Hold.objects.filter(account=account, state=HoldState.OPEN).aggregate(
        count=Count("pk"), minor=Sum(F("amount_minor") - F("captured_minor"), default=0)
    )


def _arrears(account: Account) -> dict[str, Any]:
    found = Arrears.objects.filter(account=account).first()
    if found is None:
        return {"minor": 0, "oldest_due": None}
    return {
        "minor": found.open_minor,
        "oldest_due": found.oldest_due.isoformat() if found.oldest_due else None,
    }
