from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db.models import Sum

from embudo.business.billing.models import Invoice
from embudo.business.billing.rules import Settlement
from embudo.business.intake.models import Assignment, Delivery, Entry, Likeness, Message, Tally
from embudo.business.intake.rules.states import EntryState
from embudo.business.quota import queries as quotas
from embudo.business.quota.models import Account, Change, Outlook, Run, SpendRequest, Switch
from embudo.business.sales.models import Lead, Opportunity
from embudo.foundation.access.models import User
from embudo.foundation.activity.models import Task
from embudo.foundation.audit.tests.builders import sealed_whole
from embudo.kernel import clock, seal
from embudo.kernel.errors import Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.worker import drain
from embudo.project import setup
from embudo.project.sample import source
from embudo.project.sample.load import load_sample
from embudo.project.sample.people import MANAGER, SELLER

TODAY = date(2026, 3, 4)


def test_deals_end_yesterday() -> None:
    newest = max(deal.newest for deal in source.deals(TODAY) if deal.newest)
    assert (len(source.deals(TODAY)), newest) == (8800, TODAY - timedelta(days=1))


def test_deals_name_known_products_and_accounts_only() -> None:
    deals = source.deals(TODAY)
    assert {deal.product for deal in deals} <= {article.name for article in source.articles()}
    assert {deal.account for deal in deals} - {account.name for account in source.accounts()} == {""}


def test_accounts_are_mended() -> None:
    accounts = source.accounts()
    assert "Technology" in {account.sector for account in accounts}
    assert not {account.name for account in accounts if not account.country or account.sector == "Technolgy"}


def test_part_holds_every_stage() -> None:
    part = source.part_of(source.deals(TODAY))
    assert Counter(deal.stage for deal in part) == source.PART


@pytest.fixture
def loaded(db: None, tmp_path: Path) -> Path:
    setup.provide_defaults()
    load_sample(sign_ins=tmp_path / "sign-ins.txt", password="a password for all")
    return tmp_path / "sign-ins.txt"


def test_sample_is_a_company_at_work(loaded: Path) -> None:
    assert loaded.stat().st_mode & 0o777 == 0o600
    assert "seller@example.com" in loaded.read_text()
    seller = User.objects.get(email="seller@example.com")
    assert (seller.name, seller.manager.name, seller.check_password("a password for all")) == (
        SELLER,
        MANAGER,
        True,
    )
    won = LogEntry.objects.filter(name="sales.OpportunityWon")
    assert won.count() == Opportunity.objects.filter(state="won").count() == source.PART["Won"]
    assert set(won.values_list("actor_id", flat=True)) == set(
        Opportunity.objects.filter(state="won").values_list("owner_id", flat=True)
    )
    assert set(Lead.objects.values_list("status", flat=True)) == {
        "new", "working", "qualified", "disqualified", "converted",
    }  # fmt: skip
    late = Invoice.objects.filter(settlement=Settlement.OPEN, due__lt=clock.today())
    assert Task.objects.filter(title_code="billing.sales", done_at=None).count() == late.count() > 0
    assert Invoice.objects.filter(overpaid_minor__gt=0).exists()
    assert LogEntry.objects.latest("seq").at <= clock.now()
    sealed_whole()
    assert seal.verify() == []
    drain()
    assert Lead.objects.latest("created").owner == seller
    with pytest.raises(Refused):
        load_sample(sign_ins=loaded)


def test_sample_has_people_who_record(loaded: Path) -> None:
    doors = ("operator", "supervisor", "coordinator", "principal", "verifier")
    assert [door for door in doors if f"{door}@example.com" not in loaded.read_text()] == []
    assert Counter(Assignment.objects.values_list("state", flat=True)) == {"open": 2, "closed": 1}
    meat = Entry.objects.filter(assignment__title__startswith="Meat")
    assert set(meat.values_list("state", flat=True)) == set(EntryState.values)
    assert meat.exclude(disputed=None).count() == 2
    assert not meat.filter(custom={}).exists()
    assert set(Likeness.objects.values_list("is_across", flat=True)) == {True, False}
    assert Message.objects.exists()
    counted = Counter(Entry.objects.values_list("assignment_id", "state"))
    tallied = Counter(
        {
            (a, state): n
            for a, state, n in Tally.objects.values_list("assignment_id", "state").annotate(sum=Sum("n"))
        }
    )
    assert tallied == counted
    days = set(Entry.objects.values_list("day", flat=True))
    assert len(days) > 7
    assert min(days) >= clock.today() - timedelta(days=15)
    drain()
    assert Delivery.objects.get().rows == 14


def test_sample_has_a_quota_desk(loaded: Path) -> None:
    doors = ("officer", "approver", "till")
    assert [door for door in doors if f"{door}@example.com" not in loaded.read_text()] == []
    assert "Token of the till: emb_" in loaded.read_text()
    accounts = {one.reference: one for one in Account.objects.all()}
    assert [accounts[f"Q-{number}"].state for number in (1004, 2002)] == ["held", "pending"]
    assert set(Change.objects.values_list("state", flat=True)) == {"review", "scheduled"}
    assert Switch.objects.get(state="proposed").account == accounts["Q-1005"]
    assert SpendRequest.objects.get().account == accounts["Q-1002"]
    assert Run.objects.get().day == clock.today()
    assert quotas.faults_of(Account.objects.all()) == []
    drain()
    assert Outlook.objects.exists()
