from datetime import date, datetime
from typing import Any

from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import an_actor, tester, user_of
from embudo.foundation.activity import commands, rules
from embudo.foundation.activity.models import Call, Meeting, Note, Task
from embudo.foundation.notify.models import Notification
from embudo.foundation.notify.tests.builders import a_notification
from embudo.kernel.actor import Actor
from embudo.kernel.record import Record

TITLE_CODE = "activity.test_unpaid"
rules.register_task_title(
    TITLE_CODE, "Chase %(number)s", "This task closes by itself when the invoice is paid."
)


def a_carrier(whose: Actor, title: str = "Anvils for Acme") -> Notification:
    """Something to be about that one person alone may see."""
    return a_notification(user_of(whose), title=title, url=f"/x/{title}/")


def a_colleague_record(actor: Actor) -> User:
    """Something to be about that every seller may see: a person of the house."""
    return user_of(actor)


def a_task(actor: Actor, about: Record | None = None, **given: Any) -> Task:
    return commands.create_task(actor, about=about, **({"title": "Call Marta"} | given))


def an_automatic_task(about: Record, key: str = "unpaid:1", **given: Any) -> Task:
    wanted: dict[str, Any] = {
        "title_code": TITLE_CODE, "title_params": {"number": "FV/1"}, "owner": None, "due": date(2026, 3, 10),
        "amount": None, "since": date(2026, 3, 1),
    }  # fmt: skip
    return commands.open_automatic_task(tester(), about=about, key=key, **(wanted | given))


def a_note(actor: Actor, about: Record, text: str = "She likes anvils.") -> Note:
    return commands.add_note(actor, about=about, text=text)


def a_call(actor: Actor, about: Record, **given: Any) -> Call:
    return commands.log_call(actor, about=about, call=commands.CallFacts(**given))


def a_meeting(actor: Actor, about: Record, starts: datetime, **given: Any) -> Meeting:
    plan = commands.MeetingPlan(title="Show the anvils", starts=starts, **given)
    return commands.plan_meeting(actor, about=about, meeting=plan)


def fresh(actor: Actor) -> Actor:
    return an_actor(user_of(actor))
