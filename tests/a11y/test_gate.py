"""
Nothing is found on any page in any state: in one language with everything, in the others by axe in light. Several tests,
so that they can be taken side by side.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.a11y import states, states_intake, states_quota
from tests.a11y.gate import PASSES, Gate, State
from tests.journeys.intake import intake_scene
from tests.journeys.people import Person
from tests.journeys.quota import quota_scene
from tests.journeys.scene_words import LANGUAGES
from tests.journeys.server import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]


def turn() -> str:
    """The language whose turn it is: the variable's, else the day's."""
    return os.environ.get("EMBUDO_A11Y_LANG") or LANGUAGES[datetime.now(UTC).toordinal() % len(LANGUAGES)]


def wanted(states: list[State]) -> list[State]:
    """All, or while mending those that the variable names, parted by semicolons."""
    names = [one for one in os.environ.get("EMBUDO_A11Y_STATES", "").split(";") if one]
    return [state for state in states if state.name in names] if names else states


def passes_of(language: str) -> tuple[str, ...]:
    return tuple(PASSES) if language == turn() else ("light",)


# The longest first: what is left at the end of a run is then short, and shared out evenly.
CHOSEN = [(one, each) for one in sorted(LANGUAGES, key=lambda one: one != turn()) for each in passes_of(one)]


@pytest.fixture(params=CHOSEN, ids="-".join)
def chosen(request: pytest.FixtureRequest) -> tuple[str, str]:
    language, one = request.param
    return language, one


@pytest.fixture
def language(chosen: tuple[str, str]) -> str:
    return chosen[0]


Enter = Callable[[str], Any]


@pytest.fixture
def enter(browser: Browser, product: Product, language: str) -> Enter:
    """Signs somebody in, in the language, and gives their cookies."""

    def cookies_of(email: str) -> Any:
        person = Person(browser, product, language)
        person.sign_in(email)
        kept = person.context.storage_state()
        person.leave()
        return kept

    return cookies_of


def groups(scene: dict[str, Any], language: str) -> dict[str, list[State]]:
    return {
        "": list(states.strangers(scene, language)),
        "factor@example.com": list(states.half_signed_in()),
        f"idle-{language}@example.com": list(states.forbidden()),
        f"admin-{language}@example.com": [
            *states.lists(),
            *states.records(scene),
            *states.kept_in_order(scene),
            *states.settings(scene),
        ],
    }


def test_gate_finds_nothing(
    product: Product, browser: Browser, chosen: tuple[str, str], enter: Enter
) -> None:
    language, name = chosen
    found: list[str] = []
    recorded = intake_scene(product, f"gate-{language}-{name}", language)
    crews = states_intake.crews(recorded, recorded["people"])
    allowed = quota_scene(product, f"gate-{language}-{name}", language, is_whole=True)
    desks = states_quota.desks(allowed, language)
    everybody = [*groups(product.scene, language).items(), *crews.items(), *desks.items()]
    for email, all_of_them in everybody:
        if states_here := wanted(all_of_them):
            gate = Gate(product.base, browser, language, enter(email) if email else None)
            gate.check(states_here, PASSES.get(name, (name,)), is_full=language == turn())
            if gate.findings:
                found.append(gate.report())
    assert not found, "\n".join(found)
