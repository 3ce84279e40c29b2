import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from embudo.project.bench.client import Client
from embudo.project.bench.sse import memory_of, server_pids

TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A served process group, as a person starts it."""

    port: int
    process: subprocess.Popen[bytes]
    seconds: float  # from the start to the first page

    @property
    def pids(self) -> list[int]:
        return server_pids(self.process.pid)

    @property
    def memory(self) -> int:
        """Kilobytes (PSS) of all processes."""
        return memory_of(self.pids)

    @property
    def cpu(self) -> float:
        """Milliseconds of processor time that the group has used."""
        spent = 0
        for pid in self.pids:
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            spent += int(fields[11]) + int(fields[12])
        return spent * 1000 / TICKS

    def client(self, **headers: str) -> Client:
        return Client(self.port, headers)


@contextmanager
def started(command: Sequence[str], port: int, page: str, patience: float = 240) -> Iterator[Server]:
    """Runs the server until the block ends; waits for its first page."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "PORT": str(port)})
    try:
        while not _answers(port, page):
            if process.poll() is not None or time.perf_counter() - begun > patience:
                raise RuntimeError(f"the server did not start: {' '.join(command)}")
            time.sleep(0.05)
        yield Server(port, process, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _answers(port: int, page: str) -> bool:
    client = Client(port)
    try:
        return client.ask("GET", page).status < 500
    except OSError:
        return False
    finally:
        client.close()


def served(*options: str, page: str = "/login/") -> AbstractContextManager[Server]:
    """`embudo serve` on the installation of this process."""
    port = free_port()
    return started([sys.executable, "-m", "embudo", "serve", "--port", str(port), *options], port, page)


def trivial() -> AbstractContextManager[Server]:
    """The control: a bare Django application behind the same bridge, on the same database."""
    port = free_port()
    module = "embudo.project.bench.trivial:application"
    command = [sys.executable, "-m", "uvicorn", module, "--port", str(port), "--workers", "2", "--log-level", "warning",
               "--no-access-log", "--lifespan", "off"]  # fmt: skip
    return started(command, port, "/list")
