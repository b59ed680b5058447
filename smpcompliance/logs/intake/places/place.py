"""Where the files of studios lie, in a folder of the disc or in a ZIP archive, and what lies there, safely opened."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from smpcompliance.logs.blank import BLANK_LOGS
from smpcompliance.logs.intake.places import walk
from smpcompliance.logs.intake.places.refused import ARCHIVE, NothingToRead, Refused, shown
from smpcompliance.logs.intake.raw import NotReadable, SourceFile
from smpcompliance.logs.schema import log_named
from smpcompliance.patterns import pattern
from smpcompliance.yamlio import Problem, SourceError

if TYPE_CHECKING:
    from smpcompliance.logs.intake.places.archive import Archive, Member

PROFILE_FILE = "studio.yaml"
WAIVERS = ("waivers.yaml", "waivers.csv")
DEVICES = "devices"
"""Folder of a studio with its own profiles of devices, one YAML file each."""

STDIN = "stdin"
_OWN = {"expected.txt", "expected-trace.txt"}
_IS_DEVICE = pattern(rf"{DEVICES}/[^/]*\.ya?ml")
LARGEST_PROFILE = 1 << 20  # bytes of a studio.yaml, or of the profile of a device
_OTHER_STUDIO = "another studio (it has a studio.yaml of its own); nothing of it is read here. Hand it in by itself"
_BESIDE = "it lies beside the studios' folders and has no studio.yaml; it is not read"
_NESTED = "an archive within an archive; it is not read. Unpack the outer one, or put the files of this one into it"
DOCUMENTS = {".md", ".pdf", ".json", ".yaml", ".yml", ".html", ".png", ".jpg", ".jpeg", ".sarif", ".ics"}


@dataclass(frozen=True)
class Place:
    """Where the files of one studio lie: in a folder of the disc, or in a folder of a ZIP archive.

    Attributes:
        path: the folder, or the archive.
        archive: the archive; None where `path` is a folder.
        within: the folder in the archive, ending in "/"; empty for its top.
        members: what of the archive lies there.
        beside: what lies beside the studios and is not read; told with the first of them.
    """

    path: Path
    archive: "Archive | None" = None
    within: str = ""
    members: "tuple[Member, ...]" = ()
    beside: tuple[Refused, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}/{self.within}".rstrip("/") if self.archive else str(self.path)

    @property
    def name(self) -> str:
        """The name of the folder, or of the archive if the files lie at its top."""
        if self.archive is None:
            return shown(self.path.resolve().name)
        return shown(PurePosixPath(self.within).name or self.path.stem)


def places(given: Path | SourceFile) -> list[Place]:
    if isinstance(given, SourceFile):
        return _in_archive(Path(given.name), given)
    try:
        if stat.S_ISDIR(os.stat(given).st_mode):
            return _in_folder(given)
        return _in_archive(given, SourceFile(shown(given.name), walk.contents(given.resolve())))
    except (FileNotFoundError, NotADirectoryError):
        raise NothingToRead(f"{given}: there is no such folder") from None
    except (NotReadable, OSError, ValueError) as error:
        raise NothingToRead(f"{given}: {error.strerror if isinstance(error, OSError) else error}") from None


def _in_folder(path: Path) -> list[Place]:
    if _has_profile(path):
        return [Place(path)]
    below, beside = [], []
    for child in sorted(path.iterdir()):
        if _left_alone(child.name):
            continue
        if child.is_symlink() and child.is_dir():
            beside.append(Refused(shown(child.name), walk.LINK))
        elif child.is_dir():
            if _has_profile(child):
                below.append(Place(child))
            else:
                beside += [Refused(shown(name), _BESIDE) for name in _logs_in(child) or [child.name]]
        elif _may_be_a_log(child.name):
            beside.append(Refused(shown(child.name), _BESIDE))
    if below:
        return [replace(below[0], beside=tuple(beside)), *below[1:]]
    if not walk.found(path, _left_alone):
        raise NothingToRead(f"{path}: the folder is empty; expected studio.yaml and logs like sessions.csv")
    return [Place(path)]


def _logs_in(folder: Path) -> list[str]:
    """The files of a folder that are logs by their names, with its name."""
    return [f"{folder.name}/{name}" for name in sorted(os.listdir(folder)) if log_named(PurePosixPath(name).stem)]


def _has_profile(folder: Path) -> bool:
    """Whether there is a studio.yaml, also one that cannot be read."""
    return os.path.lexists(folder / PROFILE_FILE)


def _may_be_a_log(name: str) -> bool:
    return not name.endswith(".py") and PurePosixPath(name.lower()).suffix not in DOCUMENTS


def _in_archive(path: Path, source: SourceFile) -> list[Place]:
    from smpcompliance.logs.intake.places.archive import is_archive, look_into

    if not is_archive(source):
        if source.name == STDIN:
            raise NothingToRead(
                "stdin: expected a ZIP archive of a studio's folder, this is something else; put a single table into a "
                "folder, named after its log (sessions.csv), and give the folder"
            )
        raise NothingToRead(
            f"{path}: expected a studio's folder or a ZIP archive of one, this is a file of another kind; "
            "give the folder that it lies in"
        )
    try:
        archive = look_into(source)
    except NotReadable as error:
        raise NothingToRead(str(error)) from None
    members = [member for member in archive.members if not any(map(_left_alone, member.name.split("/")))]
    if not members:
        raise NothingToRead(f"{path}: the archive is empty; expected studio.yaml and logs like sessions.csv")
    folders = _studio_folders([member.name for member in members])
    own: dict[str, list[Member]] = {folder: [] for folder in folders}
    beside = []
    for member in members:
        folder = next((f for f in _folders_above(member.name) if f in own), None)
        if folder is not None:
            own[folder].append(member)
        elif _may_be_a_log(member.name):
            beside.append(Refused(shown(member.name), member.problem or _BESIDE))
    places = [Place(path, archive, folder, tuple(own[folder])) for folder in folders]
    return [replace(places[0], beside=tuple(beside)), *places[1:]]


def _studio_folders(names: Sequence[str]) -> list[str]:
    """The folders of an archive that are a studio's: its top, folders at its top, or those in its only folder."""
    tops = {name.partition("/")[0] + "/" if "/" in name else "" for name in names}
    only = tops.pop() if len(tops) == 1 else ""
    for within in dict.fromkeys(("", only)):
        if within + PROFILE_FILE in names:
            return [within]
        parts = {name: name.removeprefix(within).split("/") for name in names if name.startswith(within)}
        found = {within + first + "/" for first, *rest in parts.values() if rest == [PROFILE_FILE]}
        if found:
            return sorted(found)
    return [only]


