"""A studio's folder, a folder of studio folders, or a ZIP of either: which file is which log, and who wrote it.

Only `walk.py` and the loaders of rules open files.
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from smpcompliance.logs.blank import BLANK_LOGS, HOW_TO, LISTS
from smpcompliance.logs.intake import walk
from smpcompliance.logs.intake.archive import (
    ARCHIVE,
    Archive,
    Member,
    has_archive_name,
    is_archive,
    is_workbook,
    look_into,
    unpack,
)
from smpcompliance.logs.intake.build import Intake, Source, assemble
from smpcompliance.logs.intake.feeding import feed
from smpcompliance.logs.intake.identify import Identified, identified, named
from smpcompliance.logs.intake.meaning import Meaning
from smpcompliance.logs.intake.printout.profile import Profile, load_profile
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile
from smpcompliance.logs.intake.readers import JSON, reader_of
from smpcompliance.logs.intake.refused import Refused, shown
from smpcompliance.logs.studio import FileReading, Studio, read_studio
from smpcompliance.yamlio import Problem, SourceError

PROFILE_FILE = "studio.yaml"
DEVICES = "devices"
"""Folder of a studio with its own profiles of devices, one YAML file each."""

STDIN = "stdin"
_OWN = {PROFILE_FILE, "expected.txt"}
_IS_DEVICE = re.compile(rf"{DEVICES}/[^/]*\.ya?ml")
LARGEST_PROFILE = 1 << 20  # bytes of a studio.yaml, or of the profile of a device
NO_LOG = "not a log"
_OTHER_STUDIO = "another studio (it has a studio.yaml of its own); nothing of it is read here. Hand it in by itself"
_BESIDE = "it lies beside the studios' folders and has no studio.yaml; it is not read"
_NESTED = "an archive within an archive; it is not read. Unpack the outer one, or put the files of this one into it"
_DOCUMENTS = {".md", ".pdf", ".json", ".yaml", ".yml", ".html", ".png", ".jpg", ".jpeg"}


@dataclass(frozen=True)
class FileRead:
    """One file of a studio, or one sheet of a workbook, and what became of it.

    Attributes:
        log: the log it is, None where it is none.
        format: the reader that took it, empty where none did.
        feeds: further logs that it feeds, each with the number of records.
        likely: the log that it may be, where that cannot be told for sure.
        meanings: what each of its heads means.
        problem: why it was not read or not used; empty where it was.
        sheet: of a workbook.
    """

    studio: int
    file: str
    sha256: str
    log: str | None
    format: str
    rows: int = 0
    meanings: tuple[Meaning, ...] = ()
    problem: str = ""
    sheet: str = ""
    feeds: tuple[tuple[str, int], ...] = ()
    likely: str | None = None

    @property
    def place(self) -> str:
        """File and sheet, for messages."""
        return f"{self.file}, sheet {self.sheet}" if self.sheet else self.file

    @property
    def is_left_out(self) -> bool:
        """Whether it might have been a log but is not used."""
        return self.problem not in ("", NO_LOG, ARCHIVE)


@dataclass(frozen=True)
class Reading:
    """Everything that was read: the logs, and each file with its hash."""

    intake: Intake
    files: tuple[FileRead, ...]


class NothingToRead(Exception):
    """A path leads nowhere, or to nothing that a log could be."""


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
    archive: Archive | None = None
    within: str = ""
    members: tuple[Member, ...] = ()
    beside: tuple[Refused, ...] = ()

    def __str__(self) -> str:
        return f"{self.path}/{self.within}".rstrip("/") if self.archive else str(self.path)

    @property
    def name(self) -> str:
        """The name of the folder, or of the archive if the files lie at its top."""
        if self.archive is None:
            return shown(self.path.resolve().name)
        return shown(PurePosixPath(self.within).name or self.path.stem)


def find_studios(paths: Sequence[Path | SourceFile]) -> list[tuple[Place, Studio]]:
    """The studios below some paths: each is a studio folder, a folder of studio folders, or a ZIP archive of either.

    Args:
        paths: folders and archives of the disc, or an archive that came another way.

    Raises:
        NothingToRead: a path does not exist, or holds no file at all.
        SourceError: every mistake in every studio.yaml.
    """
    places = [place for path in paths for place in _places(path)]
    problems: list[Problem] = []
    found = []
    for place in places:
        try:
            found.append((place, _studio(place)))
        except SourceError as error:
            problems += error.problems
    seen: dict[str, Place] = {}
    for place, studio in found:
        if (first := seen.setdefault(studio.studio_id, place)) is not place:
            problems.append(
                studio.problem(("studio_id",), f"the studio id {studio.studio_id!r} is also that of {first}")
            )
    if problems:
        raise SourceError(problems)
    return found


def _places(given: Path | SourceFile) -> list[Place]:
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
                beside.append(Refused(shown(child.name), _BESIDE))
        elif _may_be_a_log(child.name):
            beside.append(Refused(shown(child.name), _BESIDE))
    if below:
        return [replace(below[0], beside=tuple(beside)), *below[1:]]
    if not walk.found(path, _left_alone):
        raise NothingToRead(f"{path}: the folder is empty; expected studio.yaml and logs like sessions.csv")
    return [Place(path)]


def _has_profile(folder: Path) -> bool:
    """Whether there is a studio.yaml, also one that cannot be read."""
    return os.path.lexists(folder / PROFILE_FILE)


def _may_be_a_log(name: str) -> bool:
    return not name.endswith(".py") and PurePosixPath(name.lower()).suffix not in _DOCUMENTS


def _in_archive(path: Path, source: SourceFile) -> list[Place]:
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


def _studio(place: Place) -> Studio:
    if PROFILE_FILE not in _own_files(place):
        return Studio(place.name, place.name)
    return read_studio(_text(place, PROFILE_FILE), f"{place}/{PROFILE_FILE}", place.name)


def _own_files(place: Place) -> list[str]:
    """The names of the files in which a studio says how it is read: its studio.yaml and its own devices."""
    if place.archive:
        names = [member.name.removeprefix(place.within) for member in place.members]
    else:
        names = [PROFILE_FILE] if _has_profile(place.path) else []
        devices = place.path / DEVICES
        if devices.is_dir() and not devices.is_symlink():
            names += [f"{DEVICES}/{path.name}" for path in devices.iterdir() if not _left_alone(path.name)]
    return sorted(name for name in names if name == PROFILE_FILE or _IS_DEVICE.fullmatch(name))


def _text(place: Place, name: str) -> str:
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


def _unpacked_profile(archive: Archive, member: Member) -> bytes:
    if member.size > LARGEST_PROFILE:
        raise NotReadable(f"it holds {member.size:,} bytes; at most {LARGEST_PROFILE:,} are read")
    read = unpack(archive, member, member.name)
    if isinstance(read, Refused):
        raise NotReadable(read.reason)
    return read.data


def read_folders(found: Sequence[tuple[Place, Studio]], progress: Callable[[str], None] = lambda _: None) -> Reading:
    """Reads every file of every studio.

    Args:
        found: where the files lie, with their studios; `progress` is called with the name of each file.

    Returns:
        The logs, and what became of each file. A file that cannot be read does not stop the others.
    """
    sources: list[Source] = []
    files: list[FileRead] = []
    for code, (place, studio) in enumerate(found):
        own = _devices(place)
        for entry in _entries(place):
            progress(entry.name)
            if isinstance(entry, Refused):
                files.append(FileRead(code, entry.name, entry.sha256, None, "", problem=entry.reason))
            else:
                files += _read(code, studio, entry, own, sources)
    return Reading(assemble([studio for _, studio in found], sources), tuple(files))


def _devices(place: Place) -> tuple[Profile, ...]:
    """The studio's own profiles of devices, `devices/*.yaml`.

    Raises:
        SourceError: every mistake in them.
    """
    names = [name for name in _own_files(place) if name != PROFILE_FILE]
    return tuple(load_profile(_text(place, name), f"{place}/{name}") for name in names)


def _entries(place: Place) -> Iterator[SourceFile | Refused]:
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
    if isinstance(entry, Refused) or not has_archive_name(entry.name) or is_workbook(entry):
        yield entry
        return
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


def _unpacked(archive: Archive, member: Member, name: str) -> SourceFile | Refused:
    """A file of an archive; an archive in it is not opened."""
    entry = unpack(archive, member, name)
    if isinstance(entry, SourceFile) and has_archive_name(name) and not is_workbook(entry):
        return Refused(name, _NESTED, hashlib.sha256(entry.data).hexdigest())
    return entry


def _left_alone(part: str) -> bool:
    """Whether a file or folder of this name is nobody's log; `..`, in an archive, is a trick and is told."""
    hidden = part.startswith(".") and part not in (".", "..")
    return hidden or part.startswith("~$") or part in (BLANK_LOGS, "__MACOSX", "__pycache__")


