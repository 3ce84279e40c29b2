import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.project.conftest import Installation

ROLES = ("web 1", "web 2", "worker")
PATIENCE = 90.0  # seconds that a start may take on a busy machine


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Group:
    """`embudo serve` as people run it: a parent, web processes, a worker. They can be killed outright."""

    installation: Installation
    program: tuple[str, ...] = ("embudo",)  # the module, and what comes before "serve"
    port: int = field(default_factory=free_port)
    parent: subprocess.Popen[bytes] | None = None
    roles: dict[str, int] = field(default_factory=dict)  # role -> pid
    killed: set[int] = field(default_factory=set)  # the parent may not have noticed yet

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def clock_file(self) -> Path:
        return self.installation.data / "clock"

    @property
    def environment(self) -> dict[str, str]:
        own = {"PORT": str(self.port), "CLOCK_FILE": str(self.clock_file)}
        return {**self.installation.environment, **own}

    def start(self) -> None:
        with (self.installation.data / "serve.log").open("ab") as log:
            self.parent = subprocess.Popen(
                [sys.executable, "-m", *self.program, "serve", "--empty"],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait()

    def wait(self) -> None:
        """Until it answers and every role has its process."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._answers() and self._note_roles():
                return
            time.sleep(0.05)
        raise RuntimeError((self.installation.data / "serve.log").read_text(errors="replace")[-4000:])

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
        return False

    def _note_roles(self) -> bool:
        """A new process takes the role of the one that died; the first three come in the order of ROLES."""
        assert self.parent is not None
        present = [pid for pid in self._children(self.parent.pid) if pid not in self.killed]
        self.roles = {role: pid for role, pid in self.roles.items() if pid in present}
        vacant = [role for role in ROLES if role not in self.roles]
        fresh = [pid for pid in present if pid not in self.roles.values()]
        if len(fresh) == len(vacant):
            self.roles |= dict(zip(vacant, fresh, strict=True))
        return len(self.roles) == len(ROLES)

    @staticmethod
    def _children(pid: int) -> list[int]:
        with contextlib.suppress(OSError):
            return sorted(int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return []

    def kill(self, what: str) -> None:
        """-9 to one process, to the parent alone ("parent"), or to all of them at one blow ("group")."""
        assert self.parent is not None
        if what == "group":
            os.killpg(self.parent.pid, signal.SIGKILL)
        elif what == "parent":
            self.parent.kill()
        else:
            pid = self.roles.pop(what)
            self.killed.add(pid)
            os.kill(pid, signal.SIGKILL)
            return
        self.parent.wait()
        self._await_end(list(self.roles.values()))
        self.roles.clear()

    @staticmethod
    def _await_end(pids: list[int]) -> None:
        """Children whose parent was killed end by themselves."""
        end = time.monotonic() + 20
        while any(is_running(pid) for pid in pids) and time.monotonic() < end:
            time.sleep(0.02)
        assert not any(is_running(pid) for pid in pids), "a process outlived its group"

    def move_clock(self, seconds: int) -> None:
        self.clock_file.write_text(str(seconds))

    def stop(self) -> None:
        if self.parent is not None and self.parent.poll() is None:
            self.parent.terminate()
            try:
                self.parent.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self.parent.pid, signal.SIGKILL)
                self.parent.wait()

    def inside(self, act: str) -> Any:
        command = [sys.executable, "-m", "tests.crash.inside", act]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
