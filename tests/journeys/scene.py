"""Fills a fresh installation for the browser tests through the product's own commands. Run as a program; prints JSON."""

import json
import sys
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django

django.setup()

from allauth.mfa.totp.internal.auth import (  # noqa: E402 - Django must be set up first
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)

from embudo.business.billing import commands as billing  # noqa: E402
from embudo.business.billing.rules import InvoiceDraft, LineDraft  # noqa: E402
from embudo.business.directory import commands as directory  # noqa: E402
from embudo.business.directory.models import Company  # noqa: E402
from embudo.business.sales import commands as sales, queries as pipelines  # noqa: E402
from embudo.business.sales.models import Lead  # noqa: E402
from embudo.business.supply import commands as supply  # noqa: E402
from embudo.foundation.access import commands as access, queries  # noqa: E402
from embudo.foundation.access.commands.users import create_user  # noqa: E402
from embudo.foundation.access.models import Role, Team, User  # noqa: E402
from embudo.foundation.activity import commands as activity  # noqa: E402
from embudo.foundation.activity.tests.builders import a_call, a_meeting  # noqa: E402
from embudo.foundation.attributes.tests.builders import a_view, an_attribute  # noqa: E402
from embudo.foundation.documents.tests.builders import a_document, a_file  # noqa: E402
from embudo.foundation.duplicates.tests.builders import a_merge, a_pair  # noqa: E402
from embudo.foundation.editing.tests.builders import a_run  # noqa: E402
from embudo.foundation.notify.tests.builders import a_mail, a_notification  # noqa: E402
from embudo.foundation.recycle.tests.builders import a_deleted  # noqa: E402
from embudo.foundation.transfer.tests.builders import (  # noqa: E402
    a_checked_import,
    a_run_import,
    an_unmatched_import,
)
from embudo.kernel import clock  # noqa: E402
from embudo.kernel.actor import Actor, system_actor  # noqa: E402
from embudo.kernel.money import Money  # noqa: E402
from embudo.kernel.worker import drain  # noqa: E402
from embudo.project import setup  # noqa: E402
from tests.journeys.scene_words import LANGUAGES, PASSWORD  # noqa: E402

SYSTEM = system_actor("tests")


def a_user(email: str, name: str, role: str, language: str, **more: Any) -> User:
    user = create_user(SYSTEM, email=email, name=name, roles=(role,), password=PASSWORD, **more)
    return access.change_profile(
        queries.actor_of(user), name=name, language=language, time_zone="Europe/Warsaw"
    )


def crew(language: str) -> dict[str, Any]:
    """A manager and a seller of a team of their own, whose form speaks their language."""
    team: Team = access.create_team(SYSTEM, name=f"Team {language}")
    boss = a_user(
        f"manager-{language}@example.com", f"Maria {language.upper()}", "manager", language, team=team
    )
    a_user(
        f"seller-{language}@example.com",
        f"Sofia {language.upper()}",
        "seller",
        language,
        team=team,
        manager=boss,
    )
    a_user(f"idle-{language}@example.com", f"Iris {language.upper()}", "seller", language)
    a_user(f"admin-{language}@example.com", "Alma Admin", "administrator", language)
    source = sales.define_source(
        SYSTEM, name=f"Website {language}", language=language, route_team=team, heading="Write to us"
    )
    return {"key": source.key, "source": str(source.pk), "team": str(team.pk)}


def records(admin: Actor) -> dict[str, str]:
    """One record of each kind, for the pages to show."""
    company = directory.register_company(
        admin, name="Północ Windows", town="Gdańsk", country="PL", email="hello@polnoc.example"
    )
    person = directory.register_person(
        admin, first_name="Zofia", last_name="Żuk", company=company, email="zofia@polnoc.example"
    )
    product = supply.define_product(
        admin, name="GTX Pro", code="GTX-PRO", price_minor=48_210_000, tax_rate=2300
    )
    lead = sales.submit_lead(
        admin, name="Jan Wąs", company_name="Północ Windows", email="jan@polnoc.example",
        message="We need sixty roof windows before the winter.", owner=queries.user(admin, admin.id),
    )  # fmt: skip
    for number in range(4):
        sales.submit_lead(
            admin,
            name=f"Visitor {number}",
            email=f"visitor{number}@example.org",
            owner=queries.user(admin, admin.id),
        )
    opportunity = sales.open_opportunity(
        admin, title="Sixty roof windows", value=Money(2_890_000, "EUR"), company=company, person=person
    )
    won = sales.open_opportunity(admin, title="Forty doors", value=Money(1_250_000, "EUR"), company=company)
    sales.win_opportunity(admin, won)
    lost = sales.open_opportunity(admin, title="Ten gates", value=Money(90_000, "EUR"), company=company)
    sales.lose_opportunity(admin, lost, reason="price")
    draft = InvoiceDraft(
        lines=(LineDraft("Forty doors", Decimal(40), Decimal(300), Decimal(23)),),
        opportunity_id=won.pk,
        company_id=company.pk,
        currency="EUR",
        terms_days=120,
    )
    invoice = billing.issue_invoice(admin, draft=draft)
    payment = billing.enter_payment(admin, invoice, amount=Money(100_000, "EUR"), paid_on=clock.today())
    found = {
        "company": company, "person": person, "product": product, "lead": lead, "opportunity": opportunity,
        "won": won, "lost": lost, "invoice": invoice, "payment": payment,
    }  # fmt: skip
    return {
        name: str(record.pk)
        for name, record in (found | around(admin, lead) | kept_in_order(admin, company)).items()
    }


