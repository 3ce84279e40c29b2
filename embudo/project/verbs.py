import argparse
import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Option = tuple[tuple[str, ...], Mapping[str, Any]]


@dataclass(frozen=True)
class Verb:
    """One command of the command line; `run` is "module:function", imported only when it is typed."""

    name: str
    help: str
    run: str = ""
    options: tuple[Option, ...] = ()
    description: str = ""
    parts: tuple["Verb", ...] = ()

    def handler(self, options: argparse.Namespace) -> int:
        import django  # noqa: PLC0415 - `embudo --help` answers without it

        django.setup()
        module, _colon, function = self.run.partition(":")
        call: Callable[[argparse.Namespace], int | None] = getattr(importlib.import_module(module), function)
        return call(options) or 0


def option(*names: str, **settings: Any) -> Option:
    return names, settings


HERE = "embudo.project.verbs"
DATA = option(
    "--data", metavar="DIR", help="where the database, files and secrets lie (default: var, or $DATA)"
)

VERBS = (
    Verb(
        "serve",
        "serve the pages, the live events and the background worker until Ctrl-C",
        f"{HERE}:serve",
        (
            DATA,
            option("--port", type=int, help="the port to listen on (default: 8000, or $PORT)"),
            option("--host", default="127.0.0.1", help="the address to listen on (default: 127.0.0.1)"),
            option("--processes", type=int, default=2, help="how many web processes (default: 2)"),
            option("--no-worker", action="store_true", help="leave the background worker to `embudo worker`"),
            option("--empty", action="store_true", help="start without the sample company"),
        ),
    ),
    Verb("worker", "run only the background worker", f"{HERE}:worker", (DATA,)),
    Verb("migrate", "bring the database up to this version", f"{HERE}:migrate", (DATA,)),
    Verb(
        "sample",
        "load the sample company",
        "embudo.project.sample.load:main",
        (
            DATA,
            option(
                "--full",
                action="store_true",
                help="all 8,800 opportunities instead of a part that loads fast",
            ),
            option(
                "--password", metavar="TEXT", help="one password for all sample users (default: random ones)"
            ),
        ),
    ),
    Verb(
        "user",
        "make users, or give one a new password",
        parts=(
            Verb(
                "create",
                "make a user",
                f"{HERE}:create_user",
                (
                    DATA,
                    option("email"),
                    option("--name", required=True, help="first and last name"),
                    option(
                        "--role",
                        action="append",
                        default=[],
                        help="administrator, manager, seller, collector …",
                    ),
                ),
            ),
            Verb(
                "password",
                "set a user's password (asked for, not shown)",
                f"{HERE}:set_password",
                (DATA, option("email")),
            ),
            Verb("list", "list the users", f"{HERE}:list_users", (DATA,)),
        ),
    ),
    Verb(
        "token",
        "make API tokens",
        parts=(
            Verb(
                "create",
                "make a token and print it, alone on its line",
                f"{HERE}:create_token",
                (
                    DATA,
                    option("email", help="whose token it is"),
                    option("--name", required=True, help="what it is for"),
                    option(
                        "--grant",
                        action="append",
                        default=[],
                        metavar="PERMISSION",
                        help="only this (repeatable)",
                    ),
                    option("--days", type=int, help="how many days it is valid (default: until revoked)"),
                ),
            ),
        ),
    ),
    Verb(
        "do",
        "run one act of the product, or list all of them",
        f"{HERE}:do",
        (
            DATA,
            option("act", nargs="?", help="for example sales.convert_lead; without it all acts are listed"),
            option("--as", dest="email", metavar="EMAIL", help="the user who acts"),
            option("values", nargs="*", metavar="name=value"),
        ),
    ),
    Verb(
        "audit",
        "check the log",
        parts=(
            Verb(
                "verify",
                "find changed, missing, inserted or swapped rows of the log",
                f"{HERE}:verify_audit",
                (DATA, option("--head", help="a chain head written down earlier, which must still be there")),
            ),
        ),
    ),
    Verb(
        "backup",
        "write database and files into one file, while people work",
        "embudo.project.backup:main_backup",
        (DATA, option("file")),
    ),
    Verb(
        "restore",
        "bring a backup into an empty installation",
        "embudo.project.backup:main_restore",
        (DATA, option("file"), option("--replace", action="store_true", help="overwrite what is there")),
    ),
    Verb(
        "erasures",
        "erase again what was erased after a backup was made",
        parts=(
            Verb(
                "apply",
                "erase what the list beside the database names; `embudo restore` does this by itself",
                "embudo.project.erasures:main",
                (DATA,),
            ),
        ),
    ),
    Verb(
        "move-to-postgres",
        "copy an SQLite installation to PostgreSQL and compare every table",
        "embudo.project.move:main",
        (DATA, option("url", help="postgresql://user:password@host/database")),
    ),
    Verb("check", "check the installation: settings, database, migrations, jobs", f"{HERE}:check", (DATA,)),
    Verb(
        "bench",
        "measure speed beside a control in the same run",
        "embudo.project.bench.main:main",
        (
            option("name", nargs="?", help="one measurement; without it all"),
            option("--json", metavar="FILE", help="also write the rows here"),
            option(
                "--rows",
                "--accounts",
                type=int,
                help="how many records (default: what the measurement is defined for)",
            ),
            option(
                "--data",
                dest="purchases",  # `data` is where an installation keeps its own
                metavar="FILE",
                help="of forecast: purchases by account and day, as CSV or as a retail set in Parquet",
            ),
            option("--calls", type=int, help="of quota: how many in the load (default: 20000)"),
            option("--processes", type=int, help="of quota: how many tills (default: 4)"),
            option(
                "--entries",
                type=int,
                help="of quota: fill an account with so many and compare it with one of 1000 (default: not)",
            ),
            option(
                "--untimed",
                action="store_true",
                help="of quota: the load and the sums after it, without measuring speed",
            ),
            option(
                "--on",
                choices=("sqlite", "postgresql"),
                help="on this database alone (default: on each that the measurement is defined for)",
            ),
            option("--people", type=int, help="of operators: how many (default: 300, on SQLite 30)"),
            option("--seconds", type=int, help="of operators: how long (default: 90)"),
            option(
                "--lists",
                choices=("records", "autosaves"),
                default="records",
                help="of operators: whether they look at their list after each record, or after each autosave too",
            ),
        ),
    ),
)


