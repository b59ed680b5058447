"""From paths on the command line to logs, law and the list of input files."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from smpcompliance.audit.finding import Input
from smpcompliance.audit.run import law_of, under, wanted_rulesets, with_law
from smpcompliance.audit.waivers import Waiver, read_waivers
from smpcompliance.cli.shared import Law, fail
from smpcompliance.logs.intake.folder import FileRead, Reading, find_studios, read_folders
from smpcompliance.logs.intake.places.place import STDIN, WAIVERS, NothingToRead, Place, own_files, text_of
from smpcompliance.logs.intake.raw import SourceFile
from smpcompliance.logs.intake.tables.encoding import LARGEST_FILE
from smpcompliance.logs.studio import Studio
from smpcompliance.report.untrusted import clean
from smpcompliance.rules.ruleset import Ruleset, load_rulesets

_CHUNK = 1 << 20  # bytes
_LONGEST_LINE = 2000  # characters of a message


@dataclass(frozen=True)
class Handed:
    """What was handed in, and the law it is judged by."""

    reading: Reading
    rulesets: dict[str, Ruleset]
    inputs: tuple[Input, ...]
    waivers: tuple[Waiver, ...]


def hand_in(
    paths: Sequence[Path],
    jurisdictions: Sequence[str],
    overlays: Sequence[str],
    law: Law,
    progress: Callable[[str], None],
) -> Handed:
    """Reads studios, logs and law; ends the program kindly where there is nothing to judge."""
    known = list(law.shelves)
    for id in jurisdictions:
        if id not in known:
            fail(f"there is no ruleset {id!r}; known are {', '.join(known)}")
    try:
        found = [(folder, with_law(studio, jurisdictions, overlays)) for folder, studio in find_studios(given(paths))]
    except NothingToRead as error:
        fail(clean(str(error), _LONGEST_LINE))
    loaded = load_rulesets(law.shelves, {*wanted_rulesets([studio for _, studio in found], known), *law.own})
    found = [(folder, under(studio, loaded, law.own)) for folder, studio in found]
    for id in law.own:
        if not any(id in law_of(studio) for _, studio in found):
            fail(f"the ruleset {id} extends {loaded[id].extends}, which is the law of no studio here")
    reading = read_folders(found, progress)
    if not any(file.log and not file.problem for file in reading.files):
        fail(
            "\n".join(
                [
                    "nothing to audit: no file could be used as a log.",
                    *(f"  {line}" for line in left_out(reading.files)),
                ]
            )
        )
    return Handed(reading, loaded, _inputs(reading), tuple(_waivers(found)))


def _waivers(found: Sequence[tuple[Place, Studio]]) -> Iterator[Waiver]:
    """The waivers that lie in the studios' folders; each holds for the studio of its folder."""
    for place in dict.fromkeys(place for place, _ in found):
        here = [studio.studio_id for there, studio in found if there is place]
        whose = here[0] if len(here) == 1 else None
        for name in own_files(place):
            if name in WAIVERS:
                read = read_waivers(text_of(place, name), f"{place}/{name}", whose)
                yield from (replace(waiver, file=name) for waiver in read)


def left_out(files: Sequence[FileRead]) -> list[str]:
    """A line for each file that is not used, with the reason; files that never could be a log are not spoken of."""
    return [
        clean(f"{file.place}: {file.problem.removeprefix(f'{file.file}: ')}", _LONGEST_LINE)
        for file in files
        if file.is_left_out
    ]


def given(paths: Sequence[Path]) -> list[Path | SourceFile]:
    """The paths; `-` is the archive that stands on stdin."""
    if sum(str(path) == "-" for path in paths) > 1:
        fail("- stands for the ZIP archive on stdin and can be given once only")
    return [_stdin() if str(path) == "-" else path for path in paths]


def _stdin() -> SourceFile:
    """What stands on stdin, or only its beginning where that shows that it is no archive."""
    if sys.stdin is None or sys.stdin.isatty():
        fail("- reads a ZIP archive of a studio's folder from stdin; write for instance: audit - < studio.zip")
    chunks = [sys.stdin.buffer.read(2)]
    size = 2
    while chunks[0] == b"PK" and chunks[-1]:
        chunks.append(sys.stdin.buffer.read(_CHUNK))
        size += len(chunks[-1])
        if size > LARGEST_FILE:
            fail(f"stdin holds more than {LARGEST_FILE:,} bytes; split the archive, for instance by studio")
    return SourceFile(STDIN, b"".join(chunks))


def _inputs(reading: Reading) -> tuple[Input, ...]:
    remarks: dict[tuple[int, str], list[str]] = {}
    for studio, file, text in reading.intake.remarks:
        remarks.setdefault((studio, file), []).append(text)
    studios = reading.intake.logs.studios
    return tuple(
        Input(
            studios[f.studio].studio_id,
            f.file,
            None if f.problem else f.log,
            f.sha256,
            f.rows,
            tuple([f.problem] * bool(f.problem) + remarks.get((f.studio, f.place), [])),
            f.sheet,
        )
        for f in reading.files
    )
