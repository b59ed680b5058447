"""From the loads of a window to the sessions that they reached, may have reached, or surely did not."""

from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pytest
import tables

from smpcompliance import dates
from smpcompliance.logs.cells import UNREAD
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed, Strength
from smpcompliance.trace.loads import Fate, Loads, loads_of
from smpcompliance.trace.look_back import exposed_by_loads, uses_without_session
from smpcompliance.trace.windows import Window, failure_windows, window_by_hand

AS_OF = date(2025, 12, 31)
TESTS = """spore_test_id, equipment_id, tested_at,        result, cycle_id
           T1,            A1,           2025-03-01,       pass,
           T2,            A1,           2025-03-20,       fail,
           T3,            A1,           2025-03-25,       pass,"""
CYCLES = """cycle_id, equipment_id, started_at, cycle_type, disposition
            C1,       A1,           2025-02-20, load,       released
            C2,       A1,           2025-03-10, load,       released
            C3,       A1,           2025-03-25, load,       released
            C4,       A2,           2025-03-10, load,       released
            C5,       A1,           2025-03-26, load,       released"""


def window_of(logs: Logs, studio: int = 0, as_of: date = AS_OF) -> Window:
    (window,) = failure_windows(logs, studio, None, as_of)
    return window


def loads(logs: Logs, studio: int = 0, as_of: date = AS_OF) -> Loads:
    return loads_of(logs, window_of(logs, studio, as_of), as_of)


def named(logs: Logs, found: Loads) -> str:
    """The loads of a window; one that only may lie in it has a question mark."""
    keys = logs.cells("sterilization_cycles", "cycle_id")
    return " ".join(
        keys.text(int(row)) + ("" if sure else "?") for row, sure in zip(found.rows, found.sure, strict=True)
    )


def look(sessions: str, supplies: str | None = None, *, as_of: date = AS_OF, studio: int = 0, **more: Any) -> Exposed:
    return look_at(studio_with(sessions, supplies, **more), studio, as_of)


def studio_with(sessions: str, supplies: str | None = None, **more: Any) -> Logs:
    given = {"spore_tests": TESTS, "sterilization_cycles": CYCLES, "sessions": sessions, **more}
    if supplies is not None:
        given["session_supplies"] = supplies
    return tables.logs(**{name: table for name, table in given.items() if table is not None})


def look_at(logs: Logs, studio: int = 0, as_of: date = AS_OF) -> Exposed:
    window = window_of(logs, studio, as_of)
    return exposed_by_loads(logs, window, loads_of(logs, window, as_of), as_of)


def words(found: Exposed) -> list[str]:
    return [Because(code).name for code in found.because]


def one(entry: str, head: str = "cycle_id", day: str = "2025-04-01", **more: Any) -> str:
    """The word for a session of one entry."""
    found = look(f"session_id, started_at\nS1, {day}", f"session_id, {head}\nS1, {entry}", **more)
    (word,) = words(found)
    return word


# Loads


def test_the_loads_between_the_tests_surely_lie_in_the_window_those_of_their_days_may() -> None:
    logs = tables.logs(
        spore_tests=TESTS,
        sterilization_cycles="""cycle_id, equipment_id, started_at
                                C0,       A1,           2025-02-28
                                C1,       A1,           2025-03-01
                                C2,       A1,           2025-03-02 00:00
                                C3,       A1,           2025-03-20
                                C4,       A1,           2025-03-24
                                C5,       A1,           2025-03-25 23:59
                                C6,       A1,           2025-03-26
                                C7,       A2,           2025-03-10""",
    )
    assert named(logs, loads(logs)) == "C1? C2 C3 C4 C5?"


def test_times_tell_loads_of_the_same_day_apart() -> None:
    logs = tables.logs(
        spore_tests="""equipment_id, tested_at,        result
                       A1,           2025-03-01 10:00, pass
                       A1,           2025-03-01 12:00, fail
                       A1,           2025-03-01 14:00, pass""",
        sterilization_cycles="""cycle_id, equipment_id, started_at
                                C0,       A1,           2025-03-01 09:59
                                C1,       A1,           2025-03-01 10:00
                                C2,       A1,           2025-03-01 10:01
                                C3,       A1,           2025-03-01 13:59
                                C4,       A1,           2025-03-01 14:00
                                C5,       A1,           2025-03-01 14:01
                                C6,       A1,           2025-03-01
                                C7,       A1,           2025-03""",
    )
    assert named(logs, loads(logs)) == "C6? C7? C1? C2 C3 C4?"


