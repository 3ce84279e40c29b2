"""A list's rows as cards and entries: what its columns say, in as few words as fit on one."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from embudo.foundation.ui.atoms import text
from embudo.foundation.ui.parts import Card, Column
from embudo.foundation.ui.table import cell_of

if TYPE_CHECKING:
    from embudo.foundation.ui.pages import ListPage

MOST_FACTS = 3
NOTHING = ("", "—")


def read(row: Any, path: str) -> Any:
    if isinstance(row, dict):
        return row.get(path)
    for part in path.split("__"):
        row = getattr(row, part, None)
    return row


class CardMaker:
    """Makes the cards of one page: owner, amount and day have their places, the other columns stand below the name."""

    def __init__(self, page: "ListPage", by: str) -> None:
        self.page = page
        self.title = cell_of(page.columns[0])
        self.context = ""  # what a card's link tells the record's page
        others = [
            one for one in page.columns[1:] if by not in (one.key, one.sort, one.key.partition("__")[0])
        ]
        self.owner = _taken(others, lambda one: one.kind == "person")
        self.amount = next((one for one in reversed(others) if one.end), None)
        others = [one for one in others if one is not self.amount]
        self.day = _taken(others, lambda one: one.kind in ("date", "datetime"))
        self.facts = [(one.label, cell_of(one)) for one in others[:MOST_FACTS]]

    def ready(self, rows: Sequence[Any]) -> None:
        """Asks once for what the rows need beside themselves."""
        self.page.prepare(rows)
        self.page.design.learn(rows)
        self.context = self.page.row_context(rows)

    def url(self, row: Any) -> str:
        address = self.page.row_url(row)
        return f"{address}{self.context}" if address else ""

    def card(self, row: Any, *, can_move: bool) -> Card:
        facts, badges = [], []
        for label, draw in self.facts:
            said = draw(row)
            if 'class="badge' in (drawn := text(said)):
                badges.append(said)
            elif drawn not in NOTHING:
                facts.append((label, said))
        return Card(
            id=read(row, "pk"),
            title=self.title(row),
            url=self.url(row),
            subtitle=self.page.row_sub(row) or "",
            amount=_said(self.amount, row),
            meta=_said(self.day, row),
            owner=str(self._owner(row) or ""),
            badges=tuple(badges),
            facts=tuple(facts),
            can_move=can_move,
            version=read(row, "version") or "",
        )

    def _owner(self, row: Any) -> Any:
        return read(row, self.owner.key) if self.owner else ""


def _taken(columns: list[Column], fits: Callable[[Column], bool]) -> Column | None:
    """The first column that fits, taken out of the others."""
    found = next((one for one in columns if fits(one)), None)
    if found is not None:
        columns.remove(found)
    return found


def _said(column: Column | None, row: Any) -> Any:
    said = cell_of(column)(row) if column else ""
    return "" if text(said) in NOTHING else said
