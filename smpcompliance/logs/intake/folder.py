"""What lies in the folders of studios becomes logs: which file is which log, and what became of each."""

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import numpy as np

from smpcompliance.logs import arrow
from smpcompliance.logs.blank import HOW_TO, LISTS
from smpcompliance.logs.intake import fleet
from smpcompliance.logs.intake.build import Intake, assemble
from smpcompliance.logs.intake.dealing.feeding import feed
from smpcompliance.logs.intake.dealing.left_out import with_left_out
from smpcompliance.logs.intake.heads.meaning import STUDIO, Meaning
from smpcompliance.logs.intake.identify import Identified, identified, named
from smpcompliance.logs.intake.places.place import (
    DOCUMENTS,
    PROFILE_FILE,
    WAIVERS,
    Place,
    at_top,
    entries,
    own_files,
    places,
    text_of,
)
from smpcompliance.logs.intake.places.refused import ARCHIVE, Refused
from smpcompliance.logs.intake.raw import NotReadable, RawTable, Remarks, SourceFile, place_of
from smpcompliance.logs.intake.readers import JSON, reader_of
from smpcompliance.logs.intake.source import Source
from smpcompliance.logs.intake.tables.tidy import HEADS_ONLY, states_nothing
from smpcompliance.logs.schema import log_named
from smpcompliance.logs.studio import FileReading, Studio, misdeclared, read_studio
from smpcompliance.patterns import pattern
from smpcompliance.yamlio import Problem, SourceError

if TYPE_CHECKING:
    from smpcompliance.logs.intake.printout.profile import Profile

NO_LOG = "not a log"
PROFILE = "how the studio is read and judged"
WAIVER_LIST = "the waivers of the studio"
_SPOKEN = {PROFILE_FILE: PROFILE, **dict.fromkeys(WAIVERS, WAIVER_LIST)}
_NO_HEADS = "line {} looks like a record, not like heads; write a line of heads above the first record"
_NOT_HERE = (
    "files: tells how to read '{}', and there is no such file; what it says is not used (write the name just as it is, "
    "with its folder)"
)
_OUR_REPORT, _BEGINNING = pattern(rb'\s*\{\s*"schema"\s*:\s*"smpcompliance/'), 200
"""What the program wrote itself (an audit, a baseline, a list of what is due) states nothing new."""
_FIGURES = pattern(r"[^\w]*\d[\d\s./:,()+-]{3,}|.*@.*|\d{1,2}[. -]+[^\W\d]{3,9}\.?([., -]*\d{2,4})?")
_OTHER_STUDIOS = "several studios share this folder, so a table needs a column studio_id; nothing of it is used"


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
        of_studios: studio id → number of records, in a table of several studios.
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
    of_studios: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def place(self) -> str:
        """File and sheet, for messages."""
        return place_of(self.file, self.sheet)

    @property
    def is_left_out(self) -> bool:
        """Whether it might have been a log but is not used."""
        return self.problem not in ("", NO_LOG, ARCHIVE, *_SPOKEN.values(), fleet.IS_PROFILE, HEADS_ONLY)

    @property
    def is_unread_log(self) -> bool:
        """Whether it is a log by its own name, by its heads or by studio.yaml, and is not used."""
        if not self.is_left_out:
            return False
        name = PurePosixPath(self.file)
        own = (self.sheet,) if self.sheet else (name.name, name.stem, PurePosixPath(name.stem).stem)
        return bool(self.likely or (self.log and not self.sheet) or any(map(log_named, own)))


@dataclass(frozen=True)
class Reading:
    """Everything that was read: the logs, and each file with its hash."""

    intake: Intake
    files: tuple[FileRead, ...]


