"""How people and machines write moments, numbers and lists: one cell at a time, for the distinct oddities.

A date of figures only needs a declared order of day and month, or a four-figure year in front; without one it is
unreadable. Nothing is guessed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np

from smpcompliance.dates import DATE, DAY, EPOCH, MONTH, TIME, YEAR
from smpcompliance.logs.schema import normal

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), 1)
    for name in names.split()
}  # fmt: skip
_CLOCK = r"(?:[T ,]+(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:\.\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?)?"
_YMD = re.compile(
    rf"(?P<y>\d{{4}})[-/.](?P<mo>\d{{1,2}})[-/.](?P<d>\d{{1,2}}){_CLOCK}\s*(?P<offset>Z|[+-]\d{{2}}:?\d{{2}})?\Z"
)
_FIGURES = re.compile(rf"(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<y>\d{{4}}|\d{{2}}){_CLOCK}\Z")
_NAMED = re.compile(rf"(?P<d>\d{{1,2}})[-/. ]*(?P<name>[A-Za-z]{{3,9}})\.?[-/., ]*(?P<y>\d{{4}}){_CLOCK}\Z")
_NAMED_FIRST = re.compile(rf"(?P<name>[A-Za-z]{{3,9}})\.? (?P<d>\d{{1,2}}),? (?P<y>\d{{4}}){_CLOCK}\Z")
_MONTH = re.compile(r"(?P<y>\d{4})[-/.](?P<mo>\d{1,2})\Z")
_MONTH_FIRST = re.compile(r"(?P<mo>\d{1,2})[-/.](?P<y>\d{4}|\d{2})\Z")
_MONTH_NAMED = re.compile(r"(?P<name>[A-Za-z]{3,9})\.?[-/. ]*(?P<y>\d{4})\Z")
_YEAR = re.compile(r"(?P<y>\d{4})\Z")
_NUMBER = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d+)(?:(?P<mark>[.,])(?P<part>\d+))?\s*(?P<unit>[^\d\s].*)?\Z")
_SAME_UNIT = {
    "°C": ("°c", "ºc", "c", "deg c"),
    "minutes": ("min", "mins", "minute", "minutes"),
    "hours": ("h", "hr", "hrs", "hour", "hours"),
    "kPa absolute": ("kpa abs", "kpa absolute"),
    "%": ("%", "percent"),
    "kg": ("kg",),
    "days": ("d", "day", "days"),
    "pieces": ("pcs", "pieces", "pc", "pairs", "pair"),
}


@dataclass(frozen=True)
class Unit:
    """A unit that a studio may declare: the unit of the column it is turned into, and how (value × factor + shift)."""

    of: str
    factor: float
    shift: float
    also_written: tuple[str, ...] = ()


UNITS = {
    "F": Unit("°C", 5 / 9, -160 / 9, ("°f", "ºf", "f")),
    "psig": Unit("kPa absolute", 6.894757, 101.325, ("psi", "psig")),
    "bar": Unit("kPa absolute", 100.0, 0.0, ("bar",)),
    "seconds": Unit("minutes", 1 / 60, 0.0, ("s", "sec", "seconds")),
    "hours": Unit("minutes", 60.0, 0.0, ("h", "hours")),
}
"""Units a studio may declare for a column of a file: Fahrenheit, gauge psi, bar absolute, seconds, hours."""


def moment(raw: str, order: str | None, zone: str, *, month_end: bool) -> tuple[int, int] | str:
    """Reads one moment.

    Args:
        raw: the cell.
        order: declared order of dates in figures (DMY, MDY, YMD), or None.
        zone: IANA zone into which a moment with an offset is brought; empty = not known.
        month_end: a month alone means its last day.

    Returns:
        (seconds since 1970 in local time, precision), or what was expected where the cell cannot be read.
    """
    text = raw.strip()
    try:
        for pattern in (_YMD, _NAMED, _NAMED_FIRST, _FIGURES):
            if found := pattern.match(text):
                return _moment(found, order, zone)
        return _coarse(text, month_end)
    except ValueError as error:
        return f"there is no such date or time ({error})"


def order_shown(raw: str) -> str | None:
    """The only order in which a date in figures can be read (a day above 12 shows it), None where there are two."""
    found = _FIGURES.match(raw.strip())
    if not found:
        return None
    first, second = int(found["a"]), int(found["b"])
    if first > 12 >= second:
        return "DMY"
    return "MDY" if second > 12 >= first else None


def _moment(found: re.Match[str], order: str | None, zone: str) -> tuple[int, int] | str:
    parts = found.groupdict()
    year = _year(parts["y"])
    if "a" in parts:
        if order not in ("DMY", "MDY"):
            return (
                f"the order of day and month in {found.group(0)!r} is not declared; "
                "write dates: DMY (or MDY) for this file in studio.yaml, or write 2025-06-30"
            )
        day, month = (parts["a"], parts["b"]) if order == "DMY" else (parts["b"], parts["a"])
    else:
        day = parts["d"]
        month = parts.get("mo") or _named(parts.get("name", ""))
    when = date(year, int(month), int(day))
    seconds = (when - EPOCH).days * DAY
    if parts["h"] is None:
        return "a time zone needs a time" if parts.get("offset") else (seconds, DATE)
    hour = _hour(int(parts["h"]), parts["half"])
    clock = datetime(when.year, when.month, when.day, hour, int(parts["m"]), int(parts["s"] or 0))
    if (offset := parts.get("offset")) and not zone:
        return "the time has an offset; say time_zone: America/Los_Angeles (or your own) in studio.yaml"
    if offset:
        clock = clock.replace(tzinfo=_offset(offset)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return int((clock - datetime(1970, 1, 1)).total_seconds()), TIME


def _coarse(text: str, month_end: bool) -> tuple[int, int] | str:
    for pattern in (_MONTH, _MONTH_FIRST, _MONTH_NAMED):
        if found := pattern.match(text):
            parts = found.groupdict()
            if pattern is _MONTH_FIRST and not month_end and len(parts["y"]) == 2:
                break
            first = date(_year(parts["y"]), int(parts.get("mo") or _named(parts.get("name", ""))), 1)
            if not month_end:
                return (first - EPOCH).days * DAY, MONTH
            after = (first + timedelta(days=31)).replace(day=1)
            return (after - EPOCH).days * DAY - DAY, DATE
    if (found := _YEAR.match(text)) and not month_end and 1900 <= int(text) <= 2200:
        return (date(int(text), 1, 1) - EPOCH).days * DAY, YEAR
    return "expected a date like 2025-06-30 or a date and time like 2025-06-30 14:10"


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _named(name: str) -> int:
    if name.casefold() not in _MONTHS:
        raise ValueError(f"{name!r} is no month")
    return _MONTHS[name.casefold()]


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"hour {hour} with a.m. or p.m.")
    return hour % 12 + (12 if half[0] in "Pp" else 0)


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def number(
    raw: str, unit: str | None, words: dict[str, str], whole: bool, declared: str | None = None
) -> tuple[float | None, str | None]:
    """Reads one number: (value, None), or (None, what was expected).

    A comma before one, two or more than three figures is a decimal comma; before exactly three it could be either and
    the cell is unreadable. A unit may stand behind the number when it is the column's own, or the `declared` one.
    """
    if (word := words.get(normal(raw))) is not None:
        return float(word), None
    expected = f"expected a {'whole ' if whole else ''}number" + (f" in {unit}" if unit else "")
    found = _NUMBER.match(raw.strip())
    if not found:
        return None, expected
    same = UNITS[declared].also_written if declared else _SAME_UNIT.get(unit or "", ())
    if found["unit"] and found["unit"].strip().casefold() not in same:
        return None, f"{expected}, not {found['unit'].strip()!r}"
    if found["mark"] == "," and len(found["part"]) == 3:
        return None, f"{expected}; in {raw.strip()!r} the comma can be read in two ways"
    value = float(f"{found['sign']}{found['whole']}.{found['part'] or 0}")
    return (None, expected) if whole and value % 1 else (value, None)


def parts(raw: str) -> list[str]:
    """The entries of a list cell: separated by semicolons or line breaks, or by commas where there are neither."""
    separators = r"[;\n\r|]+" if re.search(r"[;\n\r|]", raw) else r","
    return [part.strip() for part in re.split(separators, raw) if part.strip()]


def number_text(value: float) -> str:
    """A number as people write it: plain decimals without an exponent, six significant figures below a million."""
    if abs(value) >= 1e6:
        return f"{value:.0f}" if value == int(value) else str(value)
    return np.format_float_positional(float(f"{value:.6g}"), trim="-")
