"""Printouts of Tuttnauer Elara autoclaves, as the device writes them to its USB stick: one text file for each cycle.

Every printout becomes one row of `sterilization_cycles` in the words of that log. The program decides what kind of
cycle it was, the status line alone decides how it ended, and the readings of the phase `S` say what the hold was.
"""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from smpcompliance.logs.intake.printout.cell import STEAM_TYPES, Cell, doubts, table
from smpcompliance.logs.intake.printout.read import decoded
from smpcompliance.logs.intake.printout.tuttnauer.hold import clock_faults, has_hold, measured, remarks, seconds
from smpcompliance.logs.intake.printout.tuttnauer.lines import Printout, printouts
from smpcompliance.logs.intake.printout.tuttnauer.marks import recognises
from smpcompliance.logs.intake.printout.tuttnauer.outcome import cycle_type, notes, result
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile, Unreadable
from smpcompliance.patterns import pattern

DATE = pattern(r"(\d{1,2})/([A-Z]{3})[A-Z]*/(\d{4})", re.ASCII | re.IGNORECASE)
SERIAL = pattern(r"[0-9A-Za-z-]+")
NUMBER = pattern(r"[0-9]{1,12}")
UNSIGNED = pattern(r"[_\s.-]*")
YEARS = range(1990, 2100)
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def read(source: SourceFile) -> tuple[RawTable, ...]:
    """Read every printout of a file into one table of `sterilization_cycles`, one row each.

    Temperatures are in °C, pressure in kPa absolute, durations in minutes rounded down. What is not there or not
    sure is a blank cell; what could not be read is among the misfits as well.

    Args:
        source: the file.

    Returns:
        One table; its lines are those of the date of each printout.

    Raises:
        NotReadable: the file is no Tuttnauer printout.
    """
    if not recognises(source.data):
        raise NotReadable(
            f"{source.name}: expected a Tuttnauer printout with lines such as `Ser. Num:` and `Cycle Num:`; "
            "copy the TXT file of the cycle from the autoclave's USB stick again"
        )
    text, encoding = decoded(source.data)
    found = printouts(text)
    rows = [_cells(printout) for printout in found]
    misfits = [
        misfit for printout, row in zip(found, rows, strict=True) for misfit in _misfits(source.name, printout, row)
    ]
    said = () if encoding == "UTF-8" else (f"the file is not UTF-8 and was read as {encoding}",)
    return (table(source.name, rows, [printout.begins for printout in found], misfits, said),)


def _cells(printout: Printout) -> dict[str, Cell]:
    """All cells of one printout, by head."""
    serial = _said(printout, "serial", "serial number", SERIAL)
    number = _said(printout, "number", "cycle number", NUMBER)
    both = serial.value and number.value
    cells = {
        "equipment_id": serial,
        "cycle_number": Cell(str(int(number.value))) if number.value else number,
        "cycle_id": Cell(f"{serial.value}-{number.value}" if both else ""),
        "program": _said(printout, "program", "program", None),
        "operator_id": _operator(printout),
        "notes": notes(printout),
        "result": result(printout),
    }
    cells |= _times(printout) | measured(printout)
    cells["cycle_type"] = cycle_type(printout, cells["program"].value)
    steam = cells["cycle_type"].value in STEAM_TYPES
    if steam and (known := remarks(printout)):
        told = cells["notes"]
        cells["notes"] = replace(told, value="; ".join(filter(None, (told.value, *known))))
    cells["method"] = Cell("steam" if steam else "")
    if steam and cells["result"].value == "pass" and not has_hold(printout):
        reason = "the printout ends well but has no reading of the hold (phase S): it is not complete"
        cells |= dict.fromkeys(("exposure_minutes", "result"), Cell("", reason, printout.begins))
    return cells


def _said(printout: Printout, kind: str, what: str, expected: re.Pattern[str] | None) -> Cell:
    """What the line of this kind says; blank with a doubt where it is missing, damaged or said in two ways."""
    entries = printout.of(kind)
    said = {entry.parts[0] if entry.parts else entry.text for entry in entries}
    if not said:
        reason = f"the printout has no readable line with the {what}: copy it from the device again"
        return Cell("", reason, printout.begins)
    if len(said) > 1:
        return Cell("", f"the printout gives the {what} in two ways", entries[-1].line, entries[-1].text)
    value = said.pop()
    if expected and not expected.fullmatch(value):
        return Cell("", f"the {what} is damaged: expected letters or digits only", entries[0].line, entries[0].text)
    return Cell(value)


def _operator(printout: Printout) -> Cell:
    """Who signed; the line of underscores, to be signed by hand on paper, is nobody, and so is a missing line."""
    entries = printout.of("operator")
    signed = {entry.parts[0] for entry in entries if not UNSIGNED.fullmatch(entry.parts[0])}
    if len(signed) > 1:
        return Cell("", "the printout names two operators", entries[-1].line, entries[-1].text)
    return Cell(signed.pop() if signed else "")


def _times(printout: Printout) -> dict[str, Cell]:
    """Start and end as ISO text; an end before the start is on the next day."""
    day_said = _said(printout, "date", "date", None)
    start_said, end_said = (_said(printout, kind, f"time of the {kind}", None) for kind in ("start", "end"))
    day, start, end = _day(day_said.value), seconds(start_said.value), seconds(end_said.value)
    doubts = [
        _unless(day is not None, day_said, printout, "date", "expected a date such as 21/NOV/2017"),
        _unless(start is not None, start_said, printout, "start", "expected a time such as 16:23:33"),
        _unless(end is not None, end_said, printout, "end", "expected a time such as 16:23:33"),
    ]
    began = next((doubt for doubt in doubts[:2] if doubt.doubt), Cell())
    ended = next((doubt for doubt in (doubts[2], began) if doubt.doubt), Cell())
    if day is not None and start is not None:
        began = Cell(_iso(day, start))
        if end is not None:
            over_midnight = timedelta(days=int(end < start))
            ended = Cell(_iso(day + over_midnight, end))
    return {"started_at": began, "ended_at": ended}


def _unless(fits: bool, said: Cell, printout: Printout, kind: str, expected: str) -> Cell:
    """No doubt where the text fits; else the doubt of the line, or what was expected of it."""
    if fits or said.doubt:
        return Cell() if fits else said
    entry = printout.of(kind)[0]
    return Cell("", expected, entry.line, entry.text)


def _day(text: str) -> date | None:
    found = DATE.fullmatch(text)
    if not found or found[2].upper() not in MONTHS or int(found[3]) not in YEARS:
        return None
    try:
        return date(int(found[3]), MONTHS.index(found[2].upper()) + 1, int(found[1]))
    except ValueError:
        return None


def _iso(day: date, second: int) -> str:
    return (datetime(day.year, day.month, day.day) + timedelta(seconds=second)).isoformat()


def _misfits(file: str, printout: Printout, row: dict[str, Cell]) -> list[Unreadable]:
    """Lines that say nothing known, and cells that could not be told, by line."""
    unknown = "the line fits nothing a Tuttnauer printout says: it is damaged or not the device's"
    found = [Unreadable(file, entry.line, None, entry.text, unknown) for entry in printout.of("unreadable")]
    torn = "expected one time such as 16:23:33 for this clock on this side of the hold; the clock was not used"
    found += [Unreadable(file, entry.line, None, entry.text, torn) for entry in clock_faults(printout)]
    return found + doubts(file, row)
