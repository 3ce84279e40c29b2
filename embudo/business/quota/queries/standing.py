"""Whether a customer may spend, and why not, for those who may not see the ledger: no sentence here tells an amount."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.directory import queries as directory
from embudo.business.quota.models import MERGED, Account, Block
from embudo.business.quota.permissions import VIEW_STANDING
from embudo.business.quota.queries.settled import Settled, settled
from embudo.business.quota.rules.periods import PeriodKind
from embudo.business.quota.rules.states import AccountState, Cause
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden
from embudo.kernel.prepared import Prepared

MOST_SHOWN = 20
WHY = {
    Cause.OVERDUE: _(
        "Held since %(day)s because invoices are overdue; it opens again once they have been paid."
    ),
    Cause.DENIED: _(
        "Held since %(day)s because the customer did not agree to a change of the quota; a reviewer has to lift it."
    ),
    Cause.OVER_LIMIT: _(
        "Held since %(day)s because more was spent than the quota allows; it opens again when that is over."
    ),
    Cause.EXPIRED_DOCUMENT: _(
        "Held since %(day)s because a document of the customer has expired; it opens again with a valid one."
    ),
    Cause.OFFICER: _("Held since %(day)s by a quota officer; an approver has to lift it."),
}

BLOCKS = Prepared(
    lambda account: (
        Block.objects.filter(account=account, lifted=None).select_related("placed_by").order_by("created")
    )
)


@dataclass(frozen=True)
class AccountStanding:
    """Of one account: its state and the one sentence."""

    account_id: UUID
    reference: str
    policy: str
    state: str
    sentence: str


def why_blocked(account: Account, blocks: Sequence[Block] | None = None) -> str:
    """
    In one sentence why nothing can be spent on the account; "" where nothing stands against it. `blocks` are those not lifted,
    where they are known already.
    """
    now = settled(account)
    if now.state == AccountState.CLOSED:
        return _closed(account)
    if now.state == AccountState.PENDING:
        return gettext("No limit has been set yet, so nothing can be spent.")
    if now.state == AccountState.HELD:
        return _held(blocks_of(account) if blocks is None else blocks)
    if now.state == AccountState.AT_LIMIT:
        return _used_up(now)
    return ""


def blocks_of(account: Account) -> list[Block]:
    """Those that hold it now, the oldest first."""
    return list(BLOCKS.rows(account=account.pk))


def _held(blocks: Sequence[Block]) -> str:
    if not blocks:
        return gettext("The account is held.")
    day = _day(clock.day_of(min(block.created for block in blocks)))
    if len(blocks) == 1:
        return str(WHY[Cause(blocks[0].cause)]) % {"day": day}
    causes = ", ".join(str(Cause(block.cause).label) for block in blocks)
    return gettext("Held since %(day)s for several reasons: %(causes)s.") % {"day": day, "causes": causes}


def _closed(account: Account) -> str:
    if account.close_reason == MERGED:
        return gettext(
            "Closed because the customer was merged with one that has an account under this policy already."
        )
    if account.closed is None:
        return gettext("The account is closed.")
    return gettext("The account was closed on %(day)s.") % {"day": _day(clock.day_of(account.closed))}


def _used_up(now: Settled) -> str:
    if now.version.period == PeriodKind.ROLLING:
        return gettext(
            "Everything is used up; it comes back day by day, as older spending leaves the period."
        )
    return gettext("Everything is used up until %(day)s, when the next period begins.") % {
        "day": _day(now.span.ends)
    }


def _day(day: date) -> str:
    return str(formats.date_format(day, "DATE_FORMAT"))


def standings_of(
    actor: Actor, *, company: UUID | None = None, person: UUID | None = None
) -> list[AccountStanding]:
    """
    Of each account of a customer whom the actor may see, the newest first; two queries beside the customer's. Refuses
    Forbidden without the grant, NotFound out of sight.
    """
    if not actor.may(VIEW_STANDING):
        raise Forbidden(VIEW_STANDING.code)
    if company is not None:
        directory.company(actor, company)
    if person is not None:
        directory.person(actor, person)
    return told_of(accounts_of_customer(company=company, person=person))


def accounts_of_customer(*, company: UUID | None = None, person: UUID | None = None) -> list[Account]:
    """Those in use before those that are closed, the newest first."""
    either = Q(company=company) if company is not None else Q(person=person)
    found: Any = Account.objects.filter(either).select_related("policy__current", "policy_version")
    rows = list(found.order_by("-created", "-id")[:MOST_SHOWN])
    return sorted(rows, key=lambda one: one.state == AccountState.CLOSED)


def told_of(accounts: Collection[Account]) -> list[AccountStanding]:
    """One query for all that hold them."""
    held = [one.pk for one in accounts if one.state == AccountState.HELD]
    blocks: dict[UUID, list[Block]] = {pk: [] for pk in held}
    for block in Block.objects.filter(account__in=held, lifted=None).order_by("created") if held else ():
        blocks[block.account_id].append(block)
    return [
        AccountStanding(
            one.pk,
            one.reference,
            one.policy.name,
            settled(one).state,
            why_blocked(one, blocks.get(one.pk, ())),
        )
        for one in accounts
    ]
