"""One web process: uvicorn's server behind a door that it shares with the others of the group."""

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from embudo.project.doors import Door


class Server(uvicorn.Server):
    def __init__(self, application: Any, door: Door) -> None:
        super().__init__(
            uvicorn.Config(
                application,
                http=HttpToolsProtocol,
                log_level="warning",
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=4,
                server_header=False,
                proxy_headers=True,
            )
        )
        self.door = door
        self.beginning: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])  # it listens to none itself
        self.door.unlock(asyncio.get_running_loop(), self.begin)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.door.lock(asyncio.get_running_loop())
        await super().shutdown(sockets=[])

    def begin(self, made: socket.socket) -> None:
        task = asyncio.get_running_loop().create_task(self.connect(made))
        self.beginning.add(task)
        task.add_done_callback(self.beginning.discard)

    async def connect(self, made: socket.socket) -> None:
        """A connection that was broken off before it was ours is nobody's fault."""
        try:
            made.setblocking(False)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await asyncio.get_running_loop().connect_accepted_socket(self.protocol, made)
        except OSError:
            made.close()
            self.door.left()

    def protocol(self) -> asyncio.Protocol:
        return _Protocol(self)


class _Protocol(HttpToolsProtocol):
    def __init__(self, server: Server) -> None:
        super().__init__(server.config, server.server_state, server.lifespan.state)
        self.door = server.door

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.door.left()
