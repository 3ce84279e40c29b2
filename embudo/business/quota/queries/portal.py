"""What a customer sees of their own account by a link, and nothing else: every read starts at the link's account."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota.models import (
    Account,
    Change,
    ClosedPeriod,
    Hold,
    LedgerEntry,
    PortalLink,
    SpendRequest,
)
from embudo.business.quota.permissions import ANSWER, SHARE_PORTAL
from embudo.business.quota.queries.figures import spans_shown
from embudo.business.quota.queries.settled import settled
from embudo.business.quota.queries.standing import blocks_of, why_blocked
from embudo.business.quota.rules.amounts import CARRIED
from embudo.business.quota.rules.answers import hash_of
from embudo.business.quota.rules.periods import Span
from embudo.business.quota.rules.portal import CUSTOMER_PERIODS, MOST_LINKS
from embudo.business.quota.rules.states import AccountState, Cause, ChangeState, EntryKind, HoldState
from embudo.kernel import clock
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import Forbidden, NotFound
from embudo.kernel.money import Money
from embudo.kernel.permission import Scope

# Holds that were captured or let go tell a customer nothing that the spending does not.
SHOWN = (EntryKind.CAPTURE, EntryKind.REFUND, EntryKind.TOPUP, EntryKind.ADJUSTMENT)
MOST_CHANGES = 20
# What a colleague asked for and others here turned down before the customer heard of it is nothing of theirs.
UNTOLD = Q(state__in=[ChangeState.REFUSED, ChangeState.REJECTED], asked_by__isnull=False)
# In the words of whoever is concerned; a reason that an officer wrote is not told.
WHY_HELD = {
    Cause.OVERDUE: _(
        "Your quota is on hold because invoices are overdue. It opens again once they are paid."
    ),
    Cause.DENIED: _(
        "Your quota is on hold because you told us that a change was not yours. It opens again when somebody here has looked into it."
    ),
    Cause.OVER_LIMIT: _(
        "Your quota is on hold because more was spent than it allows. It opens again when that is over."
    ),
    Cause.EXPIRED_DOCUMENT: _(
        "Your quota is on hold because a document of yours has expired. Send us a valid one."
    ),
    Cause.OFFICER: _("Your quota is on hold. Ask us why, please."),
}


def guest(*, request_id: str = "") -> Actor:
    """A customer at the door of their own page: the commands there look for the link themselves."""
    return Actor(
        ActorKind.LINK,
        name="quota portal",
        grants={ANSWER.code: Scope.ALL},
        origin="link",
        request_id=request_id,
    )


def portal_link(token: str) -> PortalLink:
    """Refuses NotFound a token we did not make, and one that is revoked, too old, or of a closed account."""
    kept = hash_of(token)
    rows = PortalLink.objects.select_related("account__policy__current", "account__policy_version")
    rows = rows.select_related("account__company", "account__person")
    found = rows.filter(token_hash=kept, revoked=None, expires__gt=clock.now()).first() if kept else None
    if found is None or found.account.state == AccountState.CLOSED:
        raise NotFound
    return found


def portal_links(actor: Actor, account: Account) -> list[PortalLink]:
    """What was sent for an account, the newest first. Refuses Forbidden without the grant."""
    if not actor.may(SHARE_PORTAL):
        raise Forbidden(SHARE_PORTAL.code)
    rows = PortalLink.objects.filter(account=account).select_related("sent_by").order_by("-created", "-pk")
    return list(rows[:MOST_LINKS])


def one_portal_link(actor: Actor, link_id: UUID) -> PortalLink:
    if not actor.may(SHARE_PORTAL):
        raise Forbidden(SHARE_PORTAL.code)
    found = PortalLink.objects.select_related("account").filter(pk=link_id).first()
    if found is None:
        raise NotFound
    return found


def why_held(account: Account) -> str:
    """Why the customer can spend nothing, in words for them; "" where nothing stands against it."""
    if settled(account).state != AccountState.HELD:
        return why_blocked(account)
    causes = dict.fromkeys(Cause(one.cause) for one in blocks_of(account))
    return " ".join(str(WHY_HELD[one]) for one in causes or (Cause.OFFICER,))


@dataclass(frozen=True)
class OwnPage:
    """What stands on a customer's page beside the balance."""

    holds: Sequence[Hold]
    changes: Sequence[Change]
    requests: Sequence[SpendRequest]  # the newest first
    spans: Sequence[Span]


