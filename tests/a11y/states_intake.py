"""The pages of recording and verification, by who stands before them. `scene` is that of tests.journeys.intake."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page

from tests.a11y.gate import State
from tests.a11y.states import refused


def operator(scene: dict[str, Any]) -> Iterator[State]:
    work = f"/my-work/{scene['assignment']}/"
    wrong = f"/entries/{scene['rejected']}/"
    yield State("my work", "/my-work/")
    yield State("new entry", f"{work}new/")
    yield State("new entry refused", f"{work}new/", refused("main button[type=submit]"))
    yield State("entry to correct", f"{wrong}correct/")
    yield State("rejected entry", wrong)
    yield State("dispute refused", f"{wrong}dispute/", refused())
    yield State("entry handed in", f"/entries/{scene['handed_in']}/")
    yield State("entries", "/entries/")
    yield State("entries, none found", "/entries/?q=zzzz")
    yield State("no second entry", f"{work}second/")
    yield State("withdraw", f"{wrong}withdraw/")


def idle_operator() -> Iterator[State]:
    yield State("my work, nobody bound", "/my-work/")


def verifier(scene: dict[str, Any]) -> Iterator[State]:
    entry = f"/entries/{scene['handed_in']}/"
    yield State("verification", "/verification/")
    yield State("verify, not begun", f"{entry}verify/")
    yield State("verify", f"{entry}verify/", claimed)
    yield State("verify refused", f"{entry}verify/", rejected_without_a_reason)


def claimed(page: Page) -> None:
    """The entry is the verifier's already where another state came before."""
    page.wait_for_selector("#claim, #reject")
    if page.locator("#claim").count():
        page.locator("#claim").click()
    page.wait_for_selector("#reject")


def rejected_without_a_reason(page: Page) -> None:
    claimed(page)
    page.locator("#reject").click()
    page.wait_for_selector("#errors")


def leaders(scene: dict[str, Any]) -> Iterator[State]:
    at = f"/assignments/{scene['assignment']}/"
    olga = scene["people"]["olga"]["id"]
    yield State("assignments", "/assignments/")
    yield State("assignments, none found", "/assignments/?q=zzzz")
    yield State("assignment", at)
    yield State("new assignment refused", "/assignments/new/", refused())
    yield State("assignment, edit", f"{at}edit/")
    yield State("what is asked", f"{at}asked/")
    yield State("split", f"{at}split/")
    yield State("bind refused", f"{at}bind/", refused())
    yield State("bind a group", f"{at}bind-group/")
    yield State("close a part", f"{at}parts/{olga}/close/")
    yield State("close all", f"{at}close/")
    yield State("progress", f"{at}progress/")
    yield State("typed after closing", f"{at}late/")
    yield State("without a second entry", f"{at}without-second/")
    yield State("without a second entry refused", f"{at}without-second/", refused())
    yield State("look-alikes", "/likenesses/")
    yield State("decide several look-alikes", "/likenesses/decide/")
    yield State("decide several look-alikes refused", "/likenesses/decide/", refused())
    yield State("deliveries", f"{at}deliveries/")
    yield State("new delivery", f"{at}deliveries/new/")
    yield State("start alone", "/assignments/alone/")


def principal(scene: dict[str, Any]) -> Iterator[State]:
    yield State("principal's assignments", "/assignments/")
    yield State("principal's assignment", f"/assignments/{scene['assignment']}/")


def crews(scene: dict[str, Any], people: dict[str, dict[str, str]]) -> dict[str, list[State]]:
    """By whose eyes they are seen."""
    return {
        people["olga"]["email"]: list(operator(scene)),
        people["otto"]["email"]: list(idle_operator()),
        people["vera"]["email"]: list(verifier(scene)),
        people["cora"]["email"]: list(leaders(scene)),
        people["petra"]["email"]: list(principal(scene)),
    }
