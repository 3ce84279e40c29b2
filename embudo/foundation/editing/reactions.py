from collections.abc import Callable
from uuid import UUID

from django.utils.translation import gettext, override

from embudo.foundation.access.models import User
from embudo.foundation.access.queries import actor_of
from embudo.foundation.editing import commands, rules
from embudo.foundation.editing.events import ManyStarted, ManyUndoing
from embudo.foundation.editing.models import BulkRun
from embudo.kernel.actor import Actor
from embudo.kernel.errors import Forbidden, Invalid, NotFound, Refused
from embudo.kernel.event import on
from embudo.kernel.job import enqueue, task
from embudo.kernel.undoing import for_a_while


@on(ManyStarted, now=True)
def write_soon(event: ManyStarted) -> None:
    if event.total > rules.AT_ONCE:
        enqueue(change_many_records, str(event.run_id), event.turn)


@on(ManyUndoing, now=True)
def undo_soon(event: ManyUndoing) -> None:
    """Few are put back at once; the job then finds nothing to do."""
    enqueue(put_many_back, str(event.run_id), event.turn)


@task(in_chunks=True)
def change_many_records(run_id: str, turn: int) -> None:
    """Some parts, then the next job takes over behind the last of them."""
    found = BulkRun.objects.select_related("owner").filter(pk=UUID(run_id), turn=turn).first()
    if found is None:
        return

    def write(actor: Actor) -> None:
        if for_a_while(lambda: commands.write_part(actor, found, turn=turn)):
            enqueue(change_many_records, run_id, turn)

    _work(found, found.owner, write)


@task(in_chunks=True)
def put_many_back(run_id: str, turn: int) -> None:
    found = BulkRun.objects.select_related("undone_by").filter(pk=UUID(run_id), turn=turn).first()
    if found is None:
        return

    def undo(actor: Actor) -> None:
        if for_a_while(lambda: commands.undo_part(actor, found, turn=turn)):
            enqueue(put_many_back, run_id, turn)

    _work(found, found.undone_by, undo)


def _work(found: BulkRun, user: User | None, do: Callable[[Actor], None]) -> None:
    """As who set it going, in their language and with the rights they have now; what stands in the way is written on the run."""
    if user is None:
        return
    with override(user.language or None):
        if not user.is_active:
            commands.mark_stopped(found, gettext("Who set it going may no longer sign in."))
            return
        try:
            do(actor_of(user, origin="worker"))
        except Invalid as fault:
            texts = [str(text) for texts in fault.errors.values() for text in texts]
            commands.mark_stopped(found, " ".join(texts))
        except (Forbidden, NotFound):
            commands.mark_stopped(found, gettext("Who set it going may no longer do this."))
        except Refused as refusal:
            commands.mark_stopped(found, str(refusal.message))
