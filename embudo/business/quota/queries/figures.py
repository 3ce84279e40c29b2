"""What stands around an account's balance: its holds, periods, limits, and the tier it could have next."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from embudo.business.quota.models import (
    Account,
    Arrears,
    ClosedPeriod,
    DaySpend,
    Hold,
    LedgerEntry,
    LimitVersion,
    SpendRequest,
)
from embudo.business.quota.permissions import VIEW_ACCOUNTS
from embudo.business.quota.queries.desk import desk
from embudo.business.quota.queries.settled import settled
from embudo.business.quota.rules.changes import Finding, Rung, Standing, lacking
from embudo.business.quota.rules.periods import Span, spans_before
from embudo.business.quota.rules.states import HoldState
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import NotFound
from embudo.kernel.prepared import Prepared, PreparedSight

PERIODS_SHOWN, MOST_HOLDS, MOST_LIMITS = 12, 50, 50
# What each column of the ledger adds up to, and which of its entries count there.
EFFECTS = {"consumed": "consumed_change", "held": "held_change", "topups": "topup_change"}


OPEN_HOLDS = PreparedSight(
    VIEW_ACCOUNTS,
    lambda actor, account, now: (
        Hold.objects.visible_to(actor)
        .filter(account=account, state=HoldState.OPEN, expires__gt=now)
        .order_by("expires", "pk")[:MOST_HOLDS]
    ),
)
LIMITS = PreparedSight(
    VIEW_ACCOUNTS,
    lambda actor, account: (
        LimitVersion.objects.visible_to(actor)
        .filter(account=account)
        .order_by("-valid_from", "-pk")[:MOST_LIMITS]
    ),
)
CLOSED = PreparedSight(
    VIEW_ACCOUNTS,
    lambda actor, account: (
        ClosedPeriod.objects.visible_to(actor)
        .filter(account=account)
        .select_related("policy_version")
        .order_by("-starts")[:PERIODS_SHOWN]
    ),
)
WAITING = PreparedSight(
    VIEW_ACCOUNTS,
    lambda actor, account: (
        SpendRequest.objects.visible_to(actor)
        .filter(account=account, state=SpendRequest.State.WAITING)
        .select_related("asked_by")
    ),
)
DAYS = Prepared(
    lambda account, first, last: DaySpend.objects.filter(
        account=account, day__gte=first, day__lt=last
    ).values_list("day", "consumed_minor")
)
ARREARS = Prepared(lambda account: Arrears.objects.filter(account=account))


def open_holds(actor: Actor, account: Account) -> list[Hold]:
    """What is held now, the first to expire first; those past their time do not count."""
    return list(OPEN_HOLDS.seen(actor, account=account.pk, now=clock.now()))


def limit_versions(actor: Actor, account: Account) -> list[LimitVersion]:
    """The newest first."""
    return list(LIMITS.seen(actor, account=account.pk))


def closed_periods(actor: Actor, account: Account) -> list[ClosedPeriod]:
    """The newest first."""
    return list(CLOSED.seen(actor, account=account.pk))


def spans_shown(account: Account, count: int = PERIODS_SHOWN) -> list[Span]:
    """The last `count` periods and the running one, oldest first."""
    now = settled(account)
    version = now.version
    return [*spans_before(version.period, version.rolling_days, now.span, count), now.span]


def period_sums(account: Account, count: int = PERIODS_SHOWN) -> list[tuple[Span, int]]:
    """What was consumed in each of the spans shown, summed of its days; one query."""
    spans = spans_shown(account, count)
    sums = dict.fromkeys(spans, 0)
    starts = [one.starts for one in spans]
    for day, minor in DAYS.rows(account=account.pk, first=starts[0], last=spans[-1].ends):
        sums[spans[bisect_right(starts, day) - 1]] += minor
    return list(sums.items())


def arrears_of(account: Account) -> Arrears | None:
    return ARREARS.first(account=account.pk)  # type: ignore[no-any-return]


def entries(actor: Actor, account: Account) -> QuerySet[LedgerEntry]:
    found: Any = LedgerEntry.objects.visible_to(actor).filter(account=account)
    return found.select_related("hold", "actor")  # type: ignore[no-any-return]


def entry(actor: Actor, entry_id: UUID) -> LedgerEntry:
    found: Any = LedgerEntry.objects.visible_to(actor).select_related("account").filter(pk=entry_id).first()
    if found is None:
        raise NotFound
    return found  # type: ignore[no-any-return]


def reversed_among(ids: Collection[UUID]) -> set[UUID]:
    """Which of these entries were taken back."""
    found: Any = LedgerEntry.objects.filter(reversal_of__in=ids)
    return set(found.values_list("reversal_of", flat=True))


def entries_sum(found: QuerySet[LedgerEntry]) -> Mapping[str, int]:
    """What the entries do to the three figures together."""
    return found.order_by().aggregate(**{name: Sum(column, default=0) for name, column in EFFECTS.items()})


def waiting_request(actor: Actor, account: Account) -> SpendRequest | None:
    return next(iter(WAITING.seen(actor, account=account.pk)), None)


def requests(actor: Actor) -> QuerySet[SpendRequest]:
    found: Any = SpendRequest.objects.visible_to(actor)
    return found.select_related("account__company", "account__person", "asked_by", "answered_by")  # type: ignore[no-any-return]


def request(actor: Actor, request_id: UUID) -> SpendRequest:
    found = requests(actor).filter(pk=request_id).first()
    if found is None:
        raise NotFound
    return found


def requests_waiting(actor: Actor) -> int:
    """For the badge of the menu."""
    return desk(actor).requests


@dataclass(frozen=True)
class NextTier:
    """The next tier up, what it asks for, and which of that is not met."""

    rung: Rung
    asks: Sequence[Finding]
    lacks: frozenset[str]


def next_tier(
    account: Account, ladder: Sequence[Rung], closed: Sequence[int], arrears: Arrears | None
) -> NextTier | None:
    """The lowest tier above the limit in force; None at the top. `closed` is what each closed period consumed, the latest last."""
    above = next((one for one in ladder if one.limit > account.limit_minor), None)
    if above is None:
        return None
    today = clock.today()
    due = arrears.oldest_due if arrears and arrears.open_minor else None
    standing = Standing(
        today=today,
        opened_on=account.opened_on,
        limit=account.limit_minor,
        closed=closed,
        is_overdue=due is not None and due < today,
    )
    newborn = Standing(today=account.opened_on, opened_on=account.opened_on, limit=0, is_overdue=True)
    asks = lacking(above, newborn)  # who has nothing yet lacks all that the tier asks for
    return NextTier(above, asks, frozenset(one.code for one in lacking(above, standing)))
