"""Files and folders that are there whole or not at all, whatever ends the run."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_UNFINISHED: set[Path] = set()


class NotWritten(Exception):
    """Something cannot be written; says what, and why."""


@contextmanager
def whole(place: Path) -> Iterator[Path]:
    """Gives a place beside it to write to, which takes its name in the end; two runs do not mix.

    Raises:
        NotWritten: the disc is full, the folder is not there …
    """
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    _UNFINISHED.add(beside)
    try:
        yield beside
        os.replace(beside, place)
    except OSError as error:
        raise NotWritten(f"{place}: it cannot be written ({error.strerror})") from error
    finally:
        _take_away(beside)
        _UNFINISHED.discard(beside)


def write_whole(place: Path, data: bytes) -> None:
    """Writes beside the place, then renames.

    Raises:
        NotWritten: as `whole` does.
    """
    with whole(place) as beside:
        beside.write_bytes(data)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """A new or empty folder, which is full in the end or empty again."""
    _UNFINISHED.add(folder)
    try:
        yield
    except BaseException:
        _take_away(folder)
        raise
    finally:
        _UNFINISHED.discard(folder)


def made(folder: Path) -> Path:
    """A folder that only its owner can read, made where it is not there.

    Raises:
        NotWritten: it cannot be made.
    """
    try:
        folder.mkdir(0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritten(f"{folder}: this folder cannot be made ({error.strerror})") from None
    return folder


def take_away() -> None:
    """Takes away what is being written, for a run that ends at once."""
    for place in _UNFINISHED:
        _take_away(place)


def _take_away(place: Path) -> None:
    """Deletes a file, or what lies in a folder."""
    with suppress(OSError):
        if not place.is_dir():
            place.unlink(missing_ok=True)
            return
        for child in place.iterdir():
            shutil.rmtree(child) if child.is_dir() else child.unlink()