def kept_in_order(admin: Actor, company: Company) -> dict[str, Any]:
    """Attributes, views, imports and duplicates."""
    alike = {
        "town": "Sopot",
        "country": "PL",
        "email": "office@molo.example.org",
        "phone": "+48 58 551 20 20",
    }
    one = directory.register_company(admin, name="Molo Windows", **alike)
    twin = directory.register_company(admin, name="Molo Window", **alike)
    third = directory.register_company(admin, name="Południe Doors", town="Hel", country="PL")
    fourth = directory.register_company(admin, name="Południe Door", town="Hel", country="PL")
    gone = directory.register_company(admin, name="Gone Gates", town="Hel", country="PL")
    activity.add_note(admin, about=gone, text="They closed in May.")
    recycled = a_deleted(gone, admin)
    return {
        "attribute": an_attribute(label="Tier"),
        "view": a_view(admin, "Everything new", scope="all"),
        "import": an_unmatched_import(queries.user(admin, admin.id)),
        "pair": a_pair(one, twin),
        "merge": a_merge(third, fourth),
        "recycled": recycled,
        "run": a_run(admin, [company.pk]),
        **imports_on_their_way(admin),
    }


def imports_on_their_way(admin: Actor) -> dict[str, Any]:
    """One whose rows are to be decided about, and one that is done, with failures."""
    directory.register_company(admin, name="Orle Gniazdo", phone="+48 58 735 11 40", town="Puck")
    drain()  # what the rows could be taken for follows the log
    rows = "Firma;Telefon;Miasto;E-mail\nOrle Gniadzo;+48 58 735 11 40;Puck;\nDwie Wieże;;Reda;wrong\n"
    return {
        "alike": a_checked_import(admin, rows, name="alike.csv"),
        "imported": a_run_import(admin, rows.replace("Dwie", "Trzy"), name="done.csv"),
    }


def around(admin: Actor, lead: Lead) -> dict[str, Any]:
    """What hangs on a record, and what belongs to a person."""
    me = queries.user(admin, admin.id)
    activity.add_note(admin, about=lead, text="Wants the offer by Friday.")
    a_call(admin, lead)
    an_attribute("file", "Contract scan", key="scan")
    sales.edit_lead(admin, lead, custom={"scan": a_file("Umowa ramowa.pdf")})
    return {
        "task": activity.create_task(admin, about=lead, title="Call Jan back", due=clock.today()),
        "meeting": a_meeting(admin, lead, clock.now() + timedelta(days=2)),
        "document": a_document(admin, lead),
        "notification": a_notification(me),
        "mail": a_mail(),
        "token": access.create_token(admin, name="Import")[0],
        "user": me,
        "role": Role.objects.get(slug="seller"),
    }


def with_second_factor(user: User) -> None:
    secret = generate_totp_secret()
    counter = next(iter(yield_hotp_counters_from_time()))
    access.add_totp(
        queries.actor_of(user), secret=secret, code=format_hotp_value(hotp_value(secret, counter))
    )


def main() -> dict[str, Any]:
    setup.migrate()
    access.set_up(
        queries.founder(), organisation="Fair Wind", currency="EUR", language="en", name="Ada Admin",
        email="admin@example.com", password=PASSWORD,
    )  # fmt: skip
    crews = {language: crew(language) for language in LANGUAGES}
    a_user("collector@example.com", "Carla Collector", "collector", "en")
    with_second_factor(a_user("factor@example.com", "Fay Factor", "seller", "en"))
    admin = queries.actor_of(queries.user_by_email("admin@example.com"))
    stages = [
        (str(one.pk), one.kind, one.name)
        for line in pipelines.pipelines_with_stages(admin)
        for one in line.stages.all()
    ]
    return {"crews": crews, "stages": stages, "records": records(admin), "admin": str(admin.id)}


if __name__ == "__main__":
    json.dump(main(), sys.stdout)
