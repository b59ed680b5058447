"""Comma, semicolon and tab separated text: every record with the physical line it stands on, nothing lost.

There are two ways through a file and they give the same table. The fast one believes that every line is a record
of as many cells as there are heads, and proves it by counting; the moment anything is odd it gives up as a whole
and the careful one reads the file again, keeping misfits and the lines of records that cover several.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from smpcompliance.logs.arrow import blocks, is_filled, offsets, strings, taken
from smpcompliance.logs.intake.raw import NotReadable, RawTable, SourceFile, Unreadable
from smpcompliance.logs.intake.tables.encoding import as_utf8
from smpcompliance.logs.intake.tables.head_rows import notes_of_heads, numbered
from smpcompliance.logs.intake.tables.heads import MOST_TABLES, Heads, find_heads, first_widths, later_heads
from smpcompliance.logs.intake.tables.quoting import ends_open, layout, physical_lines, with_ditto_marks, without_lines
from smpcompliance.logs.intake.tables.tidy import LONGEST_CELL, tidied
from smpcompliance.patterns import pattern

_BLOCK = 1 << 20  # bytes that are parsed at a time, so that they stay in the processor's own memory
_SPARE = 16  # of so much that a column will need, room for one more is kept
_QUOTED_BLANK = pattern(r'"[ \t]*+"')
_MOST_UNREAD = 20_000_000  # cells of records of another width, each as wide as the heads
_SHOWN = 200  # characters of a misfit that are kept
_TORN = (
    'a quote is opened and never closed; close it with a second " at the end of the cell or remove it '
    "(this line is left out, the lines behind it are read)"
)


@dataclass(frozen=True)
class _Records:
    """What one of the two ways brings back.

    Attributes:
        columns: one Arrow string array per head.
        lines: int64 physical line of each row.
        misfits: records that are not among the rows.
    """

    columns: tuple[pa.Array, ...]
    lines: np.ndarray
    misfits: tuple[Unreadable, ...] = ()


@dataclass(frozen=True)
class _Misfit:
    """A record of too many or too few cells: its number (from 0), its text as written and how many cells it has."""

    number: int
    text: str
    cells: int


def read(source: SourceFile) -> tuple[RawTable, ...]:
    """Read a delimited text file: one table, or several where new heads begin behind a blank line.

    Cells lose the spaces and tabs around them and are otherwise as written, but for what `tidied` does. Lines and
    records that are wholly blank are no rows. A record with too many or too few cells is a misfit, unless all it has
    too much is blank.

    Raises:
        NotReadable: the file is empty, is not text, its heads cannot be told, or it holds too many tables.
    """
    text, notes = as_utf8(source)
    _refuse_endless_line(source.name, text)
    heads = find_heads(source.name, text)
    if heads.end == len(text):
        return (_table(source.name, text, heads, _no_records(heads), (*notes, *_notes(heads, 0)), alone=True),)
    marked, marks = with_ditto_marks(text, heads.end, heads.delimiter.encode(), len(heads.names))
    fast = _read_fast(marked, heads)
    later = () if fast and _filled_rows(fast.columns).all() else later_heads(text, heads)
    if not later:
        return (_table(source.name, marked, heads, fast, (*notes, *_notes(heads, marks)), alone=True),)
    if len(later) >= MOST_TABLES:
        raise NotReadable(
            f"{source.name}: new heads begin behind blank lines again and again, first on line {later[0][0]}; at most "
            f"{MOST_TABLES} tables in one file are read. Export each of them to a file of its own."
        )
    ends = [start for _, start in later] + [len(text)]
    parts = [(heads, text[: ends[0]])]
    for (line, start), end in zip(later, ends[1:], strict=True):
        part = text[start:end]
        parts.append((find_heads(source.name, part, line), part))
    at = [part_heads.line for part_heads, _ in parts]
    several = f"{len(at)} tables stand in this file, each below heads of its own ({numbered('line', at)})"
    tables = []
    for n, (part_heads, part) in enumerate(parts):
        part, marks = with_ditto_marks(part, part_heads.end, part_heads.delimiter.encode(), len(part_heads.names))
        said = (*(() if n else (*notes, several)), *_notes(part_heads, marks))
        fast = _read_fast(part, part_heads) if part_heads.end < len(part) else _no_records(part_heads)
        tables.append(_table(source.name, part, part_heads, fast, said, alone=False))
    return tuple(tables)


def _refuse_endless_line(file: str, text: bytes) -> None:
    """Refuse a text in which some stretch as long as the longest cell has no line end."""
    for start in range(0, len(text) - LONGEST_CELL, LONGEST_CELL):
        end = start + LONGEST_CELL
        if text.find(b"\n", start, end) < 0 and text.find(b"\r", start, end) < 0:
            raise NotReadable(
                f"{file}:{physical_lines(text[:start]) or 1}: from here on {LONGEST_CELL} bytes and more stand "
                "without a line end, which no table has. Remove that cell or export the table anew."
            )


def _no_records(heads: Heads) -> _Records:
    return _Records(tuple(strings(()) for _ in heads.names), np.empty(0, dtype=np.int64))


def _notes(heads: Heads, marks: int) -> tuple[str, ...]:
    found = notes_of_heads("line", heads.above, heads.line, heads.label_line)
    return (*found, f"a quote alone in a cell was read as a ditto mark: {marks}") if marks else found


def _table(
    file: str, text: bytes, heads: Heads, fast: _Records | None, notes: tuple[str, ...], alone: bool
) -> RawTable:
    """The table of a text behind its heads, of the records that the fast way brought or else by the careful one."""
    found = fast or _read_carefully(file, text, heads)
    columns, lines = _without_blank_rows(found.columns, found.lines)
    return tidied(RawTable(file, heads.names, columns, lines, heads.line, found.misfits, notes), alone)


def _read_fast(text: bytes, heads: Heads) -> _Records | None:
    """All records, if each of them fits and stands on a line of its own; else None."""
    cells = len(heads.names)
    first_line = heads.line + heads.lines
    width = cells + (set(first_widths(heads, text)) == {cells + 1})
    quoted = text.find(b'"', heads.end) >= 0
    try:
        columns = _parsed(pa.py_buffer(text).slice(heads.end), heads.delimiter, width, quoted=quoted)
    except pa.ArrowInvalid:
        return None
    rows = len(columns[0])
    if any(is_filled(_trimmed(column)).any() for column in columns[cells:]):
        return None
    del columns[cells:]
    if quoted and not _one_line_each(text, heads, rows):
        return None
    return _Records(_all_trimmed(columns), np.arange(first_line, first_line + rows, dtype=np.int64))


def _read_carefully(file: str, text: bytes, heads: Heads) -> _Records:
    """All records that fit, and a misfit for every other one."""
    body, delimiter, cells = text[heads.end :], heads.delimiter.encode(), len(heads.names)
    found = layout(body, delimiter, cells)
    line_of = found.records + heads.line + heads.lines
    misfits: list[_Misfit] = []
    try:
        columns = _parsed(pa.py_buffer(without_lines(body, found, delimiter, cells)), heads.delimiter, cells, misfits)
    except pa.ArrowInvalid as refusal:
        raise NotReadable(f"{file}: the records could not be told apart ({refusal}). {_EXPORT_ANEW}") from refusal
    fits = np.ones(len(line_of), dtype=bool)
    fits[[misfit.number for misfit in misfits]] = False
    if len(columns[0]) != np.count_nonzero(fits):
        raise NotReadable(
            f"{file}: the lines of the records could not be told: {len(columns[0])} records by their cells, "
            f"{np.count_nonzero(fits)} by their quotes. {_EXPORT_ANEW}"
        )
    cut, ragged = _cut_blank_ends(misfits, heads.delimiter, cells)
    reports = [_ragged_report(file, int(line_of[misfit.number]), misfit, cells) for misfit in ragged]
    for line in found.torn:
        torn_text = body[found.starts[line] : found.starts[line + 1]].decode("utf-8").rstrip("\r\n")
        reports.append(Unreadable(file, line + heads.line + heads.lines, None, torn_text[:_SHOWN], _TORN))
    if len(reports) * cells > _MOST_UNREAD:
        first = min(report.line for report in reports)
        raise NotReadable(
            f"{file}: {len(reports)} records do not fit the {cells} heads on line {heads.line}, the first of them on "
            f"line {first}. Hand in each table with a line of heads of its own."
        )
    columns, lines = _in_order([(columns, line_of[fits]), *((part, line_of[numbers]) for part, numbers in cut)])
    return _Records(_all_trimmed(columns), lines, tuple(sorted(reports, key=lambda report: report.line)))


_EXPORT_ANEW = 'Export the table anew, best as "CSV UTF-8".'


def _parsed(
    body: pa.Buffer, delimiter: str, width: int, misfits: list[_Misfit] | None = None, quoted: bool = True
) -> list[pa.Array]:
    """The cells of a text as Arrow string columns; blank lines are rows of blank cells.

    Args:
        body: UTF-8, which Arrow need not prove again.
        delimiter: one character.
        width: how many cells a record has.
        misfits: receives the records of another width; without it Arrow refuses the text because of them. Receiving
            needs the records in order and of any length, so that the text is then read serially and as one block.
        quoted: whether there is a quote anywhere; without one Arrow parses twice as fast.

    Raises:
        pa.ArrowInvalid: a record is of another width, or longer than a block.
    """
    names = [f"c{number}" for number in range(width)]
    serial = misfits is not None
    options = {
        "read_options": arrow_csv.ReadOptions(
            column_names=names, use_threads=not serial, block_size=body.size if serial else _BLOCK
        ),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=delimiter,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
            ignore_empty_lines=False,
            invalid_row_handler=None if misfits is None else _gathering(misfits),
        ),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    }
    if serial:
        return [column.combine_chunks() for column in arrow_csv.read_csv(pa.BufferReader(body), **options).columns]
    columns, bytes_read = [_Gathered() for _ in names], 0
    for block in arrow_csv.open_csv(pa.BufferReader(body), **options):
        bytes_read += block.nbytes - 3 * width * block.num_rows  # its offsets take four, a delimiter one of them
        for column, cells in zip(columns, block.columns, strict=True):
            column.add(cells, bytes_read / body.size)
    return [column.cells() for column in columns]


class _Gathered:
    """A column gathered block by block: its text is copied once, and no block is kept."""

    def __init__(self) -> None:
        self._ends, self._rows = np.zeros(1, np.int32), 0
        self._text, self._size = np.empty(0, np.uint8), 0

    def add(self, cells: pa.Array, share: float) -> None:
        """Puts the cells of the next block behind the others; `share` is how much of all will then be there."""
        ends = offsets(cells)
        rows, size = self._rows + len(cells), self._size + int(ends[-1] - ends[0])
        self._ends = _with_room(self._ends, self._rows + 1, rows + 1, share)
        self._text = _with_room(self._text, self._size, size, share)
        np.add(ends[1:], self._size - int(ends[0]), out=self._ends[self._rows + 1 : rows + 1])
        if size > self._size:
            self._text[self._size : size] = np.frombuffer(cells.buffers()[2], np.uint8)[ends[0] : ends[-1]]
        self._rows, self._size = rows, size

    def cells(self) -> pa.Array:
        """All cells as one array."""
        ends, text = pa.py_buffer(self._ends[: self._rows + 1]), pa.py_buffer(self._text[: self._size])
        return pa.Array.from_buffers(pa.string(), self._rows, [None, ends, text])


def _with_room(kept: np.ndarray, used: int, needed: int, share: float) -> np.ndarray:
    """An array with the same beginning and room for so many items; where it is too short, for those of all blocks."""
    if needed <= len(kept):
        return kept
    reckoned = int(needed / min(share, 1.0))
    wider = np.empty(reckoned + reckoned // _SPARE, kept.dtype)
    wider[:used] = kept[:used]
    return wider


def _gathering(misfits: list[_Misfit]) -> Callable[["arrow_csv.InvalidRow"], str]:
    """What Arrow's serial reader calls with every row of another width; it counts records from 1."""

    def gather(row: "arrow_csv.InvalidRow") -> str:
        misfits.append(_Misfit(row.number - 1, row.text, row.actual_columns))
        return "skip"

    return gather


