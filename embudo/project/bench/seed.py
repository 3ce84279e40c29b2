"""A large made-up installation, written set by set, with every column that the commands would have derived."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from importlib import import_module
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import models, transaction

from embudo.business.directory.models import Company
from embudo.business.directory.rules import company_keys
from embudo.business.sales.events import LeadCreated, OpportunityOpened
from embudo.business.sales.models import Lead, Opportunity, Stage, StageStay
from embudo.business.sales.rules.enquiries import name_key, search_text
from embudo.foundation.access import commands as access
from embudo.foundation.access.models import User
from embudo.foundation.search import rules as search_rules
from embudo.foundation.search.models import SearchEntry
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.event import to_data
from embudo.kernel.follow import hear_no_past
from embudo.kernel.kind import kind_named
from embudo.kernel.models import LogEntry
from embudo.kernel.record import Record, new_id
from embudo.project.bench.bulk import tidy
from embudo.project.sample.people import FIRST, LAST

SYSTEM = system_actor("bench")
BATCH = 2000
SELLERS = 20
RARE, COMMON = "Quetzalcoatl", "Fernandez"  # in ten names of all, and in one of two hundred
SYLLABLES = ("ba", "co", "du", "fe", "gi", "ka", "lo", "mu", "ne", "pi", "ra", "so", "tu", "ve", "wi", "xa", "yo", "zu", "bri", "cla", "dro", "fle", "gra", "pla", "sto", "tra", "vor")  # fmt: skip
STATUSES = ("new", "new", "working", "qualified", "disqualified")


class Seed:
    def __init__(self, count: int, tell: Callable[[str], object]) -> None:
        self.count, self.tell, self.random = count, tell, Random(7)  # noqa: S311 - the same data every time
        self.now = clock.now()
        self.sellers: list[User] = []

    def plant(self) -> None:
        self.make_people()
        self.tell(f"companies: {self.count:,}")
        companies = self.write(Company, self.companies())
        self.tell(f"leads: {self.count:,}")
        self.write(Lead, self.leads())
        self.tell(f"opportunities: {self.count:,}")
        self.write(Opportunity, self.opportunities(companies))
        hear_no_past()
        tidy()

    def make_people(self) -> None:
        self.admin = access.create_user(
            SYSTEM, email="admin@example.com", name="Admin", roles=("administrator",)
        )
        manager = access.create_user(SYSTEM, email="manager@example.com", name="Manager", roles=("manager",))
        for number in range(SELLERS):
            email, name = f"seller{number}@example.com", f"Seller {number}"
            self.sellers.append(
                access.create_user(SYSTEM, email=email, name=name, roles=("seller",), manager=manager)
            )

    # --- rows --------------------------------------------------------------------------------------------------------

    def word(self) -> str:
        return "".join(self.random.choice(SYLLABLES) for _number in range(3)).capitalize()

    def person(self, number: int) -> str:
        if number % max(self.count // 10, 1) == 7:
            return f"{self.random.choice(FIRST)} {RARE}"
        last = COMMON if number % 200 == 3 else f"{self.random.choice(LAST)}-{self.word()}"
        return f"{self.random.choice(FIRST)} {last}"

    def moment(self) -> datetime:
        return self.now - timedelta(minutes=self.random.randrange(60, 500_000))

    def companies(self) -> Iterator[Company]:
        for number in range(self.count):
            values: dict[str, Any] = {
                field.name: field.get_default()
                for field in Company._meta.concrete_fields
                if isinstance(field, models.CharField | models.TextField)
            }
            values |= {
                "name": f"{self.word()} {self.word()} Ltd", "email": f"office{number}@{self.word().lower()}.example.com",
                "phone": f"+1202{number:07}", "town": self.word(), "country": "US",
            }  # fmt: skip
            values |= company_keys(values)
            at = self.moment()
            yield Company(
                **values,
                owner=self.random.choice(self.sellers),
                is_customer=number % 3 == 0,
                created=at,
                updated=at,
            )

    def leads(self) -> Iterator[Lead]:
        for number in range(self.count):
            name, house = self.person(number), f"{self.word()} {self.word()}"
            email, phone, at = (
                f"lead{number}@{self.word().lower()}.example.com",
                f"+1303{number:07}",
                self.moment(),
            )
            status = STATUSES[number % len(STATUSES)]
            yield Lead(
                name=name, company_name=house, email=email, phone=phone, message="Please send an offer.", status=status,
                owner=self.random.choice(self.sellers), search=search_text(name, house, email, phone),
                name_key=name_key(name), created=at, updated=at, started=at if status != "new" else None,
                qualified=at if status == "qualified" else None, closed=at if status == "disqualified" else None,
                reason="no_need" if status == "disqualified" else "",
            )  # fmt: skip

    def opportunities(self, companies: list[Record]) -> Iterator[Opportunity]:
        stages = list(Stage.objects.select_related("pipeline"))
        for number in range(self.count):
            company: Any = self.random.choice(companies)
            stage, at, title = (
                stages[number % len(stages)],
                self.moment(),
                f"{self.word()} for {company.name}"[:200],
            )
            yield Opportunity(
                title=title, company=company, pipeline=stage.pipeline, stage=stage, stage_since=at, state=stage.kind,
                value_minor=self.random.randrange(10_000, 9_000_000), currency="EUR", owner=self.random.choice(self.sellers),
                closes=(at + timedelta(days=60)).date(), closed=None if stage.kind == "open" else at,
                lost_reason="price" if stage.kind == "lost" else "", search=search_text(title, company.name),
                created=at, updated=at,
            )  # fmt: skip

    # --- writing -----------------------------------------------------------------------------------------------------

    def write(self, model: type[Record], rows: Iterable[Record]) -> list[Record]:
        """The records, their entries in the log and in the search index, and an opportunity's stay in its stage."""
        written: list[Record] = []
        pending = iter(rows)
        while chunk := list(islice(pending, BATCH)):
            with transaction.atomic():
                model.objects.bulk_create(chunk)
                if model is Opportunity:
                    StageStay.objects.bulk_create(map(stay, chunk))
                if model is not Company:
                    LogEntry.objects.bulk_create(map(entry, chunk))
                SearchEntry.objects.bulk_create(map(found_by, chunk))
            written += chunk
        return written


def stay(record: Any) -> StageStay:
    left = record.closed
    return StageStay(
        opportunity=record,
        stage=record.stage,
        entered=record.stage_since,
        left=left,
        seconds=0 if left else None,
    )


def entry(record: Any) -> LogEntry:
    event = (
        LeadCreated(record.pk, None)
        if isinstance(record, Lead)
        else OpportunityOpened(record.pk, record.stage_id)
    )
    return LogEntry(
        at=record.created, act=new_id(), name=event.name, command="bench.seed", actor_kind="system", actor_name="bench",
        about_kind=record.kind_name(), about_id=record.pk, data=to_data(event),
    )  # fmt: skip


def found_by(record: Any) -> SearchEntry:
    kind = kind_named(record.kind_name())
    assert kind is not None  # noqa: S101
    assert kind.search is not None  # noqa: S101
    known = kind.search(record)
    return SearchEntry(
        kind=kind.name, record_id=record.pk, owner_id=record.owner_id, title=known.title[:200], subtitle=known.subtitle[:200],
        text=search_rules.folded_words(known.title, known.subtitle, known.words),
    )  # fmt: skip


def cookie_of(user: User) -> str:
    """A session as signing in makes it."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def newest(model: type[Record], **wanted: Any) -> UUID:
    return model.objects.filter(**wanted).order_by("-created").values_list("pk", flat=True)[0]
