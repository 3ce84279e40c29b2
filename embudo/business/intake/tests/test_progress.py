from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from embudo.business.intake import commands, queries
from embudo.business.intake.models import Likeness, Tally
from embudo.business.intake.tests.builders import (
    NIPS,
    an_assignment,
    an_entry,
    bound,
    cora,
    olga,
    otto,
    paul,
    petra,
    sven,
    vera,
)
from embudo.business.intake.views.progress import last_days
from embudo.foundation.access.tests.builders import a_client, user_of
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, NotFound, Refused
from embudo.kernel.models import LogAbout, LogEntry

pytestmark = pytest.mark.django_db


def at(name: str, *args: Any) -> str:
    return reverse(f"intake:{name}", args=args)


# ------------------------------------------------------------------------------------------- progress


def test_progress_counts_by_person_day_and_region() -> None:
    made = an_assignment(target=10)
    bound(made, otto())
    for who, region in ((olga(), "Mazowieckie"), (olga(), "Mazowieckie"), (otto(), "Pomorskie")):
        an_entry(made, who, state="accepted", region=region)
    an_entry(made, olga(), state="rejected", region="Mazowieckie")
    found = queries.progress(cora(), made)
    assert (found.total.entered, found.total.accepted, found.total.rejected_percent) == (4, 3, 25)
    assert [(one.name, one.counts.entered) for one in found.people] == [
        ("Olga Operator", 3),
        ("Otto Other", 1),
    ]
    assert [(one.key, one.counts.entered) for one in found.regions] == [("Mazowieckie", 3), ("Pomorskie", 1)]
    assert [(one.key, one.counts.entered) for one in found.days] == [(clock.today(), 4)]
    assert found.median_seconds == 60
    assert found.finishes is not None


def test_progress_page_shows_the_whole_to_those_above_and_their_own_to_supervisors() -> None:
    made = an_assignment()
    bound(made, otto())
    an_entry(made, otto(), region="Pomorskie")
    an_entry(made, olga(), region="Mazowieckie")
    for who in (cora(), petra()):
        shown = a_client(who).get(at("progress", made.pk)).content.decode()
        assert ("Otto Other" in shown, "Pomorskie" in shown) == (True, True), who.name
    shown = a_client(sven()).get(at("progress", made.pk)).content.decode()
    assert "Olga Operator" in shown
    assert "Otto Other" not in shown
    assert "Pomorskie" not in shown
    for who in (olga(), vera()):
        assert a_client(who).get(at("progress", made.pk)).status_code == 403
    assert a_client(paul()).get(at("progress", made.pk)).status_code == 404


def test_progress_page_asks_the_same_number_of_queries() -> None:
    made, found = an_assignment(), []
    client = a_client(cora())
    for rows in (1, 3):
        while made.entries.count() < rows:
            an_entry(made, region=f"Region {rows}")
        client.get(at("progress", made.pk))
        with CaptureQueriesContext(connection) as asked:
            client.get(at("progress", made.pk))
        found.append(len(asked))
    assert found[0] == found[1]


def test_progress_page_draws_a_line_over_several_days() -> None:
    made = an_assignment()
    for back, n in ((0, 5), (1, 7), (6, 3)):
        day = clock.today() - timedelta(days=back)
        Tally.objects.create(
            assignment=made, owner=user_of(olga()), day=day, state="accepted", n=n, seconds=60 * n
        )
    shown = a_client(cora()).get(at("progress", made.pk)).content.decode()
    assert 'role="img"' in shown
    assert "15 entries from" in shown
    days = last_days(queries.progress(cora(), made).days)
    assert [one.counts.entered for one in days] == [3, 0, 0, 0, 0, 7, 5]


def test_progress_page_of_nothing_says_so() -> None:
    shown = a_client(cora()).get(at("progress", an_assignment().pk)).content.decode()
    assert "Nothing was entered yet" in shown


# ------------------------------------------------------------------------------------------ likenesses


