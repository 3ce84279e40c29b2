from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Count, QuerySet, Sum, Value, When

from embudo.business.billing.models import Invoice, Payment
from embudo.business.billing.rules import AGE_BUCKETS, InvoiceKind, Settlement
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.money import Money

NOT_DUE = "not_due"


@dataclass(frozen=True)
class AgeBucket:
    """Open money that is `from_days` to `to_days` past due (None: no upper end)."""

    from_days: int
    to_days: int | None
    amount: Money
    count: int


@dataclass(frozen=True)
class CurrencyFacts:
    """The money of one currency. `received` counts payments less reversals by the day they were paid."""

    currency: str
    not_due: Money
    not_due_count: int
    overdue: Money
    overdue_count: int
    ages: tuple[AgeBucket, ...]
    issued: Money
    issued_count: int
    received: Money
    paid_count: int
    overpaid: Money


@dataclass(frozen=True)
class MoneyFacts:
    since: date
    until: date  # inclusive
    currencies: tuple[CurrencyFacts, ...]  # the one with most open money first


Sums = dict[tuple[str, str], tuple[int, int]]  # (currency, state) -> (minor units, count)


def money_facts(
    actor: Actor, *, since: date, until: date, owners: Iterable[UUID] | QuerySet[Any] | None = None
) -> MoneyFacts:
    """
    Money by state: what is open today (not yet due, overdue by age), and what was issued, paid and received in the
    period. `owners` narrows to these owners' invoices within the actor's sight. Four grouped statements.
    """
    seen = Invoice.objects.visible_to(actor)
    came = Payment.objects.visible_to(actor).filter(paid_on__range=(since, until))
    if owners is not None:
        seen, came = seen.filter(owner__in=owners), came.filter(invoice__owner__in=owners)
    open_by_state = _open(seen)
    in_period = _issued(seen, since, until) | _settled(seen, since, until) | _received(came)
    names = {currency for currency, _state in open_by_state | in_period}
    facts = [_facts(currency, open_by_state | in_period) for currency in names]
    facts.sort(key=lambda one: (-(one.not_due.minor + one.overdue.minor), one.currency))
    return MoneyFacts(since, until, tuple(facts))


def _open(seen: QuerySet[Invoice]) -> Sums:
    today = clock.today()
    whens = [When(due__gte=today, then=Value(NOT_DUE))]
    whens += [When(due__gte=today - timedelta(days=days), then=Value(str(days))) for days in AGE_BUCKETS]
    rows = (
        seen.filter(settlement=Settlement.OPEN)
        .order_by()
        .annotate(state=Case(*whens, default=Value("older"), output_field=CharField()))
        .values("currency", "state")
        .annotate(minor=Sum("open_minor"), n=Count("*"))
    )
    return {(row["currency"], row["state"]): (row["minor"], row["n"]) for row in rows}


def _issued(seen: QuerySet[Invoice], since: date, until: date) -> Sums:
    asked = seen.filter(kind=InvoiceKind.INVOICE, issued__range=(since, until))
    rows = asked.order_by().values("currency")
    found = rows.annotate(minor=Sum("gross_minor"), n=Count("*"))
    return {(row["currency"], "issued"): (row["minor"], row["n"]) for row in found}


def _settled(seen: QuerySet[Invoice], since: date, until: date) -> Sums:
    """How many became paid in the period, and what was overpaid on them."""
    rows = (
        seen.filter(settlement=Settlement.PAID, settled_on__range=(since, until))
        .order_by()
        .values("currency")
    )
    found = rows.annotate(minor=Sum("overpaid_minor"), n=Count("*"))
    return {(row["currency"], "paid"): (row["minor"], row["n"]) for row in found}


def _received(came: QuerySet[Payment]) -> Sums:
    found = came.order_by().values("currency").annotate(minor=Sum("amount_minor"), n=Count("*"))
    return {(row["currency"], "received"): (row["minor"], row["n"]) for row in found}


def _facts(currency: str, sums: Sums) -> CurrencyFacts:
    def of(state: str) -> tuple[Money, int]:
        minor, n = sums.get((currency, state), (0, 0))
        return Money(minor, currency), n

    starts = (1, *(days + 1 for days in AGE_BUCKETS))
    ends: tuple[int | None, ...] = (*AGE_BUCKETS, None)
    states = (*map(str, AGE_BUCKETS), "older")
    ages = tuple(
        AgeBucket(start, end, *of(state)) for start, end, state in zip(starts, ends, states, strict=True)
    )
    not_due, issued, paid, received = of(NOT_DUE), of("issued"), of("paid"), of("received")
    return CurrencyFacts(
        currency=currency,
        not_due=not_due[0],
        not_due_count=not_due[1],
        overdue=sum((age.amount for age in ages), Money(0, currency)),
        overdue_count=sum(age.count for age in ages),
        ages=ages,
        issued=issued[0],
        issued_count=issued[1],
        received=received[0],
        paid_count=paid[1],
        overpaid=paid[0],
    )
