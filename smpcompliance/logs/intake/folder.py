"""A studio's folder, or a folder of studio folders: which file is which log, and who wrote it.

Only this module and the loaders of rules open files.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from smpcompliance.logs.intake import delimited, tuttnauer
from smpcompliance.logs.intake.build import Intake, Source, assemble
from smpcompliance.logs.intake.feeding import feed
from smpcompliance.logs.intake.meaning import Meaning
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile
from smpcompliance.logs.schema import log_named
from smpcompliance.logs.studio import FileReading, Studio, read_studio
from smpcompliance.yamlio import Problem, SourceError


@dataclass(frozen=True)
class Reader:
    """A format: what it recognises by name and content, and how it is read."""

    format: str
    recognises: Callable[[SourceFile], bool]
    read: Callable[[SourceFile], tuple[RawTable, ...]]


def _ends(*suffixes: str) -> Callable[[SourceFile], bool]:
    return lambda source: PurePosixPath(source.name.lower()).suffix in suffixes


READERS: tuple[Reader, ...] = (
    Reader("Tuttnauer printout", lambda source: tuttnauer.recognises(source.data), tuttnauer.read),
    Reader("delimited text", _ends(".csv", ".tsv", ".txt"), delimited.read),
)
"""Every format that is read; the first that recognises a file reads it."""

BLANK_LOGS = "blank logs"
"""Folder of a studio in which empty logs lie to be filled in; it is not read: a log handed in empty is a statement."""

_OWN = {"studio.yaml", "expected.txt"}
NO_LOG = "not a log"
_DOCUMENTS = {".md", ".pdf", ".json", ".yaml", ".yml", ".html", ".png", ".jpg", ".jpeg"}


@dataclass(frozen=True)
class FileRead:
    """One file of a studio, or one sheet of a workbook, and what became of it.

    Attributes:
        log: the log it is, None where it is none.
        format: the reader that took it, empty where none did.
        feeds: further logs that it feeds, each with the number of records.
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

    @property
    def is_left_out(self) -> bool:
        """Whether it might have been a log but is not used."""
        return self.problem not in ("", NO_LOG)


@dataclass(frozen=True)
class Reading:
    """Everything that was read: the logs, and each file with its hash."""

    intake: Intake
    files: tuple[FileRead, ...]


class NothingToRead(Exception):
    """A path leads nowhere, or to nothing that a log could be."""


def find_studios(paths: Sequence[Path]) -> list[tuple[Path, Studio]]:
    """The studios below some paths: each is a studio folder, or a folder of studio folders.

    Raises:
        NothingToRead: a path does not exist, or holds no file at all.
        SourceError: every mistake in every studio.yaml.
    """
    folders = [folder for path in paths for folder in _studio_folders(path)]
    problems: list[Problem] = []
    found = []
    for folder in folders:
        try:
            found.append((folder, _studio(folder)))
        except SourceError as error:
            problems += error.problems
    seen: dict[str, Path] = {}
    for folder, studio in found:
        if (first := seen.setdefault(studio.studio_id, folder)) is not folder:
            problems.append(
                studio.problem(("studio_id",), f"the studio id {studio.studio_id!r} is also that of {first}")
            )
    if problems:
        raise SourceError(problems)
    return found


def _studio_folders(path: Path) -> list[Path]:
    if not path.exists():
        raise NothingToRead(f"{path}: there is no such folder")
    if not path.is_dir():
        raise NothingToRead(f"{path}: expected a studio's folder, this is a file; give the folder that it lies in")
    if (path / "studio.yaml").is_file():
        return [path]
    below = sorted(child for child in path.iterdir() if child.is_dir() and (child / "studio.yaml").is_file())
    if below:
        return below
    if not any(child.is_file() for child in path.rglob("*")):
        raise NothingToRead(f"{path}: the folder is empty; expected studio.yaml and logs like sessions.csv")
    return [path]


