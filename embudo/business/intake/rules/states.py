from collections.abc import Mapping
from datetime import date

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _, pgettext_lazy

from embudo.kernel.errors import Refused


class AssignmentState(TextChoices):
    DRAFT = "draft", _("Draft")
    OPEN = "open", pgettext_lazy("of an assignment", "Open")
    CLOSED = "closed", pgettext_lazy("of an assignment", "Closed")
    DELIVERED = "delivered", _("Delivered")
    ARCHIVED = "archived", pgettext_lazy("of an assignment", "Archived")


class Subject(TextChoices):
    COMPANY = "company", _("Companies")
    PERSON = "person", _("People")


class Duty(TextChoices):
    """What somebody is bound to an assignment as."""

    OPERATOR = "operator", _("Operator")
    SUPERVISOR = "supervisor", _("Supervisor")
    VERIFIER = "verifier", _("Verifier")
    COORDINATOR = "coordinator", _("Coordinator")
    PRINCIPAL = "principal", _("Principal")


class EntryState(TextChoices):
    ENTERED = "entered", pgettext_lazy("of records", "Entered")
    HANDED_IN = "handed_in", _("Handed in")
    IN_VERIFICATION = "verifying", _("In verification")
    REJECTED = "rejected", _("Rejected")
    CORRECTED = "corrected", _("Corrected")
    ACCEPTED = "accepted", _("Accepted")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Second(TextChoices):
    """Where an entry stands whose chosen fields somebody else enters a second time, without seeing the first."""

    NONE = "none", _("not asked for")
    WANTED = "wanted", _("wanted")
    SAME = "same", _("the same")
    DIFFERENT = "different", _("different")
    WAIVED = "waived", _("gone on without")  # nobody else was there to give it


WITH_OPERATOR = (EntryState.ENTERED, EntryState.CORRECTED, EntryState.REJECTED)
CORRECTABLE = (EntryState.ENTERED, EntryState.REJECTED, EntryState.CORRECTED)
TO_HAND_IN = (EntryState.ENTERED, EntryState.CORRECTED)
WITH_VERIFIER = (EntryState.HANDED_IN, EntryState.IN_VERIFICATION)
# What a verifier of the assignment sees: all that was handed in once.
SHOWN_TO_VERIFIER = (
    EntryState.HANDED_IN, EntryState.IN_VERIFICATION, EntryState.REJECTED, EntryState.CORRECTED, EntryState.ACCEPTED,
)  # fmt: skip
HIDDEN_FROM_VERIFIER = tuple(state for state in EntryState if state not in SHOWN_TO_VERIFIER)
# The work that is left when a part is closed.
UNFINISHED = (*WITH_OPERATOR, *WITH_VERIFIER)
NEXT: Mapping[str, tuple[EntryState, ...]] = {
    EntryState.ENTERED: (EntryState.HANDED_IN, EntryState.ACCEPTED, EntryState.WITHDRAWN),
    EntryState.HANDED_IN: (
        EntryState.IN_VERIFICATION, EntryState.ACCEPTED, EntryState.REJECTED, EntryState.WITHDRAWN,
    ),
    EntryState.IN_VERIFICATION: (EntryState.HANDED_IN, EntryState.ACCEPTED, EntryState.REJECTED),
    EntryState.REJECTED: (EntryState.CORRECTED, EntryState.ACCEPTED, EntryState.WITHDRAWN),
    EntryState.CORRECTED: (EntryState.HANDED_IN, EntryState.ACCEPTED, EntryState.WITHDRAWN),
    EntryState.ACCEPTED: (),
    EntryState.WITHDRAWN: (),
}  # fmt: skip


def check_step(state: str, to: EntryState) -> None:
    """Refuses a step that does not lead on from `state`."""
    if to not in NEXT[state]:
        raise Refused(
            "intake.entry_elsewhere",
            _("This entry is “%(state)s” now. Look at it again before you go on.")
            % {"state": EntryState(state).label},
            state=str(state),
        )


def check_correctable(state: str) -> None:
    if state not in CORRECTABLE:
        raise Refused(
            "intake.entry_not_yours_now",
            _("This entry is “%(state)s” now and can't be changed.") % {"state": EntryState(state).label},
            state=str(state),
        )


def check_open(assignment_state: str, *, is_part_open: bool = True) -> None:
    """Refuses work under an assignment, or a part of one, that is not open."""
    if assignment_state == AssignmentState.DRAFT:
        raise Refused("intake.assignment_not_open", _("This assignment is not open yet."))
    if assignment_state != AssignmentState.OPEN:
        raise Refused("intake.assignment_closed", _("This assignment is closed. What you typed is kept."))
    if not is_part_open:
        raise Refused(
            "intake.part_closed", _("Your part of this assignment is closed. What you typed is kept.")
        )


def check_days(starts: date | None, ends: date | None, today: date) -> None:
    """Refuses work before a part's first day, and after its last."""
    if (starts and today < starts) or (ends and today > ends):
        raise Refused("intake.outside_dates", _("Your part of this assignment is not open today."))


ASSIGNMENT_NEXT: Mapping[str, tuple[AssignmentState, ...]] = {
    AssignmentState.DRAFT: (AssignmentState.OPEN,),
    AssignmentState.OPEN: (AssignmentState.CLOSED,),
    AssignmentState.CLOSED: (AssignmentState.OPEN, AssignmentState.DELIVERED, AssignmentState.ARCHIVED),
    AssignmentState.DELIVERED: (AssignmentState.OPEN, AssignmentState.ARCHIVED),
    AssignmentState.ARCHIVED: (AssignmentState.CLOSED,),
}


def check_assignment_step(state: str, to: AssignmentState) -> None:
    if to not in ASSIGNMENT_NEXT[state]:
        raise Refused(
            "intake.assignment_elsewhere",
            _("This assignment is “%(state)s”, so that can't be done.")
            % {"state": AssignmentState(state).label},
            state=str(state),
        )