def _cut_blank_ends(
    misfits: Sequence[_Misfit], delimiter: str, cells: int
) -> tuple[list[tuple[list[pa.Array], np.ndarray]], list[_Misfit]]:
    """Tell the records that only have blank cells too many, as columns and record numbers, from the ragged ones.

    Records that are wholly blank are neither. A record is parsed only when it is cut to as many cells as there are
    heads, however many it has.
    """
    ragged: list[_Misfit] = []
    fitting: list[_Misfit] = []
    texts: list[str] = []
    blank, blank_end = _blanks_by(delimiter)
    for misfit in misfits:
        kept = misfit.text.rstrip("\r\n")
        left = misfit.cells
        if found := blank_end.match(kept[::-1]):
            kept = kept[: len(kept) - found.end()]
            left -= _QUOTED_BLANK.sub("", found.group()).count(delimiter)
        if left > cells or (misfit.cells < cells and not blank.fullmatch(kept)):
            ragged.append(misfit)
        elif misfit.cells > cells:
            fitting.append(misfit)
            texts.append(kept + delimiter * (cells - left) + "\n")
    if not fitting:
        return [], ragged
    odd: list[_Misfit] = []
    columns = _parsed(pa.py_buffer("".join(texts).encode("utf-8")), delimiter, cells, odd)
    odd_at = {misfit.number for misfit in odd}
    ragged += [fitting[at] for at in sorted(odd_at)]
    numbers = [misfit.number for at, misfit in enumerate(fitting) if at not in odd_at]
    return [(columns, np.array(numbers, dtype=np.int64))], ragged


