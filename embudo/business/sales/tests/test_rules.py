from datetime import UTC, datetime, timedelta

import pytest

from embudo.business.sales.rules import leads, pipelines
from embudo.business.sales.rules.enquiries import checked_enquiry, name_key
from embudo.business.sales.rules.form_tokens import Age, read_token, write_token
from embudo.business.sales.rules.leads import DisqualifyReason, LeadStatus, split_name
from embudo.business.sales.rules.pipelines import DEFAULT_STAGES, StageDraft, StageKind
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.money import Money

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_checked_enquiry_tidies_what_was_typed() -> None:
    found = checked_enquiry(
        name="  Jan   Kowalski ", email="Jan@Alfa.Example", phone="58 301 22 14", country="pl"
    )
    assert (found.name, found.email, found.phone) == ("Jan Kowalski", "jan@alfa.example", "+48583012214")


def test_checked_enquiry_names_every_fault() -> None:
    with pytest.raises(Invalid) as refused:
        checked_enquiry(name=" ", email="jan@", phone="12", message="x" * 5001)
    assert set(refused.value.errors) == {"name", "email", "phone", "message"}


def test_checked_enquiry_wants_a_way_to_answer() -> None:
    with pytest.raises(Invalid) as refused:
        checked_enquiry(name="Jan", must_be_reachable=True)
    assert list(refused.value.errors) == ["email"]


def test_checked_enquiry_wants_a_country_code_where_none_is_known() -> None:
    with pytest.raises(Invalid) as refused:
        checked_enquiry(name="Jan", phone="58 301 22 14")
    assert list(refused.value.errors) == ["phone"]


def test_checked_enquiry_drops_control_characters() -> None:
    assert checked_enquiry(name="Jan\x00", message="a\x08b\r\nc").values()["message"] == "ab\nc"


def test_name_key_is_the_same_without_accents() -> None:
    assert name_key("Łukasz Żak") == name_key("LUKASZ  zak")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Anna Maria Kowalska", ("Anna Maria", "Kowalska")),
        ("Kowalska, Anna", ("Anna", "Kowalska")),
        ("Cher", ("", "Cher")),
        ("", ("", "")),
    ],
)
def test_split_name_finds_the_last_name(name: str, parts: tuple[str, str]) -> None:
    assert split_name(name) == parts


def code(refused: pytest.ExceptionInfo[Refused]) -> str:
    return refused.value.code


def test_check_convertible_refuses_new_lead() -> None:
    with pytest.raises(Refused) as refused:
        leads.check_convertible(LeadStatus.NEW)
    assert code(refused) == "sales.lead_not_qualified"


def test_check_convertible_refuses_converted_lead() -> None:
    with pytest.raises(Refused) as refused:
        leads.check_convertible(LeadStatus.CONVERTED)
    assert code(refused) == "sales.lead_already_converted"


def test_check_undoable_refuses_after_thirty_days() -> None:
    leads.check_undoable(NOW - timedelta(days=30), NOW)
    with pytest.raises(Refused) as refused:
        leads.check_undoable(NOW - timedelta(days=31), NOW)
    assert code(refused) == "sales.conversion_too_old"


@pytest.mark.parametrize(("reason", "note", "field"), [("x", "", "reason"), ("other", " ", "note")])
def test_check_reason_wants_a_reason_and_words_for_other(reason: str, note: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        leads.check_reason(reason, note, DisqualifyReason)
    assert list(refused.value.errors) == [field]


def test_check_movable_refuses_lost_without_reason() -> None:
    with pytest.raises(Refused) as refused:
        pipelines.check_movable(StageKind.OPEN, is_same_pipeline=True, kind=StageKind.LOST)
    assert code(refused) == "sales.lost_needs_reason"


@pytest.mark.parametrize(
    ("state", "is_same", "expected"),
    [(StageKind.WON, True, "sales.opportunity_closed"), (StageKind.OPEN, False, "sales.other_pipeline")],
)
def test_check_movable_refuses_closed_and_foreign(state: str, expected: str, *, is_same: bool) -> None:
    with pytest.raises(Refused) as refused:
        pipelines.check_movable(state, is_same_pipeline=is_same, kind=StageKind.OPEN)
    assert code(refused) == expected


def test_check_stages_takes_the_default_ones() -> None:
    pipelines.check_stages(DEFAULT_STAGES)


@pytest.mark.parametrize(
    "stages",
    [
        (StageDraft("A", 10),),
        (*DEFAULT_STAGES, StageDraft("Won again", 100, StageKind.WON)),
        (*DEFAULT_STAGES, StageDraft("Offer", 50)),
        (*DEFAULT_STAGES, StageDraft("Too sure", 101)),
    ],
)
def test_check_stages_refuses_what_cannot_be_gone_through(stages: tuple[StageDraft, ...]) -> None:
    with pytest.raises(Invalid):
        pipelines.check_stages(stages)


def test_checked_value_refuses_a_negative_one() -> None:
    with pytest.raises(Invalid):
        pipelines.checked_value(Money(-1, "EUR"))


def test_token_tells_how_long_the_form_stood_open() -> None:
    token = read_token("key", write_token("key", NOW))
    assert token is not None
    ages = [token.age(NOW + timedelta(seconds=seconds)) for seconds in (1, 30, 90_000)]
    assert ages == [Age.FAST, Age.RIGHT, Age.OLD]


def test_token_of_another_form_is_none() -> None:
    assert read_token("other", write_token("key", NOW)) is None
    assert read_token("key", "made.up.text") is None


def test_two_tokens_differ() -> None:
    assert write_token("key", NOW) != write_token("key", NOW)
