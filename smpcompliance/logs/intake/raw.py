"""What every reader hands over: cells as they were written, with the place of each.

A reader turns one file into one or more `RawTable`s. It never types, renames, drops or corrects:
heads stay as written, cells stay text, and what does not fit is an `Unreadable`.
"""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

TEXT, NUMBER, DATE, YEARLESS = 0, 1, 2, 3
"""What a cell of a workbook is: text (or blank), a number, a date or time, a date that is shown without its year."""


@dataclass(frozen=True)
class Unreadable:
    """A line or cell of the studio's own file that could not be read; it is reported and never dropped in silence."""

    file: str
    line: int
    column: str | None  # the head as written, None where the whole line is meant
    text: str
    reason: str
    sheet: str = ""  # of a workbook


Misfits = list[tuple[int, Unreadable]]
"""What cannot be read, each with the code of the studio whose file it stands in."""

Remarks = list[tuple[int, str, str]]
"""What an owner should know of a reading: code of the studio, file and sheet, words."""

PERSONAL, PERSONAL_LINE = "(personal data)", "(the line may hold personal data)"
"""What is shown instead of a cell or a line that is, or may be, personal."""


def place_of(file: str, sheet: str) -> str:
    """A file, or a sheet of it, in messages."""
    return f"{file}, sheet {sheet}" if sheet else file


@dataclass(frozen=True)
class RawTable:
    """One table of one file.

    Attributes:
        file: path inside the studio folder, with forward slashes.
        heads: the column heads as written.
        columns: one Arrow string array per head, all of the same length, without nulls (a blank cell is "").
        lines: int64, the physical line (from 1) on which each record begins.
        head_line: physical line of the heads (0 where the file has none, as in a printout).
        misfits: records that have too many or too few cells, torn quotes and the like; not among the rows.
        notes: what the owner should know of the reading, e.g. the encoding that was taken.
        log: the log this table is, where the file says so itself (a device printout); else None.
        sheet: the sheet of a workbook; empty for any other file.
        hidden: whether the workbook does not show that sheet.
        native: per head a uint8 array, what the workbook itself holds in each cell (TEXT, NUMBER …); () for files of
            text.
        of_machine: whether a machine keeps this list (the cycle index of a sterilizer) and nobody writes it by hand.
    """

    file: str
    heads: tuple[str, ...]
    columns: tuple[pa.Array, ...]
    lines: np.ndarray
    head_line: int = 1
    misfits: tuple[Unreadable, ...] = ()
    notes: tuple[str, ...] = ()
    log: str | None = None
    sheet: str = ""
    hidden: bool = False
    native: tuple[np.ndarray, ...] = ()
    of_machine: bool = False

    @property
    def place(self) -> str:
        """File and sheet, for messages."""
        return place_of(self.file, self.sheet)

    def unreadable_at(self, row: int, head: str, text: str, reason: str) -> Unreadable:
        """A cell of a row that cannot be read, with its place."""
        return Unreadable(self.file, int(self.lines[row]), head, text, reason, self.sheet)

    @property
    def rows(self) -> int:
        return len(self.lines)


class NotReadable(Exception):
    """The whole file cannot be read; the message says what was expected and what to do."""


@dataclass(frozen=True)
class SourceFile:
    """A file of the studio as bytes, with its path inside the folder."""

    name: str
    data: bytes = field(repr=False)
