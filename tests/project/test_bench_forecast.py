import gzip
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from embudo.project.bench import forecast
from embudo.project.main import main

SAMPLE = Path(__file__).parent / "data" / "online_retail_days.csv.gz"


def test_table_is_read_packed_or_not(tmp_path: Path) -> None:
    text = "account,day,minor\n7,2026-01-02,500\n7,2026-01-02,-100\n8,2026-01-03,1\n"
    (tmp_path / "days.csv").write_text(text)
    (tmp_path / "days.csv.gz").write_bytes(gzip.compress(text.encode()))
    known = {"7": {date(2026, 1, 2): 400}, "8": {date(2026, 1, 3): 1}}
    assert [forecast.read(tmp_path / name) for name in ("days.csv", "days.csv.gz")] == [known, known]


def test_case_knows_nothing_of_what_came_later() -> None:
    days = {date(2026, 1, 1) + timedelta(days=number): 100 for number in range(0, 181, 3)}
    (case,) = forecast.cases_at({"7": days}, date(2026, 6, 11))
    assert max(case.known.spent) < date(2026, 6, 11) == case.days[0]
    assert (case.days[-1], case.came) == (date(2026, 6, 30), 700)


def test_score_counts_bands_apart_from_points() -> None:
    (case,) = forecast.cases_at(
        {"7": {date(2026, 1, 1) + timedelta(days=number): 100 for number in range(0, 181, 3)}},
        date(2026, 6, 11),
    )
    score = forecast.Score()
    score.add(case, [0] * 400)
    score.add(case, list(range(400, 1200, 2)))
    assert (score.points[80], score.held[80], score.share(95)) == ([False], [True], 100.0)


def test_bands_hold_their_share_of_real_purchases(capsys: pytest.CaptureFixture[str]) -> None:
    """Every ninth of what `embudo bench forecast` would look at in the sample."""
    rows = forecast.forecasts(str(SAMPLE), 350, print)
    off = {row.what[:4]: row.value for row in rows if row.unit == "points"}
    assert off["80 %"] < 8  # by chance alone 350 of them may be off by four
    assert off["95 %"] < 5
    assert [row.value < 1.02 for row in rows if row.what.startswith("pinball")] == [True, True]
    assert "normal approximation" in capsys.readouterr().out


def test_bench_reads_the_file_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(
        ["bench", "forecast", "--data", str(SAMPLE), "--rows", "20", "--json", str(tmp_path / "rows")]
    ) in (0, 1)
    assert "one forecast" in capsys.readouterr().out
    assert len(json.loads((tmp_path / "rows").read_text())["rows"]) == 5


def test_bench_asks_for_the_purchases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "forecast"]) == 2
    assert "--data FILE" in capsys.readouterr().err
