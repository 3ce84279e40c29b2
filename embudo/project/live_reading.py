"""What the live events read from the database: in threads, on few connections, once for all streams."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import wraps
from importlib import import_module
from itertools import islice
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections, connection
from django.db.models import Q

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.notify.queries import unread_counts
from embudo.kernel.actor import Actor
from embudo.kernel.follow import after, head, settled
from embudo.kernel.kind import RecordKind, kind_named
from embudo.kernel.models import LogAbout, LogEntry

Position = tuple[int, int]
Target = tuple[str, UUID | None]  # kind and id of a record; no id: any record of the kind
P = ParamSpec("P")
T = TypeVar("T")

WATCHED = 300  # records one page may watch
BATCH = 500  # log rows read at once
CAUGHT_UP = 500  # missed changes told one by one; beyond that everything watched counts as changed
NOTIFYING = frozenset({"notify.UserTold", "notify.NotificationsRead"})
ENDING = frozenset({
    "access.SessionsEnded", "access.SignedOut", "access.UserDeactivated", "access.PasswordChanged",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Who opened a stream: the user, the session it came in by, and the mark that a change of password alters."""

    id: UUID
    session: str
    mark: str


@dataclass(slots=True)
class News:
    position: Position
    changes: dict[Target, Position] = field(default_factory=dict)
    counts: dict[UUID, int] = field(default_factory=dict)  # user -> unread notifications
    may_end_sessions: bool = False


