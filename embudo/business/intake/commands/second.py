from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.intake import events, queries
from embudo.business.intake.commands.accepting import recorded
from embudo.business.intake.commands.entries import AT_ONCE, part_of
from embudo.business.intake.commands.tallies import Tallying
from embudo.business.intake.commands.verification import said_of
from embudo.business.intake.models import Assignment, Entry, SecondEntry
from embudo.business.intake.permissions import ENTER, WAIVE_SECOND
from embudo.business.intake.rules.states import EntryState, Second, check_open
from embudo.business.intake.rules.verdicts import LEASE
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock

LOST = _("This entry is no longer yours: somebody else took it over.")


@command(ENTER)
def claim_second(actor: Actor, assignment: Assignment) -> UUID | None:
    """
    Gives the operator an entry of somebody else whose chosen fields are to be entered again, theirs until the lease ends; answers its
    id, None when none waits. Refuses a closed part.
    """
    part_of(actor, assignment)
    found = queries.next_second(actor, assignment)
    if found is None:
        return None
    leased = clock.now() + LEASE
    SecondEntry.objects.update_or_create(entry_id=found, defaults={"author_id": actor.id, "leased": leased})
    return found


@command(ENTER)
def enter_second(actor: Actor, assignment: Assignment, *, entry_id: UUID, values: Mapping[str, Any]) -> bool:
    """
    Takes the chosen fields as entered a second time; answers whether they are the same as the first. Refuses an entry that
    is not given to this operator, and (Invalid) values that are wrong by their form.
    """
    part_of(actor, assignment)
    entry = Entry.objects.select_for_update(of=("self",)).filter(pk=entry_id, assignment=assignment).first()
    # one that is not there is told like one that is not theirs: nobody learns which ids there are
    if entry is None:
        raise Refused("intake.lease_lost", LOST)
    task = SecondEntry.objects.filter(entry=entry, author=actor.id, done=None).first()
    is_wanted = entry.second == Second.WANTED and entry.state == EntryState.HANDED_IN
    if task is None or not is_wanted or entry.owner_id == actor.id:
        raise Refused("intake.lease_lost", LOST)
    names = [one.name for one in assignment.doubles]
    if unknown := set(values) - set(names):
        raise Invalid({name: [_("This assignment does not ask for that.")] for name in unknown})
    typed = queries.checked_doubles(actor, entry, {name: values.get(name, "") for name in names})
    first = queries.asked_values(entry)
    different = [name for name in names if (typed.get(name) or "") != (first.get(name) or "")]
    update(task, values=typed, different=different, done=clock.now())
    _go_on(actor, entry, Second.DIFFERENT if different else Second.SAME)
    publish(events.SecondEntered(entry.id, not different), entry, task)
    return not different


@command(WAIVE_SECOND)
def waive_second(actor: Actor, assignment: Assignment, *, reason: str) -> int:
    """
    Lets the entries go on that wait for a second entry which nobody is there to give, 500 at a time; answers how many. The reason is said
    about each. Refuses an assignment in which nothing waits in vain, and (Invalid) no reason.
    """
    assignment = lock(assignment)
    check_open(assignment.state)
    lacking = queries.lacking_seconds([assignment]).get(assignment.pk)
    if lacking is None:
        raise Refused(
            "intake.second_awaited", _("Nothing waits in vain: somebody is there to enter it again.")
        )
    found = Entry.objects.select_for_update(of=("self",)).filter(
        assignment=assignment,
        state=EntryState.HANDED_IN,
        second=Second.WANTED,
        owner__in=list(lacking.by_owner),
    )
    n = 0
    for entry in found.order_by("handed_in", "id")[:AT_ONCE]:
        entry.assignment = assignment
        message = said_of(actor, entry, reason, field="reason")
        _go_on(actor, entry, Second.WAIVED)
        publish(events.SecondWaived(entry.id, message.id), entry, message)
        n += 1
    return n


def _go_on(actor: Actor, entry: Entry, outcome: Second) -> None:
    """An entry that was not drawn is accepted, unless both entered it differently: that always goes to the verifier."""
    update(entry, second=outcome, is_drawn=entry.is_drawn or outcome == Second.DIFFERENT)
    if entry.is_drawn:
        return
    tally = Tallying()
    tally.away([entry])
    update(entry, state=EntryState.ACCEPTED, decided=clock.now(), **recorded(actor, entry))
    publish(events.EntryAccepted(entry.id, entry.company_id, entry.person_id), entry)
    tally.back([entry])
    tally.write()
