from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.directory import rules as directory
from embudo.business.intake import events, queries
from embudo.business.intake.commands.accepting import recorded
from embudo.business.intake.commands.alike import note_likenesses
from embudo.business.intake.commands.drafts import end_draft
from embudo.business.intake.commands.tallies import Tallying
from embudo.business.intake.models import Assignment, Binding, Draft, Entry, Round
from embudo.business.intake.permissions import CORRECT, ENTER
from embudo.business.intake.rules.policies import Policy, wants_verification
from embudo.business.intake.rules.states import (
    TO_HAND_IN,
    Duty,
    EntryState,
    Second,
    Subject,
    check_correctable,
    check_days,
    check_open,
    check_step,
)
from embudo.business.intake.rules.territory import is_within
from embudo.foundation.attributes.queries import custom_values
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.change import create, update
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound, Refused
from embudo.kernel.event import publish
from embudo.kernel.record import lock

MOST_SECONDS = 4 * 3600  # longer is a form left open, no work
AT_ONCE = 500


@command(ENTER)
def enter_entry(  # noqa: PLR0913 - what a form sends
    actor: Actor,
    assignment: Assignment,
    *,
    values: Mapping[str, Any],
    custom: Mapping[str, Any] | None = None,
    seconds: int = 0,
    draft: UUID | None = None,
    is_another: bool = False,
    is_handed_in: bool = False,
) -> Entry:
    """
    Records a company or person under the assignment; where verification is off it is accepted at once. `values` by attribute,
    `custom` by key, `draft` what autosaving kept of the form. Refuses a closed part, and (Invalid) what the assignment does
    not ask for, what it asks for and is missing, wrong values, and, unless `is_another`, what is entered there already. The same
    `draft` a second time answers the entry that it became; refused with other values.
    """
    became = queries.entry_of_draft(actor, draft) if draft else None
    if became is not None:
        return _sent_again(actor, became, values, custom or {})
    binding = part_of(actor, assignment)
    entry = Entry(assignment=assignment, binding=binding, owner_id=actor.id, subject=assignment.subject)
    entry.seconds = max(0, min(int(seconds), MOST_SECONDS))
    for name, value in checked_values(actor, assignment, entry, values, custom or {}).items():
        setattr(entry, name, value)
    alike = queries.likenesses(actor, entry)
    _check_new(alike, is_another=is_another)
    create(entry)
    end_draft(actor, draft, assignment.pk, became=entry.pk)
    publish(events.EntryMade(entry.id, assignment.id), entry)
    tally = Tallying()
    tally.back([entry])
    note_likenesses(entry, alike)
    if assignment.policy == Policy.OFF:
        accept_at_once(actor, entry, tally)
    elif is_handed_in:
        _hand_in(actor, entry, tally)
    tally.write()
    return entry


def _sent_again(actor: Actor, entry: Entry, values: Mapping[str, Any], custom: Mapping[str, Any]) -> Entry:
    """The answer to the first time was lost on the way: nothing is entered twice, and nothing typed since is dropped unsaid."""
    checked = checked_values(actor, entry.assignment, entry, values, custom)
    if any(getattr(entry, name) != value for name, value in checked.items()):
        raise Refused(
            "intake.sent_already",
            _(
                "This form was saved before the connection broke. Open the record from “My work” to change it."
            ),
        )
    return entry


def part_of(actor: Actor, assignment: Assignment) -> Binding:
    """The actor's own part, open and within its dates. Refuses whoever has none, or a closed one."""
    binding = Binding.objects.filter(assignment=assignment, person=actor.id, duty=Duty.OPERATOR).first()
    if binding is None:
        raise Refused("intake.not_bound", _("You are not bound to this assignment as an operator."))
    fresh = Assignment.objects.only("state").filter(pk=assignment.pk).first()
    if fresh is None:
        raise NotFound
    check_open(fresh.state, is_part_open=binding.is_open)
    check_days(binding.starts, binding.ends, clock.today())
    return cast("Binding", binding)


