"""Days, periods and lengths of calendar time, as rules and people write them; `dates` reckons with many at once."""

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from smpcompliance.patterns import pattern

if TYPE_CHECKING:
    from smpcompliance.dates import Ints, Mask

DAY: Final = 86_400
EPOCH: Final = date(1970, 1, 1)
FIRST_DAY, LAST_DAY = date(1, 1, 1), date(9999, 12, 31)

LENGTH: Final = pattern(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?\Z")
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

    @property
    def of_the_calendar(self) -> bool:
        """Whether the calendar has stretches so long: days, weeks, months, quarters, half-years and years."""
        fits = self.months in (1, 3, 6, 12) and not self.days or self.days in (1, 7) and not self.months
        return fits and not self.seconds and not self.working_days

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

    def holds(self, at: "Ints") -> "Mask":
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