def in_thread(function: Callable[P, T]) -> Callable[P, T]:
    """For functions that the pool's threads run: drops a connection that went bad before it is used again."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        close_old_connections()
        return function(*args, **kwargs)

    return run


def release_database() -> None:
    connection.close()


# --- who -------------------------------------------------------------------------------------------------------


@in_thread
def person_of(cookies: dict[str, str]) -> Person | None:
    """The person behind the session cookie, fully signed in and active; None otherwise."""
    key = cookies.get(settings.SESSION_COOKIE_NAME, "")
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    if not key:
        return None
    user = get_user(SimpleNamespace(session=session, META={}))  # type: ignore[arg-type]
    if not isinstance(user, User) or not user.is_active:
        return None
    return Person(user.id, key, user.get_session_auth_hash())


@in_thread
def persons_gone(persons: Collection[Person]) -> list[Person]:
    """Those whose session was ended, whose password changed or who may no longer sign in."""
    users = {user.id: user for user in _in_chunks({p.id for p in persons}, _active_users)}
    marks = {user_id: user.get_session_auth_hash() for user_id, user in users.items()}
    sessions = set(_in_chunks({p.session for p in persons}, _standing_sessions))
    return [p for p in persons if p.session not in sessions or marks.get(p.id) != p.mark]


def _in_chunks(keys: Collection[Any], read: Callable[[list[Any]], Iterable[Any]]) -> list[Any]:
    rest = iter(keys)
    found: list[Any] = []
    while chunk := list(islice(rest, 500)):
        found += read(chunk)
    return found


def _active_users(ids: list[UUID]) -> Iterable[User]:
    wanted = ("id", "password", "name", "team", "language", "time_zone")
    found: Iterable[User] = User.objects.filter(pk__in=ids, is_active=True).only(*wanted)
    return found


def _standing_sessions(keys: list[str]) -> Iterable[str]:
    model = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    return model.objects.filter(session_key__in=keys).values_list("session_key", flat=True)  # type: ignore[no-any-return]


# --- what ------------------------------------------------------------------------------------------------------


def targets_from(text: str) -> frozenset[Target]:
    """ "sales.lead:<id>,sales.lead": what cannot be read, and what is beyond the limit, is left out."""
    pairs = (part.partition(":") for part in text.split(",", WATCHED)[:WATCHED] if part)
    return frozenset((kind, _uuid(given)) for kind, colon, given in pairs if not colon or _uuid(given))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@in_thread
def visible_targets(person: Person, targets: frozenset[Target]) -> frozenset[Target]:
    """Those that this person may see: one query a kind."""
    if not targets:
        return frozenset()
    actor = actor_of(User.objects.get(pk=person.id))
    visible: set[Target] = set()
    for name in {kind for kind, _record_id in targets}:
        kind = kind_named(name)
        if kind and actor.may(kind.model.view_permission):
            asked = {record_id for other, record_id in targets if other == name and record_id}
            visible |= {(name, record_id) for record_id in _seen(actor, kind, asked)}
            visible |= {(name, None)} & targets
    return frozenset(visible)


def _seen(actor: Actor, kind: RecordKind, ids: Collection[UUID]) -> set[UUID]:
    return (
        set(kind.model.objects.visible_to(actor).filter(pk__in=ids).values_list("pk", flat=True))
        if ids
        else set()
    )


@in_thread
def seen_by(user_ids: Collection[UUID], name: str, ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """User -> which of the records of a kind they may see: for those who watch a whole list or board."""
    kind = kind_named(name)
    users = _in_chunks(user_ids, _active_users) if kind else []
    return {user.id: _seen(actor_of(user), kind, ids) for user in users} if kind else {}


# --- since when ------------------------------------------------------------------------------------------------


def position_from(text: str) -> Position | None:
    """Where a client stood: the id of the last event it got ("transaction.sequence")."""
    txid, _dot, seq = text.partition(".")
    is_number = txid.isdecimal() and seq.isdecimal() and len(text) < 40
    return (int(txid), int(seq)) if is_number else None


@in_thread
def current_position() -> Position:
    return head(settled())


@in_thread
def catch_up(person: Person, targets: frozenset[Target], since: Position | None) -> News:
    """What a client missed while it was away, and the number on its bell."""
    news = News(head(settled()), counts=unread_counts({person.id}))
    if since is None or not targets or since >= news.position:
        return news
    ids = {record_id for _kind, record_id in targets if record_id}
    mine = after(settled(), since).filter(Q(about_id__in=ids) | Q(further__record_id__in=ids)).distinct()
    rows = list(mine[: CAUGHT_UP + 1])
    news.changes = {target: at for target, at in _changes(rows).items() if target in targets}
    if len(rows) > CAUGHT_UP:
        news.changes = dict.fromkeys(targets, news.position)
    # of a watched kind anything may have changed: a page that was away draws its list again
    news.changes |= {target: news.position for target in targets if target[1] is None}
    return news


def _changes(entries: Collection[LogEntry]) -> dict[Target, Position]:
    """The records that log rows are about, each with the last position."""
    at = {entry.seq: (entry.txid, entry.seq) for entry in entries}
    found: dict[Target, Position] = {(e.about_kind, e.about_id): at[e.seq] for e in entries if e.about_id}
    further = LogAbout.objects.filter(entry__in=at).values_list("kind", "record_id", "entry_id")
    for kind, record_id, seq in further:
        found[kind, record_id] = max(found.get((kind, record_id), at[seq]), at[seq])
    return found


class LogFollower:
    """
    Reads new log rows once for all streams of a process. On SQLite a look is `PRAGMA data_version`, which costs a few
    microseconds and moves with every commit of others; on PostgreSQL it is one step along an index, which spares every
    writer the NOTIFY and works behind any pooler.
    """

    def __init__(self, position: Position) -> None:
        self.position = position
        self.version: object = None
        self.is_sqlite = connection.vendor == "sqlite"
        self.pause = 0.1 if self.is_sqlite else 0.2  # until the next look when nobody rings

    def reset(self) -> None:
        """After a fault: a new connection, and everything since the last position again."""
        connection.close()
        self.version = None

    def end(self) -> Position:
        return head(settled())

    def has_moved(self) -> bool:
        """Whether a look at the log may be worth while."""
        close_old_connections()
        if not self.is_sqlite:
            return True
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            version = cursor.fetchone()
        if version == self.version:
            return False
        self.version = version
        return True

    def read(self, listening: Collection[UUID]) -> Iterable[News]:
        """The news since the last call, in batches; `listening` are the users who have streams open."""
        while batch := self._batch():
            self.position = (batch[-1].txid, batch[-1].seq)
            yield self._news(batch, listening)

    def _batch(self) -> list[LogEntry]:
        wanted = ("seq", "txid", "name", "about_kind", "about_id", "data")
        return list(after(settled(), self.position).only(*wanted)[:BATCH])

    def _news(self, batch: list[LogEntry], listening: Collection[UUID]) -> News:
        told = {UUID(entry.data["user_id"]) for entry in batch if entry.name in NOTIFYING}
        return News(
            (batch[-1].txid, batch[-1].seq),
            _changes(batch),
            unread_counts(told & set(listening)) if told & set(listening) else {},
            may_end_sessions=any(entry.name in ENDING for entry in batch),
        )