def _folders_above(name: str) -> Iterator[str]:
    """The folders in which a file of an archive lies, the outermost ("") first."""
    yield ""
    for at, letter in enumerate(name):
        if letter == "/":
            yield name[: at + 1]


def own_files(place: Place) -> list[str]:
    """The names of the files in which a studio speaks to the program: its studio.yaml, its own devices, its waivers."""
    if place.archive:
        names = [member.name.removeprefix(place.within) for member in place.members]
    else:
        names = [name for name in (PROFILE_FILE, *WAIVERS) if os.path.lexists(place.path / name)]
        devices = place.path / DEVICES
        if devices.is_dir() and not devices.is_symlink():
            names += [f"{DEVICES}/{path.name}" for path in devices.iterdir() if not _left_alone(path.name)]
    return sorted(name for name in names if name in (PROFILE_FILE, *WAIVERS) or _IS_DEVICE.fullmatch(name))


def text_of(place: Place, name: str) -> str:
    """The text of one of these files.

    Raises:
        SourceError: it is no file, is too large, cannot be unpacked, or is not UTF-8.
    """
    file = f"{place}/{name}"
    try:
        if place.archive is None:
            data = walk.contents(place.path / name, LARGEST_PROFILE)
        else:
            data = _unpacked_profile(place.archive, next(m for m in place.members if m.name == place.within + name))
        return data.decode("utf-8-sig")
    except NotReadable as error:
        raise SourceError([Problem(file, 1, 1, str(error))]) from None
    except UnicodeDecodeError as error:
        raise SourceError([Problem(file, 1, 1, f"this is not UTF-8 text ({error.reason}); save it as UTF-8")]) from None


