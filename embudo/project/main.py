"""The command `embudo`: what a person types to run, keep and move an installation."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

Handler = Callable[[argparse.Namespace], int]
# Django's own commands that developers need; they are no part of the product's command line.
FOR_DEVELOPERS = frozenset(
    {"makemigrations", "makemessages", "showmigrations", "sqlmigrate", "shell", "dbshell"}
)


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embudo.project.settings")
    if arguments and arguments[0] in FOR_DEVELOPERS:
        return _run_django(arguments)
    options = parser().parse_args(arguments)
    if getattr(options, "handler", None) is None:
        parser().print_help()
        return 0
    for variable in ("DATA", "PORT"):
        chosen = getattr(options, variable.lower(), None)
        if chosen:
            os.environ[variable] = str(chosen)
    handler: Handler = options.handler
    try:
        return handler(options)
    except KeyboardInterrupt:
        return 130


def _run_django(arguments: list[str]) -> int:
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(["embudo", *arguments])
    return 0


def parser() -> argparse.ArgumentParser:
    from embudo.project import verbs  # noqa: PLC0415 - the tables below need no Django

    top = argparse.ArgumentParser(prog="embudo", description="Embudo, a self-hosted CRM.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for verb in verbs.VERBS:
        _add(commands, verb)
    return top


def _add(commands: Any, verb: Any) -> None:
    one = commands.add_parser(verb.name, help=verb.help, description=verb.description or verb.help)
    for names, settings in verb.options:
        one.add_argument(*names, **settings)
    if verb.parts:
        parts = one.add_subparsers(title="what to do", metavar="WHAT", required=True)
        for part in verb.parts:
            _add(parts, part)
    else:
        one.set_defaults(handler=verb.handler)


if __name__ == "__main__":
    sys.exit(main())
