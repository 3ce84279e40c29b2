from datetime import timedelta

import pytest

from embudo.business.directory.tests.builders import a_company
from embudo.foundation.access.tests.builders import ann
from embudo.foundation.recycle.commands import restore_record
from embudo.foundation.recycle.models import Recycled
from embudo.foundation.recycle.reactions import empty_the_bin
from embudo.foundation.recycle.tests.builders import a_deleted
from embudo.foundation.search.models import SearchEntry
from embudo.kernel import clock
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


def test_empty_the_bin_erases_in_the_background() -> None:
    a_deleted(a_company(by=ann()), ann())
    with clock.at(clock.now() + timedelta(days=31)):
        empty_the_bin()
        drain()
    assert Recycled.objects.get().erased_at is not None


def test_search_follows_deleting_and_restoring() -> None:
    found = a_deleted(a_company("Alfa Ltd", by=ann()), ann())
    drain()
    assert not SearchEntry.objects.filter(title="Alfa Ltd").exists()
    restore_record(ann(), found)
    drain()
    assert SearchEntry.objects.filter(title="Alfa Ltd").exists()