def test_the_run_of_a_passing_test_is_proven_that_of_a_failed_one_is_not() -> None:
    tests = """equipment_id, tested_at,  result, cycle_id
               A1,           2025-03-01, pass,   C1
               A1,           2025-03-20, fail,   C3
               A1,           2025-03-25, pass,   C4"""
    logs = tables.logs(
        spore_tests=tests,
        sterilization_cycles="""cycle_id, equipment_id, started_at
                                C1,       A1,           2025-03-01
                                C2,       A1,           2025-03-01
                                C3,       A1,           2025-03-20
                                C4,       A1,           2025-03-25
                                C5,       A1,           2025-03-25""",
    )
    assert named(logs, loads(logs)) == "C2? C3 C5?"


def test_the_run_of_a_failed_test_is_in_the_window_whatever_is_written_of_its_machine_and_day() -> None:
    tests = """equipment_id, tested_at,        result, cycle_id
               A1,           2025-03-01,       pass,
               A1,           2025-03-20,       fail,   C3
               A1,           2025-03-21 08:00, fail,   C4
               A1,           2025-03-21 09:00, pass,   C4
               A1,           2025-03-22,       fail,   C5
               A1,           2025-03-25,       pass,"""
    logs = tables.logs(
        spore_tests=tests,
        sterilization_cycles="""cycle_id, equipment_id, started_at,       cycle_type
                                C3,       ,             ,                 load
                                C4,       A1,           2025-03-21 08:00, load
                                C5,       A2,           2025-04-30,       load
                                C6,       A1,           2025-03-20,       helix""",
    )
    first, second = failure_windows(logs, 0, None, AS_OF)
    assert named(logs, loads_of(logs, first, AS_OF)) == "C4 C3"
    assert named(logs, loads_of(logs, second, AS_OF)) == "C5 C3?"


def test_a_run_without_machine_or_day_may_be_of_the_window_unless_the_other_excludes_it() -> None:
    logs = tables.logs(
        spore_tests=TESTS,
        sterilization_cycles=f"""cycle_id, equipment_id, started_at
                                C1,       ,             2025-03-10
                                C2,       {UNREAD},     2025-03-11
                                C3,       A1,           some day
                                C4,       ,             
                                C5,       ,             2025-04-10
                                C6,       A2,           
                                C7,       A1,           2025-03-12""",
    )
    assert named(logs, loads(logs)) == "C1? C2? C7 C3? C4?"


def test_one_sterilizer_in_the_list_does_not_make_a_run_without_machine_sure() -> None:
    logs = tables.logs(
        spore_tests=TESTS,
        sterilization_cycles="cycle_id, equipment_id, started_at\nC1, , 2025-03-10",
        equipment="equipment_id, equipment_type\nA1, sterilizer",
    )
    assert named(logs, loads(logs)) == "C1?"


def test_runs_that_are_no_loads_and_runs_elsewhere_are_left_out() -> None:
    logs = tables.logs(
        spore_tests=TESTS,
        sterilization_cycles="""cycle_id, equipment_id, started_at, cycle_type, provider,   result
                                C1,       A1,           2025-03-10, helix,      ,           pass
                                C2,       A1,           2025-03-10, ,           ,           pass
                                C3,       A1,           2025-03-10, load,       Steri Inc., pass
                                C4,       A1,           2025-03-10, load,       -,          aborted
                                C5,       A1,           2025-03-10, load,       ,           fail""",
    )
    assert named(logs, loads(logs)) == "C2 C4 C5"


def test_later_runs_are_not_looked_at() -> None:
    tests = "equipment_id, tested_at, result\nA1, 2025-03-20, fail"
    runs = "cycle_id, equipment_id, started_at\nC1, A1, 2025-03-21\nC2, A1, 2025-03-22 00:00"
    logs = tables.logs(spore_tests=tests, sterilization_cycles=runs)
    assert named(logs, loads(logs, as_of=date(2025, 3, 21))) == "C1"
    assert named(logs, loads(logs, as_of=date(2025, 3, 22))) == "C1 C2"


