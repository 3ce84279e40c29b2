"""What somebody may do about a change as it stands: what a page offers. The commands check again."""

from collections.abc import Callable
from enum import StrEnum

from embudo.business.quota.models import Answer, Change, Signature
from embudo.business.quota.permissions import (
    APPROVE_CHANGE,
    RECORD_ANSWER,
    REHEARSE_CHANGE,
    REQUEST_CHANGE,
)
from embudo.business.quota.queries.changes import newest_rehearsal, requesters
from embudo.business.quota.queries.licences import deed_of, licence_covering
from embudo.business.quota.queries.rehearsing import is_signed, is_untold
from embudo.business.quota.rules.licences import Lack, Purpose
from embudo.business.quota.rules.states import OPEN_CHANGES, TRANSITIONS, ChangeState
from embudo.kernel.actor import Actor
from embudo.kernel.permission import Permission


class ChangeAct(StrEnum):
    """As the commands are called that do them."""

    EDIT = "edit_change"
    SUBMIT = "submit_change"
    RECALL = "recall_change"
    SUPERSEDE = "supersede_change"
    APPROVE = "approve_change"
    REJECT = "reject_change"
    RECORD = "record_answer"
    ASK_AGAIN = "send_question_again"
    TELL_AGAIN = "tell_again"
    RECORD_TOLD = "record_told"
    UNDELIVERABLE = "mark_undeliverable"
    REHEARSE = "rehearse_change"
    SIGN = "sign_rehearsal"


def acts_open(actor: Actor, change: Change) -> list[ChangeAct]:
    """In the order in which a page offers them: what leads on first, what ends it last."""
    return [act for act, permission, is_fit in ACTS if actor.may(permission) and is_fit(actor, change)]


def licence_lack(actor: Actor, change: Change, purpose: Purpose) -> Lack | None:
    """Why the actor's licences do not cover the change; None where one does."""
    return licence_covering(actor.id, deed_of(change, purpose))[1] if actor.id else Lack.NONE


def _may_become(change: Change, state: ChangeState) -> bool:
    return state in TRANSITIONS.get(ChangeState(change.state), ())


def _is_my_draft(actor: Actor, change: Change) -> bool:
    return change.state == ChangeState.DRAFT and change.asked_by_id in (None, actor.id)


def _is_anothers(actor: Actor, change: Change) -> bool:
    return actor.id not in requesters(change)


def _can_submit(actor: Actor, change: Change) -> bool:
    return _is_my_draft(actor, change) and licence_lack(actor, change, Purpose.SUBMIT) is None


def _can_approve(actor: Actor, change: Change) -> bool:
    if change.state != ChangeState.UNDER_REVIEW or not _is_anothers(actor, change):
        return False
    mine = Signature.objects.filter(change=change, purpose=Signature.For.APPROVE, person=actor.id)
    return not mine.exists() and licence_lack(actor, change, Purpose.APPROVE) is None


def _can_reject(actor: Actor, change: Change) -> bool:
    is_mine_to_judge = change.state == ChangeState.UNDER_REVIEW and _is_anothers(actor, change)
    return is_mine_to_judge and licence_lack(actor, change, Purpose.APPROVE) is None


def _can_sign(actor: Actor, change: Change) -> bool:
    if change.state != ChangeState.SCHEDULED or is_signed(change) or not _is_anothers(actor, change):
        return False
    rehearsal = newest_rehearsal(change)
    is_sound = rehearsal is not None and not rehearsal.has_breach
    return is_sound and licence_lack(actor, change, Purpose.APPROVE) is None


def _is_awaited(_actor: Actor, change: Change) -> bool:
    return change.state == ChangeState.AWAITING


def _can_come_back(_actor: Actor, change: Change) -> bool:
    """A mail that was sent for it, and of which nobody knows yet that it came back."""
    sent = Answer.objects.filter(change=change, mail__isnull=False, bounced=None)
    return change.state in OPEN_CHANGES and sent.exists()


def _is_untold(_actor: Actor, change: Change) -> bool:
    return is_untold(change)


def _can_tell(actor: Actor, change: Change) -> bool:
    return is_untold(change) and _is_anothers(actor, change)


def _can_end(actor: Actor, change: Change) -> bool:
    if change.state not in OPEN_CHANGES:
        return False
    return not _is_anothers(actor, change) or any(
        licence_lack(actor, change, purpose) is None for purpose in (Purpose.SUBMIT, Purpose.APPROVE)
    )


def _can_rehearse(_actor: Actor, change: Change) -> bool:
    return _may_become(change, ChangeState.REHEARSED)


ACTS: tuple[tuple[ChangeAct, Permission, Callable[[Actor, Change], bool]], ...] = (
    (ChangeAct.SUBMIT, REQUEST_CHANGE, _can_submit),
    (ChangeAct.EDIT, REQUEST_CHANGE, _is_my_draft),
    (ChangeAct.APPROVE, APPROVE_CHANGE, _can_approve),
    (ChangeAct.REJECT, APPROVE_CHANGE, _can_reject),
    (ChangeAct.RECORD, RECORD_ANSWER, _is_awaited),
    (ChangeAct.ASK_AGAIN, REQUEST_CHANGE, _is_awaited),
    (ChangeAct.TELL_AGAIN, REQUEST_CHANGE, _is_untold),
    (ChangeAct.RECORD_TOLD, RECORD_ANSWER, _can_tell),
    (ChangeAct.UNDELIVERABLE, RECORD_ANSWER, _can_come_back),
    (ChangeAct.SIGN, REHEARSE_CHANGE, _can_sign),
    (ChangeAct.REHEARSE, REHEARSE_CHANGE, _can_rehearse),
    (ChangeAct.SUPERSEDE, REQUEST_CHANGE, _can_end),
    (ChangeAct.RECALL, REQUEST_CHANGE, _can_end),
)