def checked_values(
    actor: Actor, assignment: Assignment, entry: Entry, values: Mapping[str, Any], custom: Mapping[str, Any]
) -> dict[str, Any]:
    """The entry's columns as they are stored, with the derived ones; every fault at once (Invalid)."""
    asked = assignment.attributes
    standard = {one.name for one in asked if not one.key}
    faults: dict[str, list[Any]] = {}
    for name in {*values, *(f"custom_{key}" for key in custom)} - {one.name for one in asked}:
        faults[name] = [_("This assignment does not ask for that.")]
    given = {name: value for name, value in values.items() if name in standard}
    given |= {name: getattr(entry, name) for name in standard - given.keys()}
    rule = directory.checked_person if assignment.subject == Subject.PERSON else directory.checked_company
    # where one value is wrong the others count as typed: what is there is not missing
    checked: dict[str, Any] = {name: _bare(value) for name, value in given.items()} | {"custom": dict(custom)}
    try:
        checked |= rule(given, queries.home_country(assignment))
    except Invalid as fault:
        faults |= fault.errors
    try:
        checked["custom"] = custom_values(
            actor, Entry, custom, record=entry if entry.custom else None, only=assignment.custom_keys
        )
    except Invalid as fault:
        faults |= fault.errors
    _require(assignment, checked, faults)
    _keep_unique(assignment, entry, checked, faults)
    areas = {name: checked.get(name, "") for name in ("region", "postcode")}
    if not faults and not is_within(assignment.territory, **areas):
        where = "region" if areas["region"] and "region" in standard else "postcode"
        faults[where] = [
            _("This lies outside the territory: %(areas)s.") % {"areas": ", ".join(assignment.territory)}
        ]
    if faults:
        raise Invalid(faults)
    return checked | entry.derived(**checked)


