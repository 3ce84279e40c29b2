from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events, queries
from embudo.business.intake.commands.accepting import recorded
from embudo.business.intake.commands.tallies import Tallying
from embudo.business.intake.models import Assignment, Entry, Message, Round
from embudo.business.intake.permissions import CONVERSE, CORRECT, DECIDE, VERIFY
from embudo.business.intake.rules.states import EntryState, Second, check_open, check_step
from embudo.business.intake.rules.verdicts import LEASE, Outcome, Point, check_outcome, checked_points
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound, Refused, Stale
from embudo.kernel.event import publish
from embudo.kernel.permission import Scope
from embudo.kernel.record import lock

LONGEST_MESSAGE = 2000


@command(VERIFY)
def claim_next(actor: Actor, *, assignment: Assignment | None = None) -> Entry | None:
    """
    Gives the verifier the next entry to look at, theirs alone until the lease ends: the one they hold already, else what came
    back corrected, else the oldest. None when nothing waits. Nobody is given their own entry.
    """
    held = queries.held_by(actor, assignment)
    if held is not None:
        renew_lease.inner(actor, held)
        return held
    found = queries.next_to_verify(actor, assignment)
    return _claimed(actor, found) if found else None


@command(VERIFY)
def claim_entry(actor: Actor, entry: Entry) -> Entry:
    """Takes one chosen entry to verify. Refuses one's own, what somebody else has, and what does not wait for a verdict."""
    entry = lock(entry)
    _check_may_verify(actor, entry)
    if entry.state == EntryState.IN_VERIFICATION and entry.verifier_id == actor.id:
        renew_lease.inner(actor, entry)
        return entry
    _check_free(entry)
    return _claimed(actor, entry)


def _check_may_verify(actor: Actor, entry: Entry) -> None:
    if entry.owner_id == actor.id:
        raise Refused("intake.own_entry", _("Nobody verifies what they entered themselves."))
    reaches_all = actor.scope(VERIFY) is Scope.ALL
    part = None if reaches_all else queries.verifier_part(actor, entry.assignment_id)
    if part is None and not reaches_all:
        raise NotFound
    check_open(entry.assignment.state, is_part_open=part is None or part.is_open)


def _check_free(entry: Entry) -> None:
    is_held = entry.state == EntryState.IN_VERIFICATION and entry.leased and entry.leased > clock.now()
    if is_held:
        raise Refused("intake.entry_held", _("%(name)s is verifying this entry.") % {"name": entry.verifier})
    if entry.state not in (EntryState.HANDED_IN, EntryState.IN_VERIFICATION):
        check_step(entry.state, EntryState.IN_VERIFICATION)
    if entry.second == Second.WANTED:
        raise Refused(
            "intake.second_wanted", _("Somebody else enters a part of this entry a second time first.")
        )


def _claimed(actor: Actor, entry: Entry) -> Entry:
    tally = Tallying()
    tally.away([entry])
    update(entry, state=EntryState.IN_VERIFICATION, verifier_id=actor.id, leased=clock.now() + LEASE)
    publish(events.EntryClaimed(entry.id, actor.id), entry)  # type: ignore[arg-type]
    tally.back([entry])
    tally.write()
    return entry


@command(VERIFY)
def renew_lease(actor: Actor, entry: Entry) -> None:
    """Keeps the entry while the verifier is at it; no act. Refuses an entry that is no longer theirs."""
    held = Entry.objects.filter(pk=entry.pk, verifier=actor.id, state=EntryState.IN_VERIFICATION)
    if not held.update(leased=clock.now() + LEASE):
        fresh = Entry.objects.select_related("verifier").filter(pk=entry.pk).first()
        raise _lost(fresh or entry)


@command(VERIFY)
def release_entry(actor: Actor, entry: Entry) -> Entry:
    """Puts an entry back into the queue without a verdict. Refuses one that is not with this verifier."""
    entry = lock(entry)
    _check_holds(actor, entry)
    tally = Tallying()
    tally.away([entry])
    update(entry, state=EntryState.HANDED_IN, verifier=None, leased=None)
    publish(events.EntryReleased(entry.id), entry)
    tally.back([entry])
    tally.write()
    return entry


def _check_holds(actor: Actor, entry: Entry) -> None:
    if entry.state != EntryState.IN_VERIFICATION or entry.verifier_id != actor.id:
        raise _lost(entry)


def _lost(entry: Entry) -> Refused:
    """Says who has the entry now, or what became of it."""
    said: Any
    if entry.state == EntryState.IN_VERIFICATION:
        said = _("This entry is no longer yours: %(name)s is verifying it now.") % {"name": entry.verifier}
    elif entry.state == EntryState.HANDED_IN:
        said = _("This entry is back in the queue. Take it again to decide on it.")
    else:
        said = _("This entry is no longer yours: it is “%(state)s” now.") % {
            "state": EntryState(entry.state).label
        }
    return Refused("intake.lease_lost", said, state=str(entry.state))


