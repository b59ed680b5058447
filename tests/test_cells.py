"""Typing: what a cell says, and why it says nothing. The text is never changed."""

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import logs

from smpcompliance.dates import DATE, MONTH, TIME, text_of
from smpcompliance.logs import arrow, written
from smpcompliance.logs.calendar_words import _MONTHS, MONTHS
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


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("APR 6 2022", "2022-04-06"),
        ("6 avril 2022", "2022-04-06"),
        ("6. April 2022", "2022-04-06"),
        ("6 de abril de 2022", "2022-04-06"),
        ("1er août 2026", "2026-08-01"),
        ("4. März 2026 14:30 Uhr", "2026-03-04 14:30"),
        ("4 marts 2026 kl. 14:30", "2026-03-04 14:30"),
        ("4 Tachwedd 2026", "2026-11-04"),
        ("2026 Mar 4", "2026-03-04"),
        ("21NOV2017", "2017-11-21"),
        ("6-Mar-26", "2026-03-06"),
        ("20260304", "2026-03-04"),
        ("20262004", None),
        ("20260304T141059", "2026-03-04 14:10"),
        ("mardi 3 novembre 2026", "2026-11-03"),
        ("Tue, 3 Nov 2026 2:10 p.m.", "2026-11-03 14:10"),
        ("Mar 3 2026", "2026-03-03"),
        ("mar. 3 nov. 2026 14h30", "2026-11-03 14:30"),
        ("di 3 nov 2026", "2026-11-03"),
        ("Mon 3 Nov 2026", None),
        ("2026-03-04 2 pm", "2026-03-04 14:00"),
        ("2026-03-04 13:00 pm", None),
        ("2026-03-04 14.30", None),
        ("2026-03-04 24:00", "2026-03-05 00:00"),
        ("2026-03-04 24:01", None),
        ("2026-03-04 00:20 (+1 day)", "2026-03-05 00:20"),
        ("9999-12-31 24:00", None),
        ("2026-03-04 14:10:59.123", "2026-03-04 14:10"),
        ("21-NOV-17", None),
        ("4 Xyz 2026", None),
        ("EXP 2026-03-04", None),
        ("2" * 500, None),
    ],
)
def test_dates_are_read_in_many_forms_and_never_guessed(cell: str, said: str | None) -> None:
    assert moment(cell) == said


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("14:10", "a time without a date"),
        ("46000", "looks like a spreadsheet's number of a day"),
        ("1741097400", "write dates: unix"),
        ("2026-03-04 14:10 EST", "name of a time zone"),
        ("Mon 3 Nov 2026", "2026-11-03 is a Tuesday, not a Monday"),
        ("21-NOV-17", "order of day and month"),
        ("2026-04-31", "no such date"),
        ("6-Mar-85", "1985 or 2085"),
    ],
)
def test_what_cannot_be_read_as_a_moment_says_what_to_do(cell: str, expected: str) -> None:
    assert expected in typed("sessions", "started_at", cell).unreadable[0][1]


def test_two_figures_of_a_year_need_to_be_of_one_century() -> None:
    assert moment("04/03/26", dates="DMY") == "2026-03-04"
    assert moment("04/03/69", dates="DMY") == "2069-03-04"
    assert moment("04/03/70", dates="DMY") is None
    assert moment("04/03/26", "birth_date", "clients", dates="DMY") is None
    assert moment("04/03/1926", "birth_date", "clients", dates="DMY") == "1926-03-04"


def test_a_year_may_stand_in_front_where_that_is_declared() -> None:
    assert moment("26-03-04", dates="YMD") == "2026-03-04"
    assert moment("26-03-04") is None
    assert moment("04/03/2026", dates="YMD") is None
    assert moment("17-NOV-21", dates="YMD") == "2017-11-21"
    assert moment("17-NOV-21", dates="MDY") == "2021-11-17"


