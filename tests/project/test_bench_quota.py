"""The tills of `embudo bench quota` and those who judge them, with few calls; all of it, with its processes, in a leg of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from embudo.business.quota import commands
from embudo.business.quota.models import Account
from embudo.business.quota.tests.builders import a_policy, asking
from embudo.foundation.access.tests.builders import with_roles
from embudo.project.bench import main, quota
from embudo.project.bench.bare import recorded
from embudo.project.bench.tills import TILL, Plan, Till, file_of, told_in
from embudo.project.main import parser


def worked(folder: Path, calls: int = 80) -> Plan:
    with_roles()
    policy = a_policy()
    plan = Plan("mixed", calls, quota.accounts(policy, 1, 4000), quota.accounts(policy, 2, 2000))
    Till(folder, 0, plan).work()
    return plan


@pytest.mark.django_db
def test_till_that_was_killed_goes_on_where_its_file_ends(tmp_path: Path) -> None:
    plan = worked(tmp_path)
    file = file_of(tmp_path, 0)
    before = told_in(file)
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])  # what it was told last it never wrote down
    Till(tmp_path, 0, plan).work()
    told = told_in(file)
    assert [one.answer for one in told] == [one.answer for one in before]
    assert {one.act for one in told} == {"authorise", "capture", "release", "refund"}
    assert {one.state for one in told} >= {"open", "refused", "entered"}
    assert (quota.missing(told), quota.counted_twice(told), quota.overspent(Account.objects.all())) == (
        0,
        0,
        0,
    )


@pytest.mark.django_db
def test_judges_find_what_is_missing_counted_twice_and_overspent(tmp_path: Path) -> None:
    plan = worked(tmp_path)
    told = told_in(file_of(tmp_path, 0))
    assert quota.counted_twice(told[:-3]) > 0  # the ledger knows what nobody was told
    first = next(one for one in told if one.state == "open")
    made_up = type(first)(**{**vars(first), "hold": first.account})
    assert quota.missing([*told, made_up]) == 1
    Account.objects.filter(pk=plan.hot[0]).update(limit_minor=1)
    assert quota.overspent(Account.objects.all()) == 1


@pytest.mark.django_db
def test_recorded_holds_the_statements_of_an_authorisation() -> None:
    with_roles()
    [account_id] = quota.accounts(a_policy(), 1, 4000)
    account = Account.objects.get(pk=account_id)
    known = recorded(
        lambda: commands.authorise_spending(TILL, account, asked=asking(1, key="k")), account.pk, "k"
    )
    written = [
        sql.split()[0] for sql, _params in known.statements if not sql.startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert written == ["INSERT", "UPDATE", "INSERT", "INSERT"]


def test_quota_may_have_fewer_calls_and_tills() -> None:
    options = parser().parse_args(["bench", "quota", "--calls", "60", "--processes", "2"])
    assert main.sized("quota", options) == "quota:60:2:0:0"


def test_bench_may_be_asked_for_one_database() -> None:
    assert parser().parse_args(["bench", "quota"]).on is None
    assert parser().parse_args(["bench", "quota", "--on", "sqlite"]).on == "sqlite"


@pytest.mark.load
@pytest.mark.timeout(3600)
def test_bench_quota_finds_nothing_overspent_missing_or_counted_twice(tmp_path: Path) -> None:
    """On both databases at the same time: SQLite's one writer leaves a core half idle."""
    ours = ("DATA", "DJANGO_", "EMBUDO_", "PYTEST_")  # as somebody at a shell starts it
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    files = {name: tmp_path / f"{name}.json" for name in ("sqlite", "postgresql")}
    command = [sys.executable, "-m", "embudo", "bench", "quota", "--calls", "20000", "--untimed"]
    started = [
        subprocess.Popen([*command, "--on", name, "--json", str(file)], env=environment)
        for name, file in files.items()
    ]
    for one in started:
        one.wait()
    for file in files.values():
        rows = json.loads(file.read_text())["rows"]
        words = ("overspent", "acknowledged", "counted", "balances")
        judged = [row for row in rows if row["what"].startswith(words)]
        assert len(judged) == 5
        assert [row["what"] for row in judged if not row["ok"]] == []
