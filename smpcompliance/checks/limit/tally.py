"""What `limit` counts: the records of a group in a window, at least and at most."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from smpcompliance.checks.stretches import REACH, ranges
from smpcompliance.checks.subjects import FAR, Subjects
from smpcompliance.dates import DAY, Codes, Ints, Mask
from smpcompliance.logs.rows import distinct_pairs, in_order

Floats = NDArray[np.float64]
UNBOUNDED = 1e12  # what a record of unknown amount may add


@dataclass(frozen=True)
class Counted:
    """Records that may count.

    Attributes:
        rows: rows of the log.
        subject, studio: the group of each; -1 where it may be any group of its studio.
        low, high: first and last day each may mean.
        doubt: why it may not count there (0 where it surely does).
        least, most: what it adds when it counts: surely at least, at most.
        value: a number for each different value (of a column, a day …) where those are counted.
        begins, ends: seconds from which until which it runs; `known` whether that is sure.
    """

    rows: Ints
    subject: Ints
    studio: Ints
    low: Ints
    high: Ints
    doubt: Codes
    least: Floats
    most: Floats
    value: Ints
    begins: Ints
    ends: Ints
    known: Mask

    @cached_property
    def sure(self) -> tuple[Ints, Ints]:
        """The places of the records that surely count in a known group, by group and day, and their sorted keys."""
        places = np.flatnonzero((self.doubt == 0) & (self.subject >= 0))
        keys = self.subject[places] * REACH + self.low[places]
        order = in_order(keys)
        return places[order], keys[order]


@dataclass(frozen=True)
class Windows:
    """Groups and windows, in days; `row` is the record a window stands for, -1 where it is a stretch of days."""

    subject: Ints
    studio: Ints
    first: Ints
    last: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.subject)

    def take(self, keep: Mask | Ints) -> "Windows":
        """Some of them."""
        return Windows(**{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})

    def touched(self, counted: Counted, first: int, last: int) -> Mask:
        """Which have (or may have) a record of their group on one of these days, or stand for a record."""
        own = np.flatnonzero(counted.subject >= 0)
        low, high = np.maximum(self.first, first), np.minimum(self.last, last)
        starts, stops = _edges(counted.subject[own], counted.low[own], counted.high[own])
        begun, over = starts[1], stops[1]
        until = np.searchsorted(begun, self.subject * REACH + high, "right")
        before = np.searchsorted(over, self.subject * REACH + low, "left")
        return ((high >= low) & (until > before)) | (self.row >= 0)


@dataclass(frozen=True)
class Tally:
    """The sure records of each window: pairs (window, record), windows in order and each window's records by day."""

    windows: Windows
    counted: Counted
    window: Ints
    record: Ints

    @classmethod
    def of(cls, windows: Windows, counted: Counted) -> "Tally":
        """Puts sure records into their windows."""
        order, keys = counted.sure
        single = windows.row >= 0
        low = np.searchsorted(keys, windows.subject * REACH + windows.first, "left")
        high = np.searchsorted(keys, windows.subject * REACH + windows.last, "right")
        window, place = ranges(low, np.where(single, low, high) - 1)
        record = order[place]
        if not single.any():
            return cls(windows, counted, window, record)
        own = _places_of(counted.rows, windows.row[single])
        sure = counted.doubt[own] == 0
        window = np.concatenate([window, np.flatnonzero(single)[sure]])
        record = np.concatenate([record, own[sure]])
        sort = in_order(window)
        return cls(windows, counted, window[sort], record[sort])

    def _own_record(self) -> Ints:
        return _places_of(self.counted.rows, self.windows.row[self.windows.row >= 0])

    @property
    def size(self) -> int:
        """How many windows there are."""
        return len(self.windows)

    def last_record(self) -> Ints:
        """The place of the last sure record of each window, -1 where it has none."""
        out = np.full(self.size, -1, np.int64)
        out[self.window] = self.record
        return out

    def total(self) -> Floats:
        """What the records surely add up to."""
        return np.bincount(self.window, self.counted.least[self.record], self.size).astype(float)

    def distinct(self) -> Floats:
        """How many different values they have."""
        window, _value = self._different(self.counted.value)
        return np.bincount(window, minlength=self.size).astype(float)

    def _different(self, values: Ints) -> tuple[Ints, Ints]:
        """The distinct values of each window: (window, value), in order."""
        value = values[self.record]
        return distinct_pairs(self.window, value)

    def longest_run(self, since: int) -> Floats:
        """The longest run of days in a row with a record, of runs that reach the day `since`."""
        window, day = self._different(self.counted.low)
        out = np.zeros(self.size)
        if not len(window):
            return out
        start = (np.diff(window, prepend=-1) != 0) | (np.diff(day, prepend=day[0] - 9) != 1)
        run = np.cumsum(start) - 1
        length, last = np.bincount(run), np.zeros(int(run[-1]) + 1, np.int64)
        last[run] = day
        reach = last >= since
        np.maximum.at(out, window[start][reach], length[reach])
        return out

    def concurrent(self) -> Floats:
        """The most records that run at the same moment; touching ends do not."""
        known = self.counted.known[self.record]
        return most_at_once(self.size, self.window[known], self.counted, self.record[known])

    def extra(self, weight: Floats) -> tuple[Floats, Codes]:
        """How much records in doubt may add to each window, and why the first of them is in doubt."""
        loose = np.flatnonzero(self.counted.doubt > 0)
        more, why = np.zeros(self.size), np.zeros(self.size, np.uint8)
        single = self.windows.row >= 0
        for named, owner in ((True, self.windows.subject), (False, self.windows.studio)):
            here = loose[(self.counted.subject[loose] >= 0) == named]
            group = self.counted.subject[here] if named else self.counted.studio[here]
            amount, reason = _overlapping(
                group, self.counted.low[here], self.counted.high[here], weight[here], self.counted.doubt[here],
                owner, self.windows.first, self.windows.last,
            )  # fmt: skip
            more = more + np.where(single, 0, amount)
            why = np.where((why == 0) & ~single, reason, why)
        own = self._own_record()
        unsure = self.counted.doubt[own]
        more[single] = np.where(unsure > 0, weight[own], 0.0)
        why[single] = unsure
        return more, why.astype(np.uint8)


