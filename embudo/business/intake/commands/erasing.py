import re
import zipfile
from collections.abc import Iterator
from functools import partial
from html import unescape
from pathlib import Path
from typing import IO

from django.core.files.storage import default_storage
from django.db import transaction

from embudo.business.intake.models import Delivery
from embudo.business.intake.rules.deliveries import DeliveryState, Format
from embudo.kernel.erasing import Erased

BLOCK = 1 << 20
ENDS = {Format.CSV: b"\n", Format.XLSX: b"</row>", Format.ODS: b"</table:table-row>"}
TAGS = re.compile("<[^>]*>")


def forget_erased(erased: Erased) -> None:
    """Kept deliveries that name somebody who is erased lose their file; another can be ordered without them."""
    for found in Delivery.objects.exclude(file="").iterator(chunk_size=50):
        if _names(found, erased):
            transaction.on_commit(partial(default_storage.delete, found.file))
            Delivery.objects.filter(pk=found.pk).update(state=DeliveryState.ERASED, file="", size=0)


def _names(found: Delivery, erased: Erased) -> bool:
    place = Path(default_storage.path(found.file))
    if not place.is_file():
        return False
    end = ENDS[Format(found.format)]
    if not zipfile.is_zipfile(place):
        with place.open("rb") as file:
            return any(_block_names(block, end, erased) for block in _blocks(file, end))
    with zipfile.ZipFile(place) as packed:
        for one in packed.infolist():
            with packed.open(one) as file:
                if any(_block_names(block, end, erased) for block in _blocks(file, end)):
                    return True
    return False


def _blocks(file: IO[bytes], end: bytes) -> Iterator[bytes]:
    """Of whole rows: a name may stand in several cells of one, and must not be put together from those of two."""
    rest = b""
    while read := file.read(BLOCK):
        whole, at, rest = (rest + read).rpartition(end)
        if at:
            yield whole
    if rest:
        yield rest


def _block_names(block: bytes, end: bytes, erased: Erased) -> bool:
    """Rows are looked at one by one only where the words of a name stand anywhere among them."""
    text = block.decode(errors="replace")
    folded = unescape(text).casefold()
    words = [text.casefold().split() for text in (*erased.texts, *map(str, erased.ids))]
    if not any(all(word in folded for word in one) for one in words):
        return False
    is_markup = end.startswith(b"<")
    rows = text.split(end.decode())
    return any(erased.is_in_row(unescape(TAGS.sub(" ", row)) if is_markup else row) for row in rows)
