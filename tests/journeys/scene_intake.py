"""
People and an assignment for the browser tests of recording, made in a running installation through the product's own commands.
Run as a program: `python -m tests.journeys.scene_intake KEY [LANGUAGE]` prints JSON. Tests call `intake.intake_scene`.
"""

import json
import sys
from typing import Any

from tests.journeys.scene import SYSTEM, a_user  # sets Django up

from embudo.business.intake import commands as intake  # isort: skip
from embudo.business.intake.models import Assignment, Entry  # isort: skip
from embudo.business.intake.rules.states import Duty  # isort: skip
from embudo.foundation.access import commands as access, queries  # isort: skip
from embudo.foundation.access.commands.users import create_user  # isort: skip
from embudo.foundation.access.models import User  # isort: skip
from embudo.kernel.actor import Actor  # isort: skip
from embudo.kernel.permission import RECORDING  # isort: skip
from tests.journeys.scene_words import PASSWORD  # isort: skip

ROLES = {
    "cora": ("Cora Coordinator", "coordinator"),
    "sven": ("Sven Supervisor", "supervisor"),
    "olga": ("Olga Operator", "operator"),
    "otto": ("Otto Other", "operator"),
    "vera": ("Vera Verifier", "verifier"),
    "petra": ("Petra Principal", "principal"),
}
ASKED = [
    {"name": "name", "is_required": True},
    {"name": "tax_id", "is_unique": True, "help": "The NIP, ten digits."},
    {"name": "postcode"},
    {"name": "town", "is_required": True},
    {"name": "email"},
    {"name": "phone"},
    {"name": "source1", "is_kept": True},
]
NIPS = ("5260250274", "5252344078")


def crew(key: str, language: str) -> dict[str, User]:
    """One of each profile, and Sola, who holds all of them alone; petra-KEY@example.com signs in with PASSWORD."""
    team = access.create_team(SYSTEM, name=f"Buyers {key}")
    people: dict[str, User] = {}
    for name, (full, role) in ROLES.items():
        more: dict[str, Any] = {"team": team} if name == "petra" else {}
        more |= {"manager": people["sven"]} if name == "olga" else {}
        people[name] = a_user(f"{name}-{key}@example.com", full, role, language, **more)
    people["sola"] = create_user(
        SYSTEM, email=f"sola-{key}@example.com", name="Sola Alone", roles=RECORDING, password=PASSWORD
    )
    return people


def actor(person: User) -> Actor:
    return queries.actor_of(person)


def an_assignment(people: dict[str, User], **more: Any) -> Assignment:
    """Petra's, coordinated by Cora, open: Olga and Otto enter under Sven, Vera verifies."""
    cora = actor(people["cora"])
    given: dict[str, Any] = {
        "title": "Meat companies in Mazovia",
        "instruction": "Companies that slaughter, cut or process meat. Take them from the register of the veterinary office.",
        "principal": people["petra"], "target": 100, "asked": ASKED,
    }  # fmt: skip
    made = intake.create_assignment(cora, **(given | more))
    intake.bind_person(cora, made, person=people["sven"], duty=Duty.SUPERVISOR)
    intake.bind_person(cora, made, person=people["olga"], duty=Duty.OPERATOR, supervisor=people["sven"])
    intake.bind_person(cora, made, person=people["otto"], duty=Duty.OPERATOR, supervisor=people["sven"])
    intake.bind_person(cora, made, person=people["vera"], duty=Duty.VERIFIER)
    return intake.open_assignment(cora, made)


def an_entry(people: dict[str, User], assignment: Assignment, name: str, **more: Any) -> Entry:
    """Olga's, entered and handed in."""
    values = {"name": name, "town": "Radom", **more}
    olga = actor(people["olga"])
    return intake.enter_entry(olga, assignment, values=values, seconds=60, is_handed_in=True)


def rejected(people: dict[str, User], entry: Entry) -> Entry:
    """By Vera: a letter is missing in the name."""
    vera = actor(people["vera"])
    held = intake.claim_entry(vera, entry)
    point = {
        "name": "name", "judgement": "wrong", "code": "mistyped", "comment": "One letter is missing.",
        "suggested": "Masarnia Wola",
    }  # fmt: skip
    return intake.decide_entry(
        vera, held, outcome="rejected", points=[point], comment="Please compare it with the register."
    )


def main(key: str, language: str = "en") -> dict[str, Any]:
    people = crew(key, language)
    assignment = an_assignment(people)
    wrong = rejected(people, an_entry(people, assignment, "Masarnia Wla", tax_id=NIPS[0]))
    waits = an_entry(people, assignment, "Rzeźnia Północ", tax_id=NIPS[1])
    return {
        "assignment": str(assignment.pk),
        "rejected": str(wrong.pk),
        "handed_in": str(waits.pk),
        "people": {
            name: {"id": str(one.pk), "email": one.email, "name": one.name} for name, one in people.items()
        },
    }


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
