"""Looks through the content of an OpenDocument spreadsheet: the size of each sheet, and which cells need a word."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from xml.parsers import expat

import numpy as np

from smpcompliance.logs.intake.raw import SourceFile
from smpcompliance.logs.intake.tables.sheet_scan import (
    ERROR,
    MOST_CELLS,
    MOST_ODD_CELLS,
    NEVER_CALCULATED,
    SHOWN,
    Odd,
    SheetScan,
    TooLarge,
    covers_too_much,
    place_of,
)


def shows_month(text: str, day: str) -> bool:
    """Whether a cell shows the month of a date only: its text has two parts, one of them the year of the first day."""
    parts = re.findall(r"\w+", text)
    return (
        day[7:] in ("-01", "-01T00:00:00")
        and len(parts) == 2
        and any(p in (day[:4], day[2:4]) for p in parts)
        and (
            not all(p.isdecimal() for p in parts)
            or sorted(p[-2:].rjust(2, "0") for p in parts) == sorted((day[2:4], day[5:7]))
        )
    )


class _OpenDocument:
    """Takes the cells of all sheets of an OpenDocument spreadsheet as its XML is read."""

    def __init__(self) -> None:
        self.sheets: dict[str, SheetScan] = {}
        self.sheet = ""
        self._row, self._column, self._rows, self._columns = 0, 0, 1, 1
        self._hidden, self._type, self._skipped, self._spanned = False, "", 0, 1
        self._text: list[str] = []
        self._flag, self._day = "", ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in ("table:table-cell", "table:covered-table-cell"):
            self._columns = _repeated(attributes, "table:number-columns-repeated")
            self._type = attributes.get("calcext:value-type") or attributes.get("office:value-type", "")
            self._spanned = int(attributes.get("table:number-rows-spanned", "1"))
            self._text, self._flag = [], attributes.get("office:boolean-value", "")
            self._day = attributes.get("office:date-value", "")
            if attributes.get("office:value-type"):
                self._valued()
            if attributes.get("table:formula") and not self._type:
                self._odd(Odd(NEVER_CALCULATED))
        elif tag == "text:p" and not self._skipped and self._type in ("float", "percentage", "error", "date"):
            self.parser.CharacterDataHandler = self._text.append
        elif tag == "table:table-row":
            self._rows, self._column = _repeated(attributes, "table:number-rows-repeated"), 0
            self._hidden = attributes.get("table:visibility", "visible") != "visible"
        elif tag == "table:table":
            self.sheet, self._row = attributes.get("table:name", ""), 0
            self.sheets[self.sheet] = SheetScan()
        elif tag == "office:annotation":
            self._skipped += 1

    def _end(self, tag: str) -> None:
        if tag == "text:p":
            self.parser.CharacterDataHandler = None
        elif tag == "office:annotation":
            self._skipped -= 1
        elif tag in ("table:table-cell", "table:covered-table-cell"):
            self._cell()
            self._column += self._columns
        elif tag == "table:table-row":
            self._row += self._rows

    def _valued(self) -> None:
        scan = self.sheets[self.sheet]
        scan.rows = max(scan.rows, self._row + self._rows)
        scan.columns = max(scan.columns, self._column + self._columns)
        if scan.rows * scan.columns > MOST_CELLS:
            raise TooLarge(place_of(scan.rows - 1, scan.columns - 1))
        scan.hidden_rows += self._rows if self._hidden else 0
        self._hidden = False

    def _cell(self) -> None:
        text = "".join(self._text).strip()
        if self._type == "error":
            self._odd(Odd(ERROR, text))
        elif self._type == "boolean":
            self._odd(Odd(SHOWN, self._flag))
        elif self._type == "percentage" or (self._type == "float" and _LEADING_ZERO.fullmatch(text)):
            self._odd(Odd(SHOWN, text))
        elif self._type == "date" and shows_month(text, self._day):
            self._odd(Odd(SHOWN, self._day[:7]))
        if self._spanned > 1 and self._type:
            self.sheets[self.sheet].spans.append((self._row, self._column, self._spanned))

    def _odd(self, odd: Odd) -> None:
        scan = self.sheets[self.sheet]
        if len(scan.odd) + self._rows * self._columns > MOST_ODD_CELLS:
            raise TooLarge(place_of(self._row, self._column))
        for row in range(self._row, self._row + self._rows):
            for column in range(self._column, self._column + self._columns):
                scan.odd[row, column] = odd


def _repeated(attributes: Mapping[str, str], name: str) -> int:
    return max(1, int(attributes.get(name, "1")))


def scan_opendocument(source: SourceFile, content: bytes) -> dict[str, SheetScan]:
    """Look through the content of an OpenDocument spreadsheet: name of each sheet → what is known of it.

    Raises:
        NotReadable: a sheet covers more cells than are read.
        expat.ExpatError: the content is no XML; the reader of cells would look for its end for ever.
    """
    expat.ParserCreate().Parse(content, True)
    found = scan_opendocument_quickly(content)
    return scan_opendocument_slowly(source, content) if found is None else found


def scan_opendocument_slowly(source: SourceFile, content: bytes) -> dict[str, SheetScan]:
    """Look through the content of an OpenDocument spreadsheet, however it is written.

    Raises:
        NotReadable: a sheet covers more cells than are read.
    """
    document = _OpenDocument()
    try:
        document.parser.Parse(content, True)
    except TooLarge as place:
        raise covers_too_much(source, document.sheet, str(place)) from None
    return document.sheets


_TABLE_TAGS = (re.compile(rb"<table:table[\s/>]"),)
_ROW_TAGS = (re.compile(rb"<table:table-row[\s/>]"),)
_CELL_TAGS = (re.compile(rb"<table:table-cell[\s/>]"), re.compile(rb"<table:covered-table-cell[\s/>]"))
_ATTRIBUTE = re.compile(rb'([\w:-]+)="([^"]*)"')
_PARAGRAPH = re.compile(rb"<text:p[^<>]*(?<!/)>([^<]*)</text:p>")
_LOOKED_INTO = (
    re.compile(rb'table:formula="'),
    re.compile(rb'table:number-rows-spanned="'),
    re.compile(rb'value-type="error"'),
    re.compile(rb'office:value-type="boolean"'),
    re.compile(rb'office:value-type="percentage"'),
    re.compile(rb'office:date-value="[^"]{7}-01(?:T00:00:00)?"'),
    re.compile(
        rb'"float"[^<>]*>(?!<text:p[^<>]*>(?:-?[1-9][^<]*|0?(?:[.,][^<]*)?)</text:p></table:)'  # but for plain numbers
    ),
)
_LEADING_ZERO = re.compile(r"0\d[\d -]*")
_FURTHEST = 1 << 40  # rows or columns; any number of them beyond is as much too many


def scan_opendocument_quickly(data: bytes) -> dict[str, SheetScan] | None:
    """What `scan_opendocument_slowly` finds, in a document as all known programs write it; None in any other.

    Comments, odd cells of several paragraphs, tables within tables and more cells than are read are left to it.
    """
    if b"<!" in data or b"='" in data or b"<office:annotation" in data or data[:1] != b"<":
        return None
    if b"encoding=" in data[:200] and b"utf-8" not in data[:200].lower():
        return None
    if data.count(b"<") != data.count(b">"):
        return None
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord(">")) + 1
    tables, rows, cells = (_spans(patterns, data, ends) for patterns in (_TABLE_TAGS, _ROW_TAGS, _CELL_TAGS))
    row_of = _tag_before(rows, cells[:, 0])
    table_of = _tag_before(tables, rows[:, 0])
    if (
        not len(cells)
        or row_of[0] < 0
        or table_of[0] < 0
        or (table_of[row_of] != _tag_before(tables, cells[:, 0])).any()
    ):
        return None
    names = [dict(_ATTRIBUTE.findall(data, *span)).get(b"table:name", b"") for span in tables.tolist()]
    closed = [data.find(b"</table:table>", start) for start in tables[:-1, 0].tolist()]
    if any(b"&" in name for name in names) or (np.array(closed, dtype=np.int64) > tables[1:, 0]).any():
        return None
    wide, high = _repeats(data, b"columns", cells), _repeats(data, b"rows", rows)
    left, top = _within(wide, row_of), _within(high, table_of)
    filled = _marked(data, re.compile(rb'office:value-type="'), cells)
    has_value = np.zeros(len(rows), dtype=bool)
    has_value[row_of[filled]] = True
    hidden = has_value & _marked(data, re.compile(rb'table:visibility="(?!visible")'), rows)
    sheets = {name.decode("utf-8"): SheetScan() for name in names}
    scans = [sheets[name.decode("utf-8")] for name in names]
    if len(sheets) < len(names):
        return None
    for number, scan in enumerate(scans):
        first, last = np.searchsorted(table_of, (number, number + 1))
        here = slice(*np.searchsorted(row_of, (first, last)))
        of_table = np.flatnonzero(filled[here]) + here.start
        scan.rows = int((top + high)[row_of[of_table]].max(initial=0))
        scan.columns = int((left + wide)[of_table].max(initial=0))
        scan.hidden_rows = int(high[first:last][hidden[first:last]].sum())
        if scan.rows * scan.columns > MOST_CELLS:
            return None
    odd_cells = np.flatnonzero(np.logical_or.reduce([_marked(data, pattern, cells) for pattern in _LOOKED_INTO]))
    their_row = row_of[odd_cells]
    about = (
        table_of[their_row],
        top[their_row],
        left[odd_cells],
        high[their_row],
        wide[odd_cells],
        *cells[odd_cells].T,
    )
    for table, row, column, below, beside, start, end in zip(*(each.tolist() for each in about), strict=True):
        scan, known = scans[table], dict(_ATTRIBUTE.findall(data, start, end))
        odd = _odd_of(known, data, end)
        if odd is None or (odd.kind and len(scan.odd) + below * beside > MOST_ODD_CELLS):
            return None
        if odd.kind:
            scan.odd |= {(row + down, column + right): odd for down in range(below) for right in range(beside)}
        down = int(known.get(b"table:number-rows-spanned", b"1"))
        if down > 1 and (known.get(b"calcext:value-type") or known.get(b"office:value-type")):
            scan.spans.append((row, column, down))
    return sheets


def _spans(patterns: Sequence[re.Pattern[bytes]], data: bytes, ends: np.ndarray) -> np.ndarray:
    """int64, begin and end of every tag that begins as one of the patterns says.

    Args:
        ends: where all tags end, ascending.
    """
    starts = np.array(sorted(each.start() for pattern in patterns for each in pattern.finditer(data)), dtype=np.int64)
    return np.column_stack((starts, ends[np.searchsorted(ends, starts, side="right")]))


def _tag_before(tags: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Number of the last tag that begins at or before each place, -1 where there is none."""
    return np.asarray(np.searchsorted(tags[:, 0], places, side="right") - 1)


