"""What an old Excel workbook (.xls) says of its cells, looked through before the reader of cells trusts it.

The container is a compound file ([MS-CFB] 2.2 to 2.6), the workbook in it a stream of records ([MS-XLS] 2.4).
"""

import struct
from collections.abc import Iterator, Mapping

from smpcompliance.logs.intake.raw import NotReadable, SourceFile
from smpcompliance.logs.intake.tables.sheet_scan import ERROR, FORMAT, MOST_CELLS, Odd, SheetScan, too_large
from smpcompliance.logs.intake.tables.workbook_scan import (
    BUILT_IN_FORMATS,
    ERROR_NAMES,
    shows_more,
    with_password,
)

_ENDS = 0xFFFFFFFA  # sector numbers from here on end a chain
_FORMULAS, _NUMBERS, _BOOL_OR_ERROR, _MANY_NUMBERS = (0x0006, 0x0206, 0x0406), (0x0203, 0x027E), 0x0205, 0x00BD
_TEXTS = (0x00FD, 0x0204, 0x00D6)
_BEGIN, _END, _DIMENSIONS = (0x0809, 0x0409, 0x0209, 0x0009), 0x000A, 0x0200
_SHEET, _PASSWORD, _STYLE, _NUMBER_FORMAT, _STRINGS = 0x0085, 0x002F, 0x00E0, 0x041E, 0x00FC


def scan_old(source: SourceFile) -> dict[str, SheetScan]:
    """What each sheet of an .xls says, by its name.

    Raises:
        NotReadable: the workbook is damaged, has a password, or a sheet covers more cells than are read.
    """
    try:
        return _scan(source, _stream(source.data))
    except (struct.error, IndexError, ValueError) as damage:
        raise NotReadable(
            f"{source.name}: the workbook is damaged ({damage}). Open it in the program it comes from, save it anew "
            "as .xlsx and hand that file in."
        ) from None


