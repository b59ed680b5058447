"""What could not be traced: how much of how much, which record would settle it, and the first of them."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from tables import logs, not_handed_in

from smpcompliance.dates import period
from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because, Exposed, Strength
from smpcompliance.trace.gaps import FIRST, WHATS, Gap, gaps, gaps_of_tests
from smpcompliance.trace.loads import loads_of
from smpcompliance.trace.look_back import exposed_by_loads
from smpcompliance.trace.lot_exposure import exposed_by_lots
from smpcompliance.trace.lots import lots_numbered
from smpcompliance.trace.people import exposed_by
from smpcompliance.trace.windows import failure_windows

DAY = date(2025, 6, 30)
EQUIPMENT = "equipment_id, equipment_type\nA1, sterilizer"
TESTS = "spore_test_id, equipment_id, tested_at, result, control_result"
LOADS = "cycle_id, equipment_id, cycle_type, started_at, disposition, packs"
SESSIONS = "session_id, started_at, status, client_id"
USED = "session_id, item_type, cycle_id"
CLIENTS = "client_id, name, phone, email, address"


def shop(**tables: Any) -> Logs:
    """A studio with one sterilizer that failed on 2025-03-09 and passed before and after; tables as lists of lines."""
    every: dict[str, Any] = {
        "equipment": EQUIPMENT,
        "spore_tests": [TESTS, "t1, A1, 2025-03-01, pass,", "t2, A1, 2025-03-09, fail,", "t3, A1, 2025-03-20, pass,"],
        "sterilization_cycles": [LOADS, "c1, A1, load, 2025-03-05 10:00, released, 2"],
        "sessions": [SESSIONS],
        "session_supplies": [USED],
        "clients": [CLIENTS],
        **tables,
    }
    return logs(**{name: t if isinstance(t, str) else "\n".join(t) for name, t in every.items()})


def of_window(found: Logs, n: int = 0) -> dict[str, Gap]:
    """The gaps of a look-back by their words."""
    window = failure_windows(found, 0, None, DAY)[n]
    loads = loads_of(found, window, DAY)
    told = gaps(found, 0, exposed_by_loads(found, window, loads, DAY), loads, window, None, DAY)
    assert len({gap.what for gap in told}) == len(told)
    assert all(1 <= len(gap.evidence) <= min(gap.count, FIRST) for gap in told)
    return {gap.what: gap for gap in told}


def said(gap: Gap) -> tuple[int, int, str, str]:
    return gap.count, gap.of, gap.log, gap.column


def test_nothing_is_told_where_everything_is_written() -> None:
    found = shop(
        sessions=[SESSIONS, "s1, 2025-03-06 10:00, performed, C1", "s2, 2025-03-07 10:00, performed, C1"],
        session_supplies=[USED, "s1, grip, c1", "s2, grip, c1"],
        clients=[CLIENTS, "C1, Jo Doe, 555,,"],
    )
    assert of_window(found) == {}


def test_each_doubt_about_a_session_names_the_record_that_would_settle_it() -> None:
    found = shop(
        sterilization_cycles=[
            LOADS, "c1, A1, load, 2025-03-05 10:00, released, 2", "c2,, load, 2025-03-06 10:00, held, 1",
            "c3, A1, load, 2025-03-01, held, 1", "c4, A1, load, 2025-03-20 10:00, held, 1",
        ],
        sessions=[
            SESSIONS, "s1, 2025-04-01, performed, C1", "s2, 2025-04-02, performed, C1", "s3, 2025-04-03, performed, C1",
            "s4, 2025-04-04, performed, C1", "s5, 2025-04-05, performed, C1", "s6, 2025-04-06, cancelled, C1",
            "s7,, performed, C1", "s8, 2025-04-08, performed, C1", "s9, 2025-04-09, performed, C1",
            "sa, 2025-04-10, performed, C1", "sb, 2025-04-11, performed,",
        ],
        session_supplies=[
            USED, "s1, grip,", "s2, grip,", "s3, grip, gone", "s5, grip, c1", "s6, grip, c1", "s8, grip, c2",
            "s9, grip, c3", "sa, grip, c4", "sb, grip, c1",
        ],
        clients=[CLIENTS, "C1, Jo Doe, 555,,"],
    )  # fmt: skip
    told = of_window(found)
    assert {what: said(gap) for what, gap in told.items()} == {
        "key_blank": (2, 11, "session_supplies", "cycle_id"),
        "nothing_written": (1, 11, "session_supplies", "cycle_id"),
        "key_dangling": (1, 11, "sterilization_cycles", "cycle_id"),
        "day_unknown": (1, 11, "sessions", "started_at"),
        "load_without_machine": (1, 11, "sterilization_cycles", "equipment_id"),
        "load_without_time": (1, 11, "sterilization_cycles", "started_at"),
        "test_without_time": (1, 11, "spore_tests", "tested_at"),
        "status_contradicts": (1, 11, "sessions", "status"),
        "client_blank": (1, 11, "sessions", "client_id"),
    }
    assert next(iter(told)) == "key_blank", "what most sessions lack stands first"
    assert [(e.log, e.line, e.column) for e in told["key_blank"].evidence] == [
        ("session_supplies", 2, "cycle_id"), ("session_supplies", 3, "cycle_id"),
    ]  # fmt: skip
    assert [(e.log, e.line) for e in told["load_without_machine"].evidence] == [("sterilization_cycles", 3)]
    assert [(e.log, e.column) for e in told["status_contradicts"].evidence] == [("sessions", "status")]
    assert [(e.log, e.column) for e in told["key_dangling"].evidence] == [("session_supplies", "cycle_id")]
    assert [(e.log, e.record) for e in told["nothing_written"].evidence] == [("sessions", {"session_id": "s4"})]


def test_one_load_behind_many_sessions_is_shown_once_and_no_more_than_the_first_are() -> None:
    loads = [f"c{n}, A1, load, 2025-03-01, held, 1" for n in range(1, 9)]
    found = shop(
        sterilization_cycles=[LOADS, *loads],
        sessions=[SESSIONS, *(f"s{n}, 2025-04-{n:02}, performed, C1" for n in range(1, 17))],
        session_supplies=[USED, *(f"s{n}, grip, c{(n + 1) // 2}" for n in range(1, 17))],
    )
    gap = of_window(found)["load_without_time"]
    assert gap.count == 16
    assert [e.record["cycle_id"] for e in gap.evidence] == ["c1", "c2", "c3", "c4", "c5"]


def test_every_possible_session_stands_in_one_gap_of_its_own() -> None:
    """The counts of the doubts add up to the possible sessions: none is told twice, none left out."""
    found = shop(
        sessions=[SESSIONS, *(f"s{n}, 2025-04-0{n}, performed, C1" for n in range(1, 8))],
        session_supplies=[USED, "s1, grip,", "s2, grip, gone", "s3, grip,", "s4, grip, c1", "s5, glove,"],
    )
    window = failure_windows(found, 0, None, DAY)[0]
    loads = loads_of(found, window, DAY)
    exposed = exposed_by_loads(found, window, loads, DAY)
    told = gaps(found, 0, exposed, loads, window, None, DAY)
    doubts = [gap for gap in told if gap.what in ("key_blank", "key_dangling", "nothing_written")]
    assert sum(gap.count for gap in doubts) == len(exposed.of(Strength.possible)) == 5


def test_a_log_that_was_not_handed_in_is_what_would_settle_it() -> None:
    sessions = [SESSIONS, "s1, 2025-04-01, performed, C1", "s2, 2025-04-02, performed, C1"]
    bare = shop(sessions=sessions)
    assert said(of_window(not_handed_in(bare, "session_supplies"))["no_log"]) == (2, 2, "session_supplies", "cycle_id")
    lost = shop(sessions=sessions, session_supplies=[USED, "s1, grip, c1", "s2, grip,"], sterilization_cycles=[LOADS])
    told = of_window(not_handed_in(lost, "sterilization_cycles"))
    assert said(told["no_log_of_loads"]) == (2, 2, "sterilization_cycles", "cycle_id")
    assert "key_dangling" not in told


def test_clients_nobody_can_reach_are_counted_and_no_contact_is_shown() -> None:
    found = shop(
        sessions=[
            SESSIONS,
            *(f"s{n}, 2025-04-0{n}, performed, C{n}" for n in range(1, 6)),
            "s9, 2025-04-09, performed, C1",
        ],
        session_supplies=[USED, *(f"s{n}, grip, c1" for n in (1, 2, 3, 4, 9))],
        clients=[CLIENTS, "C1, Jo Doe,,,", "C2, Al Roe, 555-0100,,", "C3, Bo Poe,,, Elm Street 1"],
    )
    told = of_window(found)
    assert said(told["contact_blank"]) == (1, 5, "clients", "phone")
    assert said(told["client_not_listed"]) == (2, 5, "clients", "client_id")
    assert told["contact_blank"].evidence[0].record == {"client_id": "C1"}
    assert not any(name in repr(told) for name in ("Doe", "555", "Elm"))
    lost = of_window(not_handed_in(found, "clients"))
    assert said(lost["no_log_of_clients"]) == (5, 5, "clients", "phone")


def test_loads_and_packs_of_which_nothing_is_known() -> None:
    found = shop(
        sterilization_cycles=[
            LOADS, "c1, A1, load, 2025-03-05 10:00, released, 5", "c2, A1, load, 2025-03-06 10:00,, 4",
            "c3, A1, load, 2025-03-07 10:00, held, 9", "c4, A1, load, 2025-03-08 10:00, released,",
        ],
        sessions=[SESSIONS, "s1, 2025-03-10, performed, C1", "s2, 2025-03-11, performed, C1"],
        session_supplies=[USED, "s1, grip, c1", "s2, grip, c1"],
    )  # fmt: skip
    told = of_window(found)
    assert said(told["fate_not_told"]) == (1, 4, "sterilization_cycles", "disposition")
    assert said(told["packs_not_counted"]) == (1, 4, "sterilization_cycles", "packs")
    assert said(told["packs_left"]) == (7, 9, "session_supplies", "cycle_id"), "held packs are not lost"
    assert [e.record["cycle_id"] for e in told["packs_left"].evidence] == ["c1", "c2"]


def test_a_window_without_an_end_and_tests_that_count_neither_way() -> None:
    found = shop(
        spore_tests=[
            TESTS, "t1, A1, 2025-03-01, void,", "t2, A1, 2025-03-09, fail,", "t3, A1, 2025-03-12, pass, no_growth",
            "t4, A1, 2025-03-14, pending,", "t5, A1, 2025-08-01, pass,",
        ]
    )  # fmt: skip
    told = of_window(found)
    assert said(told["no_test_before"]) == (1, 1, "spore_tests", "tested_at")
    assert said(told["still_open"]) == (1, 1, "spore_tests", "result")
    assert said(told["test_unsure"]) == (3, 4, "spore_tests", "result"), "the test after the day of the trace is none"


def test_failed_tests_that_open_no_window_are_told() -> None:
    found = shop(
        spore_tests=[
            TESTS, "t1,, 2025-03-01, fail,", "t2, A1,, fail,", "t3, A1, 2025-03-05, fail, no_growth",
            "t4, A1, 2025-03-09, fail,", "t5, A1, 2025-09-01, fail, no_growth", "t6, A1, 2024-01-01, fail, no_growth",
        ]
    )  # fmt: skip
    told = {gap.what: said(gap) for gap in gaps_of_tests(found, 0, period("2025"), DAY)}
    assert told == {
        "test_without_day": (1, 4, "spore_tests", "tested_at"),
        "test_without_machine": (1, 4, "spore_tests", "equipment_id"),
        "test_void": (1, 4, "spore_tests", "control_result"),
    }
    assert {gap.what: gap.count for gap in gaps_of_tests(found, 0, None, DAY)}["test_void"] == 2
    assert gaps_of_tests(shop(), 0, None, DAY) == ()


LOTS = "lot_id, item_type, brand, product, lot_number"
INKS = "session_id, item_type, brand, product, lot_number, lot_id"


def of_lot(found: Logs, number: str) -> dict[str, Gap]:
    lots = lots_numbered(found, 0, number, DAY)
    told = gaps(found, 0, exposed_by_lots(found, 0, lots, DAY, number), None, None, lots, DAY)
    return {gap.what: gap for gap in told}


def test_of_a_lot_the_lot_number_would_settle_it() -> None:
    found = logs(
        sessions=f"{SESSIONS}\ns1, 2025-04-01, performed, C1\ns2, 2025-04-02, performed, C1\ns3, 2025-04-03, performed, C1",
        session_supplies=f"{INKS}\ns1, pigment, Deep, Black, 12A, L1\ns2, pigment, Deep, Black,,",
        supply_lots=f"{LOTS}\nL1, pigment, Deep, Black, 12A",
        clients=CLIENTS,
    )
    told = of_lot(found, "12a")
    assert said(told["key_blank"]) == (1, 3, "session_supplies", "lot_number")
    assert said(told["nothing_written"]) == (1, 3, "session_supplies", "lot_number")


def test_a_number_that_is_only_alike_is_settled_by_reading_it_again() -> None:
    found = logs(
        sessions=f"{SESSIONS}\ns1, 2025-04-01, performed, C1",
        session_supplies=f"{INKS}\ns1, pigment, Deep, Black, 12-A, L1",
        supply_lots=f"{LOTS}\nL1, pigment, Deep, Black, 12-A",
    )
    assert said(of_lot(found, "12A")["lot_alike"]) == (1, 1, "supply_lots", "lot_number")


@pytest.mark.parametrize(
    ("lot", "what", "column"),
    [
        ("pigment, Deep, Black,", "lot_without_number", "lot_number"),
        ("pigment,, Black, 12A", "lot_without_brand", "brand"),
        ("pigment, Deep,, 12A", "lot_without_product", "product"),
        ("pigment, Deep, Black, 12A", "lot_alike", "lot_number"),
    ],
)
def test_a_lot_that_may_be_the_one_is_settled_by_what_is_blank_in_it(lot: str, what: str, column: str) -> None:
    found = logs(
        sessions=f"{SESSIONS}\ns1, 2025-04-01, performed, C1",
        session_supplies="session_id, lot_id\ns1, L1",
        supply_lots=f"{LOTS}\nL1, {lot}",
    )
    one = np.zeros(1, np.int64)
    exposed = Exposed(one, np.array([Because.lot_uncertain], np.uint8), one, "supply_lots", one)
    lots = lots_numbered(found, 0, "12A", DAY)
    told = {gap.what: said(gap) for gap in gaps(found, 0, exposed, None, None, lots, DAY)}
    assert told[what] == (1, 1, "supply_lots", column)


def test_an_entry_that_leads_to_no_lot_is_settled_by_what_is_blank_in_the_entry() -> None:
    found = logs(
        sessions=f"{SESSIONS}\ns1, 2025-04-01, performed, C1",
        session_supplies=f"{INKS}\ns1, pigment, Deep,, 12A,",
        supply_lots=LOTS,
    )
    one = np.zeros(1, np.int64)
    exposed = Exposed(one, np.array([Because.lot_uncertain], np.uint8), one, "supply_lots", one - 1)
    lots = lots_numbered(found, 0, "12A", DAY)
    told = {gap.what: said(gap) for gap in gaps(found, 0, exposed, None, None, lots, DAY)}
    assert told["lot_without_product"] == (1, 1, "session_supplies", "product")


def test_a_session_that_names_nobody_is_settled_in_the_sessions() -> None:
    found = logs(
        sessions="session_id, started_at, status, client_id, practitioner_id\n"
        "s1, 2025-04-01, performed, C1, P1\ns2, 2025-04-02, performed, C1,",
        clients=f"{CLIENTS}\nC1, Jo Doe, 555,,",
    )
    exposed = exposed_by(found, 0, "practitioner", "P1", None, DAY)
    (gap,) = gaps(found, 0, exposed, None, None, None, DAY, "practitioner_id")
    assert (gap.what, *said(gap)) == ("not_named", 1, 2, "sessions", "practitioner_id")


def test_words_stand_once() -> None:
    assert len(set(WHATS)) == len(WHATS)


def test_a_machine_that_the_log_of_loads_does_not_know_is_told() -> None:
    assert "machine_not_logged" in of_window(shop(sterilization_cycles=[LOADS, "c1, B7, load, 2025-03-05,, 2"]))
    assert "machine_not_logged" not in of_window(shop(sterilization_cycles=[LOADS, "c1, a 1, load, 2025-03-05,, 2"]))


def test_supplies_of_a_load_whose_session_is_not_known_are_told() -> None:
    stray = shop(sessions=[SESSIONS, "s1, 2025-03-06, performed, C1"], session_supplies=[USED, "s9, grip, c1"])
    assert said(of_window(stray)["use_without_session"])[2:] == ("session_supplies", "session_id")
