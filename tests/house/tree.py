"""House rules about the tree as a whole: rooms, contracts, commands and their tests, settings, files git keeps."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path

from tests.house.source import (
    PACKAGE,
    ROOT,
    WITH_ROOMS,
    Source,
    decorators,
    functions,
    layers_of,
    name_of,
    text_of,
)

ROOMS = {
    "apps", "permissions", "events", "rules", "models", "queries", "commands", "reactions",
    "forms", "views", "urls", "api", "hooks",
}  # fmt: skip
FURNITURE = {
    "migrations",
    "tests",
    "templatetags",
    "templates",
    "static",
    "README",
    "__init__",
    "__pycache__",
}
# What a module has beyond the rooms, with its reason.
EXTRA_ROOMS = {
    "access": {"middleware", "adapter"},  # the request learns who acts; what allauth is told about our pages
    "billing": {"typst"},  # the layout of printed invoices
    "quota": {"typst"},  # of stories and statements
}
FREE_PLAN = {"ui", "rest"}  # these two are libraries for the others
FORBIDDEN_PACKAGES = ("caldav", "niquests", "urllib3-future", "spyne")
# Put together here, so that this file does not name them either.
REGISTRIES = ["".join(parts) for parts in (
    ("pypi", ".org"), ("python", "hosted.org"), ("registry.", "npmjs"), ("registry.", "yarnpkg"), ("proxy.", "golang"),
    ("index.", "crates.io"), ("rubygems", ".org"),
)]  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/" + r"(?:root|work|home/(?!runner\b)\w+|Users/\w+|opt/wheels)/")
READERS = {"env", "env_bool", "env_int"}
LOOKUPS = {"get", "pop", "setdefault"}
NOT_SETTINGS = {"DJANGO_SETTINGS_MODULE", "NODE_MODULES", "PATH"}  # the last two are a developer's


def module_folders(storey: str, package: Path = PACKAGE) -> set[str]:
    return {
        folder.name for folder in (package / storey).iterdir() if folder.is_dir() and any(folder.glob("*.py"))
    }


def unnamed_modules(storey: str, folders: Iterable[str]) -> list[str]:
    """Module folders that the order in pyproject.toml does not name."""
    named = {name for layer in layers_of(f"embudo.{storey}") for name in layer}
    return [f"{storey}/{name} is not named in the import contract" for name in sorted(set(folders) - named)]


def foreign_rooms(module: str, entries: Iterable[str]) -> list[str]:
    """Files and folders of a module that are no room."""
    if module in FREE_PLAN:
        return []
    allowed = ROOMS | FURNITURE | EXTRA_ROOMS.get(module, set())
    return [
        f"{module}/{entry} is no room" for entry in sorted(entries) if entry.partition(".")[0] not in allowed
    ]


def rooms_in_tree(package: Path = PACKAGE) -> list[str]:
    folders = [package / storey / name for storey in WITH_ROOMS for name in module_folders(storey, package)]
    return [
        fault
        for folder in folders
        for fault in foreign_rooms(folder.name, (entry.name for entry in folder.iterdir()))
    ]


def untested_commands(found: Iterable[Source]) -> list[str]:
    """Commands without a test function that bears their name, in the tests of their module."""
    every = list(found)
    tests: dict[str, set[str]] = {}
    for source in every:
        if source.is_test:
            names = {
                function.name for function in functions(source.tree) if function.name.startswith("test_")
            }
            tests.setdefault(source.module, set()).update(names)
    return [
        source.fault(function, f"no test bears the name of {function.name}")
        for source in every
        if not source.is_test
        for function in functions(source.tree)
        if "command" in decorators(function)
        and not any(function.name in name for name in tests.get(source.module, ()))
    ]


def settings_read(found: Iterable[Source]) -> set[str]:
    names: set[str] = set()
    for source in found:
        if not source.is_test:
            names |= {name for call in source.calls() if (name := _variable(call))}
            names |= {name for node in ast.walk(source.tree) if (name := _subscript(node))}
    return names - NOT_SETTINGS


def _variable(call: ast.Call) -> str | None:
    verb = name_of(call.func)
    is_lookup = isinstance(call.func, ast.Attribute) and verb in LOOKUPS and _is_environ(call.func.value)
    return text_of(call.args[0]) if call.args and (verb in READERS or is_lookup) else None


def _subscript(node: ast.AST) -> str | None:
    return text_of(node.slice) if isinstance(node, ast.Subscript) and _is_environ(node.value) else None


def _is_environ(node: ast.AST) -> bool:
    """os.environ, not WSGI's."""
    return ast.unparse(node) == "os.environ"


def settings_documented(page: str) -> set[str]:
    """The first column of the page's tables."""
    return set(re.findall(r"^\| `([A-Z][A-Z0-9_]*)`", page, re.MULTILINE))


def settings_faults(read: set[str], documented: set[str]) -> list[str]:
    undocumented = [f"{name} is read but not in docs/settings.md" for name in sorted(read - documented)]
    return undocumented + [
        f"{name} is in docs/settings.md but not read" for name in sorted(documented - read)
    ]


def hosts_and_paths(name: str, text: str) -> list[str]:
    """A registry's host or a path of one machine."""
    hosts = [f"{name}: names {host}" for host in REGISTRIES if host in text]
    return hosts + [f"{name}: names {found}" for found in sorted(set(MACHINE_PATH.findall(text)))]


def read_text(path: Path) -> str:
    """The file's text; nothing for what is no text."""
    content = path.read_bytes()
    return "" if b"\0" in content[:8000] else content.decode("utf-8", errors="ignore")


def forbidden_packages(lock: str) -> list[str]:
    return [name for name in FORBIDDEN_PACKAGES if re.search(rf"^{re.escape(name)}==", lock, re.MULTILINE)]


def lock_faults(runtime: str, tools: str) -> list[str]:
    """What runs and what is tested must be the same versions."""
    return [f"{pin} runs but is not what the tests install" for pin in sorted(_pins(runtime) - _pins(tools))]


def _pins(lock: str) -> set[str]:
    """Without markers: a tool may need a package on more systems than the product does."""
    return {line.split()[0] for line in lock.splitlines() if "==" in line and not line.startswith((" ", "#"))}


def dependency_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")