@command(VERIFY)
def decide_entry(
    actor: Actor,
    entry: Entry,
    *,
    outcome: str,
    points: Sequence[Mapping[str, Any]] = (),
    comment: str = "",
    version: int | None = None,
) -> Entry:
    """
    Accepts or rejects the entry the verifier holds. `points` judge its values ({name, judgement, code, comment, suggested}).
    Refuses an entry of one's own or not at hand, a stale version, and (Invalid) rejecting without a reason or accepting
    what is marked as wrong.
    """
    entry = lock(entry)
    _check_may_verify(actor, entry)
    _check_holds(actor, entry)  # who has it says more than that it changed
    if version is not None and version != entry.version:
        raise Stale(entry.version)
    if outcome not in Outcome.values:
        raise Invalid({"outcome": [_("Choose one of the values offered.")]})
    judged = checked_points(points, [one.name for one in entry.assignment.attributes])
    check_outcome(outcome, judged, comment)
    _decide(actor, entry, outcome, judged, comment)
    return entry


def _decide(actor: Actor, entry: Entry, outcome: str, points: Sequence[Point], comment: str) -> None:
    now, number = clock.now(), entry.round
    round_ = Round.objects.get(entry=entry, number=number)
    update(
        round_, verifier_id=actor.id, outcome=outcome, comment=comment.strip(), decided=now,
        points=[one.stored() for one in points],
    )  # fmt: skip
    if outcome == Outcome.ACCEPTED:
        _accept(actor, entry, round_)
        return
    tally = Tallying()
    tally.away([entry])
    update(entry, state=EntryState.REJECTED, decided=now, leased=None, verifier_id=actor.id)
    publish(events.EntryRejected(entry.id, entry.owner_id, number), entry, round_)
    tally.back([entry])
    tally.write()


def _accept(actor: Actor, entry: Entry, *about: Round) -> None:
    tally = Tallying()
    tally.away([entry])
    update(
        entry,
        state=EntryState.ACCEPTED,
        decided=clock.now(),
        leased=None,
        disputed=None,
        **recorded(actor, entry),
    )
    publish(events.EntryAccepted(entry.id, entry.company_id, entry.person_id), entry, *about)
    tally.back([entry])
    tally.write()


@command(CONVERSE)
def send_message(actor: Actor, entry: Entry, *, text: str) -> Message:
    """Says something about the entry to whoever works on it. Refuses (Invalid) an empty or too long text."""
    message = said_of(actor, entry, text)
    publish(events.MessageSent(entry.id, message.id, actor.id), entry, message)  # type: ignore[arg-type]
    return message


def said_of(actor: Actor, entry: Entry, text: str, *, field: str = "text") -> Message:
    """What somebody says about an entry, within another act. Refuses (Invalid, of `field`) nothing, and too much."""
    kept = text.strip()
    if not kept or len(kept) > LONGEST_MESSAGE:
        raise Invalid({field: [_("Write a message of at most %(n)d characters.") % {"n": LONGEST_MESSAGE}]})
    if actor.id is None:
        raise NotFound
    message = Message(entry=entry, author_id=actor.id, text=kept)
    create(message)
    return message


@command(CORRECT)
def dispute_rejection(actor: Actor, entry: Entry, *, text: str) -> Entry:
    """Takes a rejection to the supervisor, with the reason. Refuses what is not rejected, twice, and another's entry."""
    entry = lock(entry)
    if entry.owner_id != actor.id:
        raise Refused("intake.not_your_entry", _("Only whoever entered this record may do that."))
    if entry.state != EntryState.REJECTED:
        raise Refused("intake.not_rejected", _("Only a rejected entry can be disputed."))
    if entry.disputed:
        raise Refused("intake.disputed", _("The supervisor is looking at it already."))
    message = said_of(actor, entry, text)
    update(entry, disputed=clock.now())
    publish(events.EntryDisputed(entry.id), entry, message)
    return entry


@command(DECIDE)
def decide_dispute(actor: Actor, entry: Entry, *, is_overruled: bool, text: str = "") -> Entry:
    """
    Ends a dispute: overruled, the entry is accepted; else the rejection stands and the operator corrects it. Refuses what
    nobody disputes, and whoever entered or rejected it.
    """
    entry = lock(entry)
    if not entry.disputed or entry.state != EntryState.REJECTED:
        raise Refused("intake.not_disputed", _("Nobody disputes this entry."))
    if actor.id in (entry.owner_id, entry.verifier_id):
        raise Refused("intake.own_dispute", _("Somebody who is not part of the dispute decides it."))
    said = [said_of(actor, entry, text)] if text.strip() else []
    if is_overruled:
        round_ = Round.objects.get(entry=entry, number=entry.round)
        update(round_, is_overruled=True)
        _accept(actor, entry, round_)
    else:
        update(entry, disputed=None)
    publish(events.DisputeDecided(entry.id, is_overruled), entry, *said)
    return entry
