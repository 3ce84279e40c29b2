from typing import NoReturn
from uuid import UUID

from django.utils.translation import gettext_lazy as _, pgettext_lazy

from embudo.business.intake import commands, queries
from embudo.business.intake.commands.erasing import ENTRY_ERASING
from embudo.business.intake.models import Assignment, Entry
from embudo.business.intake.permissions import ENTER
from embudo.foundation.ui.help import register_help
from embudo.foundation.ui.hooks_registry import record_url
from embudo.kernel.errors import NotFound
from embudo.kernel.kind import Importing, RecordKind, SearchText, Within, register_kind
from embudo.kernel.wording import register_event_text


def _assignment_url(assignment_id: UUID) -> str:
    return record_url("intake:assignment", assignment_id)


def _entry_url(entry_id: UUID) -> str:
    return record_url("intake:entry", entry_id)


def _not_by_itself(*_given: object) -> NoReturn:
    """Every file is of one assignment."""
    raise NotFound


ENTRIES_FROM_FILES = Importing(
    permission=ENTER,
    fields=_not_by_itself,
    keys=(),
    check=_not_by_itself,
    key_of=_not_by_itself,
    find=_not_by_itself,
    write=_not_by_itself,
    within=Within(
        _("Assignment"), queries.assignment_choices, queries.assignment_title, commands.importing_into
    ),
)
EVENT_TEXTS = {
    "AssignmentCreated": (_("ordered the assignment"), "plus"),
    "AssignmentChanged": (_("changed the assignment"), "pencil"),
    "AssignmentOpened": (_("opened the assignment"), "play"),
    "AssignmentArchived": (_("moved the assignment into or out of the archive"), "archive"),
    "PersonBound": (_("bound somebody to the assignment"), "user-plus"),
    "BindingChanged": (_("changed somebody's part of the assignment"), "pencil"),
    "PersonUnbound": (_("took somebody off the assignment"), "ban"),
    "PartClosed": (_("closed the assignment or a part of it"), "lock"),
    "PartReopened": (_("opened again what was closed"), "rotate-ccw"),
    "DeliveryOrdered": (_("ordered a delivery"), "download"),
    "DeliveryMade": (_("made the delivery"), "download"),
    "EntryMade": (_("entered the record"), "plus"),
    "EntryCorrected": (_("corrected the entry"), "pencil"),
    "EntryHandedIn": (_("handed the entry in"), "arrow-right"),
    "EntryClaimed": (_("began to verify the entry"), "eye"),
    "EntryReleased": (_("put the entry back"), "rotate-ccw"),
    "EntryAccepted": (_("accepted the entry"), "circle-check"),
    "EntryRejected": (_("rejected the entry"), "circle-alert"),
    "EntryWithdrawn": (_("withdrew the entry"), "trash-2"),
    "EntryDisputed": (_("disputed the rejection"), "circle-alert"),
    "DisputeDecided": (_("decided the dispute"), "badge-check"),
    "MessageSent": (_("wrote about the entry"), "message-square"),
    "SecondEntered": (_("entered chosen fields a second time"), "pencil"),
    "SecondWaived": (_("let the entry go on without a second entry"), "arrow-right"),
    "LikenessDecided": (_("decided about look-alike entries"), "badge-check"),
}
HELPED = (
    "my_work", "entry_new", "entry_correct", "entries", "entry", "second", "assignments", "assignment",
    "assignment_new", "assignment_edit", "assignment_asked", "assignment_close", "progress", "likenesses",
    "queue", "verify", "deliveries", "delivery_new", "delivery",
)  # fmt: skip


def register() -> None:
    for name, (text, icon) in EVENT_TEXTS.items():
        register_event_text(f"intake.{name}", text, icon)
    for page in HELPED:
        register_help(f"intake:{page}", _("Assignments and verification"), "intake/help.html")
    register_kind(
        RecordKind(
            model=Assignment,
            label=_("Assignment"),
            plural=_("Assignments"),
            icon="target",
            title=str,
            url=_assignment_url,
            fetch=queries.assignment,
            search=lambda one: SearchText(one.title, words=(one.title,)),
        )
    )
    register_kind(
        RecordKind(
            model=Entry,
            label=_("Entry"),
            plural=pgettext_lazy("of an assignment", "Entries"),
            icon="notebook-pen",
            title=str,
            url=_entry_url,
            fetch=queries.entry,
            importing=ENTRIES_FROM_FILES,
            erased_with=ENTRY_ERASING,
        )
    )
