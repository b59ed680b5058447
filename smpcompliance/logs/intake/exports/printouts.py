"""Runs of a sterilizer whose export holds the printed text of each: the text says more than the fields around it.

The export's own yes or no says how a run ended, and its printout must not contradict it: where the two disagree, or a
printout that is known here shows no end, the result stays blank and is told.
"""

from collections.abc import Sequence

import pyarrow as pa

from smpcompliance.logs import arrow
from smpcompliance.logs.cells import blanks
from smpcompliance.logs.intake.exports.cells import Made
from smpcompliance.logs.intake.printout import read as printout
from smpcompliance.logs.intake.printout.row import TROUBLE
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile, Unreadable
from smpcompliance.logs.schema import normal, shared

USED = (
    "equipment_id", "method", "ended_at", "temperature_c", "max_temperature_c", "pressure_kpa", "exposure_minutes",
    "drying_minutes", "sample_seconds", "readings_hash",
)  # fmt: skip
"""Columns that only the printout tells."""
_UNITS = {"temperature_c": " °C", "max_temperature_c": " °C", "pressure_kpa": " kPa abs"}
"""What the printout's values are in, written behind each, so that nobody has to tell it from their size."""
_MOST_SHOWN = 20  # misfits of printouts per file


def runs(
    table: RawTable, texts: pa.Array, says: pa.Array, began: pa.Array, numbers: pa.Array, head: str
) -> dict[str, Made]:
    """What the printed text of each run says, by column of `sterilization_cycles`.

    Args:
        texts: the printed text of each run; blank where there is none.
        says: whether it ended well, as the export says (true or false).
        began: the day, or the moment, on which it began, as the export says.
        numbers: the cycle number, as the export says; the text of another cycle is not used.
        head: of the texts.
    """
    rows = [
        _read(table, int(line), text, number.strip())
        for line, text, number in zip(table.lines, texts.to_pylist(), numbers.to_pylist(), strict=True)
    ]
    misfits = [misfit for _, found in rows for misfit in found]
    made = {
        column: Made(f"{column} (in {head})", arrow.strings(_with_unit(row or {}, column) for row, _ in rows))
        for column in USED
    }
    made = {column: one for column, one in made.items() if not blanks(one.cells).all()}
    starts = []
    for (row, _), said in zip(rows, began.to_pylist(), strict=True):
        printed = (row or {}).get("started_at", "")
        starts.append(printed if len(said.strip()) == 10 and printed[:10] == said.strip() else said)
    made["started_at"] = Made(f"started_at (with the time in {head})", arrow.strings(starts))
    results = []
    for line, (row, _), text, said in zip(table.lines, rows, texts.to_pylist(), says.to_pylist(), strict=True):
        word, doubt = _result(said, row, text)
        results.append(word)
        if doubt:
            misfits.append(Unreadable(table.file, int(line), "result", "", doubt))
    more = len(misfits) - _MOST_SHOWN
    notes = (f"{more} more lines of '{head}' could not be read",) if more > 0 else ()
    made["result"] = Made(f"result (in {head})", arrow.strings(results), tuple(misfits[:_MOST_SHOWN]), notes)
    return made


def _with_unit(row: dict[str, str], column: str) -> str:
    value = row.get(column, "")
    return value + _UNITS.get(column, "") if value else ""


def _read(table: RawTable, line: int, text: str, number: str) -> tuple[dict[str, str] | None, Sequence[Unreadable]]:
    """The cells of the one printout in a text; None where it is no printout that is known here.

    A text that does not belong to the run gives no cell, and so shows no end of it either.
    """
    try:
        (found,) = printout.read(SourceFile(table.file, text.encode("utf-8", "replace")))
    except NotReadable:
        return None, ()
    if found.rows != 1:
        return {}, (Unreadable(table.file, line, None, "", "the printed text of this run holds several printouts"),)
    cells = {head: column[0].as_py() for head, column in zip(found.heads, found.columns, strict=True)}
    printed = cells["cycle_number"]
    if number and printed and number.lstrip("0") != printed.lstrip("0"):
        reason = f"the printed text of this run is that of cycle {printed}: nothing of it is used"
        return {}, (Unreadable(table.file, line, "cycle_number", number, reason),)
    doubts = [
        Unreadable(table.file, line, misfit.column, misfit.text, f"in the printed text: {misfit.reason}")
        for misfit in found.misfits
        if misfit.column in (*USED, None)
    ]
    return cells, doubts


def _result(said: str, row: dict[str, str] | None, text: str) -> tuple[str, str]:
    """The result of a run, and why there is none where there is none."""
    well = shared().flags.get(normal(said))
    if well is None:
        return said, ""
    printed = (row or {}).get("result", "")
    if row is None and TROUBLE.search(text):
        printed = "fail"
    if well and printed in ("fail", "aborted"):
        return (
            "",
            "the export says that the run succeeded, its printed text shows trouble: look at the machine's record",
        )
    if not well and printed == "pass":
        return (
            "",
            "the export says that the run did not succeed, its printed text that it did: look at the machine's record",
        )
    if well and row is not None and not printed:
        return "", "the export says that the run succeeded, but its printed text shows no good end: it may be cut off"
    return (printed or ("pass" if well else "fail")) if row is not None else ("pass" if well else "fail"), ""
