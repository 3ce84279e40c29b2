"""A small world in a database of its own, in which the live events are tried: run as a program, told what to do by lines."""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402 - Django must be set up first
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.core.management import call_command  # noqa: E402

from embudo.foundation.access import commands as access  # noqa: E402
from embudo.foundation.access.models import User  # noqa: E402
from embudo.foundation.access.queries import actor_of  # noqa: E402
from embudo.foundation.notify import commands, queries  # noqa: E402
from embudo.foundation.notify.rules.news import NotificationKind, register_notification_kind  # noqa: E402
from embudo.kernel.actor import system_actor  # noqa: E402

SYSTEM = system_actor("tests")
register_notification_kind(NotificationKind("tests.news", "News", is_mailed=False))


def a_person(name: str) -> User:
    return access.create_user(SYSTEM, email=f"{name}@example.com", name=name.title(), roles=("seller",))


def cookie_of(user: User) -> str:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def tell(name: str) -> str:
    user = User.objects.get(email=f"{name}@example.com")
    told = commands.tell_user(SYSTEM, user=user, kind="tests.news", title="News")
    return str(told.pk) if told else ""


def read(name: str, notification_id: str) -> str:
    actor = actor_of(User.objects.get(email=f"{name}@example.com"))
    commands.mark_notification_read(actor, queries.notification(actor, UUID(notification_id)))
    return "read"


def enter(name: str) -> str:
    return cookie_of(User.objects.filter(email=f"{name}@example.com").first() or a_person(name))


def leave(name: str) -> str:
    access.deactivate_user(SYSTEM, User.objects.get(email=f"{name}@example.com"))
    return "gone"


def identify(name: str) -> str:
    return str(User.objects.get(email=f"{name}@example.com").pk)


ACTS: dict[str, Callable[..., str]] = {
    "tell": tell,
    "read": read,
    "enter": enter,
    "leave": leave,
    "id": identify,
}


def main() -> None:
    call_command("migrate", verbosity=0)
    access.sync_roles(SYSTEM)
    access.create_user(SYSTEM, email="admin@example.com", name="Admin", roles=("administrator",))
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        act, *given = line.split()
        print(json.dumps(ACTS[act](*given)), flush=True)


main()
