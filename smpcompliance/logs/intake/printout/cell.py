"""What a printout gives: one row of `sterilization_cycles`, each cell with the doubt that left it blank."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from smpcompliance.logs.arrow import strings
from smpcompliance.logs.intake.printout.steam import OFF_STEAM
from smpcompliance.logs.intake.raw import RawTable, Unreadable
from smpcompliance.patterns import pattern

HEADS = (
    "cycle_id",
    "equipment_id",
    "cycle_number",
    "record_number",
    "cycle_type",
    "method",
    "program",
    "started_at",
    "ended_at",
    "temperature_c",
    "max_temperature_c",
    "pressure_kpa",
    "exposure_minutes",
    "drying_minutes",
    "sample_seconds",
    "readings_hash",
    "result",
    "operator_id",
    "notes",
)
"""The columns of every table that a printout gives."""

LOG = "sterilization_cycles"
DAY_SECONDS = 86400
STEAM_TYPES = frozenset({"load", "bowie_dick", "helix"})
"""The kinds of run that hold a temperature in steam."""

# A program name may be cut to 13 characters, so the "Test" of "Hollow Load Test" may be a lone T.
_KINDS = (
    ("bowie_dick", pattern(r"bowie|\bb\.?\s?(?:&|and)?\s?d\.?\b", re.IGNORECASE)),
    ("helix", pattern(r"helix|hollow (?:load )?t(?:e|es|est)?$", re.IGNORECASE)),
    ("leak_test", pattern(r"\bvac(?:uum|\.)?[ _]?test|leak|dichtigkeit", re.IGNORECASE)),
    ("control_test", pattern(r"\bcontrol test|\bact\b", re.IGNORECASE)),
    ("drying", pattern(r"extra dry|^dry", re.IGNORECASE)),
    ("warm_up", pattern(r"warm[ -]?up", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Cell:
    """A value as text, "" where it is not there; `doubt` says why it could not be told, `line` and `text` where."""

    value: str = ""
    doubt: str = ""
    line: int = 0
    text: str = ""


def kinds_of_program(program: str) -> tuple[str, ...]:
    """Every kind of run that a program is by its name: none where it has no name, `load` where it names no test."""
    return tuple(word for word, pattern in _KINDS if pattern.search(program)) or (("load",) if program else ())


def minutes(duration: int) -> str:
    """Seconds as minutes with two decimals, rounded down so that no time is over-stated."""
    hundredths = duration * 100 // 60
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def doubts(file: str, row: dict[str, Cell]) -> list[Unreadable]:
    """The cells of a row that could not be told."""
    return [Unreadable(file, cell.line, head, cell.text, cell.doubt) for head, cell in row.items() if cell.doubt]


def table(
    file: str,
    rows: Sequence[dict[str, Cell]],
    lines: Sequence[int],
    misfits: Sequence[Unreadable],
    notes: Sequence[str],
) -> RawTable:
    """The table of `sterilization_cycles` of one file.

    Args:
        rows: the cells of each printout by head; a head that is missing is blank.
        lines: the physical line on which each printout begins.
    """
    return RawTable(
        file=file,
        heads=HEADS,
        columns=tuple(strings(row.get(head, Cell()).value for row in rows) for head in HEADS),
        lines=np.array(lines, dtype=np.int64),
        head_line=0,
        misfits=tuple(sorted(misfits, key=lambda misfit: misfit.line)),
        notes=(*notes, *_off_steam(rows, lines)),
        log=LOG,
    )


def _off_steam(rows: Sequence[dict[str, Cell]], lines: Sequence[int]) -> list[str]:
    """What to say of a file with holds whose temperature and pressure cannot both be those of steam."""
    found = [line for row, line in zip(rows, lines, strict=True) if OFF_STEAM in row.get("notes", Cell()).value]
    if not found:
        return []
    return [
        f"{len(found)} of {len(rows)} printouts (the first on line {found[0]}): temperature and pressure of the hold "
        "are not those of saturated steam; a unit was read wrongly, air was in the chamber, or a sensor is bad"
    ]
