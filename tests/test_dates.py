"""Calendar time: months are not thirty days, and a day is the whole day."""

from datetime import date

import numpy as np
import pytest

from smpcompliance import dates
from smpcompliance.dates import DATE, MONTH, TIME, YEAR, Period


def seconds(text: str) -> np.ndarray:
    return np.array([np.datetime64(text, "s").astype(np.int64)])


def later(text: str, length: object, **how: object) -> str:
    return str(np.datetime64(int(dates.add(seconds(text), dates.duration(length), **how)[0]), "s"))[:10]


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        ("2025-01-31", "P1M", "2025-02-28"),
        ("2024-01-31", "P1M", "2024-02-29"),
        ("2025-01-31", "P30D", "2025-03-02"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2024-02-29", "P4Y", "2028-02-29"),
        ("2025-03-10", "P2W", "2025-03-24"),
        ("2025-12-31", "P1Y2M", "2027-02-28"),
        ("2025-06-06", {"working_days": 1}, "2025-06-09"),
        ("2025-06-07", {"working_days": 5}, "2025-06-13"),
    ],
)
def test_lengths_follow_the_calendar(start: str, length: object, expected: str) -> None:
    assert later(start, length) == expected


def test_going_back_a_month_from_its_last_day_stays_in_the_month_before() -> None:
    assert later("2025-03-31", "P1M", sign=-1) == "2025-02-28"


def test_working_days_leave_out_the_holidays_of_the_place() -> None:
    free = dates.holidays("GB-ENG", 2025, 2025)
    assert later("2025-04-16", {"working_days": 5}, holidays=free) == "2025-04-25"
    assert later("2025-04-16", {"working_days": 5}) == "2025-04-23"


def test_an_unknown_holiday_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="no holiday calendar"):
        dates.holidays("XX-YY", 2025, 2025)


@pytest.mark.parametrize("text", ["1 month", "P", "PT", "30", "P1H", 30, None, {"days": 3}, {"working_days": "5"}])
def test_what_is_no_length_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not a length of time"):
        dates.duration(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-07-01/2026-09-30", date(2026, 7, 1), date(2026, 9, 30)),
    ],
)
def test_periods_are_whole_days_with_both_ends(text: str, first: date, last: date) -> None:
    assert dates.period(text) == Period(first, last)


@pytest.mark.parametrize("text", ["2026-13", "26", "2026-10-01", "2026-02-30/2026-03-01", "2026-10-02/2026-10-01", ""])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        dates.period(text)


def test_the_first_and_the_last_day_belong_to_a_period() -> None:
    period = dates.period("2026-10")
    inside = [
        period.holds(seconds(t))[0]
        for t in ("2026-10-01T00:00", "2026-10-31T23:59", "2026-09-30T23:59", "2026-11-01T00:00")
    ]
    assert inside == [True, True, False, False]


@pytest.mark.parametrize(
    ("precision", "first", "last"),
    [
        (TIME, "2024-02-10T08:30:00", "2024-02-10T08:30:00"),
        (DATE, "2024-02-10T00:00:00", "2024-02-10T23:59:59"),
        (MONTH, "2024-02-01T00:00:00", "2024-02-29T23:59:59"),
        (YEAR, "2024-01-01T00:00:00", "2024-12-31T23:59:59"),
    ],
)
def test_a_moment_is_as_long_as_its_precision(precision: int, first: str, last: str) -> None:
    start = dates.floor(seconds("2024-02-10T08:30:00"), precision)
    assert start[0] == seconds(first)[0]
    assert dates.end(start, precision)[0] == seconds(last)[0]


def test_a_length_says_itself() -> None:
    assert str(dates.duration("P1Y6M")) == "1 year and 6 months"
    assert str(dates.duration({"working_days": 1})) == "1 working day"
    assert str(dates.duration("PT24H")) == "24 hours"
