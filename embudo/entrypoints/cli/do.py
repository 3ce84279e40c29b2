import dataclasses
import inspect
import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from types import UnionType
from typing import Any, Union, get_args, get_origin
from uuid import UUID

from embudo.foundation.access.queries import actor_of, user_by_email
from embudo.kernel.command import Command, all_commands, command_named
from embudo.kernel.errors import EmbudoError, Forbidden, Invalid, NotFound, Refused
from embudo.kernel.event import plain
from embudo.kernel.money import Money
from embudo.kernel.record import Record

EXIT_CODES: dict[type[EmbudoError], int] = {Invalid: 2, Refused: 3, Forbidden: 4, NotFound: 5}


class UsageError(Exception):
    """What was typed cannot be turned into the act's input; the text says how to put it."""


def describe() -> str:
    """Every act with its inputs, one a line."""
    return "\n".join(f"{act.name}({', '.join(_names(act))})  {act.summary}" for act in all_commands())


def _names(act: Command[..., Any]) -> list[str]:
    return [
        name if one.default is inspect.Parameter.empty else f"[{name}]"
        for name, one in _parameters(act).items()
    ]


def _parameters(act: Command[..., Any]) -> dict[str, inspect.Parameter]:
    return dict(act.signature.parameters)


def run(name: str, email: str, typed: Sequence[str]) -> int:
    """Runs one act as the user with that mail address; input as name=value. Prints the result as JSON."""
    act = command_named(name)
    if act is None:
        print(f"There is no act called {name}. `embudo do` lists them.", file=sys.stderr)
        return 2
    try:
        actor = actor_of(user_by_email(email), origin="cli")
        given = {key: value for key, _eq, value in (item.partition("=") for item in typed)}
        result = call(act, actor, given)
    except UsageError as problem:
        print(problem, file=sys.stderr)
        return 2
    except EmbudoError as problem:
        print(_told(problem), file=sys.stderr)
        return next(code for kind, code in EXIT_CODES.items() if isinstance(problem, kind))
    print(json.dumps(shown(result), ensure_ascii=False, indent=1))
    return 0


def _told(problem: EmbudoError) -> str:
    if isinstance(problem, Invalid):
        return "\n".join(
            f"{field or 'input'}: {text}" for field, texts in problem.errors.items() for text in texts
        )
    if isinstance(problem, Refused):
        return f"{problem.message} ({problem.code})"
    if isinstance(problem, Forbidden):
        return f"This user lacks the permission {problem.permission}."
    return "Not found."


def call(act: Command[..., Any], actor: Any, given: dict[str, Any]) -> Any:
    """Turns plain values into what the act's signature asks for: records by id, dates, money, tuples, dataclasses."""
    parameters = _parameters(act)
    unknown = given.keys() - parameters.keys()
    missing = [
        name
        for name, one in parameters.items()
        if one.default is inspect.Parameter.empty and name not in given
    ]
    if unknown or missing:
        raise UsageError(f"{act.name} takes: {', '.join(_names(act))}. Write each as name=value.")
    values = {name: value_of(name, parameters[name].annotation, text, actor) for name, text in given.items()}
    positional = [
        values.pop(name)
        for name, one in parameters.items()
        if one.kind is not one.KEYWORD_ONLY and name in values
    ]
    return act(actor, *positional, **values)


def value_of(name: str, hint: Any, text: Any, actor: Any) -> Any:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        inner = next(arg for arg in args if arg is not type(None))
        return None if text in ("", None) else value_of(name, inner, text, actor)
    if origin in (tuple, list):
        items = text.split(",") if isinstance(text, str) else text
        return tuple(value_of(name, args[0], item, actor) for item in items)
    if isinstance(hint, type):
        try:
            return _of_type(name, hint, text, actor)
        except (ValueError, InvalidOperation, KeyError, TypeError) as problem:
            raise UsageError(f"{name}: {text!r} is no {hint.__name__.lower()}.") from problem
    return text


def _of_type(name: str, hint: type, text: Any, actor: Any) -> Any:
    if issubclass(hint, Record):
        return hint.objects.one(actor, UUID(str(text)))
    if hint is Money:
        amount, _space, currency = str(text).partition(" ")
        return Money.of(amount, currency)
    if hint is bool:
        return str(text).lower() in {"1", "true", "yes"}
    if hint in (date, datetime):
        return hint.fromisoformat(text)
    if dataclasses.is_dataclass(hint):
        fields = json.loads(text) if isinstance(text, str) else text
        hints = {one.name: one.type for one in dataclasses.fields(hint)}
        resolved = inspect.get_annotations(hint, eval_str=True)
        return hint(
            **{
                key: value_of(f"{name}.{key}", resolved[key], fields[key], actor)
                for key in hints
                if key in fields
            }
        )
    if hint in (int, str, Decimal, UUID) or issubclass(hint, str):
        return hint(text)
    return text


def shown(result: Any) -> Any:
    """A result as JSON: a record by kind and id."""
    if isinstance(result, Record):
        return {"kind": result.kind_name(), "id": str(result.pk), "version": result.version}
    if isinstance(result, tuple | list):
        return [shown(item) for item in result]
    if isinstance(result, Money):
        return {"amount_minor": result.minor, "currency": result.currency}
    if dataclasses.is_dataclass(result) and not isinstance(result, type):
        return {one.name: shown(getattr(result, one.name)) for one in dataclasses.fields(result)}
    value = plain(result)
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
