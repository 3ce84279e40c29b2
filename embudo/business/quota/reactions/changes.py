from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from embudo.business.quota import commands, events, queries
from embudo.business.quota.models import Answer, Change, Signature
from embudo.business.quota.permissions import GRANT_LICENCES, LIFT_BLOCK
from embudo.business.quota.rules.licences import Purpose
from embudo.business.quota.rules.states import PREPARED, ChangeState
from embudo.foundation.access.models import User
from embudo.foundation.notify.commands import tell_user
from embudo.foundation.notify.events import MailBounced, MailFailed, MailSent
from embudo.foundation.notify.models import Mail
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import NotFound
from embudo.kernel.event import on

Words = Callable[[], str]
ACTOR = system_actor("changes of quotas")
WAITING, MOVED, DENIED = "quota.change_waiting", "quota.change_moved", "quota.change_denied"


def _told(
    change: Change, ids: Iterable[UUID | None], but: UUID | None, *, kind: str, words: Words, step: str
) -> None:
    """Tells those people, each in their language, but whoever did it and whoever may no longer sign in."""
    chosen = {one for one in ids if one is not None and one != but}
    url = reverse("quota:change", args=[change.pk])
    for user in User.objects.filter(pk__in=chosen, is_active=True).order_by("pk"):
        with translation.override(user.language):
            title = words() % {"customer": change.account.customer}
        tell_user(ACTOR, user=user, kind=kind, title=title, url=url, key=f"{kind}:{change.pk}:{step}")


def _change(change_id: UUID) -> Change | None:
    try:
        return queries.change(ACTOR, change_id)
    except NotFound:
        return None


def _concerned(change: Change) -> set[UUID | None]:
    """Whoever asked for it, and whoever put their name to it."""
    signed = Signature.objects.filter(change=change).values_list("person_id", flat=True)
    return {change.asked_by_id, *signed}


# --- what waits for somebody ---


@on(events.ChangeSubmitted)
def tell_approvers(event: events.ChangeSubmitted, entry: Any) -> None:
    """Those whose licence covers it learn that it waits for them."""
    found = _change(event.change_id)
    if found is None or found.state != ChangeState.UNDER_REVIEW:
        return
    people = queries.licensed_people(queries.deed_of(found, Purpose.APPROVE), but=_concerned(found) - {None})
    _told(
        found, people.values_list("pk", flat=True), entry.actor_id, kind=WAITING, step="approve",
        words=lambda: gettext("A change waits for your approval: %(customer)s"),
    )  # fmt: skip


@on(events.ChangeAccepted)
def rehearse_accepted(event: events.ChangeAccepted, entry: Any) -> None:
    """Every accepted change is rehearsed before its day: at once, so that there is time to sign it."""
    found = _change(event.change_id)
    if found is not None and found.state == ChangeState.ACCEPTED and not queries.awaits_its_notice(found):
        commands.rehearse_change(ACTOR, found)


@on(events.QuestionDelivered)
def rehearse_told(event: events.QuestionDelivered, entry: Any) -> None:
    """One of which notice is given is rehearsed once that has arrived: before, its rehearsal could not be signed."""
    found = _change(event.change_id)
    if found is not None and found.state in PREPARED and not found.policy_version.needs_consent:
        commands.rehearse_change(ACTOR, found)


@on(events.ChangeRehearsed)
def tell_signers(event: events.ChangeRehearsed, entry: Any) -> None:
    """Those who may sign the rehearsal; of a breach, whoever has to mend it."""
    found = _change(event.change_id)
    if found is None or found.state != ChangeState.SCHEDULED:
        return
    if event.has_breach:
        _told(
            found, _concerned(found), None, kind=MOVED, step=f"breach:{event.rehearsal_id}",
            words=lambda: gettext("The rehearsal found what stands against a change: %(customer)s"),
        )  # fmt: skip
        return
    people = queries.licensed_people(queries.deed_of(found, Purpose.APPROVE), but=queries.requesters(found))
    _told(
        found, people.values_list("pk", flat=True), None, kind=WAITING, step="sign",
        words=lambda: gettext("A rehearsed change waits for a signature: %(customer)s"),
    )  # fmt: skip


# --- what became of it ---


def _tell_concerned(change_id: UUID, entry: Any, step: str, words: Words) -> None:
    found = _change(change_id)
    if found is not None:
        _told(found, _concerned(found), entry.actor_id, kind=MOVED, step=step, words=words)


@on(events.ChangeRejected)
def tell_of_rejection(event: events.ChangeRejected, entry: Any) -> None:
    _tell_concerned(
        event.change_id, entry, "rejected", lambda: gettext("A change was rejected: %(customer)s")
    )


