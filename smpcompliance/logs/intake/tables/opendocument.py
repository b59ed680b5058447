"""Looks through the content of an OpenDocument spreadsheet: the size of each sheet, and which cells need a word."""

import re
from functools import lru_cache
from xml.parsers import expat

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
from smpcompliance.patterns import pattern


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


_LEADING_ZERO = pattern(r"0\d[\d -]*")
_SHOWS_MORE = frozenset(("float", "percentage", "error", "date"))  # types of cells whose text is looked at


class _OpenDocument:
    """Takes the cells of all sheets of an OpenDocument spreadsheet as its XML is read."""

    def __init__(self) -> None:
        self.sheets: dict[str, SheetScan] = {}
        self.sheet, self._scan = "", SheetScan()
        self._row, self._column, self._rows, self._columns = 0, 0, 1, 1
        self._hidden, self._type, self._skipped, self._spanned = False, "", 0, 1
        self._text: list[str] = []
        self._flag, self._day = "", ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "table:table-cell" or tag == "table:covered-table-cell":
            said = attributes.get
            self._columns = _times(said("table:number-columns-repeated"))
            held = said("office:value-type")
            self._type = said("calcext:value-type") or held or ""
            self._spanned = int(said("table:number-rows-spanned", "1"))
            if held:
                scan = self._scan
                if self._row + self._rows > scan.rows or self._column + self._columns > scan.columns or self._hidden:
                    self._valued()
            if self._type not in ("", "string"):
                self._text = []
                self._flag, self._day = said("office:boolean-value", ""), said("office:date-value", "")
            elif not self._type and said("table:formula"):
                self._odd(Odd(NEVER_CALCULATED))
        elif tag == "text:p":
            if not self._skipped and self._type in _SHOWS_MORE:
                self.parser.CharacterDataHandler = self._text.append
        elif tag == "table:table-row":
            self._rows, self._column = _times(attributes.get("table:number-rows-repeated")), 0
            self._hidden = attributes.get("table:visibility", "visible") != "visible"
        elif tag == "table:table":
            self.sheet, self._row = attributes.get("table:name", ""), 0
            self._scan = self.sheets[self.sheet] = SheetScan()
        elif tag == "office:annotation":
            self._skipped += 1

    def _end(self, tag: str) -> None:
        if tag == "text:p":
            self.parser.CharacterDataHandler = None
        elif tag == "table:table-cell" or tag == "table:covered-table-cell":
            if self._type not in ("", "string"):
                self._cell()
            if self._spanned > 1 and self._type:
                self._scan.spans.append((self._row, self._column, self._spanned))
            self._column += self._columns
        elif tag == "table:table-row":
            self._row += self._rows
        elif tag == "office:annotation":
            self._skipped -= 1

    def _valued(self) -> None:
        scan = self._scan
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
            self._odd(_shown(self._flag))
        elif self._type == "percentage" or (self._type == "float" and _LEADING_ZERO.fullmatch(text)):
            self._odd(Odd(SHOWN, text))
        elif self._type == "date" and self._day[7:10] == "-01" and shows_month(text, self._day):
            self._odd(Odd(SHOWN, self._day[:7]))

    def _odd(self, odd: Odd) -> None:
        odds = self._scan.odd
        if len(odds) + self._rows * self._columns > MOST_ODD_CELLS:
            raise TooLarge(place_of(self._row, self._column))
        for row in range(self._row, self._row + self._rows):
            for column in range(self._column, self._column + self._columns):
                odds[row, column] = odd


@lru_cache(maxsize=8)
def _shown(text: str) -> Odd:
    return Odd(SHOWN, text)


def _times(written: str | None) -> int:
    return 1 if written is None else max(1, int(written))


def scan_opendocument(source: SourceFile, content: bytes) -> dict[str, SheetScan]:
    """Look through the content of an OpenDocument spreadsheet: name of each sheet → what is known of it.

    The reader of cells looks for the end of XML that is cut off for ever, so that all of it is read here first.

    Raises:
        NotReadable: a sheet covers more cells than are read.
        expat.ExpatError: the content is no XML.
    """
    document = _OpenDocument()
    try:
        document.parser.Parse(content, True)
    except TooLarge as place:
        raise covers_too_much(source, document.sheet, str(place)) from None
    return document.sheets
