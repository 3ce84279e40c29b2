from typing import Any

import pytest

from embudo.business.directory import commands as directory
from embudo.business.directory.models import Affiliation, Company, Person
from embudo.business.sales import commands as sales
from embudo.business.sales.models import Lead
from embudo.foundation.access.tests.builders import a_user, an_actor
from embudo.foundation.transfer import commands, queries
from embudo.foundation.transfer.commands import running
from embudo.foundation.transfer.models import Import, ImportChunk, ImportPreset
from embudo.foundation.transfer.rules.steps import State
from embudo.foundation.transfer.tests.builders import (
    COMPANIES,
    a_checked_import,
    a_run_import,
    an_import,
    fresh,
    importer,
)
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, Invalid, Refused
from embudo.kernel.models import LogEntry
from embudo.kernel.worker import drain

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def actor() -> Actor:
    return importer()


def counts(found: Import) -> tuple[int, int, int, int, int]:
    return (
        found.created_count,
        found.updated_count,
        found.same_count,
        found.skipped_count,
        found.failed_count,
    )


def test_start_import_keeps_the_file_and_writes_nothing(actor: Actor) -> None:
    found = an_import(actor)
    with queries.content(found) as file:
        assert file.read() == COMPANIES.encode()
    assert (found.state, Company.objects.count()) == (State.NEW, 0)


def test_start_import_of_a_kind_that_does_not_come_from_files_is_refused(actor: Actor) -> None:
    with pytest.raises(Invalid):
        an_import(actor, kind="access.user")


def test_start_import_needs_the_right_to_create_such_records() -> None:
    with pytest.raises(Forbidden):
        an_import(an_actor(a_user(roles=("collector",), name="Cleo")))


def test_match_columns_checks_the_rows_and_writes_nothing(actor: Actor) -> None:
    found = a_checked_import(actor)
    assert (found.state, found.total, found.faulty, found.known) == (State.CHECKED, 2, 0, 0)
    assert Company.objects.count() == 0


def test_match_columns_is_kept_for_files_with_the_same_headings(actor: Actor) -> None:
    a_checked_import(actor, mapping={"0": "name"})
    assert ImportPreset.objects.get().mapping == {"0": "name"}
    again = an_import(actor)
    assert queries.guessed_mapping(actor, again, queries.head(again, {})) == {"0": "name"}


def test_match_columns_without_any_field_is_refused(actor: Actor) -> None:
    with pytest.raises(Invalid):
        a_checked_import(actor, mapping={"0": "no_such_field"})


def test_run_import_creates_companies_as_their_command_would(actor: Actor) -> None:
    found = a_run_import(actor)
    assert (found.state, counts(found)) == (State.DONE, (2, 0, 0, 0, 0))
    alfa = Company.objects.get(name="Alfa Sp. z o.o.")
    assert (alfa.tax_id, alfa.phone, alfa.email, alfa.town) == (
        "5260250274", "+48583012214", "biuro@alfa.example.com", "Gdańsk",
    )  # fmt: skip
    by_hand = directory.register_company(
        actor,
        name="Alfa Sp. z o.o.",
        tax_id="5260250274",
        email="biuro@alfa.example.com",
        phone="+48583012214",
        town="Gdańsk",
    )
    for column in (
        "name_key",
        "tax_key",
        "email_key",
        "phone_key",
        "search",
        "owner_id",
    ):
        assert getattr(alfa, column) == getattr(by_hand, column)


def test_run_import_writes_one_entry_a_record_into_the_log(actor: Actor) -> None:
    a_run_import(actor)
    entries = LogEntry.objects.filter(name="directory.CompanyRegistered")
    assert {entry.about_id for entry in entries} == set(Company.objects.values_list("pk", flat=True))


def test_run_import_of_the_same_file_twice_changes_nothing(actor: Actor) -> None:
    a_run_import(actor)
    versions = set(Company.objects.values_list("pk", "version", "updated"))
    again = a_run_import(actor)
    assert counts(again) == (0, 0, 2, 0, 0)
    assert set(Company.objects.values_list("pk", "version", "updated")) == versions


def test_run_import_updates_what_it_recognises(actor: Actor) -> None:
    a_run_import(actor)
    found = a_run_import(actor, "NIP;Miasto\n5260250274;Sopot\n")
    assert counts(found) == (0, 1, 0, 0, 0)
    assert Company.objects.get(tax_id="5260250274").town == "Sopot"


def test_run_import_may_fill_only_what_is_empty(actor: Actor) -> None:
    a_run_import(actor)
    found = a_run_import(actor, "NIP;Miasto;Ulica\n5260250274;Sopot;Długa\n", rule={"known": "fill"})
    alfa = Company.objects.get(tax_id="5260250274")
    assert (counts(found), alfa.town, alfa.street) == ((0, 1, 0, 0, 0), "Gdańsk", "Długa")


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ({"known": "skip"}, (0, 0, 0, 2, 0)),
        ({"known": "create"}, (2, 0, 0, 0, 0)),
        ({"known": "update", "new": "skip"}, (0, 0, 2, 0, 0)),
    ],
)
def test_run_import_keeps_the_rule(actor: Actor, rule: dict[str, str], outcome: tuple[int, ...]) -> None:
    a_run_import(actor)
    assert counts(a_run_import(actor, rule=rule)) == outcome


