"""Installations of their own, each in its directory and database, run by programs as a person runs them."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
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
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "SECRET_KEY", "DATA")
        }
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


def fresh_database(like: str = "template1") -> str:
    """A database of its own in the leg's cluster."""
    url = os.environ["DATABASE_URL"]
    name = f"embudo_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def leg() -> str:
    return os.environ.get("EMBUDO_TEST_DB", "sqlite")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Installation]:
    """One installation with a person a database, made once; the others are copies of it."""

    @cache
    def model(vendor: str) -> Installation:
        one = Installation(
            tmp_path_factory.mktemp(vendor), fresh_database() if vendor == "postgresql" else ""
        )
        one.do("start")
        one.leave()
        return one

    return model


@pytest.fixture
def installation(tmp_path: Path, models: Callable[[str], Installation]) -> Iterator[Make]:
    """Makes installations on the leg's database or vendor's, with one person in it or empty."""
    made: list[Installation] = []

    def make(name: str, vendor: str | None = None, *, is_empty: bool = False) -> Installation:
        one = Installation(tmp_path / name)
        model = None if is_empty else models(vendor or leg())
        if model:
            shutil.copytree(model.data, one.data)
        else:
            one.data.mkdir()
        if (vendor or leg()) == "postgresql":
            one.database = fresh_database(urlsplit(model.database).path[1:]) if model else fresh_database()
        made.append(one)
        return one

    yield make
    for one in made:
        one.leave()
