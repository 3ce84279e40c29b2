"""A client that opens thousands of streams of `/events/`, and what it finds out about the server."""

import asyncio
import os
import resource
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

AT_ONCE = 100  # connections being opened at the same time


@dataclass(frozen=True)
class StreamFigures:
    """`reached_seconds` is the time from the act until the last of the `reached` streams had its event."""

    opened: int
    opening_seconds: float
    kilobytes_a_stream: float
    reached: int
    reached_seconds: float


@dataclass(eq=False)
class Client:
    """One open stream. `arrived` holds when the first event of the awaited name came."""

    awaited: bytes
    writer: asyncio.StreamWriter
    arrived: float = 0.0
    seen: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while line := await reader.readline():
                if not self.arrived and line.strip() == self.awaited:
                    self.arrived = perf_counter()
                    self.seen.set()


def memory_of(pids: Sequence[int]) -> int:
    """Proportional memory (PSS) of the processes, in kilobytes."""
    found = 0
    for pid in pids:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        found += int(next(line.split()[1] for line in text.splitlines() if line.startswith("Pss:")))
    return found


def allow_many_files() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def open_stream(
    host: str, port: int, cookie: str, query: str, awaited: str
) -> tuple[Client, asyncio.Task[None]]:
    """Opens one stream and waits for its greeting. Raises ConnectionError when the server refuses it."""
    reader, writer = await asyncio.open_connection(host, port, limit=4096)
    head = f"GET /events/{query} HTTP/1.1\r\nHost: {host}:{port}\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n"
    writer.write(head.encode())
    status = await reader.readline()
    if b" 200 " not in status:
        writer.close()
        raise ConnectionError(status.decode().strip())
    while b"event: ready" not in await reader.readline():
        pass
    client = Client(f"event: {awaited}".encode(), writer)
    return client, asyncio.create_task(client.listen(reader))


async def measure(  # noqa: PLR0913 - what a measurement consists of
    *,
    host: str,
    port: int,
    cookies: Sequence[str],
    pids: Sequence[int],
    streams: int,
    act: Callable[[], object],
    query: str = "",
    awaited: str = "changed",
    patience: float = 30.0,
) -> StreamFigures:
    """
    Opens `streams` streams with the cookies in turn ("sessionid=…"; each user may hold 20 streams), measures what they cost
    the processes `pids`, runs `act` in a thread and waits until every stream got an `awaited` event.
    """
    allow_many_files()
    before, started = memory_of(pids), perf_counter()
    clients: list[Client] = []
    listening: list[asyncio.Task[None]] = []
    gate = asyncio.Semaphore(AT_ONCE)

    async def enter(cookie: str) -> None:
        async with gate:
            client, task = await open_stream(host, port, cookie, query, awaited)
        clients.append(client)
        listening.append(task)

    await asyncio.gather(*[enter(cookie) for cookie in islice(cycle(cookies), streams)])
    opening = perf_counter() - started
    await asyncio.sleep(1.0)
    cost = (memory_of(pids) - before) / max(len(clients), 1)
    for client in clients:  # what stood in the greeting does not count
        client.arrived = 0.0
        client.seen.clear()
    acted = perf_counter()
    await asyncio.to_thread(act)
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*[client.seen.wait() for client in clients]), patience)
    arrived = [client.arrived for client in clients if client.arrived]
    for client in clients:
        client.writer.close()
    for task in listening:
        task.cancel()
    return StreamFigures(len(clients), opening, cost, len(arrived), max(arrived, default=acted) - acted)


def server_pids(parent: int) -> list[int]:
    """The process and its children."""
    found = [parent]
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            if (
                entry.name.isdigit()
                and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent
            ):
                found.append(int(entry.name))
    return [pid for pid in found if os.path.exists(f"/proc/{pid}/smaps_rollup")]  # noqa: PTH110
