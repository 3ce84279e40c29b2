import re
import zipfile
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from html import unescape
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext

from embudo.business.directory.models import CompanyFacts, Placed
from embudo.business.intake.models import Delivery, Draft, Entry, Likeness, Message, Round, SecondEntry
from embudo.business.intake.rules.deliveries import DeliveryState, Format
from embudo.business.intake.rules.states import Subject
from embudo.business.intake.rules.verdicts import Point
from embudo.kernel.change import delete, update
from embudo.kernel.erasing import Erased
from embudo.kernel.kind import Erasing

BLOCK = 1 << 20
ENDS = {Format.CSV: b"\n", Format.XLSX: b"</row>", Format.ODS: b"</table:table-row>"}
TAGS = re.compile("<[^>]*>")


# What says where an entry counts: whom it was about, nobody learns from it.
STAYS = ("region", "country")


def entry_blanked(entry: Entry) -> Mapping[str, Any]:
    """What is left of an entry when the record that it became is erased: its place in the figures."""
    own = ("first_name", "last_name", "job_title", "email", "phone", "mobile", "remarks")
    facts = [one for base in (Placed, CompanyFacts) for one in base._meta.fields if one.name not in STAYS]
    empty = {one.name: None if one.null else "" for one in facts}
    name = "last_name" if entry.subject == Subject.PERSON else "name"
    return {**empty, **dict.fromkeys(own, ""), name: gettext("Erased"), "custom": {}}


ENTRY_ERASING = Erasing(
    ("name", "email", "phone", "mobile"), follows=("company", "person"), blank=entry_blanked
)


def forget_erased(erased: Erased) -> None:
    """What was said and kept of entries that are erased, and deliveries that name somebody who is."""
    ids = [record_id for kind, record_id in erased.places if kind == Entry.kind_name()]
    if ids:
        _forget_history(ids)
    _forget_deliveries(erased)


def _forget_history(entry_ids: Collection[UUID]) -> None:
    """How each round came out stays: track records are counted by it."""
    about: Any = {"entry__in": entry_ids}
    for round_ in Round.objects.filter(**about):
        judged = [Point(one.name, one.judgement, one.code).stored() for one in round_.judged]
        update(round_, values={}, points=judged, comment="")
    for message in Message.objects.filter(**about):
        update(message, text=gettext("Erased"))
    for second in SecondEntry.objects.filter(**about):
        update(second, values={})
    for likeness in Likeness.objects.filter(Q(entry__in=entry_ids) | Q(other__in=entry_ids)):
        delete(likeness)
    Draft.objects.filter(**about).delete()


def _forget_deliveries(erased: Erased) -> None:
    """They lose their file; another can be ordered without whoever is erased."""
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