def _read(
    code: int, studio: Studio, source: SourceFile, own: Sequence[Profile], sources: list[Source]
) -> list[FileRead]:
    digest = hashlib.sha256(source.data).hexdigest()
    reader = reader_of(source, own)
    if reader is None:
        return [FileRead(code, source.name, digest, None, "", problem=_not_read(source.name))]
    declared = studio.files.get(source.name, FileReading())
    try:
        tables = reader.read(source, own)
    except NotReadable as error:
        log = declared.log or named(source.name, "")[0]
        return [FileRead(code, source.name, digest, log, reader.format, problem=str(error))]
    out = []
    for table in tables:
        read = FileRead(code, source.name, digest, None, reader.format, table.rows, sheet=table.sheet)
        out.append(_use(read, table, declared.of_sheet(table.sheet), sources))
    return out


def _not_read(name: str) -> str:
    if name == "waivers.yaml":
        return "waivers are not read by this version; every finding stands"
    return NO_LOG if PurePosixPath(name.lower()).suffix in _DOCUMENTS else _unknown_format(name)


def _use(read: FileRead, table: RawTable, declared: FileReading, sources: list[Source]) -> FileRead:
    """Deals a table out to the logs it feeds, if it is known which."""
    found = identified(table, declared)
    if found.log is None:
        meanings = tuple(map(Meaning, table.heads))
        return replace(read, meanings=meanings, problem=_why_no_log(read, table, found), likely=found.likely)
    source = Source.of(read.studio, found.table, found.log, found.preset, found.reading)
    read = replace(read, log=found.log, meanings=source.meanings)
    if table.heads and not any(meaning.targets for meaning in source.meanings):
        said = ", ".join(head for head in table.heads if head)
        return replace(read, problem=f"none of its heads is a column of {found.log} ({said}); nothing of it is used")
    fed = feed(source)
    sources += fed
    return replace(read, feeds=tuple((other.log, other.table.rows) for other in fed[1:]))


def _why_no_log(read: FileRead, table: RawTable, found: Identified) -> str:
    """Sheets that explain or hold lists, and data of other programs, never were a log; anything else may have been."""
    is_ours = table.sheet in (HOW_TO, LISTS) or (table.hidden and not table.rows)
    return NO_LOG if is_ours or (read.format == JSON and found.likely is None) else found.problem


def _unknown_format(name: str) -> str:
    return f"files ending in '{PurePosixPath(name).suffix or name}' are not read; export it as CSV or as a workbook"
