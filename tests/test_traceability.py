"""Traceability: how many sessions lead from the client to the spore tests before and after, and where it breaks."""

from datetime import date
from typing import Any

import pytest
import trace_walk as walk
from tables import logs, not_handed_in
from trace_studios import studios

from smpcompliance import dates
from smpcompliance.logs.table import Logs
from smpcompliance.trace.traceability import (
    CONFIRMING,
    LINKS,
    LOTTED,
    MOST,
    LinkCount,
    Traceability,
    traceabilities,
    traceability,
)

TODAY = date(2026, 11, 21)

TABLES = {
    "sessions": "session_id,started_at,practitioner_id,client_id,status\nS1,2026-10-10 10:00,P1,C1,performed",
    "clients": "client_id,phone\nC1,555 0101",
    "session_supplies": "supply_id,session_id,item_type,lot_id,lot_number,cycle_id\n"
    "U1,S1,pigment,L1,,\nU2,S1,reusable_instrument,,,Y1",
    "supply_lots": "lot_id,item_type,lot_number\nL1,pigment,7",
    "sterilization_cycles": "cycle_id,equipment_id,started_at,provider\nY1,A1,2026-10-08,",
    "spore_tests": "spore_test_id,equipment_id,tested_at,result,control_result,cycle_id\n"
    "T1,A1,2026-10-01,pass,growth,\nT2,A1,2026-10-15,pass,growth,",
}
"""One session that is traceable end to end."""


def studio(studios: Any = None, **changed: str) -> Logs:
    return logs(studios=studios, **(TABLES | changed))


def counted(found: Logs, period: str | None = None, as_of: date = TODAY, code: int = 0) -> Traceability:
    return traceability(found, code, dates.period(period) if period else None, as_of)


def link(found: Logs, name: str, **how: Any) -> LinkCount:
    return next(each for each in counted(found, **how).links if each.link == name)


def broken(found: Logs) -> set[str]:
    """The links that are broken in some session."""
    return {each.link for each in counted(found).links if each.broken}


def spores(rows: str) -> str:
    return f"spore_test_id,equipment_id,tested_at,result,control_result,cycle_id\n{rows}"


def test_a_whole_chain_is_traceable_and_has_no_weakest_link() -> None:
    found = counted(studio())

    assert (found.looked_at, found.traceable, found.weakest) == (1, 1, None)
    assert [each.link for each in found.links] == list(LINKS)
    assert all((each.applies, each.holds, each.first) == (1, 1, ()) for each in found.links)


@pytest.mark.parametrize(
    ("name", "place", "changed"),
    [
        ("day", ("sessions", 0), {"sessions": "session_id,started_at,practitioner_id,client_id\nS1,2026-10,P1,C1"}),
        ("day", ("sessions", 0), {"sessions": "session_id,started_at,practitioner_id,client_id\nS1,soon,P1,C1"}),
        ("client", ("sessions", 0), {"sessions": "session_id,started_at,practitioner_id,client_id\nS1,2026-10-10,P1,"}),
        ("contact", ("sessions", 0), {"clients": "client_id,phone,email,address\nC1,,n/a,-"}),
        ("contact", ("sessions", 0), {"clients": "client_id,phone\nC2,555 0102"}),
        ("practitioner", ("sessions", 0), {"sessions": "session_id,started_at,client_id\nS1,2026-10-10,C1"}),
        ("supplies", ("sessions", 0), {"session_supplies": "supply_id,session_id\nU1,S2"}),
        ("lot", ("session_supplies", 1), {"session_supplies": "session_id,item_type,lot_id,cycle_id\n"
            "S1,reusable_instrument,,Y1\nS1,pigment,,\nS1,pigment,L1,"}),
        ("lot", ("session_supplies", 0), {"supply_lots": "lot_id,item_type\nL1,pigment"}),
        ("load", ("session_supplies", 0), {"session_supplies": "session_id,item_type,cycle_id\nS1,tube,"}),
        ("load", ("session_supplies", 0), {"session_supplies": "session_id,item_type,cycle_id\nS1,tube,Y9"}),
        ("load", ("session_supplies", 0), {"session_supplies": "session_id,lot_id\nS1,L2",
            "supply_lots": "lot_id,item_type,lot_number,sterile\nL2,needle,7,no"}),
        ("machine", ("sterilization_cycles", 0), {"sterilization_cycles": "cycle_id,started_at\nY1,2026-10-08"}),
        ("test_before", ("sterilization_cycles", 0), {"spore_tests": spores("T2,A1,2026-10-15,pass,growth,")}),
    ],
)  # fmt: skip
def test_each_link_breaks_by_itself(name: str, place: tuple[str, int], changed: dict[str, str]) -> None:
    found = counted(studio(**changed))

    assert [each.link for each in found.links if each.broken] == [name]
    assert (found.looked_at, found.traceable) == (1, 0)
    assert found.weakest is not None and found.weakest.link == name
    assert (found.weakest.applies, found.weakest.holds, found.weakest.first) == (1, 0, (place,))


