"""What a workbook's own files say that its cells do not: how large each sheet is, and which cells need a word.

The reader of cells trusts a workbook: a single cell in the last corner of a sheet makes it ask for more memory than a
computer has, and it leaves cells that show an error blank. So every file of a workbook is unpacked and looked through
here first, and the reader of cells gets only what was looked through.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from smpcompliance.logs.intake.archive import MOST_TIMES, UNSUSPICIOUS
from smpcompliance.logs.intake.raw import NotReadable, SourceFile

LARGEST_UNPACKED = 1 << 29  # bytes of all files of a workbook together
MOST_FILES = 5_000  # in a workbook
MOST_CELLS = 20_000_000  # of a sheet, blank ones between filled ones among them
MOST_ODD_CELLS = 2_000_000  # cells of a sheet that need a word

BUILT_IN_FORMATS = {9: "0%", 10: "0.00%", 16: "d-mmm", 17: "mmm-yy"}
"""The number formats that have a number and no code, as far as they show more than the number."""

ERROR_NAMES = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
"""The errors of cells by the number that binary workbooks keep of them."""

ERROR, NEVER_CALCULATED, SHOWN, FORMAT = "error", "never calculated", "shown", "format"

_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:workbook|styles|sharedStrings)\.(?:xml|bin)"
    r"|xl/_rels/workbook\.(?:xml|bin)\.rels|mimetype|content\.xml|META-INF/manifest\.xml",
    re.IGNORECASE,
)
_COUNTS = re.compile(rb"<(?:\w+:)?sst\b[^<>]*>")
_COUNT = re.compile(rb"""\s(?:count|uniqueCount)\s*=\s*(?:"[^"]*"|'[^']*')""")
_ASIDE = re.compile(r"(?:xl/)?(?:media|embeddings|printerSettings|drawings|charts|theme)/", re.IGNORECASE)
_SAVE_ANEW = "Open it in the program it comes from, save it anew as .xlsx and hand that file in."


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


@dataclass(frozen=True)
class Unpacked:
    """A workbook that was looked through.

    Attributes:
        data: the workbook as it may be read on.
        sheets: name of a sheet → what its file says; sheets that hold no table of cells are not among them.
    """

    data: bytes = field(repr=False)
    sheets: Mapping[str, SheetScan]


class _TooLarge(Exception):
    """A sheet that covers more cells than are read."""


