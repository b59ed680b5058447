"""A window reaches from the last spore test that surely passed before a failure to the first that surely passed after."""

from datetime import date
from typing import Any

import pytest
import tables

from smpcompliance import dates
from smpcompliance.dates import DATE, TIME, Ints, text_of
from smpcompliance.logs.cells import UNREAD
from smpcompliance.logs.table import Logs
from smpcompliance.trace.windows import (
    Window,
    failed_tests,
    failure_windows,
    known_machines,
    machine_named,
    surely_passing,
    uncountable_failures,
    window_by_hand,
)

AS_OF = date(2025, 12, 31)
HEAD = "spore_test_id, equipment_id, tested_at, result, control_result\n"


def spores(*lines: str, **more: Any) -> Logs:
    return tables.logs(spore_tests=HEAD + "\n".join(lines), **more)


def ids(logs: Logs, rows: Ints | list[int]) -> str:
    cells = logs.cells("spore_tests", "spore_test_id")
    return " ".join(cells.text(int(row)) if row >= 0 else "-" for row in rows)


def windows(logs: Logs, period: str = "", studio: int = 0, as_of: date = AS_OF) -> list[Window]:
    return list(failure_windows(logs, studio, dates.period(period) if period else None, as_of))


def told(logs: Logs, *args: Any, **more: Any) -> list[str]:
    """Each window as `machine: opened by > failed > closed by ? unsure`."""
    return [
        f"{w.machine}: {ids(logs, [w.opened_by])} > {ids(logs, w.failed)} > {ids(logs, [w.closed_by])}"
        + (f" ? {ids(logs, w.unsure)}" if len(w.unsure) else "")
        for w in windows(logs, *args, **more)
    ]


def moments(pair: tuple[int, int], precision: int = TIME) -> list[str]:
    return [text_of(at, precision) for at in pair]


def test_a_window_reaches_from_the_last_pass_before_to_the_first_pass_after() -> None:
    logs = spores(
        "T1, A1, 2025-01-10, pass",
        "T2, A1, 2025-02-10, pass",
        "T3, A1, 2025-03-10, fail",
        "T4, A1, 2025-03-14, pass",
        "T5, A1, 2025-04-10, pass",
    )
    assert told(logs) == ["A1: T2 > T3 > T4"]
    (window,) = windows(logs)
    assert moments(window.surely) == ["2025-02-11 00:00", "2025-03-13 23:59"]
    assert moments(window.perhaps) == ["2025-02-10 00:00", "2025-03-14 23:59"]


def test_between_tests_with_times_the_window_begins_and_ends_with_their_minute() -> None:
    logs = spores("T1, A1, 2025-02-10 09:00, pass", "T2, A1, 2025-03-10 09:00, fail", "T3, A1, 2025-03-10 12:00, pass")
    (window,) = windows(logs)
    start, stop = (dates.start_of(date(2025, 2, 10)) + 9 * 3600, dates.start_of(date(2025, 3, 10)) + 12 * 3600)
    assert window.perhaps == (start, stop)
    assert window.surely == (start + 1, stop - 1)


def test_where_no_pass_is_known_the_window_has_no_beginning_or_lasts_to_the_day_of_the_trace() -> None:
    never_before = spores("T1, A1, 2025-03-10, fail", "T2, A1, 2025-03-20, pass")
    assert told(never_before) == ["A1: - > T1 > T2"]
    (window,) = windows(never_before)
    assert moments(window.surely, DATE) == ["0001-01-01", "2025-03-19"]
    assert window.perhaps[0] == window.surely[0]
    never_after = spores("T1, A1, 2025-03-10, pass", "T2, A1, 2025-03-20, fail")
    assert told(never_after) == ["A1: T1 > T2 > -"]
    (window,) = windows(never_after)
    assert moments(window.surely) == ["2025-03-11 00:00", "2025-12-31 23:59"]
    assert window.perhaps[1] == window.surely[1]


def test_a_log_without_a_failure_has_no_window() -> None:
    assert told(spores("T1, A1, 2025-03-10, pass", "T2, A1, 2025-03-11, void")) == []
    assert told(tables.logs()) == []
    assert len(failed_tests(tables.logs(), 0, None, AS_OF)) == 0