def test_run_import_lets_each_row_say_what_to_do(actor: Actor) -> None:
    a_run_import(actor, "Firma;E-mail\nAlfa;a@alfa.example.com\n")
    rows = "Action;Firma;E-mail;Miasto\npomiń;Beta;b@beta.example.com;Ruda\nupdate;Alfa;a@alfa.example.com;Hel\nupdate;Gamma;c@gamma.example.com;\n"
    found = a_run_import(actor, rows)
    assert counts(found) == (0, 1, 0, 1, 1)
    assert list(Company.objects.values_list("name", "town")) == [("Alfa", "Hel")]


def test_run_import_takes_the_first_of_rows_that_are_the_same_record(actor: Actor) -> None:
    found = a_run_import(actor, "Firma;E-mail\nAlfa;a@alfa.example.com\nAlfa 2;A@alfa.example.com\n")
    assert (counts(found), Company.objects.get().name) == ((1, 0, 0, 1, 0), "Alfa")
    assert queries.skipped_rows(found)[0][0] == 3


def test_run_import_reports_rows_with_errors_and_takes_the_rest(actor: Actor) -> None:
    found = a_run_import(
        actor, "Firma;NIP;E-mail;Kraj\nAlfa;123;a@alfa.example.com;PL\nBeta;;nobody;\nGamma;;;Polen\n;;;PL\n"
    )
    assert (counts(found), Company.objects.get().country) == ((1, 0, 0, 0, 3), "PL")
    assert [number for number, _reason in queries.failed_rows(found)] == [2, 3, 5]


def test_run_import_lets_a_record_that_several_rows_could_mean_alone(actor: Actor) -> None:
    for _time in range(2):
        directory.register_company(actor, name="Alfa", email="a@alfa.example.com")
    found = a_run_import(actor, "Firma;E-mail;Miasto\nAlfa;a@alfa.example.com;Hel\n")
    assert counts(found) == (0, 0, 0, 0, 1)


def test_run_import_leaves_records_one_may_not_change(actor: Actor) -> None:
    directory.register_company(actor, name="Alfa", email="a@alfa.example.com")
    lone = an_actor(a_user(roles=("manager",), name="Lone"))
    found = a_run_import(lone, "Firma;E-mail;Miasto\nAlfa;a@alfa.example.com;Hel\n")
    assert (counts(found), Company.objects.get().town) == ((0, 0, 0, 0, 1), "")


def test_run_import_brings_people_with_their_companies(actor: Actor) -> None:
    directory.register_company(actor, name="ALFA Sp. z o.o.")
    found = a_run_import(
        actor,
        "Imię;Nazwisko;Firma;E-mail\nAnna;Nowak;Alfa;anna@alfa.example.com\nJan;Kos;Beta;jan@beta.example.com\n",
        kind="directory.person",
    )
    assert counts(found) == (2, 0, 0, 0, 0)
    assert list(Person.objects.order_by("name").values_list("name", "company__name")) == [
        ("Anna Nowak", "ALFA Sp. z o.o."), ("Jan Kos", "Beta"),
    ]  # fmt: skip
    assert Affiliation.objects.count() == 2
    again = a_run_import(
        actor, "Imię;Nazwisko;Firma;E-mail\nAnna;Nowak;Alfa;anna@alfa.example.com\n", kind="directory.person"
    )
    assert (counts(again), Affiliation.objects.count()) == ((0, 0, 1, 0, 0), 2)


def test_run_import_brings_leads_and_tells_nobody(actor: Actor) -> None:
    found = a_run_import(
        actor,
        "Name,Company,Email,Phone\nAnna Nowak,Alfa,Anna@alfa.example.com,+48 600 100 200\n",
        kind="sales.lead",
    )
    lead = Lead.objects.get()
    assert (counts(found), lead.email, lead.phone, lead.owner_id) == (
        (1, 0, 0, 0, 0), "anna@alfa.example.com", "+48600100200", actor.id,
    )  # fmt: skip
    assert not LogEntry.objects.filter(name="sales.LeadAssigned").exists()


def killed(*_given: Any) -> None:
    raise RuntimeError("killed")


def many(count: int) -> str:
    return "Firma;E-mail\n" + "".join(f"Firma {n};a{n}@firma{n}.example.com\n" for n in range(count))


