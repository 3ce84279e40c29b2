import json
import random
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.project.conftest import Installation, Make

pytestmark = pytest.mark.peer
GROWING = ("kernel_logentry", "directory_company", "documents_document", "documents_documentversion")


def a_backup(installation: Installation, file: Path) -> Path:
    done = installation.embudo("backup", str(file))
    assert done.returncode == 0, done.stderr
    return file


def test_backup_restored_elsewhere_says_the_same(installation: Make, tmp_path: Path) -> None:
    ours, theirs = installation("ours"), installation("theirs", is_empty=True)
    ours.do("write", "5")
    ours.do("sealed")
    before = ours.do("digests")
    file = a_backup(ours, tmp_path / "a.backup")
    restored = theirs.embudo("restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert "The log is intact" in restored.stdout
    after = theirs.do("digests")
    renumbered = {"kernel_logentry"} if ours.database else set()
    assert {table for table in before if before[table] != after[table]} <= renumbered
    assert len(after["files"]) == 5
    assert (theirs.data / "secret.key").read_text() == (ours.data / "secret.key").read_text()
    assert theirs.do("verified") == []


def test_backup_while_people_write_holds_all_that_was_acknowledged(
    installation: Make, tmp_path: Path
) -> None:
    ours, theirs = installation("ours"), installation("theirs", is_empty=True)
    ours.do("write_on")
    acknowledged = ours.do("acknowledged")
    file = a_backup(ours, tmp_path / "a.backup")
    written = ours.do("stop_writing")
    assert theirs.embudo("restore", str(file)).returncode == 0
    for table in GROWING:
        source, copy = [[_told(line) for line in one.do("table", table)] for one in (ours, theirs)]
        assert copy == source[: len(copy)], table
    kept = [json.loads(line)["id"] for line in theirs.do("table", "directory_company")]
    assert kept == written[: len(kept)]
    assert len(acknowledged) <= len(kept) < len(written)
    assert theirs.do("verified") == []


def _told(line: str) -> dict[str, object]:
    return {name: value for name, value in json.loads(line).items() if name != "txid"}


def test_restore_lets_no_reaction_miss_an_event(installation: Make, tmp_path: Path) -> None:
    ours, theirs = installation("ours"), installation("theirs", is_empty=True)
    ours.do("write", "60")
    heard_before = set(ours.do("hear", "100"))
    file = a_backup(ours, tmp_path / "a.backup")
    assert theirs.embudo("restore", str(file)).returncode == 0
    theirs.do("write", "2")
    entries = theirs.do("log")
    heard_after = set(theirs.do("hear", "100000"))
    assert heard_before | heard_after == {seq for seq, _txid in entries}
    assert {txid for seq, txid in entries if seq in heard_before} == {0}


def test_restore_refuses_a_running_installation_without_replace(installation: Make, tmp_path: Path) -> None:
    ours = installation("ours")
    file = a_backup(ours, tmp_path / "a.backup")
    ours.do("write", "1")
    before = ours.do("digests")
    done = ours.embudo("restore", str(file))
    assert (done.returncode, "add --replace" in done.stderr, ours.do("digests")) == (1, True, before)


def test_restore_replaces_when_told_so(installation: Make, tmp_path: Path) -> None:
    ours = installation("ours")
    before = ours.do("digests")
    file = a_backup(ours, tmp_path / "a.backup")
    ours.do("write", "1")
    ours.leave()
    assert ours.embudo("restore", str(file), "--replace").returncode == 0
    after = ours.do("digests")
    assert {table for table in before if before[table] != after[table]} <= {"kernel_logentry"}


def test_restore_of_an_older_backup_erases_again_what_was_erased_since(
    installation: Make, tmp_path: Path
) -> None:
    ours, theirs = installation("ours"), installation("theirs", is_empty=True)
    person = ours.do("know")
    file = a_backup(ours, tmp_path / "a.backup")
    assert len(ours.do("naming")) > 15
    ours.do("erase", person)
    assert ours.do("naming") == []
    ours.do("sealed")
    ours.leave()
    (ours.data / "erasures.jsonl").unlink()  # lost: the database that is replaced knows it too
    done = ours.embudo("restore", str(file), "--replace")
    assert done.returncode == 0, done.stderr
    assert "Erased again what was erased after this backup: 2 records." in done.stdout
    assert ours.do("naming") == []
    assert ours.do("verified") == []
    shutil.copy(ours.data / "erasures.jsonl", theirs.data)  # elsewhere the list is enough
    assert theirs.embudo("restore", str(file)).returncode == 0
    assert theirs.do("naming") == []


@pytest.mark.sqlite
def test_restore_refuses_a_database_in_use(installation: Make, tmp_path: Path) -> None:
    ours = installation("ours")
    ours.do("log")
    file = a_backup(ours, tmp_path / "a.backup")
    done = ours.embudo("restore", str(file), "--replace")
    assert (done.returncode, "still running" in done.stderr) == (1, True)


@pytest.mark.sqlite
def test_restore_refuses_what_is_damaged_and_changes_nothing(installation: Make, tmp_path: Path) -> None:
    ours, theirs = installation("ours"), installation("theirs", is_empty=True)
    whole = a_backup(ours, tmp_path / "a.backup").read_bytes()
    place = random.Random(1).randrange(len(whole))
    flipped = bytes([*whole[:place], whole[place] ^ 4, *whole[place + 1 :]])
    for name, damaged in {
        "cut": whole[:-200],
        "flipped": flipped,
        "empty": b"",
        "other": b"hello" * 99,
    }.items():
        file = tmp_path / name
        file.write_bytes(damaged)
        done = theirs.embudo("restore", str(file))
        assert (done.returncode, done.stderr.startswith("The backup is damaged")) == (1, True), name
    assert not list(theirs.data.glob("*sqlite3"))


@pytest.mark.sqlite
def test_restore_refuses_a_newer_backup(installation: Make, tmp_path: Path) -> None:
    ours, theirs = installation("ours"), installation("theirs", is_empty=True)
    file = a_backup(ours, tmp_path / "a.backup")
    newer = _rewritten(file, tmp_path / "newer", migrations=["sales.9999_later"], version="9.0.0")
    done = theirs.embudo("restore", str(newer))
    assert (done.returncode, "newer version of Embudo (9.0.0" in done.stderr) == (1, True)


def _rewritten(file: Path, target: Path, **changes: object) -> Path:
    from embudo.project import archive

    with zipfile.ZipFile(file) as source, archive.writing(target) as writer:
        manifest = json.loads(source.read("manifest.json"))
        for name in manifest["members"]:
            writer.archive.writestr(name, source.read(name))
        writer.members = manifest["members"]
        writer.finish({**manifest, **changes})
    return target


def test_backup_says_what_it_wrote_and_keeps_it_private(installation: Make, tmp_path: Path) -> None:
    ours = installation("ours")
    done = ours.embudo("backup", str(tmp_path / "a.backup"))
    assert "rows of" in done.stdout
    assert "secret key" in done.stdout
    assert (tmp_path / "a.backup").stat().st_mode & 0o777 == 0o600