def test_loads_that_wait_for_the_next_test_are_told_and_break_nothing() -> None:
    found = counted(studio(spore_tests=spores("T1,A1,2026-10-01,pass,growth,")))

    assert [each.link for each in found.links if each.broken] == ["test_after"]
    assert (found.traceable, found.weakest) == (1, None)


@pytest.mark.parametrize("column", ["phone", "email", "address"])
def test_one_way_to_reach_the_client_is_enough(column: str) -> None:
    assert link(studio(clients=f"client_id,{column}\nC1,somewhere"), "contact").holds == 1


def test_where_no_list_of_clients_was_handed_in_reaching_them_is_not_counted() -> None:
    found = counted(not_handed_in(studio(), "clients"))

    assert found.traceable == 1
    assert [each.applies for each in found.links if each.link == "contact"] == [0]


def test_where_no_supplies_were_handed_in_nothing_is_traceable() -> None:
    tables = {name: text for name, text in TABLES.items() if name != "session_supplies"}
    found = counted(logs(**tables))

    assert (found.looked_at, found.traceable) == (1, 0)
    assert found.weakest is not None and found.weakest.link == "supplies"


def test_a_link_applies_only_where_the_one_before_it_holds() -> None:
    found = studio(
        sessions="session_id,started_at,practitioner_id,client_id\nS1,2026-10-10,P1,",
        session_supplies="session_id,item_type,cycle_id\nS1,tube,Y9",
    )

    assert broken(found) == {"client", "load"}
    assert [link(found, each).applies for each in ("contact", "lot", "machine", "test_before")] == [0, 0, 0, 0]


def test_the_load_of_a_lot_sterilized_here_counts_as_that_of_its_entry() -> None:
    found = studio(
        session_supplies="session_id,lot_id\nS1,L2",
        supply_lots="lot_id,item_type,lot_number,sterile,cycle_id\nL2,needle,7,no,Y1",
    )

    assert counted(found).traceable == 1
    assert (link(found, "load").holds, link(found, "lot").applies) == (1, 0)


@pytest.mark.parametrize(
    ("item", "lot", "applies"),
    [
        ("pigment", "", 1), ("diluent", "", 1), ("anesthetic", "", 1), ("needle", "", 1), ("cartridge", "", 1),
        ("needle_bar", "", 1), ("jewelry", "", 1), ("", "", 1), ("", "pigment", 1), ("no such thing", "", 1),
        ("glove", "", 0), ("razor", "", 0), ("dressing", "", 0), ("apron", "", 0), ("ink_cup", "", 0),
        ("disinfectant", "", 0), ("", "glove", 0), ("glove", "pigment", 0), ("pigment", "glove", 1),
    ],
)  # fmt: skip
def test_only_what_enters_or_touches_broken_skin_needs_a_lot(item: str, lot: str, applies: int) -> None:
    """Everything here was bought in a studio that sterilizes nothing, and nothing has a number."""
    found = studio(
        {"s": {"instruments": "single_use_only"}},
        session_supplies=f"session_id,item_type,lot_id\nS1,{item},L2",
        supply_lots=f"lot_id,item_type\nL2,{lot}",
    )

    assert (link(found, "lot").applies, link(found, "lot").holds, link(found, "load").applies) == (applies, 0, 0)
    assert counted(found).traceable == 1 - applies


