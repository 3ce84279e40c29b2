"""
Millions of companies and people: a varied base set is made in Python, then copied within the database, each copy with an id,
a name, an address and a moment of its own.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.db import connection, models, transaction

from embudo.business.directory.models import Company, Person
from embudo.foundation.access.queries import actor_of
from embudo.foundation.attributes import commands as attributes
from embudo.foundation.search.models import SearchEntry
from embudo.kernel import worker
from embudo.kernel.follow import hear_no_past
from embudo.kernel.record import Record, new_id
from embudo.project.bench.bulk import tidy, without_indexes
from embudo.project.bench.seed import BATCH, COMMON, RARE, Seed
from embudo.project.sample.people import FIRST, LAST

BASE = 10_000  # companies made in Python; twice as many people
TIERS = ("gold", "silver", "bronze", "none")
MINE = 20  # every so many belongs to whoever looks at the lists
CHOICES = "\n".join(f"{tier} = {tier.capitalize()}" for tier in TIERS)
# In the order of time, as all ids are: random ones would scatter each copy over the whole table, as no real record is.
NEW_ID = {
    "sqlite": "printf('%012x7', {0} + row_number() OVER ()) || substr(lower(hex(randomblob(10))), 1, 19)",
    "postgresql": "(lpad(to_hex({0} + row_number() OVER ()), 12, '0') || '7' || substr(md5(random()::text), 1, 19))::uuid",
}
MINUTES = 11  # by which each copy is older than the one before
EARLIER = {"sqlite": "datetime(old.{0}, '-{1} minutes')", "postgresql": "old.{0} - interval '{1} minutes'"}


class Crowd:
    """Grows an empty installation to so many companies, and twice as many people."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        self.tell, self.vendor = tell, connection.vendor
        self.seed = Seed(BASE, tell)
        self.begun = int(new_id().hex[:12], 16)  # milliseconds

    def settle(self) -> None:
        """The base set and two custom attributes of companies, with their indexes."""
        seed = self.seed
        seed.plant()
        companies = list(Company.objects.all())
        with transaction.atomic():
            for number, company in enumerate(companies):
                company.custom = {
                    "tier": TIERS[number * 7 % len(TIERS)],
                    "turnover": seed.random.randrange(1000),
                }
                if number % MINE == 0:
                    company.owner = seed.admin
            Company.objects.bulk_update(companies, ["custom", "owner"], batch_size=500)
        pending = self._people(companies)
        while chunk := list(islice(pending, BATCH)):
            Person.objects.bulk_create(chunk)
        admin = actor_of(seed.admin)
        for kind, label, choices in (("choice", "Tier", CHOICES), ("number", "Turnover", "")):
            change = attributes.AttributeChange(label=label, choices=choices)
            attributes.define_attribute(admin, kind=Company.kind_name(), type=kind, change=change)
        while worker.step("bench"):
            pass

    def _people(self, companies: list[Company]) -> Iterator[Person]:
        seed = self.seed
        usual = {one.name: one.get_default() for one in _texts(Person)}
        for number in range(2 * BASE):
            first = seed.random.choice(FIRST)
            last = (
                RARE
                if number % 1000 == 7
                else COMMON
                if number % 200 == 3
                else f"{seed.random.choice(LAST)}-{seed.word()}"
            )
            at = seed.moment()
            person = Person(
                **{**usual, "first_name": first, "last_name": last, "email": f"{first.lower()}{number}@example.com"},
                company=companies[number % len(companies)],
                owner=seed.random.choice(seed.sellers) if number % MINE else seed.admin,
                is_customer=number % 4 == 0, created=at, updated=at,
            )  # fmt: skip
            for column, value in person.derived().items():
                setattr(person, column, value)
            yield person

    def grow(self, count: int) -> None:
        """To `count` companies."""
        for model, base in ((Company, BASE), (Person, 2 * BASE)):
            wanted, there = count * base // BASE, model.objects.count()
            self.tell(f"{model._meta.verbose_name_plural}: {wanted:,}")
            with without_indexes(model):
                for turn in range(there // base, wanted // base):
                    with transaction.atomic(), connection.cursor() as cursor:
                        cursor.execute(self._copy(model, turn), [base])
            self._find(model)
        hear_no_past()
        tidy()

    def _copy(self, model: type[Record], turn: int) -> str:
        """The base set once more; its rows are the first by `version`, copies have another."""
        table, columns, values = model._meta.db_table, [], []
        for one in model._meta.concrete_fields:
            columns.append(f'"{one.column}"')
            values.append(self._value(one, turn))
        return (
            f'INSERT INTO "{table}" ({", ".join(columns)}) SELECT {", ".join(values)} FROM "{table}" AS old'  # noqa: S608
            " WHERE old.version = 1 LIMIT %s"
        )

    def _value(self, one: models.Field[Any, Any], turn: int) -> str:
        name = one.column
        if name == "id":
            return NEW_ID[self.vendor].format(self.begun - turn * MINUTES * 60_000)
        if name == "version":
            return "2"
        if name in ("created", "updated"):
            return EARLIER[self.vendor].format(name, turn * MINUTES)
        if name in ("email", "email_key"):
            return f"CASE old.{name} WHEN '' THEN '' ELSE 'n{turn}' || old.{name} END"
        if name in ("name", "last_name"):
            return f"old.{name} || ' {turn}'"
        if name == "name_key":
            return f"old.name_key || ' {turn}'"
        return f'old."{name}"'

    def _find(self, model: type[Record]) -> None:
        """What the search box knows of the copies."""
        entry, table, kind = SearchEntry._meta.db_table, model._meta.db_table, model.kind_name()
        title = "name" if model is Company else "first_name || ' ' || last_name"
        sql = (
            f"INSERT INTO {entry} (kind, record_id, owner_id, title, subtitle, text, indexed)"  # noqa: S608
            f" SELECT '{kind}', id, owner_id, {title}, town, lower({title} || ' ' || email), updated FROM {table} AS one"
            f" WHERE NOT EXISTS (SELECT 1 FROM {entry} WHERE kind = '{kind}' AND record_id = one.id)"
        )
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def _texts(model: type[Record]) -> list[models.Field[Any, Any]]:
    return [
        one for one in model._meta.concrete_fields if isinstance(one, models.CharField | models.TextField)
    ]
