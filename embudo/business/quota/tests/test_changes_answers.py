"""What a customer says to a change, or does not say."""

from datetime import timedelta
from typing import Any

import pytest

from embudo.business.quota import commands, queries
from embudo.business.quota.commands import Said
from embudo.business.quota.models import Answer, Block, Change
from embudo.business.quota.tests.builders import ada, authorised, fresh, oscar
from embudo.business.quota.tests.changing import (
    DAILY,
    NO,
    YES,
    a_mailed_account,
    accepted,
    asker,
    awaiting,
    checker,
    denied,
    guest,
    invalid,
    licensed,
    newest_question,
    on_its_day,
    refused,
    reread,
    token_of,
    wish,
)
from embudo.foundation.access.tests.builders import tester
from embudo.foundation.notify.models import Mail
from embudo.kernel import clock
from embudo.kernel.errors import Forbidden, NotFound

pytestmark = pytest.mark.django_db


# --- answering ---


def test_answer_change_by_link_accepts() -> None:
    change = accepted()
    answer = newest_question(change)
    assert (change.state, answer.is_accepted, answer.channel) == ("accepted", True, "link")
    assert answer.answered is not None


def test_answer_change_works_once() -> None:
    change = accepted()
    for said in (YES, NO):
        assert (
            refused(
                lambda said=said: commands.answer_change(guest(change), token=token_of(change), said=said)
            )
            == "quota.link_ended"
        )


def test_answer_change_knows_no_token_but_ours() -> None:
    change = awaiting()
    token = token_of(change)
    for wrong in ("no-such-token", token[:-1] + ("A" if token[-1] != "A" else "B"), token.partition(".")[0]):
        with pytest.raises(NotFound):
            commands.answer_change(guest(change), token=wrong, said=YES)


def test_answer_change_after_its_time_is_refused() -> None:
    change = awaiting(a_mailed_account(answer_days=3))
    with clock.at(clock.now() + timedelta(days=3)):
        assert queries.why_not_answerable(change, newest_question(change)) is None
    with clock.at(clock.now() + timedelta(days=5)):
        assert (
            refused(lambda: commands.answer_change(guest(change), token=token_of(change), said=YES))
            == "quota.link_ended"
        )


def test_answer_change_needs_a_reason_for_a_no() -> None:
    change = awaiting()

    def answer(said: Said) -> Change:
        return commands.answer_change(guest(change), token=token_of(change), said=said)

    assert invalid(lambda: answer(Said(is_accepted=False))) == ["code"]
    assert invalid(lambda: answer(Said(False, "other", " "))) == ["reason"]
    assert reread(change).state == "awaiting"
    assert answer(Said(False, "other", "Never heard of it")).state == "denied"


def test_answer_change_is_nobodys_but_the_customers() -> None:
    change = awaiting()
    with pytest.raises(Forbidden):
        commands.answer_change(asker(), token=token_of(change), said=YES)


def test_answer_change_with_a_no_holds_the_account_and_suspends_the_licence() -> None:
    account = a_mailed_account()
    licence = licensed(oscar())
    change = denied(awaiting(account))
    block = Block.objects.get(account=account)
    licence.refresh_from_db()
    assert (change.state, fresh(account).state, block.cause, block.change) == (
        "denied",
        "held",
        "denied",
        change.pk,
    )
    assert (licence.suspended is not None, licence.suspended_by_change) == (True, change.pk)
    assert authorised(account, 1_00).refusal == "quota.held"
    assert Mail.objects.filter(about_id=change.pk).count() == 1
    again = commands.request_change(oscar(), a_mailed_account(), wish=wish())
    assert refused(lambda: commands.submit_change(oscar(), again)) == "quota.not_licensed"
    commands.lift_block(ada(), block, reason="Called them, all is well")
    commands.restore_licence(tester(), licence, reason="A misunderstanding")
    assert fresh(account).state == "open"
    assert commands.submit_change(oscar(), again).state == "review"


def test_answer_change_with_a_no_follows_the_policys_switches() -> None:
    account = a_mailed_account(denial_holds=False, denial_suspends=False)
    licence = licensed(oscar())
    assert denied(awaiting(account)).state == "denied"
    licence.refresh_from_db()
    assert (fresh(account).state, licence.suspended) == ("open", None)


