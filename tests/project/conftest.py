"""Installations of their own, each in its directory and database, run by programs as a person runs them."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

Make = Callable[..., "Installation"]


@dataclass
class Installation:
    data: Path
    database: str = ""
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SECRET_KEY", "DATA")}
        chosen = {"DATABASE_URL": self.database} if self.database else {}
        return {**kept, **chosen, "DATA": str(self.data), "DJANGO_SETTINGS_MODULE": "embudo.project.settings"}

    def embudo(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "embudo", *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)

    def do(self, *words: str) -> Any:
        """One line to the world program, which runs until the test ends."""
        if not self.running:
            command = [sys.executable, "-m", "tests.project.world"]
            self.running.append(
                subprocess.Popen(
                    command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
        program = self.running[0]
        assert program.stdin
        assert program.stdout
        program.stdin.write(" ".join(words) + "\n")
        program.stdin.flush()
        return json.loads(program.stdout.readline())

    def leave(self) -> None:
        for program in self.running:
            program.communicate()
        self.running.clear()


def fresh_database() -> str:
    """A database of its own in the leg's cluster."""
    url = os.environ["DATABASE_URL"]
    name = f"embudo_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Make]:
    """Makes empty installations on the leg's database; vendor="sqlite" asks for the file in either leg."""
    made: list[Installation] = []

    def make(name: str, vendor: str | None = None) -> Installation:
        leg = vendor or os.environ.get("EMBUDO_TEST_DB", "sqlite")
        one = Installation(tmp_path / name, fresh_database() if leg == "postgresql" else "")
        one.data.mkdir()
        made.append(one)
        return one

    yield make
    for one in made:
        one.leave()