def find_studios(paths: Sequence[Path | SourceFile]) -> list[tuple[Place, Studio]]:
    """The studios below some paths: each is a studio folder, a folder of studio folders, or a ZIP archive of either.

    A folder without a studio.yaml that holds a table `studios` is that of all its studios.

    Args:
        paths: folders and archives of the disc, or an archive that came another way.

    Raises:
        NothingToRead: a path does not exist, or holds no file at all.
        SourceError: every mistake in every studio.yaml and every table of studios.
    """
    problems: list[Problem] = []
    found: list[tuple[Place, Studio]] = []
    for place in (place for path in paths for place in places(path)):
        try:
            found += [(place, studio) for studio in _studios(place)]
        except SourceError as error:
            problems += error.problems
    seen: dict[str, Place] = {}
    for place, studio in found:
        if (first := seen.get(studio.studio_id)) is None:
            seen[studio.studio_id] = place
        else:
            problems.append(
                studio.problem(("studio_id",), f"the studio id {studio.studio_id!r} is also that of {first}")
            )
    if problems:
        raise SourceError(problems)
    return found


def _studios(place: Place) -> tuple[Studio, ...]:
    if PROFILE_FILE in own_files(place):
        return (read_studio(text_of(place, PROFILE_FILE), f"{place}/{PROFILE_FILE}", place.name),)
    for source in at_top(place, fleet.is_called):
        if reader := reader_of(source, ()):
            try:
                return fleet.studios_in(reader.read(source, ()))
            except NotReadable as error:
                raise SourceError([Problem(f"{place}/{source.name}", 1, 1, str(error))]) from None
    return (Studio(place.name, place.name),)


def read_folders(found: Sequence[tuple[Place, Studio]], progress: Callable[[str], None] = lambda _: None) -> Reading:
    """Reads every file of every studio.

    Args:
        found: where the files lie, with their studios; `progress` is called with the name of each file.

    Returns:
        The logs, and what became of each file. A file that cannot be read does not stop the others.
    """
    sources: list[Source] = []
    files: list[FileRead] = []
    remarks: Remarks = []
    of_place: dict[Place, list[int]] = {}
    for code, (place, _) in enumerate(found):
        of_place.setdefault(place, []).append(code)
    for place, codes in of_place.items():
        first, is_shared = found[codes[0]][1], len(codes) > 1
        own = _devices(place)
        names: set[str] = set()
        for entry in entries(place):
            progress(entry.name)
            names.add(entry.name)
            if isinstance(entry, Refused):
                read = [FileRead(codes[0], entry.name, entry.sha256, None, "", problem=entry.reason)]
            elif entry.name in _SPOKEN:
                read = [FileRead(codes[0], entry.name, _hash(entry), None, "", problem=_SPOKEN[entry.name])]
            else:
                read = _read(codes[0], first, entry, own, sources, is_shared)
            files += read if not is_shared else [_share(each, code, found[code][1]) for code in codes for each in read]
        remarks += [
            (code, PROFILE_FILE, _NOT_HERE.format(name)) for code in codes for name in _missing(found[code][1], names)
        ]
    intake = assemble([studio for _, studio in found], sources)
    return Reading(replace(intake, remarks=(*intake.remarks, *remarks)), tuple(files))


def _missing(studio: Studio, names: Collection[str]) -> list[str]:
    """The files that a studio declares and that are not there."""
    return [name for name in studio.files if name not in names]


def _devices(place: Place) -> tuple["Profile", ...]:
    """The studio's own profiles of devices, `devices/*.yaml`.

    Raises:
        SourceError: every mistake in them.
    """
    names = [name for name in own_files(place) if name not in (PROFILE_FILE, *WAIVERS)]
    if not names:
        return ()
    from smpcompliance.logs.intake.printout.profile import load_profile

    return tuple(load_profile(text_of(place, name), f"{place}/{name}") for name in names)


def _read(
    code: int, studio: Studio, source: SourceFile, own: Sequence["Profile"], sources: list[Source], is_shared: bool
) -> list[FileRead]:
    digest = _hash(source)
    if _OUR_REPORT.match(source.data[:_BEGINNING]):
        return [FileRead(code, source.name, digest, None, JSON, problem=NO_LOG)]
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
        if _stands_in(studio, source) and table is fleet.table_of_studios(tables):
            out.append(FileRead(code, source.name, digest, None, "", problem=fleet.IS_PROFILE))
            continue
        read = FileRead(code, source.name, digest, None, reader.format, table.rows, sheet=table.sheet)
        out.append(_use(read, table, studio, sources, is_shared))
    return out