def test_an_order_may_hold_for_one_column_only() -> None:
    reading = Reading((("started_at", "MDY"),), shown=(("started_at", "DMY"), ("ended_at", "DMY")))
    assert [reading.order_of(c) for c in ("started_at", "ended_at", "signed_at")] == ["MDY", "DMY", None]
    assert Reading("MDY", shown=(("started_at", "DMY"),)).order_of("started_at") == "MDY"


def test_seconds_since_1970_are_read_where_the_studio_says_so() -> None:
    assert moment("1741097400", dates="unix", zone="America/New_York") == "2025-03-04 09:10"
    assert moment("1741097400000", dates="unix", zone="America/New_York") == "2025-03-04 09:10"
    assert moment("1741097400", dates="unix", zone="") is None
    assert moment("2025-03-04", dates="unix") == "2025-03-04"


def test_the_hour_that_a_clock_change_repeats_and_the_one_it_leaves_out() -> None:
    assert moment("2025-11-02T05:30Z", zone="America/New_York") == "2025-11-02 01:30"
    assert moment("2025-11-02T06:30Z", zone="America/New_York") == "2025-11-02 01:30"
    assert moment("2025-03-09 02:30", zone="America/New_York") == "2025-03-09 02:30"


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.datetimes(datetime(1930, 1, 1), datetime(2080, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(["Z", "+02:00", "-0330", " UTC"]),
    st.sampled_from(["America/New_York", "Europe/London", "Asia/Kolkata", "Australia/Lord_Howe", ""]),
)
def test_a_column_with_offsets_is_read_at_once_as_cell_by_cell(times, offset, zone) -> None:
    cells = [f"{time:%Y-%m-%dT%H:%M:%S}{offset}" for time in times]
    whole = typed("sessions", "started_at", *cells, zone=zone).cells
    assert isinstance(whole, Moments)
    for n, cell in enumerate(cells):
        said = written.moment(cell, written.DateStyle(zone=zone))
        assert bool(whole.why[n]) if isinstance(said, str) else (whole.at[n], whole.precision[n]) == said


def test_midnight_in_utc_is_no_day_where_the_studio_is_elsewhere() -> None:
    cell = "2026-05-01T00:00:00.000Z"
    assert moment(cell, "expires_on", "supply_lots", zone="America/New_York") is None
    assert moment(cell, "expires_on", "supply_lots", zone="Europe/Paris") == "2026-05-01"
    assert moment(cell, zone="America/New_York") == "2026-04-30 20:00"


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("Mindestens haltbar bis: 21.11.2021", "2021-11-21"),
        ("EXP. APR 6 2022", "2022-04-06"),
        ("EXP06/26", "2026-06-30"),
        ("Use by 2026-06", "2026-06-30"),
        ("BBE JUN 26", "2026-06-30"),
        ("MHD 11/2027", "2027-11-30"),
        ("À utiliser avant 03/2027", "2027-03-31"),
        ("péremption : 04.2022", "2022-04-30"),
        ("caducidad dic 2027", "2027-12-31"),
        ("⌛ 2028-02", "2028-02-29"),
        ("⧖2028-02-05", "2028-02-05"),
        ("2026-06-00", "2026-06-30"),
        ("expired", None),
        ("EXP", None),
    ],
)
def test_an_expiry_is_read_with_the_words_in_front_of_it(cell: str, said: str | None) -> None:
    assert moment(cell, "expires_on", "supply_lots", dates="DMY") == said


def test_a_name_means_one_month_in_all_languages() -> None:
    for names in _MONTHS.values():
        for number, of_month in enumerate(names.split("|"), 1):
            assert {MONTHS[name] for name in of_month.split()} == {number}


_LANGUAGES = [[month.split() for month in names.split("|")] for names in _MONTHS.values()]
_FORMS = [
    "{d} {n} {y}",
    "{d}-{n}-{y}",
    "{d}. {n} {y}",
    "{d} de {n} de {y}",
    "{n} {d}, {y}",
    "{d:02}{n}{y}",
    "{y} {n} {d}",
]


