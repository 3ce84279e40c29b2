"""
What a real screen reader says while an operator works: Orca under Xvfb, a real Chromium, keys as a keyboard sends them. Writes
the transcript that `make orca` keeps. Evidence, no gate: what is spoken when depends on the machine's pace.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.journeys.scene_words import PASSWORD
from tests.journeys.server import ROOT, Product, environment, running

DISPLAY = ":97"
SPEECHD = """LogLevel 1
LogDir "default"
AudioOutputMethod "alsa"
AddModule "log" "sd_generic" "log.conf"
DefaultModule log
DefaultLanguage "en"
"""
# A synthesiser that says nothing: without a sound card the usual one blocks the reader on its first long sentence.
SILENT = """GenericExecuteSynth "true"
AddVoice "en" "MALE1" "en"
GenericLanguage "en" "en" "utf-8"
GenericDefaultCharset "utf-8"
"""
A11Y_BUS = (
    "gdbus", "call", "--session", "--dest", "org.a11y.Bus", "--object-path", "/org/a11y/bus",
    "--method", "org.freedesktop.DBus.Properties.Set", "org.a11y.Status",
)  # fmt: skip
NEEDED = ("orca", "Xvfb", "openbox", "xdotool", "gdbus", "chromium")
CHROMIUM = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run",
    "--disable-sync", "--force-renderer-accessibility", "--window-size=1280,880",
)  # fmt: skip


class Reader:
    """A desktop without a screen, with a browser and a screen reader; keeps what is said."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.home = Path(tempfile.mkdtemp(prefix="embudo-orca-"))
        self.debug = self.home / "orca.txt"
        self.started: list[subprocess.Popen[bytes]] = []
        self.told = 0
        self.lines: list[str] = []
        own = {"DISPLAY": DISPLAY, "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.home / "run")}
        self.env = {**os.environ, **own, "GNOME_ACCESSIBILITY": "1", "LANG": "C.UTF-8"}

    def __enter__(self) -> Self:
        modules = self.home / ".config" / "speech-dispatcher" / "modules"
        modules.mkdir(parents=True)
        (self.home / "run").mkdir(mode=0o700)
        (modules.parent / "speechd.conf").write_text(SPEECHD)
        (modules / "log.conf").write_text(SILENT)
        self.start("Xvfb", DISPLAY, "-screen", "0", "1280x900x24")
        self.start("openbox")
        self.start(
            "/usr/libexec/at-spi-bus-launcher", "--launch-immediately", "--a11y=1", "--screen-reader=1"
        )
        for name in ("IsEnabled", "ScreenReaderEnabled"):
            self.run(*A11Y_BUS, name, "<true>")
        self.start("orca", f"--debug-file={self.debug}", wait=6)
        self.start("chromium", *CHROMIUM, f"--user-data-dir={self.home}/chrome", self.address, wait=12)
        found = self.run("xdotool", "search", "--onlyvisible", "--class", "chromium").split()
        if not found:
            raise RuntimeError("no window of the browser")
        self.run("xdotool", "windowactivate", "--sync", found[-1])
        self.run("xdotool", "windowfocus", found[-1])
        time.sleep(2)
        self.hear("opens the sign-in page")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in reversed(self.started):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self, *command: str, wait: float = 1.0) -> None:
        quiet = subprocess.DEVNULL
        self.started.append(
            subprocess.Popen(command, env=self.env, stdout=quiet, stderr=quiet, start_new_session=True)
        )
        time.sleep(wait)

    def run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False)
        return done.stdout

    def press(self, keys: str, what: str = "", wait: float = 2.0) -> None:
        self.run("xdotool", "key", keys)
        time.sleep(wait)
        self.hear(what or f"presses {keys}")

    def type(self, text: str, what: str = "") -> None:
        self.run("xdotool", "type", "--delay", "30", text)
        time.sleep(1)
        self.hear(what or f"types {text!r}", quiet=True)

    def hear(self, what: str, *, quiet: bool = False) -> None:
        """Notes what was said since the last time; `quiet` leaves out the echo of single letters."""
        said = self.said()
        fresh = [text for text in said[self.told :] if text and not (quiet and len(text) < 3)]
        self.told = len(said)
        self.lines += [f"[{what}]", *(f"    {text}" for text in fresh)]

    def said(self) -> list[str]:
        if not self.debug.exists():
            return []
        lines = self.debug.read_text(encoding="utf-8", errors="replace").splitlines()
        spoken = (line.split("SPEECH OUTPUT:", 1)[1] for line in lines if "SPEECH OUTPUT:" in line)
        return [re.sub(r"\{.*", "", text).strip().strip("'").strip() for text in spoken]

    def heard(self, text: str) -> bool:
        return any(text in line for line in self.lines)


@contextlib.contextmanager
def scene() -> Iterator[tuple[Product, dict[str, Any]]]:
    """A running product with an operator whose record was rejected."""
    with running() as product:
        settings = environment(product.data, product.clock, DJANGO_SETTINGS_MODULE="embudo.project.settings")
        command = [sys.executable, "-m", "tests.journeys.scene_intake", "orca", "en"]
        done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=True)
        yield product, json.loads(done.stdout)


def shift(reader: Reader, base: str, email: str, password: str) -> None:
    """Signs in, hears the assignment, enters a record with a mistake and mends it, finds the rejected one, and leaves."""
    for _stop in ("the link to the content", "the name of the product", "the address"):
        reader.press("Tab")
    reader.type(email)
    reader.press("Tab")
    reader.type(password, "types the password")
    reader.press("Return", "signs in", wait=6)
    reader.press("h", "next heading")
    reader.press("h", "next heading")
    reader.press("Down", "reads on")
    reader.press("F2", "new record", wait=5)
    reader.type("Zaklady Miesne Wisla")
    reader.press("Tab")
    reader.type("5252344078", "types a NIP that stands there already")
    reader.press("ctrl+Return", "saves without the town", wait=5)
    reader.press("Tab", "to the first error")
    reader.press("Return", "goes to its field", wait=3)
    reader.type("7740001454", "types another NIP")
    reader.press("ctrl+Return", "saves again", wait=5)
    reader.press("Tab", "to the error that is left")
    reader.press("Return", "goes to its field", wait=3)
    reader.type("Plock")
    reader.press("ctrl+Return", "saves once more", wait=6)
    open_page(reader, f"{base}/my-work/", "goes back to the records")
    reader.press("k", "next link")
    reader.press("t", "next table")
    for _row in range(4):
        reader.press("ctrl+alt+Down", "next row")


def open_page(reader: Reader, address: str, what: str) -> None:
    reader.press("ctrl+l", "goes to the address bar")
    reader.type(address)
    reader.press("Return", what, wait=6)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    target: Path = parser.parse_args(arguments).file
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        print("Install these first (make orca-system):", ", ".join(missing), file=sys.stderr)
        return 2
    if "DBUS_SESSION_BUS_ADDRESS" not in os.environ:
        print("Run it by `make orca`: it needs a session bus of its own.", file=sys.stderr)
        return 2
    with scene() as (product, made), Reader(f"{product.base}/login/") as reader:
        shift(reader, product.base, made["people"]["olga"]["email"], PASSWORD)
        text = "\n".join(reader.lines).replace(product.base, "https://crm.example")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"What Orca said while an operator worked (make orca).\n\n{text}\n", encoding="utf-8")
    print(target, len(reader.lines), "lines")
    return 0 if len(reader.lines) > 30 else 1


if __name__ == "__main__":
    sys.exit(main())
