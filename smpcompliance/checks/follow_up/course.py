"""The course of events: records of a log as stretches of time, subject by subject, and quick questions about them.

A date is its whole day, so a record is a stretch `[low, high]`. Stretches of one precision start and end in the same
order; records are therefore kept in one lane per precision, and every question is a binary search in each lane.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from smpcompliance.checks.judging import Rows
from smpcompliance.dates import TIME, YEAR, Codes, Ints, Mask, end, floor
from smpcompliance.logs.cells import Coded, Moments, first_reason
from smpcompliance.logs.rows import in_order, paired, places_in, ranked
from smpcompliance.logs.table import column_type

BEGINNING, FOREVER = -(2**38) + 2, 2**38 - 2
_SPAN = 2**39
_UNDATED = YEAR + 1


@dataclass(frozen=True)
class Subjects:
    """The subjects of the records of two logs, as integers that are equal where studio and matched values are.

    Attributes:
        own, own_why: key of each record of the first log, and why it has none.
        other, other_why: the same for the second log, whose record each is stands in `place` (a record with a list in
            its key appears once for each entry of the list).
    """

    own: Ints
    own_why: Codes
    other: Ints
    other_why: Codes
    place: Ints


def subjects(own: Rows, other: Rows, match: dict[str, str]) -> Subjects:
    """Codes the subjects of two logs; `match` is {own column: column of the other log}."""
    place = np.arange(len(other))
    left, right = studios(own), studios(other)
    left_why, right_why = np.zeros(len(left), np.uint8), np.zeros(len(right), np.uint8)
    for a, b in match.items():
        mine, theirs = own.cells(a), other.cells(b)
        left_why = first_reason(left_why, mine.why)
        if isinstance(theirs, Coded) and column_type(other.log, b) in ("words", "list"):
            theirs, again = _spread(theirs.take(place))
            place, right, right_why = place[again], right[again], right_why[again]
        else:
            theirs = theirs.take(place)
        right_why = first_reason(right_why, theirs.why)
        both = ranked(paired(np.concatenate([left, right]), _common(mine, theirs)))
        left, right = both[: len(left)], both[len(left) :]
    return Subjects(left, left_why, right, right_why, place)


def studios(rows: Rows) -> Ints:
    """The studio of each row."""
    studio = rows.logs.log(rows.log).studio
    return (studio if rows.rows is None else studio[rows.rows]).astype(np.int64)


def _common(first: object, second: object) -> Ints:
    if isinstance(first, Coded) and isinstance(second, Coded):
        place = {value: n for n, value in enumerate(dict.fromkeys([*first.values, *second.values]))}
        tables = [np.array([*(place[v] for v in cells.values), -1], np.int64) for cells in (first, second)]
        return np.concatenate([tables[0][first.codes], tables[1][second.codes]])
    values = [c.at // 86_400 if isinstance(c, Moments) else c.values for c in (first, second)]  # type: ignore[attr-defined]
    return np.unique(np.concatenate(values), return_inverse=True)[1].astype(np.int64, copy=False)


def _spread(cells: Coded) -> tuple[Coded, Ints]:
    """A column of lists as a column of their entries, and the row each entry comes from."""
    entries = [sorted(value) if isinstance(value, frozenset) else [value] for value in cells.values]
    words = tuple(dict.fromkeys(word for entry in entries for word in entry))
    number = {word: n for n, word in enumerate(words)}
    flat = np.array([number[word] for entry in entries for word in entry] + [-1], np.int64)
    size = np.array([len(entry) for entry in entries] + [1], np.int64)
    start = np.cumsum(size) - size
    again = np.repeat(np.arange(len(cells.codes)), size[cells.codes])
    step = np.arange(len(again)) - np.repeat(np.cumsum(size[cells.codes]) - size[cells.codes], size[cells.codes])
    codes = flat[start[cells.codes][again] + step]
    return Coded(cells.why[again], codes.astype(np.int32), words), again


@dataclass(frozen=True)
class Stretches:
    """Moments as stretches of time: first and last second each may mean, and its precision; all time where unknown."""

    low: Ints
    high: Ints
    level: Codes

    def take(self, places: Ints | Mask) -> "Stretches":
        return Stretches(self.low[places], self.high[places], self.level[places])

    def moments(self, known: Mask | None = None, why: int = 0) -> Moments:
        """The same as cells; without a value, for the reason `why`, where not known."""
        reasons = np.zeros(len(self.low), np.uint8) if known is None else np.where(known, 0, why).astype(np.uint8)
        safe = np.where(reasons > 0, 0, np.clip(self.low, -(2**36), 2**37))
        return Moments(reasons, safe, np.minimum(self.level, YEAR).astype(np.uint8))


def stretches(at: Moments) -> Stretches:
    """The stretches that moments may mean."""
    known = at.why == 0
    return Stretches(
        np.where(known, at.at, BEGINNING),
        np.where(known, end(at.at, at.precision), FOREVER),
        np.where(known, at.precision, _UNDATED).astype(np.uint8),
    )


@dataclass(frozen=True)
class Span:
    """Places of some records, sorted; per question the part `[begin, end)` of them that answers it."""

    places: Ints
    begin: Ints
    end: Ints


class Lanes:
    """Stretches of time by subject and precision."""

    def __init__(self, subject: Ints, time: Stretches, places: Ints | None = None) -> None:
        """Sorts the records at these places (all of them by default)."""
        chosen = np.arange(len(subject)) if places is None else places
        self.time = time
        self._lanes: list[tuple[int, Ints, Ints, Ints]] = []
        for level in range(TIME, _UNDATED + 1):
            here = chosen[time.level[chosen] == level]
            if len(here):
                here = here[in_order(_key(subject[here], time.low[here]))]
                keys = (_key(subject[here], at[here]) for at in (time.low, time.high))
                self._lanes.append((level, here, *keys))

    def inside(self, subject: Ints, low: Ints, high: Ints) -> list[Span]:
        """The records that surely lie from `low` through `high`."""
        return [
            _span(here, places_in(lows, _key(subject, low)), places_in(highs, _key(subject, high), "right"))
            for _, here, lows, highs in self._lanes
        ]

    def touching(self, subject: Ints, low: Ints, high: Ints) -> list[Span]:
        """The records that may lie from `low` through `high`."""
        return [
            _span(here, places_in(highs, _key(subject, low)), places_in(lows, _key(subject, high), "right"))
            for _, here, lows, highs in self._lanes
        ]

    def earliest(self, subject: Ints, since: Ints, *, by_end: bool) -> Ints:
        """The place of the first record not before `since`, compared at the record's precision; -1 where there is none.

        Of records of several precisions the one that ends first (`by_end`), or may begin first.
        """
        best, value = np.full(len(subject), -1), np.full(len(subject), FOREVER + 1)
        for level, here, lows, _ in self._lanes:
            limit = np.full(len(since), BEGINNING) if level == _UNDATED else _floored(since, level)
            at = places_in(lows, _key(subject, limit))
            place = here[np.minimum(at, len(here) - 1)]
            of_subject = lows[np.minimum(at, len(here) - 1)] <= _key(subject, np.full(len(subject), FOREVER))
            has = (at < len(here)) & of_subject
            found = self.time.high[place] if by_end else self.time.low[place]
            better = has & (found < value)
            best, value = np.where(better, place, best), np.where(better, found, value)
        return best

    def latest(self, subject: Ints, until: Ints) -> Ints:
        """The place of the last record that surely ends by `until`; -1 where there is none."""
        best, value = np.full(len(subject), -1), np.full(len(subject), BEGINNING - 1)
        for _, here, _lows, highs in self._lanes:
            at = places_in(highs, _key(subject, until), "right") - 1
            place = here[np.maximum(at, 0)]
            has = (at >= 0) & (highs[np.maximum(at, 0)] >= _key(subject, np.full(len(subject), BEGINNING)))
            better = has & (self.time.high[place] > value)
            best, value = np.where(better, place, best), np.where(better, self.time.high[place], value)
        return best


def _floored(at: Ints, level: int) -> Ints:
    inside = np.clip(at, -(2**36), 2**37)
    return np.where(inside == at, floor(inside, level), at)


def _key(subject: Ints, at: Ints) -> Ints:
    return subject * _SPAN + np.clip(at, BEGINNING, FOREVER) + 2**38


def _span(places: Ints, begin: Ints, stop: Ints) -> Span:
    return Span(places, begin, np.maximum(begin, stop))


def counted(spans: Iterable[Span], n: int) -> Ints:
    """How many records answer each of n questions."""
    total = np.zeros(n, np.int64)
    for span in spans:
        total += span.end - span.begin
    return total


def listed(spans: Iterable[Span], questions: Ints) -> tuple[Ints, Ints]:
    """The records that answer some questions: (index into `questions`, place of the record)."""
    which, places = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for span in spans:
        begin, size = span.begin[questions], span.end[questions] - span.begin[questions]
        entry = np.repeat(np.arange(len(questions)), size)
        step = np.arange(len(entry)) - np.repeat(np.cumsum(size) - size, size)
        which.append(entry)
        places.append(span.places[begin[entry] + step])
    return np.concatenate(which), np.concatenate(places)


def first_why(spans: Iterable[Span], n: int, why: Codes) -> Codes:
    """For each of n questions the reason of one record that answers it, 0 where none has one."""
    out = np.zeros(n, np.uint8)
    for span in spans:
        has = span.end > span.begin
        reason = why[span.places[np.minimum(span.begin, len(span.places) - 1)]]
        out = np.where((out == 0) & has, reason, out).astype(np.uint8)
    return out
