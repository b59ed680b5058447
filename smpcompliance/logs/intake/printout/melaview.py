"""Files of MELAview: one for each cycle, whose ending says how the cycle ended.

The name is five characters of the device and a counter of three (`DAC01000.PRO`), the folder is `MM_YYYY`, `.PRO` is
a success and `.STR` a fault. The text is what the sterilizer printed.
"""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from smpcompliance.logs.intake.printout.cell import Cell, doubts, table
from smpcompliance.logs.intake.printout.profile import Profile
from smpcompliance.logs.intake.printout.read import decoded, printed, profile_of
from smpcompliance.logs.intake.printout.ticket import Ticket
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile, Unreadable
from smpcompliance.patterns import pattern

ENDINGS = {".pro": "pass", ".str": "fail"}
STEM = pattern(r"(?P<device>[0-9A-Z]{5})(?P<counter>[0-9A-Z]{3})", re.IGNORECASE)
MONTH_FOLDER = pattern(r"(?P<month>0[1-9]|1[0-2])_(?P<year>(?:19|20)\d\d)")

LEAST_LINES = 3
"""A file with fewer lines that say anything is no printout."""


def recognises(source: SourceFile, own: Sequence[Profile] = ()) -> bool:
    """Whether the file is named as MELAview names a cycle, and is a known printout or lies in a folder of a month."""
    path = PurePosixPath(source.name)
    if path.suffix.lower() not in ENDINGS or not STEM.fullmatch(path.stem):
        return False
    return bool(MONTH_FOLDER.fullmatch(path.parent.name)) or profile_of(source.data, own) is not None


def read(source: SourceFile, own: Sequence[Profile] = ()) -> tuple[RawTable, ...]:
    """Reads one cycle: its text by the profile that fits it, its result by text and ending together.

    Raises:
        NotReadable: the file is not named as MELAview names a cycle.
    """
    path = PurePosixPath(source.name)
    stem = STEM.fullmatch(path.stem)
    if path.suffix.lower() not in ENDINGS or stem is None:
        raise NotReadable(f"{source.name}: expected a file of MELAview, such as 03_2016/DAC01000.PRO")
    ending = ENDINGS[path.suffix.lower()]
    profile = profile_of(source.data, own)
    if profile is None:
        text, _ = decoded(source.data)
        said = sum(any(map(str.isalnum, line)) for line in text.splitlines())
        empty = said < LEAST_LINES and ending == "pass"
        result = Cell("", "the file holds no printout: its ending alone is no evidence", 1) if empty else Cell(ending)
        return (_by_name(source.name, path, stem, result),)
    found = printed(profile, source)
    if len(found.tickets) == 1:
        found.rows[0]["result"] = _result(found.tickets[0], found.rows[0]["result"], ending, path.suffix)
        found.rows[0].update(_of_other_month(found.rows[0], path.parent.name, found.tickets[0].line))
    else:
        for row in found.rows:
            row["result"] = Cell("", f"{len(found.rows)} printouts share the one ending {path.suffix}", 1)
    return (found.table(source.name),)


def _result(ticket: Ticket, said: Cell, ending: str, suffix: str) -> Cell:
    """The result where text and ending agree, or only one of them says it.

    A text that is cut off or contradicts itself is no success, whatever the ending says.
    """
    if said.value == ending or (said.value, ending) == ("aborted", "fail"):
        return said
    if said.value:
        reason = f"the text says {said.value}, the ending {suffix} of the file says {ending}"
        return Cell("", reason, ticket.line)
    silent = not ticket.of("pass", "fail", "aborted")
    return Cell(ending) if ending == "fail" and silent else said


def _of_other_month(row: dict[str, Cell], folder: str, line: int) -> dict[str, Cell]:
    """Start and end left blank where the folder is of another month than both."""
    month = MONTH_FOLDER.fullmatch(folder)
    said = {row[head].value[:7] for head in ("started_at", "ended_at")} - {""}
    if month is None or not said or f"{month['year']}-{month['month']}" in said:
        return {}
    reason = f"the folder {folder} is of another month than the printout: is it the printout of another cycle?"
    return {head: Cell("", reason, line) for head in ("started_at", "ended_at")}


def _by_name(file: str, path: PurePosixPath, stem: re.Match[str], result: Cell) -> RawTable:
    """A cycle of whose text nothing is known: device, month and result."""
    month = MONTH_FOLDER.fullmatch(path.parent.name)
    row = {
        "cycle_id": Cell(f"{path.parent.name}/{path.stem}"),
        "equipment_id": Cell(stem["device"]),
        "started_at": Cell(f"{month['year']}-{month['month']}" if month else ""),
        "result": result,
        "notes": Cell(f"result by the ending {path.suffix} of the file"),
    }
    reason = (
        "the text is no printout that is known here: only device, month and result were read, from names; "
        "write a profile of this sterilizer into the folder devices"
    )
    return table(file, [row], [1], [Unreadable(file, 1, None, "", reason), *doubts(file, row)], ())