def _stands_in(studio: Studio, source: SourceFile) -> bool:
    """Whether a file is the table that a studio is a row of."""
    return studio.source is not None and studio.source.file == source.name


def _share(read: FileRead, code: int, studio: Studio) -> FileRead:
    """A file of several studios, as one of them sees it: with its own records."""
    return replace(read, studio=code, rows=read.of_studios.get(studio.studio_id, 0), of_studios={})


def _hash(source: SourceFile) -> str:
    return hashlib.sha256(source.data).hexdigest()


def _not_read(name: str) -> str:
    return NO_LOG if PurePosixPath(name.lower()).suffix in DOCUMENTS else unknown_format(name)


def _use(read: FileRead, table: RawTable, studio: Studio, sources: list[Source], is_shared: bool) -> FileRead:
    """What becomes of a table: it is dealt out to the logs it feeds, or told why not."""
    if states_nothing(table):
        return replace(read, log=named(table.file, table.sheet)[0], problem=HEADS_ONLY)
    found = identified(table, studio.files.get(table.file, FileReading()).of_sheet(table.sheet))
    if found.log is None:
        read = replace(read, likely=found.likely)
        if _is_record(table.heads):
            return replace(read, problem=f"{found.problem}; {_NO_HEADS.format(table.head_line)}")
        return replace(read, meanings=tuple(map(Meaning, table.heads)), problem=_why_no_log(read, table, found))
    if problems := misdeclared(studio, table.file, table.sheet, found.log):
        raise SourceError(problems)
    source = replace(Source.of(read.studio, found.table, found.log, found.preset, found.reading), is_shared=is_shared)
    read = replace(read, log=found.log, meanings=source.meanings)
    targets = {target for meaning in source.meanings for target in meaning.targets}
    if is_shared and STUDIO not in targets:
        return replace(read, problem=_OTHER_STUDIOS)
    if table.heads and not targets:
        if _is_record(table.heads):
            return replace(read, meanings=(), problem=f"{_NO_HEADS.format(table.head_line)}; nothing of it is used")
        said = ", ".join(head for head in table.heads if head)
        return replace(read, problem=f"none of its heads is a column of {found.log} ({said}); nothing of it is used")
    return _deal(read, source, sources)


def _deal(read: FileRead, source: Source, sources: list[Source]) -> FileRead:
    """Deals a table out to the logs it feeds; of one studio, a line that is no record is one of unknown content."""
    whose = [meaning.head for meaning in source.meanings if STUDIO in meaning.targets]
    if source.is_shared:
        ids = arrow.encoded(source.table.columns[source.table.heads.index(whose[0])])
        count = np.bincount(arrow.numbers(ids.indices)).tolist()
        read = replace(read, of_studios=dict(zip(ids.dictionary.to_pylist(), count, strict=True)))
    else:
        source = replace(source, table=with_left_out(source.table, whose))
    fed = feed(source)
    sources += fed
    feeds = Counter[str]()
    for other in fed[1:]:
        feeds[other.log] += other.table.rows
    return replace(read, feeds=tuple(feeds.items()))


def _why_no_log(read: FileRead, table: RawTable, found: Identified) -> str:
    """Sheets that explain or hold lists, and data of other programs, never were a log; anything else may have been."""
    is_ours = table.sheet in (HOW_TO, LISTS) or (table.hidden and not table.rows)
    return NO_LOG if is_ours or (read.format == JSON and found.likely is None) else found.problem


def _is_record(heads: Sequence[str]) -> bool:
    """Whether what stands where heads are expected is a record, with a date, a telephone number or an address in it."""
    return any(_FIGURES.fullmatch(head.strip()) for head in heads)


def unknown_format(name: str) -> str:
    return f"files ending in '{PurePosixPath(name).suffix or name}' are not read; export it as CSV or as a workbook"