def test_write_chunk_goes_on_behind_the_last_chunk_after_a_kill(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 10)
    found = a_checked_import(actor, many(25))
    commands.run_import(actor, found)
    turn = fresh(found).turn
    assert commands.write_chunk(actor, found, turn=turn)
    with monkeypatch.context() as broken:
        broken.setattr(running, "_count", killed)
        with pytest.raises(RuntimeError):
            commands.write_chunk(actor, found, turn=turn)
    assert (Company.objects.count(), ImportChunk.objects.count()) == (10, 1)
    drain()
    assert (Company.objects.count(), counts(fresh(found))) == (25, (25, 0, 0, 0, 0))


def test_pause_import_stops_between_chunks_and_run_import_goes_on(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 10)
    found = a_checked_import(actor, many(25))
    commands.run_import(actor, found)
    commands.write_chunk(actor, found, turn=fresh(found).turn)
    commands.pause_import(actor, found)
    drain()
    assert (fresh(found).state, Company.objects.count()) == (State.PAUSED, 10)
    commands.run_import(actor, fresh(found))
    drain()
    assert (fresh(found).state, Company.objects.count()) == (State.DONE, 25)


def test_cancel_import_leaves_what_is_written_and_undo_import_takes_it_back(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 10)
    found = a_checked_import(actor, many(25))
    commands.run_import(actor, found)
    commands.write_chunk(actor, found, turn=fresh(found).turn)
    commands.cancel_import(actor, found)
    drain()
    assert (fresh(found).state, Company.objects.count()) == (State.CANCELLED, 10)
    commands.undo_import(actor, fresh(found))
    drain()
    assert (fresh(found).state, Company.objects.count()) == (State.UNDONE, 0)


def test_cancel_import_that_is_over_is_refused(actor: Actor) -> None:
    with pytest.raises(Refused):
        commands.cancel_import(actor, a_run_import(actor))


def test_undo_import_puts_created_and_updated_rows_back(actor: Actor) -> None:
    before = directory.register_company(actor, name="Alfa", email="biuro@alfa.example.com", town="Hel")
    found = a_run_import(actor, COMPANIES.replace("526-025-02-74", ""))
    assert counts(found) == (1, 1, 0, 0, 0)
    commands.undo_import(actor, found)
    drain()
    found, alfa = fresh(found), Company.objects.get()
    assert (alfa.pk, alfa.name, alfa.town, alfa.phone) == (before.pk, "Alfa", "Hel", "")
    assert (found.state, found.undone_count, found.left_count) == (State.UNDONE, 2, 0)


def test_undo_chunk_leaves_what_somebody_worked_on_and_reports_it(actor: Actor) -> None:
    found = a_run_import(actor)
    beta = Company.objects.get(name="Beta S.A.")
    directory.change_company(actor, beta, town="Zgierz")
    commands.undo_import(actor, found)
    drain()
    found = fresh(found)
    assert list(Company.objects.values_list("name", "town")) == [("Beta S.A.", "Zgierz")]
    assert (found.undone_count, found.left_count) == (1, 1)
    assert [title for title, _url in queries.left_records(found)] == ["Beta S.A."]


def test_undo_import_leaves_a_company_to_which_somebody_has_been_linked(actor: Actor) -> None:
    found = a_run_import(actor)
    alfa = Company.objects.get(tax_id="5260250274")
    directory.register_person(actor, last_name="Nowak", company=alfa)
    commands.undo_import(actor, found)
    drain()
    assert list(Company.objects.values_list("pk", flat=True)) == [alfa.pk]


def test_undo_import_takes_people_back_with_what_they_brought(actor: Actor) -> None:
    found = a_run_import(
        actor, "Imię;Nazwisko;Firma\nAnna;Nowak;Alfa\nJan;Kos;Alfa\n", kind="directory.person"
    )
    assert (Person.objects.count(), Company.objects.count()) == (2, 1)
    commands.undo_import(actor, found)
    drain()
    assert (Person.objects.count(), Company.objects.count(), Affiliation.objects.count()) == (0, 0, 0)


def test_import_companies_import_people_and_import_leads_refuse_without_the_grant(actor: Actor) -> None:
    nobody = an_actor(a_user(roles=(), name="Nobody"))
    for act in (directory.import_companies, directory.import_people, sales.import_leads):
        with pytest.raises(Forbidden):
            act(nobody, rows=[])


def test_prune_import_files_deletes_files_of_old_imports(actor: Actor) -> None:
    found = a_run_import(actor)
    assert commands.prune_import_files(actor) == 0
    Import.objects.filter(pk=found.pk).update(updated="2020-01-01T00:00:00Z")
    assert commands.prune_import_files(actor) == 2
    with pytest.raises(Invalid):
        queries.content(fresh(found))


def test_check_rows_foresees_what_a_new_record_would_lack(actor: Actor) -> None:
    found = a_checked_import(actor, "Firma;Miasto\nDelta;Hel\n;Reda\n")
    assert (found.total, found.valid, found.sample[1][2]) == (2, 1, ["A new record needs: name."])
    assert a_checked_import(actor, "Firma;Miasto\n;Reda\n", rule={"new": "skip"}).valid == 1
