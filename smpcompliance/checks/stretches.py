"""Stretches of calendar time, and the moments of subjects in order."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from smpcompliance.dates import DAY, EPOCH, Duration, Ints, Mask, of_each_day
from smpcompliance.logs.rows import Side, begins, in_order, places_in

REACH = 2**40  # seconds; wider than all calendar time, so that subject and moment fit into one sortable number
NEVER = -(REACH // 2)
_MONDAY = 3  # 1 January 1970 was a Thursday


@dataclass(frozen=True)
class Calendar:
    """Days, weeks from Monday, months, quarters, half-years or years, numbered in order.

    Attributes:
        months: length in months; 0 for days and weeks.
        days: length in days (1 or 7); 0 for months.
    """

    months: int
    days: int

    @classmethod
    def of(cls, every: Duration) -> "Calendar | None":
        """The calendar stretches of this length, None where the calendar has none."""
        return cls(every.months, every.days) if every.of_the_calendar else None

    def unit(self, day: Ints) -> Ints:
        """The number of the stretch that each day lies in."""
        if self.days == 7:
            return (day + _MONDAY) // 7
        if self.days:
            return day
        return of_each_day(day, self._months)

    def _months(self, day: Ints) -> Ints:
        return np.asarray(day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // self.months)

    def first(self, unit: Ints) -> Ints:
        """The first day of each stretch."""
        if self.days == 7:
            return unit * 7 - _MONDAY
        if self.days:
            return unit
        months = (unit * self.months).astype("datetime64[M]")
        return np.asarray(months.astype("datetime64[D]").astype(np.int64))

    def last(self, unit: Ints) -> Ints:
        """The last day of each stretch."""
        return self.first(unit + 1) - 1

    def label(self, unit: int) -> str:
        """A stretch by name: `2025-02-03`, `2025-W07`, `2025-02`, `2025-Q1`, `2025-H1` or `2025`."""
        first = day_text(int(self.first(np.array([unit]))[0]))
        year, month = first[:4], int(first[5:7])
        if self.days == 7:
            week = date.fromisoformat(first).isocalendar()
            return f"{week.year}-W{week.week:02}"
        names = {0: first, 1: first[:7], 3: f"{year}-Q{month // 3 + 1}", 6: f"{year}-H{month // 6 + 1}", 12: year}
        return names[self.months]


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_text(day: int) -> str:
    """A day by its number as `2025-01-31`."""
    return date.fromordinal(EPOCH.toordinal() + day).isoformat()


def ranges(low: Ints, high: Ints) -> tuple[Ints, Ints]:
    """All whole numbers from each low through its high: (place of the range, number)."""
    count = np.maximum(high - low + 1, 0)
    which = np.repeat(np.arange(len(low)), count)
    return which, low[which] + np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)


@dataclass(frozen=True)
class Timeline:
    """The moments of subjects 0..n-1, counted up to any moment; two moments compare at the coarser of their precisions.

    Attributes:
        timed, dated: sorted subject-and-second numbers of moments with a time, and of those known by their day.
    """

    timed: Ints
    dated: Ints

    @classmethod
    def of(cls, subject: Ints, at: Ints, timed: Mask) -> "Timeline":
        """Orders moments; those not `timed` are whole days."""
        return cls(
            np.sort(subject[timed] * REACH + at[timed]),
            np.sort(subject[~timed] * REACH + at[~timed] // DAY * DAY),
        )

    def upto(self, subject: Ints, at: Ints, timed: Mask) -> Ints:
        """How many moments of each subject lie at or before a moment."""
        day = at // DAY * DAY
        second = np.where(timed, at, day + DAY - 1)
        return self._count(self.timed, subject, second, "right") + self._count(self.dated, subject, day, "right")

    def before(self, subject: Ints, at: Ints, timed: Mask) -> Ints:
        """How many moments of each subject lie surely before a moment."""
        day = at // DAY * DAY
        second = np.where(timed, at, day)
        return self._count(self.timed, subject, second, "left") + self._count(self.dated, subject, day, "left")

    def within(self, subject: Ints, first: Ints, last: Ints) -> Ints:
        """How many moments of each subject lie on the days from first through last."""
        whole = np.zeros(len(subject), bool)
        return self.upto(subject, last * DAY, whole) - self.before(subject, first * DAY, whole)

    def latest(self, subject: Ints, at: Ints, timed: Mask) -> tuple[Ints, Mask]:
        """The last moment of each subject at or before a moment (NEVER where none is), and if it is timed."""
        day = at // DAY * DAY
        by_time = self._last(self.timed, subject, np.where(timed, at, day + DAY - 1))
        by_day = self._last(self.dated, subject, day)
        return np.maximum(by_time, by_day), by_time >= np.maximum(by_day, NEVER + 1)

    def _last(self, keys: Ints, subject: Ints, at: Ints) -> Ints:
        place = places_in(keys, subject * REACH + at, side="right") - 1
        if not len(keys):
            return np.full(len(subject), NEVER)
        found = keys[np.maximum(place, 0)] - subject * REACH
        return np.where((place >= 0) & (found > NEVER), found, NEVER)

    def _count(self, keys: Ints, subject: Ints, at: Ints, side: Side) -> Ints:
        until = places_in(keys, subject * REACH + at, side=side)
        return np.asarray(until - places_in(keys, subject * REACH + NEVER), np.int64)


@dataclass(frozen=True)
class Marks:
    """What is known of numbered things: sorted keys with one value each (that of the first entry of a key)."""

    keys: Ints
    values: Ints

    @classmethod
    def of(cls, keys: Ints, values: Ints) -> "Marks":
        order = in_order(keys)
        first = order[begins(keys[order])]
        return cls(keys[first], values[first])

    def at(self, keys: Ints, default: int = 0) -> Ints:
        """The value of each key."""
        if not len(self.keys):
            return np.full(len(keys), default, np.int64)
        place = np.minimum(places_in(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.values[place], default)
