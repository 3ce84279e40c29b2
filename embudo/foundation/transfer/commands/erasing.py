import json
import zipfile
from functools import partial
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.db import transaction

from embudo.foundation.transfer.models import Import, ImportChunk
from embudo.kernel.erasing import Erased
from embudo.kernel.models import LogAbout, LogEntry

MOST = 200_000_000  # characters of one packed file that are read


def forget_erased(erased: Erased) -> None:
    """
    Files that brought somebody who is erased, or that name them, go, and so does what was kept of their rows. What the
    import did to others stays, and can still be undone.
    """
    runs = _runs_that_wrote(erased)
    for run in Import.objects.defer("told").iterator(chunk_size=50):
        if run.pk in runs or _is_named(run, erased):
            transaction.on_commit(partial(_remove, [run.path, run.staged]))
            Import.objects.filter(pk=run.pk).update(path="", staged="", sample=[], alike_rows=[])
    for part in ImportChunk.objects.exclude(failures=[], skipped=[]).iterator(chunk_size=50):
        kept = {name: _without(getattr(part, name), erased) for name in ("failures", "skipped")}
        if any(len(kept[name]) != len(getattr(part, name)) for name in kept):
            ImportChunk.objects.filter(pk=part.pk).update(**kept)


def _runs_that_wrote(erased: Erased) -> set[Any]:
    about = LogEntry.objects.filter(about_id__in=erased.ids).values_list("act", flat=True)
    further = LogAbout.objects.filter(record_id__in=erased.ids).values_list("entry__act", flat=True)
    acts = {*about, *further}
    return set(ImportChunk.objects.filter(act__in=acts).values_list("run", flat=True))


def _is_named(run: Import, erased: Erased) -> bool:
    kept = [*run.sample, *run.alike_rows, run.headings]
    if any(erased.is_in_row(json.dumps(row, ensure_ascii=False)) for row in kept):
        return True
    return any(_file_names(path, erased) for path in (run.path, run.staged) if path)


def _file_names(path: str, erased: Erased) -> bool:
    place = Path(default_storage.path(path))
    if not place.is_file():
        return False
    if not zipfile.is_zipfile(place):
        return _bytes_name(place.read_bytes(), erased)
    with zipfile.ZipFile(place) as packed:
        if sum(one.file_size for one in packed.infolist()) > MOST:
            return True  # rather one file too many
        return any(_bytes_name(packed.read(one), erased) for one in packed.infolist())


def _bytes_name(content: bytes, erased: Erased) -> bool:
    coding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    return any(erased.is_in_row(line) for line in content.decode(coding, errors="replace").splitlines())


def _without(rows: list[Any], erased: Erased) -> list[Any]:
    return [row for row in rows if not erased.is_in_row(json.dumps(row, ensure_ascii=False))]


def _remove(paths: list[str]) -> None:
    for path in filter(None, paths):
        default_storage.delete(path)
