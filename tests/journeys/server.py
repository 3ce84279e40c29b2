"""The product itself, started as a person starts it, with a moved clock and a mail server that keeps what it gets."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

ROOT = Path(__file__).resolve().parents[2]
TIME_ZONE = "Europe/Warsaw"  # the organisation's: late in the evening its day is another than that of UTC
START, END = 60.0, 15.0  # seconds that it may take to answer, and to go


class Mailbox:
    """Takes mails over SMTP and keeps them."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 kept"

    def wait_for(self, address: str, part: str = "", *, seconds: float = 20.0) -> EmailMessage:
        """The newest mail to `address` whose text holds `part`."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for mail in reversed(self.mails):
                if address in str(mail["to"]) and part in text_of(mail):
                    return mail
            time.sleep(0.1)
        raise AssertionError(
            f"no mail to {address} with {part!r}; there came {[str(one['to']) for one in self.mails]}"
        )


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None, "a mail has a plain-text part"
    return str(body.get_content())


def link_in(mail: EmailMessage, part: str) -> str:
    found = re.search(rf"https?://\S*{part}\S*", text_of(mail))
    assert found, text_of(mail)
    return found[0]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Product:
    """A running installation."""

    base: str
    data: Path
    clock: Path
    mailbox: Mailbox
    scene: dict[str, Any] = field(default_factory=dict)
    server: "Server | None" = None

    def url(self, path: str) -> str:
        return path if path.startswith("http") else self.base + path

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Its processes are killed, and started again afterwards."""
        assert self.server is not None
        self.server.kill()
        try:
            yield
        finally:
            self.server.start()

    def move_clock(self, *, days: int) -> None:
        """As if so many days had passed."""
        before = float(self.clock.read_text() or 0)
        self.clock.write_text(str(before + days * 86400))
        time.sleep(0.5)


def environment(data: Path, clock: Path, **more: str) -> dict[str, str]:
    names = ("DATABASE_URL", "SECRET_KEY", "SMTP_URL", "DJANGO_SETTINGS_MODULE")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    own = {
        "DATA": str(data),
        "CLOCK_FILE": str(clock),
        "PYTHONPATH": str(ROOT),
        "EMPTY": "1",
        "TIME_ZONE": TIME_ZONE,
    }
    return kept | own | more


@contextmanager
def running() -> Iterator[Product]:
    """Starts it on a scene of its own and ends it cleanly; what it says is shown when it does not start."""
    data = Path(tempfile.mkdtemp(prefix="embudo-browser-"))
    clock = data / "clock"
    clock.write_text("0")
    mailbox = Mailbox()
    mailbox.controller.start()
    try:
        scene = set_scene(data, clock)
        port = free_port()
        product = Product(f"http://127.0.0.1:{port}", data, clock, mailbox, scene)
        with started(product, port):
            yield product
    finally:
        mailbox.controller.stop()
        shutil.rmtree(data, ignore_errors=True)


def set_scene(data: Path, clock: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.journeys.scene"]
    settings = environment(data, clock, DJANGO_SETTINGS_MODULE="embudo.project.settings")
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    scene: dict[str, Any] = json.loads(done.stdout)
    return scene


def acted(product: Product, module: str, *given: str) -> dict[str, Any]:
    """What a scene's program says that it made, in the product while it runs."""
    command = [sys.executable, "-m", module, *given]
    settings = environment(
        product.data, product.clock, DJANGO_SETTINGS_MODULE="embudo.project.settings", BASE_URL=product.base
    )
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    scene: dict[str, Any] = json.loads(done.stdout)
    return scene


class Server:
    """The product's processes, which may be killed and started again where they were."""

    def __init__(self, product: Product, port: int) -> None:
        smtp = product.mailbox.controller
        self.product, self.log = product, product.data / "server.log"
        self.settings = environment(
            product.data,
            product.clock,
            BASE_URL=product.base,
            SMTP_URL=f"smtp://{smtp.hostname}:{smtp.port}",
        )
        self.command = [
            *(sys.executable, "-m", "embudo", "serve"),
            *("--port", str(port), "--data", str(product.data)),
        ]

    def start(self) -> None:
        with self.log.open("a") as said:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.settings, stdout=said, stderr=said, start_new_session=True
            )
        wait_ready(self.product.base, self.process, self.log)

    def kill(self) -> None:
        """All of them at once, without a word."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(END)

    def end(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(END)


@contextmanager
def started(product: Product, port: int) -> Iterator[None]:
    server = product.server = Server(product, port)
    try:
        server.start()
        yield
    finally:
        server.end()
    faults = [line for line in server.log.read_text().splitlines() if " ERROR " in line]
    assert not faults, "\n".join(faults[:10])


def wait_ready(base: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    server.kill()
    raise AssertionError(log.read_text()[-3000:])
