import tomllib
from pathlib import Path

import pytest

from embudo.project.bench import figures
from embudo.project.bench.figures import Control, Row
from embudo.project.bench.pages import later_parts
from embudo.project.version import VERSION

SLOW = Control("plain page, ms", 20.0, 10.0)


@pytest.mark.parametrize(("value", "ok"), [(30.0, True), (50.0, False)])
def test_row_is_judged_as_on_an_idle_machine(value: float, *, ok: bool) -> None:
    assert Row("page", value, "ms", 18, SLOW).ok is ok


def test_factor_is_never_below_one() -> None:
    assert Control("fast", 5.0, 10.0).factor == Control("fast", 20.0, 10.0, is_rate=True).factor == 1.0


def test_rate_is_judged_upwards() -> None:
    several = Control("creations", 400.0, 800.0, is_rate=True)
    assert [Row("create", rate, "/s", 240, several, is_rate=True).ok for rate in (121.0, 119.0)] == [
        True,
        False,
    ]


def test_rows_survive_their_file(tmp_path: Path) -> None:
    rows = [Row("page", 30.0, "ms", 18, SLOW), Row("memory", 200.0, "MB", 300)]
    figures.save(rows, str(tmp_path / "rows"))
    assert figures.load(str(tmp_path / "rows")) == rows


def test_json_has_the_agreed_keys() -> None:
    assert list(Row("page", 30.0, "ms", 18, SLOW).as_json()) == [
        "what", "value", "unit", "control", "ratio", "reach", "ok",
    ]  # fmt: skip


def test_later_parts_finds_what_a_page_loads_by_itself() -> None:
    page = (
        b'<div hx-get="/a/?b=1&amp;c=2" hx-trigger="load"></div><a hx-get="/never/" hx-trigger="click"></a>'
    )
    assert later_parts(page) == ["/a/?b=1&c=2"]


def test_version_is_that_of_the_package() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == VERSION
