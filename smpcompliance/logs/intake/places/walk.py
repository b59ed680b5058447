"""Everything that lies in a folder of the disc, opened without risk: plain files only, none larger than can be read.

A pipe would wait for ever, a link may lead anywhere, a folder may have no end: each is reported and never opened.
"""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smpcompliance.logs.intake.places.refused import Refused, shown
from smpcompliance.logs.intake.raw import NotReadable, SourceFile
from smpcompliance.logs.intake.tables.encoding import LARGEST_FILE

MOST_FILES = 200_000
DEEPEST = 40  # folders within folders

LINK = "this is a link (links are not followed); put the file or folder that it leads to here instead"

_KINDS = (
    (stat.S_ISLNK, LINK),
    (stat.S_ISFIFO, "this is a pipe, not a file; it was not opened"),
    (stat.S_ISSOCK, "this is a socket, not a file; it was not opened"),
    (stat.S_ISDIR, "this is a folder, not a file"),
)


@dataclass(frozen=True)
class Found:
    """Something that lies in a folder and is no folder, by its path on the disc; or what cannot be looked into."""

    name: str
    path: Path | None
    problem: str = ""


def found(folder: Path, is_left_alone: Callable[[str], bool]) -> list[Found]:
    """Everything below a folder, in the order of the names; nothing of it is opened yet.

    Args:
        folder: where to begin; it may itself be reached by a link.
        is_left_alone: whether a file or folder of this name (without its path) is passed over.
    """
    out: list[Found] = []
    waiting: list[tuple[str, str, int]] = [("", os.fspath(folder), 0)]
    seen = 0
    while waiting:
        within, place, depth = waiting.pop()
        try:
            with os.scandir(place) as children:
                for child in children:
                    seen += 1
                    if seen > MOST_FILES:
                        return [Found(".", None, f"more than {MOST_FILES:,} files lie in it; none of them is read")]
                    if is_left_alone(child.name):
                        continue
                    name = shown(within + child.name)
                    if not child.is_dir(follow_symlinks=False):
                        out.append(Found(name, Path(child.path)))
                    elif depth == DEEPEST:
                        out.append(Found(name, None, f"it lies deeper than {DEEPEST} folders; nothing of it is read"))
                    else:
                        waiting.append((f"{within}{child.name}/", child.path, depth + 1))
        except OSError as error:
            out.append(Found(shown(within) or ".", None, f"the folder cannot be looked into ({error.strerror})"))
    return sorted(out, key=lambda each: each.name.split("/"))


def opened(each: Found) -> SourceFile | Refused:
    """A file that was found, with its bytes."""
    if each.path is None:
        return Refused(each.name, each.problem)
    try:
        return SourceFile(each.name, contents(each.path))
    except NotReadable as error:
        return Refused(each.name, str(error))


def contents(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """The bytes of a plain file.

    Raises:
        NotReadable: it is no file, may not be read, is too large, is gone, or changes while it is read.
    """
    try:
        kind = os.lstat(path)
        _refuse(kind, largest)
        with open(path, "rb", opener=_opener) as file:
            size = os.fstat(file.fileno()).st_size
            _refuse(os.fstat(file.fileno()), largest)
            data = file.read(size + 1)
    except OSError as error:
        raise NotReadable(f"it cannot be read ({error.strerror})") from None
    if len(data) != size:
        raise NotReadable("it changed while it was read; run the audit again when nothing writes to it")
    return data


def _opener(path: str, flags: int) -> int:
    """Opens without following a link and without waiting, should the file have become something else meanwhile."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))


def _refuse(kind: os.stat_result, largest: int) -> None:
    if not stat.S_ISREG(kind.st_mode):
        device = "this is a device, not a file; it was not opened"
        raise NotReadable(next((text for is_so, text in _KINDS if is_so(kind.st_mode)), device))
    if kind.st_size > largest:
        raise NotReadable(
            f"it holds {kind.st_size:,} bytes; at most {largest:,} are read. Split it, for instance by year"
        )
