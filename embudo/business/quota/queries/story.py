"""All that happened on an account in one order of time: from the ledger, its blocks, changes, limits, periods and requests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from heapq import merge
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from embudo.business.quota.models import (
    Account,
    Answer,
    Block,
    Change,
    ClosedPeriod,
    Hold,
    LedgerEntry,
    LimitVersion,
    Reopening,
    Signature,
    SpendRequest,
    Switch,
)
from embudo.business.quota.rules.states import HoldState
from embudo.kernel.actor import Actor
from embudo.kernel.keyset import read_cursor, write_cursor
from embudo.kernel.prepared import Prepared

SORT = "quota story"
CHUNK = 1000
UNTIL, BEFORE, SAME = "lte", "lt", "same"
OF_CHANGE = "change__account"
Place = tuple[datetime, str]


@dataclass(frozen=True)
class Happened:
    """One thing that happened: what kind of moment, when, and the row that tells it. `key` orders what came at once."""

    kind: str
    at: datetime
    key: str
    thing: Any

    @property
    def place(self) -> Place:
        return self.at, self.key


@dataclass(frozen=True)
class StoryPage:
    items: list[Happened]
    next: str = ""  # cursor of what came before; "" at the beginning


@dataclass(frozen=True)
class Source:
    """Rows of one table that are told at one of their moments. `letter` orders the sources within one instant."""

    letter: str
    kind: str
    model: type[Model]
    at: str
    related: tuple[str, ...] = ()
    only: Q | None = None
    path: str = "account"

    def rows(self, account_id: UUID) -> QuerySet[Any]:
        model: Any = self.model
        found = model.objects.filter(**{self.path: account_id})
        if self.at != "created":
            found = found.filter(**{f"{self.at}__isnull": False})
        if self.only is not None:
            found = found.filter(self.only)
        return found.select_related(*self.related) if self.related else found  # type: ignore[no-any-return]

    def is_for(self, actor: Actor) -> bool:
        view: Any = self.model
        return actor.may(view.view_permission)

    def place(self, key: str) -> str:
        """How far a statement reaches that begins before a thing with this key."""
        if self.letter == key[0]:
            return SAME
        return UNTIL if self.letter < key[0] else BEFORE

    def earlier(self, rows: QuerySet[Any], how: str, at: Any, pk: Any) -> QuerySet[Any]:
        """Those told before a moment, or at it where `how` says so."""
        if how != SAME:
            return rows.filter(**{f"{self.at}__{how}": at})
        # both databases then start inside the index
        return rows.filter(Q(**{f"{self.at}__lte": at}) & (Q(**{f"{self.at}__lt": at}) | Q(pk__lt=pk)))

    def item(self, row: Any) -> Happened:
        return Happened(self.kind, getattr(row, self.at), f"{self.letter}{row.pk}", row)


# Later letters come later within one instant: a period is over before anything is spent in the next.
SOURCES = (
    Source("b", "blocked", Block, "created", ("placed_by",)),
    Source("c", "change", Change, "created", ("asked_by",)),
    Source("d", "change_ended", Change, "ended"),
    Source("e", "entry", LedgerEntry, "created", ("actor", "hold")),
    Source("f", "signed", Signature, "created", ("person",), path=OF_CHANGE),
    Source("g", "customer_asked", Answer, "sent", path=OF_CHANGE),
    Source("h", "bounced", Answer, "bounced", path=OF_CHANGE),
    Source("i", "customer_answered", Answer, "answered", ("recorded_by",), path=OF_CHANGE),
    Source("l", "lifted", Block, "lifted", ("lifted_by",)),
    Source("m", "closed_before", Reopening, "closed"),
    Source("n", "opened_again", Reopening, "created", ("opened_by",)),
    Source("P", "period", ClosedPeriod, "created"),
    Source("q", "restated", ClosedPeriod, "restated"),
    Source("r", "refused", Hold, "created", only=Q(state=HoldState.REFUSED)),
    Source("s", "switch", Switch, "created"),
    Source("t", "switch_decided", Switch, "decided", ("decided_by",), only=Q(decided_by__isnull=False)),
    Source("v", "limit", LimitVersion, "created"),
    Source("w", "request", SpendRequest, "created", ("asked_by",)),
    Source("x", "request_answered", SpendRequest, "answered", ("answered_by",)),
)


@cache
def _newest(source: Source, size: int) -> Prepared:
    return Prepared(lambda account_id: source.rows(account_id).order_by(f"-{source.at}", "-pk")[:size])


@cache
def _earlier(source: Source, size: int, how: str) -> Prepared:
    def build(account_id: UUID, at: datetime, pk: UUID | None = None) -> QuerySet[Any]:
        rows = source.earlier(source.rows(account_id), how, at, pk)
        return rows.order_by(f"-{source.at}", "-pk")[:size]

    return Prepared(build)


def story(actor: Actor, account: Account, *, cursor: str = "", size: int = 25) -> StoryPage:
    """The newest first; one query a source, each read off the end of an index."""
    start = read_cursor(cursor, SORT) if cursor else None
    found: list[Happened] = []
    for source in SOURCES:
        if source.is_for(actor):
            found += map(source.item, _page(source, account, start, size + 1))
    found += _own_moments(account, start)
    found.sort(key=lambda one: one.place, reverse=True)
    shown, rest = found[:size], found[size:]
    return StoryPage(shown, write_cursor(SORT, shown[-1].at, shown[-1].key) if rest else "")


def _page(source: Source, account: Account, start: Place | None, size: int) -> Any:
    if start is None:
        return _newest(source, size).rows(account_id=account.pk)
    at, key = start
    how = source.place(key)
    given = {"account_id": account.pk, "at": at} | ({"pk": UUID(key[1:])} if how == SAME else {})
    return _earlier(source, size, how).rows(**given)


def _own_moments(account: Account, start: Place | None = None) -> list[Happened]:
    """What the account itself says of its beginning and its end."""
    found = [Happened("opened", account.created, f"A{account.pk}", account)]
    if account.closed is not None:
        found.append(Happened("closed", account.closed, f"z{account.pk}", account))
    return [one for one in found if start is None or one.place < start]


def whole_story(actor: Actor, account: Account) -> Iterator[Happened]:
    """From the beginning on, in constant memory."""
    streams = [_stream(source, account) for source in SOURCES if source.is_for(actor)]
    return merge(*streams, iter(_own_moments(account)), key=lambda one: one.place)


def _stream(source: Source, account: Account) -> Iterator[Happened]:
    rows = source.rows(account.pk).order_by(source.at, "pk")
    return map(source.item, rows.iterator(chunk_size=CHUNK))


def story_length(actor: Actor, account: Account, *, most: int) -> int:
    """How much there is to tell, counted up to `most`."""
    n = len(_own_moments(account))
    count: Callable[[QuerySet[Any]], int] = lambda rows: rows.order_by()[: most + 1].count()  # noqa: E731
    for source in SOURCES:
        if source.is_for(actor) and n <= most:
            n += count(source.rows(account.pk))
    return min(n, most)
