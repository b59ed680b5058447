"""Which bytes are which letters: every text file is brought to UTF-8 before anything else looks at it.

The order is fixed: a byte order mark is believed, UTF-16 without one is known by its zero bytes, then UTF-8 is tried,
and only then the file is taken as Windows-1252 (cp1252). Whatever nothing in the file proves is said in the notes.
"""

import codecs
import re

import numpy as np
import pyarrow as pa

from smpcompliance.logs.intake.raw import NotReadable, SourceFile
from smpcompliance.patterns import pattern

LARGEST_FILE = 2**31 - 1  # bytes; the text offsets of one Arrow column are 32 bits wide
_LOOKED_AT = 1024  # bytes at the beginning that decide whether a file is text
_KNOWN_STARTS = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"\x1f\x8b", "a gzip archive"),
)
_HTML = (
    rb"(?:<\?xml[^>]*>\s*)?(?:<!--(?:[^-]|-(?!->))*+-->\s*)*+"
    rb"<(?:!doctype html|html|head|meta|style|body|div|table)\b"
)
_MARKED_UP = (
    (rb"\{\\rtf", "a word processor's document (RTF)"),
    (_HTML, "a web page (HTML), as some programs save what they call an Excel file"),
    (rb"<\?xml[\s\S]{0,1000}schemas-microsoft-com:office:spreadsheet", "a spreadsheet as XML (Excel 2003)"),
    (rb"<\?xml\b", "an XML file"),
)
_ADVICE = 'Open it in the program it comes from, export the table as "CSV UTF-8" and hand that file in.'
_STRAYS = 100_000  # bytes that are not UTF-8 in a text that else is; with more of them it is taken as Windows-1252
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b\x1c\x1d\x1e\x1f")


def as_utf8(source: SourceFile) -> tuple[bytes, tuple[str, ...]]:
    """The text of a file as UTF-8 bytes without byte order mark, and what the owner should know of it.

    Raises:
        NotReadable: the file is not text, breaks its own byte order mark, or is too large.
    """
    _refuse_known_formats(source)
    data, notes = _settled(source)
    _refuse_marked_up(source, data)
    if data.count(b"\0", 0, _LOOKED_AT) * 20 > min(len(data), _LOOKED_AT) or _mostly_controls(data[:_LOOKED_AT]):
        raise NotReadable(
            f"{source.name}: this is not a text file (it holds bytes near its beginning that no text has). "
            f"Expected a table as text: comma, semicolon or tab separated. {_ADVICE}"
        )
    if b"\0" in data:
        zeros, line = data.count(b"\0"), _line_at(data, data.index(b"\0"))
        data = data.replace(b"\0", "\ufffd".encode())
        note = (
            f"The file is damaged: it holds {zeros} zero bytes (first on line {line}), shown as \ufffd. Export it anew."
        )
        notes = (*notes, note)
    return data, notes


def _refuse_known_formats(source: SourceFile) -> None:
    if len(source.data) > LARGEST_FILE:
        raise NotReadable(
            f"{source.name}: the file holds {len(source.data)} bytes; at most {LARGEST_FILE} can be read at once. "
            "Split it, for instance by year, and repeat the heads in every part."
        )
    for start, what in _KNOWN_STARTS:
        if source.data.startswith(start):
            raise NotReadable(f"{source.name}: this is {what}, not a table as text. {_ADVICE}")


def _refuse_marked_up(source: SourceFile, data: bytes) -> None:
    beginning = data[: 4 * _LOOKED_AT].lstrip()
    for shape, what in _MARKED_UP:
        if re.match(shape, beginning, re.IGNORECASE):
            raise NotReadable(f"{source.name}: this is {what}, not a table as plain text. {_ADVICE}")


def _settled(source: SourceFile) -> tuple[bytes, tuple[str, ...]]:
    data = source.data
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _from_utf16(source, "utf-16"), ()
    if (without_mark := _utf16_without_mark(data)) is not None:
        note = "The file has no byte order mark; every second byte at its beginning is zero, so it was read as UTF-16."
        return _from_utf16(source, without_mark), (note,)
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    if _is_utf8(data):
        return data, ()
    return _with_strays(data) or _from_cp1252(data)