def _places_of(rows: Ints, wanted: Ints) -> Ints:
    order = in_order(rows)
    return order[np.searchsorted(rows[order], wanted)]


def most_at_once(size: int, window: Ints, counted: Counted, record: Ints) -> Floats:
    """The most of these stretches that cover one moment, per window."""
    begins, ends = counted.begins[record], counted.ends[record]
    real = ends > begins
    window, begins, ends = window[real], begins[real], ends[real]
    out = np.zeros(size)
    at = np.concatenate([begins, ends])
    change = np.concatenate([np.ones(len(begins), np.int64), np.full(len(ends), -1)])
    both = np.concatenate([window, window])
    order = np.lexsort((change, at, both))
    np.maximum.at(out, both[order], np.cumsum(change[order]))
    return out


def _overlapping(
    group: Ints, low: Ints, high: Ints, weight: Floats, doubt: Codes, owner: Ints, first: Ints, last: Ints
) -> tuple[Floats, Codes]:
    """For each window the weight of things of its group that may lie in it, and the reason of one of them."""
    if not len(group):
        return np.zeros(len(owner)), np.zeros(len(owner), np.uint8)
    (begun, starts), (over, stops) = _edges(group, low, high)
    sums = [np.concatenate([[0.0], np.cumsum(weight[order])]) for order in (begun, over)]
    until = np.searchsorted(starts, owner * REACH + last, "right")
    before = np.searchsorted(stops, owner * REACH + first, "left")
    amount = np.where(last >= first, sums[0][until] - sums[1][before], 0.0)
    count = np.where(last >= first, until - before, 0)
    reason = np.where(count > 0, doubt[begun][np.clip(until - 1, 0, len(begun) - 1)], 0)
    return np.where(count > 0, amount, 0.0), reason.astype(np.uint8)


def _edges(group: Ints, low: Ints, high: Ints) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """The order in which things of each group begin, with sorted keys, and that in which they end."""
    edges = []
    for day in (low, high) if (low != high).any() else (low,):
        keys = group * REACH + day
        order = in_order(keys)
        edges.append((order, keys[order]))
    return edges[0], edges[-1]


def looser(counted: Counted) -> Counted:
    """The same records, each running as long as it may (to the end of its day where its end is not known)."""
    return replace(
        counted,
        ends=np.where(counted.known, counted.ends, np.maximum(counted.ends, (counted.low + 1) * DAY)),
        known=np.ones(len(counted.rows), bool),
    )


def whole(subjects: Subjects, last: int) -> Windows:
    """One window per group, over all its records."""
    n = len(subjects)
    return Windows(np.arange(n), subjects.studio, np.full(n, -FAR), np.full(n, last), np.full(n, -1, np.int64))