def _studio(folder: Path) -> Studio:
    file = folder / "studio.yaml"
    name = folder.resolve().name
    if not file.is_file():
        return Studio(name, name)
    try:
        return read_studio(file.read_bytes().decode("utf-8-sig"), str(file), name)
    except UnicodeDecodeError as error:
        raise SourceError(
            [Problem(str(file), 1, 1, f"this is not UTF-8 text ({error.reason}); save it as UTF-8")]
        ) from None


def read_folders(found: Sequence[tuple[Path, Studio]], progress: Callable[[str], None] = lambda _: None) -> Reading:
    """Reads every file of every studio.

    Args:
        found: folders with their studios; `progress` is called with the name of each file.

    Returns:
        The logs, and what became of each file. A file that cannot be read does not stop the others.
    """
    sources: list[Source] = []
    files: list[FileRead] = []
    for code, (folder, studio) in enumerate(found):
        for path in _files(folder):
            name = path.relative_to(folder).as_posix()
            progress(name)
            files += _read(code, studio, SourceFile(name, path.read_bytes()), sources)
    return Reading(assemble([studio for _, studio in found], sources), tuple(files))


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path.name not in _OWN and not any(map(_left_alone, path.relative_to(folder).parts))
    )


def _left_alone(part: str) -> bool:
    return part == BLANK_LOGS or part.startswith((".", "~$"))


def _read(code: int, studio: Studio, source: SourceFile, sources: list[Source]) -> list[FileRead]:
    digest = hashlib.sha256(source.data).hexdigest()
    reader = next((r for r in READERS if r.recognises(source)), None)
    declared = studio.files.get(source.name, FileReading())
    if reader is None:
        if source.name == "waivers.yaml":
            text = "waivers are not read by this version; every finding stands"
            return [FileRead(code, source.name, digest, None, "", problem=text)]
        text = NO_LOG if PurePosixPath(source.name.lower()).suffix in _DOCUMENTS else _unknown_format(source.name)
        return [FileRead(code, source.name, digest, None, "", problem=text)]
    try:
        tables = reader.read(source)
    except NotReadable as error:
        log, _ = _log_of(source.name, "", declared)
        return [FileRead(code, source.name, digest, log, reader.format, problem=str(error))]
    out = []
    for table in tables:
        read = FileRead(code, source.name, digest, None, reader.format, table.rows, sheet=table.sheet)
        out.append(_use(read, table, declared.of_sheet(table.sheet), sources))
    return out


def _use(read: FileRead, table: RawTable, declared: FileReading, sources: list[Source]) -> FileRead:
    """Deals a table out to the logs it feeds, if it is known which."""
    log, preset = (table.log, {}) if table.log else _log_of(table.file, table.sheet, declared)
    if log is None:
        return replace(read, meanings=tuple(map(Meaning, table.heads)), problem=_no_log(table.file))
    source = Source.of(read.studio, table, log, preset, declared)
    read = replace(read, log=log, meanings=source.meanings)
    if table.heads and not any(meaning.targets for meaning in source.meanings):
        said = ", ".join(head for head in table.heads if head)
        return replace(read, problem=f"none of its heads is a column of {log} ({said}); nothing of it is used")
    fed = feed(source)
    sources += fed
    return replace(read, feeds=tuple((other.log, other.table.rows) for other in fed[1:]))


def _log_of(file: str, sheet: str, declared: FileReading) -> tuple[str | None, dict[str, str]]:
    if declared.log:
        return declared.log, {}
    return (log_named(sheet) if sheet else None) or log_named(PurePosixPath(file).stem) or (None, {})


def _no_log(name: str) -> str:
    return (
        f"no log is called '{PurePosixPath(name).stem}'; name the file after its log (sessions.csv, spore_tests.csv …) "
        f'or say files: {{"{name}": {{log: …}}}} in studio.yaml'
    )


def _unknown_format(name: str) -> str:
    return f"files ending in '{PurePosixPath(name).suffix or name}' are not read; export it as CSV"
