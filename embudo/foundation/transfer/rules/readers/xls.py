"""The old binary workbooks, by calamine: only ever inside the limited program."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import IO, Any

from embudo.foundation.transfer.rules.readers.fault import (
    LONGEST_CELL,
    MOST_COLUMNS,
    MOST_ROWS,
    FileFault,
    Row,
    Table,
)
from embudo.foundation.transfer.rules.readers.xlsx import tidy_number


def read(file: IO[bytes], options: Mapping[str, Any]) -> Table:
    try:
        import python_calamine as calamine  # noqa: PLC0415 - costs memory, and is for this format alone
    except ImportError:
        raise FileFault("xls_unread") from None
    file.seek(0)
    try:
        book = calamine.load_workbook(file)
        names = [str(name) for name in book.sheet_names]
        if not names:
            raise FileFault("no_sheet")
        chosen = min(max(int(options.get("sheet") or 0), 0), len(names) - 1)
        sheet = book.get_sheet_by_index(chosen)
    except calamine.PasswordError:
        raise FileFault("password") from None
    except (calamine.CalamineError, OSError, ValueError):
        raise FileFault("damaged") from None
    if sheet.total_width > MOST_COLUMNS:
        raise FileFault("columns", row=1, most=MOST_COLUMNS)
    if sheet.total_height > MOST_ROWS:
        raise FileFault("rows", most=MOST_ROWS)
    return Table("xls", _rows(sheet), {"sheets": names, "sheet": chosen})


def _rows(sheet: Any) -> Iterator[Row]:
    first_row, first_column = sheet.start or (0, 0)
    for number, cells in enumerate(sheet.iter_rows(), first_row + 1):
        texts = [""] * first_column + [_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield [number, *texts]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return tidy_number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)[:LONGEST_CELL]