@cache
def _blanks_by(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Patterns of a blank cell, and of the delimiters with blank cells behind them that end a record read backwards."""
    space = "[ ]*+" if delimiter == "\t" else "[ \t]*+"
    cell = f"(?:{_QUOTED_BLANK.pattern})?"
    return re.compile(cell + space), re.compile(f"(?:{space}{cell}{re.escape(delimiter)})++")


def _ragged_report(file: str, line: int, misfit: _Misfit, cells: int) -> Unreadable:
    has = f"has {misfit.cells} cell{'' if misfit.cells == 1 else 's'}, the heads name {cells}"
    return Unreadable(file, line, None, misfit.text[:_SHOWN], has)


def _in_order(parts: Sequence[tuple[list[pa.Array], np.ndarray]]) -> tuple[list[pa.Array], np.ndarray]:
    """Put the rows of several parts into the order of their lines."""
    if len(parts) == 1:
        return parts[0]
    lines = np.concatenate([lines for _, lines in parts])
    order = np.argsort(lines, kind="stable")
    together = [pa.concat_arrays(column) for column in zip(*(columns for columns, _ in parts), strict=True)]
    return taken(together, order), lines[order]


def _filled_rows(columns: tuple[pa.Array, ...]) -> np.ndarray:
    """Which rows hold anything at all."""
    filled = is_filled(columns[0])
    for column in columns[1:]:
        if filled.all():
            break
        filled |= is_filled(column)
    return filled


def _without_blank_rows(columns: tuple[pa.Array, ...], lines: np.ndarray) -> tuple[tuple[pa.Array, ...], np.ndarray]:
    filled = _filled_rows(columns)
    if filled.all():
        return columns, lines
    rows = np.flatnonzero(filled)
    return tuple(taken(columns, rows)), lines[rows]


def _all_trimmed(columns: list[pa.Array]) -> tuple[pa.Array, ...]:
    """Trim each column and let go of the untrimmed one at once, so that the next one finds its memory free."""
    columns.reverse()
    return tuple(_trimmed(columns.pop()) for _ in range(len(columns)))


def _trimmed(column: pa.Array) -> pa.Array:
    """The cells without spaces and tabs around them."""
    return pc.ascii_trim(column, " \t") if _needs_trimming(column) else column


def _needs_trimming(column: pa.Array) -> bool:
    """Whether any cell begins or ends with a space or tab; looking is cheaper than writing every cell again."""
    ends = offsets(column)
    if not len(column) or ends[0] == ends[-1]:
        return False
    text = np.frombuffer(column.buffers()[2], dtype=np.uint8)[ends[0] : ends[-1]]
    ends = ends - ends[0]
    for block in blocks(len(column)):
        begins, behind = ends[:-1][block], ends[1:][block]
        if not np.any(text[begins[0] : behind[-1]] <= ord(" ")):
            continue
        for outer in (begins, behind - 1):  # of a blank cell the one of a cell beside it
            signs = text.take(outer, mode="clip")
            if np.any((signs == ord(" ")) | (signs == ord("\t"))):
                return True
    return False


def _one_line_each(text: bytes, heads: Heads, rows: int) -> bool:
    """Whether so many records behind the heads stand on a line each and the last one is closed."""
    if physical_lines(text, heads.end) != rows:
        return False
    return not ends_open(_last_line(text), heads.delimiter.encode())


def _last_line(text: bytes) -> bytes:
    kept = text.rstrip(b"\r\n")
    return kept[max(kept.rfind(b"\n"), kept.rfind(b"\r")) + 1 :]
