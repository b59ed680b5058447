"""From paths on the command line to logs, law and the list of input files."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from smpcompliance.audit.finding import Input
from smpcompliance.audit.run import law_of, under, wanted_rulesets, with_law
from smpcompliance.cli.shared import Law, fail
from smpcompliance.logs.intake.folder import FileRead, NothingToRead, Reading, find_studios, read_folders
from smpcompliance.rules.ruleset import Ruleset, load_rulesets


@dataclass(frozen=True)
class Handed:
    """What was handed in, and the law it is judged by."""

    reading: Reading
    rulesets: dict[str, Ruleset]
    inputs: tuple[Input, ...]


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
        found = [(folder, with_law(studio, jurisdictions, overlays)) for folder, studio in find_studios(paths)]
    except NothingToRead as error:
        fail(str(error))
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
    return Handed(reading, loaded, _inputs(reading))


def left_out(files: Sequence[FileRead]) -> list[str]:
    """A line for each file that is not used, with the reason; files that never could be a log are not spoken of."""
    return [f"{file.file}: {file.problem.removeprefix(f'{file.file}: ')}" for file in files if file.is_left_out]


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
            tuple([f.problem] * bool(f.problem) + remarks.get((f.studio, f.file), [])),
        )
        for f in reading.files
    )
