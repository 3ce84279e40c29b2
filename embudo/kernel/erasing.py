import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from embudo.kernel.models import IdempotencyKey, Job

WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Erased:
    """Whom an erasure is about: kind and id of each record that goes, and the texts by which they are known."""

    places: frozenset[tuple[str, UUID]]
    texts: tuple[str, ...] = ()

    @cached_property
    def ids(self) -> frozenset[UUID]:
        return frozenset(record_id for _kind, record_id in self.places)

    @cached_property
    def _named(self) -> re.Pattern[str] | None:
        """Whole words in whatever case: "Jan Kowal" is not "Jan Kowalski"."""
        either = "|".join(re.escape(text) for text in self.texts)
        return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE) if either else None

    def is_named_in(self, text: str) -> bool:
        return self._named is not None and self._named.search(text) is not None

    def is_in(self, text: str) -> bool:
        """Whether a text names one of them, or holds the id of one."""
        return self.is_named_in(text) or any(str(one) in text for one in self.ids)

    def is_in_row(self, text: str) -> bool:
        """As `is_in`, for a row of a table, where a name may stand in several cells in whatever order."""
        if self.is_in(text):
            return True
        words = set(WORD.findall(text.casefold()))
        return any(name <= words for name in self._names)

    @cached_property
    def _names(self) -> list[set[str]]:
        names = (text for text in self.texts if "@" not in text and not any(one.isdigit() for one in text))
        return [set(WORD.findall(name.casefold())) for name in names]

    def without(self, text: str) -> str:
        return self._named.sub("…", text) if self._named else text


# What is written about a person beside the records themselves (mails, files of imports), the modules that keep it know.
Eraser = Callable[[Erased], None]
_erasers: dict[str, Eraser] = {}


def register_eraser(name: str, eraser: Eraser) -> None:
    """`eraser(erased)` runs inside the act of the erasure; files it removes once that holds."""
    _erasers[name] = eraser


def erase_elsewhere(erased: Erased) -> None:
    _forget_answers(erased)
    for name in sorted(_erasers):
        _erasers[name](erased)


def _forget_answers(erased: Erased) -> None:
    """Answers kept for repeated calls, and what failed jobs said."""
    for row in IdempotencyKey.objects.only("body", "headers").iterator(chunk_size=200):
        if erased.is_in(bytes(row.body).decode(errors="replace")):
            row.delete()
    for job in Job.objects.exclude(error="").only("error").iterator(chunk_size=200):
        if erased.is_in(job.error):
            Job.objects.filter(pk=job.pk).update(error="")
