"""The three readers through which every setting comes from the environment; each also reads NAME_FILE."""

import os
import secrets
from pathlib import Path


def env(name: str, default: str = "") -> str:
    """The variable's value, or the content of the file that NAME_FILE points to."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def env_bool(name: str, *, default: bool = False) -> bool:
    return env(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int) -> int:
    return int(env(name, str(default)))


def kept_secret(file: Path) -> str:
    """A secret made on the first start and kept, readable by its owner only."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_name(f"{file.name}.{os.getpid()}")
        partial.touch(mode=0o600)
        partial.write_text(secrets.token_urlsafe(64), encoding="utf-8")
        try:
            os.link(partial, file)  # fails when another process was first, whose secret then counts
        except FileExistsError:
            pass
        finally:
            partial.unlink()
    return file.read_text(encoding="utf-8").strip()
