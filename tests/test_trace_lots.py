"""A lot number leads to its lots, their stock, and everybody they were used on, or may have been."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from readings import read
from tables import logs, not_handed_in

from smpcompliance.logs.table import Logs
from smpcompliance.trace.exposure import Because
from smpcompliance.trace.lot_exposure import exposed_by_lots
from smpcompliance.trace.lots import Lots, lots_numbered, lots_of, similar_numbers

TODAY = date(2026, 11, 21)

SESSIONS = """
    session_id, started_at,       client_id
    S1,         2026-03-01 10:00, C1
    S2,         2026-03-02 10:00, C2
    S3,         2026-03-03 10:00, C3
"""
LOTS = """
    lot_id, item_type, brand,     product,       lot_number, received_on, quantity
    L1,     pigment,   Bloodline, Carolina Blue, BL23,       2026-01-10,  5
    L2,     pigment,   Bloodline, Pony Pink,     BL23,       2026-01-10,  5
    L3,     pigment,   Eternal,   Black,         E9,         2026-01-10,  5
"""


def told(found: Logs, number: str, as_of: date = TODAY, studio: int = 0) -> dict[str, str]:
    """What the lots of a number make of each session."""
    lots = lots_numbered(found, studio, number, as_of)
    return because(found, exposed_by_lots(found, studio, lots, as_of, number))


def because(found: Logs, exposed: object) -> dict[str, str]:
    ids = found.cells("sessions", "session_id")
    return {
        ids.text(int(row)): Because(int(why)).name for row, why in zip(exposed.sessions, exposed.because, strict=True)
    }  # type: ignore[attr-defined]


def named(found: Logs, lots: Lots) -> dict[str, bool]:
    ids = found.cells("supply_lots", "lot_id")
    return {ids.text(int(row)): bool(sure) for row, sure in zip(lots.rows, lots.sure, strict=True)}


def numbered(*numbers: str) -> Logs:
    rows = "\n".join(f"L{n}, needle, {number}" for n, number in enumerate(numbers))
    return logs(supply_lots=f"lot_id, item_type, lot_number\n{rows}")


def of_one(entry: str, lots: str = LOTS, sessions: str = SESSIONS) -> Logs:
    heads = "session_id, item_type, lot_id, lot_number, brand, product, color"
    return logs(sessions=sessions, supply_lots=lots, session_supplies=f"{heads}\nS1, {entry}")


@pytest.mark.parametrize(
    ("written", "sure"),
    [
        ("BL23", True), ("bl23", True), ("LOT BL23", True), ("Lot no. bl 23", True), ("Batch: BL 23", True),
        ("BL-23", False), ("BL.23", False), ("BL023", False), ("B123", False),
    ],
)  # fmt: skip
def test_a_number_is_found_however_it_is_spelled(written: str, sure: bool) -> None:
    found = numbered(written)
    assert named(found, lots_numbered(found, 0, "LOT bl23", TODAY)) == {"L0": sure}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("RB0624", "RBO624"),
        ("0012", "12"),
        ("10.19.18", "101918"),
        ("10.19.18", "10-19-18"),
        ("ABCDE1", "ABCDF1"),
        ("A-01-2", "A-1-2"),
    ],
)
def test_a_number_spelled_alike_may_be_meant_and_never_surely(first: str, second: str) -> None:
    for one, other in ((first, second), (second, first)):
        found = numbered(one)
        assert named(found, lots_numbered(found, 0, other, TODAY)) == {"L0": False}


@pytest.mark.parametrize(
    ("first", "second"),
    [("BL23", "BL24"), ("10.19.18", "18.10.19"), ("10.19.18", "2018-10-19"), ("201307", "201308"), ("A1", "B1")],
)
def test_another_number_is_another_lot(first: str, second: str) -> None:
    found = numbered(first)
    assert not len(lots_numbered(found, 0, second, TODAY).rows)


def test_lots_that_look_like_dates_stay_text(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        supply_lots="lot_id,item_type,lot_number,received_on\nL1,pigment,10.19.18,2019-01-02\nL2,pigment,04.27.18,2019-01-02\n",
    ).intake.logs
    assert named(found, lots_numbered(found, 0, "10.19.18", TODAY)) == {"L1": True}
    assert named(found, lots_numbered(found, 0, "LOT 04.27.18", TODAY)) == {"L2": True}


def test_a_number_without_anything_in_it_finds_nothing() -> None:
    found = numbered("", "LOT")
    for number in ("", "LOT", "#"):
        assert not len(lots_numbered(found, 0, number, TODAY).rows)


def test_several_products_under_one_number_are_all_meant_and_counted() -> None:
    found = of_one("pigment, L1")
    lots = lots_numbered(found, 0, "bl23", TODAY)
    assert (named(found, lots), lots.products) == ({"L1": True, "L2": True}, 2)
    assert told(found, "bl23")["S1"] == "named"


def test_products_that_only_entries_tell_apart_are_counted_too(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        sessions="session_id,started_at\nS1,2026-03-01\nS2,2026-03-02\n",
        session_supplies="session_id,item_type,brand,product,lot_number\n"
        "S1,pigment,Bloodline,Carolina Blue,BL23\nS2,pigment,Bloodline,Pony Pink,BL23\n",
    ).intake.logs
    lots = lots_numbered(found, 0, "BL23", TODAY)
    assert (len(lots.rows), lots.products) == (1, 2)


def test_a_lot_that_says_less_is_not_another_product() -> None:
    found = logs(
        supply_lots="lot_id, item_type, brand, product, lot_number\nL1, pigment, Inka, Black, 7\nL2, pigment, Inka, , 7"
    )
    assert lots_numbered(found, 0, "7", TODAY).products == 1


def test_a_lot_known_only_from_the_cell_of_a_session(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        sessions="session_id,started_at\nS1,2026-03-01\nS2,2026-03-02\n",
        session_supplies="session_id,item_type,brand,lot_number\nS1,pigment,Inka,Lot 77\nS2,pigment,Inka,78\n",
    ).intake.logs
    lots = lots_numbered(found, 0, "77", TODAY)
    assert (lots.sure.tolist(), lots.left.tolist(), lots.left_open.tolist()) == ([True], [False], [True])
    assert told(found, "77") == {"S1": "named", "S2": "other_named"}


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("pigment, L1", "named"),
        ("pigment, , lot bl 23", "named"),
        ("pigment, L77, BL23", "named"),
        ("pigment, , BL-23", "lot_uncertain"),
        ("pigment, L3, BL23", "lot_uncertain"),
        ("pigment, L3", "other_named"),
        ("pigment, , E9", "other_named"),
        ("pigment, L77", "key_dangling"),
        ("pigment", "key_blank"),
        ("pigment, , , bloodline", "key_blank"),
        ("pigment, , , , Carolina Blue 1/2oz", "key_blank"),
        ("pigment, , , , , Pony pink", "key_blank"),
        (", , , Bloodline, Carolina Blue", "key_blank"),
    ],
)
def test_what_an_entry_makes_of_its_session(entry: str, word: str) -> None:
    assert told(of_one(entry), "BL23") == {"S1": word, "S2": "nothing_written", "S3": "nothing_written"}


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("pigment, , , Eternal", "not_of_this"),
        ("pigment, , , Bloodline, Venom Green", "not_of_this"),
        (", , E9", "nothing_written"),
        ("glove", "nothing_written"),
        ("glove, , 12", "nothing_written"),
        ("glove, L3", "nothing_written"),
    ],
)
def test_supplies_without_a_number_that_are_surely_something_else(entry: str, word: str) -> None:
    assert told(of_one(entry), "BL23")["S1"] == word


def test_an_unreadable_number_may_be_any() -> None:
    found = of_one("pigment, , \ufffe")
    assert told(found, "BL23")["S1"] == "key_unreadable"
    assert told(of_one("glove, , \ufffe"), "BL23")["S1"] == "nothing_written"


@pytest.mark.parametrize(
    ("kind", "word"),
    [("needle", "key_blank"), ("needle_bar", "key_blank"), ("cartridge", "key_blank"), ("glove", "nothing_written")],
)
def test_needles_needle_bars_and_cartridges_are_one_kind(kind: str, word: str) -> None:
    found = of_one(kind, "lot_id, item_type, brand, lot_number\nL1, cartridge, Nedl, N5")
    assert told(found, "N5")["S1"] == word


@pytest.mark.parametrize(("kind", "word"), [("anesthetic", "not_of_this"), ("dressing", "not_of_this"), ("jewelry", "not_of_this"),
                                            ("razor", "nothing_written"), ("disinfectant", "nothing_written")])  # fmt: skip
def test_what_is_used_in_every_sitting_is_missed_and_what_is_not_was_not_used(kind: str, word: str) -> None:
    found = of_one("pigment", f"lot_id, item_type, lot_number\nL1, {kind}, N5")
    assert told(found, "N5") == {"S1": word, "S2": "nothing_written", "S3": "nothing_written"}


@pytest.mark.parametrize(
    ("product", "color", "word"),
    [
        ("Liner Black", "Blue", "key_blank"),
        ("Liner Black", "Black", "not_of_this"),
        ("Liner", "Blue", "key_blank"),
        ("", "Blue", "key_blank"),
        ("", "Green", "not_of_this"),
        ("Blue", "", "key_blank"),
        ("Green", "", "not_of_this"),
        ("Blue liner black", "", "key_blank"),
        ("Liner Black 30 ml", "", "key_blank"),
    ],
)
def test_product_and_colour_agree_wherever_both_are_written(product: str, color: str, word: str) -> None:
    lots = "lot_id, item_type, product, color, lot_number\nL1, pigment, Liner Black, Blue, 7"
    assert told(of_one(f"pigment, , , , {product}, {color}", lots), "7")["S1"] == word


def test_a_lot_without_a_number_may_be_the_one() -> None:
    lots = (
        LOTS + "\n    L4, pigment, Bloodline, Carolina Blue, , 2026-01-10\n    L5, pigment, Eternal, Red, , 2026-01-10"
    )
    assert told(of_one("pigment, L4", lots), "BL23")["S1"] == "key_blank"
    assert told(of_one("pigment, L5", lots), "BL23")["S1"] == "not_of_this"


def test_the_strongest_entry_decides_and_of_equal_ones_the_first() -> None:
    heads = "session_id, item_type, lot_id, lot_number"
    found = logs(
        sessions=SESSIONS, supply_lots=LOTS,
        session_supplies=f"{heads}\nS1, pigment, L3\nS1, pigment\nS1, pigment, L2\nS1, pigment, L1\nS2, pigment\nS2, pigment, L3",
    )  # fmt: skip
    exposed = exposed_by_lots(found, 0, lots_numbered(found, 0, "BL23", TODAY), TODAY, "BL23")
    assert because(found, exposed) == {"S1": "named", "S2": "key_blank", "S3": "nothing_written"}
    assert exposed.log == "supply_lots"
    assert exposed.supply.tolist() == [2, 4, -1]
    assert exposed.target.tolist() == [1, -1, -1]


def test_before_the_lot_was_received_it_was_not_used_unless_it_is_named() -> None:
    lots = "lot_id, item_type, brand, lot_number, received_on\nL1, pigment, Inka, 7, 2026-03-02\nL2, pigment, Inka, 7, 2026-03-05"
    supplies = "session_id, item_type, lot_id, lot_number\nS1, pigment\nS2, pigment\nS3, pigment, L1"
    found = logs(sessions=SESSIONS, supply_lots=lots, session_supplies=supplies)
    assert told(found, "7") == {"S1": "before", "S2": "key_blank", "S3": "named"}
    early = logs(sessions=SESSIONS, supply_lots=lots, session_supplies="session_id, item_type, lot_id\nS1, pigment, L2")
    assert told(early, "7")["S1"] == "named"
    undated = logs(sessions=SESSIONS, supply_lots=lots + "\nL3, pigment, Inka, 7,", session_supplies=supplies)
    assert told(undated, "7")["S1"] == "key_blank"


@pytest.mark.parametrize(
    ("started", "entry", "word"),
    [
        ("", "pigment, L1", "named"),
        ("", "pigment", "key_blank"),
        ("", "pigment, L3", "other_named"),
        ("", "", "day_unknown"),
        ("2026-01", "", "day_unknown"),
        ("2025-12", "", "before"),
        ("2026-01-09", "", "before"),
        ("2026-01-10", "", "nothing_written"),
    ],
)
def test_sessions_whose_day_is_not_told(started: str, entry: str, word: str) -> None:
    found = of_one(entry, sessions=f"session_id, started_at\nS1, {started}")
    if not entry:
        found = logs(
            sessions=f"session_id, started_at\nS1, {started}",
            supply_lots=LOTS,
            session_supplies="session_id, item_type",
        )
    assert told(found, "BL23") == {"S1": word}


@pytest.mark.parametrize(
    ("entry", "word"),
    [("pigment, L1", "status_contradicts"), ("pigment, , BL-23", "status_contradicts"), ("pigment", "not_performed")],
)
def test_a_session_that_did_not_take_place(entry: str, word: str) -> None:
    found = of_one(entry, sessions="session_id, started_at, status\nS1, 2026-03-01, cancelled")
    assert told(found, "BL23") == {"S1": word}


def test_without_a_log_of_supplies_nobody_is_excluded() -> None:
    found = not_handed_in(logs(sessions=SESSIONS, supply_lots=LOTS, session_supplies="session_id"), "session_supplies")
    assert set(told(found, "BL23").values()) == {"no_log"}


def test_a_number_that_no_record_knows_leaves_those_without_a_number() -> None:
    heads = "session_id, item_type, lot_id, lot_number"
    found = logs(
        sessions=SESSIONS, supply_lots=LOTS, session_supplies=f"{heads}\nS1, glove\nS1, pigment, L1\nS2, pigment, L1"
    )
    assert told(found, "X99") == {"S1": "key_blank", "S2": "other_named", "S3": "nothing_written"}


def test_what_came_out_of_a_load_is_not_of_a_lot_that_no_record_knows() -> None:
    found = logs(
        sessions=SESSIONS,
        supply_lots=LOTS,
        sterilization_cycles="cycle_id, started_at\nY1, 2026-02-01",
        session_supplies="session_id, item_type, cycle_id\nS1, tube, Y1\nS2, tube, Y9\nS3, tube,",
    )
    assert told(found, "ZZZ") == {"S1": "other_named", "S2": "key_blank", "S3": "key_blank"}


def test_other_studios_and_later_days_are_not_looked_at() -> None:
    found = logs(
        studios={"a": {}, "b": {}},
        sessions="studio_id, session_id, started_at\na, S1, 2026-03-01\nb, S1, 2026-03-01\na, S2, 2026-03-09",
        supply_lots="studio_id, lot_id, item_type, lot_number, received_on\na, L1, pigment, 7, 2026-01-01\nb, L1, pigment, 8, 2026-01-01\na, L2, pigment, 7, 2026-03-20",
        session_supplies="studio_id, session_id, item_type, lot_id\na, S1, pigment, L1\nb, S1, pigment, L1\na, S2, pigment, L1",
    )
    day = date(2026, 3, 8)
    assert lots_numbered(found, 0, "7", day).rows.tolist() == [0]
    assert told(found, "7", day) == {"S1": "named"}
    assert told(found, "7", day, 1) == {"S1": "other_named"}
    assert told(found, "7") == {"S1": "named", "S2": "named"}


def test_what_is_left_in_stock() -> None:
    found = logs(
        sessions="session_id, started_at, status\nS1, 2026-03-01, performed",
        session_supplies="session_id, item_type, lot_id, quantity\nS1, needle, L1, 3\nS1, needle, L2, 5",
        supply_lots="lot_id, item_type, lot_number, received_on, quantity\nL1, needle, 7, 2026-01-01, 5\n"
        "L2, needle, 7, 2026-01-01, 5\nL3, needle, 7, 2026-01-01,\nL4, needle, 7, 2026-01-01, 5",
        waste_collections="collected_on, lot_id\n2026-04-01, L4",
    )
    lots = lots_numbered(found, 0, "7", TODAY)
    assert lots.left.tolist() == [True, False, False, False]
    assert lots.left_open.tolist() == [False, False, True, False]
    earlier = lots_numbered(found, 0, "7", date(2026, 3, 20))
    assert earlier.left.tolist()[3]


def test_lots_that_are_known_already() -> None:
    found = of_one("pigment, , BL23, Bloodline, Carolina Blue")
    lots = lots_of(found, 0, np.array([0]), np.array([2, 0]), TODAY)
    assert named(found, lots) == {"L1": True, "L3": False}
    assert because(found, exposed_by_lots(found, 0, lots, TODAY))["S1"] == "lot_uncertain"
    both = lots_of(found, 0, np.array([0, 1]), np.zeros(0, np.int64), TODAY)
    assert because(found, exposed_by_lots(found, 0, both, TODAY))["S1"] == "named"
    linked = of_one("pigment, L3")
    assert because(linked, exposed_by_lots(linked, 0, lots, TODAY))["S1"] == "lot_uncertain"
    assert because(linked, exposed_by_lots(linked, 0, both, TODAY))["S1"] == "other_named"


def test_similar_numbers_that_the_records_know() -> None:
    found = numbered("RB0624", "RB-0624", "RB0625", "ZZ", "BL23", "RB0626", "RB0627", "RB0628", "RB0629")
    assert set(similar_numbers(found, 0, "RBO624")) == {"RB0624", "RB-0624"}
    shown = similar_numbers(found, 0, "RB-0623")
    assert len(shown) == 5 and not {"ZZ", "BL23"}.intersection(shown)
    assert "RB-0623" not in similar_numbers(numbered("RB-0623"), 0, "rb-0623")
    assert similar_numbers(found, 0, "") == ()
    assert similar_numbers(numbered("12"), 0, "QQQQ") == ()