@pytest.mark.parametrize(
    "line",
    [
        "A1, 2025-03-05, void",
        "A1, 2025-03-05, pending",
        "A1, 2025-03-05,",
        "A1, 2025-03-05, perhaps",
        "A1, 2025-03-05, pass, no_growth",
        "A1, 2025-03-05, pass, perhaps",
        "A1, 2025-03-05, fail, no_growth",
        "A1, 2025-03, pass",
        "A1, , pass",
        "A1, some day, pass",
    ],
)
def test_what_does_not_surely_pass_neither_opens_nor_closes(line: str) -> None:
    before = spores("T1, A1, 2025-02-01, pass", f"TX, {line}", "T2, A1, 2025-04-10, fail", "T3, A1, 2025-05-01, pass")
    assert sorted(told(before)[0].replace(" ? TX", "").split(": ")) == ["A1", "T1 > T2 > T3"]
    after = spores("T1, A1, 2025-02-01, pass", "T2, A1, 2025-02-10, fail", f"TX, {line}", "T3, A1, 2025-05-01, pass")
    assert told(after) == ["A1: T1 > T2 > T3 ? TX"]
    assert not surely_passing(after)[2]


@pytest.mark.parametrize("control", ["growth", ""])
def test_a_pass_whose_control_grew_or_was_not_told_counts(control: str) -> None:
    logs = spores("T1, A1, 2025-02-10, fail", f"T2, A1, 2025-03-05, pass, {control}")
    assert told(logs) == ["A1: - > T1 > T2"]
    assert surely_passing(logs).tolist() == [False, True]


def test_a_pass_of_no_machine_or_of_another_machine_closes_nothing() -> None:
    logs = spores("T1, A1, 2025-02-10, fail", "T2, , 2025-03-05, pass", "T3, A2, 2025-03-06, pass")
    assert told(logs) == ["A1: - > T1 > -"]
    assert surely_passing(logs).tolist() == [False, False, True]


def test_failures_with_a_pass_surely_between_them_are_two_windows() -> None:
    logs = spores(
        "T1, A1, 2025-01-10, pass",
        "T2, A1, 2025-02-10, fail",
        "T3, A1, 2025-02-12, pass",
        "T4, A1, 2025-03-10, fail",
        "T5, A1, 2025-03-12, pass",
    )
    assert told(logs) == ["A1: T1 > T2 > T3", "A1: T3 > T4 > T5"]


@pytest.mark.parametrize("between", ["void", "pending", "pass, no_growth", ""])
def test_failures_without_a_pass_between_them_are_one_window(between: str) -> None:
    logs = spores(
        "T1, A1, 2025-01-10, pass",
        "T2, A1, 2025-02-10, fail",
        f"T3, A1, 2025-02-12, {between}",
        "T4, A1, 2025-03-10, fail",
        "T5, A1, 2025-03-12, pass",
    )
    assert told(logs) == ["A1: T1 > T2 T4 > T5 ? T3"]


def test_a_pass_of_the_same_day_parts_failures_only_where_times_tell_it() -> None:
    ends = ("T1, A1, 2025-01-10, pass", "T9, A1, 2025-04-10, pass")
    timed = spores(
        ends[0],
        "T2, A1, 2025-02-10 09:00, fail",
        "T3, A1, 2025-02-10 10:00, pass",
        "T4, A1, 2025-02-10 11:00, fail",
        ends[1],
    )
    assert told(timed) == ["A1: T1 > T2 > T3", "A1: T3 > T4 > T9"]
    dated = spores(ends[0], "T2, A1, 2025-02-10 09:00, fail", "T3, A1, 2025-02-10, pass", ends[1])
    assert told(dated) == ["A1: T1 > T2 > T9 ? T3"]
    same_minute = spores(ends[0], "T2, A1, 2025-02-10 09:00, fail", "T3, A1, 2025-02-10 09:00, pass", ends[1])
    assert told(same_minute) == ["A1: T1 > T2 > T9 ? T3"]


def test_a_pass_of_the_day_before_or_after_is_told_apart_without_times() -> None:
    logs = spores("T1, A1, 2025-02-09, pass", "T2, A1, 2025-02-10, fail", "T3, A1, 2025-02-11 00:00, pass")
    assert told(logs) == ["A1: T1 > T2 > T3"]


