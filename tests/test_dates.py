"""Calendar time: months are not thirty days, a day is the whole day, and a column settles the order of its dates."""

from datetime import date

import numpy as np
import pytest

from smpcompliance import dates
from smpcompliance.dates import DATE, MONTH, TIME, YEAR, Period
from smpcompliance.logs import arrow
from smpcompliance.logs.intake.heads.head_form import head_form
from smpcompliance.logs.intake.settling.date_order import date_orders
from smpcompliance.logs.schema import schema
from smpcompliance.logs.studio import FileReading, read_studio
from smpcompliance.yamlio import SourceError


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


def orders(*cells: str, head: str = "Date") -> tuple[str | None, str]:
    lines, stated = np.arange(2, len(cells) + 2), {"started_at": head_form(head).order}
    columns, heads = {"started_at": arrow.strings(cells)}, {"started_at": head}
    found = date_orders(schema("sessions"), columns, heads, lines, stated=stated)
    return dict(found.orders).get("started_at"), " ".join(found.remarks)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2026", "28/04/2026"], "DMY"),
        (["03/04/2026", "04/28/2026 9:40 AM"], "MDY"),
        (["03/04/2026", "05/06/2026"], None),
        (["28/04/2026", "04/28/2026"], None),
        (["30/02/2026"], None),
        (["29/02/2025", "03/04/2026"], None),
        (["2026-04-28", "03/04/2026"], None),
        (["25/12/24", "26/12/24"], None),
        (["25/12/24", "6/3/24"], "DMY"),
        (["12/25/24"], "MDY"),
        (["25/12/24", "12/02/30"], "DMY"),
        (["26-03-04"], None),
        (["45-03-04"], "YMD"),
        (["26/3/4"], "YMD"),
        (["28. 4. 2026", "3. 4. 2026"], "DMY"),
        (["21-NOV-17", "6-Mar-26"], "year last"),
        (["lundi 28/04/2026"], "DMY"),
        (["soon", "", "14:10"], None),
    ],
)
def test_an_order_is_settled_where_one_alone_reads_every_cell(cells: list[str], order: str | None) -> None:
    assert orders(*cells)[0] == order


def test_the_remark_names_the_lines_that_settle_an_order() -> None:
    assert orders("03/04/2026", "28/04/2026")[1] == "dates under 'Date' are read as DMY: line 3 can be nothing else"
    assert orders("25/12/24", "6/3/24")[1].endswith("lines 2 and 3 together leave nothing else")
    assert "written in two orders (lines 3 and 4)" in orders("03/04/2026", "28/04/2026", "04/28/2026")[1]
    assert orders("03/04/2026")[1] == ""


@pytest.mark.parametrize(
    ("head", "order"),
    [
        ("Date (dd/mm/yy)", "DMY"), ("Date MM/DD/YYYY", "MDY"), ("Dat.(T-M-J)", "DMY"), ("Datum TT.MM.JJJJ", "DMY"),
        ("Date (jj/mm/aaaa)", "DMY"), ("Fecha dd-mm-aa", "DMY"), ("Data (gg/mm/aaaa)", "DMY"), ("Date YY/MM/DD", "YMD"),
        ("Datum (yyyy-mm-dd)", "YMD"), ("Date", None), ("Admin/day/mad", None), ("d/d/y", None),
    ],
)  # fmt: skip
def test_a_head_may_say_the_order(head: str, order: str | None) -> None:
    assert (head_form(head).order or None) == order
    assert orders("03/04/26", head=head)[0] == order


def test_a_head_that_its_cells_contradict_settles_nothing() -> None:
    found = orders("03/04/2026", "04/28/2026", head="Date (dd/mm/yyyy)")
    assert found[0] is None
    assert "says DMY, but line 3 is written in another order" in found[1]


def test_many_different_dates_are_looked_at_once_each() -> None:
    days = (np.datetime64("1950-01-01") + np.arange(30_000)).astype(str)
    cells = [f"{day[8:]}/{day[5:7]}/{day[:4]} 10:{n % 60:02d}" for n, day in enumerate(days)]
    assert orders(*cells)[0] == "DMY"


def test_a_studio_declares_an_order_for_a_file_or_for_columns() -> None:
    def declared(dates: str) -> FileReading:
        return read_studio(f"files:\n  x.csv: {{log: spore_tests, dates: {dates}}}\n", "studio.yaml", "s").files[
            "x.csv"
        ]

    assert declared("MDY").dates == "MDY"
    assert declared("unix").dates == "unix"
    assert declared("{tested_at: DMY, result_on: unix}").dates == (("tested_at", "DMY"), ("result_on", "unix"))
    for wrong in ("DYM", "{tested_at: DYM}", "{lab: DMY}", "{nothing: DMY}", "[DMY]", "3"):
        with pytest.raises(SourceError, match="studio.yaml:2:"):
            declared(wrong)
