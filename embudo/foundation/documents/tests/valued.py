from pathlib import Path
from typing import Any

from django.test import Client

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.business.sales.models import Lead
from embudo.business.sales.tests.builders import a_lead
from embudo.foundation.access.tests.builders import a_token, ann, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.documents.tests.builders import PDF, a_file
from embudo.kernel.actor import Actor, system_actor

COMPANY, LEAD = "directory.company", "sales.lead"
SYSTEM = system_actor("tests")


def scan(kind: str = COMPANY, **more: Any) -> None:
    an_attribute("file", "Contract scan", kind=kind, key="scan", **more)


def with_file(actor: Actor, name: str = "Alfa", content: bytes = PDF, **given: Any) -> Company:
    custom = {"scan": a_file("contract.pdf", content)}
    return a_company(name, by=actor, custom=custom, **given)


def change(actor: Actor, company: Company, value: Any) -> Company:
    return directory.change_company(actor, company, name=company.name, custom={"scan": value})


def stored(store: Path) -> list[Path]:
    return sorted(file for file in store.glob("documents/??/*") if file.is_file())


def bytes_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def api(who: Actor, method: str, path: str, **sent: Any) -> Any:
    headers = {"Authorization": f"Bearer {a_token(user_of(who))}"}
    return getattr(Client(), method)(f"/api/v1{path}", headers=headers, **sent)


def uploaded(who: Actor, name: str = "contract.pdf", content: bytes = PDF) -> Any:
    return api(who, "post", "/files", data={"file": a_file(name, content)}).json()


def lead_with_file(**more: Any) -> tuple[Lead, str]:
    scan(LEAD, **more)
    lead = a_lead(ann(), custom={"scan": a_file("contract.pdf")})
    return lead, f"/files/{lead.custom['scan']['id']}/"


def opened(who: Actor, path: str) -> Any:
    browser = Client()
    browser.force_login(user_of(who))
    return browser.get(path)
