from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from allauth.mfa.models import Authenticator
from django.http.cookie import SimpleCookie
from django.test import Client

from embudo.business.billing.tests.builders import an_invoice
from embudo.business.directory import commands as directory
from embudo.business.directory.models import Address, ContactPoint
from embudo.business.directory.tests.builders import a_company, a_person
from embudo.business.sales import commands as sales
from embudo.business.sales.tests.builders import a_lead, a_source, a_won_opportunity, an_opportunity
from embudo.business.supply.tests.builders import a_product
from embudo.foundation.access import commands as access
from embudo.foundation.access.models import Role, SignIn, Token
from embudo.foundation.access.tests.builders import a_team, an_admin, ann, bob, cat, tester, user_of
from embudo.foundation.access.views.door import PENDING
from embudo.foundation.activity.tests.builders import a_call, a_meeting, a_note, a_task
from embudo.foundation.attributes.commands import prepare_list
from embudo.foundation.attributes.rules.preparing import Part
from embudo.foundation.attributes.tests.builders import a_view, an_attribute
from embudo.foundation.documents.models import KeptFile
from embudo.foundation.documents.tests.builders import a_document, a_file
from embudo.foundation.duplicates.tests.builders import a_merge, a_pair, a_scan
from embudo.foundation.editing.commands import set_value
from embudo.foundation.editing.tests.builders import a_run
from embudo.foundation.notify.tests.builders import a_mail, a_notification
from embudo.foundation.recycle.tests.builders import a_deleted
from embudo.foundation.transfer.tests.builders import an_unmatched_import
from embudo.kernel import clock
from embudo.kernel.actor import ANONYMOUS, Actor
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money
from embudo.kernel.permission import Permission
from embudo.kernel.record import Record
from tests.walk.quotas import DESK, quota_value, quotas
from tests.walk.recorded import BOUND, recorded, recorded_name, with_more_roles

CALLERS = ("anonymous", "pending", "form key", "cat", "bob", "ann", "administrator")
_numbers = count(1)


