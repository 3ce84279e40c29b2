"""The tree as the house rules see it: each Python file with its module, its room and its syntax tree."""

import ast
import functools
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "embudo"
WITH_ROOMS = ("business", "foundation")


@dataclass(frozen=True)
class Source:
    """One file; `path` is relative to the repository, so that a planted fault can stand anywhere."""

    path: str
    text: str

    @functools.cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def parts(self) -> tuple[str, ...]:
        return PurePosixPath(self.path).parts

    @property
    def storey(self) -> str:
        return self.parts[1] if len(self.parts) > 2 else ""

    @property
    def module(self) -> str:
        """The label: "sales" in embudo/business/sales/views.py, "kernel" in embudo/kernel/clock.py."""
        return self.parts[2] if self.storey in WITH_ROOMS and len(self.parts) > 3 else self.storey

    @property
    def room(self) -> str:
        """ "views" for views.py and for anything inside views/; empty outside modules with rooms."""
        if self.storey not in WITH_ROOMS or len(self.parts) < 4:
            return ""
        return PurePosixPath(self.parts[3]).stem

    @property
    def is_test(self) -> bool:
        return "tests" in self.parts or self.parts[-1] == "conftest.py"

    @property
    def is_migration(self) -> bool:
        return "migrations" in self.parts

    def fault(self, node: ast.AST, text: str) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {text}"

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))


@functools.cache
def sources() -> tuple[Source, ...]:
    files = sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)
    return tuple(
        Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files
    )


@functools.cache
def project_files() -> tuple[Path, ...]:
    """What git keeps or would keep; without git everything that no tool made."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        files = [ROOT / name for name in answer.stdout.split("\0") if name]
    else:
        made = {".venv", "var", "node_modules", "build", "dist", "__pycache__"}
        files = [path for path in ROOT.rglob("*") if not made & set(path.relative_to(ROOT).parts)]
    return tuple(path for path in files if path.is_file())


def name_of(node: ast.AST) -> str:
    """The last word of a name or attribute: "filter" in Lead.objects.filter."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def words_of(node: ast.AST) -> set[str]:
    """All names along a chain such as Lead.objects.filter(...).first()."""
    words: set[str] = set()
    while True:
        if isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
            node = node.value
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            return words | ({node.id} if isinstance(node, ast.Name) else set())


def text_of(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def decorators(node: ast.AST) -> list[str]:
    marks = node.decorator_list if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
    return [name_of(mark.func if isinstance(mark, ast.Call) else mark) for mark in marks]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@functools.cache
def contracts() -> tuple[dict[str, object], ...]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return tuple(pyproject["tool"]["importlinter"]["contracts"])


def layers_of(container: str) -> list[list[str]]:
    """The contract's order for one storey, highest first, without the brackets of names that may be absent."""
    found = next(one for one in contracts() if one.get("containers") == [container])
    layers: list[str] = found["layers"]  # type: ignore[assignment]
    return [[name.strip(" ()") for name in layer.split("|")] for layer in layers]


@functools.cache
def heights() -> dict[str, int]:
    """Module label -> height; modules of one height must not know each other."""
    order = [["kernel"]]
    for storey in ("foundation", "business"):
        order += reversed(layers_of(f"embudo.{storey}"))
    order += [["entrypoints"], ["project"]]
    return {name: height for height, names in enumerate(order) for name in names}