def _unpacked_profile(archive: "Archive", member: "Member") -> bytes:
    from smpcompliance.logs.intake.places.archive import unpack

    if member.size > LARGEST_PROFILE:
        raise NotReadable(f"it holds {member.size:,} bytes; at most {LARGEST_PROFILE:,} are read")
    read = unpack(archive, member, member.name)
    if isinstance(read, Refused):
        raise NotReadable(read.reason)
    return read.data


def at_top(place: Place, wanted: Callable[[str], bool]) -> Iterator[SourceFile]:
    """The files directly in a place whose names are wanted."""
    if place.archive:
        for member in place.members:
            name = member.name.removeprefix(place.within)
            if "/" not in name and wanted(name):
                entry = _unpacked(place.archive, member, name)
                if isinstance(entry, SourceFile):
                    yield entry
        return
    for path in sorted(place.path.iterdir()):
        if wanted(path.name) and path.is_file() and not path.is_symlink():
            yield SourceFile(shown(path.name), walk.contents(path))


def entries(place: Place) -> Iterator[SourceFile | Refused]:
    """Everything in a place: each file with its bytes, and what is not read with the reason."""
    yield from place.beside
    if place.archive:
        yield Refused(place.archive.file, ARCHIVE, place.archive.sha256)
        inside = [(member.name.removeprefix(place.within), member) for member in place.members]
        others = _other_studios([name for name, _ in inside])
        yield from (Refused(shown(other), _OTHER_STUDIO) for other in _outermost(others))
        yield from (_unpacked(place.archive, member, name) for name, member in inside if _is_own(name, others))
        return
    found = walk.found(place.path, _left_alone)
    others = _other_studios([each.name for each in found])
    yield from (Refused(other, _OTHER_STUDIO) for other in _outermost(others))
    for each in found:
        if _is_own(each.name, others):
            yield from _opened(walk.opened(each))


def _other_studios(names: Sequence[str]) -> set[str]:
    """The folders in a studio's folder that are another studio's, each ending in "/"."""
    return {name.removesuffix(PROFILE_FILE) for name in names if name.endswith(f"/{PROFILE_FILE}")}


def _outermost(folders: set[str]) -> list[str]:
    return sorted(folder for folder in folders if folders.isdisjoint(_folders_above(folder[:-1])))


def _is_own(name: str, others: set[str]) -> bool:
    return name not in _OWN and (not others or others.isdisjoint(_folders_above(name)))


def _opened(entry: SourceFile | Refused) -> Iterator[SourceFile | Refused]:
    """A file as it is; instead of an archive the files in it."""
    if isinstance(entry, Refused) or not _is_packed(entry.name, entry):
        yield entry
        return
    from smpcompliance.logs.intake.places.archive import look_into

    try:
        archive = look_into(entry)
    except NotReadable as error:
        yield Refused(entry.name, str(error), hashlib.sha256(entry.data).hexdigest())
        return
    members = [member for member in archive.members if not any(map(_left_alone, member.name.split("/")))]
    if any(PurePosixPath(member.name).name == PROFILE_FILE for member in members):
        yield Refused(entry.name, _OTHER_STUDIO, archive.sha256)
        return
    yield Refused(entry.name, ARCHIVE, archive.sha256)
    yield from (_unpacked(archive, member, f"{entry.name}/{member.name}") for member in members)


def _unpacked(archive: "Archive", member: "Member", name: str) -> SourceFile | Refused:
    """A file of an archive; an archive in it is not opened."""
    from smpcompliance.logs.intake.places.archive import unpack

    entry = unpack(archive, member, name)
    if isinstance(entry, SourceFile) and _is_packed(name, entry):
        return Refused(name, _NESTED, hashlib.sha256(entry.data).hexdigest())
    return entry


def _is_packed(name: str, source: SourceFile) -> bool:
    """Whether a file says by its name that it is a ZIP archive, and is no workbook."""
    if PurePosixPath(name.lower()).suffix != ".zip":
        return False
    from smpcompliance.logs.intake.places.archive import is_workbook

    return not is_workbook(source)


def _left_alone(part: str) -> bool:
    """Whether a file or folder of this name is nobody's log; `..`, in an archive, is a trick and is told."""
    hidden = part.startswith(".") and part not in (".", "..")
    return hidden or part.startswith("~$") or part in (BLANK_LOGS, "__MACOSX", "__pycache__")
