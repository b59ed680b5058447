"""What people add to a table that is no record: heads once more, totals, ditto marks, an example, the word none.

Each is told by whole cells, never by a part of one, and each is said in the notes with its lines. What might be a
record stays one.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from smpcompliance.dates import Mask
from smpcompliance.logs.arrow import blocks, encoded, is_filled, numbers, offsets, strings, take, taken
from smpcompliance.logs.cells import UNREAD, unread_at
from smpcompliance.logs.intake.raw import TEXT, RawTable, Unreadable
from smpcompliance.logs.intake.tables.head_rows import numbered, one_line
from smpcompliance.logs.schema import normal
from smpcompliance.patterns import pattern

HEADS_ONLY = (
    "only heads stand here, which states nothing; to state that there is nothing to record, write none in the first "
    "cell below them"
)
"""The note of a table without rows that does not state that there were none."""

LONGEST_CELL = 1 << 24  # bytes; a longer cell is reported and left blank

_TOTALS = frozenset((
    "total", "totals", "grand total", "subtotal", "sub total", "sum", "summe", "gesamt", "gesamtsumme",
    "zwischensumme", "somme", "totaux", "total general", "sous total", "totale", "totali", "totaal", "suma", "i alt",
    "summa", "cyfanswm",
))  # fmt: skip
_NOTHING = frozenset(("none", "nil", "nothing to record", "no records"))
_EXAMPLE = "(example)"
_DITTO_WORDS = frozenset(("ditto", "do.", "dito", "idem", "id.", "same"))
_DITTO_MARKS = pattern(
    "[-\u2013\u2014 ]*"
    "(?:(?:[\"\u201c\u201d\u201e\u201f\u2033\u3003\u02ba] *){1,4}|(?:['\u2019\u2018\u2032] *){2})"
    "[-\u2013\u2014 ]*"
)
_NUMBER = pattern("[-+\u2212]?(?:[$\u20ac\u00a3] ?)?\\d[\\d.,'\u00a0\u202f ]{0,30}(?:[$\u20ac\u00a3%]|[A-Za-z]{1,4})?")
_DATE = pattern(r"\d{1,4}[. ]\d{1,2}[. ]\d{1,4}\.?|\d{8}")
_LONGEST_MARK = 24  # bytes of the longest word or mark above
_BEGINNINGS = np.zeros(256, dtype=bool)  # the bytes that one of them may begin with
_BEGINNINGS[[*b" \"'(-TtGgSsZzIiCcNnDd", 0xC2, 0xCA, 0xE2, 0xE3]] = True
_ENDINGS = np.ones(256, dtype=bool)  # the bytes that one of them may end with: none ends with a figure
_ENDINGS[[*b"0123456789"]] = False
_MANY = 8  # one odd cell among so many, from which on a column is looked at by its distinct cells
_FIRST_WORD = pattern(r"[\W_]*([^\W_]*)", re.ASCII)
_TOTALS_BEGIN = frozenset(total.partition(" ")[0] for total in _TOTALS)


def tidied(table: RawTable, alone: bool = True) -> RawTable:
    """The table without what is no record, and with ditto marks read as the cell above.

    Args:
        alone: whether it is the only table of its file. Heads alone then state that there is nothing to record; one
            of several tables states so only with the word none in its first cell.
    """
    had_rows, example = table.rows > 0, False
    table = _without_long_cells(table)
    if table.rows == 1 or any(map(_says_no_record, table.columns)) or _first_heads_again(table).any():
        table = _without(table, _heads_again(table), "the heads once more; not read as a record")
        before = table.rows
        table = _without(table, _examples(table), "the example of the blank log; not read as a record")
        example = table.rows < before
        table = _without(table, _totals(table), "totals; not read as a record")
        stated = _nothing_recorded(table)
        if stated.any():
            return _without(table, stated, "states that there is nothing to record")
        table = _dittos_read(table)
    if table.heads and not table.rows and not table.misfits and (example or not alone or had_rows):
        return replace(table, notes=(*table.notes, HEADS_ONLY))
    return table


def states_nothing(table: RawTable) -> bool:
    """Whether a table neither holds records nor states that there are none; it is then as good as not handed in."""
    return not table.heads or HEADS_ONLY in table.notes


def _word(table: RawTable) -> str:
    return "row" if table.sheet else "line"


def _without(table: RawTable, unwanted: Mask, why: str) -> RawTable:
    """The table without some rows, which a note names."""
    if not unwanted.any():
        return table
    note = f"{numbered(_word(table), table.lines[unwanted].tolist())}: {why}"
    return replace(_only(table, np.flatnonzero(~unwanted)), notes=(*table.notes, note))


def _only(table: RawTable, rows: np.ndarray) -> RawTable:
    return replace(
        table,
        columns=tuple(taken(table.columns, rows)),
        lines=table.lines[rows],
        native=tuple(kinds[rows] for kinds in table.native),
    )


def _says_no_record(column: pa.Array) -> bool:
    """Whether any cell is one of the words and marks of this module, but for a lonely word none."""
    rows = np.flatnonzero(_odd_cells(column))
    if _MANY * len(rows) > len(column):
        column = encoded(column).dictionary
        rows = np.flatnonzero(_odd_cells(column))
    if not len(rows):
        return False
    odd = pc.unique(take(column, rows)).to_pylist()
    return any(_is_ditto(cell) or cell.casefold() == _EXAMPLE or _is_total(cell) for cell in odd)


def _odd_cells(column: pa.Array) -> Mask:
    """Cells that by their length and their outer bytes may be one of the words and marks of this module."""
    odd = np.zeros(len(column), dtype=bool)
    for block in blocks(len(column)):
        odd[block] = _odd_in(column[block])
    return odd


def _odd_in(cells: pa.Array) -> Mask:
    ends = offsets(cells)
    if ends[0] == ends[-1]:
        return np.zeros(len(cells), dtype=bool)
    text = np.frombuffer(cells.buffers()[2], dtype=np.uint8)
    odd: Mask = _ENDINGS.take(text.take(ends[1:] - 1, mode="clip"))
    if odd.any():
        length = np.diff(ends)
        odd &= (length > 0) & (length <= _LONGEST_MARK)
        odd &= _BEGINNINGS.take(text.take(ends[:-1], mode="clip"))
    return odd


def _cells_that(column: pa.Array, fit: Callable[[str], bool], among: Mask) -> Mask:
    """Which of some cells fit; each distinct text is asked once."""
    rows = np.flatnonzero(among)
    out = np.zeros(len(column), dtype=bool)
    if len(rows):
        distinct = pc.dictionary_encode(take(column, rows))
        fits = np.array([fit(text) for text in distinct.dictionary.to_pylist()], dtype=bool)
        out[rows] = fits[numbers(distinct.indices)]
    return out


def _first_heads_again(table: RawTable) -> Mask:
    """Rows whose cell in the first column that has a head is that head."""
    at = next((at for at, head in enumerate(table.heads) if head), None)
    if at is None or not table.rows:
        return np.zeros(table.rows, dtype=bool)
    return numbers(pc.equal(table.columns[at], strings([table.heads[at]])[0]))


def _heads_again(table: RawTable) -> Mask:
    same = _first_heads_again(table)
    rows = np.flatnonzero(same)
    for head, column in zip(table.heads, table.columns, strict=True):
        if not len(rows):
            break
        cells = take(column, rows)
        rows = rows[_cells_that(cells, lambda cell, head=head: one_line(cell) == head, np.ones(len(rows), bool))]  # type: ignore[misc]
    same[:] = False
    same[rows] = True
    return same


def _first_filled(table: RawTable, fit: Callable[[str], bool]) -> Mask:
    """Rows whose first cell that is not blank fits."""
    out = np.zeros(table.rows, dtype=bool)
    blank = np.ones(table.rows, dtype=bool)
    for column in table.columns:
        out |= _cells_that(column, fit, blank & _odd_cells(column))
        blank &= ~is_filled(column)
        if not blank.any():
            break
    return out


def _examples(table: RawTable) -> Mask:
    return _first_filled(table, lambda cell: cell.casefold() == _EXAMPLE)


def _totals(table: RawTable) -> Mask:
    """Rows that begin with a word for total and else hold nothing but numbers."""
    found = _first_filled(table, _is_total)
    if not found.any() or len(table.columns) < 2:
        return np.zeros(table.rows, dtype=bool)
    first = found.copy()
    for column in table.columns:
        beyond = found & ~first & is_filled(column)
        found &= ~beyond | _cells_that(column, _is_amount, beyond)
        first &= ~is_filled(column)
    return found


def _is_total(cell: str) -> bool:
    """Whether a cell is a word for total; `normal` takes long, so that most cells are told by their first word."""
    if cell.isascii() and (word := _FIRST_WORD.match(cell)) and word[1].casefold() not in _TOTALS_BEGIN:
        return False
    return normal(cell) in _TOTALS


def _is_amount(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None and _DATE.fullmatch(cell) is None


def _nothing_recorded(table: RawTable) -> Mask:
    """The only row of a table, if all it says is none."""
    one = table.rows == 1 and not table.misfits and sum(bool(is_filled(column).any()) for column in table.columns) == 1
    if not one:
        return np.zeros(table.rows, dtype=bool)
    return _first_filled(table, lambda cell: normal(cell) in _NOTHING)


def _is_ditto(cell: str) -> bool:
    return cell.casefold() in _DITTO_WORDS or _DITTO_MARKS.fullmatch(cell) is not None


def _dittos_read(table: RawTable) -> RawTable:
    columns, native, notes = list(table.columns), list(table.native), list(table.notes)
    reports: list[Unreadable] = []
    left_out = np.array(sorted(misfit.line for misfit in table.misfits if misfit.column is None), dtype=np.int64)
    for at, (head, column) in enumerate(zip(table.heads, table.columns, strict=True)):
        marks = _cells_that(column, _is_ditto, _odd_cells(column))
        if not marks.any():
            continue
        rows = np.arange(table.rows)
        above = np.maximum.accumulate(np.where(marks, -1, rows))
        known = marks & (above >= 0)
        known[known] &= is_filled(column)[above[known]]
        left = np.searchsorted(left_out, table.lines)
        known[known] &= left[known] == left[above[known]]
        source = np.where(known, above, np.where(marks, table.rows, rows))
        columns[at] = take(pa.concat_arrays([column, strings([UNREAD])]), source)
        if native:
            native[at] = np.append(native[at], np.uint8(TEXT))[source]
        if known.any():
            where = numbered(_word(table), table.lines[known].tolist())
            notes.append(f"ditto marks under '{head}' were read as the cell above: {np.count_nonzero(known)} ({where})")
        reports += _unknown_dittos(table, head, column, marks & ~known)
    if len(notes) == len(table.notes) and not reports:
        return table
    misfits = tuple(sorted((*table.misfits, *reports), key=lambda misfit: misfit.line))
    return replace(table, columns=tuple(columns), native=tuple(native), notes=tuple(notes), misfits=misfits)


def _unknown_dittos(table: RawTable, head: str, column: pa.Array, rows: Mask) -> list[Unreadable]:
    reason = (
        "a ditto mark without a cell above that was read; write the value itself (the cell is not read, the "
        "rest of the record is)"
    )
    places = np.flatnonzero(rows)
    texts: Sequence[str] = take(column, places).to_pylist()
    return [
        Unreadable(table.file, line, head, text, reason, table.sheet)
        for line, text in zip(table.lines[places].tolist(), texts, strict=True)
    ]


def _without_long_cells(table: RawTable) -> RawTable:
    """Cells beyond all measure left unread and reported."""
    columns, reports = list(table.columns), []
    for at, (head, column) in enumerate(zip(table.heads, table.columns, strict=True)):
        length = np.diff(offsets(column)) if len(column) else np.zeros(0, np.int32)
        if not len(length) or length.max() <= LONGEST_CELL:
            continue
        long = np.flatnonzero(length > LONGEST_CELL)
        columns[at] = unread_at(column, long)
        for row in long.tolist():
            reason = f"the cell holds {length[row]} bytes, at most {LONGEST_CELL} are read; nothing of it is used"
            reports.append(Unreadable(table.file, int(table.lines[row]), head, "", reason, table.sheet))
    if not reports:
        return table
    misfits = tuple(sorted((*table.misfits, *reports), key=lambda misfit: misfit.line))
    return replace(table, columns=tuple(columns), misfits=misfits)
