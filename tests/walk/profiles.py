"""Two principals whose work must never mix: who works for the first, who for the second, and what each kind of person may."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from embudo.business.intake import commands
from embudo.business.intake.commands.deliveries import make_delivery
from embudo.business.intake.models import Assignment, Entry, Likeness
from embudo.business.intake.tests.builders import (
    NIPS,
    bound,
    cora,
    olga,
    otto,
    paul,
    petra,
    sven,
    vera,
    viktor,
)
from embudo.foundation.access.tests.builders import a_user, an_actor, an_admin, user_of
from embudo.kernel.actor import Actor
from embudo.kernel.record import Record, new_id
from tests.walk.recorded import Form

# As the table has them, without a look at the product's own declarations.
SEEING = {"view_assignment", "view_entry"}
LEADING = SEEING | {"bind", "view_progress", "close_part", "converse", "decide"}
ORDERING = {"create_assignment", "edit_assignment", "bind", "view_progress", "take_delivery"}
MAY: Mapping[str, set[str]] = {
    "operator": SEEING | {"enter", "correct", "converse"},
    "supervisor": LEADING,
    "coordinator": LEADING | ORDERING | {"close_assignment", "waive_second"},
    "principal": SEEING | ORDERING,
    "verifier": SEEING | {"verify", "converse"},
}
MAY = {**MAY, "administrator": set().union(*MAY.values())}
ASSIGNED = {"assignment", "binding", "closing", "entry", "user"}
# Of the records of the first assignment.
SEES: Mapping[str, set[str]] = {
    "operator": ASSIGNED | {"draft"},
    "supervisor": ASSIGNED | {"likeness"},
    "coordinator": ASSIGNED | {"likeness", "delivery"},
    "principal": ASSIGNED | {"delivery"},
    "verifier": ASSIGNED,
    "administrator": ASSIGNED | {"likeness", "delivery"},
}
SECRET, FOREIGN = "Tajnosecret", "Drugoforeign"
SOUGHT = SECRET[:6]  # what is searched for: a page may say that again, and nothing more


class Scene:
    """What stands for the arguments of an address: the records of the first assignment, or of the second."""

    def __init__(self) -> None:
        self.first = Part(SECRET, petra(), {"operator": olga(), "supervisor": sven(), "verifier": vera()})
        boss = _somebody("Sasha", "supervisor")
        helper = _somebody("Oskar", "operator", manager=user_of(boss))
        self.second = Part(FOREIGN, paul(), {"operator": helper, "supervisor": boss, "verifier": viktor()})
        bound(self.first.assignment, otto())
        self.others = {
            "another operator": (otto(), "operator"),
            "an operator elsewhere": (helper, "operator"),
            "a supervisor elsewhere": (boss, "supervisor"),
            "another principal": (paul(), "principal"),
            "a verifier elsewhere": (viktor(), "verifier"),
        }

    def profiles(self) -> dict[str, Actor]:
        mine = self.first.people
        return {**mine, "coordinator": cora(), "principal": petra(), "administrator": an_admin()}


class Part:
    """One principal's assignment, with a record of each kind whose every text is a word to look for."""

    def __init__(self, word: str, principal: Actor, people: Mapping[str, Actor]) -> None:
        self.word, self.people = word, people
        self.assignment = self._ordered(principal)
        entry = self._entry("Zakład", NIPS[0])
        self._entry("Oddział", NIPS[0])
        last = self._entry("Filia", NIPS[1])
        self._worked(last)
        self._entry("Sklep", NIPS[2])
        entry = commands.hand_in_entry(people["operator"], entry)
        extra = user_of(_somebody(f"Hal{word}", "operator", manager=user_of(people["supervisor"])))
        binding = commands.bind_person(people["supervisor"], self.assignment, person=extra, duty="operator")
        closing = commands.close_part(people["supervisor"], self.assignment, person_id=extra.pk)
        form: Any = Form(new_id(), people["operator"].id)
        commands.save_draft(
            people["operator"], assignment=self.assignment.pk, draft=form.pk, values={"name": f"{word} draft"}, sequence=1,
            title=f"{word} draft",
        )  # fmt: skip
        delivery = commands.order_delivery(principal, self.assignment, is_all=True)
        make_delivery(principal, delivery)
        delivery.refresh_from_db()
        self.records: dict[str, Record] = {
            "assignment": self.assignment, "entry": entry, "binding": binding, "closing": closing, "draft": form,
            "delivery": delivery, "user": extra, "person": extra, "lead": self.assignment,
            "likeness": Likeness.objects.get(entry__assignment=self.assignment, is_across=False),
        }  # fmt: skip

    def _ordered(self, principal: Actor) -> Assignment:
        found = commands.create_assignment(
            principal,
            title=f"{self.word} title",
            instruction=f"{self.word} instruction",
            coordinator=cora().id,
        )
        for duty in ("supervisor", "verifier"):
            bound(found, self.people[duty], duty)
        bound(found, self.people["operator"], supervisor=user_of(self.people["supervisor"]))
        return commands.open_assignment(cora(), found)

    def _entry(self, name: str, tax_id: str) -> Entry:
        values = {
            "name": f"{name} {self.word}",
            "tax_id": tax_id,
            "town": "Hel",
            "email": f"{self.word.lower()}{tax_id}@example.com",
        }
        return commands.enter_entry(
            self.people["operator"], self.assignment, values=values, seconds=40, is_another=True
        )

    def _worked(self, entry: Entry) -> None:
        """Rejected, talked about, disputed."""
        operator, verifier = self.people["operator"], self.people["verifier"]
        commands.hand_in_entry(operator, entry)
        commands.claim_entry(verifier, entry)
        commands.decide_entry(verifier, entry, outcome="rejected", comment=f"{self.word} comment")
        commands.send_message(operator, entry, text=f"{self.word} message")
        commands.dispute_rejection(operator, entry, text=f"{self.word} dispute")

    # --- as the walk's world ---

    def value(self, argument: str, route: str) -> tuple[Any, Record | None]:
        record = self.records[argument.removesuffix("_id")]
        return record.pk, record

    def missing(self, argument: str, route: str) -> Any:
        return uuid4()

    def kind_of(self, record: Record) -> str:
        return next(name for name, one in self.records.items() if one.pk == record.pk)


def _somebody(name: str, role: str, **values: Any) -> Actor:
    return an_actor(a_user(roles=(role,), name=f"{name} {role.capitalize()}", **values))