def test_by_hand_the_loads_of_the_days_are_meant_the_first_and_the_last_included() -> None:
    logs = tables.logs(sterilization_cycles=CYCLES)
    days = dates.period("2025-03-10/2025-03-25")
    assert named(logs, loads_of(logs, window_by_hand(logs, 0, "A1", days, AS_OF), AS_OF)) == "C2 C3"
    assert named(logs, loads_of(logs, window_by_hand(logs, 0, "a1", None, AS_OF), AS_OF)) == "C1 C2 C3 C5"


def test_what_became_of_a_load_is_its_use_else_its_disposition() -> None:
    logs = tables.logs(
        spore_tests=TESTS,
        sterilization_cycles="""cycle_id, equipment_id, started_at, disposition, packs
                                C1,       A1,           2025-03-10, released,    12
                                C2,       A1,           2025-03-11, held,
                                C3,       A1,           2025-03-12, reprocessed, 3
                                C4,       A1,           2025-03-13, discarded,   many
                                C5,       A1,           2025-03-14, ,            0
                                C6,       A1,           2025-03-15, held,        5
                                C7,       A1,           2025-03-16, ,            5""",
        sessions="session_id, started_at\nS1, 2025-04-01\nS2, 2026-01-01",
        supply_lots="lot_id, cycle_id\nL1, C7\nL2, C1",
        session_supplies="session_id, cycle_id, lot_id\nS1, C6,\nS1, , L1\nS9, , L1\nS1, C6, L2\nS2, C5,",
    )
    found = loads(logs)
    assert [Fate(code).name for code in found.fate] == [
        "released", "called_back", "called_back", "called_back", "not_told", "used", "used",
    ]  # fmt: skip
    assert found.called_back.tolist() == [False, True, True, True, False, True, False]
    assert found.uses.tolist() == [0, 0, 0, 0, 0, 2, 2]
    assert np.array_equal(found.packs, [12, np.nan, 3, np.nan, 0, 5, 5], equal_nan=True)
    assert found.logged


def test_without_a_log_of_cycles_there_are_no_loads_and_that_is_told() -> None:
    logs = tables.logs(spore_tests=TESTS)
    assert (named(logs, loads(logs)), loads(logs).logged) == ("", False)
    handed_in = tables.logs(spore_tests=TESTS, sterilization_cycles="cycle_id, equipment_id")
    assert (named(handed_in, loads(handed_in)), loads(handed_in).logged) == ("", True)


# Sessions


def test_a_session_that_names_a_load_of_the_window_is_certain() -> None:
    logs = studio_with("session_id, started_at\nS1, 2025-04-01", "session_id, cycle_id\nS1, C4\nS1, C2\nS1,")
    found = look_at(logs)
    assert words(found) == ["named"]
    assert found.strength.tolist() == [Strength.certain]
    assert (found.log, found.supply.tolist(), found.target.tolist()) == ("sterilization_cycles", [1], [1])


@pytest.mark.parametrize(
    ("cycle", "word"),
    [
        ("C2", "named"),
        ("C3", "load_uncertain"),
        ("C1", "other_named"),
        ("C4", "other_named"),
        ("C5", "other_named"),
        ("C9", "key_dangling"),
        (UNREAD, "key_unreadable"),
        ("", "key_blank"),
        ("-", "key_blank"),
    ],
)
def test_what_is_written_as_the_load_decides(cycle: str, word: str) -> None:
    assert one(cycle) == word


def test_the_load_of_the_lot_counts_where_the_entry_names_none() -> None:
    lots = "lot_id, cycle_id\nL2, C2\nL4, C4\nL9, C9\nL0, "
    found = {
        entry: one(entry, "cycle_id, lot_id", supply_lots=lots)
        for entry in (", L2", ", L4", ", L9", ", L0", "C4, L2", "C2, L4", ", LX")
    }
    assert found == {
        ", L2": "named",
        ", L4": "other_named",
        ", L9": "key_dangling",
        ", L0": "key_blank",
        "C4, L2": "other_named",
        "C2, L4": "named",
        ", LX": "key_blank",
    }


