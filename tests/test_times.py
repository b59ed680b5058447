"""A day under one head and a time under another are one moment; a time alone is of its record's day."""

import subprocess
import sys
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smpcompliance.dates import text_of
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Moments, Reading, type_column
from smpcompliance.logs.intake.settling.date_order import date_orders
from smpcompliance.logs.intake.settling.times import Settled, settled
from smpcompliance.logs.schema import schema

CYCLES = schema("sterilization_cycles")


def joined(*columns: tuple[str, str, list[str]], log: str = "sterilization_cycles") -> Settled:
    return settled(schema(log), [(head, column, arrow.strings(cells)) for head, column, cells in columns])


def cells(found: Settled, column: str) -> list[str]:
    return found.columns[column].to_pylist()


def read(found: Settled, column: str, dates: str | None = None) -> list[str | None]:
    text = found.columns[column]
    typed = type_column(CYCLES.columns[column], text, Reading(dates), np.zeros(len(text), np.int32)).cells
    assert isinstance(typed, Moments)
    return [
        None if why else text_of(int(at), int(precision))
        for why, at, precision in zip(typed.why, typed.at, typed.precision, strict=True)
    ]


def test_a_day_and_a_time_under_two_heads_are_joined_row_by_row() -> None:
    found = joined(
        ("Date", "started_at", ["03/10/2026", "04/10/2026", "05/10/2026", "-", ""]),
        ("Start Time", "started_at", ["23:40", "2:10 pm", "", "9:00", "n/a"]),
    )
    assert cells(found, "started_at") == ["03/10/2026 23:40", "04/10/2026 2:10 pm", "05/10/2026", "9:00", ""]
    assert read(found, "started_at", "DMY") == ["2026-10-03 23:40", "2026-10-04 14:10", "2026-10-05", None, None]
    assert found.heads == {"started_at": "Date + Start Time"}
    assert found.unused == ()
    assert found.remarks == ("the heads 'Date' and 'Start Time' are read together as started_at",)


def test_the_heads_may_stand_in_any_order() -> None:
    found = joined(("Time", "started_at", ["14h30"]), ("Date", "started_at", ["2026-03-04"]))
    assert cells(found, "started_at") == ["2026-03-04 14h30"]
    assert read(found, "started_at") == ["2026-03-04 14:30"]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (["1410", "0905"], ["2026-03-04 14:10", "2026-03-05 09:05"]),
        (["2026", "14:10"], ["2026-03-04 20:26", "2026-03-05 14:10"]),
        (["14.30", "9.05"], ["2026-03-04 14:30", "2026-03-05 09:05"]),
        (["24:00", "0:00"], ["2026-03-05 00:00", "2026-03-05 00:00"]),
        (["noon", "14:10"], [None, "2026-03-05 14:10"]),
        (["25:00", "14:10"], [None, "2026-03-05 14:10"]),
    ],
)
def test_times_of_many_forms_join_and_what_is_no_time_stays_unreadable(times: list[str], said: list[str]) -> None:
    found = joined(("Date", "started_at", ["2026-03-04", "2026-03-05"]), ("Time", "started_at", times))
    assert read(found, "started_at") == said


def test_two_heads_of_days_are_not_joined() -> None:
    found = joined(("Date", "started_at", ["2026-03-04"]), ("Day", "started_at", ["2026-03-05"]))
    assert cells(found, "started_at") == ["2026-03-04"]
    assert found.unused == ("Day",)
    assert found.remarks == ("the heads 'Date' and 'Day' both mean started_at; 'Date' is used",)


def test_a_head_whose_days_have_times_already_is_not_joined() -> None:
    found = joined(("Date", "started_at", ["2026-03-04 10:00"]), ("Time", "started_at", ["14:10"]))
    assert cells(found, "started_at") == ["2026-03-04 10:00"]
    assert found.unused == ("Time",)


def test_years_alone_are_no_times() -> None:
    found = joined(("Date", "started_at", ["2026-03-04"]), ("Year", "started_at", ["2026"]))
    assert cells(found, "started_at") == ["2026-03-04"]
    assert cells(joined(("d", "started_at", ["2026-03-04"]), ("e", "ended_at", ["2026"])), "ended_at") == ["2026"]


def test_two_heads_of_another_column_leave_the_first() -> None:
    found = joined(("Program", "program", ["a"]), ("Programm", "program", ["b"]))
    assert cells(found, "program") == ["a"]
    assert found.unused == ("Programm",)


