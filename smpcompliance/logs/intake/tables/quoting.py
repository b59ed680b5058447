"""Physical lines and quotes: which lines begin a record, and which lines hold a quote that was never closed.

A cell in quotes may hold line breaks, so a record may cover several physical lines. One forgotten quote does the
same by accident and would swallow every line up to the next quote. Such a line is torn: it is set aside alone, and
reading goes on with the line behind it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_WINDOW = 1 << 24  # bytes looked at in one go; keeps memory flat on files full of quotes
_STEP = 1 << 18  # bytes looked at in one go for quotes that stand alone
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
    quoted, unclear = _lines_with_quotes(text, starts, ord(delimiter))
    spans = list(zip(starts[quoted].tolist(), starts[quoted + 1].tolist(), strict=True))
    numbers = quoted.tolist()
    begins = np.ones(len(starts) - 1, dtype=bool)
    torn: list[int] = []
    behind = 0
    for at in unclear.tolist():
        if at < behind or not ends_open(text[slice(*spans[at])], delimiter):
            continue
        last = _closing_line(text, spans, at, delimiter)
        if last is None or _is_torn(text[spans[at][0] : spans[last][1]], delimiter, cells):
            torn.append(numbers[at])
            continue
        behind = last + 1
        begins[numbers[at] + 1 : numbers[last] + 1] = False
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


def with_ditto_marks(text: bytes, start: int, delimiter: bytes, cells: int) -> tuple[bytes, int]:
    """A text in which a quote alone in a cell, a ditto mark that was exported bare, is written as a cell in quotes.

    It is read so only where it cannot be the beginning or end of a cell in quotes: cut at every delimiter, the line
    has as many cells as there are heads, and every other line with a quote is either like it or holds cells in quotes
    that are closed on it. Lines keep their numbers.

    Args:
        start: byte offset behind the heads.
        cells: how many cells the heads name.

    Returns:
        The text, as it was where nothing can be told for sure, and how many quotes were taken for ditto marks.
    """
    if cells < 2 or text.find(b'"', start) < 0:
        return text, 0
    view = np.frombuffer(text, dtype=np.uint8)
    edge = np.zeros(256, dtype=bool)
    edge[[ord(delimiter), _LF, _CR, ord(" ")]] = True
    steps = range(start, len(view), _STEP)
    alone = [_between_edges(view, _quotes(view, step, step + _STEP), start, edge) for step in steps]
    if not any(map(len, alone)):
        return text, 0
    starts, places = line_starts(text[start:]) + start, _quotes(view, start, len(view))
    looking = np.unique(np.searchsorted(starts, np.concatenate(alone), side="right") - 1)
    ends = zip(starts[looking].tolist(), starts[looking + 1].tolist(), strict=True)
    if all(_plainly_quoted(text[low:high].rstrip(b"\r\n"), delimiter, cells) for low, high in ends):
        return text, 0
    lines, first, counts = _runs(np.searchsorted(starts, places, side="right") - 1)
    edge[ord(" ")] = False
    beside = edge[view[places - 1]] & (edge[view[np.minimum(places + 1, len(view) - 1)]] | (places + 1 == len(view)))
    lone_only = np.logical_and.reduceat(beside, first)
    pieces, at, marks = [], 0, 0
    spans = zip(starts[lines].tolist(), starts[lines + 1].tolist(), lone_only.tolist(), counts.tolist(), strict=True)
    for low, high, is_sure, count in spans:
        line = text[low:high].rstrip(b"\r\n")
        if is_sure and line.count(delimiter) == cells - 1:
            pieces += [text[at:low], line.replace(b'"', b'""""')]
            at, marks = low + len(line), marks + count
            continue
        if _plainly_quoted(line, delimiter, cells):
            continue
        naive = line.split(delimiter)
        lone = sum(cell.strip(b" ") == b'"' for cell in naive)
        if lone and len(naive) == cells and all(_stands_alone(cell) for cell in naive):
            written = delimiter.join(b'""""' if cell.strip(b" ") == b'"' else cell for cell in naive)
            pieces += [text[at:low], written]
            at, marks = low + len(line), marks + lone
        else:
            return text, 0
    return b"".join([*pieces, text[at:]]), marks


def _quotes(view: np.ndarray, low: int, high: int) -> np.ndarray:
    """Where the quotes between two places stand."""
    return np.flatnonzero(view[low:high] == _QUOTE) + low


def _between_edges(view: np.ndarray, places: np.ndarray, start: int, edge: np.ndarray) -> np.ndarray:
    """The quotes that have an end of a cell, or a space, on either side."""
    before = edge[view[np.maximum(places - 1, 0)]] | (places == start)
    behind = edge[view[np.minimum(places + 1, len(view) - 1)]] | (places + 1 == len(view))
    alone: np.ndarray = places[before & behind]
    return alone


def _plainly_quoted(line: bytes, delimiter: bytes, cells: int) -> bool:
    """Whether a line is a whole record in which quotes do nothing but hold cells."""
    outside = _grammar(delimiter).outside.sub(lambda found: delimiter if found.group() == delimiter else b"", line)
    return b'"' not in outside and outside.count(delimiter) == cells - 1


