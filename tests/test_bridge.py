"""The bridge between the ASGI server and the synchronous pages, driven as a server drives it."""

import asyncio
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from embudo.project.bridge import LARGEST_BODY, Pages


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Query", environ["QUERY_STRING"])])
    return [environ["PATH_INFO"].encode("latin-1"), b"|", environ["wsgi.input"].read()]


class Streamed:
    streaming = True
    closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from (b"one", b"two")

    def close(self) -> None:
        Streamed.closed = True


def stream(_environ: dict[str, Any], start_response: Any) -> Streamed:
    start_response("200 OK", [])
    return Streamed()


async def served(app: Any, sent: list[Any], *bodies: bytes, **scope: Any) -> None:
    waiting = [
        {"type": "http.request", "body": body, "more_body": number < len(bodies) - 1}
        for number, body in enumerate(bodies or (b"",))
    ]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    given = {
        "method": "POST", "path": "/łódź/", "query_string": b"q=\xff", "headers": [], "http_version": "1.1",
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    } | scope  # fmt: skip
    await Pages(app, 1)(given, receive, send)


def call(app: Any, *bodies: bytes, **scope: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []
    asyncio.run(served(app, sent, *bodies, **scope))
    return sent


def test_whole_answer_goes_out_in_one_piece() -> None:
    start, body = call(echo, b"a", b"b")
    assert (start["status"], body["body"].decode()) == (200, "/łódź/|ab")


def test_bytes_that_are_no_ascii_in_the_address_do_no_harm() -> None:
    start, _body = call(echo)
    assert dict(start["headers"])[b"x-query"] == b"q=\xff"


def test_large_body_is_read_from_a_file() -> None:
    _start, body = call(echo, b"x" * 1_500_000, b"y" * 1_500_000)
    assert len(body["body"]) == len("/łódź/|".encode()) + 3_000_000


def test_streamed_answer_goes_out_by_chunks_and_is_closed() -> None:
    sent = call(stream)
    assert [message.get("body") for message in sent[1:]] == [b"one", b"two", b""]
    assert Streamed.closed


def test_declared_body_over_the_limit_is_refused_unread() -> None:
    start, _body = call(echo, headers=[(b"content-length", str(LARGEST_BODY + 1).encode())])
    assert start["status"] == 413


def test_undeclared_body_over_the_limit_is_refused_on_the_way() -> None:
    half = b"x" * (LARGEST_BODY // 2 + 1)
    start, _body = call(echo, half, half)
    assert start["status"] == 413


def test_header_with_an_underscore_cannot_pass_for_another() -> None:
    def seen(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [environ.get("HTTP_X_FORWARDED_PROTO", "none").encode()]

    _start, body = call(seen, headers=[(b"x_forwarded_proto", b"https")])
    assert body["body"] == b"none"


def test_page_that_the_ending_server_gives_up_is_answered_by_try_again() -> None:
    sent: list[Any] = []
    going, end = threading.Event(), threading.Event()

    def slow(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        going.set()
        end.wait(5)
        return [b"late"]

    async def serve() -> None:
        task = asyncio.create_task(served(slow, sent))
        await asyncio.to_thread(going.wait, 5)
        task.cancel()
        await task
        end.set()

    asyncio.run(serve())
    assert (sent[0]["status"], dict(sent[0]["headers"])[b"retry-after"], len(sent)) == (503, b"5", 2)