@settings(max_examples=300, deadline=None)
@given(
    st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    st.sampled_from(_LANGUAGES),
    st.sampled_from(_FORMS),
    st.sampled_from([str, str.upper, str.title]),
    st.integers(0, 9),
)
def test_a_day_written_in_any_language_reads_back(day, names, form, case, which) -> None:
    of_month = names[day.month - 1]
    name = case(of_month[which % len(of_month)])
    assert moment(form.format(d=day.day, n=name, y=f"{day.year}")) == str(day)


@settings(max_examples=200, deadline=None)
@given(
    st.dates(date(2000, 1, 1), date(2069, 12, 31)),
    st.sampled_from([("DMY", "%d{0}%m{0}%Y"), ("DMY", "%d{0}%m{0}%y"), ("MDY", "%m{0}%d{0}%Y"), ("MDY", "%m{0}%d{0}%y"),
                     ("YMD", "%y{0}%m{0}%d"), (None, "%Y{0}%m{0}%d"), (None, "%Y%m%d")]),
    st.sampled_from(["/", "-", ".", ". "]),
    st.sampled_from(["", " 14:10", " 2:10 PM", " 14h10", ", 14:10 Uhr"]),
)  # fmt: skip
def test_a_day_in_figures_reads_back_in_its_order(day, form, by, time) -> None:
    order, figures = form
    expected = f"{day} 14:10" if time else str(day)
    assert moment(day.strftime(figures.format(by)) + time, dates=order) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from([None, "DMY", "MDY", "YMD", "unix"]))
def test_no_text_breaks_the_reading(cell: str, order: str | None) -> None:
    typed("sessions", "started_at", cell, dates=order)
    typed("supply_lots", "expires_on", cell, dates=order)
    typed("sterilization_cycles", "exposure_minutes", cell)
    typed("sterilization_cycles", "pressure_kpa", cell)


@pytest.mark.parametrize("order", ["DMY", "MDY"])
def test_a_column_of_figures_is_read_at_once_as_cell_by_cell(order: str) -> None:
    cells = [
        "03/04/2026",
        "03.04.2026 14:10",
        "31/12/2026",
        "12-31-2026",
        "30/02/2026",
        "3/4/2026",
        "29/02/2028 23:59:59",
        "",
    ]
    whole = typed("sessions", "started_at", *cells, dates=order).cells
    assert isinstance(whole, Moments)
    assert [whole.text(n) or None for n in range(len(cells))] == [moment(cell, dates=order) for cell in cells]


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
    [("134.2", 134.2), ("134,2", 134.2), ("5", 5.0), ("1,234", None), ("about 5", None), ("134.2 °C", 134.2), ("273 °F", 133.888889),
     ("nan", None), ("inf", None), ("1e3", 1000.0), ("-4", -4.0)],
)  # fmt: skip
def test_numbers_are_never_guessed(cell: str, value: float | None) -> None:
    found = typed("sterilization_cycles", "temperature_c", cell).cells
    assert isinstance(found, Numbers)
    assert (None if found.why[0] else float(found.values[0])) == value


