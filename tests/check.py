"""The stages of `make check`: everything that needs no running product. Name stages to run only those."""

import shutil
import sys
from pathlib import Path

from tests.stages import PYTHON, ROOT, Stage, run_stage, summarise

LINT_IMPORTS = "import sys; from importlinter.cli import lint_imports_command as run; sys.argv[0] = 'lint-imports'; run()"

STAGES = (
    Stage("format", (PYTHON, "-m", "ruff", "format", "--check", ".")),
    Stage("lint", (PYTHON, "-m", "ruff", "check", ".")),
    Stage("types", (PYTHON, "-m", "mypy"), {"DATA": str(ROOT / "var" / "cache" / "check")}),
    Stage("imports", (PYTHON, "-c", LINT_IMPORTS, "--cache-dir", "var/cache/importlinter")),
    Stage("templates", (PYTHON, "-m", "djlint", "--lint", "--quiet", "embudo")),
    Stage(
        "migrations",
        (PYTHON, "-m", "django", "makemigrations", "--check", "--dry-run"),
        {"DJANGO_SETTINGS_MODULE": "tests.settings", "EMBUDO_TEST_DB": "sqlite", "PYTHONPATH": str(ROOT)},
    ),
    Stage("translations", (PYTHON, "-m", "tests.check_translations")),
    Stage("vendored files", (PYTHON, "embudo/foundation/ui/vendor.py", "--check")),
    Stage("wheel", (PYTHON, "-m", "tests.check_wheel")),
)


def main(names: list[str]) -> int:
    unknown = set(names) - {stage.name for stage in STAGES}
    if unknown:
        print(
            f"No such stage: {', '.join(sorted(unknown))}. There are: {', '.join(stage.name for stage in STAGES)}."
        )
        return 2
    Path(ROOT, "var", "cache", "check").mkdir(parents=True, exist_ok=True)
    chosen = [stage for stage in STAGES if not names or stage.name in names]
    missing = (
        []
        if shutil.which("xgettext")
        else ["gettext is missing: run `make system`, or install the package gettext."]
    )
    return summarise("make check", [run_stage(stage) for stage in chosen], missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