@pytest.mark.parametrize(
    ("lot", "applies"),
    [
        ("sterile\nL2,needle,7,yes", ("lot",)),
        ("single_use\nL2,needle,7,yes", ("lot",)),
        ("expires_on\nL2,needle,7,2028-01", ("lot",)),
        ("sterile\nL2,needle,7,no", ("load",)),
        ("sterile,single_use\nL2,needle,7,no,yes", ("load",)),
        ("sterile,expires_on\nL2,needle,7,no,2028-01", ("load",)),
        ("sterile\nL2,needle,7,", ("load",)),
        ("sterile\nL2,pigment,7,no", ("lot",)),
    ],
)
def test_what_the_lot_says_decides_if_a_load_stands_behind_it(lot: str, applies: tuple[str, ...]) -> None:
    found = studio(
        session_supplies="session_id,lot_id\nS1,L2", supply_lots=f"lot_id,item_type,lot_number,{lot}"
    )  # fmt: skip

    assert tuple(each for each in ("lot", "load") if link(found, each).applies) == applies


def test_a_single_use_studio_has_no_loads_to_name_but_those_it_names() -> None:
    single = {"s": {"instruments": "single_use_only"}}
    blank = studio(single, session_supplies="session_id,item_type,lot_number\nS1,grip,7\nS1,,8")
    named = studio(single, session_supplies="session_id,item_type,cycle_id\nS1,grip,Y9")

    assert counted(blank).traceable == 1
    assert (link(blank, "load").applies, link(blank, "lot").applies) == (0, 1)
    assert broken(named) == {"load"}


def test_an_outside_sterilizer_has_no_machine_and_no_tests_here() -> None:
    found = studio(sterilization_cycles="cycle_id,started_at,provider\nY1,2026-10-08,Steri Ltd", spore_tests=spores(""))

    assert counted(found).traceable == 1
    assert link(found, "machine").applies == 0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("2026-10-07,pass,growth", "2026-10-09,pass,growth", set()),
        ("2026-10-08,pass,growth", "2026-10-09,pass,growth", {"test_before"}),
        ("2026-10-07,pass,", "2026-10-08,pass,growth", {"test_after"}),
        ("2026-10-07,pass,no_growth", "2026-10-09,pass,growth", {"test_before"}),
        ("2026-10-07,fail,growth", "2026-10-09,pass,growth", {"test_before"}),
        ("2026-10-07,pending,", "2026-10-09,pass,growth", {"test_before"}),
        ("2026-10-07,pass,growth", "2026-10-09,fail,growth", set()),
        ("2026-10-07,pass,growth", "2026-10-09,fail,no_growth", {"test_after"}),
        ("2026-10-07,pass,growth", "2026-10-09,void,growth", {"test_after"}),
        ("2026-10-07,pass,growth", "2026-10-09,pending,growth", {"test_after"}),
        ("2026-10-07,pass,growth", "2026-11,pass,growth", {"test_after"}),
        ("2026-10-07,pass,growth", "2026-11-22,pass,growth", {"test_after"}),
        ("2026-10-07,pass,growth", ",pass,growth", {"test_after"}),
    ],
)
def test_only_tests_that_surely_count_stand_around_a_load(before: str, after: str, expected: set[str]) -> None:
    assert broken(studio(spore_tests=spores(f"T1,A1,{before},\nT2,A1,{after},"))) == expected


def test_times_of_one_day_tell_a_test_from_a_load() -> None:
    load = "cycle_id,equipment_id,started_at\nY1,A1,2026-10-08 12:00"

    assert counted(
        studio(
            sterilization_cycles=load,
            spore_tests=spores("T1,A1,2026-10-08 11:59,pass,,\nT2,A1,2026-10-08 12:01,pass,,"),
        )
    ).traceable
    assert broken(studio(sterilization_cycles=load, spore_tests=spores("T1,A1,2026-10-08 12:00,pass,,"))) == {
        "test_before", "test_after",
    }  # fmt: skip


def test_a_passing_test_in_the_load_itself_stands_for_both() -> None:
    assert broken(studio(spore_tests=spores("T1,A1,2026-10-08,pass,growth,Y1"))) == set()
    assert broken(studio(spore_tests=spores("T1,A1,2026-10-08,fail,growth,Y1"))) == {"test_before", "test_after"}
    assert broken(studio(spore_tests=spores("T1,A2,2026-10-08,pass,growth,Y1"))) == {"test_before", "test_after"}


def test_a_load_without_a_day_is_before_and_after_nothing() -> None:
    found = studio(sterilization_cycles="cycle_id,equipment_id,started_at\nY1,A1,")

    assert broken(found) == {"test_before", "test_after"}


