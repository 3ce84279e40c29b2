from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _

from embudo.business.quota import events, queries
from embudo.business.quota.commands.accounts import Grounds, block_account
from embudo.business.quota.commands.asking import (
    ask_customer,
    keep_notice,
    tell_applied,
    tell_denied,
    tell_notice,
)
from embudo.business.quota.commands.licences import suspend_licence
from embudo.business.quota.commands.stepping import (
    check_four_eyes,
    check_licensed,
    colleague_of,
    locked_change,
    move,
)
from embudo.business.quota.models import Answer, Change, Licence
from embudo.business.quota.permissions import ANSWER, RECORD_ANSWER, REQUEST_CHANGE, RUN_DAILY
from embudo.business.quota.rules.answers import check_denial, hash_of
from embudo.business.quota.rules.states import Cause, ChangeState, check_step
from embudo.business.quota.rules.terms import Silence
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock


@dataclass(frozen=True)
class Said:
    """What a customer said: yes or no; a no with a reason of the list (rules.answers.DenialCode) and their own words."""

    is_accepted: bool
    code: str = ""
    reason: str = ""


@command(ANSWER)
def answer_change(actor: Actor, *, token: str, said: Said) -> Change:
    """
    The customer's own answer, under the link of which `token` is the end. Refuses (NotFound) one we never sent, (Refused) a link
    that was used, is too old, was replaced or came back, and (Invalid) a no without a reason.
    """
    answer = _answer_of(token)
    fresh = locked_change(actor, answer.change)
    answer = lock(answer)
    _check_usable(fresh, answer)
    if said.is_accepted:
        _accept(fresh, answer, Answer.Channel.LINK)
    else:
        _deny(actor, fresh, answer, said)
    return fresh


def _answer_of(token: str) -> Answer:
    kept = hash_of(token)
    found = Answer.objects.filter(token_hash=kept).select_related("change__account").first() if kept else None
    if found is None:
        raise NotFound
    return found


def _check_usable(change: Change, answer: Answer) -> None:
    why = queries.why_not_answerable(change, answer)
    if why is not None:
        raise Refused("quota.link_ended", why.label, why=why.value)


def _accept(change: Change, answer: Answer, channel: Answer.Channel) -> None:
    move(change, ChangeState.ACCEPTED)
    update(answer, channel=channel, answered=clock.now(), is_accepted=True)
    publish(events.ChangeAccepted(change.pk, channel.value), change, change.account)


def _deny(actor: Actor, change: Change, answer: Answer, said: Said) -> None:
    """
    The change ends, the account is held at once, and the licences of who asked for it are suspended: as the version says that the
    change was asked under.
    """
    check_denial(said.code, said.reason)
    version, account = change.policy_version, change.account
    move(change, ChangeState.DENIED)
    update(answer, answered=clock.now(), is_accepted=False, code=said.code, reason=said.reason.strip()[:1000])
    publish(events.ChangeDenied(change.pk, account.pk, answer.channel, said.code), change, account)
    if version.denial_holds:
        grounds = Grounds(Cause.DENIED, figures={"code": said.code}, change=change.pk)
        block_account.inner(actor, account, grounds=grounds)
    if version.denial_suspends:
        _suspend(actor, change)
    tell_denied(actor, change, is_held=version.denial_holds)


def _suspend(actor: Actor, change: Change) -> None:
    """All that the officers hold who asked for it: it is the person who is in question, not one licence."""
    today = clock.today()
    held = Licence.objects.filter(
        Q(valid_to=None) | Q(valid_to__gte=today), person__in=queries.requesters(change), suspended=None
    )
    for one in held.order_by("pk"):
        suspend_licence.inner(
            actor, one, reason=gettext("A customer said that a change was not theirs."), change=change
        )


@command(RECORD_ANSWER)
def record_answer(actor: Actor, change: Change, *, said: Said, evidence: str) -> Change:
    """
    What the customer said by phone, with the evidence: who called whom, when, how they were known. Refuses (Invalid) none, (Refused)
    a change that waits for no answer, and a yes from who asked for the change or has no licence that covers it. A no is taken from
    whoever hears it: it stops what may be wrong. The customer's link stays good for a no.
    """
    person = colleague_of(actor)
    _check_evidence(evidence)
    fresh = locked_change(actor, change)
    check_step(fresh.state, ChangeState.ACCEPTED if said.is_accepted else ChangeState.DENIED)
    if said.is_accepted:
        check_four_eyes(fresh, person)
        check_licensed(fresh, person)
    answer = create(_by_phone(fresh, person, evidence))
    if said.is_accepted:
        _accept(fresh, answer, Answer.Channel.PHONE)
    else:
        _deny(actor, fresh, answer, said)
    return fresh


def _check_evidence(evidence: str) -> None:
    if not evidence.strip():
        raise Invalid({"evidence": [_("Say who was called when, and how you knew it was them.")]})


