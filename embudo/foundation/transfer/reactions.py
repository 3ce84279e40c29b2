from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.utils.translation import gettext, override

from embudo.foundation.access.queries import actor_of
from embudo.foundation.transfer import commands
from embudo.foundation.transfer.events import ImportMatched, ImportRun, ImportUndoing
from embudo.foundation.transfer.models import Import
from embudo.foundation.transfer.rules.steps import State
from embudo.kernel.actor import Actor, system_actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.event import every, on
from embudo.kernel.job import enqueue, task
from embudo.kernel.undoing import for_a_while


@on(ImportMatched, now=True)
def check_soon(event: ImportMatched) -> None:
    enqueue(check_import, str(event.import_id), event.turn)


@on(ImportRun, now=True)
def write_soon(event: ImportRun) -> None:
    enqueue(write_import, str(event.import_id), event.turn)


@on(ImportUndoing, now=True)
def undo_soon(event: ImportUndoing) -> None:
    enqueue(take_back_import, str(event.import_id), event.turn)


@task(in_chunks=True)
def check_import(import_id: str, turn: int) -> None:
    """Reads and checks the whole file; killed halfway it begins anew, for nothing is written yet."""
    _work(import_id, turn, State.FAILED, commands.check_rows)


@task(in_chunks=True)
def write_import(import_id: str, turn: int) -> None:
    """Some chunks, then the next job takes over behind the last of them."""

    def write(actor: Actor, found: Import) -> None:
        if for_a_while(lambda: commands.write_chunk(actor, found, turn=turn)):
            enqueue(write_import, import_id, turn)

    _work(import_id, turn, State.PAUSED, write)


@task(in_chunks=True)
def take_back_import(import_id: str, turn: int) -> None:
    def undo(actor: Actor, found: Import) -> None:
        if for_a_while(lambda: commands.undo_chunk(actor, found, turn=turn)):
            enqueue(take_back_import, import_id, turn)

    _work(import_id, turn, State.CANCELLED, undo)


def _work(import_id: str, turn: int, otherwise: State, do: Callable[[Actor, Import], Any]) -> None:
    """As its owner, in their language and with the rights they have now; what stands in the way is written on the import."""
    found = Import.objects.select_related("owner").filter(pk=UUID(import_id), turn=turn).first()
    if found is None or found.owner is None:
        return
    with override(found.owner.language or None):
        if not found.owner.is_active:
            commands.mark_failed(found, gettext("Its owner may no longer sign in."), otherwise)
            return
        try:
            do(actor_of(found.owner, origin="worker"), found)
        except Invalid as fault:
            texts = [str(text) for texts in fault.errors.values() for text in texts]
            commands.mark_failed(found, " ".join(texts), otherwise)
        except (Forbidden, NotFound):
            commands.mark_failed(found, gettext("Its owner may no longer do this."), otherwise)
        except Refused as refusal:
            commands.mark_failed(found, str(refusal.message), otherwise)


@every("day")
def prune_files_of_imports() -> None:
    commands.prune_import_files(system_actor("old imports"))