def test_another_machines_tests_say_nothing_and_spelling_does_not_matter() -> None:
    assert broken(studio(spore_tests=spores("T1,A2,2026-10-01,pass,,\nT2,A2,2026-10-15,pass,,"))) == {
        "test_before", "test_after",
    }  # fmt: skip
    assert broken(studio(spore_tests=spores("T1,a1,2026-10-01,pass,,\nT2,A 1,2026-10-15,pass,,"))) == set()


def test_another_studios_machine_of_the_same_name_is_another_machine() -> None:
    found = studio(
        {"s": {}, "t": {}},
        spore_tests="spore_test_id,equipment_id,tested_at,result,studio_id\n"
        "T1,A1,2026-10-01,pass,t\nT2,A1,2026-10-15,pass,t",
    )

    assert broken(found) == {"test_before", "test_after"}
    assert counted(found, code=1) == Traceability(0, 0, counted(found, code=1).links)
    assert all(each.applies == 0 for each in counted(found, code=1).links)


def test_only_performed_sessions_of_the_days_are_looked_at_and_those_whose_day_is_not_known() -> None:
    found = studio(
        sessions="session_id,started_at,practitioner_id,client_id,status\nS1,2026-10-31 23:00,P1,C1,performed\n"
        "S2,2026-10-10,P1,C1,cancelled\nS3,2026-10-01,P1,C1,\nS4,,P1,C1,\nS5,2026-09-30,P1,C1,\nS6,2026-11-01,P1,C1,\n"
        "S7,2026-11-22,P1,C1,\nS8,2026,P1,C1,"
    )

    assert counted(found, "2026-10").looked_at == 4, "S1, S3, S4 and S8"
    assert counted(found).looked_at == 6, "all but the cancelled one and the one to come"
    assert link(found, "day", period="2026-10").holds == 2


def test_one_session_with_several_broken_entries_is_one_and_a_load_is_shown_once() -> None:
    found = studio(
        sessions="session_id,started_at,practitioner_id,client_id\nS2,2026-10-12,P1,C1\nS1,2026-10-10,P1,C1",
        session_supplies="session_id,item_type,cycle_id\nS2,tube,Y1\nS1,tube,Y1\nS1,grip,Y1\nS1,grip,\nS2,grip,\nS1,tip,",
        sterilization_cycles="cycle_id,started_at\nY1,2026-10-08",
    )

    assert (link(found, "machine").applies, link(found, "machine").holds) == (2, 0)
    assert link(found, "machine").first == (("sterilization_cycles", 0),)
    assert (link(found, "load").applies, link(found, "load").holds) == (2, 0)
    assert link(found, "load").first == tuple(("session_supplies", row) for row in (3, 5, 4)), "the earlier day first"


def test_the_weakest_link_is_the_one_most_sessions_fail_and_of_equal_ones_the_first() -> None:
    rows = "\n".join(f"S{n},2026-10-10,,{'C1' if n else ''}" for n in range(8))
    found = counted(studio(sessions=f"session_id,started_at,practitioner_id,client_id\n{rows}"))

    assert found.weakest is not None and found.weakest.link == "practitioner"
    assert (found.weakest.broken, len(found.weakest.first)) == (8, MOST)
    assert found.traceable == 0

    equal = counted(studio(sessions="session_id,started_at,practitioner_id,client_id\nS1,2026-10-10,,"))
    assert equal.weakest is not None and equal.weakest.link == "client"


def test_no_sessions_are_nothing_looked_at() -> None:
    found = counted(logs(clients="client_id\nC1"))

    assert (found.looked_at, found.traceable, found.weakest) == (0, 0, None)


AS_OF = (date(2025, 3, 20), date(2025, 12, 31), date(2025, 2, 10))
PERIODS = (None, dates.period("2025-03"), dates.period("2025-02-14/2025-03-14"))


@pytest.mark.parametrize("seed", range(8))
def test_the_counts_agree_with_a_naive_walk(seed: int) -> None:
    found = studios(seed, 12)
    for code in range(12):
        records = walk.records(found, code)
        as_of, period = AS_OF[(seed + code) % 3], PERIODS[seed % 3]
        counts = traceability(found, code, period, as_of)
        seen, whole = walked(records, period, as_of)

        assert traceabilities(found, period, as_of)[code] == counts, "all studios in one pass, or one after the other"

        assert {each.link: (each.applies, each.holds) for each in counts.links if each.link != "contact"} == seen
        assert (counts.looked_at, counts.traceable) == (seen["day"][0], whole)


