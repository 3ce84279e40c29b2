from itertools import count
from typing import Any

from embudo.business.intake import commands
from embudo.business.intake.models import Assignment, Binding, Entry
from embudo.business.intake.rules.states import Duty
from embudo.foundation.access.models import User
from embudo.foundation.access.tests.builders import a_team, a_user, an_actor, tester, user_of
from embudo.kernel.actor import Actor

_numbers = count(1)
NIPS = tuple(
    f"{digits}{check}"
    for digits in (f"{526025000 + n:09d}" for n in range(1, 400))
    if (check := sum(int(d) * w for d, w in zip(digits, (6, 5, 7, 2, 3, 4, 5, 6, 7), strict=True)) % 11) < 10
)
# A test names the first hundred itself. What the builders number by themselves comes from the rest, or a test that
# names one would meet it again, depending on how many entries the tests before it made.
_UNNAMED = NIPS[100:]


def _somebody(name: str, role: str, **values: Any) -> Actor:
    email = f"{name.split(maxsplit=1)[0].lower()}.{role}@example.com"
    known = User.objects.filter(email=email).first()
    return an_actor(known or a_user(roles=(role,), name=name, email=email, **values))


def olga() -> Actor:
    """An operator who reports to Sven."""
    return _somebody("Olga Operator", "operator", manager=user_of(sven()))


def otto() -> Actor:
    """Another operator, under nobody."""
    return _somebody("Otto Other", "operator")


def sven() -> Actor:
    return _somebody("Sven Supervisor", "supervisor")


def cora() -> Actor:
    return _somebody("Cora Coordinator", "coordinator")


def petra() -> Actor:
    return _somebody("Petra Principal", "principal", team=a_team("Meat buyers"))


def paul() -> Actor:
    """Another principal."""
    return _somebody("Paul Principal", "principal", team=a_team("Fish buyers"))


def vera() -> Actor:
    return _somebody("Vera Verifier", "verifier")


def viktor() -> Actor:
    return _somebody("Viktor Verifier", "verifier")


def an_assignment(*, is_open: bool = True, is_bound: bool = True, **values: Any) -> Assignment:
    """Petra's, coordinated by Cora; Olga enters under Sven, Vera verifies."""
    given = {
        "title": f"Meat companies {next(_numbers)}",
        "principal": user_of(petra()),
        "coordinator": user_of(cora()).pk,
        "target": 100,
    }
    assignment = commands.create_assignment(cora(), **(given | values))
    if is_bound:
        bound(assignment, sven(), Duty.SUPERVISOR)
        bound(assignment, olga(), Duty.OPERATOR, supervisor=user_of(sven()))
        bound(assignment, vera(), Duty.VERIFIER)
    return commands.open_assignment(cora(), assignment) if is_open else assignment


def bound(assignment: Assignment, who: Actor, duty: str = Duty.OPERATOR, **values: Any) -> Binding:
    return commands.bind_person(tester(), assignment, person=user_of(who), duty=duty, **values)


def an_entry(
    assignment: Assignment | None = None, who: Actor | None = None, state: str = "entered", **values: Any
) -> Entry:
    """A company that Olga entered, brought to `state` by the acts themselves."""
    found = assignment or an_assignment()
    number = next(_numbers)
    actor = who or olga()
    typed = {"name": f"Masarnia {number}", "tax_id": _UNNAMED[number % len(_UNNAMED)], "town": "Hel"}
    asked = {one.name for one in found.attributes}
    given = {name: value for name, value in (typed | values).items() if name in asked}
    if found.subject == "person":
        given = {"first_name": "Jan", "last_name": f"Nowak {number}"} | given
    entry = commands.enter_entry(actor, found, values=given, seconds=60, is_another=True)
    return brought(entry, actor, state)


def brought(entry: Entry, actor: Actor, state: str) -> Entry:
    """To `state`, by Vera where a verifier is needed."""
    if state == "entered":
        return entry
    if state == "withdrawn":
        return commands.withdraw_entry(actor, entry)
    entry = commands.hand_in_entry(actor, entry)
    if state in ("handed_in", "accepted") and entry.state == state:
        return entry
    entry = commands.claim_entry(vera(), entry)
    if state == "verifying":
        return entry
    if state == "accepted":
        return commands.decide_entry(vera(), entry, outcome="accepted")
    point = {"name": "name", "judgement": "wrong", "code": "mistyped", "comment": "One letter is missing."}
    entry = commands.decide_entry(vera(), entry, outcome="rejected", points=[point], comment="Please check.")
    if state == "rejected":
        return entry
    return commands.correct_entry(actor, entry, values={"name": f"{entry.name} Sp. z o.o."})
