import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from embudo.business.directory.models import Company
from embudo.business.directory.tests.builders import a_company
from embudo.foundation.access.tests.builders import ann, cat
from embudo.foundation.duplicates import queries
from embudo.foundation.duplicates.models import MatchKey
from embudo.foundation.duplicates.queries.likeness import MOST_SHARING
from embudo.foundation.duplicates.tests.builders import twins
from embudo.kernel.record import new_id
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
COMPANY = Company.kind_name()


def test_alike_rows_answers_for_each_row_in_three_queries() -> None:
    one, _other = twins()
    drain()
    rows = [{"name": f"Somebody {n}", "town": "Hel"} for n in range(50)]
    rows.append({"name": "Acme Transport", "phone": "+48583012214"})
    actor = ann()
    with CaptureQueriesContext(connection) as asked:
        found = queries.likeness.alike_rows(actor, COMPANY, rows)
    assert (len(asked) <= 3, [len(some) for some in found[:50]]) == (True, [0] * 50)
    assert one.pk in [like.record_id for like in found[50]]


def test_alike_rows_with_even_odds_finds_a_mere_name() -> None:
    known = a_company("Acme Transport Sp. z o.o.", email="a@acme.pl")
    drain()
    rows = [{"name": "Acme Transport"}]
    assert queries.likeness.alike_rows(ann(), COMPANY, rows) == [[]]
    [[found]] = queries.likeness.alike_rows(ann(), COMPANY, rows, is_even=True)
    assert (found.record_id, found.likeness.probability > 0.85) == (known.pk, True)


def test_alike_rows_shows_nothing_out_of_sight() -> None:
    a_company("Acme Transport", phone="+48583012214")
    drain()
    assert queries.likeness.alike_rows(
        cat(), COMPANY, [{"name": "Acme Transport", "phone": "+48583012214"}]
    ) == [[]]


def test_sharing_leaves_out_keys_that_too_many_have() -> None:
    ids = [new_id() for _number in range(MOST_SHARING + 1)]
    MatchKey.objects.bulk_create([MatchKey(kind=COMPANY, key=1, record_id=pk) for pk in ids])
    MatchKey.objects.bulk_create([MatchKey(kind=COMPANY, key=2, record_id=pk) for pk in ids[1:]])
    found = queries.likeness.sharing([1, 2, 3])
    assert (set(found), set(found[2])) == ({2}, set(ids[1:]))