def is_workbook_archive(data: bytes) -> bool:
    """Whether a ZIP archive holds a workbook of Excel or an OpenDocument spreadsheet."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.lower() for name in archive.namelist()}
            if {"xl/workbook.xml", "xl/workbook.bin"} & names:
                return True
            return "content.xml" in names and b"opendocument.spreadsheet" in data[:200]
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return b"xl/workbook" in data[: 1 << 20] or b"opendocument.spreadsheet" in data[:200]


def unpack(source: SourceFile) -> Unpacked:
    """Look through a workbook that is a ZIP archive (XLSX, XLSM, XLSB, ODS).

    Raises:
        NotReadable: it is damaged, has a password, or is larger than is read.
    """
    files = _files(source)
    lower = {name.lower(): name for name in files}
    scanned: set[str] = set()
    try:
        if "content.xml" in lower:
            sheets = _scan_opendocument(source, files[lower["content.xml"]])
        elif "xl/workbook.bin" in lower:
            sheets = _scan_binary(source, files, files[lower["xl/workbook.bin"]], scanned)
        elif "xl/workbook.xml" in lower:
            sheets = _scan_excel(source, files, files[lower["xl/workbook.xml"]], scanned)
        else:
            raise NotReadable(f"{source.name}: this archive holds no workbook. {_SAVE_ANEW}")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
            for name in sorted(files, key=lambda name: name != "mimetype"):
                if name.lower() in scanned or _PARTS.fullmatch(name):
                    archive.writestr(zipfile.ZipInfo(name), _without_counts(name, files[name]))
    except (expat.ExpatError, ElementTree.ParseError, KeyError, ValueError, IndexError) as damage:
        raise NotReadable(f"{source.name}: the workbook is damaged ({damage}). {_SAVE_ANEW}") from damage
    return Unpacked(packed.getvalue(), sheets)


def _is_needed(name: str) -> bool:
    own = name.lower().startswith("xl/") and name.lower().endswith((".xml", ".bin"))
    return _PARTS.fullmatch(name) is not None or (own and not _ASIDE.match(name))


def _without_counts(name: str, data: bytes) -> bytes:
    """A file without the counts it declares, for which the reader of cells would set memory aside unseen."""
    if name.lower().endswith("sharedstrings.xml"):
        return _COUNTS.sub(lambda tag: _COUNT.sub(b"", tag.group()), data, count=1)
    if name.lower().endswith("sharedstrings.bin"):
        _records(data, lambda kind, at, size: _check_count(data, kind, at))
    return data


def _check_count(data: bytes, kind: int, at: int) -> None:
    if kind == _STRINGS and int.from_bytes(data[at + 4 : at + 8], "little") > len(data):
        raise ValueError("it declares more texts than it has room for")


def _files(source: SourceFile) -> dict[str, bytes]:
    """The files of a workbook that cells are made of, by name."""
    out: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
            entries = [entry for entry in archive.infolist() if _is_needed(entry.filename)]
            size = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_FILES or size > LARGEST_UNPACKED:
                raise NotReadable(
                    f"{source.name}: unpacked, the workbook holds {len(entries)} files of {size} bytes; at most "
                    f"{MOST_FILES} files of {LARGEST_UNPACKED} bytes are read. Split it, for instance by year."
                )
            if size > max(UNSUSPICIOUS, MOST_TIMES * sum(entry.compress_size for entry in entries)):
                raise NotReadable(
                    f"{source.name}: unpacked, the workbook would hold {size} bytes, more than {MOST_TIMES} times as "
                    f"many as it has: no log packs so well. {_SAVE_ANEW}"
                )
            if any(entry.flag_bits & 1 for entry in entries):
                raise NotReadable(with_password(source))
            for entry in entries:
                out[entry.filename] = archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as damage:
        raise NotReadable(f"{source.name}: the workbook is damaged ({damage}). {_SAVE_ANEW}") from damage
    for name, data in out.items():
        if name.lower().endswith((".xml", ".rels")) and (b"<!DOCTYPE" in data or b"<!ENTITY" in data):
            raise NotReadable(f"{source.name}: the workbook declares XML entities, which no program of tables writes.")
    if b"encryption-data" in out.get("META-INF/manifest.xml", b""):
        raise NotReadable(with_password(source))
    return out


def with_password(source: SourceFile) -> str:
    """The message for a workbook that only a password opens."""
    return (
        f"{source.name}: the workbook is protected by a password and cannot be read. Open it, save it without a "
        "password (in Excel: File, Info, Protect Workbook, Encrypt with Password, leave it blank) and hand that in."
    )


def too_large(source: SourceFile, sheet: str, row: int, column: int) -> NotReadable:
    """What is raised for a sheet with a cell too far out, its row and column counted from 0."""
    return _too_large(source, sheet, _place(row, column))


def _too_large(source: SourceFile, sheet: str, place: str) -> NotReadable:
    return NotReadable(
        f"{source.name}: the sheet '{sheet}' holds a cell far out, at {place}, and so covers more than {MOST_CELLS} "
        "cells. Delete the rows and columns beyond the table and save the workbook anew."
    )


def _place(row: int, column: int) -> str:
    letters = ""
    column += 1
    while column > 0:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _targets(files: Mapping[str, bytes], rels: str) -> dict[str, str]:
    """Relation id → name of the file it leads to."""
    data = next((data for name, data in files.items() if name.lower() == rels), None)
    if data is None:
        return {}
    out = {}
    for relation in ElementTree.fromstring(data):
        target = relation.get("Target", "")
        out[relation.get("Id", "")] = target.lstrip("/") if target.startswith(("/", "xl/")) else f"xl/{target}"
    return out


def _scan_excel(source: SourceFile, files: Mapping[str, bytes], book: bytes, scanned: set[str]) -> dict[str, SheetScan]:
    targets = _targets(files, "xl/_rels/workbook.xml.rels")
    styles = next((data for name, data in files.items() if name.lower() == "xl/styles.xml"), None)
    formats = _formats(styles) if styles else {}
    by_name = {name.lower(): data for name, data in files.items()}
    out: dict[str, SheetScan] = {}
    for sheet in ElementTree.fromstring(book).iter():
        if _local(sheet.tag) != "sheet":
            continue
        relation = next((value for key, value in sheet.attrib.items() if _local(key) == "id"), "")
        file, name = targets.get(relation, "").lower(), sheet.get("name", "")
        if file in by_name:
            out[name] = _excel_sheet(source, name, by_name[file], formats)
            scanned.add(file)
    return out


def _formats(styles: bytes) -> dict[int, str]:
    """Number of a cell's style → its number format, for those that show more than the number itself."""
    codes = dict(BUILT_IN_FORMATS)
    out: dict[int, str] = {}
    for element in ElementTree.fromstring(styles):
        if _local(element.tag) == "numFmts":
            codes |= {int(code.get("numFmtId", "0")): code.get("formatCode", "") for code in element}
        if _local(element.tag) == "cellXfs":
            for number, style in enumerate(element):
                code = codes.get(int(style.get("numFmtId", "0")), "").partition(";")[0]
                if shows_more(code):
                    out[number] = code
    return out