def test_a_failure_of_a_day_without_time_is_not_parted_by_a_pass_of_that_day() -> None:
    logs = spores(
        "T1, A1, 2025-01-10, pass",
        "T2, A1, 2025-02-10, fail",
        "T3, A1, 2025-02-10 07:00, pass",
        "T4, A1, 2025-02-11, fail",
        "T5, A1, 2025-02-12, pass",
    )
    assert told(logs) == ["A1: T1 > T2 T4 > T5 ? T3"]


def test_two_passing_tests_that_cannot_be_put_in_order_leave_less_certain_and_more_possible() -> None:
    logs = spores(
        "T1, A1, 2025-02-01, pass",
        "T2, A1, 2025-02-01 08:00, pass",
        "T3, A1, 2025-02-10, fail",
        "T4, A1, 2025-02-20 08:00, pass",
        "T5, A1, 2025-02-20, pass",
    )
    assert told(logs) == ["A1: T1 > T3 > T5"]
    (window,) = windows(logs)
    assert moments(window.surely) == ["2025-02-02 00:00", "2025-02-19 23:59"]
    assert moments(window.perhaps) == ["2025-02-01 00:00", "2025-02-20 23:59"]


def test_the_day_of_placement_decides_and_not_that_of_the_result() -> None:
    logs = tables.logs(
        spore_tests="""spore_test_id, equipment_id, tested_at,  result_on,  result
                       T1,            A1,           2025-02-01, 2025-03-30, pass
                       T2,            A1,           2025-03-01, 2025-03-02, fail
                       T3,            A1,           2025-03-05, 2025-03-06, pass"""
    )
    assert told(logs) == ["A1: T1 > T2 > T3"]
    assert told(logs, "2025-03-01/2025-03-01") == ["A1: T1 > T2 > T3"]
    assert told(logs, "2025-03-02/2025-03-30") == []


def test_a_failure_counts_on_a_day_of_the_period_and_its_stretch_is_told_whole() -> None:
    logs = spores("T1, A1, 2025-03-31, fail", "T2, A1, 2025-04-10, fail", "T3, A1, 2025-04-20, pass")
    assert told(logs, "2025-03") == told(logs, "2025-04") == ["A1: - > T1 T2 > T3"]
    assert told(logs, "2025-03-31/2025-03-31") == ["A1: - > T1 T2 > T3"]
    assert told(logs, "2025-04-01/2025-04-09") == []
    assert told(logs, "2025-04-11/2025-04-30") == []
    assert ids(logs, failed_tests(logs, 0, dates.period("2025-03"), AS_OF)) == "T1"


def test_later_tests_are_not_looked_at() -> None:
    logs = spores("T1, A1, 2025-03-10, fail", "T2, A1, 2025-03-20, pass", "T3, A1, 2025-03-21 00:00, fail")
    assert told(logs, as_of=date(2025, 3, 9)) == []
    assert told(logs, as_of=date(2025, 3, 10)) == ["A1: - > T1 > -"]
    assert told(logs, as_of=date(2025, 3, 19)) == ["A1: - > T1 > -"]
    assert told(logs, as_of=date(2025, 3, 20)) == ["A1: - > T1 > T2"]
    assert told(logs, as_of=date(2025, 3, 21)) == ["A1: - > T1 > T2", "A1: T2 > T3 > -"]


def test_failures_without_day_or_machine_open_no_window_and_are_not_dropped() -> None:
    logs = spores(
        "T1, A1, , fail",
        "T2, A1, some day, fail",
        "T3, A1, 2025-03, fail",
        "T4, , 2025-03-10, fail",
        "T5, A1, 2025-03-11, fail",
        "T6, A1, 2025-03-12, fail, no_growth",
        f"T7, {UNREAD}, 2025-03-13, fail",
    )
    assert told(logs) == ["A1: - > T5 > - ? T3 T6 T1 T2"]
    assert ids(logs, failed_tests(logs, 0, None, AS_OF)) == "T3 T4 T5 T7 T1 T2"
    assert ids(logs, uncountable_failures(logs, 0, None, AS_OF)) == "T3 T4 T7 T1 T2"
    march, april = dates.period("2025-03"), dates.period("2025-04")
    assert ids(logs, uncountable_failures(logs, 0, march, AS_OF)) == "T3 T4 T7 T1 T2"
    assert ids(logs, uncountable_failures(logs, 0, april, AS_OF)) == "T1 T2"
    assert ids(logs, failed_tests(logs, 0, None, date(2025, 3, 10))) == "T3 T4 T1 T2"


