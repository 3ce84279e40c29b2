"""A real IMAP server for one test: Dovecot, as Debian has it, with one mailbox in a directory of its own."""

import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "bounces@example.com", "s/ecret@ż"

# Dovecot 2.4 names its settings anew; what it has in common with 2.3 is said once.
COMMON = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
ssl = no
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""
OLDER = """
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
"""
NEWER = """
auth_allow_cleartext = yes
mail_driver = maildir
mail_path = {folder}/mail
passdb passwd-file {{
  default_password_scheme = PLAIN
  passwd_file_path = {folder}/users
}}
userdb static {{
  fields {{
    uid = {user}
    gid = {group}
    home = {folder}/home
  }}
}}
"""


@dataclass(frozen=True)
class Mailbox:
    port: int

    @property
    def url(self) -> str:
        return f"imap://bounces%40example.com:s%2Fecret%40%C5%BC@127.0.0.1:{self.port}/INBOX"

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as box:
            box.authenticate("PLAIN", lambda _asked: f"\0{USER}\0{PASSWORD}".encode())
            box.select("INBOX")
            yield box

    def put(self, raw: bytes) -> None:
        with self.opened() as box:
            box.append("INBOX", "", imaplib.Time2Internaldate(1_700_000_000), raw)

    def flags(self) -> list[tuple[str, ...]]:
        """Of each mail, in the order in which they came."""
        with self.opened() as box:
            _status, found = box.fetch("1:*", "(FLAGS)")
        kept = [imaplib.ParseFlags(line) for line in found if isinstance(line, bytes)]
        return [tuple(sorted(flag.decode() for flag in flags if flag != rb"\Recent")) for flags in kept]


MISSING = "Dovecot is missing: run `make system`, or install the package dovecot-imapd."


def program_of() -> str | None:
    """Where Dovecot is; None without it."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def dovecot(folder: Path) -> Iterator[Mailbox]:
    program = program_of()
    if program is None:
        raise RuntimeError(MISSING)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    is_newer = not version.startswith("2.3")
    head = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" if is_newer else ""
    user = pwd.getpwuid(os.geteuid() or pwd.getpwnam("dovecot").pw_uid)
    values = {"folder": folder, "port": port, "user": user.pw_name, "group": user.pw_name}
    text = head + (COMMON + (NEWER if is_newer else OLDER)).format(**values)
    config = folder / "dovecot.conf"
    config.write_text(text)
    (folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
    for part in ("mail", "home"):
        (folder / part).mkdir()
        if os.geteuid() == 0:
            os.chown(folder / part, user.pw_uid, user.pw_gid)
    for above in (folder, *folder.parents[:3]):
        with suppress(PermissionError):
            above.chmod(above.stat().st_mode | 0o011)  # another user's server has to get through
    started = subprocess.Popen([program, "-F", "-c", str(config)], stderr=subprocess.PIPE, text=True)
    try:
        _wait(started, port, folder)
        yield Mailbox(port)
    finally:
        started.terminate()
        started.wait(timeout=10)
        if started.stderr:
            started.stderr.close()


def _wait(started: "subprocess.Popen[str]", port: int, folder: Path) -> None:
    ends = time.monotonic() + 15
    while time.monotonic() < ends:
        if started.poll() is not None:
            said = started.stderr.read() if started.stderr else ""
            raise RuntimeError(f"Dovecot did not start: {said}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as found:
            if found.recv(64).startswith(b"* OK"):
                return
        time.sleep(0.05)
    log = folder / "log"
    raise RuntimeError(f"Dovecot does not answer: {log.read_text() if log.exists() else ''}")
