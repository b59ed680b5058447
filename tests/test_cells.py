"""Typing: what a cell says, and why it says nothing. The text is never changed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import logs

from smpcompliance.dates import DATE, MONTH, TIME, text_of
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Coded, Moments, Numbers, Reading, Reason, type_column
from smpcompliance.logs.schema import Column, schema


def typed(log: str, column: str, *cells: str, dates: str | None = None, zone: str = "UTC"):
    known = schema(log).columns[column]
    studio = np.zeros(len(cells), np.int32)
    return type_column(known, arrow.strings(cells), Reading(dates, (zone,)), studio)


def moment(cell: str, column: str = "started_at", log: str = "sessions", **how: str) -> str | None:
    found = typed(log, column, cell, **how).cells
    assert isinstance(found, Moments)
    return None if found.why[0] else text_of(int(found.at[0]), int(found.precision[0]))


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("2025-06-30", "2025-06-30"),
        ("2025-06-30T14:10", "2025-06-30 14:10"),
        ("2025-06-30 14:10:59", "2025-06-30 14:10"),
        ("2024-02-29", "2024-02-29"),
        ("2025-02-29", None),
        ("2025-06-31", None),
        ("2025-06", "2025-06"),
        ("2025", "2025"),
        ("21/NOV/2017", "2017-11-21"),
        ("3 March 2025 9:05", "2025-03-03 09:05"),
        ("March 3, 2025 2:05 PM", "2025-03-03 14:05"),
        ("2025-06-30 12:15 am", "2025-06-30 00:15"),
        ("2025/06/30", "2025-06-30"),
        ("03/04/2025", None),
        ("31/31/2026", None),
        ("soon", None),
        ("2025-06-30 25:00", None),
    ],
)
def test_a_moment_is_read_as_precisely_as_it_was_written(cell: str, said: str | None) -> None:
    assert moment(cell) == said


def test_dates_in_figures_follow_the_declared_order_only() -> None:
    assert moment("03/04/2025", dates="DMY") == "2025-04-03"
    assert moment("03/04/2025", dates="MDY") == "2025-03-04"
    assert moment("25/12/2025", dates="MDY") is None
    assert "not declared" in typed("sessions", "started_at", "25/12/2025").unreadable[0][1]


def test_a_month_is_its_last_day_where_it_is_an_expiry() -> None:
    assert moment("06/26", "expires_on", "supply_lots") == "2026-06-30"
    assert moment("2028-02", "expires_on", "supply_lots") == "2028-02-29"
    assert moment("JUN2018", "expires_on", "supply_lots") == "2018-06-30"
    assert moment("06/26") is None


def test_a_moment_with_an_offset_is_brought_to_the_studios_zone() -> None:
    assert moment("2025-07-01T06:30Z", zone="America/Los_Angeles") == "2025-06-30 23:30"
    assert moment("2025-07-01T06:30+02:00", zone="Europe/Copenhagen") == "2025-07-01 06:30"


def test_a_moment_with_an_offset_cannot_be_read_where_the_studio_names_no_zone() -> None:
    assert moment("2025-07-01T06:30Z", zone="") is None
    assert moment("2025-07-01T06:30", zone="") == "2025-07-01 06:30"


def test_blank_unreadable_and_absent_are_told_apart() -> None:
    found = typed("sessions", "started_at", "", "-", "n/a", "N/A", "sometime", "2025-01-01")
    assert found.cells.why.tolist() == [Reason.blank] * 4 + [Reason.unreadable, 0]
    assert [row for row, _ in found.unreadable] == [4]
    assert logs(sessions="session_id\nS1").cells("sessions", "started_at").why.tolist() == [Reason.no_column]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("134.2", 134.2), ("134,2", 134.2), ("5", 5.0), ("1,234", None), ("about 5", None), ("134.2 °C", 134.2), ("273 °F", None),
     ("nan", None), ("inf", None), ("1e3", 1000.0), ("-4", -4.0)],
)  # fmt: skip
def test_numbers_are_never_guessed(cell: str, value: float | None) -> None:
    found = typed("sterilization_cycles", "temperature_c", cell).cells
    assert isinstance(found, Numbers)
    assert (None if found.why[0] else float(found.values[0])) == value


def test_whole_numbers_have_no_fraction_and_may_have_words() -> None:
    found = typed("sterilization_cycles", "internal_indicator_type", "5", "Class V", "5.5", "integrator").cells
    assert isinstance(found, Numbers)
    assert found.why.tolist() == [0, 0, Reason.unreadable, 0]
    assert found.values[[0, 1, 3]].tolist() == [5, 5, 5]


def words(log: str, column: str, cell: str) -> object:
    found = typed(log, column, cell).cells
    assert isinstance(found, Coded)
    return Reason(found.why[0]).name if found.why[0] else found.values[found.codes[0]]


def test_raw_values_become_words_and_unknown_words_are_unreadable() -> None:
    assert words("spore_tests", "result", "Negative") == "pass"
    assert words("spore_tests", "result", "POSITIVE") == "fail"
    assert words("sessions", "procedure", "SMP") == "scalp_micropigmentation"
    assert words("sessions", "status", "perhaps") == "unreadable"
    assert words("sessions", "client_sober", "x") == "unreadable"


def test_a_list_that_says_none_is_empty_and_a_blank_one_is_unknown() -> None:
    assert words("consent_forms", "health_yes", "none") == frozenset()
    assert words("consent_forms", "health_yes", "") == "blank"
    assert words("consent_forms", "health_yes", "diabetes; pregnancy") == {"diabetes", "pregnancy"}


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(st.dates().map(str), st.datetimes().map(lambda d: str(d)[:16]), st.text(max_size=12), st.just("")),
        max_size=30,
    )
)
def test_reading_a_column_at_once_gives_what_reading_cell_by_cell_gives(cells: list[str]) -> None:
    cells = [cell.strip() for cell in cells]
    whole = typed("sessions", "started_at", *cells)
    assert isinstance(whole.cells, Moments)
    for n, cell in enumerate(cells):
        one = typed("sessions", "started_at", cell).cells
        assert isinstance(one, Moments)
        assert one.why[0] == whole.cells.why[n]
        if not one.why[0]:
            assert (one.at[0], one.precision[0]) == (whole.cells.at[n], whole.cells.precision[n])


def test_a_column_of_mixed_precision_keeps_each() -> None:
    found = typed("sessions", "started_at", "2025-01-01", "2025-01-01 10:00", "2025-01", "2025-01-31 10:00:00").cells
    assert isinstance(found, Moments)
    assert found.precision.tolist() == [DATE, TIME, MONTH, TIME]


def test_a_day_column_drops_the_time() -> None:
    assert moment("2025-06-30 14:10", "expires_on", "supply_lots") == "2025-06-30"


def test_columns_of_a_schema_are_typed() -> None:
    assert isinstance(schema("sessions").columns["started_at"], Column)


def test_typing_does_not_import_pandas() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from tables import logs\n"
        "t = logs(sessions='session_id, started_at, status, client_id\\nS1, 2025-01-01 10:00, performed, C1', "
        "clients='client_id, birth_date\\nC1, 2000-02-03')\n"
        "assert t.cells('sessions', 'client_age').values[0] == 24\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(Path(__file__).parent)], check=True)
