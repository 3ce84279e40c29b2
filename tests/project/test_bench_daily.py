import pytest

from embudo.business.quota import queries
from embudo.business.quota.models import Account, Arrears, Block, ClosedPeriod, Hold
from embudo.foundation.access.tests.builders import with_roles
from embudo.kernel import clock
from embudo.project.bench.daily import FIRST, bare, timed
from embudo.project.bench.quotas import SORTS, Quotas

ACCOUNTS = 1000


@pytest.mark.django_db
def test_bench_of_the_daily_run_fills_accounts_that_all_move() -> None:
    with_roles()
    Quotas(ACCOUNTS, FIRST, lambda _text: None).plant()
    assert Account.objects.count() == ACCOUNTS + len(SORTS)
    copies = Account.objects.filter(reference__startswith="B-")
    assert copies.filter(pk__in=Hold.objects.filter(state="open").values("account")).count() == 60
    overdue = copies.filter(pk__in=Arrears.objects.filter(oldest_due__lt=FIRST.date()).values("account"))
    assert overdue.count() == 10
    assert bare(ACCOUNTS).measured > 0
    with clock.at(FIRST):
        took, run = timed()
    assert took > 0
    assert (run.looked_at, run.switched, run.failed) == (ACCOUNTS + len(SORTS), 12, 0)
    assert Block.objects.count() == 12
    assert ClosedPeriod.objects.count() == 700 + sum(one.policy == "month" for one in SORTS)
    assert not Account.objects.filter(settle_at__lte=FIRST).exists()
    assert not queries.faults_of(Account.objects.exclude(pk__in=copies))
