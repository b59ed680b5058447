"""The head record of a delimited file: where it stands, what separates its cells, and what they say."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise

import numpy as np

from smpcompliance.logs.intake.raw import NotReadable
from smpcompliance.logs.intake.tables.head_rows import LOOKED_AT, find_head_row, known, one_line, plainly_heads
from smpcompliance.logs.intake.tables.quoting import delimiters_outside_quotes, ends_open, line_starts, physical_lines
from smpcompliance.patterns import pattern

MOST_TABLES = 200  # in one file
MOST_HEADS = 16_384  # columns; a sheet of a spreadsheet program has no more
DELIMITERS = ("\t", ";", ",")  # where two would do equally well, the one that is rarer in prose
_BLANKS = b' \t,;"\r\n'
_TRIED_RECORDS = 5
_LONGEST_HEADS = 1 << 16  # bytes
_LONGEST_RECORD = 1 << 14  # bytes of a record below a title that is looked at on the way to the heads
_LONGEST_LOOKED_AT = 1 << 20  # bytes of a line that is counted to tell the delimiter
_DIGIT = pattern(r"[0-9]")
_BLANK_BYTE = np.isin(np.arange(256), np.frombuffer(_BLANKS, dtype=np.uint8))


@dataclass(frozen=True)
class Heads:
    """The heads of a delimited file.

    Attributes:
        names: as written, without space around them and with line breaks and runs of space as one space.
        delimiter: comma, semicolon or tab.
        line: physical line on which the head record begins.
        lines: how many physical lines it covers.
        end: byte offset behind it.
        above: lines of the records above it that are titles and are not read.
        label_line: line of the labels that are part of the heads, None where they stand on one line.
    """

    names: tuple[str, ...]
    delimiter: str
    line: int
    lines: int
    end: int
    above: tuple[int, ...] = ()
    label_line: int | None = None


def find_heads(file: str, text: bytes, line: int = 1) -> Heads:
    """The heads of a UTF-8 text: its first record that is not blank, or one below titles.

    Args:
        line: number of the first physical line of the text in the file.

    Raises:
        NotReadable: there is no such record, a quote in it is never closed, or it holds more than `MOST_HEADS`.
    """
    heads = _found_heads(file, text, line)
    if len(heads.names) > MOST_HEADS:
        raise NotReadable(
            f"{file}:{heads.line}: this line holds {len(heads.names)} heads; at most {MOST_HEADS} columns are read. "
            "Delete the columns beyond the table and export it anew."
        )
    return heads


def _found_heads(file: str, text: bytes, line: int) -> Heads:
    start = 0
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
    best = max(found, key=lambda heads: (_agrees(heads, text), len(heads.names)))
    if _can_be_no_title(best, tried, text) or (plainly_heads(best.names) and all(best.names)):
        return best
    below = [_below_titles(heads, text) for heads in found]
    plain = [heads for heads in below if plainly_heads(heads.names)]
    if not plain and len(best.names) > 1:
        return _below_titles(best, text)
    return max(plain or below, key=lambda heads: (_agrees(heads, text), len(heads.names)))


def _can_be_no_title(best: Heads, tried: Sequence[Heads | None], text: bytes) -> bool:
    """Whether the first record is the heads, known or not: one sign alone divides it and the three lines below it.

    None of these is longer, no cell of it is blank, and none is a label with a colon. Then it need not be asked which
    heads there are, for which the schemas of all logs would be read.
    """
    below = list(islice((piece for piece in _lines(text, best.end) if piece.strip(_BLANKS)), 3))
    others = [delimiter for delimiter in DELIMITERS if delimiter != best.delimiter]
    return (
        len(best.names) > 1
        and all(best.names)
        and not any(":" in name for name in best.names)
        and all(heads and (heads is best or len(heads.names) == 1) for heads in tried)
        and not any(sign.encode() in piece for sign in ('"', *others) for piece in below)
        and all(piece.count(best.delimiter.encode()) < len(best.names) for piece in below)
    )


def later_heads(text: bytes, heads: Heads) -> tuple[tuple[int, int], ...]:
    """Where further tables with heads of their own begin: (physical line, byte offset) of each.

    A form export begins a new one behind a blank line when the form changes. Only lines behind blank lines are
    looked at, and the line behind those, in case they hold a title. Looking ends at `MOST_TABLES`.
    """
    starts = line_starts(text)
    if len(starts) < 3:
        return ()
    view = np.frombuffer(text, dtype=np.uint8)
    first = _BLANK_BYTE[view[starts[:-1]]]
    first[0] = False
    delimiter = heads.delimiter.encode()
    from_line = heads.line + heads.lines - physical_lines(text[: heads.end])
    out: list[tuple[int, int]] = []
    names, behind = heads.names, -1
    counted, is_open = 0, False  # whether the quotes of this table up to there leave one open
    blank = np.flatnonzero(first)
    blank = blank[(blank + 2 < len(starts)) & (starts[blank] >= heads.end)]
    edges = [starts[np.minimum(blank + n, len(starts) - 1)].tolist() for n in range(4)]
    for at, low, begin, middle, end in zip((blank + 1).tolist(), *edges, strict=True):
        if len(out) == MOST_TABLES:
            break
        if at <= behind or text[low:begin].strip(_BLANKS) or not text[begin:middle].strip(_BLANKS):
            continue
        for place, start, stop in ((at, begin, middle), (at + 1, middle, end)):
            cells = _plain_cells(text[start:stop], delimiter) if stop - start <= _LONGEST_HEADS else None
            if cells is None or cells == names:
                continue
            is_open ^= text.count(b'"', counted, begin) % 2 == 1
            counted = begin
            if not is_open:
                out.append((from_line + at, begin))
                names, behind = cells, place
            break
    return tuple(out)


@lru_cache(maxsize=1024)
def _plain_cells(line: bytes, delimiter: bytes) -> tuple[str, ...] | None:
    """The cells of a line that is plainly heads, else None."""
    naive = line.decode("utf-8").split(delimiter.decode())
    if len(naive) < 2 or (b'"' not in line and sum(map(known, naive)) < 2):
        return None
    if 2 * sum(not _DIGIT.search(c) for c in naive) < len(naive):
        return None
    try:
        cells = tuple(one_line(cell) for cell in _cells([line], delimiter.decode(), strict=True))
    except csv.Error:
        return None
    return cells if plainly_heads(cells) else None


def _below_titles(first: Heads, text: bytes) -> Heads:
    """The heads of a text whose first record may be a title."""
    records = [first]
    while len(records) < LOOKED_AT:
        last = records[-1]
        line, start = last.line + last.lines, last.end
        for piece in _lines(text, start):
            if piece.strip(_BLANKS):
                break
            line, start = line + 1, start + len(piece)
        else:
            break
        further = _heads_by(first.delimiter, text, line, start, _LONGEST_RECORD)
        if further is None:
            break
        records.append(further)
    beside = [True] + [low.line == up.line + up.lines for up, low in pairwise(records)]
    found = find_head_row([record.names for record in records], beside)
    labels = None if found.label_row is None else records[found.label_row].line
    above = tuple(record.line for at, record in enumerate(records[: found.row]) if at != found.label_row)
    return replace(records[found.row], names=found.names, above=above, label_line=labels)


def _heads_by(delimiter: str, text: bytes, line: int, start: int, longest: int | None = None) -> Heads | None:
    """The record that begins here, if this delimiter is the right one; None where that leaves a quote open.

    Args:
        longest: how many bytes are looked at; None for all.
    """
    pieces: list[bytes] = []
    still_open, size = b"", 0
    for piece in _lines(text, start):
        pieces.append(piece)
        size += len(piece)
        if longest is not None and size > longest:
            return None
        if not ends_open(still_open + piece, delimiter.encode()):
            break
        still_open = b'"'
    else:
        return None
    try:
        cells = _cells(pieces, delimiter, strict=len(pieces) > 1)
    except csv.Error:
        return None
    names = tuple(map(one_line, cells))
    return Heads(names, delimiter, line, len(pieces), start + size)


def _agrees(heads: Heads, text: bytes) -> bool:
    """Whether one of the first records has as many cells as there are heads, and more than one."""
    if len(heads.names) == 1:
        return False
    return len(heads.names) in first_widths(heads, text)


def first_widths(heads: Heads, text: bytes) -> list[int]:
    """How many cells each of the first records has that is not blank, not endless and stands on one line."""
    pieces = (p for p in _lines(text, heads.end) if len(p) <= _LONGEST_LOOKED_AT and p.strip(_BLANKS))
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
