import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from embudo.foundation.transfer.queries.reading import MEMORY, PACKAGE_HOME, head_of, reading
from embudo.foundation.transfer.rules.faults import SENTENCES, sentence
from embudo.foundation.transfer.tests import hostile, workbooks
from embudo.foundation.transfer.tests.hostile import Hostile
from embudo.kernel.errors import Invalid

LARGEST = 200 * 1024  # kilobytes that reading any of these files may take


def read_all(files: list[Hostile], folder: Path) -> list[dict[str, Any]]:
    paths = []
    for number, file in enumerate(files):
        path = folder / str(number)
        path.write_bytes(file.content)
        paths.append(str(path))
    done = subprocess.run(
        [sys.executable, "-m", "embudo.foundation.transfer.tests.driver"],
        input=json.dumps(paths), capture_output=True, text=True, check=True, timeout=240,
        env={"PYTHONPATH": str(PACKAGE_HOME), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def verdict(file: Hostile, told: dict[str, Any]) -> str:
    """What is wrong with the answer; "" when it is right."""
    last = told["last"] or {}
    if told["status"] or "crash" in last:
        return f"{file.name}: died with {told['status']} {last}"
    if told["memory"] > LARGEST:
        return f"{file.name}: took {told['memory']} kB"
    if "fault" in last and last["fault"] not in SENTENCES:
        return f"{file.name}: no sentence for {last['fault']}"
    got = last.get("fault", last.get("end"))
    wanted = file.outcome if isinstance(file.outcome, tuple) else (file.outcome,)
    return "" if wanted == ("any",) or got in wanted else f"{file.name}: {got!r} instead of {file.outcome!r}"


def test_hostile_files_answer_with_a_sentence_or_import_rightly(tmp_path: Path) -> None:
    files = hostile.all_files()
    assert len(files) >= 300
    told = read_all(files, tmp_path)
    faults = [fault for file, one in zip(files, told, strict=True) if (fault := verdict(file, one))]
    assert not faults, "\n".join(faults)


def test_every_sentence_says_what_to_do() -> None:
    for code in SENTENCES:
        text = sentence(code, {"row": 7, "most": 500, "charset": "utf-8"})
        assert "%" not in text
        assert len(text.split()) > 4


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "This is a PDF. Upload the table itself, as XLSX, ODS or CSV."),
        (b"", "This file is empty. Choose one with a heading row and at least one row below it."),
        (
            workbooks.good_xlsx()[:900],
            "This file is damaged or not complete. Open it in a spreadsheet program, save it anew and upload that.",
        ),
    ],
)
def test_head_of_refuses_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with path.open("rb") as file, pytest.raises(Invalid) as refused:
        head_of(file, {})
    assert refused.value.errors == {"file": [words]}


def test_reading_that_needs_too_much_memory_is_ended_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embudo.foundation.transfer.queries.reading.MEMORY", MEMORY // 8)
    path = tmp_path / "file"
    path.write_bytes(workbooks.compound({"Workbook": b"x" * 30_000}))
    with path.open("rb") as file, pytest.raises(Invalid):
        head_of(file, {})


def test_reading_that_takes_too_long_is_ended_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embudo.foundation.transfer.queries.reading.WHOLE_SECONDS", 1)
    path = tmp_path / "file"
    path.write_bytes(b"a,b,c\n" + b"1,2,3\n" * 4_000_000)
    with path.open("rb") as file, pytest.raises(Invalid) as refused, reading(file, {}) as found:
        for _row in found.rows:
            pass
    assert refused.value.errors["file"] == [sentence("time", {})]
