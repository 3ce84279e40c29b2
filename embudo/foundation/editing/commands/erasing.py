import json
from urllib.parse import unquote_plus

from embudo.foundation.editing.models import BulkPart, BulkRun
from embudo.kernel.erasing import Erased


def forget_erased(erased: Erased) -> None:
    """What runs were given, where that names somebody who is erased; what they did can still be undone."""
    for run in BulkRun.objects.only("values", "address").iterator(chunk_size=200):
        if erased.is_in_row(f"{json.dumps(run.values, ensure_ascii=False)} {unquote_plus(run.address)}"):
            BulkRun.objects.filter(pk=run.pk).update(values={}, address="")
    for part in BulkPart.objects.exclude(failures=[]).only("failures").iterator(chunk_size=200):
        kept = [row for row in part.failures if not erased.is_named_in(json.dumps(row, ensure_ascii=False))]
        if len(kept) != len(part.failures):
            BulkPart.objects.filter(pk=part.pk).update(failures=kept)