def _marked(data: bytes, pattern: re.Pattern[bytes], tags: np.ndarray) -> np.ndarray:
    """Which tags the pattern begins in."""
    places = np.array([found.start() for found in pattern.finditer(data)], dtype=np.int64)
    tag = _tag_before(tags, places)
    out = np.zeros(len(tags), dtype=bool)
    out[tag[(tag >= 0) & (places < tags[tag, 1])]] = True
    return out


def _repeats(data: bytes, what: bytes, tags: np.ndarray) -> np.ndarray:
    """int64, how often each tag says that it is repeated."""
    found = list(re.finditer(b"table:number-" + what + b'-repeated="([^"]*)"', data))
    places = np.array([each.start() for each in found], dtype=np.int64)
    times = np.array([min(max(1, int(each[1])), _FURTHEST) for each in found], dtype=np.int64)
    tag = _tag_before(tags, places)
    inside = (tag >= 0) & (places < tags[tag, 1])
    out = np.ones(len(tags), dtype=np.int64)
    out[tag[inside]] = times[inside]
    return out


def _within(lengths: np.ndarray, group_of: np.ndarray) -> np.ndarray:
    """int64, the sum of the lengths before each item in its own group; groups are ascending."""
    before = np.cumsum(lengths) - lengths
    return np.asarray(before - before[np.searchsorted(group_of, group_of)])


