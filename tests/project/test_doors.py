import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import Any

import pytest

from embudo.project.doors import Door, Doors
from embudo.project.web import Server

pytestmark = pytest.mark.peer
HOST = "127.0.0.1"


def listening() -> socket.socket:
    made = socket.create_server((HOST, 0))
    made.setblocking(False)
    return made


async def turns(count: int = 20) -> None:
    for _number in range(count):
        await asyncio.sleep(0.005)


def played(scene: Callable[[ExitStack], Awaitable[None]]) -> None:
    with ExitStack() as opened:
        asyncio.run(scene(opened))


def doors_of(opened: ExitStack, processes: int) -> Doors:
    made = Doors(processes)
    opened.callback(made.close)
    return made


def callers(opened: ExitStack, at: socket.socket, count: int) -> list[socket.socket]:
    return [opened.enter_context(socket.create_connection(at.getsockname())) for _number in range(count)]


def test_connections_that_all_come_to_one_process_are_shared_evenly() -> None:
    async def scene(opened: ExitStack) -> None:
        doors, kept = doors_of(opened, 3), [[], [], []]
        made = [Door(doors, place, opened.enter_context(listening())) for place in range(3)]
        loop = asyncio.get_running_loop()
        for door, mine in zip(made, kept, strict=True):
            door.unlock(loop, lambda one, mine=mine: mine.append(opened.enter_context(one)))
        callers(opened, made[0].listening, 9)
        await turns()
        assert [len(mine) for mine in kept] == [3, 3, 3]
        for one in kept[1]:  # those of the second have ended
            one.close()
            made[1].left()
        callers(opened, made[0].listening, 3)
        await turns()
        assert [len(mine) for mine in kept] == [3, 6, 3]
        for door in made:
            door.lock(loop)

    played(scene)


def unreachable(doors: Doors) -> None:
    doors.boxes[1][1].close()


def known_to_be_dead(doors: Doors) -> None:
    doors.ended(1)


@pytest.mark.parametrize("lost", [unreachable, known_to_be_dead])
def test_who_cannot_pass_a_connection_on_answers_it(lost: Callable[[Doors], None]) -> None:
    async def scene(opened: ExitStack) -> None:
        doors, kept = doors_of(opened, 2), []
        door = Door(doors, 0, opened.enter_context(listening()))
        lost(doors)
        door.unlock(asyncio.get_running_loop(), lambda one: kept.append(opened.enter_context(one)))
        callers(opened, door.listening, 4)
        await turns()
        assert len(kept) == 4
        door.lock(asyncio.get_running_loop())

    played(scene)


def test_who_follows_a_process_that_died_takes_what_waits_in_its_mailbox() -> None:
    async def scene(opened: ExitStack) -> None:
        doors, kept = doors_of(opened, 2), []
        loop = asyncio.get_running_loop()
        alive = Door(doors, 0, opened.enter_context(listening()))
        alive.unlock(loop, opened.enter_context)  # type: ignore[arg-type]  # the other has died before it looked
        callers(opened, alive.listening, 4)
        await turns()
        assert (alive.count, doors.open[1]) == (2, 2)
        follower = Door(doors, 1, opened.enter_context(listening()))
        assert doors.open[1] == 0
        follower.unlock(loop, lambda one: kept.append(opened.enter_context(one)))
        await turns()
        assert (len(kept), follower.count) == (2, 2)
        alive.lock(loop)
        follower.lock(loop)

    played(scene)


async def answer(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize("place", [0, 1])
def test_server_counts_its_connections_and_answers_on_those_passed_on(place: int) -> None:
    async def scene(opened: ExitStack) -> None:
        doors = doors_of(opened, 2)
        doors.open[1] = 5 * (1 - place)  # whether the other has fewer
        first = Door(doors, 0, opened.enter_context(listening()))
        mine = first if place == 0 else Door(doors, 1, opened.enter_context(listening()))
        if place:
            doors.open[0] = 5
            first.unlock(asyncio.get_running_loop(), socket.socket.close)
            first.count = 5
        server = Server(answer, mine)
        serving = asyncio.create_task(server.serve())
        await turns()
        reader, writer = await asyncio.open_connection(*first.listening.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"200 OK" in await reader.readline()
        assert mine.count == doors.open[place] == 1
        writer.close()
        await turns()
        assert mine.count == doors.open[place] == 0
        if place:
            first.lock(asyncio.get_running_loop())
        server.should_exit = True
        await serving

    played(scene)
