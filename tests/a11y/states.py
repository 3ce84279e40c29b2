"""Every page of the product, and the states that it can be in."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from playwright.sync_api import Page

from tests.a11y.gate import State
from tests.journeys.server import TIME_ZONE


def opened(selector: str) -> Any:
    """The dialog behind a link."""

    def then(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_selector("#dialog[open] form")

    return then


def refused(selector: str = "main #submit") -> Any:
    """The form, sent as it stands, comes back with its errors."""

    def then(page: Page) -> None:
        page.locator(selector).first.click()
        page.wait_for_selector("#errors")

    return then


def refused_dialog(link: str) -> Any:
    def then(page: Page) -> None:
        opened(link)(page)
        refused("#dialog #submit")(page)

    return then


def pressed(keys: str, goal: str) -> Any:
    def then(page: Page) -> None:
        page.keyboard.press(keys)
        page.wait_for_selector(goal)

    return then


def searching(page: Page) -> None:
    page.keyboard.press("Control+K")
    page.keyboard.type("wąs")
    page.wait_for_selector("#palette [id^=hit-]")


def pulled_out(page: Page) -> None:
    """The menu of a narrow window."""
    button = page.locator("[data-drawer]")
    if button.is_visible():
        button.click()
        page.wait_for_selector("#sidebar[data-open]")


def move_menu(page: Page) -> None:
    page.locator(".deal [popovertarget]").first.click()
    page.wait_for_selector(".menu:popover-open")


def more_acts(page: Page) -> None:
    page.locator("[popovertarget=more-acts]").click()
    page.wait_for_selector("#more-acts:popover-open")


def move_form(page: Page) -> None:
    """Where an entry of a calendar can be given another day."""
    page.locator(".cal-move summary").first.click()
    page.wait_for_selector(".cal-move[open] input[type=date]")


def rows_picked(page: Page) -> None:
    page.locator("tbody .col-check .check").first.check()
    page.wait_for_selector("form.bulk[data-any]")


def edit_many(page: Page) -> None:
    rows_picked(page)
    page.locator("#bulk-edit").click()
    page.wait_for_selector("#dialog[open] #add-field")
    page.locator("#add-field-now").click()
    page.wait_for_selector("#dialog #submit")


def cell_open(page: Page) -> None:
    """A value of the first row within reach is edited where it stands."""
    page.locator("tr[data-row] th a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("F2")
    page.wait_for_selector(".inline-box form")


def cell_refused(page: Page) -> None:
    cell_open(page)
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    page.wait_for_selector(".inline-box .error")


def reference_searched(page: Page) -> None:
    """The owner of the first row within reach is chosen among those found."""
    page.locator("tr[data-row] td[data-edit=owner]").first.dblclick()
    page.wait_for_selector(".inline-box [role=combobox]")
    page.keyboard.type("a")
    page.wait_for_selector(".inline-box [role=option]")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".inline-box [aria-selected=true]")


def title_open(page: Page) -> None:
    page.locator(".record-title .edit-pencil").click()
    page.wait_for_selector(".inline-box form")


def fact_open(page: Page) -> None:
    page.locator("#facts .edit-pencil").first.click()
    page.wait_for_selector(".inline-box form")


def strangers(scene: dict[str, Any], language: str) -> Iterator[State]:
    form = f"/f/{scene['crews'][language]['key']}/"
    yield State("sign-in", "/login/")
    yield State("sign-in refused", "/login/", refused())
    yield State("forgotten password", "/password/forgotten/")
    yield State("reset sent", "/password/forgotten/sent/")
    yield State("link too old", "/password/new/x/y/", status=410)
    yield State("public form", form)
    yield State("public form refused", form, refused("main button[type=submit]"))
    yield State("public thanks", form + "thanks/")
    yield State("no such form", "/f/nothing/", status=404)


def half_signed_in() -> Iterator[State]:
    yield State("second factor", "/login/second-factor/")
    yield State("second factor refused", "/login/second-factor/", refused())


def forbidden() -> Iterator[State]:
    """For somebody without the right to it."""
    yield State("403", "/settings/roles/", status=403)
    yield State("leads, empty", "/leads/")
    yield State("invoices, empty", "/invoices/")
    yield State("tasks, empty", "/tasks/")
    yield State("dashboard, empty", "/?whose=mine")


def lists() -> Iterator[State]:
    """One of each kind of list, filled, searched, empty; the others look alike and are opened once."""
    yield State("dashboard", "/?whose=all")
    yield State("leads", "/leads/?tab=all")
    yield State("leads, none found", "/leads/?tab=all&q=zzzz")
    yield State("opportunities", "/opportunities/?tab=all")
    yield State("list as a board", "/tasks/?tab=all&face=board")
    yield State("list as a board, menu open", "/tasks/?tab=all&face=board&by=priority", move_menu)
    yield State("list as a board, fixed", "/leads/?tab=all&face=board")
    yield State("list as a board, none found", "/tasks/?tab=all&face=board&q=zzzz")
    yield State("calendar, month", "/tasks/?tab=all&face=calendar")
    yield State("calendar, week", "/tasks/?tab=all&face=calendar&span=week")
    yield State("calendar, agenda", "/tasks/?tab=all&face=calendar&span=agenda")
    day = datetime.now(
        ZoneInfo(TIME_ZONE)
    ).date()  # of the scene's tasks, wherever a journey has moved the clock since
    yield State("calendar, day", f"/tasks/?tab=all&face=calendar&span=day&day={day}", move_form)
    yield State("calendar, nothing there", "/leads/?tab=all&face=calendar&month=2001-01")
    yield State("board", "/board/")
    yield State("board, menu open", "/board/?whose=all", move_menu)
    yield State("companies", "/companies/")
    yield State("companies, rows picked", "/companies/?q=in", rows_picked)
    yield State("companies, edit many", "/companies/?size=25", edit_many)
    yield State("companies, a value being edited", "/companies/?q=windows", cell_open)
    yield State("companies, a value refused", "/companies/?q=polnoc", cell_refused)
    yield State("companies, an owner being chosen", "/companies/?q=windows", reference_searched)
    yield State("people", "/people/")
    yield State("products", "/products/")
    yield State("invoices", "/invoices/?tab=all")
    yield State("payments", "/payments/")
    yield State("tasks", "/tasks/?tab=all")
    yield State("notifications", "/notifications/")
    yield State("search results", "/search/?q=polnoc")
    yield State("nothing found", "/search/?q=zzzz")
    yield State("palette", "/people/?q=a", pressed("Control+K", "#palette[open]"))
    yield State("palette, searching", "/people/?q=b", searching)
    yield State("help", "/leads/?tab=mine", pressed("F1", "#help[open]"))
    yield State("drawer", "/products/?q=g", pulled_out)
    yield State("404", "/nothing/", status=404)


def records(scene: dict[str, Any]) -> Iterator[State]:
    at = scene["records"]
    lead, opportunity, invoice = (
        f"/leads/{at['lead']}/",
        f"/opportunities/{at['opportunity']}/",
        f"/invoices/{at['invoice']}/",
    )
    yield State("lead", lead)
    yield State("lead, call dialog", lead, opened("a[href$='/call/']"))
    yield State("lead, dialog refused", lead, refused_dialog("a[href$='/disqualify/']"))
    yield State("lead, converting", f"{lead}convert/")
    yield State("new lead", "/leads/new/")
    yield State("lead, a file to be changed", f"{lead}edit/")
    yield State("lead's attributes alone", f"/attributes/of/sales.lead/{at['lead']}/")
    yield State("leads, with a file", "/leads/?tab=all&q=jan&columns=name:200,custom_scan:200")
    yield State("new lead refused", "/leads/new/", refused())
    yield State("timeline alone", f"/activity/sales.lead/{at['lead']}/")
    yield State("documents alone", f"/documents/of/sales.lead/{at['lead']}/")
    yield State("history", f"/audit/history/sales.lead/{at['lead']}/")
    yield State("opportunity", opportunity)
    yield State("opportunity, lose", opportunity, opened("a[href$='/lose/']"))
    yield State("opportunity won", f"/opportunities/{at['won']}/")
    yield State("new opportunity", "/opportunities/new/")
    yield State("company", f"/companies/{at['company']}/?in=directory:companies")
    yield State("company's value alone", f"/values/directory.company/{at['company']}/sector/")
    yield State("followers alone", f"/followers/directory.company/{at['company']}/")
    yield State("new company refused", "/companies/new/", refused())
    yield State("person, a fact being edited", f"/people/{at['person']}/?in=directory:people", fact_open)
    yield State("person, the name being edited", f"/people/{at['person']}/?in=directory:people", title_open)
    yield State("new person", "/people/new/")
    yield State("product", f"/products/{at['product']}/")
    yield State("new product", "/products/new/")
    yield State("invoice", invoice)
    yield State("invoice, payment", invoice, opened("a[href$='/pay/']"))
    yield State("new invoice", f"/opportunities/{at['won']}/invoice/")
    yield State("new invoice refused", "/invoices/new/", refused())
    yield State("credit note", f"{invoice}credit/")
    yield State("reverse payment", f"/payments/{at['payment']}/reverse/")
    yield State("task", f"/tasks/{at['task']}/")
    yield State("meeting", f"/meetings/{at['meeting']}/change/")
    yield State("document", f"/documents/{at['document']}/")


def kept_in_order(scene: dict[str, Any]) -> Iterator[State]:
    """Attributes, views, imports, duplicates, and the further parts of a company."""
    at = scene["records"]
    company = f"/companies/{at['company']}/"
    yield State("attributes", "/settings/attributes/")
    yield State("prepared lists", "/settings/prepared-lists/")
    yield State("new attribute refused", "/settings/attributes/new/", refused())
    yield State("attribute", f"/settings/attributes/{at['attribute']}/")
    for tool in ("columns", "sort", "filter", "group", "save"):
        yield State(f"list, {tool}", f"/lists/sales:leads/{tool}/")
    yield State("list, saved view", f"/leads/?view={at['view']}")
    yield State("view", f"/views/{at['view']}/edit/")
    yield State("imports", "/imports/")
    yield State("changes of many", "/editing/runs/")
    yield State("change of many", f"/editing/runs/{at['run']}/")
    yield State("edit many alone", f"/editing/directory:companies/edit/?row={at['company']}&more=town")
    yield State("assign many", f"/editing/directory:companies/assign/?row={at['company']}")
    yield State("tag many, none there", f"/editing/directory:companies/tag/?row={at['company']}")
    yield State("delete many", f"/editing/directory:companies/delete/?row={at['company']}")
    yield State("new import refused", "/imports/new/?kind=directory.company", refused())
    yield State("import", f"/imports/{at['import']}/")
    yield State("import, matching", f"/imports/{at['import']}/match/")
    yield State("import, ready to run", f"/imports/{at['alike']}/")
    yield State("import, rows that look alike", f"/imports/{at['alike']}/alike/")
    yield State("import, done", f"/imports/{at['imported']}/")
    yield State("duplicates", "/duplicates/")
    yield State("duplicate pair", f"/duplicates/{at['pair']}/")
    yield State("merges", "/duplicates/merges/")
    yield State("merge", f"/duplicates/merges/{at['merge']}/")
    yield State("company, more acts", f"{company}?b=1", more_acts)
    yield State("delete, refused", f"/recycle/delete/directory.company/{at['company']}/")
    yield State("delete", f"/recycle/delete/directory.person/{at['person']}/")
    yield State("erase, refused", f"/recycle/erase/directory.person/{at['person']}/", refused())
    yield State("recycle bin", "/recycle/")
    yield State("recycle bin, none found", "/recycle/?q=zzzz")
    yield State("deleted record", f"/recycle/{at['recycled']}/")
    yield State("change company", f"{company}edit/")
    yield State("new phone refused", f"{company}phones/", refused())
    yield State("new address", f"{company}addresses/")
    yield State("registers", "/settings/registers/")
    yield State("register", "/settings/registers/vies/")
    yield State("list of activities refused", "/settings/activity-list/", refused())


def settings(scene: dict[str, Any]) -> Iterator[State]:
    at = scene["records"]
    yield State("profile", "/profile/")
    yield State("password", "/profile/password/")
    yield State("second factor page", "/profile/second-factor/")
    yield State("authenticator app", "/profile/second-factor/app/")
    yield State("sessions", "/profile/sessions/")
    yield State("tokens", "/profile/tokens/")
    yield State("new token refused", "/profile/tokens/new/", refused())
    yield State("notification choices", "/notifications/preferences/")
    yield State("users", "/settings/users/")
    yield State("user", f"/settings/users/{at['user']}/")
    yield State("user form", f"/settings/users/{at['user']}/edit/")
    yield State("reporting tree", "/settings/users/tree/")
    yield State("teams", "/settings/teams/")
    yield State("roles", "/settings/roles/")
    yield State("role", f"/settings/roles/{at['role']}/")
    yield State("organisation", "/settings/organisation/")
    yield State("log", "/audit/log/")
    yield State("log entry", "/audit/log/1/")
    yield State("chain", "/audit/log/state/")
    yield State("mails", "/mails/")
    yield State("mail", f"/mails/{at['mail']}/")
    yield State("sources", "/lead-sources/")
    yield State("source", f"/lead-sources/{scene['crews']['en']['source']}/")
    yield State("API reference", "/api/docs")