def _bare(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _value(checked: Mapping[str, Any], name: str, key: str) -> Any:
    return checked.get("custom", {}).get(key) if key else checked.get(name)


def _require(assignment: Assignment, checked: Mapping[str, Any], faults: dict[str, list[Any]]) -> None:
    for one in assignment.attributes:
        if (
            one.is_required
            and one.name not in faults
            and _value(checked, one.name, one.key) in (None, "", [])
        ):
            faults[one.name] = [_("This is required.")]


def _keep_unique(
    assignment: Assignment, entry: Entry, checked: Mapping[str, Any], faults: dict[str, list[Any]]
) -> None:
    for one in assignment.attributes:
        value = _value(checked, one.name, one.key)
        if not one.is_unique or one.name in faults or value in (None, "", []):
            continue
        if queries.is_taken(assignment, one, value, but=entry.pk):
            faults[one.name] = [_("Another entry of this assignment has the same. It must be unique here.")]


def _check_new(alike: queries.Alike, *, is_another: bool) -> None:
    if alike.within and not is_another:
        raise Invalid(
            {
                "is_another": [
                    _("This was already entered in this assignment. If it is another one, tick the box.")
                ]
            }
        )


@command(CORRECT)
def correct_entry(  # noqa: PLR0913 - what a form sends
    actor: Actor,
    entry: Entry,
    *,
    values: Mapping[str, Any],
    custom: Mapping[str, Any] | None = None,
    seconds: int = 0,
    draft: UUID | None = None,
    version: int | None = None,
    is_handed_in: bool = False,
) -> Entry:
    """
    Changes what is given of an entry that is still, or again, the operator's. Refuses a stale version, another state, a closed
    part, and (Invalid) what entering refuses.
    """
    entry = own(actor, lock(entry, version=version))
    check_correctable(entry.state)
    tally = Tallying()
    tally.away([entry])
    checked = checked_values(actor, entry.assignment, entry, values, custom or {})
    seconds = entry.seconds + max(0, min(int(seconds), MOST_SECONDS))
    state = EntryState.CORRECTED if entry.state == EntryState.REJECTED else EntryState(entry.state)
    update(entry, **checked, seconds=seconds, state=state, disputed=None)
    drafts: Any = Draft.objects.filter(owner=actor.id, entry=entry)
    drafts.exclude(pk=draft).delete()
    end_draft(actor, draft, entry.assignment_id)
    publish(events.EntryCorrected(entry.id), entry)
    tally.back([entry])
    if is_handed_in:
        _hand_in(actor, entry, tally)
    tally.write()
    return entry


def own(actor: Actor, entry: Entry) -> Entry:
    """Refuses an entry of somebody else's, and one under a part that is closed."""
    if entry.owner_id != actor.id:
        raise Refused("intake.not_your_entry", _("Only whoever entered this record may do that."))
    check_open(entry.assignment.state, is_part_open=entry.binding is None or entry.binding.is_open)
    return entry


@command(CORRECT)
def hand_in_entry(actor: Actor, entry: Entry) -> Entry:
    """Hands one entry in to be verified, or accepts it where it is not drawn. Refuses another state and a closed part."""
    entry = own(actor, lock(entry))
    tally = Tallying()
    _hand_in(actor, entry, tally)
    tally.write()
    return entry


@command(ENTER)
def hand_in_entries(actor: Actor, assignment: Assignment) -> int:
    """Hands in all of the actor's entries that wait for it, 500 at a time; answers how many. Refuses a closed part."""
    part_of(actor, assignment)
    found = Entry.objects.select_for_update(of=("self",)).filter(
        assignment=assignment, owner=actor.id, state__in=TO_HAND_IN
    )
    tally, n = Tallying(), 0
    for entry in found.order_by("created", "id")[:AT_ONCE]:
        entry.assignment = assignment
        _hand_in(actor, entry, tally)
        n += 1
    tally.write()
    return n


def _hand_in(actor: Actor, entry: Entry, tally: Tallying) -> None:
    assignment = entry.assignment
    if entry.state not in TO_HAND_IN:
        check_step(entry.state, EntryState.HANDED_IN)
        raise Refused("intake.correct_first", _("Correct the entry first, then hand it in."))
    is_again = entry.state == EntryState.CORRECTED
    is_drawn = is_again or wants_verification(
        assignment.policy, assignment.percent, entry.id, queries.track_record(entry.owner_id)
    )
    if not is_drawn and not assignment.doubles:
        accept_at_once(actor, entry, tally)
        return
    tally.away([entry])
    now = clock.now()
    # who enters alone verifies nothing twice: a second entry is asked for once, in the first round
    second = entry.second if is_again or not assignment.doubles else Second.WANTED
    number = entry.round + 1 if is_again else entry.round
    update(
        entry, state=EntryState.HANDED_IN, handed_in=now, round=number, is_drawn=is_drawn, second=second, verifier=None,
        leased=None,
    )  # fmt: skip
    create(Round(entry=entry, number=number, values=queries.asked_values(entry), handed_in=now))
    publish(events.EntryHandedIn(entry.id, number), entry)
    tally.back([entry])


def accept_at_once(actor: Actor, entry: Entry, tally: Tallying) -> None:
    """Nobody looks at it: verification is off, or the entry was not drawn."""
    check_step(entry.state, EntryState.ACCEPTED)
    tally.away([entry])
    now = clock.now()
    update(
        entry, state=EntryState.ACCEPTED, handed_in=now, decided=now, is_drawn=False, **recorded(actor, entry)
    )
    publish(events.EntryAccepted(entry.id, entry.company_id, entry.person_id), entry)
    tally.back([entry])


@command(CORRECT)
def withdraw_entry(actor: Actor, entry: Entry) -> Entry:
    """Takes an entry back that was a mistake. Refuses an accepted one, one a verifier is at, and a closed part."""
    entry = own(actor, lock(entry))
    check_step(entry.state, EntryState.WITHDRAWN)
    tally = Tallying()
    tally.away([entry])
    update(entry, state=EntryState.WITHDRAWN, decided=clock.now(), leased=None, disputed=None)
    publish(events.EntryWithdrawn(entry.id), entry)
    tally.back([entry])
    tally.write()
    return entry
