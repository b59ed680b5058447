"""What the files of a workbook say of a sheet beside its cells: how large it is, and which cells need a word."""

from dataclasses import dataclass, field

from smpcompliance.logs.intake.raw import NotReadable, SourceFile

MOST_CELLS = 20_000_000  # of a sheet, blank ones between filled ones among them
MOST_ODD_CELLS = 2_000_000  # cells of a sheet that need a word

ERROR, NEVER_CALCULATED, SHOWN, FORMAT = "error", "never calculated", "shown", "format"


@dataclass(frozen=True)
class Odd:
    """A cell that is not what the reader of cells makes of it.

    Attributes:
        kind: ERROR, NEVER_CALCULATED, SHOWN (the text to take instead) or FORMAT (the number format to show it in).
    """

    kind: str
    text: str = ""


@dataclass
class SheetScan:
    """What the file of one sheet says.

    Attributes:
        rows, columns: the size of the area that holds cells with a value, from the first row and column of the sheet.
        odd: (row, column), both from 0 → what is odd about the cell.
        spans: (row, column, rows) of the cells that cover several rows, from 0.
        hidden_rows: how many rows that hold a value are hidden.
    """

    rows: int = 0
    columns: int = 0
    odd: dict[tuple[int, int], Odd] = field(default_factory=dict)
    spans: list[tuple[int, int, int]] = field(default_factory=list)
    hidden_rows: int = 0


class TooLarge(Exception):
    """A sheet that covers more cells than are read."""


def too_large(source: SourceFile, sheet: str, row: int, column: int) -> NotReadable:
    """What is raised for a sheet with a cell too far out, its row and column counted from 0."""
    return covers_too_much(source, sheet, place_of(row, column))


def covers_too_much(source: SourceFile, sheet: str, place: str) -> NotReadable:
    """What is raised for a sheet with a cell too far out, at a place such as B12."""
    return NotReadable(
        f"{source.name}: the sheet '{sheet}' holds a cell far out, at {place}, and so covers more than {MOST_CELLS} "
        "cells. Delete the rows and columns beyond the table and save the workbook anew."
    )


def place_of(row: int, column: int) -> str:
    """The place of a cell, its row and column counted from 0, as the sheet shows it: B12."""
    letters = ""
    column += 1
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
