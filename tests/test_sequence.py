"""Kind `sequence`: running numbers and their restarts, overlaps, distances, doubt; and plain loops as oracles."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tables import logs, not_handed_in, scope

from smpcompliance.checks.sequence import Sequence
from smpcompliance.logs.cells import Reason

STEP = {
    "kind": "sequence", "log": "sterilization_cycles", "per": "equipment_id", "by": "started_at",
    "step": {"column": "cycle_number", "by": 1}, "reset_after": ["installation", "repair", "service"],
}  # fmt: skip
OVERLAP = {
    "kind": "sequence", "log": "sessions", "where": {"status": {"enum": ["performed"]}},
    "per": {"any_of": ["practitioner_id", "supervisor_id"]}, "no_overlap": {"from": "started_at", "to": "ended_at"},
}  # fmt: skip
APART = {
    "kind": "sequence", "log": "sessions", "where": {"status": {"enum": ["performed"]}},
    "per": ["client_id", "body_site"], "apart": {"at_least": "P7D"},
}  # fmt: skip
NO_EVENTS = "equipment_id, event_type, happened_at"


def judge(check: dict[str, Any], when: dict[str, str] | None = None, **tables: Any) -> tuple[list[Any], list[Any], int]:
    """(row, missing numbers) of each breach, rows that cannot be judged, and how many things were judged."""
    verdict = Sequence.model_validate(check).evaluate(scope(logs(**tables), **(when or {})))
    bad = [(int(row), verdict.failures.fact("missing", n)) for n, row in enumerate(verdict.failures.rows)]
    return sorted(bad), sorted(int(row) for row in verdict.unknowns.rows), int(verdict.examined.sum())


def cycles(*entries: str, events: str = NO_EVENTS) -> dict[str, str]:
    """Cycles of machine A, written as «number day» or «number day key»."""
    parts = [(*entry.split(), "", "")[:3] for entry in entries]
    lines = [f"A, {number.replace('?', '')}, {day}, {key or f'c{n}x'}" for n, (number, day, key) in enumerate(parts)]
    return {
        "sterilization_cycles": "\n".join(["equipment_id, cycle_number, started_at, cycle_id", *lines]),
        "equipment_events": events,
    }


def test_a_gap_is_one_finding_with_the_missing_numbers_and_the_number_before() -> None:
    built = logs(**cycles("11 2025-01-01", "12 2025-01-02", "15 2025-01-03", "16 2025-01-04"))
    found = Sequence.model_validate(STEP).evaluate(scope(built)).failures
    assert list(found.rows) == [2]
    assert {n: found.fact(n, 0) for n in found.facts} == {
        "equipment_id": "A", "missing": "13, 14", "previous": "12", "property": "step",
    }  # fmt: skip
    assert found.words(0) == "cycle number 12, then 15; missing: 13, 14"
    assert [(log, list(rows)) for log, _, rows in found.related()] == [("sterilization_cycles", [1])]


def test_many_missing_numbers_are_told_as_a_range() -> None:
    assert judge(STEP, **cycles("1 2025-01-01", "40 2025-01-02"))[0] == [(1, "2 to 39 (38 numbers)")]


def test_a_repeated_number_and_a_number_that_falls_are_breaches() -> None:
    assert judge(STEP, **cycles("5 2025-01-01", "5 2025-01-02", "3 2025-01-03")) == ([(1, ""), (2, "")], [], 2)


def test_the_order_of_the_file_does_not_matter() -> None:
    assert judge(STEP, **cycles("3 2025-01-03", "1 2025-01-01", "2 2025-01-02")) == ([], [], 2)


@pytest.mark.parametrize(
    ("event", "breaches", "unknown"),
    [
        ("A, repair, 2025-01-02", 0, 0),
        ("A, repair, 2025-01-01", 0, 0),
        ("A, repair, 2025-01-03T10:01", 1, 0),
        ("A, calibration, 2025-01-02", 1, 0),
        ("B, repair, 2025-01-02", 0, 0),
        ("A, , 2025-01-02", 0, 1),
        ("A, repair, ", 0, 1),
    ],
)
def test_a_restart_is_excused_by_an_event_between_the_two(event: str, breaches: int, unknown: int) -> None:
    tables = cycles("13 2025-01-01T10:00", "1 2025-01-03T10:00", events=f"{NO_EVENTS}\n{event}")
    found = judge(STEP, **tables)
    assert (len(found[0]), len(found[1])) == (breaches, unknown)


def test_a_repair_of_another_machine_excuses_nothing() -> None:
    tables = cycles("13 2025-01-01", "1 2025-01-03", events=f"{NO_EVENTS}\nB, repair, 2025-01-02")
    tables["sterilization_cycles"] += "\nB, 1, 2025-01-01, b1"
    assert judge(STEP, **tables)[0] == [(1, "")]


def test_a_restart_without_the_log_of_events_cannot_be_judged() -> None:
    built = not_handed_in(logs(**cycles("13 2025-01-01", "1 2025-01-03")), "equipment_events")
    verdict = Sequence.model_validate(STEP).evaluate(scope(built))
    assert (list(verdict.failures.rows), list(verdict.unknowns.why)) == ([], [Reason.no_log])


def test_a_restart_while_the_file_number_runs_on_is_no_gap() -> None:
    assert judge(STEP, **cycles("13 2025-01-01 f0077", "1 2025-01-02 f0078")) == ([], [], 1)
    assert judge(STEP, **cycles("13 2025-01-01 f0077", "1 2025-01-02 f0079"))[0] == [(1, "")]


def test_a_blank_number_cannot_be_judged_and_closes_no_gap() -> None:
    found = judge(STEP, **cycles("13 2025-01-01", "? 2025-01-02", "15 2025-01-03"))
    assert found == ([(2, "14")], [1], 2)


def test_a_number_without_a_date_makes_the_gap_it_may_fill_undecided() -> None:
    tables = cycles("13 2025-01-01", "15 2025-01-03", "17 2025-01-04")
    tables["sterilization_cycles"] += "\nA, 14, , late"
    assert judge(STEP, **tables) == ([(2, "16")], [1, 3], 3)


def test_numbers_of_one_day_are_ordered_by_number_where_no_times_are_known() -> None:
    assert judge(STEP, **cycles("1 2025-01-01", "3 2025-01-02", "2 2025-01-02", "4 2025-01-02")) == ([], [], 3)


def test_a_restart_inside_a_day_without_times_cannot_be_judged() -> None:
    found = judge(STEP, **cycles("11 2025-01-01", "12 2025-01-02", "13 2025-01-02", "1 2025-01-02", "2 2025-01-02"))
    assert found == ([], [1, 3], 4)


def test_only_pairs_whose_later_record_lies_in_the_audit_are_judged() -> None:
    tables = cycles("1 2024-12-30", "3 2024-12-31", "5 2025-01-01", "7 2025-02-01")
    assert judge(STEP, {"period": "2025-01"}, **tables) == ([(2, "4")], [], 1)


def test_machines_and_studios_have_their_own_numbers() -> None:
    table = "studio_id, equipment_id, cycle_number, started_at\ns, A, 1, 2025-01-01\ns, B, 5, 2025-01-02\nt, A, 9, 2025-01-03\ns, A, 2, 2025-01-04"
    assert judge(STEP, studios={"s": {}, "t": {}}, sterilization_cycles=table, equipment_events=NO_EVENTS) == (
        [],
        [],
        1,
    )


def test_a_log_that_names_no_machine_speaks_of_one() -> None:
    table = "cycle_number, started_at\n1, 2025-01-01\n3, 2025-01-02"
    assert judge(STEP, sterilization_cycles=table, equipment_events=NO_EVENTS)[0] == [(1, "2")]


def test_time_that_runs_backwards_as_numbers_rise_is_a_breach() -> None:
    check = {
        "kind": "sequence",
        "log": "sterilization_cycles",
        "per": "equipment_id",
        "by": "cycle_number",
        "order": "started_at",
    }
    assert judge(check, **cycles("1 2025-01-01", "2 2025-01-05", "3 2025-01-04"))[0] == [(1, "")]
    assert judge(check, **cycles("1 2025-01-01", "2 2025-01-05", "9 2025-01-05")) == ([], [], 2)


SESSIONS = "practitioner_id, supervisor_id, status, started_at, ended_at"


def sessions(*lines: str) -> dict[str, str]:
    """Sessions of practitioner P, written as «start end»; other columns as they stand."""
    rows = [line if "," in line else f"P, , performed, {', '.join((line + ' ').split(' ')[:2])}" for line in lines]
    return {"sessions": "\n".join([SESSIONS, *rows])}


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        ("2025-01-01T10:00 2025-01-01T12:00", "2025-01-01T12:00 2025-01-01T13:00", "met"),
        ("2025-01-01T10:00 2025-01-01T12:00", "2025-01-01T11:59 2025-01-01T13:00", "bad"),
        ("2025-01-01T10:00 2025-01-01T12:00", "2025-01-01T11:59", "bad"),
        ("2025-01-01T10:00", "2025-01-01T11:59 2025-01-01T13:00", "unknown"),
        ("2025-01-01T10:00 2025-01-01T12:00", "2025-01-01T10:00 2025-01-01T11:00", "bad"),
        ("2025-01-01T10:00 2025-01-01T12:00", "2025-01-01T10:00", "unknown"),
        ("2025-01-01 2025-01-01", "2025-01-01 2025-01-01", "unknown"),
        ("2025-01-01 2025-01-01", "2025-01-02 2025-01-02", "met"),
        ("2025-01-01T10:00 2025-01-01T09:00", "2025-01-01T11:00 2025-01-01T12:00", "unknown"),
    ],
)
def test_stretches_of_one_person(first: str, second: str, answer: str) -> None:
    found = judge(OVERLAP, **sessions(first, second))
    assert found == {"met": ([], [], 1), "bad": ([(1, "")], [], 1), "unknown": ([], [1], 1)}[answer]


def test_a_long_stretch_overlaps_beyond_its_neighbour() -> None:
    found = judge(
        OVERLAP,
        **sessions(
            "2025-01-01T09:00 2025-01-01T17:00",
            "2025-01-01T10:00 2025-01-01T11:00",
            "2025-01-01T12:00 2025-01-01T13:00",
        ),
    )
    assert found[0] == [(1, ""), (2, "")]


def test_a_trainer_watching_treats_nobody_else_and_a_pair_counts_once() -> None:
    table = sessions(
        "A, T, performed, 2025-01-01T10:00, 2025-01-01T12:00",
        "T, , performed, 2025-01-01T11:00, 2025-01-01T13:00",
        "B, U, performed, 2025-01-01T10:00, 2025-01-01T12:00",
        "B, U, performed, 2025-01-01T11:00, 2025-01-01T13:00",
        ", , performed, 2025-01-01T11:00, 2025-01-01T13:00",
    )
    assert judge(OVERLAP, **table) == ([(1, ""), (3, "")], [4], 3)


def test_a_session_of_unknown_status_never_breaches() -> None:
    table = sessions("2025-01-01T10:00 2025-01-01T12:00", "P, , , 2025-01-01T11:00, 2025-01-01T13:00")
    assert judge(OVERLAP, **table) == ([], [1], 1)


def test_neighbours_lie_a_week_apart_or_exactly_a_week() -> None:
    table = "client_id, body_site, status, started_at\nC, scalp, performed, 2025-01-01T15:00\nC, scalp, performed, 2025-01-08T09:00\nC, scalp, performed, 2025-01-14\nC, arm, performed, 2025-01-15\n, scalp, performed, 2025-01-15"
    assert judge(APART, sessions=table) == ([(2, "")], [4], 3)


@pytest.mark.parametrize("change", [{"step": None}, {"step": None, "order": "started_at", "by": None}])
def test_a_sequence_must_say_what_it_asks(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sequence.model_validate(STEP | change)


def _naive_steps(rows: list[list[str]], events: list[list[str]]) -> tuple[set[int], set[int]]:
    """Rows with a breach and rows that cannot be judged, where every record has a time or none of its day has."""
    bad, unknown = set(), {n for n, row in enumerate(rows) if not row[2] or not row[3]}
    for studio in "st":
        for machine in "AB":
            mine = [
                (row[3], int(row[2]), n)
                for n, row in enumerate(rows)
                if row[:2] == [studio, machine] and row[2] and row[3]
            ]
            mine.sort()
            undated = {int(row[2]) for row in rows if row[:2] == [studio, machine] and row[2] and not row[3]}
            for (t1, a, _), (t2, b, n) in zip(mine, mine[1:], strict=False):
                if b == a + 1:
                    continue
                repaired = any(e[:2] == [studio, machine] and t1 <= e[2] <= t2 for e in events)
                if b < a and b <= 1 and repaired:
                    continue
                unsure = b > a and undated & set(range(a + 1, b))
                (unknown if unsure else bad).add(n)
    return bad, unknown


@pytest.mark.parametrize("seed", range(4))
def test_running_numbers_agree_with_a_plain_loop(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(250):
        times = rng.sample(range(200), 30)
        minute = iter(datetime(2025, 1, 1) + timedelta(hours=7 * t) for t in times)
        number = {(s, m): 0 for s in "st" for m in "AB"}
        rows = []
        for when in sorted(next(minute) for _ in range(rng.randrange(20))):
            key = rng.choice(list(number))
            number[key] = rng.choice([number[key] + 1] * 6 + [number[key] + 3, number[key], 0, 1, 2])
            text = "" if rng.random() < 0.07 else str(number[key])
            rows.append([*key, text, "" if rng.random() < 0.07 else when.isoformat()[:16]])
        events = [[rng.choice("st"), rng.choice("AB"), next(minute).isoformat()[:16]] for _ in range(rng.randrange(4))]
        named = {(row[0], row[1]) for row in rows}
        if not all((s, m) in named for s in "st" for m in "AB"):
            continue
        rng.shuffle(rows)
        table = "studio_id, equipment_id, cycle_number, started_at, cycle_id\n" + "\n".join(
            f"{', '.join(row)}, k{n}x" for n, row in enumerate(rows)
        )
        log = "studio_id, equipment_id, event_type, happened_at\n" + "\n".join(
            f"{s}, {m}, repair, {t}" for s, m, t in events
        )
        found = judge(STEP, studios={"s": {}, "t": {}}, sterilization_cycles=table, equipment_events=log)
        assert ({row for row, _ in found[0]}, set(found[1])) == _naive_steps(rows, events), (table, log)


def _naive_overlaps(rows: list[list[str]]) -> tuple[set[int], set[int]]:
    bad, unknown = set(), set()
    for key in "st":
        names = {row[1] for row in rows if row[0] == key and row[2] != "booked"} - {""}
        for row in rows:
            if row[0] == key and not row[1] and len(names) <= 1:
                row[1] = next(iter(names), "nobody")
    for n, (studio, person, status, start, stop) in enumerate(rows):
        if status == "booked":
            continue
        if not start or not person:
            unknown.add(n)
            continue
        earlier = [
            (row[3], m, row[4], row[2]) for m, row in enumerate(rows)
            if m != n and row[:2] == [studio, person] and row[3] and row[2] != "booked" and (row[3], m) < (start, n)
        ]  # fmt: skip
        answers = set()
        for begin, _, end, state in earlier:
            if end and end > start and (begin < start or (stop and stop > start)):
                answers.add("bad" if state == status == "performed" else "unknown")
            elif end and end > start and not stop:
                answers.add("unknown")
        if earlier and not max(earlier)[2]:
            answers.add("unknown")
        if "bad" in answers:
            bad.add(n)
        elif answers:
            unknown.add(n)
    return bad, unknown


@pytest.mark.parametrize("seed", range(4))
def test_overlaps_agree_with_a_plain_loop(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(300):
        rows = []
        for _ in range(rng.randrange(10)):
            start = datetime(2025, 1, 1, 9) + timedelta(minutes=30 * rng.randrange(14))
            stop = start + timedelta(minutes=30 * rng.randrange(5))
            rows.append([
                rng.choice("st"), "" if rng.random() < 0.05 else rng.choice("PQ"), rng.choice(["performed"] * 5 + ["booked", ""]),
                "" if rng.random() < 0.05 else start.isoformat()[:16], "" if rng.random() < 0.1 else stop.isoformat()[:16],
            ])  # fmt: skip
        table = "studio_id, practitioner_id, status, started_at, ended_at\n" + "\n".join(map(", ".join, rows))
        check = OVERLAP | {"per": {"any_of": ["practitioner_id", "supervisor_id"]}}
        found = judge(check, studios={"s": {}, "t": {}}, sessions=table)
        assert ({row for row, _ in found[0]}, set(found[1])) == _naive_overlaps(rows), table


@pytest.mark.parametrize("seed", range(3))
def test_distances_agree_with_a_plain_loop(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(300):
        days = [f"2025-{rng.randrange(1, 3):02}-{rng.randrange(1, 29):02}" for _ in range(rng.randrange(8))]
        rows = [(rng.choice("st"), rng.choice("CD"), day) for day in days]
        bad = 0
        for key in {row[:2] for row in rows}:
            mine = sorted(datetime.fromisoformat(day) for *owner, day in rows if tuple(owner) == key)
            bad += sum((b - a).days < 7 for a, b in zip(mine, mine[1:], strict=False))
        table = "studio_id, client_id, body_site, status, started_at\n" + "\n".join(
            f"{s}, {c}, scalp, performed, {d}" for s, c, d in rows
        )
        found = judge(APART, studios={"s": {}, "t": {}}, sessions=table)
        assert (len(found[0]), found[1]) == (bad, []), table
