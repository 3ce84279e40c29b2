import contextlib
import ctypes
import gc
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db import connections
from django.urls import get_resolver

from embudo.kernel.demand import demand
from embudo.project.doors import Door, Doors
from embudo.project.wake import Wire, wires

GRACE = 8.0  # seconds that a child has to end by itself
IS_BALANCED = sys.platform == "linux"
GIVES_WAY = 10  # niceness of the background worker: people's requests come first
SWITCH = 0.0005  # seconds: whom the database has answered may hold what others wait for, and shall not wait long for Python
RESTARTS = 1.0  # pause before a child that died is started again


@dataclass
class Group:
    """
    One process group: children made by fork after everything is imported, so that they share its memory. A child that
    dies is started again; a signal to the parent ends them all.
    """

    roles: dict[str, Callable[[], None]]
    ended: Callable[[str], None] = lambda _role: None  # told of each that died
    children: dict[int, str] = field(default_factory=dict)
    is_ending: bool = False

    def run(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._end)
        connections.close_all()
        gc.collect()
        gc.freeze()
        for role in self.roles:
            self._start(role)
        while self.children:
            self._wait()

    def _start(self, role: str) -> None:
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            self.children[pid] = role
            return
        try:
            _end_with_parent()
            self.roles[role]()
        except KeyboardInterrupt:
            pass
        except BaseException:  # noqa: BLE001 - it ends below, and somebody must be told why
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(0)

    def _wait(self) -> None:
        try:
            pid, _status = os.wait()
        except (InterruptedError, ChildProcessError):
            return
        role = self.children.pop(pid, None)
        if role:
            self.ended(role)
        if role and not self.is_ending:
            time.sleep(RESTARTS)
            if not self.is_ending:
                self._start(role)

    def _end(self, *_args: object) -> None:
        if self.is_ending:
            return
        self.is_ending = True
        for pid in list(self.children):
            _signal(pid, signal.SIGTERM)
        threading.Thread(target=self._kill_late, daemon=True).start()

    def _kill_late(self) -> None:
        time.sleep(GRACE)
        for pid in list(self.children):
            _signal(pid, signal.SIGKILL)


def _end_with_parent() -> None:
    """Linux tells the child when its parent is killed outright, so that no process is left behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


def _signal(pid: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, which)


def reserve(host: str, port: int) -> socket.socket:
    """Holds the port for the web processes, without taking any connection itself. Raises OSError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with _bound(
        family, (host, port), is_shared=False
    ) as alone:  # whoever shared it with us would go unnoticed
        address = alone.getsockname()
    return _bound(family, address, is_shared=IS_BALANCED)


def _bound(family: int, address: Any, *, is_shared: bool) -> socket.socket:
    made = socket.socket(family)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made


def listen(reserved: socket.socket) -> socket.socket:
    """
    A process's own socket on the reserved port, so that Linux deals the connections out and few need to be passed on: from
    one socket the process that wakes first takes all that wait. Elsewhere they share the one.
    """
    listening = reserved
    if IS_BALANCED:
        listening = _bound(reserved.family, reserved.getsockname(), is_shared=True)
    listening.listen(512)
    listening.setblocking(False)
    return listening


def web(reserved: socket.socket, wire: Wire, doors: Doors, place: int) -> Callable[[], None]:
    """The part of a web process. All that it needs is imported here, in the parent: its children share that memory."""
    from embudo.project.asgi import application  # noqa: PLC0415 - needed by who serves
    from embudo.project.web import Server  # noqa: PLC0415

    get_resolver().url_patterns  # noqa: B018 - Django imports the pages when it is first asked for one

    def run() -> None:
        sys.setswitchinterval(SWITCH)
        wires.own = wire
        demand.sit(place)
        Server(application, Door(doors, place, listen(reserved))).run()

    return run


def work() -> None:
    """The background worker: follows the log, the clock and the queue until it is told to end."""
    from embudo.kernel import worker  # noqa: PLC0415

    os.nice(GIVES_WAY)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_args: stop.set())
    worker.run(stop)


def serve(reserved: socket.socket, *, processes: int, is_working: bool = True) -> None:
    demand.share(processes)
    doors = Doors(processes)
    places = {f"web {place + 1}": place for place in range(processes)}
    roles: dict[str, Callable[[], None]] = {
        role: web(reserved, wire, doors, place)
        for (role, place), wire in zip(places.items(), wires.string(processes), strict=True)
    }
    if is_working:
        roles["worker"] = work
    Group(roles, lambda role: doors.ended(places[role]) if role in places else None).run()