_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ZEROS = re.compile(r"[- /()]*0[- /()0]*0[- /()]*")


_OF_DATES = re.compile(r"[ymd][ymd ./,-]*", re.IGNORECASE)
MONTH, DAY_OF_A_YEAR = "ym", "dm"
"""What a format of dates shows that does not show a whole date: no day, or no year."""


def shows_more(code: str) -> bool:
    """Whether a number format shows leading zeros, a percentage, or a date without its day or its year."""
    bare = _LITERAL.sub("", code)
    return "%" in bare or _ZEROS.fullmatch(bare) is not None or shown_of_date(code) in (MONTH, DAY_OF_A_YEAR)


def shown_of_date(code: str) -> str:
    """Which parts of a date a number format shows, as letters in alphabetical order; empty for any other format."""
    bare = _LITERAL.sub("", code).strip()
    parts = "".join(sorted(set(re.sub("[^ymd]", "", bare.lower()))))
    return {"my": MONTH, "dm": DAY_OF_A_YEAR}.get(parts, parts) if _OF_DATES.fullmatch(bare) else ""


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


def in_format(number: float, code: str) -> str:
    """A number as a format of leading zeros or of percent shows it: 123 in 00000 is 00123, 0.5 in 0% is 50%."""
    if "%" in _LITERAL.sub("", code):
        return plain(number * 100) + "%"
    if number != int(number) or number < 0:
        return plain(number)
    marks = re.findall(r'"[^"]*"|\\.|.', re.sub(r"\[[^\]]*\]|_.|\*.", "", code))
    digits = str(int(number)).rjust(sum(mark == "0" for mark in marks), "0")
    out: list[str] = []
    left = sum(mark == "0" for mark in marks)
    for mark in marks:
        if mark == "0":
            out.append(digits[: len(digits) - left + 1])
            digits, left = digits[len(digits) - left + 1 :], left - 1
        else:
            out.append(mark[1:-1] if mark[0] == '"' else mark[-1])
    return "".join(out)


def plain(number: float) -> str:
    """A number in the 15 digits that a workbook keeps, without an exponent."""
    return format(Decimal(f"{number:.15g}"), "f")


class _ExcelSheet:
    """Takes the cells of one worksheet as its XML is read."""

    def __init__(self, formats: Mapping[int, str]) -> None:
        self.scan = SheetScan()
        self._formats = {str(number): Odd(FORMAT, code) for number, code in formats.items()}
        self._row, self._column, self._hidden = -1, -1, False
        self._type, self._style, self._formula, self._is_text = "", "", False, False
        self._value: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if ":" in tag:
            tag = tag.partition(":")[2]
        if tag == "c":
            place = attributes.get("r")
            if place is None:
                self._column += 1
            else:
                self._row, self._column = _cell_at(place)
            self._type, self._style = attributes.get("t", ""), attributes.get("s", "")
            self._formula, self._value = False, []
        elif tag == "v" or tag == "t":
            self._is_text = True
            self.parser.CharacterDataHandler = self._value.append
        elif tag == "row":
            number = attributes.get("r")
            self._row = int(number) - 1 if number else self._row + 1
            self._column, self._hidden = -1, attributes.get("hidden") in ("1", "true")
        elif tag == "f":
            self._formula = True
        elif tag == "mergeCell":
            self._merge(attributes.get("ref", ""))

    def _end(self, tag: str) -> None:
        if ":" in tag:
            tag = tag.partition(":")[2]
        if tag == "v" or tag == "t":
            self.parser.CharacterDataHandler = None
        elif tag == "c":
            self._cell()

    def _cell(self) -> None:
        scan, filled = self.scan, bool(self._value)
        if filled:
            if self._row >= scan.rows or self._column >= scan.columns:
                scan.rows, scan.columns = max(scan.rows, self._row + 1), max(scan.columns, self._column + 1)
                if scan.rows * scan.columns > MOST_CELLS:
                    raise _TooLarge(_place(self._row, self._column))
            scan.hidden_rows += self._hidden
            self._hidden = False
        if self._type == "e" and filled:
            self._odd(Odd(ERROR, "".join(self._value)))
        elif self._formula and not filled and self._type != "str":
            self._odd(Odd(NEVER_CALCULATED))
        elif self._style in self._formats and filled and self._type in ("", "n"):
            self._odd(self._formats[self._style])

    def _odd(self, odd: Odd) -> None:
        self.scan.odd[self._row, self._column] = odd
        if len(self.scan.odd) > MOST_ODD_CELLS:
            raise _TooLarge(_place(self._row, self._column))

    def _merge(self, area: str) -> None:
        first, _, last = area.partition(":")
        top, bottom = _cell_at(first), _cell_at(last or first)
        if bottom[0] > top[0] and len(self.scan.spans) < MOST_ODD_CELLS:
            self.scan.spans.append((top[0], top[1], bottom[0] - top[0] + 1))


