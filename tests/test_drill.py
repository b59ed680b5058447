"""The drill: one load or lot drawn by hash, so that anybody can draw it again by hand."""

import hashlib
from datetime import date

from tables import logs

from smpcompliance import dates
from smpcompliance.logs.table import Logs
from smpcompliance.trace.drill import Drawn, drawn, of_one_load
from smpcompliance.trace.exposure import Strength
from smpcompliance.trace.look_back import exposed_by_loads

TODAY = date(2026, 11, 21)
CYCLES = """cycle_id,equipment_id,started_at,cycle_type,provider
Y1,A1,2026-10-01 09:00,load,
Y2,A1,2026-10-31 23:59,,
Y3,A1,2026-10-05,helix,
Y4,A1,2026-09-30,load,
Y5,A1,2026-11-22,load,
Y6,A1,2026-10,load,
Y7,A1,,load,
Y8,,2026-10-06,load,Steri Ltd
"""
LOTS = """lot_id,lot_number,received_on
L1,11,2026-10-01
L2,12,2026-09-01
L3,13,2026-09-01
L4,,2026-10-02
L5,15,
L6,16,2026-11-22
"""
SESSIONS = """session_id,started_at,status
S1,2026-10-10,performed
S2,2026-10-11,cancelled
S3,2026-09-11,performed
S4,2026-10-12,
"""
SUPPLIES = """session_id,lot_id,cycle_id
S1,L2,
S2,L3,
S3,L3,
S4,L5,
S1,L9,Y1
"""
OF_OCTOBER = {
    "sterilization_cycles": {"Y1", "Y2", "Y6"},
    "supply_lots": {"L1", "L2", "L4", "L5"},
}


def studio(**changed: str) -> Logs:
    tables = {"sterilization_cycles": CYCLES, "supply_lots": LOTS, "sessions": SESSIONS, "session_supplies": SUPPLIES}
    return logs(**(tables | changed))


def draws(found: Logs, period: str | None = "2026-10", seeds: int = 200, as_of: date = TODAY) -> list[Drawn]:
    days = dates.period(period) if period else None
    all_of = [drawn(found, 0, days, seed, as_of) for seed in range(seeds)]
    return [each for each in all_of if each]


def test_the_smallest_hash_by_hand_is_what_is_drawn() -> None:
    for seed, each in enumerate(draws(studio(), seeds=20)):
        texts = [f"{seed}|s|{log}|{key}" for log, keys in OF_OCTOBER.items() for key in keys]
        least = min(texts, key=lambda text: hashlib.sha256(text.encode()).hexdigest())

        assert each.text == least
        assert each.hash == hashlib.sha256(least.encode()).hexdigest()
        assert each.kind == ("equipment" if "sterilization_cycles" in least else "lot")
        assert each.key == least.rpartition("|")[2]


def test_loads_started_and_lots_received_or_used_in_the_period_are_drawn_from_and_no_others() -> None:
    found = draws(studio())

    assert {each.key for each in found if each.kind == "equipment"} == OF_OCTOBER["sterilization_cycles"]
    assert {each.key for each in found if each.kind == "lot"} == OF_OCTOBER["supply_lots"]


def test_the_row_is_that_of_the_record() -> None:
    found = studio()
    for each in draws(found, seeds=20):
        log, key = ("sterilization_cycles", "cycle_id") if each.kind == "equipment" else ("supply_lots", "lot_id")
        assert found.cells(log, key).text(each.row) == each.key


def test_without_a_period_everything_up_to_the_day_is_drawn_from() -> None:
    keys = {each.key for each in draws(studio(), None)}

    assert keys == {"Y1", "Y2", "Y4", "Y6", "L1", "L2", "L3", "L4", "L5"}


def test_a_month_that_is_not_over_may_lie_after_the_day_and_is_not_drawn() -> None:
    assert "Y6" not in {each.key for each in draws(studio(), as_of=date(2026, 10, 30))}


def test_the_order_of_the_lines_does_not_matter_and_the_seed_does() -> None:
    head, *lines = CYCLES.strip().splitlines()
    turned = studio(sterilization_cycles="\n".join([head, *reversed(lines)]))

    assert [each.text for each in draws(studio(), seeds=20)] == [each.text for each in draws(turned, seeds=20)]
    assert len({each.key for each in draws(studio(), seeds=20)}) > 1


def test_where_there_is_nothing_nothing_is_drawn() -> None:
    assert draws(studio(), "2020") == []
    assert draws(logs(sessions=SESSIONS), None) == []


def test_one_log_alone_is_enough() -> None:
    assert {each.key for each in draws(logs(supply_lots=LOTS))} == {"L1", "L4"}
    assert {each.key for each in draws(logs(sterilization_cycles=CYCLES))} == {"Y1", "Y2", "Y6"}


def test_another_studios_records_are_not_drawn() -> None:
    found = logs(
        studios={"s": {}, "t": {}},
        sterilization_cycles="cycle_id,started_at,cycle_type,studio_id\nY1,2026-10-01,load,s\nY2,2026-10-01,load,t",
    )

    assert {each.key for each in draws(found)} == {"Y1"}
    other = drawn(found, 1, None, 1, TODAY)
    assert other is not None and (other.key, other.text) == ("Y2", "1|t|sterilization_cycles|Y2")


def test_the_window_of_a_drawn_load_is_that_load_alone() -> None:
    found = studio(sterilization_cycles=CYCLES + "Y9,A1,2026-10-01 09:00,load,\n")
    window, loads = of_one_load(found, 0, 0, TODAY)
    exposed = exposed_by_loads(found, window, loads, TODAY)
    ids = found.cells("sessions", "session_id")

    assert (window.machine, loads.rows.tolist(), loads.sure.tolist(), loads.uses.tolist()) == ("A1", [0], [True], [1])
    assert window.surely == window.perhaps
    assert [ids.text(int(exposed.sessions[place])) for place in exposed.of(Strength.certain)] == ["S1"]


def test_a_drawn_load_whose_machine_is_not_told_is_one_too() -> None:
    found = studio(sterilization_cycles="cycle_id,started_at\nY1,2026-10-01\nY2,2026-10-01")
    window, loads = of_one_load(found, 0, 1, TODAY)

    assert (window.machine, loads.rows.tolist(), loads.sure.tolist()) == ("", [1], [True])
