"""Zip archives from strangers: nothing is believed of what they say about themselves."""

import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any
from xml.parsers import expat

from embudo.foundation.transfer.rules.readers.fault import FileFault

MOST_ENTRIES = 2_000
MOST_UNPACKED = 600 * 1024 * 1024
PART = 100 * 1024 * 1024  # of anything but the sheets
RATIO = 250  # between what is unpacked and what is packed; honest sheets stay below 60
SMALL = 20 * 1024 * 1024  # up to here any ratio will do
PIECE = 1 << 18


def opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError, OverflowError):
        raise FileFault("damaged") from None
    if len(entries) > MOST_ENTRIES:
        raise FileFault("bomb")
    if any(entry.flag_bits & 1 for entry in entries):
        raise FileFault("password")
    return archive


def parse(
    archive: zipfile.ZipFile, name: str, parser: Any, *, most: int = PART, stop: Callable[[], bool] = bool
) -> None:
    """Feeds one entry to an XML parser in pieces, and stops where it unpacks to more than it may."""
    for piece in pieces(archive, name, most):
        feed(parser, piece)
        if stop():
            return
    feed(parser, b"", final=True)


def pieces(archive: zipfile.ZipFile, name: str, most: int = PART) -> Any:
    try:
        entry = archive.getinfo(name)
        with archive.open(entry) as source:
            read = 0
            while piece := source.read(PIECE):
                read += len(piece)
                if read > most or (read > SMALL and read > RATIO * max(entry.compress_size, 1)):
                    raise FileFault("bomb")
                yield piece
    except (
        KeyError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ):
        raise FileFault("damaged") from None


def feed(parser: Any, piece: bytes, *, final: bool = False) -> None:
    try:
        parser.Parse(piece, final)
    except expat.ExpatError:
        raise FileFault("damaged") from None


def new_parser() -> Any:
    """Knows no entities: a document type is refused at once, so nothing is expanded and nothing fetched."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = 65_536
    parser.StartDoctypeDeclHandler = refuse_doctype
    return parser


def refuse_doctype(*_told: Any) -> None:
    raise FileFault("doctype")


def local(name: str) -> str:
    return name.rpartition(":")[2]


def attributes(given: dict[str, str]) -> dict[str, str]:
    return {local(name): value for name, value in given.items()}