@pytest.mark.parametrize("item", ["pigment", "diluent", "ink_cup", "glove", "apron", "razor", "dressing", "anesthetic"])
def test_what_no_sterilizer_here_has_seen_excludes(item: str) -> None:
    assert one(item, "item_type") == "not_sterilized_here"
    assert one(f"{item}, C2", "item_type, cycle_id") == "named"


@pytest.mark.parametrize(
    ("lot", "word"),
    [
        ("sterile\nL1, yes", "not_sterilized_here"),
        ("sterile\nL1, no", "key_blank"),
        ("single_use\nL1, yes", "not_sterilized_here"),
        ("single_use\nL1, no", "key_blank"),
        ("expires_on\nL1, 2027-01-01", "not_sterilized_here"),
        ("expires_on\nL1, ", "key_blank"),
        ("sterile, single_use, expires_on\nL1, no, yes, 2027-01-01", "key_blank"),
    ],
)
def test_the_lot_tells_whether_a_needle_was_sterilized_here(lot: str, word: str) -> None:
    assert one("needle, L1", "item_type, lot_id", supply_lots=f"lot_id, {lot}") == word


def test_a_needle_of_no_lot_may_be_of_every_load() -> None:
    assert one("needle", "item_type") == "key_blank"


def test_of_several_entries_the_strongest_decides_and_of_equal_ones_the_first() -> None:
    supplies = """supply_id, session_id, item_type, cycle_id
                  U1,        S1,         pigment,
                  U2,        S1,         grip,
                  U3,        S1,         grip,      C9
                  U4,        S1,         grip,
                  U5,        S2,         grip,      C4
                  U6,        S2,         glove,
                  U7,        S3,         grip,      C9
                  U8,        S3,         grip,      C3"""
    found = look("session_id, started_at\nS1, 2025-04-01\nS2, 2025-04-02\nS3, 2025-04-03", supplies)
    assert words(found) == ["key_blank", "other_named", "load_uncertain"]
    assert found.supply.tolist() == [1, 4, 7]
    assert found.target.tolist() == [-1, 3, 2]


def test_a_session_without_entries_may_have_used_every_load() -> None:
    found = look("session_id, started_at\nS1, 2025-04-01", "session_id, cycle_id")
    assert words(found) == ["nothing_written"]
    assert found.supply.tolist() == [-1]


def test_without_a_log_of_supplies_every_session_from_the_first_load_on_is_possible() -> None:
    found = look("session_id, started_at\nS1, 2025-03-09\nS2, 2025-03-10\nS3, 2025-11-01")
    assert words(found) == ["before", "no_log", "no_log"]


def test_without_a_log_of_cycles_named_loads_cannot_be_found() -> None:
    sessions = "session_id, started_at\nS1, 2025-02-28\nS2, 2025-03-01\nS3, 2025-04-01\nS4, 2025-04-02"
    supplies = "session_id, cycle_id, item_type\nS1, C1,\nS2, C2,\nS3, ,\nS4, , pigment"
    found = look(sessions, supplies, sterilization_cycles=None)
    assert words(found) == ["before", "key_dangling", "key_blank", "not_sterilized_here"]


def test_in_a_studio_of_single_use_only_what_names_no_load_is_excluded() -> None:
    single_use = {"s": {"instruments": "single_use_only"}}
    sessions = "session_id, started_at\nS1, 2025-04-01\nS2, 2025-04-02\nS3, 2025-04-03\nS4, 2025-04-04\nS5,"
    supplies = "session_id, cycle_id, item_type\nS1, C2, grip\nS2, , grip\nS3, C9, grip"
    found = look(sessions, supplies, studios=single_use)
    assert words(found) == [
        "named",
        "not_sterilized_here",
        "key_dangling",
        "not_sterilized_here",
        "not_sterilized_here",
    ]
    assert words(look(sessions, studios=single_use)) == ["not_sterilized_here"] * 5


def test_a_session_months_later_may_have_used_a_pack_of_the_window() -> None:
    assert one("", day="2025-12-31") == "key_blank"
    assert one("C2", day="2025-12-31") == "named"


