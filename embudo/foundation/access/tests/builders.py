from itertools import count
from typing import Any

from django.test import Client

from embudo.foundation.access import commands, queries
from embudo.foundation.access.models import Team, User
from embudo.foundation.access.tests.default_roles import put_default_roles
from embudo.kernel.actor import Actor, system_actor

PASSWORD = "a long and sound word"
_numbers = count(1)


def tester() -> Actor:
    return system_actor("tests")


def with_roles() -> None:
    """The default roles with their default grants, as a new installation has them."""
    put_default_roles()


def a_team(name: str = "North") -> Team:
    found = Team.objects.filter(name=name).first()
    return found or commands.create_team(tester(), name=name)


def a_user(
    roles: tuple[str, ...] = ("seller",),
    name: str = "Ann",
    email: str | None = None,
    manager: User | None = None,
    team: Team | None = None,
    password: str | None = None,
) -> User:
    with_roles()
    address = email or f"{name.split(maxsplit=1)[0].lower()}{next(_numbers)}@example.com"
    return commands.create_user(
        tester(), email=address, name=name, roles=roles, manager=manager, team=team, password=password
    )


def an_actor(user: User) -> Actor:
    return queries.actor_of(user)


def _known(email: str) -> User | None:
    return User.objects.filter(email=email).first()


def ann() -> Actor:
    """The right one: a seller of the team North. The same person however often a test asks."""
    return an_actor(
        _known("ann@example.com") or a_user(name="Ann Right", email="ann@example.com", team=a_team("North"))
    )


def bob() -> Actor:
    """A seller of another team."""
    return an_actor(
        _known("bob@example.com") or a_user(name="Bob Other", email="bob@example.com", team=a_team("South"))
    )


def cat() -> Actor:
    """Signed in, without any role."""
    return an_actor(_known("cat@example.com") or a_user(roles=(), name="Cat None", email="cat@example.com"))


def user_of(actor: Actor) -> User:
    """The user behind ann(), bob(), cat()."""
    return User.objects.get(pk=actor.id)


def a_client(who: Actor | User, **kwargs: Any) -> Client:
    """A browser in which somebody is signed in."""
    client = Client(**kwargs)
    client.force_login(who if isinstance(who, User) else user_of(who))
    return client


def an_admin(name: str = "Ada Chief") -> Actor:
    email = f"{name.split(maxsplit=1)[0].lower()}@example.com"
    return an_actor(_known(email) or a_user(roles=("administrator",), name=name, email=email))


def a_token(who: Actor | User, **kwargs: Any) -> str:
    """The secret of a token that may do all its owner may, unless `grants` says less."""
    actor = who if isinstance(who, Actor) else an_actor(who)
    return commands.create_token(actor, name="tests", **kwargs)[1]
