import json

import pytest

from tests.project.conftest import Installation, Make, fresh_database

pytestmark = [pytest.mark.peer, pytest.mark.postgresql]


@pytest.fixture
def filled(installation: Make) -> Installation:
    ours = installation("ours", vendor="sqlite")
    ours.do("write", "5")
    ours.do("sealed")
    return ours


def test_move_copies_every_table_and_changes_nothing_here(filled: Installation) -> None:
    before, url = filled.do("digests"), fresh_database()
    done = filled.embudo("move-to-postgres", url)
    assert done.returncode == 0, done.stderr
    there = Installation(filled.data, url)
    assert (there.do("digests"), filled.do("digests")) == (before, before)
    assert there.do("verified") == []
    there.do("write", "1")  # the sequences stand behind the last rows
    there.leave()


def test_move_refuses_a_database_with_an_installation(filled: Installation, installation: Make) -> None:
    other = installation("other")
    before = other.do("digests")
    done = filled.embudo("move-to-postgres", other.database)
    assert (done.returncode, "installation in this database already" in done.stderr) == (1, True)
    assert other.do("digests") == before


def test_move_refuses_a_database_of_something_else(filled: Installation) -> None:
    import psycopg

    url = fresh_database()
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE TABLE somebody (id int)")
    done = filled.embudo("move-to-postgres", url)
    assert (done.returncode, "other tables (somebody)" in done.stderr) == (1, True)


def test_move_tells_of_a_wrong_address(filled: Installation) -> None:
    answers = [
        filled.embudo("move-to-postgres", url) for url in ("nonsense", "postgresql://nobody:x@127.0.0.1:1/x")
    ]
    assert [(one.returncode, len(one.stderr.splitlines())) for one in answers] == [(1, 1), (1, 1)]


def test_move_leaves_the_target_empty_when_a_row_does_not_fit(filled: Installation) -> None:
    import sqlite3

    with sqlite3.connect(filled.data / "embudo.sqlite3") as file:
        file.execute("UPDATE directory_company SET name = 'a' || char(0) || 'b'")
    file.close()
    url = fresh_database()
    done = filled.embudo("move-to-postgres", url)
    assert (done.returncode, "does not take a row of directory_company" in done.stderr) == (1, True)
    there = Installation(filled.data, url)
    counts = {
        table: json.loads(json.dumps(digest))[0]
        for table, digest in there.do("digests").items()
        if table != "files"
    }
    there.leave()
    assert counts["access_user"] == counts["directory_company"] == 0