def test_unsure_are_only_spores_this_machine_within_the_window() -> None:
    logs = spores(
        "T1, A1, 2025-02-01, void",
        "T2, A1, 2025-02-05, pass",
        "T3, A1, 2025-02-05, void",
        "T4, A1, 2025-02-10, fail",
        "T5, A2, 2025-02-11, void",
        "T6, A1, 2025-02-20, pass",
        "T7, A1, 2025-02-20, pending",
        "T8, A1, 2025-02-21, void",
        "T9, A1, 2025-02, void",
    )
    assert told(logs) == ["A1: T2 > T4 > T6 ? T9 T3 T7"]


def test_studios_with_machines_of_one_name_are_kept_apart() -> None:
    logs = tables.logs(
        studios={"s": {}, "t": {}},
        spore_tests="""studio_id, spore_test_id, equipment_id, tested_at,  result
                       s,         S1,            A1,           2025-03-01, fail
                       t,         U1,            A1,           2025-03-05, pass
                       s,         S2,            A1,           2025-03-10, pass
                       t,         U2,            A1,           2025-03-07, fail""",
    )
    assert told(logs) == ["A1: - > S1 > S2"]
    assert told(logs, studio=1) == ["A1: U1 > U2 > -"]


def test_a_machine_is_the_same_in_capitals_and_with_blanks() -> None:
    logs = spores("T1, Autoclave 1, 2025-03-01, fail", "T2, autoclave1, 2025-03-02, pass", "T3, A-2, 2025-03-02, fail")
    assert told(logs) == ["Autoclave 1: - > T1 > T2", "A-2: - > T3 > -"]


def test_windows_stand_in_the_order_of_their_first_failure() -> None:
    logs = spores(
        "T1, B, 2025-03-01, fail", "T2, A, 2025-03-01, fail", "T3, A, 2025-02-01, fail", "T4, A, 2025-02-02, pass"
    )
    assert told(logs) == ["A: - > T3 > T4", "A: T4 > T2 > -", "B: - > T1 > -"]


def test_the_order_of_lines_does_not_matter() -> None:
    lines = [
        "T1, A1, 2025-01-10, pass",
        "T2, A1, 2025-02-10, fail",
        "T3, A1, 2025-02-11, void",
        "T4, A1, 2025-02-12, fail",
        "T5, A1, 2025-02-13, pass",
    ]
    assert told(spores(*lines)) == told(spores(*reversed(lines))) == ["A1: T1 > T2 T4 > T5 ? T3"]


def test_by_hand_a_window_is_the_days_that_are_said() -> None:
    logs = spores("T1, A1, 2025-03-01, fail")
    window = window_by_hand(logs, 0, "a1", dates.period("2025-03"), AS_OF)
    assert (window.machine, window.opened_by, window.closed_by, len(window.failed)) == ("A1", -1, -1, 0)
    assert moments(window.surely) == ["2025-03-01 00:00", "2025-03-31 23:59"]
    assert window.perhaps == window.surely
    cut = window_by_hand(logs, 0, "A1", dates.period("2025-03"), date(2025, 3, 5))
    assert moments(cut.surely) == ["2025-03-01 00:00", "2025-03-05 23:59"]
    whole = window_by_hand(logs, 0, "A1", None, date(2025, 3, 5))
    assert moments(whole.surely, DATE) == ["0001-01-01", "2025-03-05"]


def test_known_machines_are_those_that_were_run_or_tested_or_are_listed_as_sterilizers() -> None:
    logs = tables.logs(
        studios={"s": {}, "t": {}},
        spore_tests=HEAD.replace("\n", ", studio_id\n") + "T1, A1, 2025-03-01, fail,, s\nT2, Z, 2025-03-01, fail,, t",
        sterilization_cycles="cycle_id, equipment_id\nC1, b 1\nC2,",
        equipment="""equipment_id, equipment_type
                     B1,           sterilizer
                     M7,           tattoo_machine
                     A3,           """,
    )
    assert known_machines(logs, 0) == ("A1", "A3", "B1")
    assert known_machines(logs, 1) == ("Z",)
    assert machine_named(logs, 0, " b1") == "B1"
    assert machine_named(logs, 0, "Z") is None
    assert machine_named(logs, 0, "M7") is None
