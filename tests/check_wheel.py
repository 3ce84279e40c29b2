"""Builds the wheel, installs it beside the tools' environment in a new one, and lets the installed `embudo` speak.

The new environment sees the locked dependencies through a path file, so nothing is downloaded and only the wheel is new.
"""

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

from tests.stages import PYTHON, ROOT

NEEDED = (
    r"embudo/__main__\.py",
    r"embudo/project/main\.py",
    r"embudo/kernel/migrations/0001_\w+\.py",
    r"embudo/foundation/ui/templates/.+\.html",
    r"embudo/foundation/ui/static/.+\.css",
    r"embudo/locale/pl/LC_MESSAGES/django\.(mo|po)",
    r"embudo/project/sample/.+\.csv\.gz",
    r"embudo-[\d.]+\.dist-info/licenses/LICENSE",
)
UNWANTED = (r"(^|/)tests/", r"(^|/)var/", r"conftest\.py$", r"__pycache__")


def faults(names: list[str]) -> list[str]:
    """What is absent from the wheel, and what should not be in it."""
    absent = [
        f"absent: {pattern}" for pattern in NEEDED if not any(re.fullmatch(pattern, name) for name in names)
    ]
    stray = [f"stray: {name}" for name in names if any(re.search(pattern, name) for pattern in UNWANTED)]
    return absent + stray


def build(folder: Path) -> Path:
    command = [PYTHON, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.whl"))


def install(wheel: Path, folder: Path) -> Path:
    """A new environment with the wheel; returns its command."""
    home = folder / "environment"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", home], check=True)
    site = next(home.glob("lib/python*/site-packages"))
    site.joinpath("locked.pth").write_text(sysconfig.get_path("purelib") + "\n")
    installer = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--offline",
    ]
    subprocess.run([*installer, "--python", home / "bin" / "python", wheel], check=True)
    return home / "bin" / "embudo"


def speaks(command: Path, folder: Path) -> bool:
    """`embudo --help`, `migrate` and `check` from a directory that has no source in it."""
    environment = {
        name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "DATABASE_URL"}
    }
    environment["DATA"] = str(folder / "var")
    for arguments in (["--help"], ["migrate"], ["check"]):
        answer = subprocess.run(
            [command, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if answer.returncode != 0:
            print(
                f"embudo {' '.join(arguments)} answered {answer.returncode}:\n{answer.stdout}{answer.stderr}"
            )
            return False
    return True


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="embudo-wheel-") as name:
        folder = Path(name)
        wheel = build(folder)
        found = faults(zipfile.ZipFile(wheel).namelist())
        print("\n".join(found) or f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, contents as expected")
        return 0 if speaks(install(wheel, folder), folder) and not found else 1


if __name__ == "__main__":
    sys.exit(main())