def own_page(account: Account) -> OwnPage:
    """Four queries, whatever there is."""
    holds = Hold.objects.filter(account=account, state=HoldState.OPEN, expires__gt=clock.now())
    changes = Change.objects.filter(account=account).exclude(state=ChangeState.DRAFT).exclude(UNTOLD)
    requests = SpendRequest.objects.filter(account=account).order_by("-created", "-pk")
    return OwnPage(
        list(holds.order_by("expires", "pk")[:50]),
        list(changes.order_by("-created", "-pk")[:MOST_CHANGES]),
        list(requests[:MOST_CHANGES]),
        [one for one in spans_shown(account, CUSTOMER_PERIODS)[::-1] if one.ends > account.opened_on],
    )


@dataclass(frozen=True)
class Statement:
    """One period of an account: what was allowed, and what was spent, refunded, topped up and corrected in it, day by day."""

    account: Account
    span: Span
    allowed: int | None  # of a period that is over and stands in the books, or the running one
    restated: date | None
    sums: dict[str, int]
    brought: int  # of top-ups, left over from the period before; not in their sum
    consumed: int

    def entries(self) -> QuerySet[LedgerEntry]:
        return entries_of(self.account, self.span)


def entries_of(account: Account, span: Span) -> QuerySet[LedgerEntry]:
    found: Any = LedgerEntry.objects.filter(
        account=account, kind__in=SHOWN, value_date__gte=span.starts, value_date__lt=span.ends
    )
    return found.select_related("hold").order_by("value_date", "pk")  # type: ignore[no-any-return]


def statement(account: Account, starts: date) -> Statement:
    """Refuses NotFound a day on which none of the periods that are told begins."""
    span = next((one for one in spans_shown(account, CUSTOMER_PERIODS) if one.starts == starts), None)
    if span is None or span.ends <= account.opened_on:
        raise NotFound
    now = settled(account)
    closed = ClosedPeriod.objects.filter(account=account, starts=starts).first()
    allowed = now.balance.allowance if span == now.span else closed.allowance_minor if closed else None
    rows = entries_of(account, span).order_by().values("kind").annotate(
        amount=Sum("amount_minor", filter=~Q(source=CARRIED), default=0),
        brought=Sum("amount_minor", filter=Q(source=CARRIED), default=0),
        consumed=Sum("consumed_change"),
    )  # fmt: skip
    found = {row["kind"]: row for row in rows}
    return Statement(
        account,
        span,
        allowed,
        clock.day_of(closed.restated) if closed and closed.restated else None,
        {kind: found[kind]["amount"] if kind in found else 0 for kind in SHOWN},
        sum(row["brought"] for row in found.values()),
        sum(row["consumed"] for row in found.values()),
    )


def statement_headings() -> list[str]:
    return [
        gettext("Day"),
        gettext("What"),
        gettext("Amount"),
        gettext("Consumed"),
        gettext("Note"),
        gettext("Number of the entry"),
    ]


def statement_rows(one: Statement) -> Iterator[Sequence[Any]]:
    for entry in one.entries().iterator(chunk_size=500):
        yield (
            entry.value_date,
            what_of(entry),
            Money(entry.amount_minor, one.account.currency),
            Money(entry.consumed_change, one.account.currency),
            note_of(entry),
            str(entry.pk),
        )


def what_of(entry: LedgerEntry) -> str:
    return (
        gettext("left over from the period before")
        if entry.source == CARRIED
        else str(EntryKind(entry.kind).label)
    )


def note_of(entry: LedgerEntry) -> str:
    """Where it was spent, as the till said it. What officers write to each other is not for the customer."""
    hold = entry.hold
    return " · ".join(filter(None, (hold.source, hold.note))) if hold is not None else ""
