"""One assignment with a million entries: a working day is made in Python, then copied within the database for each day before."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.db import connection, transaction

from embudo.business.intake import commands
from embudo.business.intake.models import Assignment, Binding, Entry, Round, Tally
from embudo.business.intake.rules.keys import entry_keys
from embudo.business.intake.rules.states import Duty, EntryState
from embudo.foundation.access import commands as access
from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.attributes import commands as attributes
from embudo.kernel import clock, prepared
from embudo.kernel.actor import system_actor
from embudo.kernel.follow import hear_no_past
from embudo.project.bench.bulk import tidy, without_indexes
from embudo.project.bench.seed import BATCH, SYLLABLES

SYSTEM = system_actor("bench")
SUPERVISORS, OPERATORS, VERIFIERS = 5, 50, 40
A_DAY = 10_000  # entries, all operators together
BUSIEST = 20_000  # of one operator, however few entries there are
SHIFT = 8 * 60  # minutes
KEY, COMMON, RARE = "channel", "register", "archive"
CHANNELS = ((COMMON, 60), ("fair", 25), ("referral", 14), (RARE, 1))
CHOICES = "\n".join(f"{key} = {key.capitalize()}" for key, _share in CHANNELS)
REGIONS = (
    "mazowieckie",
    "pomorskie",
    "małopolskie",
    "wielkopolskie",
    "śląskie",
    "lubelskie",
    "opolskie",
    "podlaskie",
)
TOWNS = ("Radom", "Gdańsk", "Kraków", "Poznań", "Sopot")
# In a thousand entries of the last days. So 50,000 wait for a verdict; of the days before all but what was rejected is done.
STATES = (
    (EntryState.HANDED_IN, 625), (EntryState.ACCEPTED, 244), (EntryState.ENTERED, 80), (EntryState.REJECTED, 30),
    (EntryState.CORRECTED, 10), (EntryState.WITHDRAWN, 10), (EntryState.IN_VERIFICATION, 1),
)  # fmt: skip
LAST_DAYS = 8
UNDONE = (EntryState.HANDED_IN, EntryState.ENTERED, EntryState.CORRECTED, EntryState.IN_VERIFICATION)
PASSED = (EntryState.ENTERED, EntryState.HANDED_IN, EntryState.IN_VERIFICATION)  # by what was accepted
DECIDED = (EntryState.ACCEPTED, EntryState.REJECTED, EntryState.CORRECTED)
MOMENTS = ("created", "updated", "handed_in", "decided", "leased")
VALUE = {  # how a copy differs from its original, {1} days older
    "sqlite": {
        "moment": "strftime('%Y-%m-%d %H:%M:%f', old.{0}, '-{1} days')", "day": "date(old.day, '-{1} days')",
        "id": "printf('%012x7', (julianday(old.created, '-{1} days') - 2440587.5) * 86400000) || substr(lower(hex(randomblob(10))), 1, 19)",
        "of_entry": "printf('%012x7', (julianday(created) - 2440587.5) * 86400000) || substr(lower(hex(randomblob(10))), 1, 19)",
    },
    "postgresql": {
        "moment": "old.{0} - interval '{1} days'", "day": "old.day - {1}",
        "id": "(lpad(to_hex((extract(epoch FROM old.created - interval '{1} days') * 1000)::bigint), 12, '0')"
        " || '7' || substr(md5(random()::text), 1, 19))::uuid",
        "of_entry": "(lpad(to_hex((extract(epoch FROM created) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 19))::uuid",
    },
}  # fmt: skip


def last_shift_ended(now: datetime) -> datetime:
    """Now, or the midnight before (UTC) where a shift that ended now would have begun on the day before: it lies on one day."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return now if now - midnight >= timedelta(minutes=SHIFT) else midnight


