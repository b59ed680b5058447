"""The head record of a delimited file: where it stands, what separates its cells, and what they say."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from smpcompliance.logs.intake.quoting import delimiters_outside_quotes, ends_open
from smpcompliance.logs.intake.raw import NotReadable

DELIMITERS = ("\t", ";", ",")  # where two would do equally well, the one that is rarer in prose
_BLANKS = b' \t,;"\r\n'
_TRIED_RECORDS = 5
_LONGEST_HEADS = 1 << 16  # bytes


@dataclass(frozen=True)
class Heads:
    """The heads of a delimited file.

    Attributes:
        names: as written, without space around them and with line breaks and runs of space as one space.
        delimiter: comma, semicolon or tab.
        line: physical line on which the head record begins.
        lines: how many physical lines it covers.
        end: byte offset behind it.
    """

    names: tuple[str, ...]
    delimiter: str
    line: int
    lines: int
    end: int


def find_heads(file: str, text: bytes) -> Heads:
    """The first record of a UTF-8 text that is not blank.

    Raises:
        NotReadable: there is none, or a quote in it is never closed.
    """
    line, start = 1, 0
    for piece in _lines(text, 0):
        if piece.strip(_BLANKS):
            break
        line, start = line + 1, start + len(piece)
    else:
        raise NotReadable(
            f"{file}: the file is empty or holds blank lines only. Expected a line of heads and a line per record "
            "behind it. If there is nothing to record, hand in the heads alone: that states zero records."
        )
    if len(piece) > _LONGEST_HEADS:
        raise NotReadable(
            f"{file}:{line}: this line should hold the heads, but it holds {len(piece)} bytes. Expected a short name "
            "per column, separated by commas, semicolons or tabs, and a line per record behind it."
        )
    tried = [_heads_by(delimiter, text, line, start) for delimiter in DELIMITERS]
    found = [heads for heads in tried if heads is not None]
    if not found or (None in tried and all(len(heads.names) == 1 for heads in found)):
        raise NotReadable(
            f"{file}:{line}: a quote in the heads is opened and never closed, so that it cannot be told where they "
            'end. Close it with a second " at the end of the head it belongs to, or remove it.'
        )
    return max(found, key=lambda heads: (_agrees(heads, text), len(heads.names)))


def _heads_by(delimiter: str, text: bytes, line: int, start: int) -> Heads | None:
    """The head record if this delimiter is the right one; None where that leaves a quote open."""
    pieces: list[bytes] = []
    still_open = b""
    for piece in _lines(text, start):
        pieces.append(piece)
        if not ends_open(still_open + piece, delimiter.encode()):
            break
        still_open = b'"'
    else:
        return None
    try:
        cells = _cells(pieces, delimiter, strict=len(pieces) > 1)
    except csv.Error:
        return None
    names = tuple(" ".join(cell.split()) for cell in cells)
    return Heads(names, delimiter, line, len(pieces), start + sum(map(len, pieces)))


def _agrees(heads: Heads, text: bytes) -> bool:
    """Whether one of the first records has as many cells as there are heads, and more than one."""
    if len(heads.names) == 1:
        return False
    return len(heads.names) in first_widths(heads, text)


def first_widths(heads: Heads, text: bytes) -> list[int]:
    """How many cells each of the first records has that is not blank and stands on one line."""
    pieces = (piece for piece in _lines(text, heads.end) if piece.strip(_BLANKS))
    return [1 + delimiters_outside_quotes(p, heads.delimiter.encode()) for p in islice(pieces, _TRIED_RECORDS)]


def _cells(pieces: list[bytes], delimiter: str, strict: bool) -> list[str]:
    lines = (piece.decode("utf-8") for piece in pieces)
    return next(csv.reader(lines, delimiter=delimiter, strict=strict), [])


def _lines(text: bytes, start: int) -> Iterator[bytes]:
    """The physical lines from a place on, with their line ends."""
    while start < len(text):
        newline = text.find(b"\n", start)
        block = text[start : newline + 1 or len(text)]
        yield from block.splitlines(keepends=True)
        start += len(block)