@on(events.ChangeAccepted)
def tell_of_acceptance(event: events.ChangeAccepted, entry: Any) -> None:
    _tell_concerned(event.change_id, entry, "accepted", lambda: gettext("A change is accepted: %(customer)s"))


@on(events.ChangeExpired)
def tell_of_silence(event: events.ChangeExpired, entry: Any) -> None:
    _tell_concerned(
        event.change_id,
        entry,
        "expired",
        lambda: gettext("The customer did not answer, so the change is not made: %(customer)s"),
    )


@on(events.QuestionUndeliverable)
def tell_of_return(event: events.QuestionUndeliverable, entry: Any) -> None:
    _tell_concerned(
        event.change_id,
        entry,
        f"returned:{event.answer_id}",
        lambda: gettext("The mail about a change came back: %(customer)s"),
    )


@on(events.CustomerNotInformed)
def tell_of_ignorance(event: events.CustomerNotInformed, entry: Any) -> None:
    _tell_concerned(
        event.change_id,
        entry,
        "not_informed",
        lambda: gettext("A change applies, but the customer could not be told: %(customer)s"),
    )


@on(events.ChangeHeldBack)
def tell_of_holding_back(event: events.ChangeHeldBack, entry: Any) -> None:
    _tell_concerned(
        event.change_id,
        entry,
        "held",
        lambda: gettext("A change was held back, because nobody signed it: %(customer)s"),
    )


@on(events.ChangeFailed)
def tell_of_failure(event: events.ChangeFailed, entry: Any) -> None:
    _tell_concerned(
        event.change_id, entry, "failed", lambda: gettext("A change could not be applied: %(customer)s")
    )


@on(events.ChangeApplied)
def tell_of_application(event: events.ChangeApplied, entry: Any) -> None:
    _tell_concerned(event.change_id, entry, "applied", lambda: gettext("A change applies: %(customer)s"))


@on(events.ChangeDenied)
def tell_of_denial(event: events.ChangeDenied, entry: Any) -> None:
    """Everybody concerned, whoever may lift the hold, and whoever looks after licences."""
    found = _change(event.change_id)
    if found is None:
        return
    ids = {*_concerned(found), *queries.people_who_may(LIFT_BLOCK), *queries.people_who_may(GRANT_LICENCES)}
    _told(
        found, ids, entry.actor_id, kind=DENIED, step="denied",
        words=lambda: gettext("A customer says that a change was not theirs: %(customer)s"),
    )  # fmt: skip


@on(events.LicenceSuspended)
def tell_of_suspension(event: events.LicenceSuspended, entry: Any) -> None:
    """Whose licence it is learns why they can sign nothing any more."""
    user = User.objects.filter(pk=event.person_id, is_active=True).first()
    if user is None:
        return
    with translation.override(user.language):
        title = gettext("Your quota licence is suspended until an administrator has looked into it")
    key = f"quota.licence:{entry.act}"
    tell_user(ACTOR, user=user, kind="quota.licence_suspended", title=title, url="", key=key)


# --- what became of its mails ---


@on(MailSent)
def note_delivery(event: MailSent, entry: Any) -> None:
    mail = _mail_of_ours(event.mail_id)
    if isinstance(mail, Answer):
        commands.mark_delivered(ACTOR, mail)
    elif isinstance(mail, Change):
        commands.mark_informed(ACTOR, mail)


@on(MailFailed)
def note_refusal(event: MailFailed, entry: Any) -> None:
    _note_return(event.mail_id)


@on(MailBounced)
def note_return(event: MailBounced, entry: Any) -> None:
    _note_return(event.mail_id)


def _note_return(mail_id: UUID) -> None:
    """
    Whether a server refused it or took it over and gave it back: the customer has not read it. Unless they answered by its link:
    then only a copy of it came back, from where they have their mails sent on to.
    """
    about = _mail_of_ours(mail_id)
    if isinstance(about, Answer):
        if about.answered and about.channel == Answer.Channel.LINK:
            return
        commands.mark_undeliverable(ACTOR, about)
    elif isinstance(about, Change):
        commands.mark_uninformed(ACTOR, about)


def _mail_of_ours(mail_id: UUID) -> Answer | Change | None:
    """What a mail is about, if that is a change or its question."""
    kinds: dict[str, type[Answer | Change]] = {one.kind_name(): one for one in (Answer, Change)}
    mail = Mail.objects.filter(pk=mail_id, about_kind__in=kinds).only("about_kind", "about_id").first()
    if mail is None:
        return None
    found: Answer | Change | None = kinds[mail.about_kind].objects.filter(pk=mail.about_id).first()
    return found
