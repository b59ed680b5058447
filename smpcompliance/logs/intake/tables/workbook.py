"""Workbooks (XLSX, XLS, XLSB, ODS): every sheet with the row of every record, cells as the sheet shows them.

Cells become text: whole numbers without a decimal point, dates as 2026-03-04 (2026-03 where the sheet shows the month
and the date is its first day), moments as 2026-03-04 14:10, times and lengths of time as 14:10, truth values as true
and false, percentages as 50%, numbers that show leading zeros with them
(in an .xlsb a number is given without its format). A formula counts with the value it had when the workbook was saved.
A cell that covers several rows says the same for each of them.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.logs.arrow import is_filled, strings, take
from smpcompliance.logs.cells import unread_at
from smpcompliance.logs.intake.raw import DATE, NUMBER, TEXT, YEARLESS, NotReadable, RawTable, SourceFile, Unreadable
from smpcompliance.logs.intake.tables.head_rows import (
    LOOKED_AT,
    HeadRow,
    find_head_row,
    notes_of_heads,
    numbered,
    one_line,
    plainly_heads,
)
from smpcompliance.logs.intake.tables.heads import MOST_TABLES
from smpcompliance.logs.intake.tables.sheet_scan import (
    ERROR,
    FORMAT,
    MOST_CELLS,
    NEVER_CALCULATED,
    SHOWN,
    Odd,
    SheetScan,
)
from smpcompliance.logs.intake.tables.tidy import tidied
from smpcompliance.logs.intake.tables.workbook_old import scan_old
from smpcompliance.logs.intake.tables.workbook_scan import (
    DAY_OF_A_YEAR,
    MONTH,
    in_format,
    is_workbook_archive,
    plain,
    shown_of_date,
    unpack,
    with_password,
)
from smpcompliance.patterns import pattern

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book", "EncryptedPackage"))
MOST_COLUMNS = 32_768  # of all sheets together, blank ones between filled ones among them
LARGEST_OLD_WORKBOOK = 1 << 28  # bytes of an .xls
_REPORTED = 100  # cells of one column that are reported one by one
_OLD_DURATION = pattern(r"PT(\d+)H(\d+)M(\d+)(?:\.\d+)?S")
_DIGITS_KEPT = 15  # of a number in a workbook
_SAVE_ANEW = "Open it in the program it comes from, save it anew as .xlsx and hand that file in."
_NO_NUMBER = "not a number"


def recognises(source: SourceFile) -> bool:
    """Whether a file is a workbook by its content, whatever its name."""
    if source.data.startswith(_OLE):
        return any(name in source.data for name in _STREAMS)
    return is_workbook_archive(source.data)


def read(source: SourceFile) -> tuple[RawTable, ...]:
    """Read every sheet of a workbook: a table each, or several where new heads begin behind a blank row.

    Sheets without any cell are left out. Lines are the numbers of the rows as the program shows them.

    Raises:
        NotReadable: the workbook is damaged, has a password, is too large, or holds no cells at all.
    """
    data = source.data
    scans: Mapping[str, SheetScan] = {}
    if data.startswith(_OLE):
        _check_old(source)
        scans = scan_old(source)
    else:
        unpacked = unpack(source)
        data, scans = unpacked.data, unpacked.sheets
    tables = [table for sheet in _sheets(data, scans, source) for table in _tables(source.name, sheet)]
    if not tables:
        if any(odd.kind == NEVER_CALCULATED for scan in scans.values() for odd in scan.odd.values()):
            raise NotReadable(
                f"{source.name}: this workbook holds formulas only, and they were never calculated. Open it in a "
                "spreadsheet program, save it and hand it in again."
            )
        raise NotReadable(
            f"{source.name}: no sheet of this workbook holds any cell (pictures and drawings are not read). Type the "
            "records into cells, a line of heads and a line per record."
        )
    return tuple(tidied(table, alone=len(tables) == 1) for table in tables)


def _check_old(source: SourceFile) -> None:
    if _STREAMS[2] in source.data:
        raise NotReadable(with_password(source))
    if len(source.data) > LARGEST_OLD_WORKBOOK:
        raise NotReadable(
            f"{source.name}: the workbook holds {len(source.data)} bytes, at most {LARGEST_OLD_WORKBOOK} are read. "
            "Split it, for instance by year."
        )


@contextmanager
def _calmly(source: SourceFile) -> Iterator[None]:
    """Turns whatever the reader of workbooks raises, its panics among it, into `NotReadable`."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        if type(error).__name__ == "PasswordError":
            raise NotReadable(with_password(source)) from None
        raise NotReadable(f"{source.name}: the workbook is damaged ({str(error)[:200]}). {_SAVE_ANEW}") from None


