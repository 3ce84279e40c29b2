"""The recording department: three assignments, and the entries of two weeks in every state."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from embudo.business.intake import commands as intake
from embudo.business.intake.models import Assignment, Entry
from embudo.business.intake.rules.states import Duty
from embudo.foundation.access import commands as access
from embudo.foundation.attributes import commands as attributes
from embudo.foundation.attributes.commands import AttributeChange
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.project.sample.firms import COAST, FISH, MAZOVIA, MEAT, firms
from embudo.project.sample.people import SIGN_INS, Staff
from embudo.project.sample.source import at_work
from embudo.project.sample.story import Story

OPERATOR, SUPERVISOR, COORDINATOR, PRINCIPAL, VERIFIER = (
    SIGN_INS[door] for door in ("operator", "supervisor", "coordinator", "principal", "verifier")
)
SECOND_OPERATOR, SECOND_VERIFIER, SECOND_PRINCIPAL = "Kacper Jawor", "Ewa Kalina", "Julia Brzoza"
DAYS = 14  # that the work goes back
ALIKE = 12  # the entry that may be of the same company as the first
KINDS = ("beef", "pork", "poultry", "game", "lamb")
LABELS = ("Beef", "Pork", "Poultry", "Game", "Lamb")
FACTS = (
    "tax_id",
    "pkd",
    "street",
    "number",
    "postcode",
    "town",
    "region",
    "country",
    "website",
    "email",
    "phone",
)
# What became of an entry in the end, and how many there are of each in the assignment that is under way.
FATES = {
    "accepted": 26, "accepted again": 5, "handed in": 8, "rejected": 5, "disputed": 2, "corrected": 3, "entered": 6,
    "withdrawn": 2, "overruled": 1, "verifying": 1,
}  # fmt: skip
LATE = ("entered", "handed in", "verifying")
REJECTED = ("rejected", "disputed", "overruled", "corrected", "accepted again")
FAULTS: tuple[tuple[dict[str, str], str], ...] = (
    (
        {
            "name": "phone",
            "code": "outdated",
            "comment": "Nobody answers there. The website has another number.",
        },
        "",
    ),
    (
        {"name": "tax_id", "code": "other_record", "comment": "That is the number of their parent company."},
        "",
    ),
    ({"name": "website", "code": "mistyped", "suggested": "https://www.example.com"}, ""),
    (
        {"name": "street", "code": "outdated", "comment": "They moved in spring."},
        "Please look at the whole address.",
    ),
    ({"name": "postcode", "code": "mistyped"}, "Two digits are the wrong way round."),
)
REPLIES = (
    "I called them: the number is right, they are closed on Mondays.",
    "The register still says the old address. Which one counts?",
    "Thank you, I have mended it.",
)
INSTRUCTION = (
    "Record every company that slaughters, cuts or sells meat.\n\n"
    "- One record for one company, not for each shop.\n"
    "- Take the address from the register, the phone number from their website.\n"
    "- Say where you found it."
)


class Collecting:
    """Who orders, enters and verifies, and what they did; each act at its own moment."""

    def __init__(self, staff: Staff, story: Story, *, seed: int) -> None:
        self.staff, self.story = staff, story
        self.random = Random(seed)  # noqa: S311 - the same entries every time
        self.today = clock.today()
        self.begin = self.today - timedelta(days=DAYS)
        self.closed: list[Assignment] = []
        self.firms: list[dict[str, Any]] = []

    def hire(self) -> None:
        recording = access.create_team(self.staff.admin, name="Recording")
        meat = access.create_team(self.staff.admin, name="Meat buyers")
        fish = access.create_team(self.staff.admin, name="Fish buyers")
        self.staff.hire(COORDINATOR, "coordinator", team=recording)
        lead = self.staff.hire(
            SUPERVISOR, "supervisor", manager=self.staff.users[COORDINATOR], team=recording
        )
        for name in (OPERATOR, SECOND_OPERATOR):
            self.staff.hire(name, "operator", manager=lead, team=recording)
        for name in (VERIFIER, SECOND_VERIFIER):
            self.staff.hire(name, "verifier", team=recording)
        self.staff.hire(PRINCIPAL, "principal", team=meat)
        self.staff.hire(SECOND_PRINCIPAL, "principal", team=fish)

    def actor(self, name: str) -> Actor:
        return self.staff.actor(name)

    # --- assignments -----------------------------------------------------------------------------------------------

    def define_attributes(self) -> None:
        kinds = "\n".join(f"{key} = {label}" for key, label in zip(KINDS, LABELS, strict=True))
        for type_, key, change in (
            ("choices", "meat_kinds", AttributeChange(label="Meat kinds", choices=kinds, order=10)),
            ("yes_no", "cold_store", AttributeChange(label="Cold store of their own", order=20)),
        ):
            made = attributes.define_attribute(
                self.staff.admin, kind=Entry.kind_name(), type=type_, change=change, key=key
            )
            attributes.make_index_of(made)

    def plan(self) -> None:
        self.story.plan(self._moment(0, 5), self._meat)
        self.story.plan(self._moment(1, 20), self._fish)
        self.story.plan(self._moment(0, 40), self._done)

    def _moment(self, day: int, minute: int) -> datetime:
        return at_work(self.begin + timedelta(days=day), minute)

    def _assignment(self, principal: str, *, custom: bool = False, **values: Any) -> Assignment:
        """Ordered by the principal; the coordinator binds everybody and opens it."""
        lead = self.actor(COORDINATOR)
        asked: list[dict[str, Any]] = [{"name": "name", "is_required": True}]
        asked += [{"name": name} for name in FACTS]
        asked[1] |= {"is_required": True, "is_unique": True, "help": "Ten digits, as on an invoice."}
        asked[8] |= {"is_kept": True}
        if custom:
            asked += [{"name": "custom_meat_kinds", "is_required": True}, {"name": "custom_cold_store"}]
        asked.append({"name": "source1", "is_kept": True, "help": "Where you found it."})
        made = intake.create_assignment(
            self.actor(principal), asked=asked, coordinator=self.staff.users[COORDINATOR].pk, **values
        )
        self._bind(made, SUPERVISOR, Duty.SUPERVISOR)
        for name in (VERIFIER, SECOND_VERIFIER):
            self._bind(made, name, Duty.VERIFIER)
        boss = self.staff.users[SUPERVISOR]
        for name in (OPERATOR, SECOND_OPERATOR):
            self._bind(made, name, Duty.OPERATOR, supervisor=boss, target=made.target // 2)
        return intake.open_assignment(lead, made)

    def _bind(self, assignment: Assignment, name: str, duty: str, **values: Any) -> None:
        person = self.staff.users[name]
        intake.bind_person(self.actor(COORDINATOR), assignment, person=person, duty=duty, **values)

    def _meat(self) -> None:
        made = self._assignment(
            PRINCIPAL, custom=True, title="Meat companies in Mazovia", instruction=INSTRUCTION, territory="mazowieckie",
            target=120, deadline=self.today + timedelta(days=16),
        )  # fmt: skip
        found = firms(self.random, MEAT, MAZOVIA, "mazowieckie", "10.11.Z")
        fates = [fate for fate, count in FATES.items() for _number in range(count)]
        self.random.shuffle(fates)
        for number, fate in enumerate(fates):
            day = DAYS - 1 if fate in LATE else 1 + number * (DAYS - 4) // len(fates)
            values = next(found)
            self.firms.append(values)
            if number == ALIKE:
                values["email"] = self.firms[0]["email"]
            told = Fate(self, made, values, fate, operator=self._operator(number))
            told.plan(self._moment(day, number * 7))
        self.story.plan(self._moment(DAYS, 0), lambda: self._draft(made, next(found)))

    def _fish(self) -> None:
        """Of another principal, who is satisfied with a sample."""
        made = self._assignment(
            SECOND_PRINCIPAL, title="Fish processing on the coast", territory="pomorskie", policy="sample", percent=30,
            target=60, deadline=self.today + timedelta(days=30),
        )  # fmt: skip
        found = firms(self.random, FISH, COAST, "pomorskie", "10.20.Z")
        for number in range(22):
            values, fate = next(found), ("accepted", "handed in")[number > 16]
            if number == ALIKE:  # the same company as one of the other principal's
                values["tax_id"] = self.firms[0]["tax_id"]
            moment = self._moment(2 + number // 2, 30 + number * 9)
            Fate(self, made, values, fate, operator=self._operator(number)).plan(moment)

    def _done(self) -> None:
        """Finished last week: closed as a whole, every entry accepted."""
        made = self._assignment(
            PRINCIPAL, title="Butchers around Radom", territory="26-000 - 27-999\nmazowieckie", target=14,
            deadline=self.today - timedelta(days=3),
        )  # fmt: skip
        found = firms(self.random, MEAT[1:2], MAZOVIA[:1], "mazowieckie", "47.22.Z")
        for number in range(14):
            moment = self._moment(1 + number // 4, 15 + number * 11)
            Fate(self, made, next(found), "accepted", operator=self._operator(number)).plan(moment)
        self.closed.append(made)
        self.story.plan(self._moment(DAYS - 5, 500), lambda: self._close(made))

    def _close(self, made: Assignment) -> None:
        intake.close_assignment(self.actor(COORDINATOR), made, cause="All of them are recorded.")

    def deliver(self) -> None:
        """The principal asks for the file of what is done."""
        for made in self.closed:
            intake.order_delivery(self.actor(PRINCIPAL), made)

    def _operator(self, number: int) -> str:
        return (OPERATOR, OPERATOR, SECOND_OPERATOR)[number % 3]

    def _draft(self, assignment: Assignment, values: dict[str, Any]) -> None:
        """Somebody is in the middle of a record."""
        typed = {name: values[name] for name in ("name", "tax_id", "town")}
        intake.save_draft(
            self.actor(OPERATOR), assignment=assignment.pk, draft=UUID(int=self.random.getrandbits(128), version=4),
            values=typed, sequence=1, title=values["name"],
        )  # fmt: skip


class Fate:
    """One entry, from the first letter to what became of it."""

    def __init__(
        self, told: Collecting, assignment: Assignment, values: dict[str, Any], fate: str, *, operator: str
    ) -> None:
        self.told, self.assignment, self.fate, self.random = told, assignment, fate, told.random
        self.operator = told.actor(operator)
        self.verifier = told.actor(self.random.choice((VERIFIER, VERIFIER, SECOND_VERIFIER)))
        self.values = {name: value for name, value in values.items() if name in _names(assignment)}
        self.fault = self.random.choice(FAULTS)
        self.entry: Entry | None = None

    def plan(self, moment: datetime) -> None:
        acts = self._acts()
        for number, act in enumerate(acts):
            self.told.story.plan(moment + timedelta(hours=number * 5, minutes=number * 13), act)

    def _acts(self) -> Iterator[Any]:
        yield self._enter
        if self.fate == "withdrawn":
            yield self._withdraw
        if self.fate in ("entered", "withdrawn"):
            return
        yield self._hand_in
        if self.fate in REJECTED:
            yield self._reject
            yield self._talk
        if self.fate in ("disputed", "overruled"):
            yield self._dispute
        if self.fate == "overruled":
            yield self._overrule
        if self.fate in ("corrected", "accepted again"):
            yield self._correct
        if self.fate == "accepted again":
            yield self._hand_in
        if self.fate.startswith("accepted"):
            yield self._accept
        if self.fate == "verifying":
            yield self._claim

    def _enter(self) -> None:
        custom = {}
        if self.assignment.custom_keys:
            kinds = self.random.sample(KINDS, self.random.randrange(1, 4))
            custom = {"meat_kinds": sorted(kinds), "cold_store": self.random.random() < 0.4}
        self.entry = intake.enter_entry(
            self.operator, self.assignment, values=self.values, custom=custom, seconds=self.random.randrange(55, 240),
            is_another=True,
        )  # fmt: skip

    @property
    def _now(self) -> Entry:
        """As it stands: others acted since."""
        assert self.entry is not None  # noqa: S101 - it was entered first
        return Entry.objects.get(pk=self.entry.pk)

    def _hand_in(self) -> None:
        intake.hand_in_entry(self.operator, self._now)

    def _withdraw(self) -> None:
        intake.withdraw_entry(self.operator, self._now)

    def _verdict(self, outcome: str, **values: Any) -> None:
        entry = self._now
        if entry.state == "handed_in":  # the sample leaves most alone
            intake.claim_entry(self.verifier, entry)
            intake.decide_entry(self.verifier, entry, outcome=outcome, **values)

    def _accept(self) -> None:
        self._verdict("accepted")

    def _reject(self) -> None:
        point, comment = self.fault
        self._verdict("rejected", points=[{**point, "judgement": "wrong"}], comment=comment)

    def _talk(self) -> None:
        if self.random.random() < 0.6:
            intake.send_message(self.operator, self._now, text=self.random.choice(REPLIES))

    def _dispute(self) -> None:
        intake.dispute_rejection(
            self.operator, self._now, text="I have compared it with the register: it is right."
        )

    def _overrule(self) -> None:
        boss = self.told.actor(SUPERVISOR)
        intake.decide_dispute(
            boss, self._now, is_overruled=True, text="The operator is right: I looked it up."
        )

    def _claim(self) -> None:
        intake.claim_entry(self.verifier, self._now)

    def _correct(self) -> None:
        changed = {"number": str(self.random.randrange(1, 90))}
        intake.correct_entry(self.operator, self._now, values=changed, seconds=40)


def _names(assignment: Assignment) -> set[str]:
    return {one.name for one in assignment.attributes}
