"""Leads and opportunities from real files, through all steps of an import."""

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Company
from embudo.business.sales import commands
from embudo.business.sales.models import Lead, Opportunity, StageStay
from embudo.business.sales.tests.builders import a_pipeline, an_opportunity
from embudo.foundation.access.tests.builders import a_user, an_actor, ann, user_of
from embudo.foundation.attributes.tests.builders import an_attribute
from embudo.foundation.transfer import commands as transfer, queries
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.tests.builders import a_checked_import, a_run_import, fresh, importer
from embudo.kernel.actor import Actor
from embudo.kernel.kind import ImportRow
from embudo.kernel.models import LogEntry
from embudo.kernel.money import Money
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
LEAD, DEAL = "sales.lead", "sales.opportunity"
Counts = tuple[int, int, int, int]


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def actor() -> Actor:
    return importer()


def counts(found: Import) -> Counts:
    """created, updated, same, failed"""
    return found.created_count, found.updated_count, found.same_count, found.failed_count


def faults(found: Import) -> list[str]:
    return [" ".join(row[2]) for row in found.sample if row[2]]


def book(*rows: tuple[Any, ...]) -> bytes:
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, day = made.add_worksheet(), made.add_format({"num_format": "dd.mm.yyyy"})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            sheet.write(number, column, value, day if isinstance(value, date) else None)
    made.close()
    return out.getvalue()


def undone(actor: Actor, found: Import) -> Import:
    transfer.undo_import(actor, found)
    drain()
    return fresh(found)


def tiered() -> None:
    an_attribute("choice", choices="Gold\nSilver", labels={"pl": "Poziom ważności"})
    an_attribute("money", "Budget", limits={"currency": "EUR"})
    an_attribute("date", "Needed by")


LEADS = (
    ("Imię i nazwisko", "E-mail", "Poziom ważności", "Budget", "Needed by"),
    ("Anna Nowak", "anna@alfa.example.com", "gold", "1200.50", date(2026, 12, 24)),
    ("Jan Kos", "jan@beta.example.com", "", "", "24.12.2026"),
)


def test_leads_bring_custom_values_and_the_same_file_twice_changes_nothing(actor: Actor) -> None:
    tiered()
    found = a_run_import(actor, book(*LEADS), kind=LEAD, name="leads.xlsx")
    assert counts(found) == (2, 0, 0, 0)
    assert dict(Lead.objects.values_list("name", "custom")) == {
        "Anna Nowak": {"tier": "gold", "budget": 120050, "needed_by": "2026-12-24"},
        "Jan Kos": {"needed_by": "2026-12-24"},
    }
    assert counts(a_run_import(actor, book(*LEADS), kind=LEAD, name="leads.xlsx")) == (0, 0, 2, 0)


def test_leads_custom_values_are_checked_and_shown_before_anything_is_written(actor: Actor) -> None:
    tiered()
    found = a_checked_import(
        actor, "Name;Tier;Budget;Needed by\nAnna;bronze;x;yesterday\nJan;Silver;5;2026-01-02\n", kind=LEAD
    )
    assert (found.total, found.faulty, Lead.objects.count()) == (2, 1, 0)
    assert [row[1] for row in found.sample][1] == ["Jan", "Silver", "5", "2026-01-02"]
    [said] = faults(found)
    assert "Needed by: Write the date" in said


def test_leads_custom_values_are_filled_in_changed_and_undone(actor: Actor) -> None:
    tiered()
    lead = commands.submit_lead(actor, name="Anna", email="anna@alfa.example.com", custom={"tier": "silver"})
    text = "Name;Email;Tier;Budget\nAnna;anna@alfa.example.com;Gold;10\n"
    a_run_import(actor, text, kind=LEAD, rule={"known": "fill"})
    lead.refresh_from_db()
    assert lead.custom == {"tier": "silver", "budget": 1000}
    found = a_run_import(actor, text, kind=LEAD)
    lead.refresh_from_db()
    assert (counts(found), lead.custom) == ((0, 1, 0, 0), {"tier": "gold", "budget": 1000})
    undone(actor, found)
    lead.refresh_from_db()
    assert lead.custom == {"tier": "silver", "budget": 1000}