def _cell_at(place: str) -> tuple[int, int]:
    """Row and column, from 0, of a place like B12."""
    letters = place.rstrip("0123456789")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - 64
    row = int(place[len(letters) :])
    if not (letters.isascii() and letters.isupper() and len(letters) <= 3 and 1 <= row <= 1 << 20):
        raise ValueError(f"there is no cell {place[:20]}")
    return row - 1, column - 1


def _excel_sheet(source: SourceFile, name: str, data: bytes, formats: Mapping[int, str]) -> SheetScan:
    if (scan := _scan_by_pattern(data, formats)) is not None:
        return scan
    sheet = _ExcelSheet(formats)
    try:
        sheet.parser.Parse(data, True)
    except _TooLarge as place:
        raise _too_large(source, name, str(place)) from None
    return sheet.scan


_PIECE = 4 << 20  # bytes looked at in one go
_AT = rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"'
_PLACES = re.compile(_AT)
_FORMULA = rb"<f\b[^<>]*(?:/>|>[^<]*</f>)"
_ERROR_CELLS = re.compile(_AT + rb'[^<>]* t="e"[^<>]*>(?:' + _FORMULA + rb")?<v>([^<]*)</v>")
_UNCALCULATED = re.compile(_AT + rb"([^<>]*)>\s*" + _FORMULA + rb"\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_HIDDEN_ROWS = re.compile(rb'<row [^<>]*hidden="(?:1|true)"')
_MERGES = re.compile(rb'<mergeCell [^<>]*ref="([A-Z]+[0-9]+):([A-Z]+[0-9]+)"')
_UNUSUAL = (
    b"<!",
    b"='",
    *(start + end for start in (b"<c", b":c") for end in (b">", b"/", b"\t", b"\n", b"\r")),
    b":c ",
)


def _scan_by_pattern(data: bytes, formats: Mapping[int, str]) -> SheetScan | None:
    """What `_ExcelSheet` finds, ten times as fast, in a sheet as all known programs write it; None in any other.

    The area counts cells without a value too.
    """
    if any(sign in data for sign in _UNUSUAL) or not data[:200].lower().startswith((b"<", b"\xef\xbb\xbf<")):
        return None
    if b"encoding=" in data[:200] and b"utf-8" not in data[:200].lower():
        return None
    scan, cells = SheetScan(), 0
    columns: set[bytes] = set()
    start = 0
    while start < len(data):
        end = data.find(b"<row", start + _PIECE)
        end = len(data) if end < 0 else end
        found = _PLACES.findall(data, start, end)
        cells += len(found)
        columns.update({letters for letters, _ in found})
        scan.rows = max(scan.rows, max((int(row) for row in {row for _, row in found}), default=0))
        start = end
    scan.columns = max((_cell_at(f"{letters.decode()}1")[1] + 1 for letters in columns), default=0)
    if cells != data.count(b"<c ") or scan.rows * scan.columns > MOST_CELLS or scan.rows > 1 << 20:
        return None
    if b' t="e"' in data:
        for letters, row, text in _ERROR_CELLS.findall(data):
            scan.odd[_place_of(letters, row)] = Odd(ERROR, text.decode("utf-8", "replace"))
    if b"<f" in data:
        for letters, row, attributes in _UNCALCULATED.findall(data):
            if b't="str"' not in attributes:
                scan.odd[_place_of(letters, row)] = Odd(NEVER_CALCULATED)
    if formats:
        styles = b"|".join(str(number).encode() for number in formats)
        shown = {str(number).encode(): Odd(FORMAT, code) for number, code in formats.items()}
        for letters, row, style in re.findall(_AT + rb'[^<>]*? s="(' + styles + rb')"[^<>]*(?<!/)>', data):
            scan.odd.setdefault(_place_of(letters, row), shown[style])
    scan.spans = [(top[0], top[1], bottom[0] - top[0] + 1) for top, bottom in _merged(data) if bottom[0] > top[0]]
    scan.hidden_rows = len(_HIDDEN_ROWS.findall(data)) if b" hidden=" in data else 0
    return scan if len(scan.odd) <= MOST_ODD_CELLS and len(scan.spans) <= MOST_ODD_CELLS else None


def _merged(data: bytes) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    for first, last in _MERGES.findall(data) if b"<mergeCell " in data else ():
        yield _cell_at(first.decode()), _cell_at(last.decode())


def _place_of(letters: bytes, row: bytes) -> tuple[int, int]:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return int(row) - 1, column - 1


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
            raise _TooLarge(_place(scan.rows - 1, scan.columns - 1))
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
            raise _TooLarge(_place(self._row, self._column))
        for row in range(self._row, self._row + self._rows):
            for column in range(self._column, self._column + self._columns):
                scan.odd[row, column] = odd


def _repeated(attributes: Mapping[str, str], name: str) -> int:
    return max(1, int(attributes.get(name, "1")))


def _scan_opendocument(source: SourceFile, content: bytes) -> dict[str, SheetScan]:
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
    except _TooLarge as place:
        raise _too_large(source, document.sheet, str(place)) from None
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

    Comments, odd cells of several paragraphs, tables within tables and more cells than are read are left to the slow way.
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
    closed = [data.find(b"</table:table>", start) for start in tables[:, 0].tolist()]
    if any(b"&" in name for name in names) or any(end > start for end, start in zip(closed, tables[1:, 0].tolist())):
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
    return np.searchsorted(tags[:, 0], places, side="right") - 1


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
    return before - before[np.searchsorted(group_of, group_of)]


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


_ROW, _CELLS, _ERRORS, _SHEET, _STRINGS = 0, range(2, 12), (3, 11), 156, 159


def _records(data: bytes, take: Callable[[int, int, int], None]) -> None:
    """Call with type, offset and length of each record of a binary workbook part ([MS-XLSB] 2.1.4)."""
    at, end = 0, len(data)
    while at < end:
        kind, at = data[at], at + 1
        if kind & 0x80:
            kind, at = (kind & 0x7F) | (data[at] & 0x7F) << 7, at + 1
        size = 0
        for shift in (0, 7, 14, 21):
            byte, at = data[at], at + 1
            size |= (byte & 0x7F) << shift
            if not byte & 0x80:
                break
        if at + size > end:
            raise ValueError("a record is cut off")
        take(kind, at, size)
        at += size


def _scan_binary(
    source: SourceFile, files: Mapping[str, bytes], book: bytes, scanned: set[str]
) -> dict[str, SheetScan]:
    targets = _targets(files, "xl/_rels/workbook.bin.rels")
    by_name = {name.lower(): data for name, data in files.items()}
    names: dict[str, str] = {}

    def sheet(kind: int, at: int, size: int) -> None:
        if kind == _SHEET:
            relation, behind = _wide_text(book, at + 8)
            names[targets.get(relation, "").lower()] = _wide_text(book, behind)[0]

    _records(book, sheet)
    out = {name: _binary_sheet(source, name, by_name[file]) for file, name in names.items() if file in by_name}
    scanned.update(names)
    return out


def _wide_text(data: bytes, at: int) -> tuple[str, int]:
    end = at + 4 + 2 * int.from_bytes(data[at : at + 4], "little")
    return data[at + 4 : end].decode("utf-16-le"), end


def _binary_sheet(source: SourceFile, name: str, data: bytes) -> SheetScan:
    scan, row = SheetScan(), 0

    def cell(kind: int, at: int, size: int) -> None:
        nonlocal row
        if kind == _ROW:
            row = int.from_bytes(data[at : at + 4], "little")
        elif kind in _CELLS:
            column = int.from_bytes(data[at : at + 4], "little")
            scan.rows, scan.columns = max(scan.rows, row + 1), max(scan.columns, column + 1)
            if scan.rows * scan.columns > MOST_CELLS:
                raise too_large(source, name, row, column)
            if kind in _ERRORS and size > 8:
                scan.odd[row, column] = Odd(ERROR, ERROR_NAMES.get(data[at + 8], "an error"))

    _records(data, cell)
    return scan
