import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from time import perf_counter
from typing import Any


@dataclass
class Answer:
    status: int
    body: bytes
    milliseconds: float

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Client:
    """One browser or program: a kept-alive connection with its cookie or token."""

    port: int
    headers: dict[str, str] = field(default_factory=dict)
    connection: HTTPConnection | None = None

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {**self.headers, **({"Content-Type": "application/json"} if body is not None else {})}
        content = None if body is None else json.dumps(body)
        started = perf_counter()
        self.connection.request(method, path, body=content, headers=headers)
        response = self.connection.getresponse()
        found = response.read()
        return Answer(response.status, found, (perf_counter() - started) * 1000)

    def get(self, path: str) -> Answer:
        answer = self.ask("GET", path)
        if answer.status != 200:
            raise RuntimeError(f"GET {path} answered {answer.status}")
        return answer

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None


def times(client: Client, path: str, *, count: int = 60, warm: int = 12) -> list[float]:
    """Milliseconds of `count` requests one after the other, after `warm` that are not counted (two processes, warm both)."""
    for _number in range(warm):
        client.close()  # another connection may reach another process
        client.get(path)
    return [client.get(path).milliseconds for _number in range(count)]


def in_turns(pages: Sequence[tuple[Client, str]], *, rounds: int = 6, each: int = 20) -> list[list[float]]:
    """
    Milliseconds of each page, taken in turns, so that a slow moment of the machine comes to all of them, the control among
    them. Each is warmed first.
    """
    taken: list[list[float]] = [[] for _page in pages]
    for number in range(rounds):
        for found, (client, path) in zip(taken, pages, strict=True):
            found.extend(times(client, path, count=each, warm=2 if number else 12))
    return taken


@dataclass(frozen=True)
class Rush:
    """What many clients at once got."""

    a_second: float
    errors: int
    milliseconds: list[float]


def rush(clients: Sequence[Client], act: Callable[[Client, int], Answer], *, each: int) -> Rush:
    """Every client does `act` `each` times, all of them at once."""
    for client in clients:  # a server closes what was idle for some seconds
        client.close()

    def one(client: Client) -> list[Answer]:
        return [act(client, number) for number in range(each)]

    with ThreadPoolExecutor(len(clients)) as threads:
        started = perf_counter()
        answers = [answer for found in threads.map(one, clients) for answer in found]
        seconds = perf_counter() - started
    errors = sum(answer.status >= 400 for answer in answers)
    return Rush((len(answers) - errors) / seconds, errors, [answer.milliseconds for answer in answers])