def test_a_new_record_needs_what_its_organisation_requires(actor: Actor) -> None:
    an_attribute("text", "Origin", is_required=True)
    found = a_run_import(actor, "Name;Origin\nAnna;Fair\nJan;\n", kind=LEAD)
    assert (counts(found), Lead.objects.get().custom) == ((1, 0, 0, 1), {"origin": "Fair"})


def test_records_are_recognised_by_a_unique_attribute(actor: Actor) -> None:
    an_attribute("text", "Reference", kind=DEAL, is_unique=True)
    a_pipeline()
    a_run_import(actor, "Title;Reference\nRoof;R-1\nRoof;R-2\n", kind=DEAL)
    found = a_run_import(actor, "Title;Reference\nWall;R-1\n", kind=DEAL, rule={"key": "custom_reference"})
    assert counts(found) == (0, 1, 0, 0)
    assert sorted(Opportunity.objects.values_list("title", flat=True)) == ["Roof", "Wall"]


DEALS = (
    ("Szansa", "Firma", "Osoba kontaktowa", "Etap", "Wartość", "Waluta", "Data zamknięcia", "Opiekun", "Powód przegranej"),
    ("Roof", "Alfa S.A.", "jan@alfa.example.com", "Oferta", 1200.5, "EUR", date(2026, 12, 24), "sam@example.com", ""),
    ("Wall", "5260250274", "", "Wygrana", "2 000,00 zł", "", "", "", ""),
    ("Door", "", "", "Lost", 10, "PLN", "", "", "Cena"),
)  # fmt: skip


def a_house() -> Company:
    a_pipeline()
    a_user(name="Sam Seller", email="sam@example.com")
    house = directory.register_company(ann(), name="Alfa S.A.", tax_id="5260250274")
    directory.register_person(
        ann(), first_name="Jan", last_name="Kos", email="jan@alfa.example.com", company=house
    )
    return house


def test_import_opportunities_brings_what_a_row_says(actor: Actor) -> None:
    house = a_house()
    found = a_run_import(actor, book(*DEALS), kind=DEAL, name="deals.xlsx")
    assert (counts(found), queries.failed_rows(found)) == ((3, 0, 0, 0), [])
    roof, wall, door = (Opportunity.objects.get(title=title) for title in ("Roof", "Wall", "Door"))
    assert (roof.company_id, str(roof.person), roof.stage.name, roof.value.minor, roof.closes, roof.owner.email) == (
        house.pk, "Jan Kos", "Offer", 120050, date(2026, 12, 24), "sam@example.com",
    )  # fmt: skip
    assert (wall.company_id, wall.state, wall.value, wall.owner_id, wall.closed is not None) == (
        house.pk, "won", Money(200000, "PLN"), actor.id, True,
    )  # fmt: skip
    assert (door.company, door.state, door.lost_reason) == (None, "lost", "price")
    assert StageStay.objects.filter(left=None).count() == 3
    names = LogEntry.objects.filter(about_id__in=[roof.pk, wall.pk, door.pk]).values_list("name", flat=True)
    assert sorted(names) == [
        "sales.OpportunityLost",
        *["sales.OpportunityOpened"] * 3,
        "sales.OpportunityWon",
    ]