def test_record_answer_needs_evidence_and_other_eyes() -> None:
    change = awaiting()

    def record(actor: Any, evidence: str, said: Said = YES) -> Change:
        return commands.record_answer(actor, change, said=said, evidence=evidence)

    assert invalid(lambda: record(checker(), " ")) == ["evidence"]
    assert refused(lambda: record(asker(), "They called me")) == "quota.four_eyes"
    assert record(checker(), "Called +33 1 23 at ten, knew the card number").state == "accepted"
    answer = Answer.objects.get(channel="phone")
    assert (answer.recorded_by_id, answer.is_accepted) == (checker().id, True)
    assert refused(lambda: record(checker(), "Again")) == "quota.wrong_state"


def test_record_answer_takes_a_no_from_anybody_on_the_phone() -> None:
    change = awaiting()
    assert commands.record_answer(asker(), change, said=NO, evidence="They called").state == "denied"


def test_link_stays_good_for_a_no_after_a_yes_by_phone() -> None:
    change = awaiting()
    commands.record_answer(checker(), change, said=YES, evidence="They called")
    commands.rehearse_change(ada(), change)
    commands.sign_rehearsal(checker(), change)
    assert (
        refused(lambda: commands.answer_change(guest(change), token=token_of(change), said=YES))
        == "quota.wrong_state"
    )
    assert denied(change).state == "denied"
    with on_its_day(change):
        assert commands.apply_change(DAILY, change).state == "denied"
    assert fresh(change.account).limit_minor == 100_00


def test_send_question_again_kills_the_older_link() -> None:
    change = awaiting()
    old, actor = token_of(change), guest(change)
    commands.send_question_again(asker(), change, language="es")
    assert (newest_question(change).language, token_of(change) != old) == ("es", True)
    assert refused(lambda: commands.answer_change(actor, token=old, said=NO)) == "quota.link_ended"
    assert commands.answer_change(actor, token=token_of(change), said=YES).state == "accepted"
    assert refused(lambda: commands.send_question_again(asker(), change)) == "quota.wrong_state"


def test_send_question_again_needs_an_address() -> None:
    change = awaiting(a_mailed_account(email=""))
    assert refused(lambda: commands.send_question_again(asker(), change)) == "quota.no_address"


def test_mark_undeliverable_makes_the_link_worthless() -> None:
    change = awaiting()
    commands.mark_undeliverable(asker(), newest_question(change))
    commands.mark_undeliverable(asker(), newest_question(change))
    assert (
        refused(lambda: commands.answer_change(guest(change), token=token_of(change), said=YES))
        == "quota.link_ended"
    )
    commands.send_question_again(asker(), change)
    assert commands.answer_change(guest(change), token=token_of(change), said=YES).state == "accepted"


def test_mark_delivered_keeps_the_first_time() -> None:
    change = awaiting()
    first = commands.mark_delivered(DAILY, newest_question(change)).sent
    with clock.at(clock.now() + timedelta(hours=1)):
        assert commands.mark_delivered(DAILY, newest_question(change)).sent == first
    assert first is not None


def test_note_opening_keeps_the_first_time() -> None:
    change = awaiting()
    commands.note_opening(guest(change), token=token_of(change))
    first = newest_question(change).opened
    with clock.at(clock.now() + timedelta(hours=1)):
        commands.note_opening(guest(change), token=token_of(change))
    assert first is not None
    assert newest_question(change).opened == first


# --- silence ---


@pytest.mark.parametrize(
    ("silence", "is_sent", "has_bounced", "state"),
    [
        ("deny", True, False, "expired"),
        ("accept", True, False, "accepted"),
        ("accept", False, False, "expired"),
        ("accept", True, True, "expired"),
    ],
)
def test_expire_answer_does_as_the_policy_says_of_silence(
    silence: str, *, is_sent: bool, has_bounced: bool, state: str
) -> None:
    change = awaiting(a_mailed_account(silence=silence, answer_days=3))
    if is_sent:
        commands.mark_delivered(DAILY, newest_question(change))
    if has_bounced:
        commands.mark_undeliverable(asker(), newest_question(change))
    assert commands.expire_answer(DAILY, change).state == "awaiting"
    with clock.at(clock.now() + timedelta(days=5)):
        assert list(queries.changes_unanswered()) == [change]
        for _time in range(2):
            assert commands.expire_answer(DAILY, change).state == state
        assert not queries.changes_unanswered().exists()
    assert fresh(change.account).state == "open"


def test_expire_answer_waits_for_a_newer_question() -> None:
    change = awaiting(a_mailed_account(answer_days=3))
    with clock.at(clock.now() + timedelta(days=3)):
        commands.send_question_again(asker(), change)
    with clock.at(clock.now() + timedelta(days=5)):
        assert commands.expire_answer(DAILY, change).state == "awaiting"
