from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import TestCase

from embudo.business.directory.models import Company, Person
from embudo.business.intake import commands
from embudo.business.intake.models import (
    Assignment,
    Draft,
    Entry,
    Likeness,
    Message,
    Round,
    SecondEntry,
    Tally,
)
from embudo.business.intake.tests.builders import (
    NIPS,
    an_assignment,
    an_entry,
    bound,
    olga,
    otto,
    petra,
    vera,
)
from embudo.foundation.access.tests.builders import an_admin
from embudo.foundation.recycle.commands import erase_record, erase_recycled, recycle_record, repeat_erasures
from embudo.foundation.recycle.models import Erasure
from embudo.foundation.recycle.tests.scan import places_naming
from embudo.kernel import seal
from embudo.kernel.record import new_id
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db
FIRST, LAST, MAIL, PHONE = "Zdzisława", "Przybyłowska", "zdzislawa@przybylowska.example", "+48601234987"
WORDS = ("zdzislawa", "przybylowska", "601234987", "601 234 987")
PERSON = {
    "first_name": FIRST,
    "last_name": LAST,
    "email": MAIL,
    "phone": PHONE,
    "remarks": f"{LAST} buys ham",
}
ASKED = [
    {"name": "first_name"},
    {"name": "last_name", "is_required": True},
    {"name": "email"},
    {"name": "phone", "is_double": True},
    {"name": "region"},
    {"name": "remarks"},
]


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Path) -> None:
    settings.DATA, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"


def of_people() -> Assignment:
    assignment = an_assignment(subject="person", asked=ASKED)
    bound(assignment, otto())
    return assignment


def entered(assignment: Assignment, **values: Any) -> Entry:
    return commands.enter_entry(
        olga(), assignment, values={**PERSON, "region": "pomorskie", **values}, seconds=60, is_another=True
    )


def checked(assignment: Assignment, entry: Entry) -> Entry:
    """Entered twice, talked about, rejected, corrected and accepted."""
    commands.hand_in_entry(olga(), entry)
    assert commands.claim_second(otto(), assignment) == entry.pk
    commands.enter_second(otto(), assignment, entry_id=entry.pk, values={"phone": "+48601234988"})
    point = {"name": "last_name", "judgement": "wrong", "code": "mistyped", "suggested": f"{LAST}-Nowak"}
    taken = commands.claim_entry(vera(), entry)
    commands.decide_entry(vera(), taken, outcome="rejected", points=[point], comment=f"Not {LAST}.")
    commands.send_message(olga(), Entry.objects.get(pk=entry.pk), text=f"Her name is {FIRST} {LAST}.")
    drafts = {"draft": new_id(), "values": PERSON, "sequence": 1, "title": f"{FIRST} {LAST}"}
    commands.save_draft(olga(), assignment=assignment.pk, entry=entry.pk, **drafts)
    entry = commands.correct_entry(
        olga(), Entry.objects.get(pk=entry.pk), values={"last_name": f"{LAST}-Nowak"}, draft=new_id()
    )
    commands.save_draft(
        olga(), assignment=assignment.pk, entry=entry.pk, **{**drafts, "draft": new_id(), "sequence": 1}
    )
    commands.hand_in_entry(olga(), entry)
    return commands.decide_entry(vera(), commands.claim_entry(vera(), entry), outcome="accepted")


def tallied(assignment: Assignment) -> Sequence[Any]:
    rows = Tally.objects.filter(assignment=assignment).exclude(n=0)
    return sorted(rows.values_list("region", "state", "n", "seconds"))


def test_erased_person_stands_in_no_table_any_more() -> None:
    assignment, other = of_people(), an_assignment(subject="person", asked=ASKED)
    accepted = checked(assignment, entered(assignment))
    like = an_entry(other, first_name="Jan", last_name="Nowak")
    Likeness.objects.create(entry=accepted, other=like, reason="name")
    commands.order_delivery(petra(), assignment, format="csv")
    drain()
    before = tallied(assignment)
    assert len(places_naming(WORDS)) > 15
    person: Any = accepted.person
    with TestCase.captureOnCommitCallbacks(execute=True):
        erase_record(an_admin(), person)
    drain()
    assert places_naming(WORDS) == []
    assert seal.verify() == []
    assert tallied(assignment) == before
    left = Entry.objects.get(pk=accepted.pk)
    assert (left.name, left.state, left.region, left.person_id) == ("Erased", "accepted", "pomorskie", None)
    assert [one.outcome for one in Round.objects.filter(entry=left).order_by("number")] == [
        "rejected",
        "accepted",
    ]
    assert not Likeness.objects.exists()
    assert not Draft.objects.filter(entry=left).exists()
    assert Message.objects.get().text == "Erased"
    assert SecondEntry.objects.get().values == {}


def test_erased_company_takes_what_an_operator_called_it_along() -> None:
    company = an_entry(
        an_assignment(), name="Zdzisława Przybyłowska", tax_id=NIPS[3], state="accepted"
    ).company
    again = an_entry(an_assignment(), name="Wędliny Przybyłowska", tax_id=NIPS[3], state="accepted")
    assert again.company == company
    drain()
    with TestCase.captureOnCommitCallbacks(execute=True):
        erase_record(an_admin(), Company.objects.get())
    drain()
    assert places_naming((*WORDS, NIPS[3])) == []
    assert set(Entry.objects.values_list("name", "tax_key")) == {("Erased", None)}


def test_person_erased_out_of_the_bin_takes_the_entry_along() -> None:
    assignment = of_people()
    accepted = checked(assignment, entered(assignment))
    person: Any = accepted.person
    found = recycle_record(an_admin(), person)
    assert Entry.objects.get(pk=accepted.pk).person is None
    with TestCase.captureOnCommitCallbacks(execute=True):
        erase_recycled(an_admin(), found)
    drain()
    assert places_naming(WORDS) == []
    assert set(Erasure.objects.values_list("kind", flat=True)) == {"directory.person", "intake.entry"}


def test_erasure_is_repeated_on_an_entry_that_a_backup_brings_back(tmp_path: Path) -> None:
    """It was not accepted yet when the backup was made: nothing but the list says whose entry it is."""
    entry = entered(of_people())
    line = (
        f'{{"kind": "intake.entry", "id": "{entry.pk}", "at": "2026-01-01T00:00:00+00:00", "why": "request"}}'
    )
    (tmp_path / "erasures.jsonl").write_text(line + "\n")
    assert repeat_erasures() == (1, [])
    drain()
    assert places_naming(WORDS) == []


def test_erasing_one_person_leaves_the_entries_of_others() -> None:
    assignment = of_people()
    checked(assignment, entered(assignment))
    other = entered(assignment, first_name="Jan", last_name="Kowal", email="jan@kowal.example", remarks="")
    with TestCase.captureOnCommitCallbacks(execute=True):
        erase_record(an_admin(), Person.objects.get())
    assert Entry.objects.get(pk=other.pk).name == "Jan Kowal"
