import select
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import BadStatusLine, HTTPConnection, HTTPResponse
from time import perf_counter

GONE = (
    BadStatusLine,
    ConnectionResetError,
    BrokenPipeError,
)  # the first is also told when nothing comes at all


@dataclass(frozen=True)
class Page:
    status: int
    text: str
    milliseconds: float


@dataclass
class Browser:
    """Somebody's kept-alive connection. A server closes what was idle: then it connects anew and asks again, as browsers do."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    connection: HTTPConnection | None = None
    reconnected: int = 0

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Page:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        started = perf_counter()
        try:
            response = self._sent(method, path, body, self.headers | named)
        except GONE:
            self.close()
            self.reconnected += 1
            response = self._sent(method, path, body, self.headers | named)
        text = response.read().decode(errors="replace")
        return Page(response.status, text, (perf_counter() - started) * 1000)

    def _sent(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> HTTPResponse:
        if self.connection is not None and self._is_closed(self.connection):
            self.close()
            self.reconnected += 1
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.connection.request(method, path, body=body, headers=headers)
        return self.connection.getresponse()

    @staticmethod
    def _is_closed(connection: HTTPConnection) -> bool:
        """Nothing was asked, and yet there is something to read: the end."""
        if connection.sock is None:
            return True
        poll = select.poll()
        poll.register(connection.sock, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        if self.connection is not None:
            with suppress(OSError):
                self.connection.close()
            self.connection = None