@dataclass
class _Sheet:
    """The cells of a sheet, column by column.

    Attributes:
        row: number, from 0, of the first row.
        texts: one list per column; a blank cell is "".
        kinds: per column TEXT, NUMBER or DATE.
        odd: cells to report: (row, column) in these columns → what the cell shows and why it cannot be read.
    """

    name: str
    hidden: bool
    row: int
    texts: list[list[str]]
    kinds: list[np.ndarray]
    odd: dict[int, list[tuple[int, str, str]]]
    notes: tuple[str, ...]


def _sheets(data: bytes, scans: Mapping[str, SheetScan], source: SourceFile) -> Iterator[_Sheet]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum, load_workbook

    with _calmly(source):
        book = load_workbook(io.BytesIO(data))
        known = book.sheets_metadata
    cells = columns = 0
    for found in known:
        if found.typ != SheetTypeEnum.WorkSheet or (scans and found.name not in scans):
            continue
        with _calmly(source):
            sheet = book.get_sheet_by_name(found.name)
            size = sheet.height * sheet.width
        cells, columns = cells + size, columns + sheet.width
        if size <= MOST_CELLS and (cells > MOST_CELLS or columns > MOST_COLUMNS):
            raise NotReadable(
                f"{source.name}: the sheets down to '{found.name}' cover {cells} cells in {columns} columns; at most "
                f"{MOST_CELLS} cells in {MOST_COLUMNS} columns are read. Delete what lies beyond the tables, or save "
                "sheets as workbooks of their own."
            )
        if size > MOST_CELLS:
            raise NotReadable(
                f"{source.name}: the sheet '{found.name}' covers {sheet.height} rows and {sheet.width} columns, more "
                f"than {MOST_CELLS} cells. Delete what lies beyond the table and save the workbook anew."
            )
        if size:
            with _calmly(source):
                rows = sheet.to_python()
            scan = scans.get(found.name, SheetScan())
            yield _cells(found.name, found.visible != SheetVisibleEnum.Visible, sheet.start or (0, 0), rows, scan)


def _cells(name: str, hidden: bool, start: tuple[int, int], rows: list[list[Any]], scan: SheetScan) -> _Sheet:
    row, column = start
    columns = list(zip(*rows, strict=True))
    kinds, texts = [], []
    odd: dict[int, list[tuple[int, str, str]]] = {}
    for at, cells in enumerate(columns):
        kinds.append(_kinds(cells))
        texts.append(_texts(cells))
        for place in np.flatnonzero(kinds[at] == NUMBER).tolist() if _NO_NUMBER in texts[at] else ():
            if texts[at][place] == _NO_NUMBER:
                texts[at][place], kinds[at][place] = "", TEXT
                odd.setdefault(at, []).append((place, "", "the cell holds no number that can be told; write it anew"))
    for (r, c), what in scan.odd.items():
        if 0 <= r - row < (len(texts[0]) if texts else 0) and 0 <= c - column < len(texts):
            _settle(what, r - row, c - column, columns, texts, kinds, odd)
    long = sum(_long_numbers(cells, kinds[at]) for at, cells in enumerate(texts))
    covered = 0
    for r, c, down in scan.spans:
        covered += _spread(r - row, c - column, down, texts, kinds)
    notes = []
    if long:
        notes.append(
            f"numbers of more than 15 digits stand in {long} cells, and a workbook keeps only 15 of them; write such a "
            "number as text (an apostrophe in front of it) if it is a lot or an article number"
        )
    if covered:
        notes.append(f"cells that cover several rows were read in each of them: {covered} cells")
    if hidden:
        notes.append("the workbook hides this sheet; it is read too")
    if scan.hidden_rows:
        notes.append(f"rows that the sheet hides, by a filter or by hand, are read too: {scan.hidden_rows}")
    return _Sheet(name, hidden, row, texts, kinds, odd, tuple(notes))