def _stream(data: bytes) -> bytes:
    """The stream of the workbook."""
    size, small = 1 << min(data[30], 16), 1 << min(data[32], 16)
    if size < 64:
        raise ValueError("its sectors have no size")
    tables = list(struct.unpack_from("<109I", data, 76))
    further = struct.unpack_from("<I", data, 68)[0]
    for _ in range(len(data) // size):
        if further >= _ENDS:
            break
        part = struct.unpack_from(f"<{size // 4}I", data, (further + 1) * size)
        tables += part[:-1]
        further = part[-1]
    fat: list[int] = []
    for sector in dict.fromkeys(tables):
        if sector < _ENDS and (sector + 2) * size <= len(data) + size:
            fat += struct.unpack_from(f"<{size // 4}I", data[(sector + 1) * size :][:size].ljust(size, b"\0"))
    entries = _chain(data, fat, struct.unpack_from("<I", data, 48)[0], size, size)
    if len(entries) % 128:
        raise ValueError("its list of streams is cut off")
    found = root = None
    for at in range(0, len(entries), 128):
        name = entries[at : at + 64][: max(0, min(struct.unpack_from("<H", entries, at + 64)[0], 64) - 2)]
        place = struct.unpack_from("<IQ", entries, at + 116)
        if entries[at + 66] == 5:
            root = place
        elif name.decode("utf-16-le", "replace").casefold() in ("workbook", "book") and found is None:
            found = place
    if found is None:
        raise ValueError("it holds no workbook")
    start, length = found[0], found[1] & 0xFFFFFFFF
    if length < struct.unpack_from("<I", data, 56)[0] and root is not None:
        within = _chain(data, fat, root[0], size, size)
        table = _chain(data, fat, struct.unpack_from("<I", data, 60)[0], size, size)
        links = list(struct.unpack(f"<{len(table) // 4}I", table[: len(table) // 4 * 4]))
        return _chain(within, links, start, small, 0)[:length]
    return _chain(data, fat, start, size, size)[:length]


def _chain(data: bytes, links: list[int], first: int, size: int, ahead: int) -> bytes:
    """The sectors of a chain, one behind the other; a chain that runs in a circle ends where all are read."""
    out, sector = [], first
    for _ in range(len(links)):
        if sector >= min(len(links), _ENDS):
            break
        out.append(data[sector * size + ahead : (sector + 1) * size + ahead])
        sector = links[sector]
    return b"".join(out)


def _records(stream: bytes, at: int) -> Iterator[tuple[int, int, int]]:
    """Type, offset of the content and its length of each record of the part that begins here, to its end."""
    end, depth = len(stream), 0
    unpack = struct.Struct("<HH").unpack_from
    while at + 4 <= end:
        kind, size = unpack(stream, at)
        if at + 4 + size > end:
            break
        depth += (kind in _BEGIN) - (kind == _END)
        yield kind, at + 4, size
        at += 4 + size
        if depth <= 0:
            break


def _scan(source: SourceFile, stream: bytes) -> dict[str, SheetScan]:
    names: dict[int, str] = {}
    styles: list[int] = []
    codes = dict(BUILT_IN_FORMATS)
    for kind, at, size in _records(stream, 0):
        if kind == _SHEET:
            names[struct.unpack_from("<I", stream, at)[0]] = _text(stream, stream[at + 6], at + 7)
        elif kind == _STRINGS and struct.unpack_from("<I", stream, at + 4)[0] > len(stream):
            raise ValueError("it declares more texts than it has room for")
        elif kind == _STYLE:
            styles.append(struct.unpack_from("<H", stream, at + 2)[0])
        elif kind == _NUMBER_FORMAT and size > 5:
            number, length = struct.unpack_from("<HH", stream, at)
            codes[number] = _text(stream, length, at + 4).partition(";")[0]
        elif kind == _PASSWORD:
            raise NotReadable(with_password(source))
    shown = {n: Odd(FORMAT, codes[f]) for n, f in enumerate(styles) if shows_more(codes.get(f, ""))}
    return {name: _sheet(source, name, stream, at, shown) for at, name in names.items()}


def _sheet(source: SourceFile, name: str, stream: bytes, begin: int, shown: Mapping[int, Odd]) -> SheetScan:
    scan = SheetScan()
    place = struct.Struct("<HHH").unpack_from
    for kind, at, size in _records(stream, begin):
        if kind in _TEXTS or kind in _NUMBERS or kind in _FORMULAS or kind == _BOOL_OR_ERROR:
            row, column, style = place(stream, at)
            _extend(source, scan, name, row, column)
            error = None
            if kind == _BOOL_OR_ERROR and stream[at + 7]:
                error = stream[at + 6]
            elif kind in _FORMULAS and stream[at + 12 : at + 14] == b"\xff\xff" and stream[at + 6] == 2:
                error = stream[at + 8]
            if error is not None:
                scan.odd[row, column] = Odd(ERROR, ERROR_NAMES.get(error, "an error"))
            elif style in shown and kind not in _TEXTS:
                scan.odd[row, column] = shown[style]
        elif kind == _MANY_NUMBERS:
            row, column, _ = place(stream, at)
            for number in range((size - 6) // 6):
                _extend(source, scan, name, row, column + number)
                style = struct.unpack_from("<H", stream, at + 4 + 6 * number)[0]
                if style in shown:
                    scan.odd[row, column + number] = shown[style]
        elif kind == _DIMENSIONS:
            low, high, left, right = struct.unpack_from("<IIHH" if size >= 12 else "<HHHH", stream, at)
            if high < low or right < left or (high - low) * (right - left) > MOST_CELLS:
                raise ValueError(f"a sheet is said to reach from row {low} to {high}, column {left} to {right}")
    return scan


def _extend(source: SourceFile, scan: SheetScan, name: str, row: int, column: int) -> None:
    if row >= scan.rows or column >= scan.columns:
        scan.rows, scan.columns = max(scan.rows, row + 1), max(scan.columns, column + 1)
        if scan.rows * scan.columns > MOST_CELLS:
            raise too_large(source, name, row, column)


def _text(stream: bytes, length: int, flags: int) -> str:
    """A string of so many letters, one or two bytes each as its flags say."""
    if stream[flags] & 1:
        return stream[flags + 1 : flags + 1 + 2 * length].decode("utf-16-le", "replace")
    return stream[flags + 1 : flags + 1 + length].decode("latin-1")