def test_opportunities_of_the_same_file_twice_change_nothing(actor: Actor) -> None:
    a_house()
    a_run_import(actor, book(*DEALS), kind=DEAL, name="deals.xlsx")
    before = list(Opportunity.objects.order_by("id").values())
    again = a_run_import(actor, book(*DEALS), kind=DEAL, name="deals.xlsx")
    assert (counts(again), queries.failed_rows(again)) == ((0, 0, 3, 0), [])
    assert (list(Opportunity.objects.order_by("id").values()), StageStay.objects.count()) == (before, 3)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("X;Beta;;;;", "No company is called “Beta”"),
        ("X;Twin;;;;", "Several companies are called so"),
        ("X;;nobody@example.com;;;", "Nobody known has this e-mail address"),
        ("X;;;Somewhere;;", "Stage: Write one of: Prospecting"),
        ("X;;;Lost;;", "Say why it was lost"),
        ("X;;;Lost;won;", "The stage says something else"),
        ("X;;;;perhaps;", "Write open, won or lost"),
        ("X;;;;;a lot", "Enter an amount"),
        ("X;;;;;-5", "Enter an amount"),
    ],
)
def test_checked_opportunities_say_what_is_wrong(actor: Actor, row: str, said: str) -> None:
    a_house()
    for _time in range(2):
        directory.register_company(ann(), name="Twin")
    found = a_checked_import(actor, f"Title;Company;Contact email;Stage;Status;Value\n{row}\n", kind=DEAL)
    assert said in faults(found)[0]


def test_companies_of_one_name_are_told_apart_by_their_number(actor: Actor) -> None:
    house = a_house()
    directory.register_company(ann(), name="Alfa S.A.")
    a_run_import(
        actor,
        f"Title;Company;NIP;Company ID\nA;Alfa S.A.;526-025-02-74;\nB;Alfa S.A.;;{house.pk}\n",
        kind=DEAL,
    )
    assert list(Opportunity.objects.values_list("company_id", flat=True)) == [house.pk] * 2


def test_known_opportunities_are_changed_moved_and_undone(actor: Actor) -> None:
    found = an_opportunity(ann(), "Roof")
    text = f"ID;Title;Stage;Value;Currency\n{found.pk};Roof 2;Étape inconnue;5;EUR\n"
    assert faults(a_checked_import(actor, text, kind=DEAL))
    run = a_run_import(actor, text.replace("Étape inconnue", "Negociación"), kind=DEAL)
    found.refresh_from_db()
    assert (counts(run), found.title, found.stage.name, found.value.minor) == (
        (0, 1, 0, 0),
        "Roof 2",
        "Negotiation",
        500,
    )
    assert StageStay.objects.filter(opportunity=found).count() == 2
    done = undone(actor, run)
    found.refresh_from_db()
    assert (done.left_count, found.title, found.stage.name, found.value.minor) == (
        0,
        "Roof",
        "Prospecting",
        100000,
    )
    assert StageStay.objects.get(opportunity=found).left is None


def test_import_opportunities_fills_only_what_is_empty(actor: Actor) -> None:
    house = a_house()
    found = an_opportunity(ann(), "Roof")
    text = f"ID;Title;Company;Stage;Value;Expected close\n{found.pk};Wall;Alfa S.A.;Offer;5;2026-12-24\n"
    a_run_import(actor, text, kind=DEAL, rule={"known": "fill"})
    found.refresh_from_db()
    assert (found.title, found.company, found.stage.name, found.value.minor, found.closes) == (
        "Roof", house, "Prospecting", 100000, date(2026, 12, 24),
    )  # fmt: skip
    assert "alfa" in found.search


def test_closed_opportunities_stay_and_an_import_of_new_ones_can_be_undone(actor: Actor) -> None:
    a_house()
    run = a_run_import(actor, book(*DEALS), kind=DEAL, name="deals.xlsx")
    wall = Opportunity.objects.get(title="Wall")
    again = a_run_import(actor, f"ID;Value\n{wall.pk};7\n", kind=DEAL)
    assert "closed" in queries.failed_rows(again)[0][1]
    roof = Opportunity.objects.get(title="Roof")
    commands.assign_opportunity(actor, roof, owner=user_of(ann()))
    done = undone(actor, run)
    assert (done.undone_count, done.left_count) == (2, 1)
    assert list(Opportunity.objects.values_list("title", flat=True)) == ["Roof"]
    assert StageStay.objects.count() == 1


def test_import_opportunities_holds_to_what_the_actor_may() -> None:
    theirs = an_opportunity(ann(), "Roof")
    bob = an_actor(a_user(name="Bob", roles=("seller",)))
    [result] = commands.import_opportunities(bob, rows=[ImportRow({"title": "X"}, theirs.pk)])
    assert result.outcome == "failed"
