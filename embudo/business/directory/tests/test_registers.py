"""Public registers, spoken with over loopback: the fakes of fakes.py stand in for the Commission's and Poland's services."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from embudo.business.directory import commands, queries
from embudo.business.directory.models import Company, RegisterCheck
from embudo.business.directory.rules import Outcome
from embudo.business.directory.rules.registers import Answer, Asked, Numbers, regon, vies
from embudo.business.directory.tests.builders import a_company
from embudo.business.directory.tests.fakes import FakeRegon, FakeVies, serving
from embudo.business.directory.tests.test_api import JSON, a_caller
from embudo.foundation.access.tests.builders import a_client, an_admin, ann, bob, cat
from embudo.kernel import clock
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.models import Job
from embudo.kernel.worker import drain

pytestmark = [pytest.mark.django_db, pytest.mark.peer]
NIP = "5260250274"
PATIENCE = 10.0  # seconds, of whoever asks a register that answers; a busy machine may take one
HURRY = 0.5  # less than a slow register takes


@pytest.fixture
def fake_vies(settings: Any) -> Iterator[Any]:
    with serving(FakeVies) as server:
        settings.VIES_URL, settings.REGISTER_SECONDS = server.address, PATIENCE
        yield server


@pytest.fixture
def fake_regon(settings: Any) -> Iterator[Any]:
    with serving(FakeRegon) as server:
        settings.REGON_URL, settings.REGISTER_SECONDS = server.address, PATIENCE
        settings.REGON_KEY = FakeRegon.KEY
        yield server


def switch_on(register: str, **more: Any) -> None:
    commands.switch_register(an_admin(), register=register, is_on=True, **more)


# --- VIES ---


def test_vies_knows_a_valid_number_with_name_and_address(fake_vies: Any) -> None:
    answer = vies.ask(Asked(f"PL{NIP}", requester="FR40303265045"))
    assert answer == Answer(
        Outcome.VALID,
        consultation="FAKE-0001",
        values={
            "name": "ACME SPÓŁKA Z O.O.", "country": "PL", "postcode": "00-838", "town": "WARSZAWA",
            "street": "UL. PROSTA", "number": "51/2",
        },
    )  # fmt: skip
    assert fake_vies.asked[0] == {
        "countryCode": "PL", "vatNumber": NIP, "requesterMemberStateCode": "FR", "requesterNumber": "40303265045",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "outcome", "reason", "is_final"),
    [
        ("PL200", Outcome.INVALID, "not_found", True),
        ("PL201", Outcome.INVALID, "INVALID_INPUT", True),
        ("PL202", Outcome.UNKNOWN, "INVALID_REQUESTER_INFO", True),
        ("PL300", Outcome.UNKNOWN, "SERVICE_UNAVAILABLE", False),
        ("PL301", Outcome.UNKNOWN, "MS_UNAVAILABLE", False),
        ("PL302", Outcome.UNKNOWN, "TIMEOUT", False),
        ("PL401", Outcome.UNKNOWN, "IP_BLOCKED", True),
        ("PL600", Outcome.UNKNOWN, "MS_MAX_CONCURRENT_REQ", False),
    ],
)
def test_vies_says_unknown_rather_than_wrong(
    fake_vies: Any, number: str, outcome: Outcome, reason: str, is_final: Any
) -> None:
    answer = vies.ask(Asked(number))
    assert (answer.outcome, answer.reason, answer.is_final) == (outcome, reason, is_final)


FAULTS = [
    ("slow", "timeout"),
    ("dripping", "timeout"),
    ("500", "server"),
    ("redirect", "server"),
    ("malformed", "unreadable"),
    ("huge", "too_long"),
]


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_vies_that_misbehaves_is_unknown(fake_vies: Any, settings: Any, fault: str, reason: str) -> None:
    fake_vies.fault, settings.REGISTER_SECONDS = fault, HURRY
    answer = vies.ask(Asked(f"PL{NIP}"))
    assert (answer.outcome, answer.reason, answer.is_final) == (Outcome.UNKNOWN, reason, False)


def test_vies_that_is_not_there_is_unknown(settings: Any) -> None:
    settings.VIES_URL = "http://127.0.0.1:1"
    assert vies.ask(Asked(f"PL{NIP}")).reason == "unreachable"


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b"null", b'{"valid": "yes"}', b"\xff", b"[" * 100_000, b'{"errorWrappers": [1]}']
)
def test_vies_odd_answers_are_unreadable(body: bytes) -> None:
    assert vies.answer(200, body).reason == "unreadable"


def test_vies_asks_by_the_vat_number_else_by_the_tax_number_of_the_union() -> None:
    known = (
        Numbers("PL", tax_id=NIP),
        Numbers("GR", tax_id="094259216"),
        Numbers("US", tax_id="12"),
        Numbers("FR", tax_id="303265045", vat_id="FR40303265045"),
    )
    assert [vies.number_of(one) for one in known] == [f"PL{NIP}", "EL094259216", "", "FR40303265045"]


# --- REGON ---


def test_regon_knows_a_legal_person_with_its_reports(fake_regon: Any) -> None:
    answer = regon.ask(Asked(f"nip {NIP}"))
    assert answer.outcome == Outcome.VALID
    assert answer.values == {
        "name": "ACME & SYNOWIE SP. Z O.O.", "regon": "610188201", "tax_id": NIP, "region": "MAZOWIECKIE",
        "town": "Warszawa", "postcode": "00-838", "street": "ul. Prosta", "number": "51/2", "country": "PL",
        "krs": "0000028860", "phone": "223334455", "email": "BIURO@ACME.EXAMPLE", "website": "www.acme.example",
        "pkd": "62.01.Z", "pkd_others": "62.09.Z",
    }  # fmt: skip
    assert [(action, sid) for action, _values, sid in fake_regon.asked] == [
        ("Zaloguj", ""), ("DaneSzukajPodmioty", "session-1"), ("DanePobierzPelnyRaport", "session-1"),
        ("DanePobierzPelnyRaport", "session-1"), ("Wyloguj", "session-1"),
    ]  # fmt: skip


def test_regon_knows_who_is_not_there_and_who_has_ended(fake_regon: Any) -> None:
    missing = regon.ask(Asked("nip 1111111111"))
    assert (missing.outcome, missing.reason) == (Outcome.INVALID, "not_found")
    fake_regon.ended = "2020-01-31"
    ended = regon.ask(Asked("regon 610188201"))
    assert (ended.outcome, ended.reason) == (Outcome.INVALID, "closed")


@pytest.mark.parametrize(("fault", "reason"), FAULTS)
def test_regon_that_misbehaves_is_unknown(fake_regon: Any, settings: Any, fault: str, reason: str) -> None:
    fake_regon.fault, settings.REGISTER_SECONDS = fault, HURRY
    answer = regon.ask(Asked(f"nip {NIP}"))
    assert (answer.outcome, answer.is_final) == (Outcome.UNKNOWN, False)
    assert answer.reason in (reason, "unreadable")


def test_regon_without_its_reports_still_answers(fake_regon: Any) -> None:
    fake_regon.fault, fake_regon.fault_at = "", "DanePobierzPelnyRaport"
    real = FakeRegon.misbehaves

    def only_reports(self: Any) -> bool:
        self.told.fault = "500" if self.told.asked[-1][0] == "DanePobierzPelnyRaport" else ""
        return real(self)

    FakeRegon.misbehaves = only_reports  # type: ignore[method-assign]
    try:
        answer = regon.ask(Asked(f"nip {NIP}"))
    finally:
        FakeRegon.misbehaves = real  # type: ignore[method-assign]
    assert (answer.outcome, "krs" in answer.values) == (Outcome.VALID, False)


def test_regon_with_a_wrong_key_is_unknown_for_good(fake_regon: Any, settings: Any) -> None:
    settings.REGON_KEY = "another"
    answer = regon.ask(Asked(f"nip {NIP}"))
    assert (answer.outcome, answer.reason, answer.is_final) == (Outcome.UNKNOWN, "key", True)


def test_regon_reads_no_entities() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c SYSTEM "file:///etc/passwd">]><a>&b;&c;</a>'
    with pytest.raises(regon.UnreadableError):
        regon.parsed(bomb)


def test_regon_asks_by_the_first_number_it_knows() -> None:
    known = (
        Numbers("PL", tax_id=NIP, regon="610188201"),
        Numbers("PL", regon="610188201"),
        Numbers("", krs="0000028860"),
        Numbers("DE", tax_id=NIP),
    )
    assert [regon.number_of(one) for one in known] == [f"nip {NIP}", "regon 610188201", "krs 0000028860", ""]


# --- the acts ---


def test_ask_register_is_refused_until_an_administrator_switches_it_on() -> None:
    company = a_company(country="PL", tax_id=NIP)
    with pytest.raises(Refused) as refusal:
        commands.ask_register(ann(), company, register="vies")
    assert refusal.value.code == "directory.register_off"
    with pytest.raises(Invalid):
        commands.ask_register(ann(), company, register="none")


def test_switch_register_is_the_administrators_and_needs_its_settings(settings: Any) -> None:
    settings.REGON_KEY = ""
    with pytest.raises(Forbidden):
        commands.switch_register(ann(), register="vies", is_on=True)
    with pytest.raises(Refused) as refusal:
        switch_on("regon")
    assert refusal.value.code == "directory.register_not_ready"
    with pytest.raises(Invalid):
        switch_on("vies", requester="PL1")
    switch_on("vies", requester=f"PL {NIP}")
    assert (queries.switch_of("vies").is_on, queries.switch_of("vies").requester) == (True, f"PL{NIP}")


def test_ask_register_needs_a_number_and_a_grant() -> None:
    switch_on("vies")
    with pytest.raises(Refused) as refusal:
        commands.ask_register(ann(), a_company("Nameless"), register="vies")
    assert refusal.value.code == "directory.no_number"
    with pytest.raises(Forbidden):
        commands.ask_register(cat(), a_company("Other", country="PL", tax_id=NIP), register="vies")


def test_write_register_answer_keeps_a_final_answer() -> None:
    switch_on("vies")
    asked = commands.ask_register(ann(), a_company(country="PL", tax_id=NIP), register="vies")
    us = system_actor("test")
    with pytest.raises(Forbidden):
        commands.write_register_answer(ann(), asked, answer=Answer(Outcome.VALID))
    commands.write_register_answer(us, asked, answer=Answer(Outcome.VALID, consultation="A1"))
    again = commands.write_register_answer(us, asked, answer=Answer(Outcome.INVALID))
    assert (again.outcome, again.consultation) == ("valid", "A1")


def test_a_busy_register_is_asked_again_in_the_background(fake_vies: Any) -> None:
    switch_on("vies")
    fake_vies.errors = ["MS_MAX_CONCURRENT_REQ", "MS_UNAVAILABLE"]
    asked = commands.ask_register(ann(), a_company(country="PL", tax_id=NIP), register="vies")
    drain()
    assert Job.objects.get(key=f"directory.check:{asked.pk}").run_at > clock.now() + timedelta(seconds=5)
    told = []
    for _round in range(3):
        Job.objects.filter(task__contains="answer_register").update(run_at=clock.now())
        drain()
        asked.refresh_from_db()
        told.append((asked.outcome, asked.reason, asked.attempts))
    assert told == [
        ("unknown", "MS_MAX_CONCURRENT_REQ", 1),
        ("unknown", "MS_UNAVAILABLE", 2),
        ("valid", "", 6),
    ]


def test_every_new_number_is_asked_about_once_where_that_is_wanted(fake_vies: Any) -> None:
    switch_on("vies", is_automatic=True)
    company = a_company(country="PL", tax_id=NIP)
    drain()
    commands.change_company(ann(), company, town="Hel")
    drain()
    assert [one.number for one in RegisterCheck.objects.all()] == [f"PL{NIP}"]
    commands.change_company(ann(), company, tax_id="7342867148")
    drain()
    assert RegisterCheck.objects.count() == 2


def test_unknown_never_keeps_from_saving(fake_vies: Any) -> None:
    switch_on("vies", is_automatic=True)
    fake_vies.fault = "500"
    company = a_company(country="PL", tax_id=NIP)
    drain()
    Job.objects.filter(task__contains="answer_register").update(run_at=clock.now())
    drain()
    assert RegisterCheck.objects.get().outcome == "unknown"
    assert commands.change_company(ann(), company, town="Hel").town == "Hel"


def test_fill_from_register_fills_only_what_is_empty(fake_regon: Any) -> None:
    switch_on("regon")
    company = a_company(country="PL", tax_id=NIP, email="own@acme.example")
    asked = commands.ask_register(ann(), company, register="regon")
    commands.answer_check(asked.pk)
    asked.refresh_from_db()
    filled = commands.fill_from_register(ann(), company, check=asked)
    assert (filled.name, filled.email, filled.phone, filled.regon) == (
        "Acme Ltd", "own@acme.example", "+48223334455", "610188201",
    )  # fmt: skip
    assert (filled.street, filled.number, filled.postcode, filled.pkd, filled.pkd_others) == (
        "ul. Prosta", "51/2", "00-838", "2007:62.01.Z", "2007:62.09.Z",
    )  # fmt: skip


def test_fill_from_register_takes_an_address_as_a_whole_or_not_at_all(fake_regon: Any) -> None:
    switch_on("regon")
    company = a_company(country="PL", tax_id=NIP, town="Gdynia")
    asked = commands.ask_register(ann(), company, register="regon")
    commands.answer_check(asked.pk)
    asked.refresh_from_db()
    filled = commands.fill_from_register(ann(), company, check=asked)
    assert (filled.town, filled.street, filled.krs) == ("Gdynia", "", "0000028860")
    with pytest.raises(NotFound):
        commands.fill_from_register(ann(), a_company("Other"), check=asked)
    with pytest.raises(Forbidden):
        commands.fill_from_register(bob(), company, check=asked)


def test_fillable_leaves_out_what_stands_no_check() -> None:
    company = Company(name="Acme", country="PL")
    told = {"tax_id": "123", "phone": "x", "krs": "0000028860", "remarks": "no", "is_customer": "1"}
    assert commands.fillable(company, told) == {"krs": "0000028860"}


# --- pages and API ---


def test_button_asks_shows_and_fills(fake_regon: Any) -> None:
    switch_on("regon")
    client, company = a_client(ann()), a_company(country="PL", tax_id=NIP)
    assert "Check in REGON" in client.get(f"/companies/{company.pk}/").content.decode()
    answer = client.post(f"/companies/{company.pk}/registers/regon/")
    place = answer["Location"]
    shown = client.get(place).content.decode()
    assert all(word in shown for word in ("610188201", "ul. Prosta", "Fill in what is empty"))
    assert client.post(f"{place}fill/").status_code == 302
    company.refresh_from_db()
    assert company.krs == "0000028860"
    assert "REGON" in client.get(f"/companies/{company.pk}/").content.decode()


def test_button_that_gets_no_answer_says_unknown(fake_vies: Any, settings: Any) -> None:
    switch_on("vies")
    fake_vies.fault, settings.REGISTER_SECONDS = "slow", HURRY
    client, company = a_client(ann()), a_company(country="PL", tax_id=NIP)
    place = client.post(f"/companies/{company.pk}/registers/vies/")["Location"]
    shown = client.get(place).content.decode()
    assert "The register did not answer in time." in shown
    assert "asked again in the background" in shown


def test_administrator_switches_registers_on_their_page(settings: Any) -> None:
    settings.REGON_KEY = ""
    client = a_client(an_admin())
    assert "The setting REGON_KEY is missing." in client.get("/settings/registers/").content.decode()
    page = "/settings/registers/vies/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"is_on": "on", "requester": NIP}).status_code == 422
    assert client.post(page, {"is_on": "on", "requester": f"PL{NIP}"}).status_code == 302
    assert client.post("/settings/registers/regon/", {"is_on": "on"}).status_code == 422
    assert client.get("/settings/registers/none/").status_code == 404
    assert a_client(ann()).get("/settings/registers/").status_code == 403


def test_api_asks_and_reads_the_answer(client: Client, fake_vies: Any) -> None:
    switch_on("vies")
    me, company = a_caller(ann()), a_company(country="PL", tax_id=NIP)
    place = f"/api/v1/companies/{company.pk}/checks"
    made = client.post(place, {"register_code": "vies"}, content_type=JSON, headers=me)
    assert (made.status_code, made.json()["outcome"]) == (201, "waiting")
    commands.answer_check(RegisterCheck.objects.get().pk)
    found = client.get(place, headers=me).json()
    assert [(one["outcome"], one["values"]["name"]) for one in found] == [("valid", "ACME SPÓŁKA Z O.O.")]
    check = f"/api/v1/checks/{made.json()['id']}"
    assert client.get(check, headers=me).json() == found[0]
    assert client.post(f"{check}/fill", headers=me, content_type=JSON).json()["town"] == "WARSZAWA"
    refused = client.post(place, {"register_code": "regon"}, content_type=JSON, headers=me)
    assert (refused.status_code, refused.json()["code"]) == (409, "directory.register_off")
