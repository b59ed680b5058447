"""Calendar time: durations, periods, and moments that know how precisely they were written.

A moment is seconds of local wall-clock time since 1970-01-01 together with its precision. A date is the whole day, a
month the whole month: every moment is an interval `[at, end]`, and two moments are compared at the coarser precision.
P1M and P1Y follow the calendar (31 January + P1M = the last day of February); P30D counts days.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smpcompliance.days import ALWAYS as ALWAYS
from smpcompliance.days import DAY as DAY
from smpcompliance.days import EPOCH as EPOCH
from smpcompliance.days import FIRST_DAY as FIRST_DAY
from smpcompliance.days import LAST_DAY as LAST_DAY
from smpcompliance.days import LENGTH as LENGTH
from smpcompliance.days import Duration as Duration
from smpcompliance.days import Period as Period
from smpcompliance.days import day as day
from smpcompliance.days import duration as duration
from smpcompliance.days import month as month
from smpcompliance.days import period as period
from smpcompliance.days import start_of as start_of

Ints = NDArray[np.int64]
Codes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

TIME, DATE, MONTH, YEAR = 0, 1, 2, 3


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
