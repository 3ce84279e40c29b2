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
from embudo.kernel.prepared import PreparedSight
from embudo.kernel.together import joined, parted

NOT_DUE, AGED = "not_due", "aged_"


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
    period. `owners` narrows to these owners' invoices within the actor's sight. One statement.
    """
    rows = _asked(actor, owners, {"since": since, "until": until, **_ages()})
    sums = {
        (currency, state): (int(minor), n) for part in rows.values() for currency, state, minor, n in part
    }
    facts = [_facts(currency, sums) for currency in {currency for currency, _state in sums}]
    facts.sort(key=lambda one: (-(one.not_due.minor + one.overdue.minor), one.currency))
    return MoneyFacts(since, until, tuple(facts))


def _asked(
    actor: Actor, owners: Iterable[UUID] | QuerySet[Any] | None, days: dict[str, date]
) -> dict[str, list[tuple[Any, ...]]]:
    if owners is None:
        return parted(SUMS.seen(actor, **days))
    if isinstance(owners, list) and owners == [actor.id]:
        return parted(SUMS.seen(actor, of=actor.id, **days))
    return parted(SUMS.build(actor, owners=owners, **days))


def _ages() -> dict[str, date]:
    """The days at which open money grows older, under the names of the ages."""
    today = clock.today()
    return {NOT_DUE: today} | {f"{AGED}{days}": today - timedelta(days=days) for days in AGE_BUCKETS}


def _sums(
    actor: Actor, *, since: date, until: date, of: UUID | None = None, owners: Any = None, **ages: date
) -> QuerySet[Any]:
    """`paid` is how many became paid in the period, and what was overpaid on them."""
    seen = Invoice.objects.visible_to(actor)
    came = Payment.objects.visible_to(actor).filter(paid_on__range=(since, until))
    narrowed = [of] if of else owners
    if narrowed is not None:
        seen, came = seen.filter(owner__in=narrowed), came.filter(invoice__owner__in=narrowed)
    issued = seen.filter(kind=InvoiceKind.INVOICE, issued__range=(since, until))
    settled = seen.filter(settlement=Settlement.PAID, settled_on__range=(since, until))
    return joined(
        open=_grouped(seen.filter(settlement=Settlement.OPEN), _age(ages), "open_minor"),
        issued=_grouped(issued, _called("issued"), "gross_minor"),
        paid=_grouped(settled, _called("paid"), "overpaid_minor"),
        received=_grouped(came, _called("received"), "amount_minor"),
    )


SUMS = PreparedSight(Invoice.view_permission, _sums, Payment.view_permission)


def _grouped(rows: QuerySet[Any], state: Any, amount: str) -> QuerySet[Any]:
    named: QuerySet[Any] = rows.order_by().annotate(state=state).values_list("currency", "state")
    summed: QuerySet[Any] = named.annotate(minor=Sum(amount), n=Count("*"))
    return summed


def _called(state: str) -> Value:
    return Value(state, output_field=CharField())


def _age(ages: dict[str, date]) -> Case:
    """By how long it is overdue."""
    whens = [When(due__gte=day, then=Value(name.removeprefix(AGED))) for name, day in ages.items()]
    return Case(*whens, default=Value("older"), output_field=CharField())


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
