"""How people and machines write moments and lists: one cell at a time, for the distinct oddities.

A date of figures only needs an order of day and month that its column shows or its studio declares, or a four-figure
year in front; without one it is unreadable. Nothing is guessed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from smpcompliance.dates import DATE, DAY, EPOCH, MONTH, TIME, YEAR
from smpcompliance.logs.calendar_words import BEFORE_EXPIRY, MONTHS, WEEKDAYS, plain
from smpcompliance.patterns import pattern

ORDERS = ("DMY", "MDY", "YMD", "unix")
"""What a studio may declare of dates in figures: the order of day, month and year, or seconds since 1970 in UTC."""

YEAR_LAST = "year last"
"""An order that cells may show beside these: the year is not in front, whichever of day and month is."""

_LONGEST = 100
_LONGEST_CELL = 400
_YOUNGEST_CENTURY = 70
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_APM = r"[ap]\.? ?m\.?(?![a-z])"
_TIME = (
    rf"(?P<h>\d{{1,2}})(?:(?: ?h ?|:)(?P<m>\d{{2}})(?::(?P<s>\d{{2}})(?:[.,]\d{{1,9}})?)?(?: ?(?P<half>{_APM}))?"
    rf"(?: ?(?:h|hrs?|uhr))?| ?h| ?uhr(?: ?(?P<uhr>\d{{2}}))?| ?(?P<alone>{_APM}))"
)
_OF_TIMES_ONLY = r"(?P<h>\d{1,2})\.(?P<m>\d{2})(?:\.(?P<s>\d{2}))?|(?P<h4>\d{2})(?P<m4>\d{2})"
_BEFORE_TIME = r"(?:(?:at|um|kl\.?|a las|alle|ore|a|om) )?"
_OFFSET = r"(?: ?(?P<offset>z|utc|(?:utc|gmt)?[+-]\d{2}:?\d{2})(?: \([a-z ]*\))?)?"
_LATER = r"(?P<later> \(\+1 day\))?"
_DATE_AND_TIME = pattern(rf"(?P<date>.*?)(?:(?<=\d)t|[ ,]+){_BEFORE_TIME}{_TIME}{_OFFSET}{_LATER}\Z", re.ASCII)
_TIME_ALONE = pattern(rf"{_BEFORE_TIME}{_TIME}\Z", re.ASCII)
_TIME_IN_ITS_COLUMN = pattern(rf"{_BEFORE_TIME}(?:{_OF_TIMES_ONLY})(?: ?(?:h|hrs?|uhr))?\Z", re.ASCII)
_PACKED = pattern(r"(\d{4})(\d{2})(\d{2})t(\d{2})(\d{2})(\d{2})?(?=\D|\Z)", re.ASCII)
_ZONE_NAME = pattern(r".*\d(?: ?[ap]m)? \(?(?P<name>[a-z]{2,5}|[a-z]+/[a-z_/]+)\)?\Z", re.ASCII)
_WEEKDAY = pattern(r"(?:dydd )?(?P<day>[a-z]{2,13}(?:-feira)?)\.?,? +", re.ASCII)

_BY = r" ?[-/.] ?"
_GAP = r"[-/., ]*"
_NAME = r"(?P<name>[a-z]{3,12})"
_DAY = r"(?P<d>\d{1,2})"
_YY = r"(?P<y>\d{4}|'?\d{2})"
_YMD = pattern(rf"(?P<y>\d{{4}}){_BY}(?P<mo>\d{{1,2}}){_BY}{_DAY}\.?\Z", re.ASCII)
_EIGHT = pattern(r"(?P<y>(?:19|20)\d{2})(?P<mo>\d{2})(?P<d>\d{2})\Z", re.ASCII)
_FIGURES = pattern(rf"(?P<a>\d{{1,2}}){_BY}(?P<b>\d{{1,2}}){_BY}(?P<y>\d{{4}}|\d{{2}}|\d)\.?\Z", re.ASCII)
_NAMED = pattern(
    rf"{_DAY}(?:(?:st|nd|rd|th|er|o|a)(?![a-z]))?{_GAP}(?:de |of |d')?{_NAME}{_GAP}(?:de |del |of )?{_YY}\Z", re.ASCII
)
_NAMED_FIRST = pattern(rf"{_NAME}{_GAP}{_DAY}(?:st|nd|rd|th)?[-/., ]+{_YY}\Z", re.ASCII)
_NAMED_YEAR_FIRST = pattern(rf"(?P<y>\d{{4}}){_GAP}{_NAME}{_GAP}{_DAY}\Z", re.ASCII)
_MONTH = pattern(rf"(?P<y>\d{{4}}){_BY}(?P<mo>\d{{1,2}})\Z", re.ASCII)
_MONTH_FIRST = pattern(rf"(?P<mo>\d{{1,2}}){_BY}{_YY}\Z", re.ASCII)
_MONTH_NAMED = pattern(rf"{_NAME}{_GAP}(?:de |del |of )?{_YY}\Z", re.ASCII)
_MONTH_NAMED_LAST = pattern(rf"(?P<y>\d{{4}}){_GAP}{_NAME}\.?\Z", re.ASCII)
_YEAR = pattern(r"\d{4}\Z", re.ASCII)
_SECONDS = pattern(r"(?P<whole>\d{9,10})(?:\.\d+)?\Z|(?P<thousandths>\d{12,13})\Z", re.ASCII)
_DAY_NUMBER = pattern(r"[2-6]\d{4}(?:\.\d+)?\Z", re.ASCII)

_EXPECTED = "expected a date like 2025-06-30 or a date and time like 2025-06-30 14:10"


@dataclass(frozen=True)
class DateStyle:
    """How the dates of one column are to be understood.

    Attributes:
        order: declared or shown order of dates in figures (one of ORDERS, or YEAR_LAST); None where there is none.
        zone: IANA zone into which a moment with an offset is brought; empty = not known.
        month_end: a month alone means its last day, and the words of an expiry may stand in front.
        days: the column holds days, not times.
        birth: the column holds days of birth, so that two figures of a year may mean two centuries.
    """

    order: str | None = None
    zone: str = ""
    month_end: bool = False
    days: bool = False
    birth: bool = False


def moment(raw: str, how: DateStyle) -> tuple[int, int] | str:
    """Reads one moment.

    Two figures of a year mean 2000 to 2069; above that, and in a day of birth, they are unreadable. 24:00 is the end of
    its day, `(+1 day)` behind a time the same time a day later. A moment with an offset is brought to the zone's local
    time. Local time is kept as written where a clock change leaves it out, and in the hour that a clock change repeats
    the earlier of the two moments is meant: nothing here tells the two apart.

    Returns:
        (seconds since 1970 in local time, precision), or what was expected where the cell cannot be read.
    """
    text = plain(raw[:_LONGEST_CELL])
    if len(text) > _LONGEST or len(raw) > _LONGEST_CELL:
        return _EXPECTED
    try:
        return _read(_PACKED.sub(_unpacked, text), raw.strip(), how)
    except (ValueError, OverflowError) as error:
        return f"there is no such date or time ({error})"


def orders_possible(raw: str) -> frozenset[str]:
    """The orders in which a date in figures, or with two figures for the year, is a day of the calendar.

    A year is never written with one figure, so that `6/3/26` begins with no year. Empty where the cell is no such date,
    or a day in no order.
    """
    text = plain(raw[:_LONGEST])
    if found := _DATE_AND_TIME.match(text):
        text = found["date"].rstrip(" ,")
    for candidate in _without_weekday(BEFORE_EXPIRY.sub("", text, count=1)):
        if found := _FIGURES.match(candidate):
            a, b, y = found.groups()
            ways = {"DMY": (y, b, a), "MDY": (y, a, b), "YMD": (a, b, y)}
            return frozenset(order for order, (yy, mm, dd) in ways.items() if _exists(yy, int(mm), dd))
        if (found := _NAMED.match(candidate)) and len(found["y"]) == 2 and found["name"] in MONTHS:
            d, month, y = found["d"], MONTHS[found["name"]], found["y"]
            last = ("DMY", "MDY") if _exists(y, month, d) else ()
            return frozenset((*last, *(("YMD",) if _exists(d, month, y) else ())))
    return frozenset()


def time_of_day(raw: str, *, of_times_only: bool = False) -> int | None:
    """Seconds since midnight of a cell that holds a time and nothing else; None where it holds anything else.

    Args:
        of_times_only: the column holds times only, so that `14.30` and `1430` are times too.
    """
    text = plain(raw[:_LONGEST])
    found = _TIME_ALONE.match(text)
    if not found and of_times_only:
        found = _TIME_IN_ITS_COLUMN.match(text)
    try:
        return _seconds(found.groupdict()) if found else None
    except ValueError:
        return None


def _read(text: str, raw: str, how: DateStyle) -> tuple[int, int] | str:
    if how.month_end:
        text = BEFORE_EXPIRY.sub("", text, count=1) if BEFORE_EXPIRY.match(text) else text
    if seconds := _SECONDS.match(text):
        return _since_1970(seconds, how)
    if found := _DATE_AND_TIME.match(text):
        day = _day(found["date"].rstrip(" ,"), raw, how)
        return day if isinstance(day, str) else _at(day, found.groupdict(), how)
    day = _day(text, raw, how)
    if isinstance(day, date):
        return (day - EPOCH).days * DAY, DATE
    coarse = _coarse(text, how)
    return coarse or _why_not(text, day)


def _why_not(text: str, expected: str) -> str:
    if expected != _EXPECTED:
        return expected
    if time_of_day(text) is not None:
        return "a time without a date; expected a date and time like 2025-06-30 14:10"
    if _DAY_NUMBER.match(text):
        return f"{text} looks like a spreadsheet's number of a day; format the column as a date and export it again"
    if (zone := _ZONE_NAME.match(text)) and (":" in text or zone["name"].endswith("t")) and zone["name"] not in MONTHS:
        return (
            f"the name of a time zone ({zone['name'].upper()}) is not read, as many mean several zones; "
            "write the offset (2025-06-30 14:10+02:00) or local time without a zone"
        )
    return _EXPECTED


def _since_1970(found: re.Match[str], how: DateStyle) -> tuple[int, int] | str:
    if how.order != "unix":
        return (
            f"{found.group(0)} looks like seconds since 1970; if it is that, "
            "write dates: unix for this column in studio.yaml"
        )
    if not how.zone:
        return "seconds since 1970 need a time zone; say time_zone: America/Los_Angeles (or your own) in studio.yaml"
    seconds = int(found["whole"]) if found["whole"] else int(found["thousandths"]) // 1000
    return _local(datetime.fromtimestamp(seconds, UTC), how)


def _day(text: str, raw: str, how: DateStyle) -> date | str:
    """The day that a text without a time says, or what was expected."""
    for candidate in _without_weekday(text):
        if (day := _named_or_figures(candidate, raw, how)) is None:
            continue
        if isinstance(day, date) and candidate != text:
            said = WEEKDAYS[_weekday_in(text)]
            if day.weekday() not in said:
                return f"{day} is a {_WEEKDAYS[day.weekday()]}, not a {' or '.join(_WEEKDAYS[n] for n in sorted(said))}"
        return day
    return _EXPECTED


def _without_weekday(text: str) -> list[str]:
    found = _WEEKDAY.match(text)
    return [text, text[found.end() :]] if found and found["day"] in WEEKDAYS else [text]


def _weekday_in(text: str) -> str:
    found = _WEEKDAY.match(text)
    return found["day"] if found else ""


def _named_or_figures(text: str, raw: str, how: DateStyle) -> date | str | None:
    for form in (_YMD, _EIGHT, _NAMED_YEAR_FIRST):
        if found := form.match(text):
            month = found["mo"] if "mo" in found.groupdict() else _named(found["name"])
            return _end_of_month(found["y"], month, found["d"], how) or date(
                int(found["y"]), int(month), int(found["d"])
            )
    if found := _FIGURES.match(text):
        return _by_order(found, raw, how)
    if found := _NAMED.match(text):
        return _day_and_name(found, raw, how)
    if found := _NAMED_FIRST.match(text):
        year = _year(found["y"], how)
        return year if isinstance(year, str) else date(year, _named(found["name"]), int(found["d"]))
    return None


def _end_of_month(year: str, month: int | str, day: str, how: DateStyle) -> date | None:
    """The last day of the month where an expiry gives its day as 00, as the bar codes of GS1 do."""
    return _last_day(date(int(year), int(month), 1)) if day == "00" and how.month_end else None


def _by_order(found: re.Match[str], raw: str, how: DateStyle) -> date | str:
    a, b, y = found.groups()
    ways = {"DMY": (y, b, a), "MDY": (y, a, b), "YMD": (a, b, y)}
    if how.order not in ways:
        is_day = any(_exists(year, int(month), day) for year, month, day in ways.values())
        return _no_order(raw) if is_day else f"there is no such day in any order of day and month; {_EXPECTED}"
    if how.order == "YMD" and len(y) == 4:
        return f"the year stands last in {raw!r}, but the dates of its column are declared as YMD"
    figures, month, day = ways[how.order]
    year = _year(figures, how)
    return year if isinstance(year, str) else date(year, int(month), int(day))


def _day_and_name(found: re.Match[str], raw: str, how: DateStyle) -> date | str:
    """`21-NOV-17` begins with a day or with a year; its column or the figures themselves settle which."""
    d, y, month = found["d"], found["y"], _named(found["name"])
    if len(y) == 2 and how.order not in ("DMY", "MDY", YEAR_LAST):
        if how.order == "YMD":
            d, y = y, d
        elif _exists(d, month, y):
            return _no_order(raw)
    year = _year(y, how)
    return year if isinstance(year, str) else date(year, month, int(d))


def _no_order(raw: str) -> str:
    return (
        f"the order of day and month in {raw!r} is not declared; "
        "write dates: DMY (or MDY) for this file in studio.yaml, or write 2025-06-30"
    )


def _exists(year: str, month: int, day: str) -> bool:
    """Whether a year in two or four figures, a month and a day make a day of the calendar."""
    if len(year) == 1 or len(day) > 2:
        return False
    try:
        date(int(year) if len(year) == 4 else 2000 + int(year), month, int(day))
    except ValueError:
        return False
    return True


def _year(figures: str, how: DateStyle) -> int | str:
    if len(figures) == 4:
        return int(figures)
    short = figures.removeprefix("'")
    if len(short) != 2:
        raise ValueError(f"no year has the figures {short}")
    if how.birth:
        return "the century of a day of birth is not written; expected a year of four figures, like 1985-06-30"
    if int(short) >= _YOUNGEST_CENTURY:
        return f"the year '{short} may be 19{short} or 20{short}; expected a year of four figures, like 2025-06-30"
    return 2000 + int(short)


def _at(day: date, parts: dict[str, str | None], how: DateStyle) -> tuple[int, int] | str:
    clock = datetime(day.year, day.month, day.day) + timedelta(seconds=_seconds(parts), days=1 if parts["later"] else 0)
    offset = parts["offset"]
    if not offset:
        return int((clock - datetime(1970, 1, 1)).total_seconds()), TIME
    if not how.zone:
        return "the time has an offset; say time_zone: America/Los_Angeles (or your own) in studio.yaml"
    return _local(clock.replace(tzinfo=_offset(offset)), how)


def _local(when: datetime, how: DateStyle) -> tuple[int, int] | str:
    local = when.astimezone(ZoneInfo(how.zone)).replace(tzinfo=None)
    utc = when.astimezone(UTC).replace(tzinfo=None)
    if how.days and utc.time().isoformat() == "00:00:00" and utc.date() != local.date():
        return (
            f"midnight in UTC is {local:%Y-%m-%d %H:%M} in {how.zone}: it cannot be told which day is meant; "
            "export the day alone, like 2025-06-30"
        )
    return int((local - datetime(1970, 1, 1)).total_seconds()), TIME


def _seconds(parts: dict[str, str | None]) -> int:
    """Seconds since midnight of the parts of a time; 24:00 is the end of the day."""
    hour, minute = int(parts["h"] or parts.get("h4") or 0), int(parts["m"] or parts.get("m4") or parts.get("uhr") or 0)
    second = int(parts["s"] or 0)
    if half := parts.get("half") or parts.get("alone"):
        if not 1 <= hour <= 12:
            raise ValueError(f"hour {hour} with a.m. or p.m.")
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        raise ValueError(f"{hour:02d}:{minute:02d}:{second:02d} is no time of the day")
    return hour * 3600 + minute * 60 + second


def _coarse(text: str, how: DateStyle) -> tuple[int, int] | str | None:
    for form in (_MONTH, _MONTH_FIRST, _MONTH_NAMED, _MONTH_NAMED_LAST):
        if not (found := form.match(text)) or (len(found["y"]) < 4 and not how.month_end):
            continue
        year = _year(found["y"], how)
        if isinstance(year, str):
            return year
        first = date(year, _named(found["name"]) if "name" in found.groupdict() else int(found["mo"]), 1)
        if not how.month_end:
            return (first - EPOCH).days * DAY, MONTH
        return (_last_day(first) - EPOCH).days * DAY, DATE
    if _YEAR.match(text) and not how.month_end and 1900 <= int(text) <= 2200:
        return (date(int(text), 1, 1) - EPOCH).days * DAY, YEAR
    return None


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _named(name: str) -> int:
    if name not in MONTHS:
        raise ValueError(f"{name!r} is no month")
    return MONTHS[name]


def _unpacked(found: re.Match[str]) -> str:
    """`20260304T1410` written out."""
    year, month, day, hour, minute, second = found.groups()
    return f"{year}-{month}-{day}t{hour}:{minute}:{second or '00'}"


def _offset(text: str) -> timezone:
    if text in ("z", "utc"):
        return UTC
    sign, figures = (1, text.partition("+")[2]) if "+" in text else (-1, text.partition("-")[2])
    minutes = int(figures[:2]) * 60 + int(figures[-2:])
    return timezone(timedelta(minutes=sign * minutes))


def parts(raw: str) -> list[str]:
    """The entries of a list cell: separated by semicolons or line breaks, or by commas where there are neither."""
    separators = r"[;\n\r|]+" if re.search(r"[;\n\r|]", raw) else r","
    return [part.strip() for part in re.split(separators, raw) if part.strip()]
