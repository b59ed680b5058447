"""Times on printouts: wall clocks that may cross midnight, and elapsed time since the start."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from smpcompliance.logs.intake.printout.cell import DAY_SECONDS
from smpcompliance.logs.intake.printout.shape import DATES
from smpcompliance.patterns import pattern

HALF_DAY_SECONDS = 43200
YEARS = range(1990, 2100)

_FIGURES = pattern(r"\d+")
_HALF = pattern(r"([ap])\.?m", re.IGNORECASE)
_PARTS = pattern(r"[A-Za-z]+|\d+")
_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan", "feb fev", "mar mrz mär", "apr abr avr", "may mai", "jun", "jul", "aug ago", "sep set", "oct okt out",
         "nov", "dec dez"), 1)
    for name in names.split()
}  # fmt: skip


@dataclass(frozen=True)
class Moment:
    """A time of a printout.

    Attributes:
        second: since midnight of the day of the start, and over the next midnight; or since the start.
        fine: whether its seconds are printed.
        elapsed: whether it counts from the start.
        back: whether the clock went back to it from the time above.
    """

    second: int
    fine: bool
    elapsed: bool = False
    back: bool = False


def wall(text: str) -> tuple[int, bool] | None:
    """Seconds since midnight of `16:23:33`, `9.54` or `09:54 PM`, and whether seconds are printed; None where wrong."""
    figures = [int(part) for part in _FIGURES.findall(text)]
    hour, minute, second = (*figures, 0)[:3] if len(figures) > 1 else (99, 0, 0)
    half = _HALF.search(text)
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half[1] in "pP" else 0)
    elif half:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second, len(figures) == 3


def length(text: str, form: str) -> int | None:
    """Seconds of a length of time written `h-m-s`, `m-s`, `min` or `s`; None where it is none."""
    figures = [int(part) for part in _FIGURES.findall(text)]
    if form in ("min", "s"):
        return figures[0] * (60 if form == "min" else 1)
    if any(part > 59 for part in figures[1:]):
        return None
    return sum(part * unit for part, unit in zip(reversed(figures), (1, 60, 3600), strict=False))


def elapsed(text: str) -> int | None:
    """Seconds of `25:35` (minutes and seconds) or `01:25:35`; None where it is none."""
    return length(text, "h-m-s")


def day(text: str, form: str) -> date | None:
    """The day of a date written in an order of DATES; None where there is no such day."""
    if form not in DATES:
        return None
    parts = _PARTS.findall(text)
    if len(parts) == 1:
        years = 4 if form[0] == "Y" else 2
        parts = [text[:years], text[years : years + 2], text[years + 2 :]]
    found = dict(zip(form.upper(), parts, strict=False))
    month = int(found["M"]) if found["M"].isdigit() else _MONTHS.get(found["M"][:3].casefold(), 0)
    year = int(found["Y"]) + (2000 if "y" in form else 0)
    if year not in YEARS or not found["D"].isdigit():
        return None
    try:
        return date(year, month, int(found["D"]))
    except ValueError:
        return None


def iso(of: date, second: int, fine: bool) -> str:
    """A day and the seconds since its midnight (which may be over the next) as ISO text, to the minute if not fine."""
    moment = datetime(of.year, of.month, of.day) + timedelta(seconds=second)
    return moment.isoformat(timespec="seconds" if fine else "minutes")


class Clock:
    """Puts the times of one printout in order, so that midnight is crossed and a clock that goes back is seen."""

    def __init__(self, start: int | None) -> None:
        self._wall, self._elapsed = start, 0

    def wall(self, text: str) -> Moment | None:
        """The next time of the wall clock; a jump back by more than half a day is midnight."""
        read = wall(text)
        if read is None:
            return None
        second, fine = read
        last = second if self._wall is None else self._wall
        second += last - last % DAY_SECONDS
        if second < last - HALF_DAY_SECONDS:
            second += DAY_SECONDS
        back = second < (last if fine else last - last % 60)
        self._wall = second
        return Moment(second, fine, False, back)

    def elapsed(self, text: str) -> Moment | None:
        """The next elapsed time."""
        second = elapsed(text)
        if second is None:
            return None
        back = second < self._elapsed
        self._elapsed = second
        return Moment(second, True, True, back)
