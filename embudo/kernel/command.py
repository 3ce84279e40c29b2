import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from embudo.kernel.act import acting
from embudo.kernel.actor import Actor, ActorKind
from embudo.kernel.errors import Forbidden, NotFound
from embudo.kernel.event import module_of
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record

P = ParamSpec("P")
T = TypeVar("T")

_commands: dict[str, "Command[..., Any]"] = {}


class Command(Generic[P, T]):
    """
    A write. Calling it checks the grant (Forbidden) and that every record given is visible (NotFound) and within the
    grant's scope (Forbidden), then runs it in one transaction with its log rows. `inner` runs it inside another
    command, without a second check. `name` is "sales.convert_lead".
    """

    def __init__(self, permission: Permission, function: Callable[Concatenate[Actor, P], T]) -> None:
        self.permission = permission
        self.function = function
        self.name = f"{module_of(function.__module__)}.{function.__name__}"
        functools.update_wrapper(self, function)
        if self.name in _commands:
            raise ValueError(f"two commands are called {self.name}")
        _commands[self.name] = self

    def __call__(self, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.authorise(actor, (*args, *kwargs.values()))
        return self.inner(actor, *args, **kwargs)

    def inner(self, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with acting(actor, self.name):
            return self.function(actor, *args, **kwargs)

    def authorise(self, actor: Actor, given: Iterable[object] = ()) -> None:
        if not actor.may(self.permission):
            raise Forbidden(self.permission.code)
        for first, record in enumerate(item for item in given if isinstance(item, Record)):
            if not record.is_visible_to(actor):
                raise NotFound
            if first > 0 or actor.kind is ActorKind.SYSTEM:  # which reaches all that it sees
                continue
            if not record.is_within(actor, self.permission):
                raise Forbidden(self.permission.code)

    @property
    def signature(self) -> inspect.Signature:
        """Without the actor: what entrances generate their inputs from."""
        whole = inspect.signature(self.function, eval_str=True)
        return whole.replace(parameters=list(whole.parameters.values())[1:])

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.function) or "").partition("\n")[0]


def command(permission: Permission) -> Callable[[Callable[Concatenate[Actor, P], T]], Command[P, T]]:
    """Makes a function `verb_noun(actor, record, *, named) -> T` a command guarded by `permission`."""

    def wrap(function: Callable[Concatenate[Actor, P], T]) -> Command[P, T]:
        return Command(permission, function)

    return wrap


def all_commands() -> list[Command[..., Any]]:
    return [_commands[name] for name in sorted(_commands)]


def command_named(name: str) -> Command[..., Any] | None:
    return _commands.get(name)
