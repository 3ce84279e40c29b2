"""The pages of quotas, by who stands before them. `scene` is that of tests.journeys.quota, with every state."""

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page

from tests.a11y.gate import State
from tests.a11y.states import opened, refused, rows_picked

ACCOUNTS, CHANGES = "/quota/accounts/", "/quota/changes/"
GUEST = "main button[type=submit]"


def guests(scene: dict[str, Any], language: str) -> Iterator[State]:
    """Customers, by the links in their mails, in the language whose turn it is."""
    answer = f"/quota/answer/{scene['changes']['token']}/?lang={language}"
    own, said = f"/quota/own/{scene['at']['portal']}/", f"?lang={language}"
    yield State("answer", answer)
    yield State("answer refused", answer, refused("main button[value=no]"))
    yield State("answer, no such link", f"/quota/answer/nothing/{said}", status=404)
    yield State("portal", own + said)
    yield State("portal, another limit refused", f"{own}change/{said}", refused(GUEST))
    yield State("portal, more refused", f"{own}more/{said}", refused(GUEST))
    yield State("portal, new link", f"/quota/renew/{said}")
    yield State("portal, new link refused", f"/quota/renew/{said}", refused(GUEST))


def accounts(scene: dict[str, Any]) -> Iterator[State]:
    at = scene["at"]
    busy = f"{ACCOUNTS}{at['busy']}/"
    yield State("quota accounts", ACCOUNTS)
    yield State("quota accounts, none found", f"{ACCOUNTS}?q=zzzz")
    yield State("quota account", busy)
    for name in ("full", "held", "pending"):
        yield State(f"quota account, {name}", f"{ACCOUNTS}{at[name]}/")
    yield State("new quota account refused", f"{ACCOUNTS}new/", refused())
    yield State("quota account, edit", f"{busy}edit/")
    yield State("quota account, close refused", f"{busy}close/", refused())
    yield State("quota account, top-up open", f"{busy}?b=1", opened("main a[href$='/top-up/']"))
    yield State("quota account, top-up refused", f"{busy}top-up/", refused())
    yield State("quota account, hold refused", f"{busy}block/", refused())
    yield State("quota account, ask refused", f"{ACCOUNTS}{at['full']}/ask/", refused())
    yield State("quota ledger", f"{busy}entries/")
    yield State("quota story", f"{busy}story/")
    yield State("quota forecast", f"{busy}outlook/")
    yield State("quota forecasts", "/quota/outlook/")
    yield State("quota links", f"/quotas/{at['busy']}/links/")
    yield State("quota link, send", f"/quotas/{at['busy']}/links/new/")
    yield State("requests to spend", "/quota/requests/")
    yield State("request to spend, approve", f"/quota/requests/{at['request']}/approve/")
    yield State("request to spend, deny refused", f"/quota/requests/{at['request']}/deny/", refused())
    yield State("check a file refused", "/quota/trail/check/", refused())
    yield State("check a file, unknown", "/quota/trail/check/", unknown_file)


def unknown_file(page: Page) -> None:
    file = {"name": "trail.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 of somebody else"}
    page.set_input_files("main input[type=file]", [file])
    page.locator("main #submit").click()
    page.wait_for_selector("#outcome")


def changes(scene: dict[str, Any]) -> Iterator[State]:
    of = scene["changes"]
    draft, review, waiting = (f"{CHANGES}{of[name]}/" for name in ("draft", "review", "awaiting"))
    yield State("quota changes", CHANGES)
    yield State("quota changes, none found", f"{CHANGES}?q=zzzz")
    yield State("quota changes waiting", f"{CHANGES}waiting/")
    yield State("quota changes held back", f"{CHANGES}held-back/")
    yield State("new quota change refused", f"{ACCOUNTS}{scene['asking']}/change/", refused())
    yield State("quota change, draft", draft)
    yield State("quota change, edit", f"{draft}edit/")
    yield State("quota change, submit", f"{draft}submit/")
    yield State("quota change, review", review)
    yield State("quota change, recall refused", f"{review}recall/", refused())
    yield State("quota change, replace refused", f"{review}replace/", refused_without_reason)
    yield State("quota change, awaiting", waiting)
    yield State("quota change, answer refused", f"{waiting}answer/", refused())
    yield State("quota change, ask again", f"{waiting}ask-again/")
    yield State("quota change, tell again", f"{waiting}tell/")
    yield State("quota change, told by phone", f"{waiting}told/")
    yield State("quota change, came back", f"{waiting}answers/{of['answer']}/returned/")
    yield State("quota change, scheduled", f"{CHANGES}{of['scheduled']}/")
    yield State("quota change, rehearse", f"{CHANGES}{of['scheduled']}/rehearse/")
    yield State("quota change, rejected", f"{CHANGES}{of['rejected']}/")


