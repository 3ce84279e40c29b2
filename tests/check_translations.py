"""Compares every text in code and templates with the catalogues of all languages; `--write` brings them up to date.

A text that is missing, fuzzy, untranslated or no longer used, a placeholder that differs, and a compiled catalogue that is
not its source's are faults.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import polib

from tests.stages import PYTHON, ROOT

LANGUAGES = ("fr", "es", "pl")
SOURCES = {".py", ".html", ".txt"}
PLACEHOLDER = re.compile(r"%%\w?|%\(\w+\)[#0 +-]*[\d.]*[a-zA-Z]|%[sd]|\{\w*[^{}\s]*\}")
SETTINGS = """\
SECRET_KEY = "only for collecting texts"
USE_I18N = True
LOCALE_PATHS = ["locale"]
"""


def catalogue(language: str) -> Path:
    return ROOT / "embudo" / "locale" / language / "LC_MESSAGES" / "django.po"


def collect() -> polib.POFile:
    """All texts of the package, by Django's own makemessages on a copy, so that the tree stays as it is."""
    with tempfile.TemporaryDirectory(prefix="embudo-texts-") as name:
        copy = Path(name)
        _copy_sources(ROOT / "embudo", copy / "embudo")
        (copy / "locale").mkdir()
        (copy / "collecting.py").write_text(SETTINGS)
        environment = {**os.environ, "PYTHONPATH": name, "DJANGO_SETTINGS_MODULE": "collecting"}
        command = [PYTHON, "-m", "django", "makemessages", "--locale=en", "--keep-pot", "--verbosity=0"]
        subprocess.run(command, cwd=copy, env=environment, check=True)
        template = copy / "locale" / "django.pot"
        return polib.pofile(template.read_text() if template.exists() else "", wrapwidth=110)


def _copy_sources(source: Path, target: Path) -> None:
    def unwanted(folder: str, names: list[str]) -> set[str]:
        skipped = {"tests", "migrations", "locale", "static", "__pycache__"}
        return {
            n for n in names if n in skipped or not ((Path(folder) / n).is_dir() or Path(n).suffix in SOURCES)
        }

    shutil.copytree(source, target, ignore=unwanted)


def key(entry: polib.POEntry) -> tuple[str | None, str]:
    return entry.msgctxt, entry.msgid


def placeholders(text: str) -> Counter[str]:
    return Counter(PLACEHOLDER.findall(text))


def translations(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def has_same_placeholders(entry: polib.POEntry) -> bool:
    """A plural form may leave out only what the English singular or plural leaves out too."""
    one = placeholders(entry.msgid)
    many = placeholders(entry.msgid_plural) if entry.msgid_plural else one
    return all(
        not ((one & many) - found or found - (one | many)) for found in map(placeholders, translations(entry))
    )


def entry_faults(entry: polib.POEntry) -> list[str]:
    if entry.fuzzy:
        return ["fuzzy"]
    if not all(translations(entry)):
        return ["untranslated"]
    faults = []
    if not has_same_placeholders(entry):
        faults.append("placeholders differ")
    if any(text.startswith("\n") != entry.msgid.startswith("\n") for text in translations(entry)):
        faults.append("line break at the start differs")
    return faults


def catalogue_faults(texts: polib.POFile, found: polib.POFile) -> list[str]:
    """Each fault as `what: text`."""
    wanted = {key(entry) for entry in texts}
    there = {key(entry): entry for entry in found if not entry.obsolete}
    faults = [f"missing: {text!r}" for _, text in sorted(wanted - there.keys(), key=str)]
    faults += [f"no longer used: {text!r}" for _, text in sorted(there.keys() - wanted, key=str)]
    faults += [f"no longer used: {entry.msgid!r}" for entry in found.obsolete_entries()]
    used = [entry for name, entry in there.items() if name in wanted]
    return faults + [f"{fault}: {entry.msgid!r}" for entry in used for fault in entry_faults(entry)]


def is_compiled(source: Path, found: polib.POFile) -> bool:
    compiled = source.with_suffix(".mo")
    if not compiled.exists():
        return False
    made = {key(entry): translations(entry) for entry in polib.mofile(str(compiled))}
    return made == {key(entry): translations(entry) for entry in found.translated_entries()}


def check(texts: polib.POFile) -> int:
    count = 0
    for language in LANGUAGES:
        source = catalogue(language)
        if not source.exists():
            faults = [f"there is no catalogue {source.relative_to(ROOT)}"]
        else:
            found = polib.pofile(str(source))
            faults = catalogue_faults(texts, found)
            faults += (
                []
                if is_compiled(source, found)
                else ["the .mo file is not made from this .po: make messages"]
            )
        count += len(faults)
        print(
            "\n".join(f"{language}: {fault}" for fault in faults)
            or f"{language}: complete, {len(texts)} texts"
        )
    return 1 if count else 0


def write(texts: polib.POFile) -> int:
    """Adds new texts empty, drops unused ones, keeps translations, compiles."""
    for language in LANGUAGES:
        path = catalogue(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        old = polib.pofile(str(path)) if path.exists() else polib.POFile()
        new = merged(texts, old, language)
        new.save(str(path))
        new.save_as_mofile(str(path.with_suffix(".mo")))
        print(
            f"{language}: {new.percent_translated()} % of {len(new)} texts, {len(new.untranslated_entries())} to do"
        )
    return 0


PLURALS = {
    "fr": "nplurals=2; plural=(n > 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "pl": "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);",
}


def merged(texts: polib.POFile, old: polib.POFile, language: str) -> polib.POFile:
    new = polib.POFile(wrapwidth=110)
    new.metadata = {
        "Project-Id-Version": "embudo",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    known = {key(entry): entry for entry in old if not entry.obsolete}
    forms = int(PLURALS[language][len("nplurals=")])
    for text in sorted(texts, key=lambda entry: (entry.msgid, entry.msgctxt or "")):
        new.append(_carried(text, known.get(key(text)), forms))
    return new


def _carried(text: polib.POEntry, before: polib.POEntry | None, forms: int) -> polib.POEntry:
    flags = [flag for flag in text.flags if flag.endswith("-format")]
    entry = polib.POEntry(
        msgctxt=text.msgctxt,
        msgid=text.msgid,
        msgid_plural=text.msgid_plural,
        comment=text.comment,
        flags=flags,
    )
    if not text.msgid_plural:
        entry.msgstr = before.msgstr if before else ""
        return entry
    given = before.msgstr_plural if before else {}
    entry.msgstr_plural = {number: given.get(number, "") for number in range(forms)}
    return entry


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.check_translations", description=__doc__)
    parser.add_argument("--write", action="store_true", help="update and compile the catalogues")
    if shutil.which("xgettext") is None:
        print("gettext is missing: run `make system`, or install the package gettext.")
        return 1
    writes = parser.parse_args().write
    return (write if writes else check)(collect())


if __name__ == "__main__":
    sys.exit(main())
