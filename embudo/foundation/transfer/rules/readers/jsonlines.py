"""One JSON object a line."""

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from embudo.foundation.transfer.rules.readers import delimited
from embudo.foundation.transfer.rules.readers.fault import LONGEST_CELL, MOST_COLUMNS, FileFault, Row, Table
from embudo.foundation.transfer.rules.readers.xlsx import tidy_number

LONGEST_LINE = 4 * LONGEST_CELL


def read(file: IO[bytes], options: Mapping[str, Any]) -> Table:
    charset, skipped = delimited.charset_of(file, options.get("charset") or "")
    keys: dict[str, None] = {}
    for number, record in _records(delimited.text_of(file, charset, skipped)):
        keys.update(dict.fromkeys(record))
        if len(keys) > MOST_COLUMNS:
            raise FileFault("columns", row=number, most=MOST_COLUMNS)
    if not keys:
        raise FileFault("empty")
    return Table(
        "jsonl", _rows(file, charset, skipped, list(keys)), {"charset": charset, "has_headings": True}
    )


def _rows(file: IO[bytes], charset: str, skipped: int, keys: list[str]) -> Iterator[Row]:
    yield [0, *keys]
    for number, record in _records(delimited.text_of(file, charset, skipped)):
        yield [number, *(_text(record.get(key)) for key in keys)]


def _records(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if len(line) >= LONGEST_LINE:
            raise FileFault("json_line", row=number)
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            raise FileFault("json_line", row=number) from None
        if not isinstance(record, dict):
            raise FileFault("json_line", row=number)
        yield number, record


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return tidy_number(value)
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ", ".join(map(str, value))
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    if len(text) > LONGEST_CELL:
        raise FileFault("long_cell", row=0, most=LONGEST_CELL)
    return text.encode("utf-8", "replace").decode()