@dataclass
class Caller:
    """Somebody at a door: a browser for the pages, a credential for the API, an actor for the commands."""

    name: str
    actor: Actor = ANONYMOUS
    browser: Client = field(default_factory=Client)
    credential: dict[str, str] = field(default_factory=dict)

    _seen: dict[tuple[object, ...], bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser.raise_request_exception = False
        self._cookies = self.browser.cookies.output(header="", sep=";")

    def ask(self, method: str, path: str, *, is_api: bool = False, **given: Any) -> Any:
        """Each request from the same cookies: signing out in one shall not change the next."""
        self.browser.cookies = SimpleCookie(self._cookies)
        headers = {**self.credential, **given.pop("headers", {})} if is_api else given.pop("headers", None)
        if is_api and method == "POST" and "/quota/" in path:  # whose calls need a key
            headers = {"Idempotency-Key": f"walk-{next(_numbers)}", **headers}
        answer: Any = self.browser.generic(method, path, headers=headers, **given)
        if (
            answer.streaming
        ):  # read to its end: the client then closes the file, and not the test's connection
            answer.streaming_content = list(answer.streaming_content)
        return answer

    # --- what the records say, asked once: every try of a walk is taken back ---

    def sees(self, record: Record) -> bool:
        key = (type(record), record.pk)
        if key not in self._seen:
            self._seen[key] = record.is_visible_to(self.actor)
        return self._seen[key]

    def reaches(self, record: Record, permission: Permission) -> bool:
        key = (type(record), record.pk, permission.code)
        if key not in self._seen:
            self._seen[key] = record.is_within(self.actor, permission)
        return self._seen[key]


class World:
    """Ann's records, one of each kind, and the callers who try to get at them. Bob is of another team, Cat holds nothing."""

    def __init__(self) -> None:
        an_admin()
        with_more_roles(ann(), (*BOUND, "coordinator", *DESK))
        with_more_roles(bob(), BOUND)
        self.ann, self.bob, self.cat, self.admin = ann(), bob(), cat(), an_admin()
        self.records: dict[str, Record] = recorded(self.ann, self.admin) | quotas(self.ann, self.admin)
        self._business()
        self._around()
        self._twins()
        self._own()
        self.first_entry = LogEntry.objects.order_by("seq")[0]
        # actors are read again: a role made later is part of them
        self.ann, self.bob, self.cat, self.admin = ann(), bob(), cat(), an_admin()

    def _business(self) -> None:
        me = user_of(self.ann)
        company = a_company(
            "Alfa Ltd", by=self.ann, email="a@alfa.example", town="Hel", country="PL", tax_id="5260250274"
        )
        person = a_person("Nowak", by=self.ann)
        opportunity = an_opportunity(self.ann, company=company, person=person)
        won = a_won_opportunity(self.ann, company=company)
        invoice = an_invoice(self.ann, opportunity_id=won.pk)
        self.records |= {
            "company": company,
            "person": person,
            "affiliation": directory.link_person_to_company(self.ann, person, company=company, role="Buyer"),
            "product": a_product(),
            "source": a_source(name="Website"),
            "lead": a_lead(self.ann),
            "opportunity": opportunity,
            "invoice": invoice,
            "payment": payment_of(invoice),
            "pipeline": opportunity.stage.pipeline,
            "stage": opportunity.stage,
            "user": me,
        }
        self.records |= parts_of(self, company)

    def _twins(self) -> None:
        company = self.records["company"]
        beta, gamma = a_company("Beta Ltd", by=self.ann), a_company("Gamma Ltd", by=self.ann)
        self.records |= {
            "pair": a_pair(company, beta),  # type: ignore[arg-type]
            "survivor": company,
            "merge": a_merge(beta, gamma),
            "scan": a_scan(),
        }

    def _around(self) -> None:
        lead = self.records["lead"]
        an_attribute("file", "Contract scan", key="scan")
        sales.edit_lead(self.ann, lead, custom={"scan": a_file("scan.pdf")})  # type: ignore[arg-type]
        self.records |= {
            "file": KeptFile.objects.get(),
            "task": a_task(self.ann, lead),
            "note": a_note(self.ann, lead),
            "call": a_call(self.ann, lead),
            "meeting": a_meeting(self.ann, lead, clock.now()),
            "document": a_document(self.ann, lead),
            "import": an_unmatched_import(user_of(self.ann)),
            "run": a_run(self.ann, [a_company("Delta Ltd", by=self.ann).pk]),
            "recycled": a_deleted(a_note(self.ann, lead), self.ann),
        }
        edited = set_value(self.ann, lead, name="job_title", value="Buyer")
        assert edited.act is not None
        self.edit = LogEntry.objects.get(act=edited.act)

    def _own(self) -> None:
        user = user_of(self.ann)
        token, self.secret = access.create_token(self.ann, name="walk")
        self.records |= {
            "notification": a_notification(user, key=f"walk:{next(_numbers)}"),
            "mail": a_mail(),
            "team": a_team("West"),
            "role": Role.objects.get(slug="seller"),
            "token": token,
            "attribute": an_attribute(label="Tier"),
            "view": a_view(self.ann),
            "prepared": prepare_list(
                self.admin, list_key="sales:leads", kind="sales.lead", parts=(Part("company_name"),)
            ),
            "sign_in": SignIn.objects.create(owner=user, session="s" * 32, browser="Firefox"),
        }
        self.factor = Authenticator.objects.create(
            user=user, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"}
        )

    # --- what stands for an argument of an address ---

    def value(self, argument: str, route: str) -> tuple[Any, Record | None]:
        """The value that Ann would use, and the record behind it. KeyError: teach this table the new argument."""
        of_quotas = quota_value(argument, route, self.records)
        if of_quotas is not None:
            return of_quotas
        plain = {
            "kind": "sales.lead",
            "name": "job_title",
            "seq": self.edit.seq if "restore" in route else self.first_entry.seq,
            "number": 1,
            "register": "vies",
            "act_id": self.first_entry.act,
            "list_key": "sales:leads",
            "related": "sales.lead",
            "factor": self.factor.pk,
            "token": "no-such-token",
            "key": self.records["source"].key if "f/" in route else "no-such-key",  # type: ignore[attr-defined]
        }
        if argument in plain:
            return plain[argument], None
        name = argument.removesuffix("_id")
        name = recorded_name(name, route)
        if name == "record":
            name = (
                "lead"
                if "<str:kind>" in route or "{kind}" in route
                else route.strip("/").partition("/")[0].removesuffix("s")
            )
        record = self.records[name]
        return record.pk, record

    def missing(self, argument: str, route: str) -> Any:
        """A value of the same shape behind which nothing stands."""
        value, record = self.value(argument, route)
        return value if record is None else uuid4()

    # --- who asks ---

    def caller(self, name: str) -> Caller:
        return getattr(self, f"_{name.replace(' ', '_')}")()  # type: ignore[no-any-return]

    def _anonymous(self) -> Caller:
        return Caller("anonymous")

    def _pending(self) -> Caller:
        """The password was right, the second factor is still owed."""
        browser = Client()
        session = browser.session
        session[PENDING] = {"user": str(self.ann.id), "at": clock.now().timestamp()}
        session.save()
        browser.cookies["sessionid"] = session.session_key or ""
        return Caller("pending", browser=browser)

    def _form_key(self) -> Caller:
        key = {"X-Form-Key": self.records["source"].key}  # type: ignore[attr-defined]
        return Caller("form key", browser=Client(headers=key), credential=key)

    def _cat(self) -> Caller:
        return signed_in("cat", self.cat)

    def _bob(self) -> Caller:
        return signed_in("bob", self.bob)

    def _ann(self) -> Caller:
        return signed_in("ann", self.ann)

    def _administrator(self) -> Caller:
        return signed_in("administrator", self.admin)


def parts_of(world: World, company: Any) -> dict[str, Record]:
    """A further mail and postal address of the company, and what a register was asked about it."""
    directory.add_contact(world.ann, company=company, medium="email", value="b@alfa.example")
    directory.add_address(world.ann, company=company, town="Sopot")
    directory.switch_register(world.admin, register="vies", is_on=True)
    check = directory.ask_register(world.ann, company, register="vies")
    directory.switch_register(world.admin, register="vies", is_on=False)
    return {
        "contact": ContactPoint.objects.get(company=company),
        "address": Address.objects.get(company=company),
        "check": check,
    }


def payment_of(invoice: Any) -> Record:
    from embudo.business.billing import commands as billing

    amount = Money(100, invoice.currency)
    return billing.enter_payment(tester(), invoice, amount=amount, paid_on=clock.today())


def signed_in(name: str, actor: Actor) -> Caller:
    browser = Client()
    browser.force_login(user_of(actor))
    return Caller(name, actor, browser, {"Authorization": f"Bearer {token_for(actor)}"})


def token_for(actor: Actor, **given: Any) -> str:
    """Even for Cat, who may not make one: her token must open nothing."""
    secret: str = access.create_token.inner(actor, name=f"door {next(_numbers)}", **given)[1]
    return secret


def token_of(secret: str) -> Token:
    return Token.objects.get(prefix=secret.split("_")[1])