def test_an_end_takes_the_day_of_its_beginning_and_goes_over_midnight() -> None:
    found = joined(
        ("Date", "started_at", ["03/10/2026", "04/10/2026", "05/10/2026", ""]),
        ("Start Time", "started_at", ["23:40", "10:00", "10:00", "10:00"]),
        ("End Time", "ended_at", ["00:20", "10:00", "", "11:00"]),
    )
    assert cells(found, "ended_at") == ["03/10/2026 00:20 (+1 day)", "04/10/2026 10:00", "", "11:00"]
    assert read(found, "ended_at", "DMY") == ["2026-10-04 00:20", "2026-10-04 10:00", None, None]
    assert found.remarks[1:] == (
        "times under 'End Time' take the day of 'Date + Start Time'; 1 of them is before the beginning and so of the "
        "day after",
    )
    assert found.days_of == {"ended_at": "started_at"}


def test_an_end_takes_the_day_of_a_whole_moment_but_not_of_one_in_another_zone() -> None:
    found = joined(
        ("Start", "started_at", ["2026-10-03T23:40", "2026-10-04 11 pm", "2026-10-04", "2026-10-04T10:00Z", "soon"]),
        ("End", "ended_at", ["0:20", "23:30", "9:00", "11:00", "12:00"]),
        ("Released", "released_at", ["0030", "0100", "2030", "2030", "2030"]),
    )
    assert read(found, "ended_at") == ["2026-10-04 00:20", "2026-10-04 23:30", "2026-10-04 09:00", None, None]
    assert read(found, "released_at") == ["2026-10-04 00:30", "2026-10-05 01:00", "2026-10-04 20:30", None, None]


def test_a_time_of_another_act_stays_on_the_day_and_one_that_may_be_days_later_takes_none() -> None:
    found = joined(
        ("Date", "signed_at", ["2026-10-03 10:00"]),
        ("Told", "info_given_at", ["9:30"]),
        ("Entered", "recorded_at", ["9:30"]),
        log="consent_forms",
    )
    assert cells(found, "info_given_at") == ["2026-10-03 9:30"]
    assert cells(found, "recorded_at") == ["9:30"]


def test_moments_that_are_whole_are_left_alone() -> None:
    whole = [("Start", "started_at", ["2026-10-03 23:40", "03/10/2026"]), ("End", "ended_at", ["2026-10-04 00:20", ""])]
    found = joined(*whole)
    assert [cells(found, column) for _, column, _ in whole] == [text for _, _, text in whole]
    assert found.remarks == ()
    assert found.days_of == {}


def test_an_end_has_the_order_of_the_dates_it_took() -> None:
    found = joined(
        ("Date", "started_at", ["03/10/2026", "28/10/2026"]),
        ("Start Time", "started_at", ["10:00", "10:00"]),
        ("End Time", "ended_at", ["11:00", ""]),
    )
    shown = date_orders(CYCLES, found.columns, found.heads, np.array([2, 3]), found.days_of)
    assert dict(shown.orders) == {"started_at": "DMY", "ended_at": "DMY"}
    assert shown.remarks == ("dates under 'Date + Start Time' are read as DMY: line 3 can be nothing else",)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.dates(max_value=date(9000, 1, 1)), st.times(), st.integers(0, 86_399)), min_size=1, max_size=20
    )
)
def test_any_run_of_less_than_a_day_reads_back(runs) -> None:
    begins = [np.datetime64(f"{day}T{time:%H:%M}") for day, time, _ in runs]
    ends = [begin + np.timedelta64(length // 60, "m") for begin, (_, _, length) in zip(begins, runs, strict=True)]
    found = joined(
        ("Date", "started_at", [str(b)[:10] for b in begins]),
        ("Start Time", "started_at", [str(b)[11:] for b in begins]),
        ("End Time", "ended_at", [str(e)[11:] for e in ends]),
    )
    assert read(found, "started_at") == [str(b).replace("T", " ") for b in begins]
    assert read(found, "ended_at") == [str(e).replace("T", " ") for e in ends]


def test_joining_does_not_import_pandas() -> None:
    code = (
        "import sys; from smpcompliance.logs import arrow; from smpcompliance.logs.schema import schema\n"
        "from smpcompliance.logs.intake.settling.times import settled\n"
        "s = lambda *t: arrow.strings(t)\n"
        "f = [('Date', 'started_at', s('2026-01-01')), ('Time', 'started_at', s('1410')), ('End', 'ended_at', s('15:00'))]\n"
        "assert settled(schema('sterilization_cycles'), f).columns['ended_at'].to_pylist() == ['2026-01-01 15:00']\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
