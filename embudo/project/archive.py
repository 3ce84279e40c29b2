"""
The file that a backup is: a ZIP archive whose comment is the SHA-256 of all that stands before it, with a manifest that
names each member's size and SHA-256. Whatever is cut off or flipped is found before anything is used.
"""

import hashlib
import json
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
SEAL = 64  # hexadecimal digits of the SHA-256 at the file's end
DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    ValueError,
    NotImplementedError,
    struct.error,
    RuntimeError,
)


class BackupError(Exception):
    """Why it cannot be done, in a sentence that says what to do."""


DAMAGED = (
    "The backup is damaged: {what}. Take another copy of it; this one was not used and nothing was changed."
)


def damaged(what: str) -> BackupError:
    return BackupError(DAMAGED.format(what=what))


class Writer:
    """Members go in one after the other; the manifest, which tells of them, last."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, path: Path, *, is_packed: bool = False) -> None:
        """`is_packed` says that compressing would only cost time."""
        info = zipfile.ZipInfo.from_file(path, name, strict_timestamps=False)
        info.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        digest, size = hashlib.sha256(), 0
        with path.open("rb") as source, self.archive.open(info, "w", force_zip64=True) as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
        self.members[name] = {"size": size, "sha256": digest.hexdigest()}

    def finish(self, manifest: dict[str, Any]) -> None:
        self.archive.writestr(MANIFEST, json.dumps({**manifest, "members": self.members}, indent=1))


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """The archive under its name only when it is whole; readable by its owner alone, for it holds the secret."""
    partial = path.with_name(f"{path.name}.partial")
    handle = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                yield Writer(archive)
                archive.comment = b"0" * SEAL
            _seal(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _seal(file: IO[bytes]) -> None:
    end = file.seek(-SEAL, os.SEEK_END)
    digest = _digest_up_to(file, end)
    file.seek(end)
    file.write(digest)


def _digest_up_to(file: IO[bytes], end: int) -> bytes:
    digest = hashlib.sha256()
    file.seek(0)
    while end and (chunk := file.read(min(CHUNK, end))):
        digest.update(chunk)
        end -= len(chunk)
    return digest.hexdigest().encode()


@contextmanager
def reading(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive, once its seal fits. Raises BackupError for anything that is no whole backup."""
    if not path.is_file():
        raise BackupError(f"There is no file {path}. Give the path of a backup.")
    with path.open("rb") as file:
        _check_seal(file)
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive
        except DAMAGES as error:
            raise damaged(str(error)) from error


def _check_seal(file: IO[bytes]) -> None:
    start = file.read(4)
    if start and start != b"PK\x03\x04":
        raise damaged("this is no backup of Embudo")
    end = file.seek(0, os.SEEK_END) - SEAL
    if end <= 0:
        raise damaged("the file is cut off")
    file.seek(end)
    written = file.read(SEAL)
    if written != _digest_up_to(file, end):
        raise damaged("its checksum does not fit, so it was cut off or altered")


def manifest_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    if manifest["format"] > FORMAT:
        raise BackupError(
            f"The backup was made by a newer version of Embudo ({manifest['version']}). Install that version, then restore."
        )
    return manifest


def unpack(archive: zipfile.ZipFile, manifest: dict[str, Any], folder: Path) -> None:
    """Every member into `folder`, each compared with its size and SHA-256."""
    for name, expected in manifest["members"].items():
        path = folder / _safe(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        digest, size = hashlib.sha256(), 0
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with archive.open(name) as source, os.fdopen(handle, "wb") as target:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                target.write(chunk)
            os.fsync(target.fileno())
        if (size, digest.hexdigest()) != (expected["size"], expected["sha256"]):
            raise damaged(f"the member {name} is not what was written")


def _safe(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise damaged(f"the member {name} points outside")
    return path


@contextmanager
def workroom(near: Path) -> Iterator[Path]:
    """A folder on the same disk as `near`, so that what was made in it can take its place by a rename."""
    near.mkdir(parents=True, exist_ok=True)
    folder = near / f".work-{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