def _by_phone(change: Change, person: UUID, evidence: str, **values: Any) -> Answer:
    return Answer(
        change=change,
        channel=Answer.Channel.PHONE,
        language=queries.addressee(change.account).language,
        expires=clock.now(),
        evidence=evidence.strip()[:1000],
        recorded_by_id=person,
        **values,
    )


def _check_mailable(change: Change) -> None:
    if not queries.addressee(change.account).address:
        raise Refused(
            "quota.no_address",
            _("The customer has no mail address. Enter one on their page, or record their answer by phone."),
        )


@command(REQUEST_CHANGE)
def send_question_again(actor: Actor, change: Change, *, language: str = "") -> Change:
    """
    Another mail with a link of its own, to the address on file by now; the time to answer begins anew. Refuses (Refused) a change
    that waits for no answer, a customer without an address.
    """
    colleague_of(actor)
    fresh = locked_change(actor, change)
    check_step(fresh.state, ChangeState.EXPIRED)  # what only a change that waits may become
    _check_mailable(fresh)
    keep_notice(fresh, clock.today())
    ask_customer(actor, fresh, language)
    return fresh


def _check_untold(change: Change) -> None:
    """Only who has to be told and is not: of a notice before the change applies, or of the change that does."""
    if not queries.is_untold(change):
        raise Refused("quota.nothing_to_tell", _("There is nothing to tell the customer now."))


@command(REQUEST_CHANGE)
def tell_again(actor: Actor, change: Change) -> Change:
    """
    Another mail to the address on file by now, to a customer whom the one before did not reach. Refuses (Refused) where there is
    nothing to tell, a customer without an address.
    """
    colleague_of(actor)
    fresh = locked_change(actor, change)
    _check_untold(fresh)
    _check_mailable(fresh)
    if fresh.state == ChangeState.APPLIED:
        tell_applied(actor, fresh)
    else:
        tell_notice(actor, fresh)
    return fresh


@command(RECORD_ANSWER)
def record_told(actor: Actor, change: Change, *, evidence: str) -> Change:
    """
    That the customer was told by phone, with the evidence. Refuses (Invalid) none, (Refused) where there is nothing to tell, and
    who asked for the change.
    """
    person = colleague_of(actor)
    _check_evidence(evidence)
    fresh = locked_change(actor, change)
    _check_untold(fresh)
    check_four_eyes(fresh, person)
    told = create(_by_phone(fresh, person, evidence, sent=clock.now()))
    if fresh.state == ChangeState.APPLIED:
        move(fresh, ChangeState.INFORMED)
        publish(events.CustomerInformed(fresh.pk), fresh, fresh.account)
    else:
        keep_notice(fresh, clock.today())
        publish(events.QuestionDelivered(fresh.pk, told.pk), fresh)
    return fresh


@command(RECORD_ANSWER)
def mark_undeliverable(actor: Actor, answer: Answer) -> Answer:
    """
    The mail came back: the customer does not know. Its link is dead, no silence after it counts, and a change they have not
    answered otherwise can't be applied. A second time changes nothing.
    """
    change = locked_change(actor, answer.change)
    fresh = lock(answer)
    if fresh.bounced is None:
        update(fresh, bounced=clock.now())
        publish(events.QuestionUndeliverable(change.pk, fresh.pk), change, change.account)
    return fresh


@command(RUN_DAILY)
def mark_delivered(actor: Actor, answer: Answer) -> Answer:
    """A mail server has taken the question over."""
    change = locked_change(actor, answer.change)
    fresh = lock(answer)
    if fresh.sent is None:
        update(fresh, sent=clock.now())
        keep_notice(change, clock.today())
        publish(events.QuestionDelivered(change.pk, fresh.pk), change)
    return fresh


@command(ANSWER)
def note_opening(actor: Actor, *, token: str) -> None:
    """That the link was followed, the first time; be it by a person or by what looks through their mail. Refuses NotFound."""
    found = _answer_of(token)
    answer = lock(found)
    if answer.opened is None:
        update(answer, opened=clock.now())
        publish(events.QuestionOpened(answer.change_id, answer.pk), found.change)


@command(RUN_DAILY)
def expire_answer(actor: Actor, change: Change) -> Change:
    """
    Ends the waiting for a customer whose time is over, as the policy says of silence. Where the mail never arrived, silence is no
    consent, whatever the policy says. Nothing where it waits no more, or a newer question may still be answered.
    """
    fresh = locked_change(actor, change)
    if fresh.state != ChangeState.AWAITING or not queries.changes_unanswered().filter(pk=fresh.pk).exists():
        return fresh
    asked = Answer.objects.filter(change=fresh, token_hash__isnull=False).order_by("-created", "-pk")
    newest = asked.first()
    has_arrived = newest is not None and newest.sent is not None and newest.bounced is None
    if fresh.policy_version.silence == Silence.ACCEPT and newest is not None and has_arrived:
        _accept(fresh, newest, Answer.Channel.SILENCE)
    else:
        move(fresh, ChangeState.EXPIRED)
        publish(events.ChangeExpired(fresh.pk), fresh, fresh.account)
    return fresh