def _stands_alone(cell: bytes) -> bool:
    """Whether what lies between two delimiters is a whole cell: a lone quote, one in quotes, or one without any."""
    bare = cell.strip(b" ")
    if bare == b'"' or b'"' not in bare:
        return True
    return len(bare) > 1 and bare[:1] == bare[-1:] == b'"' and b'"' not in bare[1:-1].replace(b'""', b"")


def _lines_with_quotes(text: bytes, starts: np.ndarray, delimiter: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of all lines with a quote; and places in that list of those whose quotes need a closer look.

    On the other lines every odd quote stands where a cell can begin and every even one where it can end.
    """
    view = np.frombuffer(text, dtype=np.uint8)
    quoted, unclear, known = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)], 0
    low = 0
    while low < len(starts) - 1:
        high = max(low + 1, int(np.searchsorted(starts, starts[low] + _WINDOW)) - 1)
        places = np.flatnonzero(view[starts[low] : starts[high]] == _QUOTE) + starts[low]
        low = high
        if len(places) == 0:
            continue
        lines, first, counts = _runs(np.searchsorted(starts, places, side="right") - 1)
        closing = (np.arange(len(places)) - np.repeat(first, counts)) % 2 == 1
        beside = np.where(closing, places + 1, places - 1)
        there = view[np.clip(beside, 0, len(view) - 1)]
        plain = (there == delimiter) | (there == _QUOTE) | (there == _LF) | (there == _CR)
        plain |= (beside < 0) | (beside >= len(view))
        look = (counts % 2 == 1) | np.logical_or.reduceat(~plain, first)
        quoted.append(lines)
        unclear.append(np.flatnonzero(look) + known)
        known += len(lines)
    return np.concatenate(quoted), np.concatenate(unclear)


def _runs(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct numbers of an ascending array, where each begins, and how often it stands there."""
    first = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    return numbers[first], first, np.diff(np.append(first, len(numbers)))


def _closing_line(text: bytes, spans: list[tuple[int, int]], opening: int, delimiter: bytes) -> int | None:
    """Which line with a quote ends a record that is open at the end of this one; None where no line does."""
    for at in range(opening + 1, len(spans)):
        if not ends_open(b'"' + text[slice(*spans[at])], delimiter):
            return at
    return None


def _is_torn(record: bytes, delimiter: bytes, cells: int) -> bool:
    """Whether a record over several lines is one by accident.

    Two signs tell: the quote that closes has text right behind it, and it stands where a cell begins (it was meant to
    open one) or the lines hold as many delimiters as if each were a record. Where the quotes are in order, only lines
    that look like records one by one are believed to be such: people do write commas into notes of several lines.
    """
    if not _grammar(delimiter).well_formed.fullmatch(record.rstrip(b"\r\n")):
        as_records = physical_lines(record) * (cells - 1)
        if record.count(delimiter) >= as_records or delimiters_outside_quotes(record, delimiter) != cells - 1:
            return True
        return _closes_by_opening(record, delimiter)
    if cells < 3 or record.count(delimiter) < _SURE_DELIMITERS:
        return False
    alike = [line.count(delimiter) == cells - 1 for line in record.splitlines()]
    if not (alike[0] and alike[-1]) or 2 * sum(alike) <= len(alike) or sum(alike) * (cells - 1) < _SURE_DELIMITERS:
        return False
    count = delimiters_outside_quotes(record, delimiter) + 1
    swallowed = (found.group() for found in _grammar(delimiter).outside.finditer(record) if found.group() != delimiter)
    return any(_holds_records(cell, delimiter, cells, count) for cell in swallowed)


def _closes_by_opening(record: bytes, delimiter: bytes) -> bool:
    """Whether the quote that closes what the first line left open stands where a cell begins, text right behind it."""
    first = record.splitlines(keepends=True)[0]
    before, _, behind = record[len(first) - 1 :].replace(b'""', b"  ").partition(b'"')
    return before[-1:] in (b"\n", b"\r", delimiter) and behind.lstrip(b" ")[:1] not in (b"", b"\n", b"\r", delimiter)


def _holds_records(cell: bytes, delimiter: bytes, cells: int, count: int) -> bool:
    """Whether one cell of a record of so many cells holds the delimiters of most of the lines it covers."""
    breaks = physical_lines(cell) - 1
    return breaks > 0 and 2 * cell.count(delimiter) > breaks * (cells - 1) - (count - cells)


def delimiters_outside_quotes(record: bytes, delimiter: bytes) -> int:
    """How many delimiters of a record separate cells, which is one less than it has cells."""
    if b'"' not in record:
        return record.count(delimiter)
    return sum(1 for found in _grammar(delimiter).outside.finditer(record) if found.group() == delimiter)


@lru_cache(maxsize=8)
def _grammar(delimiter: bytes) -> _Grammar:
    d = re.escape(delimiter)
    inside = rb'(?:[^"]|"")*+'
    loose = rb'(?:"' + inside + rb'"[^' + d + rb']*+|[^"' + d + rb"][^" + d + rb"]*+|)"
    strict = rb'(?:"' + inside + rb'" *+|[^"' + d + rb"][^" + d + rb"]*+|)"
    return _Grammar(
        ends_open=re.compile(rb"(?:" + loose + d + rb')*+"' + inside),
        well_formed=re.compile(strict + rb"(?:" + d + strict + rb")*+"),
        outside=re.compile(rb"(?:(?<=" + d + rb')|^)"' + inside + rb'"|' + d),
    )
