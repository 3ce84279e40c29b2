import os
import resource
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from types import FrameType

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embudo.project.settings")
django.setup(set_prefix=False)

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django must be set up first

from embudo.kernel.demand import demand  # noqa: E402
from embudo.project.bridge import Message, Pages, Receive, Scope, Send  # noqa: E402
from embudo.project.health import requests  # noqa: E402
from embudo.project.live import Hub, LiveEvents  # noqa: E402

THREADS = 8  # pages served at once by one process; one database connection each


class Application:
    """Live events ahead of the pages, which are Django's."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.events = LiveEvents(self.hub)
        self.pages = Pages(get_wsgi_application(), THREADS)
        self.is_prepared = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.answer(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.live(receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/events/":
            self.prepare()
            await self.events(scope, receive, send)
            return
        started = perf_counter()

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                requests.count(scope["method"], message["status"], perf_counter() - started)
            await send(message)

        with demand.one():
            await self.pages(scope, receive, counted)

    async def live(self, receive: Receive, send: Send) -> None:
        """The server's start and end, where it tells them."""
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                self.hub.close()
                return

    def prepare(self) -> None:
        """
        Before the first stream. A server waits for open answers before it stops, and a stream never ends: so the signal
        itself ends them.
        """
        if self.is_prepared:
            return
        self.is_prepared = True
        allow_many_files()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                _put_before(number, self.hub.close)


def _put_before(number: signal.Signals, act: Callable[[], None]) -> None:
    former = signal.getsignal(number)

    def both(received: int, frame: FrameType | None) -> None:
        act()
        if callable(former):
            former(received, frame)
        elif former == signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    signal.signal(number, both)


def allow_many_files() -> None:
    """Every stream is an open file; many systems begin with 1024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


application = Application()
