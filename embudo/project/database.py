from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_START = (
    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;PRAGMA mmap_size=268435456;"
    "PRAGMA cache_size=-16384;PRAGMA temp_store=MEMORY;PRAGMA recursive_triggers=ON;"
)  # recursive_triggers: else a row that INSERT OR REPLACE takes away passes by the triggers on deletion


# A row anywhere costs little more than the next one, on disks without heads and from memory: else PostgreSQL reads a table of
# a million through rather than count ten thousand rows by an index (43 or 5 ms).
POSTGRESQL_START = "-c random_page_cost=1.1"
SEEN_BEFORE = 2  # how often PostgreSQL is sent a statement before it is asked to keep it (kernel/prepared.py)


def database_from(url: str, data: Path) -> dict[str, Any]:
    """
    Django's settings for DATABASE_URL: empty = the SQLite file in `data`, sqlite:////path or
    postgresql://user:password@host1:port,host2:port/name?option=value (several hosts: the writable one is used).
    """
    if not url:
        return sqlite(str(data / "embudo.sqlite3"))
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(unquote(parts.path[1:] if parts.path.startswith("//") else parts.path))
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("DATABASE_URL must start with postgresql:// or sqlite://")
    return postgresql(parts.netloc, unquote(parts.path.lstrip("/")), dict(parse_qsl(parts.query)))


def sqlite(name: str) -> dict[str, Any]:
    return {
        "ENGINE": "embudo.kernel.sqlite",
        "NAME": name,
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": SQLITE_START},
    }


def postgresql(netloc: str, name: str, options: dict[str, str]) -> dict[str, Any]:
    login, _at, hosts = netloc.rpartition("@")
    user, _colon, password = login.partition(":")
    pairs = [host.rpartition(":") if ":" in host else (host, "", "5432") for host in hosts.split(",")]
    socket = options.pop("host", "")
    kept = options.pop("prepare_threshold", str(SEEN_BEFORE))
    return {
        "ENGINE": "embudo.kernel.postgresql",
        "NAME": name,
        "USER": unquote(user),
        "PASSWORD": unquote(password),
        "HOST": socket or ",".join(host for host, _sep, _port in pairs),
        "PORT": options.pop("port", "") or ",".join(port for _host, _sep, port in pairs),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "target_session_attrs": "read-write",
            "connect_timeout": 5,
            "options": POSTGRESQL_START,
            "prepare_threshold": int(kept) if kept.isdecimal() else None,
            **options,
        },
    }
