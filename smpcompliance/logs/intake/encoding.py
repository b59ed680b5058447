"""Which bytes are which letters: every text file is brought to UTF-8 before anything else looks at it.

The order is fixed: a byte order mark is believed, then UTF-8 is tried, and only then the file is taken as
Windows-1252 (cp1252), which is always said in the notes because nothing in the file proves it.
"""

import codecs

import numpy as np
import pyarrow as pa

from smpcompliance.logs.intake.raw import NotReadable, SourceFile

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
_ADVICE = 'Open it in the program it comes from, export the table as "CSV UTF-8" and hand that file in.'
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b\x1c\x1d\x1e\x1f")


def as_utf8(source: SourceFile) -> tuple[bytes, tuple[str, ...]]:
    """The text of a file as UTF-8 bytes without byte order mark, and what the owner should know of it.

    Raises:
        NotReadable: the file is not text, breaks its own byte order mark, or is too large.
    """
    _refuse_known_formats(source)
    data, notes = _settled(source)
    if b"\0" in data[:_LOOKED_AT] or _mostly_controls(data[:_LOOKED_AT]):
        raise NotReadable(
            f"{source.name}: this is not a text file (it holds bytes near its beginning that no text has). "
            f"Expected a table as text: comma, semicolon or tab separated. {_ADVICE}"
        )
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


def _settled(source: SourceFile) -> tuple[bytes, tuple[str, ...]]:
    data = source.data
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _from_utf16(source), ()
    if data.startswith(codecs.BOM_UTF8):
        data = data[len(codecs.BOM_UTF8) :]
    return (data, ()) if _is_utf8(data) else _from_cp1252(data)


def _from_utf16(source: SourceFile) -> bytes:
    try:
        return source.data.decode("utf-16").encode("utf-8")
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


def _from_cp1252(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    text = data.decode("cp1252", "replace")
    note = (
        f"The file is not UTF-8 (first seen on line {_line_of_first_damage(data)}) and was read as Windows-1252. "
        'If letters such as é or ü look wrong, export it as "CSV UTF-8".'
    )
    unknown = text.count("\ufffd")
    if unknown:
        note += f" Characters that Windows-1252 does not have, shown as \ufffd: {unknown}."
    return text.encode("utf-8"), (note,)


def _line_of_first_damage(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as damage:
        before = data[: damage.start]
        return 1 + before.count(b"\n") + before.count(b"\r") - before.count(b"\r\n")
    return 1


def _mostly_controls(beginning: bytes) -> bool:
    """Whether more than one byte in twenty is a control character that tables do not hold."""
    controls = len(beginning) - len(beginning.translate(None, _CONTROLS))
    return controls * 20 > len(beginning)