def _long_numbers(cells: Sequence[str], kinds: np.ndarray) -> int:
    """How many numbers have more digits than a workbook keeps."""
    if not (kinds == NUMBER).any() or max(map(len, cells)) <= _DIGITS_KEPT:
        return 0
    return sum(
        kind == NUMBER and len(cell) > _DIGITS_KEPT and cell.isdecimal()
        for cell, kind in zip(cells, kinds, strict=True)
    )


def _settle(
    what: Odd,
    row: int,
    column: int,
    columns: Sequence[Sequence[Any]],
    texts: list[list[str]],
    kinds: list[np.ndarray],
    odd: dict[int, list[tuple[int, str, str]]],
) -> None:
    """Do with an odd cell what it needs."""
    if what.kind == FORMAT:
        number = columns[column][row]
        if isinstance(number, date) and texts[column][row]:
            shown = shown_of_date(what.text)
            if shown == MONTH and number.day == 1:
                texts[column][row] = f"{number.year:04}-{number.month:02}"
            elif shown == DAY_OF_A_YEAR:
                kinds[column][row] = YEARLESS
        elif isinstance(number, int | float) and not isinstance(number, bool) and texts[column][row]:
            texts[column][row] = in_format(number, what.text)
    elif what.kind == SHOWN:
        texts[column][row] = what.text
    elif what.kind == ERROR:
        texts[column][row], kinds[column][row] = "", TEXT
        reason = "the cell shows an error instead of a value; it is not read: mend the formula or write the value"
        odd.setdefault(column, []).append((row, what.text[:20], reason))
    elif what.kind == NEVER_CALCULATED and not texts[column][row]:
        reason = "the formula of this cell was never calculated; open the workbook, save it and hand it in again"
        odd.setdefault(column, []).append((row, "", reason))


def _spread(row: int, column: int, rows: int, texts: list[list[str]], kinds: list[np.ndarray]) -> int:
    """Give the rows below the value of a cell that covers them; how many cells were given one."""
    if not (0 <= column < len(texts) and 0 <= row < len(texts[column])) or not texts[column][row]:
        return 0
    below = range(row + 1, min(row + rows, len(texts[column])))
    given = [place for place in below if not texts[column][place]]
    for place in given:
        texts[column][place], kinds[column][place] = texts[column][row], kinds[column][row]
    return len(given)


@lru_cache(maxsize=1 << 16)
def _moment(value: datetime) -> str:
    if value.microsecond:
        value = (value + timedelta(milliseconds=500)).replace(microsecond=0) if value.year < 9999 else value
    return value.isoformat(" ", "seconds" if value.second else "minutes")


def _clock(value: time) -> str:
    seconds = round(value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6)
    return _length(timedelta(seconds=seconds)).rjust(5, "0") if seconds % 60 == 0 else _length_padded(seconds)


def _length_padded(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _length(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    rest = f":{seconds % 60:02}" if seconds % 60 else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}{rest}"


@lru_cache(maxsize=1 << 16)
def _float(value: float) -> str:
    if value.is_integer() and -1e15 < value < 1e15:
        return str(int(value))
    return plain(value) if -1e300 < value < 1e300 else _NO_NUMBER


def _str(value: str) -> str:
    if value.startswith("PT") and (found := _OLD_DURATION.fullmatch(value)):
        return _length(timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=int(found[3])))
    return value


_SHOWN: dict[type, Callable[[Any], str]] = {
    str: _str,
    int: str,
    float: _float,
    bool: lambda value: "true" if value else "false",
    datetime: _moment,
    date: date.isoformat,
    time: _clock,
    timedelta: _length,
}
_KIND = {str: TEXT, bool: TEXT, int: NUMBER, float: NUMBER, datetime: DATE, date: DATE, time: DATE, timedelta: DATE}


def _texts(cells: Sequence[Any]) -> list[str]:
    if set(map(type, cells)) == {str} and "\nPT" not in "\n" + "\n".join(cells):
        return list(cells)
    return [_SHOWN[type(cell)](cell) for cell in cells]


def _kinds(cells: Sequence[Any]) -> np.ndarray:
    return np.fromiter(map(_KIND.__getitem__, map(type, cells)), np.uint8, len(cells))


