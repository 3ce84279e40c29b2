import logging
from uuid import UUID

from embudo.foundation.recycle.commands.erasing import erase_again, erase_recycled
from embudo.foundation.recycle.commands.lists import note_erasures, noted_erasures
from embudo.foundation.recycle.models import Recycled
from embudo.foundation.recycle.queries import due, is_erased, lists_of_erasures
from embudo.foundation.recycle.rules import Why
from embudo.kernel.actor import system_actor
from embudo.kernel.errors import NotFound, Refused

logger = logging.getLogger(__name__)
KEEPER = system_actor("recycle bin")


def empty_bin() -> int:
    """Erases what has lain in the bin for 30 days, each in an act of its own; says how many there were."""
    done = 0
    for recycled_id in due():
        entry = Recycled.objects.filter(pk=recycled_id, erased_at=None, restored_at=None).first()
        if entry is None:  # it went with another
            continue
        try:
            erase_recycled(KEEPER, entry, why=Why.OVER)
            done += 1
        except (Refused, NotFound):
            logger.exception("entry %s of the recycle bin could not be erased", recycled_id)
    return done


def repeat_erasures() -> tuple[int, list[str]]:
    """
    Erases again what was erased after this database was backed up: how many, and which could not be. Whatever stands in the
    database's own list goes to the file too.
    """
    note_erasures(lists_of_erasures())
    done, faults = 0, []
    for one in list(noted_erasures()):
        kind, record_id = one["kind"], UUID(one["id"])
        if is_erased(kind, record_id):
            continue
        try:
            erase_again(KEEPER, kind=kind, record_id=record_id)
            done += 1
        except (Refused, NotFound) as fault:
            faults.append(f"{kind} {record_id}: {fault}")
    return done, faults


def keep_list() -> int:
    """Writes to the file what the database knows and it does not, for instance after a crash between the two."""
    return note_erasures(lists_of_erasures())
