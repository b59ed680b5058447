"""What `limit` counts: the records of a group in a window, at least and at most."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from smpcompliance.checks.stretches import ranges
from smpcompliance.checks.subjects import FAR, Subjects
from smpcompliance.dates import DAY, Codes, Ints, Mask
from smpcompliance.logs.cells import first_reason
from smpcompliance.logs.rows import distinct_pairs, in_order, places_in

Floats = NDArray[np.float64]
UNBOUNDED = 1e12  # what a record of unknown amount may add
_DAYS = 2**25  # more than twice `FAR`, so that a day, however far, stays with its owner in one number


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
    def named(self) -> "Edges":
        """The records of a known group as they begin and end."""
        return Edges.of(np.flatnonzero(self.subject >= 0), self.subject, self.low, self.high)

    @cached_property
    def sure(self) -> "Lined":
        """The records that surely count in a known group, as they begin."""
        return self.named.begun.where(self.doubt == 0)

    @cached_property
    def loose(self) -> "tuple[Edges, Edges]":
        """The records in doubt as they begin and end: those of a known group by group, the others by studio."""
        unsure = self.doubt > 0
        nameless = np.flatnonzero(unsure & (self.subject < 0))
        return self.named.where(unsure), Edges.of(nameless, self.studio, self.low, self.high)


@dataclass(frozen=True)
class Lined:
    """The places of some records by owner and day, and their sorted keys."""

    places: Ints
    keys: Ints

    @classmethod
    def of(cls, places: Ints, owner: Ints, day: Ints) -> "Lined":
        keys = key_of(owner[places], day[places])
        order = in_order(keys)
        return cls(places[order], keys[order])

    def where(self, wanted: Mask) -> "Lined":
        """Those of some records, still in their order."""
        keep = wanted[self.places]
        return self if keep.all() else Lined(self.places[keep], self.keys[keep])

    def upto(self, owner: Ints, day: Ints) -> Ints:
        """How many lie before each owner's records that come after a day."""
        return places_in(self.keys, key_of(owner, day), "right")

    def before(self, owner: Ints, day: Ints) -> Ints:
        """How many lie before each owner's records of a day."""
        return places_in(self.keys, key_of(owner, day))


@dataclass(frozen=True)
class Edges:
    """Some records in the order in which they begin, and in that in which they end; often that is the same."""

    begun: Lined
    over: Lined

    @classmethod
    def of(cls, places: Ints, owner: Ints, low: Ints, high: Ints) -> "Edges":
        begun = Lined.of(places, owner, low)
        return cls(begun, begun if (low == high)[places].all() else Lined.of(places, owner, high))

    def where(self, wanted: Mask) -> "Edges":
        """Some of them."""
        begun = self.begun.where(wanted)
        return Edges(begun, begun if self.over is self.begun else self.over.where(wanted))

    def between(self, owner: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints]:
        """For stretches of days: how many of all have begun by the end, and how many were over before it began."""
        return self.begun.upto(owner, last), self.over.before(owner, first)


def key_of(owner: Ints, day: Ints) -> Ints:
    """One number for an owner and a day, in the order of owner and day."""
    return owner * _DAYS + day


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
        """Which have (or may have) a record of their group on one of these days."""
        low, high = np.maximum(self.first, first), np.minimum(self.last, last)
        until, before = counted.named.between(self.subject, low, high)
        return (high >= low) & (until > before)


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
        sure, single = counted.sure, windows.row >= 0
        low = sure.before(windows.subject, windows.first)
        high = sure.upto(windows.subject, windows.last)
        window, place = ranges(low, np.where(single, low, high) - 1)
        record = sure.places[place]
        if not single.any():
            return cls(windows, counted, window, record)
        own = _places_of(counted.rows, windows.row[single])
        certain = counted.doubt[own] == 0
        window = np.concatenate([window, np.flatnonzero(single)[certain]])
        record = np.concatenate([record, own[certain]])
        sort = in_order(window)
        return cls(windows, counted, window[sort], record[sort])

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
        more, why = np.zeros(self.size), np.zeros(self.size, np.uint8)
        single = self.windows.row >= 0
        for loose, owner in zip(self.counted.loose, (self.windows.subject, self.windows.studio), strict=True):
            if len(loose.begun.places):
                amount, reason = self._overlapping(loose, owner, weight)
                more, why = more + amount, first_reason(why, reason)
        if single.any():
            own = _places_of(self.counted.rows, self.windows.row[single])
            unsure = self.counted.doubt[own]
            more[single] = np.where(unsure > 0, weight[own], 0.0)
            why[single] = unsure
        return more, why

    def _overlapping(self, loose: Edges, owner: Ints, weight: Floats) -> tuple[Floats, Codes]:
        """For each window the weight of the records that may lie in it, and the reason of one of them."""
        begun, over = (lined.places for lined in (loose.begun, loose.over))
        first, last = self.windows.first, self.windows.last
        until, before = loose.between(owner, first, last)
        sums = np.concatenate([[0.0], np.cumsum(weight.take(begun))])
        ended = sums if over is begun else np.concatenate([[0.0], np.cumsum(weight.take(over))])
        some = (last >= first) & (until > before)
        reason = self.counted.doubt.take(begun.take(np.maximum(until - 1, 0)))
        return (sums.take(until) - ended.take(before)) * some, reason * some


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