def _tables(file: str, sheet: _Sheet) -> Iterator[RawTable]:
    """The tables of a sheet; a new one begins where heads stand behind a blank row."""
    columns = [pc.ascii_trim(strings(cells), " \t") for cells in sheet.texts]
    filled = np.logical_or.reduce([is_filled(column) for column in columns]) if columns else np.zeros(0, bool)
    rows = np.flatnonzero(filled)
    if not len(rows):
        return
    looked = rows[:LOOKED_AT].tolist()
    starts = _starts(sheet, filled, looked)
    if len(starts) > MOST_TABLES:
        raise NotReadable(
            f"{file}: in the sheet '{sheet.name}' new heads begin behind {len(starts) - 1} blank rows; at most "
            f"{MOST_TABLES} tables in one sheet are read. Put each of them on a sheet of its own."
        )
    for start, end in zip(starts, [*starts[1:], len(filled)], strict=True):
        table = _table(file, sheet, columns, rows[(rows >= start) & (rows < end)], end)
        yield replace(table, notes=(*sheet.notes, *table.notes)) if start == starts[0] else table


def _cells_of(sheet: _Sheet, row: int) -> tuple[str, ...]:
    return tuple(one_line(cells[row]) for cells in sheet.texts)


def _heads_of(sheet: _Sheet, looked: Sequence[int]) -> HeadRow:
    beside = [True] + [low == up + 1 for up, low in pairwise(looked)]
    return find_head_row([_cells_of(sheet, row) for row in looked], beside)


def _starts(sheet: _Sheet, filled: np.ndarray, looked: Sequence[int]) -> list[int]:
    """Rows where a table begins: the first one, and heads (or a title over heads) behind a blank row."""
    starts = [looked[0]]
    head_row = looked[_heads_of(sheet, looked).row]
    heads = _cells_of(sheet, head_row)
    behind_blank = np.flatnonzero(filled[1:] & ~filled[:-1]) + 1
    for row in behind_blank[behind_blank > head_row].tolist():
        for place in (row, row + 1):
            if place >= len(filled) or not plainly_heads(cells := _cells_of(sheet, place)):
                continue
            if cells != heads:
                starts.append(row)
                heads = cells
            break
    return starts


def _table(file: str, sheet: _Sheet, columns: list[pa.Array], rows: np.ndarray, end: int) -> RawTable:
    """The table in some filled rows of a sheet; the next one begins at `end`."""
    looked = rows[:LOOKED_AT].tolist()
    found = _heads_of(sheet, looked)
    body = rows[found.row + 1 :]
    kept = [at for at, head in enumerate(found.names) if head or is_filled(take(columns[at], body)).any()]
    above = [sheet.row + row + 1 for at, row in enumerate(looked[: found.row]) if at != found.label_row]
    label_line = None if found.label_row is None else sheet.row + looked[found.label_row] + 1
    head_line = sheet.row + looked[found.row] + 1
    names = tuple(found.names[at] for at in kept)
    reports = _reports(file, sheet, names, kept, range(looked[found.row] + 1, end))
    return RawTable(
        file,
        names,
        tuple(_with_odd(sheet, at, take(columns[at], body), body) for at in kept),
        body.astype(np.int64) + sheet.row + 1,
        head_line,
        tuple(sorted(reports, key=lambda report: report.line)),
        notes_of_heads("row", above, head_line, label_line),
        sheet=sheet.name,
        hidden=sheet.hidden,
        native=tuple(sheet.kinds[at][body] for at in kept),
    )


def _with_odd(sheet: _Sheet, column: int, cells: pa.Array, body: np.ndarray) -> pa.Array:
    """The cells of a column in some rows, those that hold something and cannot be read as such."""
    if not (odd := sheet.odd.get(column)):
        return cells
    return unread_at(cells, np.flatnonzero(np.isin(body, [row for row, _, _ in odd])))


def _reports(
    file: str, sheet: _Sheet, names: tuple[str, ...], kept: Sequence[int], rows: range
) -> Iterator[Unreadable]:
    """The odd cells of a table; beyond so many of a column the rest are one report."""
    for name, column in zip(names, kept, strict=True):
        places = sorted(odd for odd in sheet.odd.get(column, ()) if odd[0] in rows)
        for row, text, reason in places[:_REPORTED]:
            yield Unreadable(file, sheet.row + row + 1, name, text, reason, sheet.name)
        if rest := [sheet.row + row + 1 for row, _, _ in places[_REPORTED:]]:
            reason = f"so it is with further cells below this head: {len(rest)} ({numbered('row', rest)})"
            yield Unreadable(file, rest[0], name, "", reason, sheet.name)
