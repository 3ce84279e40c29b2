"""A temporary PostgreSQL for one command: `python -m tests.postgres run [--durable] -- CMD ...`.

It starts a cluster in a temporary directory on a free loopback port, sets DATABASE_URL and EMBUDO_TEST_DB for CMD, and
always stops and removes the cluster. PostgreSQL refuses to run as root, so root drops to `postgres` or `nobody` for it.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

OLDEST = 15
USER = "embudo"
SWITCHES_FOR_SPEED = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_PR_SET_PDEATHSIG = 1


class PostgresMissingError(RuntimeError):
    pass


def binaries() -> Path:
    """The directory with the newest initdb and postgres, or PostgresMissingError with what to do."""
    found = list(Path("/usr/lib/postgresql").glob("*/bin")) + list(Path("/usr").glob("pgsql-*/bin"))
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).resolve().parent)
    versions = {folder: _version(folder) for folder in found if (folder / "initdb").exists()}
    usable = {folder: version for folder, version in versions.items() if version >= OLDEST}
    if not usable:
        message = (
            f"PostgreSQL {OLDEST} or newer is missing: run `make system`, or install the package postgresql."
        )
        raise PostgresMissingError(message)
    return max(usable, key=lambda folder: usable[folder])


def _version(folder: Path) -> int:
    with contextlib.suppress(OSError):
        answer = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        )
        if match := re.search(r"(\d+)", answer.stdout):
            return int(match[1])
    return 0


def _other_user() -> dict[str, Any]:
    """Popen arguments that leave root; nothing for everyone else."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    message = "PostgreSQL does not run as root and there is no user postgres or nobody."
    raise PostgresMissingError(message)


def _die_with_parent() -> None:
    """If we are killed outright, the kernel stops PostgreSQL for us."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """initdb on entry to `running`, fast shutdown and removal on the way out."""

    def __init__(self, *, durable: bool = False, connections: int = 100) -> None:
        self.durable = durable
        self.connections = connections
        self.password = secrets.token_hex(16)
        self.port = _free_port()
        self.bin = binaries()
        self.account = _other_user()

    @property
    def url(self) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{USER}"

    @contextlib.contextmanager
    def running(self) -> Iterator[str]:
        home = Path(tempfile.mkdtemp(prefix="embudo-postgres-"))
        server: subprocess.Popen[bytes] | None = None
        try:
            self._prepare(home)
            server = self._start(home)
            self._wait(server, home)
            yield self.url
        finally:
            if server:
                _stop(server)
            shutil.rmtree(home, ignore_errors=True)

    def _prepare(self, home: Path) -> None:
        password_file = home / "password"
        password_file.write_text(self.password)
        if self.account:
            for path in (home, password_file):
                os.chown(path, self.account["user"], self.account["group"])
        options = (
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            f"--username={USER}",
        )
        subprocess.run(
            [self.bin / "initdb", "--pgdata", home / "data", "--pwfile", password_file, *options],
            check=True, stdout=subprocess.DEVNULL, cwd=home, **self.account,
        )  # fmt: skip

    def _start(self, home: Path) -> subprocess.Popen[bytes]:
        switches = [
            "listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={home}",
            f"max_connections={self.connections}", "timezone=UTC", "log_min_messages=warning",
            *(() if self.durable else SWITCHES_FOR_SPEED),
        ]  # fmt: skip
        arguments = [part for switch in switches for part in ("-c", switch)]
        with (home / "log").open("wb") as log:
            return subprocess.Popen(
                [self.bin / "postgres", "-D", home / "data", *arguments],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home,
                start_new_session=True, preexec_fn=_die_with_parent, **self.account,  # noqa: PLW1509 - this script has no threads
            )  # fmt: skip

    def _wait(self, server: subprocess.Popen[bytes], home: Path) -> None:
        environment = {**os.environ, "PGPASSWORD": self.password}
        address = ["--host=127.0.0.1", f"--port={self.port}", f"--username={USER}"]
        for _ in range(300):
            ready = (
                subprocess.run([self.bin / "pg_isready", "--quiet", *address], check=False).returncode == 0
            )
            if ready:
                subprocess.run([self.bin / "createdb", *address, USER], check=True, env=environment)
                return
            if server.poll() is not None:
                break
            time.sleep(0.1)
        message = "PostgreSQL did not start:\n" + (home / "log").read_text(errors="replace")
        raise RuntimeError(message)


def _stop(server: subprocess.Popen[bytes]) -> None:
    for patience, number in ((20, signal.SIGINT), (10, signal.SIGQUIT), (10, signal.SIGKILL)):
        if server.poll() is None:
            server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(patience)
            return


def run(command: Sequence[str], *, durable: bool = False, connections: int = 100) -> int:
    """CMD's exit status; 2 when PostgreSQL is missing."""
    try:
        cluster = Cluster(durable=durable, connections=connections)
        with cluster.running() as url:
            environment = {**os.environ, "DATABASE_URL": url, "EMBUDO_TEST_DB": "postgresql"}
            return subprocess.run(command, env=environment, check=False).returncode
    except PostgresMissingError as error:
        print(error, file=sys.stderr)
        return 2


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.postgres", description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True, metavar="run")
    runner = verbs.add_parser("run", help="start a cluster, run a command, remove the cluster")
    runner.add_argument("--durable", action="store_true", help="keep fsync on, for tests that kill processes")
    runner.add_argument("--connections", type=int, default=100, help="max_connections (100)")
    runner.add_argument("command", nargs=argparse.REMAINDER, help="-- CMD ...")
    chosen = parser.parse_args()
    command = chosen.command[1:] if chosen.command[:1] == ["--"] else chosen.command
    if not command:
        parser.error("name the command to run after --")
    signal.signal(signal.SIGTERM, _leave)
    return run(command, durable=chosen.durable, connections=chosen.connections)


if __name__ == "__main__":
    sys.exit(main())
