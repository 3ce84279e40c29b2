"""How long a reader waits."""

import time

import pytest
from django.db import OperationalError, connection

from embudo.kernel.patience import TooSlow, patience

SLOW = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 2000000000) SELECT count(*) FROM c"
pytestmark = pytest.mark.django_db(transaction=True)


def ask(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def test_what_takes_too_long_is_ended_and_the_connection_goes_on() -> None:
    for _time in range(2):
        with pytest.raises(TooSlow), patience(0.05):
            ask(SLOW)
        assert ask("SELECT 1") == 1


def test_what_comes_after_the_block_has_its_own_time() -> None:
    with patience(0.02):
        assert ask("SELECT 2") == 2
    started = time.monotonic()
    short = SLOW.replace("2000000000", "300000")
    assert ask(short) == 300_000
    assert ask(short) == 300_000
    assert time.monotonic() - started > 0.02


def test_other_faults_stay_what_they_are() -> None:
    with pytest.raises(OperationalError, match="elsewhere"), patience(5):
        raise OperationalError("elsewhere")
