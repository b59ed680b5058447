"""Physical lines and quotes: which lines begin a record, and which lines hold a quote that was never closed.

A cell in quotes may hold line breaks, so a record may cover several physical lines. One forgotten quote does the
same by accident and would swallow every line up to the next quote. Such a line is torn: it is set aside alone, and
reading goes on with the line behind it.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_WINDOW = 1 << 24  # bytes looked at in one go; keeps memory flat on files full of quotes
_QUOTE, _LF, _CR = b'"\n\r'
_SURE_DELIMITERS = 6  # so many delimiters in their right places are no accident of someone's prose


@dataclass(frozen=True)
class Layout:
    """Where the records of a text lie.

    Attributes:
        starts: int64, byte offset of each physical line, and the length of the text as the last item.
        records: int64, number (from 0) of the physical line on which each record begins; torn lines are among them.
        torn: numbers of the lines that hold a quote which was opened and never closed, ascending.
    """

    starts: np.ndarray
    records: np.ndarray
    torn: tuple[int, ...]


@dataclass(frozen=True)
class _Grammar:
    """The three questions one delimiter needs, as patterns over bytes."""

    ends_open: re.Pattern[bytes]  # the last cell of the text opens a quote and does not close it
    well_formed: re.Pattern[bytes]  # every quote that opens a cell closes it too, with nothing but spaces behind
    outside: re.Pattern[bytes]  # one delimiter or one closed cell in quotes


def physical_lines(text: bytes, start: int = 0) -> int:
    """How many physical lines a text has from a byte offset on; LF, CRLF and a lone CR each end one."""
    breaks = text.count(b"\n", start)
    if text.find(b"\r", start) >= 0:
        breaks += text.count(b"\r", start) - text.count(b"\r\n", start)
    return breaks + (len(text) > start and text[-1] not in b"\r\n")


def line_starts(text: bytes) -> np.ndarray:
    """int64 byte offset of each physical line, and the length of the text as the last item."""
    view = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(view == _LF)
    if b"\r" in text:
        returns = np.flatnonzero(view == _CR)
        behind = view[np.minimum(returns + 1, len(view) - 1)]
        ends = np.union1d(ends, returns[behind != _LF])
    starts = np.concatenate(([0], ends + 1))
    return starts if starts[-1] == len(text) else np.append(starts, len(text))


def ends_open(line: bytes, delimiter: bytes) -> bool:
    """Whether a quote opened on this line is still open at its end, if a record begins with it."""
    return b'"' in line and _grammar(delimiter).ends_open.fullmatch(line.rstrip(b"\r\n")) is not None


def layout(text: bytes, delimiter: bytes, cells: int) -> Layout:
    """Find the records of a text and its torn lines.

    Args:
        text: UTF-8 bytes behind the heads.
        delimiter: one byte.
        cells: how many cells the heads name.
    """
    starts = line_starts(text)
    quoted, candidates = _lines_with_quotes(text, starts, ord(delimiter))
    begins = np.ones(len(starts) - 1, dtype=bool)
    torn: list[int] = []
    at, line = 0, -1
    while (at := bisect_left(candidates, line, at)) < len(candidates):
        first = candidates[at]
        last, closed = _end_of_record(text, starts, quoted, first, delimiter)
        if last > first or not closed:
            record = text[starts[first] : starts[last + 1]]
            if not closed or _is_torn(record, delimiter, cells):
                torn.append(first)
                last = first
            begins[first + 1 : last + 1] = False
        line = last + 1
    return Layout(starts, np.flatnonzero(begins), tuple(torn))


def without_lines(text: bytes, found: Layout, delimiter: bytes, cells: int) -> bytes:
    """The text with every torn line turned into a record of blank cells, so that no line changes its number."""
    blank = delimiter * (cells - 1) or b" "
    pieces, behind = [], 0
    for line in found.torn:
        start, end = int(found.starts[line]), int(found.starts[line + 1])
        ending = text[start:end][len(text[start:end].rstrip(b"\r\n")) :]
        pieces += [text[behind:start], blank, ending]
        behind = end
    return b"".join([*pieces, text[behind:]])


def _lines_with_quotes(text: bytes, starts: np.ndarray, delimiter: int) -> tuple[list[int], list[int]]:
    """Numbers of all lines with a quote, and of those whose quotes do not plainly open and close cells."""
    view = np.frombuffer(text, dtype=np.uint8)
    quoted: list[int] = []
    unclear: list[int] = []
    low = 0
    while low < len(starts) - 1:
        high = max(low + 1, int(np.searchsorted(starts, starts[low] + _WINDOW)) - 1)
        places = np.flatnonzero(view[starts[low] : starts[high]] == _QUOTE) + starts[low]
        lines = np.searchsorted(starts, places, side="right") - 1
        distinct, first, counts = np.unique(lines, return_index=True, return_counts=True)
        closing = (np.arange(len(places)) - np.repeat(first, counts)) % 2 == 1
        neighbours = np.where(closing, places + 1, places - 1)
        there = view[np.clip(neighbours, 0, len(view) - 1)]
        plain = (there == delimiter) | (there == _QUOTE) | (there == _LF) | (there == _CR)
        plain |= (neighbours < 0) | (neighbours >= len(view))
        odd = counts % 2 == 1
        if len(places):
            odd |= np.logical_or.reduceat(~plain, first)
        quoted += distinct.tolist()
        unclear += distinct[odd].tolist()
        low = high
    return quoted, unclear


def _end_of_record(
    text: bytes, starts: np.ndarray, quoted: list[int], first: int, delimiter: bytes
) -> tuple[int, bool]:
    """The last line of the record that begins on this line, and whether its quotes are closed by then."""
    if not ends_open(text[starts[first] : starts[first + 1]], delimiter):
        return first, True
    for at in range(bisect_left(quoted, first + 1), len(quoted)):
        line = quoted[at]
        if not ends_open(b'"' + text[starts[line] : starts[line + 1]], delimiter):
            return line, True
    return len(starts) - 2, False


def _is_torn(record: bytes, delimiter: bytes, cells: int) -> bool:
    """Whether a record over several lines is one by accident.

    Two signs tell: the quote that closes has text right behind it (it was meant to open a cell), and the lines hold
    as many delimiters as if each were a record. Where the quotes are in order, only lines that look like records
    one by one are believed to be such: people do write commas into notes of several lines.
    """
    grammar = _grammar(delimiter)
    outside = sum(1 for found in grammar.outside.finditer(record) if found.group() == delimiter)
    if not grammar.well_formed.fullmatch(record.rstrip(b"\r\n")):
        return outside != cells - 1 or record.count(delimiter) >= physical_lines(record) * (cells - 1)
    lines = record.splitlines()
    alike = sum(1 for line in lines if line.count(delimiter) == cells - 1)
    return cells > 2 and 2 * alike > len(lines) and alike * (cells - 1) >= _SURE_DELIMITERS


@lru_cache(maxsize=8)
def _grammar(delimiter: bytes) -> _Grammar:
    d = re.escape(delimiter)
    inside = rb'(?:[^"]|"")*+'
    loose = rb'(?:"' + inside + rb'"[^' + d + rb']*+|[^"' + d + rb"][^" + d + rb"]*+|)"
    strict = rb'(?:"' + inside + rb'" *+|[^"' + d + rb"][^" + d + rb"]*+|)"
    return _Grammar(
        ends_open=re.compile(rb"(?:" + loose + d + rb')*+"' + inside),
        well_formed=re.compile(strict + rb"(?:" + d + strict + rb")*+"),
        outside=re.compile(rb'(?:(?<=' + d + rb')|^)"' + inside + rb'"|' + d),
    )
