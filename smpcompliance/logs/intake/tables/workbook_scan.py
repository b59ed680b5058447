"""What a workbook's own files say that its cells do not: how large each sheet is, and which cells need a word.

The reader of cells trusts a workbook: a single cell in the last corner of a sheet makes it ask for more memory than a
computer has, and it leaves cells that show an error blank. So every file of a workbook is unpacked and looked through
here first, and the reader of cells gets only what was looked through.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from xml.etree import ElementTree
from xml.parsers import expat

from smpcompliance.logs.intake.places.archive import MOST_TIMES, UNSUSPICIOUS
from smpcompliance.logs.intake.raw import NotReadable, SourceFile
from smpcompliance.logs.intake.tables.opendocument import scan_opendocument
from smpcompliance.logs.intake.tables.sheet_scan import (
    ERROR,
    FORMAT,
    MOST_CELLS,
    MOST_ODD_CELLS,
    NEVER_CALCULATED,
    Odd,
    SheetScan,
    TooLarge,
    covers_too_much,
    place_of,
    too_large,
)
from smpcompliance.patterns import pattern

LARGEST_UNPACKED = 1 << 29  # bytes of all files of a workbook together
MOST_FILES = 5_000  # in a workbook

BUILT_IN_FORMATS = {9: "0%", 10: "0.00%", 16: "d-mmm", 17: "mmm-yy"}
"""The number formats that have a number and no code, as far as they show more than the number."""

ERROR_NAMES = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
"""The errors of cells by the number that binary workbooks keep of them."""

_PARTS = pattern(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:workbook|styles|sharedStrings)\.(?:xml|bin)"
    r"|xl/_rels/workbook\.(?:xml|bin)\.rels|mimetype|content\.xml|META-INF/manifest\.xml",
    re.IGNORECASE,
)
_COUNTS = pattern(rb"<(?:\w+:)?sst\b[^<>]*>")
_COUNT = pattern(rb"""\s(?:count|uniqueCount)\s*=\s*(?:"[^"]*"|'[^']*')""")
_ASIDE = pattern(r"(?:xl/)?(?:media|embeddings|printerSettings|drawings|charts|theme)/", re.IGNORECASE)
_SAVE_ANEW = "Open it in the program it comes from, save it anew as .xlsx and hand that file in."


@dataclass(frozen=True)
class Unpacked:
    """A workbook that was looked through.

    Attributes:
        data: the workbook as it may be read on.
        sheets: name of a sheet → what its file says; sheets that hold no table of cells are not among them.
    """

    data: bytes = field(repr=False)
    sheets: Mapping[str, SheetScan]


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
            sheets = scan_opendocument(source, files[lower["content.xml"]])
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


_LITERAL = pattern(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_ZEROS = pattern(r"[- /()]*0[- /()0]*0[- /()]*")


_OF_DATES = pattern(r"[ymd][ymd ./,-]*", re.IGNORECASE)
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
                    raise TooLarge(place_of(self._row, self._column))
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
            raise TooLarge(place_of(self._row, self._column))

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
    except TooLarge as place:
        raise covers_too_much(source, name, str(place)) from None
    return sheet.scan


_PIECE = 4 << 20  # bytes looked at in one go
_AT = rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"'
_PLACES = pattern(_AT)
_FORMULA = rb"<f\b[^<>]*(?:/>|>[^<]*</f>)"
_ERROR_CELLS = pattern(_AT + rb'[^<>]* t="e"[^<>]*>(?:' + _FORMULA + rb")?<v>([^<]*)</v>")
_UNCALCULATED = pattern(_AT + rb"([^<>]*)>\s*" + _FORMULA + rb"\s*(?:<v\s*/>|<v></v>)?\s*</c>")
_HIDDEN_ROWS = pattern(rb'<row [^<>]*hidden="(?:1|true)"')
_MERGES = pattern(rb'<mergeCell [^<>]*ref="([A-Z]+[0-9]+):([A-Z]+[0-9]+)"')
_UNUSUAL = tuple(map(re.compile, (rb"<!", rb"='", rb"<c[>/\t\n\r]", rb":c[ >/\t\n\r]")))


def _scan_by_pattern(data: bytes, formats: Mapping[int, str]) -> SheetScan | None:
    """What `_ExcelSheet` finds, ten times as fast, in a sheet as all known programs write it; None in any other.

    The area counts cells without a value too.
    """
    if any(sign.search(data) for sign in _UNUSUAL) or not data[:200].lower().startswith((b"<", b"\xef\xbb\xbf<")):
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
