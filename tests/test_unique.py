"""Kind `unique`: repeats, blanks, repeats that are one use, and an oracle."""

import random
from collections import defaultdict

import pytest
from tables import logs, scope

from smpcompliance.checks.unique import Unique


def judge(check: dict, period: str = "all", **tables: str) -> tuple[list[tuple[int, ...]], list[int], int]:
    """Lines of the records of each repeated key, lines that cannot be judged, and how many keys were judged."""
    found = logs(**tables)
    verdict = Unique.model_validate({"kind": "unique"} | check).evaluate(scope(found, period))
    line = found.log(check["log"]).line
    related = defaultdict(list)
    for _, entries, rows in verdict.failures.related():
        for entry, row in zip(entries, rows, strict=True):
            related[int(entry)].append(int(line[row]))
    repeats = [tuple(sorted([*related[n], int(line[row])])) for n, row in enumerate(verdict.failures.rows)]
    return sorted(repeats), sorted(int(line[r]) for r in verdict.unknowns.rows), int(verdict.examined.sum())


FORMS = {"log": "sessions", "where": {"status": {"enum": ["performed"]}}, "key": ["consent_id"]}


def test_a_key_used_twice_is_one_finding_with_all_its_records() -> None:
    table = "session_id, started_at, status, consent_id\n1, 2025-01-01, performed, F1\n2, 2025-01-02, performed, F2\n3, 2025-01-03, performed, F1\n4, 2025-01-04, performed, F1"
    assert judge(FORMS, sessions=table) == ([(2, 4, 5)], [], 2)


def test_a_blank_key_cannot_be_judged_and_a_booking_is_not_meant() -> None:
    table = "session_id, started_at, status, consent_id\n1, 2025-01-01, performed, F1\n2, 2025-01-02, performed,\n3, 2025-01-03, booked, F1"
    assert judge(FORMS, sessions=table) == ([], [3], 2)


def test_repeats_inside_one_session_are_one_use() -> None:
    check = {"log": "session_supplies", "key": ["cycle_id", "pack_id"], "across": "session_id"}
    sessions = "session_id, started_at\nS1, 2025-01-01\nS2, 2025-01-02"
    used = "supply_id, session_id, cycle_id, pack_id\n1, S1, C1, P1\n2, S1, C1, P1\n3, S1, C1, P2\n4, S2, C1, P2"
    assert judge(check, sessions=sessions, session_supplies=used) == ([(4, 5)], [], 2)


def test_studios_do_not_share_keys() -> None:
    table = "studio_id, session_id, started_at, status, consent_id\na, 1, 2025-01-01, performed, F1\nb, 2, 2025-01-02, performed, F1"
    found = logs(studios={"a": {}, "b": {}}, sessions=table)
    verdict = Unique.model_validate({"kind": "unique"} | FORMS).evaluate(scope(found))
    assert (verdict.failed.tolist(), verdict.examined.tolist()) == ([0, 0], [1, 1])


@pytest.mark.parametrize("seed", range(20))
def test_the_vectorised_answer_is_that_of_a_naive_loop(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(25):
        rows = [
            (draw.choice(["performed", "performed", "booked", ""]), draw.choice(["F1", "F2", "F3", ""]))
            for _ in range(draw.randint(0, 10))
        ]
        table = "session_id, started_at, status, consent_id\n" + "\n".join(
            f"{n}, 2025-01-01, {status}, {form}" for n, (status, form) in enumerate(rows)
        )
        lines = defaultdict(list)
        unsure = []
        for line, (status, form) in enumerate(rows, 2):
            if status == "performed" and form:
                lines[form].append(line)
            elif status != "booked":
                unsure.append(line)
        expected = sorted(tuple(found) for found in lines.values() if len(found) > 1)
        assert judge(FORMS, sessions=table) == (expected, unsure, len(lines) + len(unsure)), table


@pytest.mark.parametrize(
    ("period", "repeats", "examined"),
    [("all", [(2, 3)], 2), ("2025", [(2, 3)], 2), ("2024", [], 1), ("2025-01-02/2025-12-31", [(2, 3)], 2)],
)
def test_what_was_used_before_the_period_is_a_repeat(
    period: str, repeats: list[tuple[int, ...]], examined: int
) -> None:
    table = "session_id, started_at, status, consent_id\n1, 2024-12-31, performed, F1\n2, 2025-01-02, performed, F1\n3, 2025-02-03, performed, F2"
    assert judge(FORMS, period, sessions=table) == (repeats, [], examined)