class Assigned:
    """Fills an empty installation: one open assignment, who is bound to it, and `count` entries of theirs."""

    def __init__(self, count: int, tell: Callable[[str], object]) -> None:
        self.count, self.tell, self.vendor = count, tell, connection.vendor
        self.random = Random(7)  # noqa: S311 - the same data every time
        self.operators: list[Binding] = []

    def plant(self) -> None:
        self.make_people()
        self.define()
        self.tell(f"entries: {self.count:,}")
        base, ended = min(self.count, A_DAY), last_shift_ended(clock.now())
        days = self.count // base
        with without_indexes(Entry):
            moments = sorted(self.random.random() * SHIFT for _number in range(base))
            began = ended - timedelta(minutes=SHIFT)
            rows = [self.entry(number, began + timedelta(minutes=at)) for number, at in enumerate(moments)]
            with transaction.atomic():
                for first in range(0, base, BATCH):
                    prepared.insert_all(rows[first : first + BATCH])
            for days_ago in range(days - 1, 0, -1):
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute(self._copy(days_ago))
        self.decide()
        attributes.index_attributes()
        hear_no_past()
        tidy()

    # --- who is bound ------------------------------------------------------------------------------------------------

    def person(self, role: str, number: int = 0, manager: User | None = None) -> User:
        name = f"{role.capitalize()} {number}"
        return access.create_user(
            SYSTEM, email=f"{role}{number}@example.com", name=name, roles=(role,), manager=manager
        )

    def make_people(self) -> None:
        self.admin, self.coordinator, self.principal = map(
            self.person, ("administrator", "coordinator", "principal")
        )
        lead = actor_of(self.coordinator)
        made = commands.create_assignment(
            lead, title="Meat companies", principal=self.principal, coordinator=self.coordinator.pk, target=2 * self.count,
        )  # fmt: skip
        supervisors = [self.person("supervisor", number) for number in range(SUPERVISORS)]
        for one in supervisors:
            commands.bind_person(lead, made, person=one, duty=Duty.SUPERVISOR)
        for number in range(OPERATORS):
            above = supervisors[number % SUPERVISORS]
            one = self.person("operator", number, above)
            self.operators.append(
                commands.bind_person(lead, made, person=one, duty=Duty.OPERATOR, supervisor=above)
            )
        self.verifiers = [self.person("verifier", number) for number in range(VERIFIERS)]
        for one in self.verifiers:
            commands.bind_person(lead, made, person=one, duty=Duty.VERIFIER)
        self.assignment: Assignment = commands.open_assignment(lead, made)

    def define(self) -> None:
        change = attributes.AttributeChange(label="Channel", choices=CHOICES)
        attributes.define_attribute(
            actor_of(self.admin), kind=Entry.kind_name(), type="choice", change=change, key=KEY
        )

    # --- rows --------------------------------------------------------------------------------------------------------

    def one_of(self, shares: Any) -> Any:
        return self.random.choices([one[0] for one in shares], [one[1] for one in shares])[0]

    def bound(self, number: int) -> Binding:
        """Whose an entry is: the first operator's as often as fills the 20,000, the others' evenly."""
        every = round(1 / min(0.5, max(BUSIEST / self.count, 1 / OPERATORS)))
        return self.operators[0] if number % every == 0 else self.random.choice(self.operators[1:])

    def entry(self, number: int, at: Any) -> Entry:
        state, part, rest = self.one_of(STATES), self.bound(number), self.operators
        word = "".join(self.random.choice(SYLLABLES) for _number in range(3)).capitalize()
        place = rest.index(part) + self.random.randrange(3)  # each operator has some regions
        values: dict[str, Any] = {
            "subject": "company", "name": f"{word} {number:05} Sp. z o.o.", "tax_id": f"{number:010}", "vat_id": "", "regon": "",
            "krs": "", "siret": "", "street": "Polna", "number": str(number % 90 + 1), "postcode": "26-600",
            "town": TOWNS[number % len(TOWNS)], "region": REGIONS[place % len(REGIONS)], "country": "PL",
            "website": f"https://z{number}.example.com", "email": f"office@z{number}.example.com", "phone": f"+4848{number:07}",
            "mobile": "", "fax": "", "first_name": "", "last_name": "", "job_title": "", "remarks": "", "source1": "Register",
        }  # fmt: skip
        was_handed_in = state not in (EntryState.ENTERED, EntryState.WITHDRAWN)
        came_back = state == EntryState.CORRECTED or (state == EntryState.HANDED_IN and number % 4000 == 7)
        known = {
            "assignment_id": self.assignment.pk, "binding_id": part.pk, "owner_id": part.person_id, "state": str(state),
            "custom": {KEY: self.one_of(CHANNELS)}, "seconds": self.random.randrange(40, 300), "day": at.date(), "created": at,
            "updated": at, "handed_in": at if was_handed_in else None, "decided": at if state in DECIDED else None,
            "verifier_id": self.random.choice(self.verifiers).pk if state in DECIDED else None,
            "leased": at if state == EntryState.IN_VERIFICATION else None, "round": 2 if came_back else 1,
        }  # fmt: skip
        return prepared.made(Entry, {**values, **entry_keys(values), **known})

    # --- copies ------------------------------------------------------------------------------------------------------

    def _copy(self, days_ago: int) -> str:
        """The day once more, so many days earlier; its own rows are the first by `version`, copies have another."""
        table, fields = Entry._meta.db_table, Entry._meta.concrete_fields
        names = ", ".join(f'"{one.column}"' for one in fields)
        values = ", ".join(self._value(str(one.column), days_ago) for one in fields)
        return f'INSERT INTO "{table}" ({names}) SELECT {values} FROM "{table}" AS old WHERE version = 1 ORDER BY created'  # noqa: S608

    def _value(self, column: str, days_ago: int) -> str:
        ways, is_done = VALUE[self.vendor], days_ago >= LAST_DAYS
        if is_done and column == "state":
            return (
                f"CASE WHEN old.state IN ({_among(UNDONE)}) THEN '{EntryState.ACCEPTED}' ELSE old.state END"
            )
        if is_done and column in ("handed_in", "decided"):
            return ways["moment"].format("created", days_ago)
        kind = "moment" if column in MOMENTS else column
        if kind in ("moment", "day", "id"):
            return ways[kind].format(column, days_ago)
        if column in ("name", "name_key"):
            return f"old.{column} || ' {days_ago}'"
        if column in ("tax_key", "email_key", "phone_key"):
            return f"old.{column} || '{days_ago}'"
        return "2" if column == "version" else f'old."{column}"'

    def decide(self) -> None:
        """The rounds of what was decided, and the tallies of all, with those of the states that entries have left."""
        entry, id_of = Entry._meta.db_table, VALUE[self.vendor]["of_entry"]
        outcome = f"CASE state WHEN '{EntryState.ACCEPTED}' THEN 'accepted' ELSE 'rejected' END"
        place = "assignment_id, owner_id, day, region, state"
        json = "::jsonb" if self.vendor == "postgresql" else ""
        flag = "false" if self.vendor == "postgresql" else "0"
        with without_indexes(Round), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {Round._meta.db_table} (id, created, updated, version, entry_id, number, values, handed_in,"  # noqa: S608
                f" verifier_id, outcome, comment, points, decided, is_overruled) SELECT {id_of}, created, updated, 1, id, 1,"
                f" '{{}}'{json}, handed_in, verifier_id, {outcome}, '', '[]'{json}, decided, {flag} FROM {entry}"
                f" WHERE state IN ({_among(DECIDED)}) ORDER BY created".replace(" values,", ' "values",')
            )
            cursor.execute(
                f"INSERT INTO {Tally._meta.db_table} ({place}, n, seconds) SELECT {place}, count(*), sum(seconds)"  # noqa: S608
                f" FROM {entry} GROUP BY {place}"
            )
            for passed in PASSED:
                cursor.execute(
                    f"INSERT INTO {Tally._meta.db_table} ({place}, n, seconds) SELECT assignment_id, owner_id, day, region,"  # noqa: S608
                    f" '{passed}', 0, 0 FROM {Tally._meta.db_table} WHERE state = '{EntryState.ACCEPTED}'"
                    f" ON CONFLICT ({place}) DO NOTHING"
                )


def _among(states: Sequence[str]) -> str:
    return ", ".join(f"'{one}'" for one in states)
