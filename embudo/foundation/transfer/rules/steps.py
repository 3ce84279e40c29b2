from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from embudo.kernel.errors import Refused


class State(TextChoices):
    NEW = "new", _("Columns to match")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Ready to run")
    RUNNING = "running", _("Running")
    PAUSED = "paused", _("Paused")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")
    FAILED = "failed", _("Not readable")


class New(TextChoices):
    CREATE = "create", _("Create a record")
    SKIP = "skip", _("Leave the row out")


class Known(TextChoices):
    UPDATE = "update", _("Update the record with the row's values")
    FILL = "fill", _("Fill only what is empty in the record")
    SKIP = "skip", _("Leave the row out")
    CREATE = "create", _("Create another record")


class Alike(TextChoices):
    """What happens to a row that looks like a known record, without being recognised by a key."""

    ASK = "ask", _("Ask me; what I leave open fails")
    CREATE = "create", _("Create a record all the same")
    UPDATE = "update", _("Take it for that record")
    SKIP = "skip", _("Leave the row out")


MATCHABLE = (State.NEW, State.CHECKED, State.FAILED)
CHOOSABLE = (State.CHECKED, State.PAUSED)
RUNNABLE = (State.CHECKED, State.PAUSED)
PAUSABLE = (State.RUNNING,)
CANCELLABLE = (State.NEW, State.CHECKING, State.CHECKED, State.RUNNING, State.PAUSED, State.FAILED)
UNDOABLE = (State.DONE, State.CANCELLED, State.PAUSED)
MOVING = (State.CHECKING, State.RUNNING, State.UNDOING)
CHUNK = 500
BEST = "best"  # the surest key that a row has
WITHIN = "within"  # in an import's rule: what its rows become part of
ACTION_FIELD = "_do"  # a column that says for each row what to do
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "create": ("create", "new", "add", "utworz", "dodaj", "nowy", "creer", "ajouter", "nouveau", "crear", "nuevo", "anadir"),
    "update": ("update", "change", "aktualizuj", "zmien", "mettre a jour", "modifier", "actualizar", "cambiar"),
    "skip": ("skip", "leave", "no", "pomin", "ignorer", "omitir", "saltar", "nie", "non"),
}  # fmt: skip


def check_step(state: str, allowed: tuple[State, ...]) -> None:
    if state not in allowed:
        raise Refused(
            "transfer.wrong_step", _("This import has gone on in the meantime. Look at where it stands now.")
        )


def rule_of(kept: Mapping[str, Any]) -> dict[str, str]:
    """With what stands where nobody chose: known records are updated, new ones created, found by the surest key."""
    usual = {"key": BEST, "new": New.CREATE, "known": Known.UPDATE, "alike": Alike.ASK, "owner": ""}
    return {**usual, **kept}
