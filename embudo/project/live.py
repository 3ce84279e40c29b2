"""The answer to `/events/`: one stream a tab, thousands of them in one process, none with a database connection."""

import asyncio
import json
import logging
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from time import monotonic
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from embudo.project import live_reading as reading
from embudo.project.bridge import Message, Receive, Scope, Send
from embudo.project.live_reading import News, Person, Position, Target
from embudo.project.wake import wires

logger = logging.getLogger(__name__)

HEART_BEAT = 25.0  # seconds; proxies close what is silent for longer
PERSON_CHECK = 30.0  # seconds between two looks whether sessions still stand
STREAMS_A_PERSON = 20
PENDING = 200  # news that may wait for one slow client before it is let go
BREATH = 0.02  # seconds between two looks at the least: a thousand acts a second are read in fifty pieces
SETTLING = (
    0.01,
    0.02,
    0.04,
    0.08,
)  # after a ring that brought nothing: an older act is still being committed
CONNECTING = 2  # threads (and so database connections) that let streams in
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass(slots=True, eq=False)
class Stream:
    """One open tab: who looks, at which records, and what it has not been sent yet."""

    person: Person
    targets: frozenset[Target]
    since: Position = (0, 0)  # what lies before, it was told in the greeting or the page knows already
    pending: dict[str, tuple[Position, bytes]] = field(default_factory=dict)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    is_open: bool = True

    def put(self, key: str, position: Position, message: bytes) -> None:
        """News about the same thing replaces what still waits; who cannot keep up is let go and catches up later."""
        if position <= self.since:
            return
        self.pending[key] = (position, message)
        if len(self.pending) > PENDING:
            self.close()
        self.wake.set()

    def knows(self, position: Position) -> None:
        """Drops what came while the greeting was being read, and stands in it."""
        self.since = position
        self.pending = {key: news for key, news in self.pending.items() if news[0] > position}

    def take(self) -> bytes:
        self.wake.clear()
        taken = b"".join(message for _position, message in self.pending.values())
        self.pending.clear()
        return taken

    def close(self) -> None:
        self.is_open = False
        self.wake.set()


def written(event: str, data: dict[str, Any], position: Position | None = None) -> bytes:
    at = f"id: {position[0]}.{position[1]}\n" if position else ""
    return f"{at}event: {event}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def said_of(target: Target, position: Position) -> bytes:
    kind, record_id = target
    return written("changed", {"kind": kind, "id": str(record_id or ""), "seq": position[1]}, position)


class Hub:
    """All streams of this process, and the one thread that reads the news for them."""

    def __init__(self, *, streams_a_person: int = STREAMS_A_PERSON) -> None:
        self.streams_a_person = streams_a_person
        self.by_person: dict[UUID, set[Stream]] = defaultdict(set)
        self.by_target: dict[Target, set[Stream]] = defaultdict(set)
        self.threads = ThreadPoolExecutor(CONNECTING, thread_name_prefix="live")
        self.follower: Follower | None = None
        self.starting = asyncio.Lock()
        self.telling: set[asyncio.Task[None]] = set()
        self.is_closing = False

    def __len__(self) -> int:
        return sum(map(len, self.by_person.values()))

    def streams(self) -> list[Stream]:
        return [stream for streams in self.by_person.values() for stream in streams]

    def is_full_for(self, person: Person) -> bool:
        return len(self.by_person.get(person.id, ())) >= self.streams_a_person

    def add(self, stream: Stream) -> None:
        self.by_person[stream.person.id].add(stream)
        for target in stream.targets:
            self.by_target[target].add(stream)

    async def follow(self) -> None:
        """Starts the one follower, from a position that no stream's own reading lies before."""
        async with self.starting:
            if self.follower is None:
                loop = asyncio.get_running_loop()
                position = await loop.run_in_executor(self.threads, reading.current_position)
                self.follower = Follower(self, loop, position)
                self.follower.start()

    def remove(self, stream: Stream) -> None:
        _discard(self.by_person, stream.person.id, stream)
        for target in stream.targets:
            _discard(self.by_target, target, stream)

    def deliver(self, news: News) -> None:
        """In the event loop: hands the news to those who watch, and to nobody else."""
        for target, position in news.changes.items():
            self.say(target, position, self.by_target.get(target, ()))
        for kind in {kind for kind, _record_id in news.changes if (kind, None) in self.by_target}:
            telling = asyncio.create_task(self.tell_kind(kind, news))
            self.telling.add(telling)
            telling.add_done_callback(self.telling.discard)
        for user_id, count in news.counts.items():
            message = written("notification", {"count": count}, news.position)
            for stream in self.by_person.get(user_id, ()):
                stream.put("notification", news.position, message)

    def say(self, target: Target, position: Position, streams: Collection[Stream]) -> None:
        message = said_of(target, position) if streams else b""
        for stream in streams:
            stream.put(f"{target[0]}:{target[1]}", position, message)

    async def tell_kind(self, kind: str, news: News) -> None:
        """Tells those who watch a whole list or board, each of the records that they may see."""
        ids = {record_id for other, record_id in news.changes if other == kind and record_id}
        users = {stream.person.id for stream in self.by_target.get((kind, None), ())}
        seen = await asyncio.get_running_loop().run_in_executor(
            self.threads, reading.seen_by, users, kind, ids
        )
        streams = list(self.by_target.get((kind, None), ()))
        for record_id in ids:
            told = [stream for stream in streams if record_id in seen.get(stream.person.id, ())]
            self.say((kind, record_id), news.changes[kind, record_id], told)

    def close_gone(self, gone: Iterable[Person]) -> None:
        """Ends the streams of sessions that were ended."""
        sessions = {person.session for person in gone}
        for person in gone:
            for stream in self.by_person.get(person.id, ()):
                if stream.person.session in sessions:
                    stream.close()

    def close(self) -> None:
        """Ends all streams; safe to call from a signal handler or another thread."""
        self.is_closing = True
        if self.follower:
            self.follower.stop.set()
            wires.mine().ring()
            with suppress(RuntimeError):  # the loop is gone already
                self.follower.loop.call_soon_threadsafe(self._close_streams)

    def _close_streams(self) -> None:
        for stream in self.streams():
            stream.close()


