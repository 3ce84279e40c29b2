from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Invalid, Refused


class What(TextChoices):
    EDIT = "edit", _("Edit")
    ASSIGN = "assign", _("Assign")
    TAG = "tag", _("Tag")
    DELETE = "delete", _("Delete")


class State(TextChoices):
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    STOPPED = "stopped", _("Stopped")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


AT_ONCE = 200  # records that are changed while one waits; more are changed in the background
CHUNK = 200
MOST = 100_000
MOVING = (State.RUNNING, State.UNDOING)
CANCELLABLE = (State.RUNNING,)
UNDOABLE = (State.DONE, State.CANCELLED, State.STOPPED)


def check_step(state: str, allowed: tuple[State, ...]) -> None:
    if state not in allowed:
        raise Refused(
            "editing.wrong_step", _("This has gone on in the meantime. Look at where it stands now.")
        )


def check_count(count: int) -> None:
    if not count:
        raise Invalid({"": [_("Select at least one record of the list.")]})
    if count > MOST:
        raise Invalid(
            {"": [_("Narrow the list first: at most %(n)s records are changed at once.") % {"n": MOST}]}
        )
