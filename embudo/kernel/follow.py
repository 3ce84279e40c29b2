import logging
from time import monotonic

from django.db import transaction
from django.db.models import Q, QuerySet

from embudo.kernel.event import Event, Subscription, from_data, subscriptions
from embudo.kernel.job import enqueue, task
from embudo.kernel.models import Cursor, LogEntry, OldestOpenTransaction

logger = logging.getLogger(__name__)
BATCH = 100
SECONDS = 0.05  # a batch ends after this, so that SQLite's writer is never held long
Position = tuple[int, int]


def settled() -> QuerySet[LogEntry]:
    """Entries no older transaction can still slip in before, in the order in which reactions follow them."""
    return LogEntry.objects.filter(txid__lt=OldestOpenTransaction()).order_by("txid", "seq")


def head(entries: QuerySet[LogEntry]) -> Position:
    last = entries.order_by("-txid", "-seq").values_list("txid", "seq").first()
    return last or (0, 0)


def _after(entries: QuerySet[LogEntry], position: Position) -> QuerySet[LogEntry]:
    txid, seq = position
    return entries.filter(Q(txid=txid, seq__gt=seq) | Q(txid__gt=txid))


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
    lagging = [one for one in subscriptions.values() if known.get(one.name, (0, 0)) < end]
    return sum(_deliver(one, known.get(one.name, (0, 0)), entries, end) for one in lagging)


def _deliver(
    subscription: Subscription, position: Position, entries: QuerySet[LogEntry], end: Position
) -> int:
    if not _after(_wanted(entries, subscription), position).exists():
        return _skip_to(subscription, position, end)
    with transaction.atomic():
        Cursor.objects.get_or_create(name=subscription.name)
        locked = Cursor.objects.select_for_update(skip_locked=True).filter(name=subscription.name).first()
        if locked is None:  # another worker is at it
            return 0
        batch = list(_after(_wanted(entries, subscription), (locked.txid, locked.seq))[:BATCH])
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


def _skip_to(subscription: Subscription, position: Position, end: Position) -> int:
    """Nothing of interest up to `end`: the cursor moves there, unless another worker has moved it."""
    if position == (0, 0):
        Cursor.objects.get_or_create(name=subscription.name)
    Cursor.objects.filter(name=subscription.name, txid=position[0], seq=position[1]).update(
        txid=end[0], seq=end[1]
    )
    return 0


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