def _discard(index: dict[Any, set[Stream]], key: Any, stream: Stream) -> None:
    index[key].discard(stream)
    if not index[key]:
        del index[key]


class Follower(threading.Thread):
    """
    Looks for news when an act rings, and several times a second in case it was written where no ring comes from; reads
    them once for everybody, and hands them to the event loop.
    """

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop, position: Position) -> None:
        super().__init__(name="live-follower", daemon=True)
        self.hub, self.loop, self.position = hub, loop, position
        self.stop = threading.Event()

    def run(self) -> None:
        log = reading.LogFollower(self.position)
        wire, checked = wires.mine(), monotonic()
        pauses: Iterator[float] = iter(())
        while not self.stop.wait(BREATH):
            rang = wire.wait(next(pauses, log.pause))
            if self.stop.is_set():
                break
            try:
                found = self.look(log)
                if rang or found:
                    pauses = iter(() if found else SETTLING)
                if monotonic() - checked > PERSON_CHECK:
                    checked = monotonic()
                    self.check_persons()
            except Exception:  # the streams outlive a lost database
                logger.warning("no news could be read; trying again", exc_info=True)
                log.reset()
                self.stop.wait(1.0)
        reading.release_database()

    def look(self, log: reading.LogFollower) -> bool:
        """Whether there was anything to tell."""
        if not log.has_moved():
            return False
        end = log.end() if not self.hub.by_person else None
        if end and not self.hub.by_person:  # who comes from now on reads beyond `end` for themselves
            log.position = end
            return True
        found = False
        for news in log.read(set(list(self.hub.by_person))):  # noqa: C414 - list() copies in one step, set() hashes in many
            found = True
            if news.may_end_sessions:
                self.check_persons()
            self.loop.call_soon_threadsafe(self.hub.deliver, news)
        return found

    def check_persons(self) -> None:
        asked: Future[set[Person]] = Future()
        self.loop.call_soon_threadsafe(
            lambda: asked.set_result({stream.person for stream in self.hub.streams()})
        )
        gone = reading.persons_gone(asked.result(5))
        if gone:
            self.loop.call_soon_threadsafe(self.hub.close_gone, gone)


def cookies_of(scope: Scope) -> dict[str, str]:
    raw = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(raw.decode("latin-1")).items()}
    except CookieError:
        return {}


def wanted_of(scope: Scope) -> tuple[frozenset[Target], Position | None]:
    """The records the client displays (`watch=kind:id,kind:id,kind`), and where it stood before (Last-Event-ID, `after`)."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=10)
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    after = headers.get(b"last-event-id") or query.get("after", [""])[0]
    return reading.targets_from(",".join(query.get("watch", []))), reading.position_from(after)


async def refuse(send: Send, status: int, text: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})


class LiveEvents:
    """The ASGI application for `/events/`."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":
            await refuse(send, 405, "Use GET.")
            return
        loop = asyncio.get_running_loop()
        targets, after = wanted_of(scope)
        person = await loop.run_in_executor(self.hub.threads, reading.person_of, cookies_of(scope))
        if person is None:
            await refuse(send, 401, "Sign in first.")
        elif self.hub.is_full_for(person):
            await refuse(send, 429, "Too many pages are open. Close some.")
        elif self.hub.is_closing:
            await refuse(send, 503, "The server is about to stop.")
        else:
            await self.serve(person, targets, after, receive, send)

    async def serve(
        self, person: Person, targets: frozenset[Target], after: Position | None, receive: Receive, send: Send
    ) -> None:
        loop = asyncio.get_running_loop()
        visible = await loop.run_in_executor(self.hub.threads, reading.visible_targets, person, targets)
        stream = Stream(person, visible)
        await self.hub.follow()
        self.hub.add(stream)  # before the catch-up is read, so nothing falls between
        watcher = asyncio.create_task(_until_gone(receive, stream))
        try:
            missed = await loop.run_in_executor(self.hub.threads, reading.catch_up, person, visible, after)
            stream.knows(missed.position)
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await send(_body(_greeting(missed)))
            await _pump(stream, send)
        finally:
            watcher.cancel()
            self.hub.remove(stream)


def _greeting(missed: News) -> bytes:
    parts = [b"retry: 3000\n", written("ready", {}, missed.position)]
    parts += [said_of(target, position) for target, position in missed.changes.items()]
    parts += [written("notification", {"count": count}) for count in missed.counts.values()]
    return b"".join(parts)


async def _pump(stream: Stream, send: Send) -> None:
    """Sends what comes until the stream ends. A client that takes nothing for a whole heart-beat is let go."""
    while stream.is_open:
        try:
            await asyncio.wait_for(stream.wake.wait(), HEART_BEAT)
            message = stream.take()
        except TimeoutError:
            message = b": still here\n\n"
        if message:
            try:
                await asyncio.wait_for(send(_body(message)), HEART_BEAT)
            except TimeoutError:
                return
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_gone(receive: Receive, stream: Stream) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.close()


def _body(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}