def _utf16_without_mark(data: bytes) -> str | None:
    """Which UTF-16 a text without byte order mark is, told by the zero bytes of its plain letters; None where none."""
    beginning = data[: _LOOKED_AT - _LOOKED_AT % 2]
    half = len(beginning) // 2
    first, second = beginning[0::2].count(0), beginning[1::2].count(0)
    if len(data) % 2 or half < 2:
        return None
    if second > 0.8 * half and first == 0:
        return "utf-16-le"
    return "utf-16-be" if first > 0.8 * half and second == 0 else None


def _from_utf16(source: SourceFile, which: str) -> bytes:
    try:
        return source.data.decode(which).encode("utf-8")
    except UnicodeError as damage:
        place = f" at byte {damage.start + 1}" if isinstance(damage, UnicodeDecodeError) else ""
        raise NotReadable(
            f'{source.name}: the file begins as UTF-16 text but is damaged{place}. Export it anew, best as "CSV UTF-8".'
        ) from damage


def _is_utf8(data: bytes) -> bool:
    """Let Arrow look: it needs no decoded copy of the file."""
    if not data or data.isascii():
        return True
    ends = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _with_strays(data: bytes) -> tuple[bytes, tuple[str, ...]] | None:
    """A text that is UTF-8 but for some bytes; None where it is not rather UTF-8 than anything else."""
    shown = data.decode("utf-8", "replace")
    strays = shown.count("\ufffd") - data.count("\ufffd".encode())
    plain = np.count_nonzero(np.frombuffer(data, dtype=np.uint8) < 0x80)
    if strays > _STRAYS or len(shown) - plain - strays <= strays:
        return None
    text = data.decode("utf-8", _STRAY_AS_CP1252)
    note = (
        f"The file is UTF-8 but for some bytes (first on line {_line_of_first_damage(data)}), which were read as "
        'Windows-1252. If letters such as é or ü look wrong there, export it as "CSV UTF-8".'
    )
    return text.encode("utf-8"), (note,)


def _as_cp1252(damage: UnicodeError) -> tuple[str, int]:
    if not isinstance(damage, UnicodeDecodeError):
        raise damage
    return damage.object[damage.start : damage.end].decode("cp1252", "replace"), damage.end


_STRAY_AS_CP1252 = "smpcompliance.cp1252"
codecs.register_error(_STRAY_AS_CP1252, _as_cp1252)


def _from_cp1252(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    text = data.decode("cp1252", "replace")
    note = (
        f"The file is not UTF-8 (first seen on line {_line_of_first_damage(data)}) and was read as Windows-1252. "
        'If letters such as é or ü look wrong, export it as "CSV UTF-8".'
    )
    if _OLD_MAC.search(data) and not _WESTERN.search(data):
        note += " It may come from an old Mac program, whose é would be shown as Ž here."
    unknown = text.count("\ufffd")
    if unknown:
        note += f" Characters that Windows-1252 does not have, shown as \ufffd: {unknown}."
    return text.encode("utf-8"), (note,)


_OLD_MAC = pattern(rb"[a-z][\x87-\x9f][a-z]")  # where Mac Roman has its accented letters
_WESTERN = pattern(rb"[\xc0-\xff]")  # where Windows-1252 and Latin-1 have theirs


def _line_of_first_damage(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as damage:
        return _line_at(data, damage.start)
    return 1


def _line_at(data: bytes, place: int) -> int:
    """The physical line, from 1, on which a byte stands."""
    return 1 + data.count(b"\n", 0, place) + data.count(b"\r", 0, place) - data.count(b"\r\n", 0, place)


def _mostly_controls(beginning: bytes) -> bool:
    """Whether more than one byte in twenty is a control character that tables do not hold."""
    controls = len(beginning) - len(beginning.translate(None, _CONTROLS))
    return controls * 20 > len(beginning)