def refused_without_reason(page: Page) -> None:
    """The form comes with what the change before it says."""
    page.fill("main [name=reason]", "")
    refused()(page)


def runs(scene: dict[str, Any]) -> Iterator[State]:
    at = scene["at"]
    row = f"?row={at['switch']}"
    yield State("proposals", "/quota/proposals/")
    yield State("proposals, picked", "/quota/proposals/", rows_picked)
    yield State("proposals, none found", "/quota/proposals/?q=zzzz")
    yield State("proposals waiting", "/quota/proposals/waiting/")
    yield State("proposals, approve", f"/quota/proposals/approve/{row}")
    yield State("proposals, deny refused", f"/quota/proposals/deny/{row}", refused())
    yield State("proposal", f"/quota/proposals/{at['switch']}/")
    yield State("proposal, deny refused", f"/quota/proposals/{at['switch']}/deny/", refused())
    yield State("daily runs", "/quota/runs/")
    yield State("daily run", f"/quota/runs/{at['run']}/")
    yield State("daily run, switches", f"/quota/runs/{at['run']}/switches/")
    yield State("daily run, again", "/quota/runs/ask/")


def approver(scene: dict[str, Any]) -> Iterator[State]:
    of, at = scene["changes"], scene["at"]
    yield State("approver's change", f"{CHANGES}{of['review']}/")
    yield State("quota change, approve", f"{CHANGES}{of['review']}/approve/")
    yield State("quota change, reject refused", f"{CHANGES}{of['review']}/reject/", refused())
    yield State("quota change, sign", f"{CHANGES}{of['scheduled']}/sign/")
    yield State("quota account, adjust refused", f"{ACCOUNTS}{at['busy']}/adjust/", refused())
    yield State("quota account, lift refused", f"/quota/blocks/{at['block']}/lift/", refused())


def chief(scene: dict[str, Any]) -> Iterator[State]:
    """What only administrators define and grant."""
    at = scene["at"]
    policy, licence = f"/quota/policies/{at['policy']}/", f"/quota/licences/{at['licence']}/"
    yield State("quota policies", "/quota/policies/")
    yield State("quota policy", policy)
    yield State("new quota policy refused", "/quota/policies/new/", refused())
    yield State("quota policy, new version", f"{policy}publish/")
    yield State("quota policy, archive", f"{policy}archive/")
    yield State("quota licences", "/quota/licences/")
    yield State("quota licence", licence)
    yield State("quota licence, suspended", f"/quota/licences/{at['suspended']}/")
    yield State("new quota licence refused", "/quota/licences/new/", refused())
    yield State("quota licence, end", f"{licence}end/")
    yield State("quota licence, suspend refused", f"{licence}suspend/", refused())
    yield State("quota licence, restore refused", f"/quota/licences/{at['suspended']}/restore/", refused())
    yield State("exchange rates", "/quota/rates/")
    yield State("new exchange rate refused", "/quota/rates/new/", refused())


def desks(scene: dict[str, Any], language: str) -> dict[str, list[State]]:
    """By whose eyes they are seen; customers are nobody the product knows."""
    people = scene["people"]
    return {
        "": list(guests(scene, language)),
        people["oscar"]["email"]: [*accounts(scene), *changes(scene), *runs(scene)],
        people["ada"]["email"]: list(approver(scene)),
        f"admin-{language}@example.com": list(chief(scene)),
    }
