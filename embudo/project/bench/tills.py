"""
One till of `embudo bench quota`, a process of its own: python -m … FOLDER NUMBER. What it is answered it writes to its own file
before it goes on, so that it can be killed and started again: it goes on where the file ends, with the same keys.
"""

import json
import os
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from time import perf_counter
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "embudo.project.settings")
django.setup()

from embudo.business.quota import commands  # noqa: E402 - Django must be set up first
from embudo.business.quota.models import Account, Hold  # noqa: E402
from embudo.business.quota.rules.spending import Spending  # noqa: E402
from embudo.kernel.actor import system_actor  # noqa: E402
from embudo.kernel.errors import Invalid, Refused  # noqa: E402
from embudo.kernel.money import Money  # noqa: E402
from embudo.project.bench.bare import Bare  # noqa: E402

TILL = system_actor("bench")
CURRENCY = "USD"
HELD = timedelta(hours=12)
MODES, WARM = ("authorise", "bare"), 30
HOT, AGAIN = 0.6, 0.1  # shares of the calls: on a hot account, and sent a second time
ACTS = ("authorise",) * 13 + ("capture",) * 4 + ("release",) * 2 + ("refund",)


@dataclass(frozen=True)
class Plan:
    """What each till does: all that tills do, or in `turns` what is measured, `calls` at a time."""

    mode: str  # mixed or measure
    calls: int
    hot: list[str]
    cold: list[str]
    run: str = ""
    turns: int = 0

    def write(self, folder: Path) -> None:
        (folder / "plan.json").write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Plan":
        return cls(**json.loads((folder / "plan.json").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Told:
    """An answer as the till keeps it."""

    number: int  # of the call
    key: str
    act: str
    account: str
    hold: str
    state: str  # of the authorisation, "entered" of what was done with one, or the code of a refusal
    minor: int = 0
    entry: str = ""
    ms: float = 0.0
    differs: bool = False  # the same key was answered in another way

    @property
    def answer(self) -> tuple[str, str, int, str]:
        return self.hold, self.state, self.minor, self.entry


def file_of(folder: Path, number: int) -> Path:
    return folder / f"till-{number}.jsonl"


def told_in(file: Path) -> list[Told]:
    """What a till wrote; a line that was cut off when it was killed is none."""
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    return [Told(**json.loads(line)) for line in lines]


@dataclass
class Drawn:
    """Ids to draw from; one is taken out at once, however many there are."""

    ids: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add(self, one: str) -> None:
        self.places[one] = len(self.ids)
        self.ids.append(one)

    def drop(self, one: str) -> bool:
        """Whether it was there. The last one takes its place."""
        if (place := self.places.pop(one, None)) is None:
            return False
        last = self.ids.pop()
        if last != one:
            self.ids[place], self.places[last] = last, place
        return True


@dataclass
class Till:
    folder: Path
    number: int
    plan: Plan
    accounts: dict[str, Account] = field(default_factory=dict)
    open: Drawn = field(default_factory=Drawn)
    captured: Drawn = field(default_factory=Drawn)

    def work(self) -> None:
        """Call by call; what is drawn follows from the call's number and from what was answered before."""
        known = told_in(file_of(self.folder, self.number))
        for one in known:
            self.learn(one)
        done = len(known)
        file = file_of(self.folder, self.number)
        if file.exists():
            os.truncate(file, file.read_bytes().rfind(b"\n") + 1)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number in range(done, self.plan.calls):
            told = self.call(number)
            os.write(handle, json.dumps(asdict(told)).encode() + b"\n")
            self.learn(told)
        os.close(handle)

    def learn(self, told: Told) -> None:
        if told.act == "authorise" and told.state == "open":
            self.open.add(told.hold)
        elif self.open.drop(told.hold) and told.act == "capture" and told.state == "entered":
            self.captured.add(told.hold)

    def call(self, number: int) -> Told:
        chance = Random(f"{self.plan.run}{self.number}:{number}")  # noqa: S311 - a draw
        act = chance.choice(ACTS)
        among = (self.captured if act == "refund" else self.open).ids
        do: Callable[[], Told]
        key = f"{self.plan.run}{self.number}:{number}"
        if act == "authorise" or not among:
            pool = self.plan.hot if chance.random() < HOT else self.plan.cold
            account, minor = chance.choice(pool), chance.randint(1, 500)
            do = lambda: self.authorise(number, key, account, minor)  # noqa: E731
        else:
            hold, share = chance.choice(among), chance.random()
            do = lambda: self.end(number, key, act, hold, share)  # noqa: E731
        begun = perf_counter()
        told = do()
        ms = (perf_counter() - begun) * 1000
        differs = chance.random() < AGAIN and do().answer != told.answer
        return Told(**{**asdict(told), "ms": ms, "differs": differs})

    def authorise(self, number: int, key: str, account: str, minor: int) -> Told:
        asked = Spending(Money(minor, CURRENCY), HELD, key, "bench")
        hold = commands.authorise_spending(TILL, self.account(account), asked=asked)
        return Told(number, key, "authorise", account, str(hold.pk), hold.state, minor)

    def end(self, number: int, key: str, act: str, hold_id: str, share: float) -> Told:
        hold = Hold.objects.select_related("account").get(pk=hold_id)
        amount = Money(max(1, int(hold.amount_minor * share)), CURRENCY)
        account = str(hold.account_id)
        try:
            if act == "capture":
                entry = commands.capture_hold(TILL, hold, amount=amount, key=key)
            elif act == "release":
                entry = commands.release_hold(TILL, hold, key=key)
            else:
                entry = commands.refund_hold(TILL, hold, amount=amount, key=key)
        except (Refused, Invalid) as refused:
            return Told(number, key, act, account, hold_id, type(refused).__name__)
        return Told(number, key, act, account, hold_id, "entered", entry.amount_minor, str(entry.pk))

    def account(self, account_id: str) -> Account:
        if account_id not in self.accounts:
            self.accounts[account_id] = Account.objects.get(pk=account_id)
        return self.accounts[account_id]

    def measure(self) -> None:
        """Authorisations alone, and their bare statements, all tills the same at a time; the first of each are not measured."""
        pool = self.plan.hot or self.plan.cold
        bare = Bare(pickle.loads((self.folder / "bare").read_bytes()))  # noqa: S301 - our own file
        acts: dict[str, Callable[[str, str], object]] = {
            "authorise": lambda account, key: self.authorise(0, key, account, 1),
            "bare": lambda account, key: bare.run(UUID(account), key),
        }
        for account in pool:
            self.account(account)
        for mode in MODES:
            for number in range(WARM):
                acts[mode](pool[number % len(pool)], f"{self.plan.run}warm {mode} {self.number}:{number}")
        for number in range(self.plan.turns * len(MODES)):
            self.wait(number)
            self.turn(number, acts[MODES[number % len(MODES)]], pool)

    def turn(self, turn: int, act: Callable[[str, str], object], pool: list[str]) -> None:
        chance, taken = Random(f"{self.number}:{turn}"), list[float]()  # noqa: S311 - a draw
        started = perf_counter()
        for number in range(self.plan.calls):
            begun = perf_counter()
            act(chance.choice(pool), f"{self.plan.run}{turn}:{self.number}:{number}")
            taken.append((perf_counter() - begun) * 1000)
        told = {"started": started, "ended": perf_counter(), "ms": taken}
        file = self.folder / f"measured-{turn}-{self.number}.json"
        file.write_text(json.dumps(told), encoding="utf-8")

    def wait(self, turn: int) -> None:
        """Until all are ready."""
        (self.folder / f"ready-{turn}-{self.number}").touch()
        while not (self.folder / f"go-{turn}").exists():
            time.sleep(0.002)


def main(folder: str, number: int) -> None:
    till = Till(Path(folder), number, Plan.read(Path(folder)))
    if till.plan.mode == "mixed":
        till.wait(0)
        till.work()
    else:
        till.measure()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
