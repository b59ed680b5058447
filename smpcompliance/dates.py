"""Calendar time: durations, periods, and moments that know how precisely they were written.

A moment is seconds of local wall-clock time since 1970-01-01 together with its precision. A date is the whole day, a
month the whole month: every moment is an interval `[at, end]`, and two moments are compared at the coarser precision.
P1M and P1Y follow the calendar (31 January + P1M = the last day of February); P30D counts days.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

DAY: Final = 86_400
TIME, DATE, MONTH, YEAR = 0, 1, 2, 3
EPOCH: Final = date(1970, 1, 1)
FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)

LENGTH: Final = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?\Z")
"""A length of time as rules write it: its groups are years, months, weeks, days, hours and minutes."""


@dataclass(frozen=True)
class Duration:
    """A length of calendar time: months, days or working days, or hours and minutes (as seconds)."""

    months: int = 0
    days: int = 0
    seconds: int = 0
    working_days: int = 0

    @property
    def needs_times(self) -> bool:
        """Whether the length is counted in hours or minutes, so that dates alone may not decide."""
        return self.seconds != 0

    def __str__(self) -> str:
        if self.working_days:
            return _many(self.working_days, "working day")
        years, months = divmod(self.months, 12)
        hours, minutes = divmod(self.seconds // 60, 60)
        parts = [(years, "year"), (months, "month"), (self.days, "day"), (hours, "hour"), (minutes, "minute")]
        return " and ".join(_many(n, word) for n, word in parts if n) or "no time"


def _many(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def duration(source: Any) -> Duration:
    """Reads `P1M`, `P14D`, `PT24H`, `P2W` or `{working_days: 5}`.

    Raises:
        ValueError: it is none of these.
    """
    if isinstance(source, Duration):
        return source
    if isinstance(source, dict) and set(source) == {"working_days"} and isinstance(source["working_days"], int):
        return Duration(working_days=source["working_days"])
    found = LENGTH.match(source) if isinstance(source, str) else None
    if not found or not any(found.groups()):
        raise ValueError(f"{source!r} is not a length of time; write P1M, P14D, PT24H or {{working_days: 5}}")
    years, months, weeks, days, hours, minutes = (int(group or 0) for group in found.groups())
    return Duration(12 * years + months, 7 * weeks + days, 3600 * hours + 60 * minutes)


@dataclass(frozen=True)
class Period:
    """Days from `first` through `last`, both included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first.isoformat()} to {self.last.isoformat()}"

    def plain(self) -> dict[str, str]:
        """The first and the last day as JSON has them."""
        return {"from": self.first.isoformat(), "to": self.last.isoformat()}

    def meet(self, other: "Period") -> "Period | None":
        """The days that both periods have, None where they have none."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        return Period(first, last) if first <= last else None

    def holds(self, at: Ints) -> Mask:
        """Which of these moments lie on a day of the period."""
        return (at >= start_of(self.first)) & (at < start_of(self.last) + DAY)


ALWAYS: Final = Period(FIRST_DAY, LAST_DAY)


def start_of(day: date) -> int:
    """The first second of a day."""
    return (day - EPOCH).days * DAY


def day(text: Any) -> date:
    """Reads `2025-06-30`.

    Raises:
        ValueError: the text is not a day of the calendar, written year-month-day.
    """
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return date.fromisoformat(text)
    raise ValueError(f"{text!r} is not a day; write it as 2025-06-30")


def period(text: str) -> Period:
    """Reads `2026`, `2026-10`, `2026-07-01/2026-09-30` or `all`.

    Raises:
        ValueError: it is none of these, or ends before it begins.
    """
    if text == "all":
        return ALWAYS
    if re.fullmatch(r"\d{4}", text) and int(text):
        return Period(date(int(text), 1, 1), date(int(text), 12, 31))
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return month(day(text + "-01"))
    first, slash, last = text.partition("/")
    if not slash:
        raise ValueError(f"{text!r} is not a period; write 2026-10, 2026, 2026-07-01/2026-09-30 or all")
    found = Period(day(first), day(last))
    if found.last < found.first:
        raise ValueError(f"the period {text} ends before it begins")
    return found


def month(of: date) -> Period:
    """The calendar month a day lies in."""
    after = date(of.year + of.month // 12, of.month % 12 + 1, 1) if (of.year, of.month) != (9999, 12) else LAST_DAY
    last = date.fromordinal(after.toordinal() - 1) if after != LAST_DAY else LAST_DAY
    return Period(of.replace(day=1), last)


def floor(at: Ints, precision: Codes | int) -> Ints:
    """The first second of the minute, day, month or year that each moment lies in."""
    level = np.broadcast_to(np.asarray(precision, dtype=np.uint8), at.shape)
    finest, coarsest = (int(level.min()), int(level.max())) if at.size else (TIME, TIME)
    if coarsest == TIME:
        return at
    days = at // DAY
    out = days * DAY if finest > TIME else np.where(level == TIME, at, days * DAY)
    if coarsest <= DATE:
        return out
    for step, unit in ((MONTH, "M"), (YEAR, "Y")):
        if (coarse := level == step).any():
            start = days[coarse].astype("datetime64[D]").astype(f"datetime64[{unit}]").astype("datetime64[D]")
            out[coarse] = start.astype(np.int64) * DAY
    return out


def end(at: Ints, precision: Codes | int) -> Ints:
    """The last second each moment may mean: itself, or the end of its day, month or year."""
    level = np.broadcast_to(np.asarray(precision, dtype=np.uint8), at.shape)
    finest, coarsest = (int(level.min()), int(level.max())) if at.size else (TIME, TIME)
    if coarsest == TIME:
        return at
    out = at + DAY - 1 if finest > TIME else np.where(level == TIME, at, at + DAY - 1)
    if coarsest <= DATE:
        return out
    for step, months in ((MONTH, 1), (YEAR, 12)):
        if (coarse := level == step).any():
            out[coarse] = add_months(at[coarse], months) - 1
    return out


def add_months(at: Ints, months: int) -> Ints:
    """Calendar months later at the same time of day; the last day of a month where that day does not exist."""
    days = at // DAY
    return of_each_day(days, lambda each: _months_later(each, months)) * DAY + (at - days * DAY)


def of_each_day(days: Ints, reckon: Callable[[Ints], Ints]) -> Ints:
    """What is reckoned from days; where more moments than days are asked for, of each day once."""
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    return reckon(np.arange(first, last + 1))[days - first] if last - first < len(days) else reckon(days)


def _months_later(days: Ints, months: int) -> Ints:
    unit = days.astype("datetime64[D]").astype("datetime64[M]")
    of_month = days - unit.astype("datetime64[D]").astype(np.int64)
    later = unit + np.timedelta64(months, "M")
    target = later.astype("datetime64[D]").astype(np.int64)
    length = (later + np.timedelta64(1, "M")).astype("datetime64[D]").astype(np.int64) - target
    return np.asarray(target + np.minimum(of_month, length - 1), np.int64)


def add(at: Ints, length: Duration, holidays: NDArray[np.datetime64] | None = None, sign: int = 1) -> Ints:
    """Moments a duration later (or earlier, with sign -1). The day of the event itself is not counted.

    Args:
        holidays: days (datetime64[D]) that are no working days beside Saturday and Sunday.
    """
    if length.working_days:
        days = (at // DAY).astype("datetime64[D]")
        roll: Any = "backward" if sign > 0 else "forward"
        free = holidays if holidays is not None else np.empty(0, dtype="datetime64[D]")
        moved = np.busday_offset(days, sign * length.working_days, roll=roll, holidays=free)
        return np.asarray(moved.astype(np.int64) * DAY + at % DAY, dtype=np.int64)
    later = add_months(at, sign * length.months) if length.months else at
    return np.asarray(later + sign * (length.days * DAY + length.seconds), dtype=np.int64)


@cache
def holidays(code: str, first_year: int, last_year: int) -> NDArray[np.datetime64]:
    """The public holidays of a place (`US-CA`, `GB-WLS`), from the calendars of the `holidays` library.

    Raises:
        ValueError: the library knows no such place.
    """
    import holidays as calendars  # 0.1 s, and only laws that count working days need it

    country, _, part = code.partition("-")
    try:
        found = calendars.country_holidays(country, subdiv=part or None, years=range(first_year, last_year + 1))
    except NotImplementedError as error:
        raise ValueError(f"no holiday calendar is known for {code!r}: {error}") from None
    return np.array(sorted(found), dtype="datetime64[D]")


def text_of(at: int, precision: int) -> str:
    """A moment as it was known: `2025-06`, `2025-06-30` or `2025-06-30 14:10`."""
    if precision == TIME:
        return str(np.datetime64(at // 60, "m")).replace("T", " ")
    day = np.datetime64(at // DAY, "D")
    return str(day if precision == DATE else day.astype(f"datetime64[{'M' if precision == MONTH else 'Y'}]"))
