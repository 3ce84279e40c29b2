import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from embudo.project.bench import figures, forecast
from embudo.project.bench.figures import Row

ROWS = 100_000
ON_SQLITE = (
    "list",
    "record",
    "board",
    "dashboard",
    "search",
    "queries",
    "create",
    "card",
    "streams",
    "import",
    "export",
)
ALONE = ("start", "size")  # on an installation without the large set
OWN = (
    "dedupe",
    "records",
    "deliveries",
    "operators",
    "entries",
    "daily",
    "quota",
)  # on one that each fills itself
GROUPS = (ALONE, *((name,) for name in OWN), ON_SQLITE)
ON_BOTH = ("create", "import", "records", "operators", "entries", "daily", "quota")
BY_NAME = {
    "records": 1_000_000,
    "entries": 1_000_000,
    "daily": 1_000_000,
}  # take long, so only when they are named; with so many records
CHECKOUT = Path(__file__).resolve().parents[3]


def main(options: argparse.Namespace) -> int:
    if options.name == "forecast":
        return _forecast(options)
    known = [name for group in GROUPS for name in group]
    names = [options.name] if options.name else [name for name in known if name not in BY_NAME]
    if unknown := set(names) - set(known):
        print(f"There is no bench {min(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    if options.on == "postgresql" and not set(names) & set(ON_BOTH):
        print(f"{names[0]} is measured on SQLite alone. Leave out --on.", file=sys.stderr)
        return 2
    count = options.rows or BY_NAME.get(options.name, ROWS)
    rows: list[Row] = []
    for group in GROUPS:
        chosen = [one for one in names if one in group and options.on != "postgresql"]
        told = [sized(one, options) for one in chosen]
        rows += _measured(told, count, [], {"DATABASE_URL": ""}) if chosen else []
    if both := [one for one in names if one in ON_BOTH and options.on != "sqlite"]:
        rows += _on_postgresql([sized(one, options) for one in both], count)
    print(f"{count:,} records of each large kind\n")
    return _told(rows, options)


def _told(rows: Sequence[Row], options: argparse.Namespace) -> int:
    print(figures.table(rows))
    if options.json:
        Path(options.json).write_text(
            json.dumps({"rows": [row.as_json() for row in rows]}, indent=1), encoding="utf-8"
        )
    return 0 if rows and all(row.ok for row in rows) else 1  # a script may ask


def _forecast(options: argparse.Namespace) -> int:
    """It needs a set of purchases and no installation."""
    if not options.purchases:
        print("Name the purchases: embudo bench forecast --data FILE", file=sys.stderr)
        return 2
    try:
        return _told(forecast.forecasts(options.purchases, options.rows or forecast.CASES, print), options)
    except ModuleNotFoundError as error:
        print(f"Parquet is read with {error.name}. Install it, or give the days as CSV.", file=sys.stderr)
        return 2


def sized(name: str, options: argparse.Namespace) -> str:
    """With how many people and seconds, or calls and processes, where it is about these: as the process of its own is told."""
    if name == "quota":
        return f"{name}:{options.calls or 0}:{options.processes or 0}:{options.entries or 0}:{int(options.untimed)}"
    if name != "operators":
        return name
    return f"{name}:{options.people or 0}:{options.seconds or 0}:{int(options.lists == 'autosaves')}"


def _on_postgresql(names: Sequence[str], count: int) -> list[Row]:
    """On DATABASE_URL (an empty database), else in a temporary cluster when this is a checkout; durable as in earnest."""
    if os.environ.get("DATABASE_URL"):
        return _measured(names, count, [], {})
    if (CHECKOUT / "tests" / "postgres.py").exists():
        return _measured(names, count, [sys.executable, "-m", "tests.postgres", "run", "--durable", "--"], {})
    print("PostgreSQL is left out: give an empty database by DATABASE_URL.", file=sys.stderr)
    return []


def _measured(names: Sequence[str], count: int, before: list[str], environment: dict[str, str]) -> list[Row]:
    """In a process with its own data directory, so that nothing of the installation here is touched."""
    folder = tempfile.mkdtemp(prefix="embudo-bench-")
    file = f"{folder}/rows.json"
    command = [*before, sys.executable, "-m", "embudo.project.bench.run", file, str(count), *names]
    place = {
        "DATA": f"{folder}/data",
        "PYTHONPATH": str(CHECKOUT),
        "SMTP_URL": "",
        "BASE_URL": "",
        "SECRET_KEY": "",
    }
    chosen = place | environment
    kept = {
        name: value for name, value in os.environ.items() if name not in chosen and not name.endswith("_FILE")
    }
    try:
        Path(place["DATA"]).mkdir()
        done = subprocess.run(
            command,
            env={**kept, **{name: text for name, text in chosen.items() if text}},
            check=False,
            cwd=CHECKOUT,
        )
        if done.returncode:
            print(f"Not all of {', '.join(names)} could be measured (see above).", file=sys.stderr)
        return figures.load(file) if Path(file).exists() else []
    finally:
        shutil.rmtree(folder, ignore_errors=True)
