"""Which accounts a daily run has to look at closer, and what it has to know of them. The rules decide: rules/daily.py."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from embudo.business.quota.models import Account, Arrears, Block, Change, PolicyVersion, Run, Switch
from embudo.business.quota.rules import daily
from embudo.business.quota.rules.daily import Facts
from embudo.business.quota.rules.periods import PeriodKind
from embudo.business.quota.rules.states import Cause, ChangeState
from embudo.kernel import clock

MOST_AT_ONCE = 20_000  # ids in hand at a time


def due_parts(size: int) -> Iterator[list[UUID]]:
    """Ids of the accounts of which something fell due by now, in parts."""
    ids = list(Account.objects.filter(settle_at__lte=clock.now()).order_by("pk").values_list("pk", flat=True))
    for first in range(0, len(ids), size):
        yield ids[first : first + size]


def to_hold(run: Run, after: UUID | None) -> list[UUID]:
    """Accounts for which a cause seems to be there that nothing holds them for yet, by id."""
    found: set[UUID] = set()
    for cause, suspected in _suspected(run.day):
        rows = suspected.exclude(state__in=daily.UNJUDGED).exclude(Exists(_blocks(cause)))
        found.update(_after(rows.exclude(Exists(_switches(run, cause))), after))
    return sorted(found)[:MOST_AT_ONCE]


def to_reopen(run: Run, after: UUID | None) -> list[UUID]:
    """Accounts that a run holds, whether or not the cause is gone."""
    held = Block.objects.filter(is_by_run=True, lifted=None, cause__in=daily.PASSING)
    rows = Account.objects.filter(Exists(held.filter(account=OuterRef("pk"))))
    return _after(rows.exclude(state__in=daily.UNJUDGED), after)


def to_review(after: UUID | None) -> list[UUID]:
    """Accounts for which something is proposed, or somebody has said no."""
    found: set[UUID] = set()
    for rows in (Switch.objects.filter(state=Switch.State.PROPOSED), *_waived()):
        later = rows.filter(account__gt=after) if after else rows
        accounts = later.order_by("account").values_list("account", flat=True).distinct()
        found.update(accounts[:MOST_AT_ONCE])
    return sorted(found)[:MOST_AT_ONCE]


def _waived() -> tuple[Any, Any]:
    kept = Q(waived__isnull=False)
    return Switch.objects.filter(kept), Block.objects.filter(kept)


def _after(rows: Any, after: UUID | None) -> list[UUID]:
    later = rows.filter(pk__gt=after) if after else rows
    return list(later.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])


def _suspected(today: date) -> Iterable[tuple[Cause, Any]]:
    accounts = Account.objects.all()
    used, allowed = F("consumed_minor") + F("held_minor"), F("limit_minor") + F("overdraft_minor")
    yield Cause.OVER_LIMIT, accounts.alias(used=used).filter(used__gt=allowed + F("topup_minor"))
    yield Cause.EXPIRED_DOCUMENT, accounts.filter(document_expires__lt=today)
    late = Arrears.objects.filter(account=OuterRef("pk"))
    for days, versions in _graces().items():
        owing = Exists(late.filter(oldest_due__lt=daily.last_due(today, days)))
        yield Cause.OVERDUE, accounts.filter(owing, policy_version__in=versions)
    yield Cause.DENIED, accounts.filter(Exists(_unheld_denials().filter(account=OuterRef("pk"))))


def _graces() -> dict[int, list[UUID]]:
    """The versions of policies that give as many days."""
    found: dict[int, list[UUID]] = {}
    for pk, days in PolicyVersion.objects.values_list("pk", "grace_days"):
        found.setdefault(days, []).append(pk)
    return found


def _unheld_denials() -> Any:
    """Changes that the customer denied, and for which nobody has ever held the account."""
    held = Block.objects.filter(change=OuterRef("pk"))
    denied = Change.objects.filter(state=ChangeState.DENIED, policy_version__denial_holds=True)
    return denied.exclude(Exists(held))


def _blocks(cause: Cause) -> Any:
    return Block.objects.filter(account=OuterRef("pk"), cause=cause, lifted=None)


def _switches(run: Run, cause: Cause) -> Any:
    """One decision an account, cause and day; and nothing is proposed twice."""
    open_ones = Q(run=run) | Q(state=Switch.State.PROPOSED)
    return Switch.objects.filter(open_ones, account=OuterRef("pk"), cause=cause)


@dataclass(frozen=True)
class Judged:
    """One account with all that a run looks at."""

    account: Account
    facts: Facts
    blocks: dict[str, Block] = field(default_factory=dict)  # open ones by cause
    proposed: dict[str, Switch] = field(default_factory=dict)  # by cause
    decided: frozenset[str] = frozenset()  # causes that this run has a switch for
    answers: Sequence[Switch | Block] = ()  # by which somebody said no to what stood then

    def figures(self, cause: Cause) -> dict[str, Any] | None:
        return daily.figures_of(cause, self.facts)

    def is_gone(self, block: Block) -> bool:
        """Whether what a run held the account for is no longer there."""
        cause = Cause(block.cause)
        return block.is_by_run and cause in daily.PASSING and self.figures(cause) is None

    def question(self, cause: Cause) -> dict[str, Any] | None:
        """What there is to decide about a cause: to hold the account by these figures, or to lift a block that outlived it."""
        block = self.blocks.get(cause)
        return {"origin": str(block.pk)} if block and self.is_gone(block) else self.figures(cause)

    def stands(self, answer: Switch | Block) -> bool:
        """Whether what somebody said no to is still what there is to decide."""
        question, waived = self.question(Cause(answer.cause)), answer.waived or {}
        return question is not None and question["origin"] == waived.get("origin")

    def is_answered(self, cause: Cause) -> bool:
        """Whether somebody has said no to that."""
        question = self.question(cause)
        waived = [one.waived for one in self.answers if one.cause == cause and one.waived]
        return question is not None and daily.is_answered(question, waived)


def judged(accounts: Sequence[Account], run: Run | None = None) -> list[Judged]:
    """
    As they stand: seven queries, however many accounts. They should be locked, for then it stays so; their versions of the policy
    should have come along.
    """
    ids = [one.pk for one in accounts]
    arrears = {one.account_id: one for one in Arrears.objects.filter(account__in=ids)}
    denials: dict[UUID, str] = {
        one.account_id: str(one.pk) for one in _unheld_denials().filter(account__in=ids)
    }
    blocks = _by_cause(Block.objects.filter(account__in=ids, lifted=None))
    proposed = _by_cause(Switch.objects.filter(account__in=ids, state=Switch.State.PROPOSED))
    answers, decided = _answers(ids), _decided(ids, run)
    for one in accounts:
        for row in (*blocks.get(one.pk, {}).values(), *proposed.get(one.pk, {}).values()):
            row.account = one
    return [
        Judged(
            one,
            _facts(one, arrears.get(one.pk), denials.get(one.pk, "")),
            blocks.get(one.pk, {}),
            proposed.get(one.pk, {}),
            frozenset(decided.get(one.pk, ())),
            answers.get(one.pk, ()),
        )
        for one in accounts
    ]


def figures_now(account: Account, cause: Cause) -> dict[str, Any] | None:
    """Of one account that is locked and settled: the figures by which the cause is there; None where it is not."""
    return judged([account])[0].figures(cause)


def _facts(account: Account, arrears: Arrears | None, denied_change: str) -> Facts:
    return Facts(
        balance=account.balance,
        today=clock.today(),
        grace_days=account.policy_version.grace_days,
        period_start=None if account.policy_version.period == PeriodKind.ROLLING else account.period_start,
        owed_minor=arrears.open_minor if arrears else 0,
        oldest_due=arrears.oldest_due if arrears else None,
        document_expires=account.document_expires,
        denied_change=denied_change,
    )


def _by_cause(rows: Any) -> dict[UUID, dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = {}
    for one in rows:
        found.setdefault(one.account_id, {})[one.cause] = one
    return found


def _answers(ids: Collection[UUID]) -> dict[UUID, list[Switch | Block]]:
    """What was proposed and denied, or held and lifted by somebody although the cause was still there."""
    found: dict[UUID, list[Switch | Block]] = {}
    for rows in _waived():
        for one in rows.filter(account__in=ids):
            found.setdefault(one.account_id, []).append(one)
    return found


def _decided(ids: Collection[UUID], run: Run | None) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    if run is not None:
        rows = Switch.objects.filter(run=run, account__in=ids).values_list("account", "cause")
        for account, cause in rows:
            found.setdefault(account, set()).add(cause)
    return found