def a_pair(**others: Any) -> Likeness:
    """Two entries of one tax number; in one assignment unless `others` name who ordered the second."""
    first = an_assignment()
    second = an_assignment(**others) if others else first
    an_entry(first, tax_id=NIPS[0], name="Masarnia Jeden")
    an_entry(second, tax_id=NIPS[0], name="Masarnia Dwa")
    found: Likeness = Likeness.objects.get()
    return found


def test_likenesses_within_an_assignment_are_seen_by_who_leads_both() -> None:
    pair = a_pair()
    assert not pair.is_across
    for who, sees in ((cora(), 1), (sven(), 1), (petra(), 0), (olga(), 0), (vera(), 0)):
        assert queries.open_likenesses(who).count() == sees, who.name


def test_likenesses_with_somebody_elses_operator_are_the_coordinators() -> None:
    made = an_assignment()
    bound(made, otto())
    an_entry(made, tax_id=NIPS[0])
    an_entry(made, otto(), tax_id=NIPS[0])
    assert (queries.open_likenesses(sven()).count(), queries.open_likenesses(cora()).count()) == (0, 1)


def test_likenesses_across_principals_are_told_to_the_coordinator_alone() -> None:
    pair = a_pair(principal=user_of(paul()))
    assert pair.is_across
    for who in (sven(), petra(), paul(), olga(), vera()):
        assert queries.open_likenesses(who).count() == 0, who.name
        client = a_client(who)
        assert client.get(at("likeness_decide", pair.pk)).status_code in (403, 404), who.name
    with pytest.raises((NotFound, Forbidden)):
        commands.decide_likeness(sven(), pair, is_same=True)
    shown = a_client(cora()).get(at("likenesses")).content.decode()
    assert "Masarnia Jeden" in shown
    decided = commands.decide_likeness(cora(), pair, is_same=True)
    (told,) = LogEntry.objects.filter(command="intake.decide_likeness")
    assert told.about_id == decided.pk
    assert not LogAbout.objects.filter(entry=told).exists(), "the entry's history tells nothing"


def test_decide_likeness_keeps_who_said_what_once() -> None:
    pair = commands.decide_likeness(sven(), a_pair(), is_same=False)
    assert (pair.is_same, pair.by_id) == (False, sven().id)
    with pytest.raises(Refused):
        commands.decide_likeness(cora(), pair, is_same=True)


def test_likeness_of_a_withdrawn_entry_needs_no_decision() -> None:
    pair = a_pair()
    commands.withdraw_entry(olga(), pair.other)
    assert not queries.open_likenesses(cora()).exists()


def test_likeness_page_shows_both_and_goes_on_to_the_next() -> None:
    pair = a_pair()
    an_entry(pair.entry.assignment, email="same@example.com", name="Ubojnia A", tax_id=NIPS[1])
    client = a_client(sven())
    shown = client.get(at("likeness_decide", pair.pk)).content.decode()
    for told in ("Masarnia Jeden", "Masarnia Dwa", "The same tax number", "differs"):
        assert told in shown, told
    assert client.post(at("likeness_decide", pair.pk), {"answer": "perhaps"}).status_code == 422
    assert client.post(at("likeness_decide", pair.pk), {"answer": "same"}).headers["Location"] == at(
        "likenesses"
    )
    assert client.post(at("likeness_decide", pair.pk), {"answer": "other"}).status_code == 422
    pair.refresh_from_db()
    assert pair.is_same


def test_likenesses_page_asks_the_same_number_of_queries() -> None:
    made, found = an_assignment(), []
    client = a_client(cora())
    for pairs in (1, 3):
        while Likeness.objects.count() < pairs:
            an_entry(made, tax_id=NIPS[2])
        client.get(at("likenesses"))
        with CaptureQueriesContext(connection) as asked:
            assert client.get(at("likenesses"), {"assignment": str(made.pk)}).status_code == 200
        found.append(len(asked))
    assert found[0] == found[1]


def test_likenesses_page_is_closed_to_principals() -> None:
    for who in (petra(), olga(), vera()):
        assert a_client(who).get(at("likenesses")).status_code == 403, who.name