@pytest.mark.parametrize(
    ("started", "word"),
    [
        ("2025-03-09", "before"),
        ("2025-03-09 23:59", "before"),
        ("2025-03-10", "key_blank"),
        ("2025-03-10 00:00", "key_blank"),
        ("2025-02", "before"),
        ("2025-03", "key_blank"),
    ],
)
def test_a_session_before_the_first_load_is_excluded(started: str, word: str) -> None:
    assert one("", day=started) == word


def test_a_load_with_a_time_parts_the_sessions_of_its_day() -> None:
    runs = "cycle_id, equipment_id, started_at\nC1, A1, 2025-03-10 12:00"
    sessions = """session_id, started_at,       ended_at
                  S1,         2025-03-10 09:00, 2025-03-10 11:59
                  S2,         2025-03-10 10:00, 2025-03-10 12:00
                  S3,         2025-03-10 11:59,
                  S4,         2025-03-10 12:00,
                  S5,         2025-03-10,"""
    found = look(sessions, "session_id, cycle_id", sterilization_cycles=runs)
    keys = found.sessions.tolist()
    assert dict(zip(keys, words(found), strict=True)) == {
        0: "before",
        1: "nothing_written",
        2: "before",
        3: "nothing_written",
        4: "nothing_written",
    }


def test_without_loads_or_without_their_days_the_window_itself_is_the_beginning() -> None:
    sessions = "session_id, started_at\nS1, 2025-02-28\nS2, 2025-03-01"
    nothing = "session_id, cycle_id"
    no_loads = look(sessions, nothing, sterilization_cycles="cycle_id, equipment_id, started_at")
    assert words(no_loads) == ["before", "nothing_written"]
    undated = look(sessions, nothing, sterilization_cycles=CYCLES + "\nC9, A1, , load, released")
    assert words(undated) == ["before", "nothing_written"]
    open_before = TESTS.replace("2025-03-01,       pass", "2025-03-01,       void")
    assert words(look(sessions, nothing, spore_tests=open_before, sterilization_cycles="cycle_id")) == [
        "nothing_written", "nothing_written",
    ]  # fmt: skip


def test_what_names_the_load_holds_whatever_the_day_of_the_session_says() -> None:
    assert one("C2", day="2025-01-01") == "named"
    assert one("C3", day="2025-01-01") == "load_uncertain"
    assert one("C9", day="2025-01-01") == "before"
    assert one("C2", day="") == "named"


def test_a_session_without_a_day_stands_on_its_entries_and_alone_is_possible() -> None:
    sessions = "session_id, started_at\nS1,\nS2, some day\nS3,\nS4, 2025-03\nS5, 2025-02\nS6, 2025-03"
    supplies = "session_id, cycle_id, item_type\nS1, C4,\nS2, , grip\nS3, , glove\nS6, C9, grip"
    logs = studio_with(sessions, supplies)
    found = look_at(logs)
    keys = logs.cells("sessions", "session_id")
    assert {keys.text(int(row)): word for row, word in zip(found.sessions, words(found), strict=True)} == {
        "S1": "other_named",
        "S2": "key_blank",
        "S3": "not_sterilized_here",
        "S4": "day_unknown",
        "S5": "before",
        "S6": "key_dangling",
    }
    assert words(look("session_id, started_at\nS1,", "session_id, cycle_id")) == ["day_unknown"]
    assert words(look("session_id, started_at\nS1,")) == ["day_unknown"]


def test_sessions_that_did_not_take_place_are_excluded_unless_they_name_a_load() -> None:
    sessions = """session_id, started_at, status
                  S1,         2025-04-01, cancelled
                  S2,         2025-04-02, no_show
                  S3,         2025-04-03, booked
                  S4,         2025-04-04, performed
                  S5,         2025-04-05, maybe
                  S6,         2025-04-06, refused"""
    supplies = "session_id, cycle_id\nS1, C2\nS2, C3\nS3,\nS4,\nS5,"
    found = look(sessions, supplies)
    assert words(found) == [
        "status_contradicts", "status_contradicts", "not_performed", "key_blank", "key_blank", "not_performed",
    ]  # fmt: skip
    assert found.supply.tolist() == [0, 1, -1, 3, 4, -1]
    assert found.strength.tolist() == [1, 1, 0, 1, 1, 0]


HELD = """cycle_id, equipment_id, started_at, disposition
          C2,       A1,           2025-03-10, held
          C3,       A1,           2025-03-11, reprocessed
          C4,       A1,           2025-03-12, discarded
          C5,       A1,           2025-04-01, released"""
