import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
StartResponse = Callable[..., Callable[[bytes], object]]
WsgiApp = Callable[[dict[str, Any], StartResponse], Iterable[bytes]]

LARGEST_BODY = 30 * 1024 * 1024  # documents may have 25 MB; Django bounds everything else far below
IN_MEMORY = 1024 * 1024
TOO_LARGE = b"The request is larger than 30 MB. Send a smaller file."
ENDING = b"The server is being stopped or restarted. Try again in a moment."


class TooLargeError(Exception):
    pass


class Pages:
    """
    Serves the synchronous pages from a fixed set of threads. Django's own ASGI handler makes a new thread for every
    request, and with it a new database connection; here each thread keeps its connection.
    """

    def __init__(self, app: WsgiApp, threads: int) -> None:
        self.app = app
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="page")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _body(scope, receive)
        except TooLargeError:
            await _refuse(send, 413, TOO_LARGE)
            return
        loop = asyncio.get_running_loop()
        with body:
            answer = _Answer(loop, send)
            try:
                whole = await loop.run_in_executor(self.threads, answer.make, self.app, _environ(scope, body))
            except asyncio.CancelledError:
                await answer.give_up()
                return
            if whole is not None:
                await send(answer.start)
                await send({"type": "http.response.body", "body": whole})


class _Answer:
    """One response: whole answers go out in one piece from the event loop, streamed ones chunk by chunk."""

    def __init__(self, loop: asyncio.AbstractEventLoop, send: Send) -> None:
        self.loop = loop
        self.send = send
        self.start: Message = {}
        self.is_begun = False

    def start_response(
        self, status: str, headers: list[tuple[str, str]], _exc: Any = None
    ) -> Callable[[bytes], object]:
        self.start = {
            "type": "http.response.start",
            "status": int(status.split(" ", 1)[0]),
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        return lambda _chunk: None  # the old write() of WSGI, which Django never calls

    def make(self, app: WsgiApp, environ: dict[str, Any]) -> bytes | None:
        result = app(environ, self.start_response)
        try:
            if not getattr(result, "streaming", False):
                return b"".join(result)
            self.is_begun = True
            self._wait(self.send(self.start))
            for chunk in result:
                self._wait(self.send({"type": "http.response.body", "body": chunk, "more_body": True}))
            self._wait(self.send({"type": "http.response.body", "body": b""}))
            return None
        finally:
            close = getattr(result, "close", None)
            if close:
                close()

    async def give_up(self) -> None:
        """The server ends and waits no longer: what the page did may hold or not, which a 500 would deny."""
        if self.is_begun:
            raise asyncio.CancelledError
        await _refuse(self.send, 503, ENDING)

    def _wait(self, sending: Awaitable[None]) -> None:
        asyncio.run_coroutine_threadsafe(cast("Any", sending), self.loop).result()


async def _refuse(send: Send, status: int, why: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    if status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why})


async def _body(scope: Scope, receive: Receive) -> IO[bytes]:
    """The whole body before a thread is taken: a slow client holds none. Large ones lie in a temporary file."""
    declared = dict(scope["headers"]).get(b"content-length", b"0")
    if declared.isdigit() and int(declared) > LARGEST_BODY:
        raise TooLargeError
    message = await receive()
    if not message.get("more_body"):
        return io.BytesIO(message.get("body", b""))
    file = cast("IO[bytes]", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115 - closed by the caller
    size = 0
    while True:
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            file.close()
            raise TooLargeError
        file.write(message.get("body", b""))
        if not message.get("more_body"):
            break
        message = await receive()
    file.seek(0)
    return file


def _environ(scope: Scope, body: IO[bytes]) -> dict[str, Any]:
    size = body.seek(0, io.SEEK_END)
    body.seek(0)
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        key = "CONTENT_TYPE" if name == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"
        if "_" not in name:  # X_Name and X-Name would fall together, and proxies check only one of them
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    environ["CONTENT_LENGTH"] = str(size)
    return environ
