"""A company whose every text is an attack: each record made by the command that a click would run."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any

from embudo.business.billing import commands as billing
from embudo.business.billing.rules import InvoiceDraft, LineDraft
from embudo.business.directory import commands as directory
from embudo.business.directory.models import Address, ContactPoint
from embudo.business.directory.rules import Outcome
from embudo.business.directory.rules.registers import Answer
from embudo.business.sales import commands as sales
from embudo.business.sales.tests.builders import a_stage
from embudo.business.supply import commands as supply
from embudo.foundation.access import commands as access
from embudo.foundation.access.commands.organisation import OrganisationChange
from embudo.foundation.access.queries import organisation
from embudo.foundation.access.tests.builders import tester, user_of
from embudo.foundation.activity import commands as activity
from embudo.foundation.documents import commands as documents
from embudo.foundation.documents.tests.builders import a_file
from embudo.foundation.notify import commands as notify
from embudo.kernel import clock
from embudo.kernel.errors import Invalid
from embudo.kernel.money import Money
from embudo.kernel.record import Record
from tests.walk.canaries import OPENER, PAYLOADS, chunks
from tests.walk.poisoned_work import work
from tests.walk.quotas import Words, quotas
from tests.walk.world import World

ALL = "\n".join(PAYLOADS)
_numbers = count(1)


def poison(world: World, text: str) -> dict[str, Record]:
    """One record of each kind with `text` in every field that takes free text, and all payloads in the long ones."""
    admin = world.admin
    number = next(_numbers)
    company = filled(
        directory.register_company,
        admin,
        {"name": f"{text}{number}"},
        street=text, number="<x>", town=text, region=text, sector=text, activity=text, source1=text, source4=text, website=f"javascript:xcanary({number})",
        postcode=text[:10], remarks=ALL,
    )  # fmt: skip
    person = filled(
        directory.register_person,
        admin,
        {"last_name": text[:80]},
        first_name=text[:80],
        job_title=text,
        remarks=ALL,
        company=company,
    )
    source = filled(
        sales.define_source,
        admin,
        {"name": f"{text}{number}"},
        heading=text,
        thank_you=ALL[:1000],
        consent=text,
    )
    lead = filled(
        sales.submit_lead, admin, {"name": text}, company_name=text, job_title=text, message=ALL, source=source,
        email=f"a{number}@example.com", owner=user_of(world.ann), has_consented=True,
    )  # fmt: skip
    value = Money(100, "EUR")
    product = filled(
        supply.define_product,
        admin,
        {"name": f"{text}{number}"},
        code=f"{text[:20]}{number}",
        series=text[:40],
    )
    opportunity = sales.open_opportunity(
        admin,
        title=text,
        value=value,
        company=company,
        person=person,
        product=product,
        stage=a_stage("Prospecting"),
    )
    return {
        "company": company,
        "person": person,
        "source": source,
        "lead": lead,
        "product": product,
        "opportunity": opportunity,
        **ways(world, company, text, number),
        **money(world, company, text),
        **around(world, lead, text),
        **work(world.ann, world.admin, text, ALL),
        **quotas(world.ann, world.admin, Words(text[:60], text[:200], ALL)),
        **house(world, text, number),
    }


def ways(world: World, company: Any, text: str, number: int) -> dict[str, Record]:
    """Further mail and postal addresses, and what a register is said to have answered."""
    admin = world.admin
    directory.add_contact(admin, company=company, medium="email", value=f"a{number}@x.example")
    directory.add_contact(
        admin, company=company, medium="email", value=f"b{number}@x.example", note=text[:120]
    )
    filled(
        directory.add_address,
        admin,
        {"town": text[:80]},
        company=company,
        street=text,
        region=text,
        note=text[:120],
    )
    directory.change_company(admin, company, country="PL", tax_id="5260250274")
    directory.switch_register(admin, register="vies", is_on=True)
    check = directory.ask_register(admin, company, register="vies")
    directory.switch_register(admin, register="vies", is_on=False)
    answer = Answer(
        Outcome.UNKNOWN, reason=text[:40], consultation=text[:60], values={"name": ALL[:400], "town": text}
    )
    directory.write_register_answer(admin, check, answer=answer)
    return {
        "contact": ContactPoint.objects.get(company=company),
        "address": Address.objects.get(company=company),
        "check": check,
    }


def money(world: World, company: Any, text: str) -> dict[str, Record]:
    won = sales.win_opportunity(
        world.admin, sales.open_opportunity(world.admin, title=text, value=Money(100, "EUR"), company=company)
    )
    lost = sales.open_opportunity(world.admin, title=text, value=Money(100, "EUR"), company=company)
    sales.lose_opportunity(world.admin, lost, reason="price", note=text)
    lines = (LineDraft(text, Decimal(1), Decimal(1), Decimal(23)),)
    invoice = billing.issue_invoice(
        world.admin, draft=InvoiceDraft(lines, opportunity_id=won.pk, note=ALL[:900])
    )
    payment = billing.enter_payment(
        world.admin, invoice, amount=Money(50, invoice.currency), paid_on=clock.today(), reference=text
    )
    return {"invoice": invoice, "payment": payment}


def around(world: World, lead: Record, text: str) -> dict[str, Record]:
    admin = world.admin
    meeting = activity.MeetingPlan(title=text, starts=clock.now(), place=text, participants=text, summary=ALL)
    task = filled(activity.create_task, admin, {"title": text}, about=lead, details=ALL)
    filled(activity.create_task, admin, {"title": text}, about=lead)
    return {
        "task": task,
        "note": activity.add_note(admin, about=lead, text=ALL),
        "call": activity.log_call(admin, about=lead, call=activity.CallFacts(phone="123", summary=ALL)),
        "meeting": activity.plan_meeting(admin, about=lead, meeting=meeting),
        "document": filled(
            documents.attach_document, admin, {"name": f"{text}.pdf"}, about=lead, file=a_file()
        ),
    }


def house(world: World, text: str, number: int) -> dict[str, Record]:
    admin, tests = world.admin, tester()
    user = access.create_user(tests, email=f"x{number}@example.com", name=text, roles=("seller",))
    told = notify.tell_user(
        tests,
        user=user_of(admin),
        kind="notify.test_news",
        title=text,
        body=ALL[:1500],
        url="javascript:xcanary(0)",
    )
    mail = notify.queue_mail(
        tests, to="a@example.com", subject=text, template="notify/notification", language="en",
        context={"title": text, "body": ALL, "url": "javascript:xcanary(0)", "name": text},
    )  # fmt: skip
    token = access.create_token(admin, name=text[:80])[0]
    change = OrganisationChange(
        name=text, currency="EUR", language="en", address=ALL[:480], tax_id=text[:30], bank_account=text[:60]
    )
    access.change_organisation(admin, organisation(), change=change)
    found: dict[str, Record] = {
        "user": user,
        "mail": mail,
        "token": token,
        "team": access.create_team(tests, name=f"{text[:70]}{number}"),
        "role": access.create_role(tests, name=f"{text[:70]}{number}"),
    }
    return found | ({"notification": told} if told else {})


def filled(command: Callable[..., Any], actor: Any, needed: dict[str, Any], **wanted: Any) -> Any:
    """Runs the command; what a field refuses as a value of its kind (a website that is none) is left out."""
    for _try in range(len(wanted) + 1):
        try:
            return command(actor, **needed, **wanted)
        except Invalid as fault:
            refused = [name for name in fault.errors if name in wanted]
            if not refused:
                raise
            for name in refused:
                del wanted[name]
    raise AssertionError("unreachable")


def poisoned(world: World, sets: int | None = None) -> list[dict[str, Record]]:
    """Records for all payloads (or the first few): names hold 70 characters of them at a time."""
    return [{**world.records, **poison(world, OPENER + text)} for text in chunks(57)[:sets]]