def walked(records: walk.Records, period: dates.Period | None, as_of: date) -> tuple[dict[str, tuple[int, int]], int]:
    """Link → in how many sessions it applies and holds, and how many sessions are whole, one after the other."""
    counts: dict[str, list[bool]] = {name: [] for name in LINKS if name != "contact"}
    whole = 0
    for session in walk.sessions(records, as_of):
        when = walk.moment(session, "started_at")
        outside = when and period and (when.high.date() < period.first or when.low.date() > period.last)
        if outside or not walk.performed(session):
            continue
        of = links_of(records, session, when, as_of)
        for name, holds in of.items():
            counts[name].append(holds)
        whole += all(holds for name, holds in of.items() if name != CONFIRMING)
    return {name: (len(found), sum(found)) for name, found in counts.items()}, whole


def links_of(records: walk.Records, session: walk.Row, when: walk.Moment | None, as_of: date) -> dict[str, bool]:
    out = {
        "day": when is not None and when.has_day,
        "client": readable(session, "client_id"),
        "practitioner": readable(session, "practitioner_id"),
    }
    lots, cycles = records.rows["supply_lots"], records.rows["sterilization_cycles"]
    entries = [
        each
        for each in records.rows["session_supplies"]
        if walk.lead(each, "session_id", records.rows["sessions"], "session_id")[1] is session
    ]
    out["supplies"] = bool(entries)
    several: dict[str, list[bool]] = {}
    for entry in entries:
        lot = walk.lead(entry, "lot_id", lots, "lot_id")[1]
        how, run = walk.lead(entry, "cycle_id", cycles, "cycle_id")
        if how == "blank" and lot:
            how, run = walk.lead(lot, "cycle_id", cycles, "cycle_id")
        if how == "blank" and (records.instruments == "single_use_only" or bought_as_used(entry, lot)):
            if (kind_of(entry) or (lot and kind_of(lot)) or "needle") not in LOTTED:
                continue
            listed = lot is not None and walk.said(entry, "lot_number") is None and readable(lot, "lot_number")
            several.setdefault("lot", []).append(readable(entry, "lot_number") or listed)
            continue
        several.setdefault("load", []).append(run is not None)
        if run and walk.said(run, "provider") is None:
            several.setdefault("machine", []).append(readable(run, "equipment_id"))
            if readable(run, "equipment_id"):
                before, after = confirmed(records, run, as_of)
                several.setdefault("test_before", []).append(before)
                several.setdefault("test_after", []).append(after)
    return out | {name: all(found) for name, found in several.items()}


def kind_of(row: walk.Row) -> str | None:
    return walk.said(row, "item_type") if readable(row, "item_type") else None


def readable(row: walk.Row, column: str) -> bool:
    return walk.said(row, column) not in (None, walk.UNTOLD)


def bought_as_used(entry: walk.Row, lot: walk.Row | None) -> bool:
    if (walk.said(entry, "item_type") or (lot and walk.said(lot, "item_type"))) in walk.NEVER_STERILIZED:
        return True
    if lot is None or walk.said(lot, "sterile") == "no":
        return False
    sterile = "yes" in (walk.said(lot, "sterile"), walk.said(lot, "single_use"))
    return sterile or walk.moment(lot, "expires_on") is not None


def confirmed(records: walk.Records, run: walk.Row, as_of: date) -> tuple[bool, bool]:
    """Whether a test that passes stands before a run, and one that passes or fails after it."""
    began, before, after = walk.moment(run, "started_at"), False, False
    for test in records.rows["spore_tests"]:
        tested, result = walk.moment(test, "tested_at"), walk.said(test, "result")
        dead = walk.said(test, "control_result") == "no_growth"
        same = walk.said(test, "equipment_id") == walk.said(run, "equipment_id")
        if dead or not same or tested is None or not tested.has_day or tested.low.date() > as_of:
            continue
        within = walk.lead(test, "cycle_id", records.rows["sterilization_cycles"], "cycle_id")[1] is run
        proves = result == "pass" and within
        before |= proves or (result == "pass" and began is not None and tested.high < began.low)
        after |= proves or (result in ("pass", "fail") and began is not None and tested.low > began.high)
    return before, after
