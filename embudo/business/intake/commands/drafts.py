from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from embudo.business.intake import queries
from embudo.business.intake.models import Draft, Entry
from embudo.business.intake.permissions import ENTER
from embudo.business.intake.rules.drafts import KEPT_OVER, MOST_DRAFTS, MOST_FIELDS, MOST_TYPED, OVER
from embudo.kernel import clock
from embudo.kernel.actor import Actor
from embudo.kernel.command import command
from embudo.kernel.errors import Invalid, NotFound


@command(ENTER)
def save_draft(
    actor: Actor,
    *,
    assignment: UUID,
    draft: UUID,
    values: Mapping[str, Any],
    sequence: int,
    entry: UUID | None = None,
    title: str = "",
) -> Draft:
    """
    Keeps what is being typed, under the form's own id; a save that comes later than a newer one, or than the form itself, changes
    nothing. It is taken also when the part is closed, and marked so. Refuses (Invalid) more than a form can hold, and
    (NotFound) somebody else's form, and one under an assignment to which the actor is not bound.
    """
    _check_size(values, sequence)
    if actor.id is None:
        raise NotFound
    part = queries.part_with_assignment(actor, assignment)
    kept: dict[str, Any] = {
        "values": dict(values), "title": " ".join(title.split())[:161], "saved": clock.now(), "sequence": sequence,
        "after_closing": part is None or not part.is_open or not part.assignment.is_open,
    }  # fmt: skip
    mine = Draft.objects.filter(pk=draft, owner=actor.id, assignment=assignment)
    made = Draft(pk=draft, owner_id=actor.id, assignment_id=assignment, entry_id=entry, **kept)
    if not mine.filter(sequence__lt=sequence).update(**kept):
        _first(made, kept, is_bound=part is not None)
    return made


def _check_size(values: Mapping[str, Any], sequence: int) -> None:
    if sum(len(str(value)) for value in values.values()) > MOST_TYPED or len(values) > MOST_FIELDS:
        raise Invalid({"": [_("This is more than the form can hold.")]})
    if not 0 < sequence < OVER:
        raise Invalid({"sequence": [_("This number is too large.")]})


def _first(made: Draft, kept: Mapping[str, Any], *, is_bound: bool) -> None:
    """The form's first save, or one that is late; of two at once one is made, and the later one stands."""
    held = Draft.objects.filter(pk=made.pk).values_list("owner_id", "assignment_id", "sequence").first()
    if held is None:
        _check_new(made, is_bound=is_bound)
        Draft.objects.bulk_create([made], ignore_conflicts=True)
        held = Draft.objects.filter(pk=made.pk).values_list("owner_id", "assignment_id", "sequence").first()
    if held is None or held[:2] != (made.owner_id, made.assignment_id):
        raise NotFound
    if held[2] < made.sequence:
        Draft.objects.filter(pk=made.pk, sequence__lt=made.sequence).update(**kept)
    made.sequence = max(held[2], made.sequence)


def _check_new(made: Draft, *, is_bound: bool) -> None:
    own: Any = Entry.objects.filter(owner=made.owner_id, assignment=made.assignment_id)
    if not is_bound or (made.entry_id and not own.filter(pk=made.entry_id).exists()):
        raise NotFound
    others = Draft.objects.filter(owner=made.owner_id, assignment=made.assignment_id, sequence__lt=OVER)
    if others.count() >= MOST_DRAFTS:
        raise Invalid({"": [_("Too many unfinished records. Finish or discard some first.")]})


@command(ENTER)
def discard_draft(actor: Actor, *, draft: UUID) -> None:
    """Forgets what was typed. Refuses (NotFound) somebody else's form."""
    found = queries.draft(actor, draft)
    if found is None:
        raise NotFound
    end_draft(actor, draft, found.assignment_id)


def end_draft(actor: Actor, draft: UUID | None, assignment: UUID, *, became: UUID | None = None) -> None:
    """
    The form is over: what it held is forgotten, but not its id, so that a save still on its way does not bring it back, and a form
    that is sent twice becomes one record (`became`).
    """
    if draft is None or actor.id is None:
        return
    now = clock.now()
    mine = Draft.objects.filter(owner=actor.id)
    mine.filter(sequence=OVER, saved__lt=now - KEPT_OVER).delete()
    over: dict[str, Any] = {
        "sequence": OVER, "saved": now, "title": "", "after_closing": False, "entry": None,
        "values": {"became": str(became)} if became else {},
    }  # fmt: skip
    if not mine.filter(pk=draft).update(**over):
        row = Draft(pk=draft, owner_id=actor.id, assignment_id=assignment, **over)
        Draft.objects.bulk_create([row], ignore_conflicts=True)