HELD_SESSIONS = "session_id, started_at\nS1, 2025-04-01\nS2, 2025-04-02\nS3, 2025-04-03\nS4, 2025-04-04\nS5,"
HELD_SUPPLIES = "session_id, cycle_id\nS1,\nS2, C9\nS3, C5"


def test_where_every_load_was_called_back_a_blank_is_excluded() -> None:
    found = look(HELD_SESSIONS, HELD_SUPPLIES, sterilization_cycles=HELD)
    assert words(found) == ["called_back", "key_dangling", "other_named", "called_back", "called_back"]
    assert words(look(HELD_SESSIONS, sterilization_cycles=HELD)) == ["no_log"] * 4 + ["day_unknown"]


@pytest.mark.parametrize(
    "run",
    [
        "C6, A1, 2025-03-13, released",
        "C6, A1, 2025-03-13, ",
        "C6, A1, 2025-03-25, released",
        "C6, , 2025-03-13, released",
    ],
)
def test_a_load_that_was_not_surely_called_back_leaves_blanks_possible(run: str) -> None:
    found = look(HELD_SESSIONS, HELD_SUPPLIES, sterilization_cycles=f"{HELD}\n{run}")
    assert words(found)[0] == "key_blank"
    assert words(found)[3:] == ["nothing_written", "day_unknown"]


def test_a_held_load_that_a_session_names_is_certain_and_its_hold_excludes_nobody() -> None:
    found = look(HELD_SESSIONS, HELD_SUPPLIES + "\nS2, C2", sterilization_cycles=HELD)
    assert words(found) == ["key_blank", "named", "other_named", "nothing_written", "day_unknown"]


def test_later_sessions_are_not_looked_at() -> None:
    logs = studio_with("session_id, started_at\nS1, 2025-04-01\nS2, 2025-04-02 00:00\nS3,", "session_id, cycle_id")
    assert len(look_at(logs, as_of=date(2025, 4, 1))) == 2
    assert len(look_at(logs, as_of=date(2025, 4, 2))) == 3


def test_a_use_whose_session_is_not_known_is_found() -> None:
    logs = studio_with(
        "session_id, started_at\nS1, 2025-04-01", "session_id, cycle_id\nS1, C2\nS9, C2\n, C3\n, C4\nS9,"
    )
    window = window_of(logs)
    found = loads_of(logs, window, AS_OF)
    assert uses_without_session(logs, found).tolist() == [1, 2]
    assert words(exposed_by_loads(logs, window, found, AS_OF)) == ["named"]


def test_studios_with_machines_sessions_and_loads_of_one_name_are_kept_apart() -> None:
    two = tables.logs(
        studios={"s": {}, "t": {"instruments": "single_use_only"}},
        spore_tests="studio_id, equipment_id, tested_at, result\ns, A1, 2025-03-01, fail\nt, A1, 2025-03-05, fail",
        sterilization_cycles="studio_id, cycle_id, equipment_id, started_at\nt, C1, A1, 2025-02-01\ns, C1, A1, 2025-02-05",
        sessions="studio_id, session_id, started_at\ns, S1, 2025-02-02\nt, S1, 2025-02-02\ns, S2, 2025-02-06\nt, S2, 2025-02-06",
        session_supplies="studio_id, session_id, cycle_id\ns, S2, C1\nt, S1, C1\ns, S1,\nt, S2,",
    )
    assert [named(two, loads(two, n)) for n in (0, 1)] == ["C1", "C1"]
    assert loads(two, 0).rows.tolist() == [1]
    assert words(look_at(two, 0)) == ["before", "named"]
    assert look_at(two, 0).sessions.tolist() == [0, 2]
    assert words(look_at(two, 1)) == ["named", "not_sterilized_here"]
    assert look_at(two, 1).sessions.tolist() == [1, 3]
    without = tables.not_handed_in(two, "session_supplies", 0)
    assert Counter(words(look_at(without, 1))) == {"named": 1, "not_sterilized_here": 1}


def test_an_empty_studio_reaches_nobody() -> None:
    assert len(look("session_id, started_at", "session_id, cycle_id")) == 0