@lru_cache(maxsize=64)
def _as_shown(text: str) -> Odd:
    return Odd(SHOWN, text)


def _odd_of(known: Mapping[bytes, bytes], data: bytes, end: int) -> Odd | None:
    """What is odd about a cell with these attributes, of kind "" where nothing is; None where its text is not known.

    Args:
        end: where the tag of the cell ends.
    """
    kind = known.get(b"calcext:value-type") or known.get(b"office:value-type", b"")
    if not kind:
        return Odd(NEVER_CALCULATED if known.get(b"table:formula") else "")
    if kind == b"boolean":
        return _as_shown(known.get(b"office:boolean-value", b"").decode("utf-8"))
    if kind not in (b"float", b"percentage", b"error", b"date"):
        return Odd("")
    text = b""
    if paragraph := _PARAGRAPH.match(data, end):
        text, end = paragraph[1] or b"", paragraph.end()
    if b"&" in text or not (data.startswith(b"</table:", end) or data[end - 2] == ord("/")):
        return None
    shown, day = text.decode("utf-8").strip(), known.get(b"office:date-value", b"").decode("utf-8")
    if kind == b"error":
        return Odd(ERROR, shown)
    if kind == b"percentage" or (kind == b"float" and _LEADING_ZERO.fullmatch(shown)):
        return Odd(SHOWN, shown)
    return Odd(SHOWN, day[:7]) if kind == b"date" and shows_month(shown, day) else Odd("")
