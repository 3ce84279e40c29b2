"""The tools of `make check` and `make test` catch what they are for."""

import os
import socket
import subprocess
import tempfile
from pathlib import Path

import polib
import pytest

from tests import check_translations as texts, check_wheel, postgres
from tests.stages import PYTHON, ROOT


def catalogue(*entries: polib.POEntry) -> polib.POFile:
    made = polib.POFile()
    made.extend(entries)
    return made


def entry(msgid: str, msgstr: str = "", **more: object) -> polib.POEntry:
    return polib.POEntry(msgid=msgid, msgstr=msgstr, **more)


WANTED = catalogue(entry("Save"), entry("Lead %(name)s"))


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        ([entry("Save", "Enregistrer")], "missing: 'Lead %(name)s'"),
        ([entry("Save", ""), entry("Lead %(name)s", "Lead %(name)s")], "untranslated: 'Save'"),
        ([entry("Save", "Ok", flags=["fuzzy"]), entry("Lead %(name)s", "Lead %(name)s")], "fuzzy: 'Save'"),
        (
            [entry("Save", "Ok"), entry("Lead %(name)s", "Lead %(nom)s")],
            "placeholders differ: 'Lead %(name)s'",
        ),
        (
            [entry("Save", "Ok"), entry("Lead %(name)s", "Lead %(name)s"), entry("Old", "Vieux")],
            "no longer used: 'Old'",
        ),
        (
            [
                entry("Save", "Ok"),
                entry("Lead %(name)s", "Lead %(name)s"),
                entry("Old", "Vieux", obsolete=True),
            ],
            "no longer used: 'Old'",
        ),
    ],
)
def test_catalogue_fault_is_named(found: list[polib.POEntry], fault: str) -> None:
    assert texts.catalogue_faults(WANTED, catalogue(*found)) == [fault]


def test_complete_catalogue_has_no_fault() -> None:
    found = catalogue(entry("Save", "Enregistrer"), entry("Lead %(name)s", "Piste %(name)s"))
    assert texts.catalogue_faults(WANTED, found) == []


def test_plural_may_leave_out_what_english_leaves_out() -> None:
    forms = {0: "jeden lead", 1: "%(n)s leady", 2: "%(n)s leadów"}
    plural = entry("one lead", msgid_plural="%(n)s leads", msgstr_plural=forms)
    assert texts.has_same_placeholders(plural)
    plural.msgstr_plural[2] = "%(count)s leadów"
    assert not texts.has_same_placeholders(plural)


def test_stale_compiled_catalogue_is_noticed(tmp_path: Path) -> None:
    source = tmp_path / "django.po"
    found = catalogue(entry("Save", "Enregistrer"))
    assert not texts.is_compiled(source, found)
    found.save_as_mofile(str(source.with_suffix(".mo")))
    assert texts.is_compiled(source, found)
    found[0].msgstr = "Sauver"
    assert not texts.is_compiled(source, found)


def test_merged_catalogue_keeps_translations_and_drops_unused_texts() -> None:
    old = catalogue(entry("Save", "Zapisz"), entry("Old", "Stare"))
    new = texts.merged(WANTED, old, "pl")
    assert [(one.msgid, one.msgstr) for one in new] == [("Lead %(name)s", ""), ("Save", "Zapisz")]


def test_wheel_with_tests_or_without_templates_is_refused() -> None:
    faults = check_wheel.faults(["embudo/__main__.py", "embudo/business/sales/tests/test_rules.py"])
    assert "stray: embudo/business/sales/tests/test_rules.py" in faults
    assert any("templates" in fault for fault in faults)


def test_network_is_closed_to_unmarked_tests() -> None:
    with socket.socket() as line, pytest.raises(RuntimeError, match="may not reach"):
        line.connect(("127.0.0.1", 9))


@pytest.mark.peer
def test_other_machines_are_never_reached() -> None:
    with socket.socket() as line, pytest.raises(RuntimeError, match="may not reach"):
        line.connect(("192.0.2.1", 25))


@pytest.mark.peer
@pytest.mark.sqlite
def test_temporary_cluster_serves_and_is_gone_afterwards(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    script = (
        "import os, psycopg, sys;"
        "answer = psycopg.connect(os.environ['DATABASE_URL']).execute('show max_connections').fetchone();"
        f"open({str(proof)!r}, 'w').write(answer[0] + ' ' + os.environ['EMBUDO_TEST_DB']);"
        "sys.exit(3)"
    )
    before = set(Path(tempfile.gettempdir()).glob("embudo-postgres-*"))
    assert postgres.run([PYTHON, "-c", script], connections=30) == 3
    assert proof.read_text() == "30 postgresql"
    assert set(Path(tempfile.gettempdir()).glob("embudo-postgres-*")) <= before


def test_skip_fails_the_full_run() -> None:
    (ROOT / "var").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=ROOT / "var"
    ) as folder:  # below the root, so that its conftest.py holds
        planted = Path(folder, "test_planted.py")
        planted.write_text("import pytest\ndef test_a(): pytest.skip('later')\ndef test_b(): pass\n")
        command = [PYTHON, "-m", "pytest", "-q", "-p", "no:randomly", str(planted)]
        environment = {**os.environ, "EMBUDO_NO_SKIPS": "1"}
        answer = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    assert "1 passed, 1 skipped" in answer.stdout
    assert "Skipped tests are not allowed" in answer.stdout
    assert answer.returncode == 1