def numbers(column: str, *cells: str, log: str = "sterilization_cycles", unit: str = "") -> list[float | None]:
    known = schema(log).columns[column]
    reading = Reading(units=((column, unit),) if unit else ())
    found = type_column(known, arrow.strings(cells), reading, np.zeros(len(cells), np.int32)).cells
    assert isinstance(found, Numbers)
    return [None if why else round(float(value), 3) for why, value in zip(found.why, found.values, strict=True)]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,250"], [None]),
        (["1,250", "134,25"], [1.25, 134.25]),
        (["1,250", "134.25"], [1250, 134.25]),
        (["1,250", "1,250.5"], [1250, 1250.5]),
        (["1.250", "1.250,5"], [1250, 1250.5]),
        (["1,250", "134,2", "134.2"], [None, 134.2, 134.2]),
        (["1.250"], [1.25]),
        (["0,125"], [0.125]),
        (["1234,567"], [1234.567]),
        (["1 250", "1'250,5", "1\u202f250"], [1250, 1250.5, 1250]),
        (["1 25", "1,25,3", "1,250,00"], [None, None, None]),
        (["1,250,000"], [1250000]),
        (["\u22124"], [-4]),
        (["1e3", "5,5"], [1000, 5.5]),
    ],
)
def test_a_mark_that_can_be_read_in_two_ways_is_settled_by_its_column(cells: list[str], values: list[float]) -> None:
    assert numbers("temperature_c", *cells) == values


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("<5", "gives a limit"),
        ("≥ 134", "gives a limit"),
        ("~134", "only about right"),
        ("approx. 134", "only about right"),
        ("½", "write a fraction"),
        ("1/2", "write a fraction"),
        ("134-137", "gives two values"),
        ("1,250", "two ways"),
        ("407 K", "not 'K'"),
    ],
)
def test_a_value_that_was_not_measured_says_so(cell: str, expected: str) -> None:
    assert expected in typed("sterilization_cycles", "temperature_c", cell).unreadable[0][1]


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [
        ("273.2 °F", "", 134.0), ("273.2F", "C", 134.0), ("134 ºC", "F", 134.0), ("134 ?C", "F", 134.0), ("134°", "", 134.0),
        ("273.2", "F", 134.0), ("134", "untold", None), ("134 °C", "untold", 134.0), ("134 psig", "", None),
    ],
)  # fmt: skip
def test_a_unit_behind_a_temperature_counts_for_its_cell(cell: str, unit: str, value: float | None) -> None:
    assert numbers("temperature_c", cell, unit=unit) == [value]


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [
        ("304", "", 304.0), ("29.4", "psig", 304.031), ("29.4 psi", "psig", 304.031), ("29.4 psi", "", None), ("29.4 psig", "", 304.031),
        ("44.1 psia", "", 304.059), ("2.03", "bar_gauge", 304.325), ("3.04", "bar", 304.0), ("3.04 bar", "bar", 304.0), ("3.04 bar", "", None),
        ("3.04 bar abs", "", 304.0), ("0.304 MPa", "mpa_absolute", 304.0), ("203 kPa", "kpa_gauge", 304.325), ("10", "inhg_vacuum", 67.461),
        ("304 kPa abs.", "psig", 304.0), ("2030 mbar(g)", "", 304.325),
    ],
)  # fmt: skip
def test_a_pressure_says_its_unit_and_gauge_or_absolute(cell: str, unit: str, value: float | None) -> None:
    assert numbers("pressure_kpa", cell, unit=unit) == [value]


@pytest.mark.parametrize(
    ("cell", "unit", "value"),
    [
        ("03:30", "", None), ("03:30", "mm:ss", 3.5), ("03:30", "h:mm", 210.0), ("0:03:30", "", 3.5), ("1:03:30", "mm:ss", 63.5),
        ("3 min 30 s", "", 3.5), ("3'30\"", "", 3.5), ("1 h 5 min", "", 65.0), ("210 s", "", 3.5), ("0.5 h", "", 30.0), ("3", "mm:ss", None),
        ("3:75", "mm:ss", None), ("210", "seconds", 3.5), ("03:30 min", "", 3.5), ("1:30 h", "", 90.0), ("3 h 30 s", "", None),
    ],
)  # fmt: skip
def test_a_length_of_time_may_be_written_like_a_clock(cell: str, unit: str, value: float | None) -> None:
    assert numbers("exposure_minutes", cell, unit=unit) == [value]


def test_other_units() -> None:
    assert numbers("quantity_kg", "4.5", "10 lb", "500 g", log="waste_collections") == [4.5, 4.536, 0.5]
    assert numbers("chamber_volume_l", "23 L", "23 gal", log="equipment") == [23, None]


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
