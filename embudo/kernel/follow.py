import logging
from collections.abc import Mapping
from functools import reduce
from operator import or_
from time import monotonic

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from embudo.kernel.event import Event, Subscription, from_data, subscriptions
from embudo.kernel.job import enqueue, task
from embudo.kernel.models import Beyond, Cursor, LogEntry, OldestOpenTransaction

logger = logging.getLogger(__name__)
BATCH = 100
TOGETHER = 500  # entries for those who hear many at once
LOOK_AHEAD = 1000  # entries read at most to see whom the news concern
SECONDS = 0.05  # a batch ends after this, so that SQLite's writer is never held long
Position = tuple[int, int]
Read = dict[tuple[type[Event], Position], list[LogEntry]]  # what those who stand at one place share


def settled() -> QuerySet[LogEntry]:
    """Entries no older transaction can still slip in before, in the order in which reactions follow them."""
    if connection.vendor == "sqlite":  # whatever can be read there has ended, and in this order
        return LogEntry.objects.order_by("seq")
    return LogEntry.objects.filter(txid__lt=OldestOpenTransaction()).order_by("txid", "seq")


def head(entries: QuerySet[LogEntry]) -> Position:
    last = entries.reverse().values_list("txid", "seq").first()
    return last or (0, 0)


def after(entries: QuerySet[LogEntry], position: Position) -> QuerySet[LogEntry]:
    if connection.vendor == "sqlite":
        return entries.filter(seq__gt=position[1])
    return entries.filter(Beyond(*position))


def _wanted(entries: QuerySet[LogEntry], subscription: Subscription) -> QuerySet[LogEntry]:
    return entries if subscription.event is Event else entries.filter(name=subscription.event.name)


def follow(*, in_own_transaction: bool = True) -> int:
    """
    Lets every reaction catch up by one batch at most; returns how many events were handled. Tests, which see only
    their own open transaction, pass in_own_transaction=False.
    """
    entries = settled() if in_own_transaction else LogEntry.objects.order_by("txid", "seq")
    end = head(entries)
    known = {name: (txid, seq) for name, txid, seq in Cursor.objects.values_list("name", "txid", "seq")}
    lagging = {name: known.get(name, (0, 0)) for name in subscriptions if known.get(name, (0, 0)) < end}
    if not lagging:
        return 0
    wanting = _wanting(lagging, entries)
    idle = {name: position for name, position in lagging.items() if name not in wanting}
    _skip_to(end, idle, only_far=bool(wanting))
    read: Read = {}
    return sum(_deliver(subscriptions[name], entries, read) for name in wanting)


def _wanting(lagging: Mapping[str, Position], entries: QuerySet[LogEntry]) -> list[str]:
    """The reactions that something new concerns. One statement, unless somebody lies far behind."""
    oldest = min(lagging.values())
    news = list(after(entries, oldest).values_list("name", "txid", "seq")[:LOOK_AHEAD])
    if len(news) == LOOK_AHEAD:
        return [
            name for name, at in lagging.items() if after(_wanted(entries, subscriptions[name]), at).exists()
        ]
    last = {name: (txid, seq) for name, txid, seq in news}
    ends = max(last.values(), default=(0, 0))
    return [
        name
        for name, at in lagging.items()
        if at
        < (ends if subscriptions[name].event is Event else last.get(subscriptions[name].event.name, (0, 0)))
    ]


def _next(
    subscription: Subscription, entries: QuerySet[LogEntry], at: Position, read: Read
) -> list[LogEntry]:
    """What comes after the place. Rows of the log never change, so those who hear many at once are given the same."""
    news = after(_wanted(entries, subscription), at)
    if not subscription.is_batched:
        return list(news[:BATCH])
    if (subscription.event, at) not in read:
        read[subscription.event, at] = list(news[:TOGETHER])
    return read[subscription.event, at]


def _deliver(subscription: Subscription, entries: QuerySet[LogEntry], read: Read) -> int:
    with transaction.atomic():
        locked = _locked(subscription.name)
        if locked is None:  # another worker is at it
            return 0
        batch = _next(subscription, entries, (locked.txid, locked.seq), read)
        if subscription.is_batched and _handle_together(subscription, batch):
            locked.txid, locked.seq = batch[-1].txid, batch[-1].seq
            locked.save()
            return len(batch)
        started, handled = monotonic(), 0
        for entry in batch:
            _handle(subscription, entry)
            handled += 1
            locked.txid, locked.seq = entry.txid, entry.seq
            if monotonic() - started > SECONDS:
                break
        locked.save()
    return handled


def _locked(name: str) -> Cursor | None:
    """The reaction's place, kept from other workers; None while one of them has it."""
    mine = Cursor.objects.select_for_update(skip_locked=True).filter(name=name)
    found: Cursor | None = mine.first()
    if found is None and Cursor.objects.get_or_create(name=name)[1]:  # its first time
        found = mine.first()
    return found


def _handle_together(subscription: Subscription, batch: list[LogEntry]) -> bool:
    """All at once. False when that fails, or there is none: then one by one, so that only the one at fault waits."""
    try:
        with transaction.atomic():
            subscription.handler(batch)
    except Exception:
        logger.exception(
            "reaction %s failed on %d entries; they are taken one by one", subscription.name, len(batch)
        )
        return False
    return bool(batch)


def _skip_to(end: Position, idle: Mapping[str, Position], *, only_far: bool) -> None:
    """
    Nothing of interest up to `end`: those cursors move there, unless another worker has moved them. Together, and while
    there is much to do only those that have come to lie well behind: each commit is a wait for the disk.
    """
    behind = {
        name: at for name, at in idle.items() if not only_far or end[1] - at[1] >= BATCH or at == (0, 0)
    }
    if not behind:
        return
    with transaction.atomic():
        Cursor.objects.bulk_create(
            [Cursor(name=name) for name, at in behind.items() if at == (0, 0)], ignore_conflicts=True
        )
        where = (Q(name=name, txid=txid, seq=seq) for name, (txid, seq) in behind.items())
        Cursor.objects.filter(reduce(or_, where)).update(txid=end[0], seq=end[1])


def _handle(subscription: Subscription, entry: LogEntry) -> None:
    """One event; when the reaction fails its writes are taken back and a job repeats it, so the rest goes on."""
    try:
        with transaction.atomic():
            react(subscription, entry)
    except Exception:
        logger.exception("reaction %s failed on entry %s; it will be repeated", subscription.name, entry.seq)
        enqueue(react_again, subscription.name, entry.seq, unique_key=f"{subscription.name}:{entry.seq}")


def react(subscription: Subscription, entry: LogEntry) -> None:
    if subscription.is_batched:
        subscription.handler([entry])
    else:
        subscription.handler(from_data(entry.name, entry.data), entry)


@task()
def react_again(name: str, seq: int) -> None:
    """One event's own retry."""
    react(subscriptions[name], LogEntry.objects.get(pk=seq))


def hear_no_past() -> None:
    """What stands in the log so far is history: no reaction answers it. For the sample company, whose past is made up."""
    end = head(LogEntry.objects.all())
    places = [Cursor(name=name, txid=end[0], seq=end[1]) for name in subscriptions]
    Cursor.objects.bulk_create(
        places, update_conflicts=True, unique_fields=["name"], update_fields=["txid", "seq"]
    )