def serve(options: argparse.Namespace) -> int:
    from django.conf import settings  # noqa: PLC0415

    from embudo.project import serve as group  # noqa: PLC0415
    from embudo.project.first_start import prepare  # noqa: PLC0415

    prepare(is_empty=options.empty)
    address = f"http://{options.host}:{settings.PORT}"
    try:
        reserved = group.reserve(options.host, settings.PORT)
    except OSError:
        print(
            f"Port {settings.PORT} is taken. Choose another: make run PORT={settings.PORT + 1}",
            file=sys.stderr,
        )
        return 1
    print(f"Embudo is at {address}/  (Ctrl-C ends it)", flush=True)
    group.serve(reserved, processes=options.processes, is_working=not options.no_worker)
    return 0


def worker(_options: argparse.Namespace) -> int:
    from embudo.project.serve import work  # noqa: PLC0415

    work()
    return 0


def migrate(_options: argparse.Namespace) -> int:
    from embudo.project import setup  # noqa: PLC0415

    print("The database is up to date." if not setup.migrate(verbosity=1) else "Done.")
    return 0


def create_user(options: argparse.Namespace) -> int:
    from embudo.foundation.access import commands  # noqa: PLC0415
    from embudo.kernel.actor import system_actor  # noqa: PLC0415

    password = _asked_password()
    commands.create_user(
        system_actor("command line"),
        email=options.email,
        name=options.name,
        roles=tuple(options.role),
        password=password,
    )
    print(f"{options.email} may sign in.")
    return 0


def _asked_password() -> str:
    import getpass  # noqa: PLC0415

    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def set_password(options: argparse.Namespace) -> int:
    from embudo.foundation.access import commands, queries  # noqa: PLC0415
    from embudo.kernel.actor import system_actor  # noqa: PLC0415

    commands.set_password(
        system_actor("command line"), queries.user_by_email(options.email), password=_asked_password()
    )
    print("The password is set; other sessions have ended.")
    return 0


def list_users(_options: argparse.Namespace) -> int:
    from embudo.foundation.access import queries  # noqa: PLC0415
    from embudo.kernel.actor import system_actor  # noqa: PLC0415

    for user in queries.users(system_actor("command line")):
        print(f"{user.email}\t{user.name}\t{'active' if user.is_active else 'inactive'}")
    return 0


def create_token(options: argparse.Namespace) -> int:
    from datetime import timedelta  # noqa: PLC0415

    from embudo.foundation.access import commands, queries  # noqa: PLC0415
    from embudo.kernel import clock  # noqa: PLC0415

    owner = queries.actor_of(queries.user_by_email(options.email), origin="cli")
    expires = clock.now() + timedelta(days=options.days) if options.days else None
    _token, secret = commands.create_token(
        owner, name=options.name, grants=tuple(options.grant), expires=expires
    )
    print(secret)
    return 0


def do(options: argparse.Namespace) -> int:
    from embudo.entrypoints.cli import do as acts  # noqa: PLC0415

    if not options.act:
        print(acts.describe())
        return 0
    if not options.email:
        print("Say who acts: --as EMAIL", file=sys.stderr)
        return 2
    return acts.run(options.act, options.email, options.values)


def verify_audit(options: argparse.Namespace) -> int:
    from embudo.kernel import seal  # noqa: PLC0415

    faults = seal.verify(head=options.head)
    for fault in faults:
        print(
            f"{fault.kind}\t{'entry ' + str(fault.seq) if fault.seq is not None else 'chain'}\t{fault.detail}"
        )
    print(f"{'The log is intact' if not faults else str(len(faults)) + ' faults'}; head {seal.chain_head()}")
    return 1 if faults else 0


def check(_options: argparse.Namespace) -> int:
    from django.conf import settings  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    from embudo.foundation.notify.rules.mailboxes import mailbox_state  # noqa: PLC0415
    from embudo.project.health import readiness  # noqa: PLC0415

    call_command("check")
    state = dict(readiness())
    if settings.BOUNCE_URL:
        state["mailbox of returned mails"] = mailbox_state(settings.BOUNCE_URL)
    for part, answer in state.items():
        print(f"{part}: {answer}")
    return 0 if set(state.values()) == {"ok"} else 1
