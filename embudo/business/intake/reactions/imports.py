from embudo.business.intake.commands.imports import uncount_undone
from embudo.foundation.transfer.events import RowsUndone
from embudo.kernel.event import on


@on(RowsUndone, now=True)
def uncount_rows(event: RowsUndone) -> None:
    uncount_undone(event.import_id, event.chunk)
