"""Looking records up in a reference list: which entries each record surely, or possibly, matches."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smpcompliance.checks.answer import Answer, answer
from smpcompliance.checks.judging import Rows
from smpcompliance.checks.list.reference_list import Entry, ReferenceList, comparable, is_lot, similar
from smpcompliance.dates import Codes, Ints, end, start_of
from smpcompliance.logs.cells import Cells, Coded, Moments, Numbers, Reason
from smpcompliance.logs.numbers import number_text
from smpcompliance.logs.rows import groups, paired, ranked

_NO, _MAYBE, _YES = 0, 1, 2


@dataclass(frozen=True)
class Hits:
    """Pairs of a record and an entry that surely or possibly agree.

    Attributes:
        left: place among the records; entry: place in the list.
        agree: met where they surely agree and the entry counts on the record's day; a reason where it cannot be said.
        early: pairs that surely agree, but the record lies before the entry counts.
    """

    left: Ints
    entry: Ints
    agree: Answer
    early: NDArray[np.bool_]


def look_up(here: Rows, at: Moments, found: ReferenceList, match: Mapping[str, str], since: str) -> Hits:
    """Looks records up by the matched columns {own: the list's}, on their own day.

    Args:
        at: the day of each record; where it is not known, an entry with days cannot be said to count.
        since: the list's column that holds the first day on which an entry counts; `to` holds the last.
    """
    levels, whys = [], []
    codes = np.zeros(len(here), np.int64)
    for own, column in match.items():
        cells = here.cells(own)
        level = _levels(_compared(here, own, cells, column), column, found.entries)
        code = _codes(cells)
        levels.append((level, code))
        whys.append(cells.why)
        codes = ranked(paired(codes, code))
    codes, first = groups(codes)
    table = np.full((len(first), len(found.entries)), _YES, np.int8)
    for level, code in levels:
        table = np.minimum(table, level[code[first]])
    combination, entry = np.nonzero(table)
    left, pair = _spread(codes, combination, len(first))
    entry, agreed = entry[pair], table[combination[pair], entry[pair]]
    why = np.zeros(len(left), np.uint8)
    for reasons in whys:
        why = np.where((agreed == _MAYBE) & (why == 0), reasons[left], why).astype(np.uint8)
    why = np.where((agreed == _MAYBE) & (why == 0), Reason.ambiguous, why).astype(np.uint8)
    counts, early = _counting(at, left, entry, found.entries, since)
    return Hits(left, entry, answer(np.zeros(len(left), bool), why) & counts, early & (agreed == _YES))


def _codes(cells: Cells) -> Ints:
    if isinstance(cells, Coded):
        return cells.codes.astype(np.int64)
    assert isinstance(cells, Numbers)
    return np.where(cells.why > 0, -1, np.unique(cells.values, return_inverse=True)[1]).astype(np.int64)


def _compared(here: Rows, own: str, cells: Cells, column: str) -> list[list[str]]:
    """The texts of each distinct value of an own column as they compare with a column of a list."""
    if isinstance(cells, Coded):
        words = cells.values
        key = ("compared", here.log, own, is_lot(column))
        return here.logs.memo.get(key, lambda: [[comparable(part, column) for part in _parts(word)] for word in words])
    assert isinstance(cells, Numbers)
    return [[comparable(number_text(value), column)] for value in np.unique(cells.values)]


def _parts(value: str | frozenset[str]) -> Iterable[str]:
    return [value] if isinstance(value, str) else value


def _levels(values: list[list[str]], column: str, entries: tuple[Entry, ...]) -> NDArray[np.int8]:
    """(values + 1) × entries: how each distinct value agrees with each entry's column; the last row is a blank."""
    table = np.full((len(values) + 1, len(entries)), _NO, np.int8)
    wanted = [entry.texts.get(column) for entry in entries]
    anything = np.array([texts is None for texts in wanted], bool)
    table[:, anything] = _YES
    table[-1, ~anything] = _MAYBE
    known: dict[str, list[int]] = {}
    for n, texts in enumerate(wanted):
        for text in texts or ():
            known.setdefault(text, []).append(n)
    spelled = {} if is_lot(column) else known
    for row, compared in enumerate(values):
        for text in compared:
            if text in known:
                table[row, known[text]] = _YES
            for other, at in spelled.items() if spelled and not _is_number(text) else ():
                if other != text and similar(text, other):
                    table[row, at] = np.maximum(table[row, at], _MAYBE)
    return table


def _is_number(text: str) -> bool:
    return not any(c.isalpha() for c in text)


def _spread(codes: Ints, combination: Ints, n: int) -> tuple[Ints, Ints]:
    """Every record with every pair of its combination: (record, pair)."""
    begin = np.searchsorted(combination, np.arange(n), "left")
    size = np.searchsorted(combination, np.arange(n), "right") - begin
    left = np.repeat(np.arange(len(codes)), size[codes])
    step = np.arange(len(left)) - np.repeat(np.cumsum(size[codes]) - size[codes], size[codes])
    return left, begin[codes][left] + step


def _counting(
    at: Moments, left: Ints, entry: Ints, entries: tuple[Entry, ...], since: str
) -> tuple[Answer, NDArray[np.bool_]]:
    """Whether each entry counts on the day of its record, and whether the record surely lies before that."""
    far = 2**40
    first = np.array([start_of(e.days[since]) if since in e.days else -far for e in entries] + [0])[entry]
    last = np.array([start_of(e.days["to"]) + 86_399 if "to" in e.days else far for e in entries] + [0])[entry]
    low, high = at.at[left], end(at.at, at.precision)[left]
    dated = (first > -far) | (last < far)
    unknown = dated & (at.why[left] > 0)
    before, after = high < first, low > last
    unsure = ~before & ~after & ((low < first) | (high > last))
    why: Codes = np.where(unknown, at.why[left], np.where(dated & unsure, Reason.precision, 0)).astype(np.uint8)
    return answer(dated & (before | after), why), before & (at.why[left] == 0)
