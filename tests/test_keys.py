"""Keys of every shape: blank beside filled ones, of words, across links, of logs without a record, the same in two logs."""

import random

import numpy as np
import pytest
from tables import logs, scope

from smpcompliance.checks.reference import Reference
from smpcompliance.checks.unique import Unique
from smpcompliance.logs.cells import Reason, Written
from smpcompliance.logs.table import first_rows


def test_a_key_of_words_some_of_them_blank_repeats_where_both_are_filled() -> None:
    found = logs(
        sessions="session_id, client_id, procedure, started_at\n"
        "1, C1, tattoo, 2025-01-01\n2, C1,, 2025-01-02\n3, C1, tattoo, 2025-01-03\n4, C1,, 2025-01-04\n5, C2,, 2025-01-05"
    )
    check = {"kind": "unique", "log": "sessions", "key": ["client_id", "procedure"]}
    verdict = Unique.model_validate(check).evaluate(scope(found))

    assert verdict.failures.rows.tolist() == [2]
    assert [rows.tolist() for _, rows in verdict.failures.related_to(0)] == [[0]]
    assert verdict.failures.fact("times", 0) == "2"
    assert verdict.unknowns.rows.tolist() == [1, 3, 4]
    assert verdict.examined.tolist() == [4]


def test_a_key_is_sought_in_a_log_without_a_record() -> None:
    found = logs(
        sessions="session_id, started_at\nS1, 2025-01-01",
        session_supplies="supply_id, session_id, lot_id\n1, S1, L1\n2, S1,",
        supply_lots="lot_id, condition",
    )
    find = {"log": "supply_lots", "match": {"lot_id": "lot_id"}, "where": {"condition": {"enum": ["intact"]}}}
    check = {"kind": "reference", "log": "session_supplies", "find": find}
    verdict = Reference.model_validate(check).evaluate(scope(found))

    assert (verdict.failures.rows.tolist(), verdict.unknowns.rows.tolist()) == ([0], [1])


def test_records_of_two_logs_with_the_same_keys_line_by_line_lead_to_each_other() -> None:
    found = logs(
        sessions="session_id, consent_id, started_at\nS1, F1, 2025-01-01\nS2,, 2025-01-02\nS3, F3, 2025-01-03",
        consent_forms="consent_id, signed_at\nF1, 2024-12-31\n, 2024-12-30\nF3, 2024-12-29",
    )
    rows, why = found.link("sessions", "consent")

    assert rows.tolist() == [0, -1, 2]
    assert why.tolist() == [0, Reason.blank, 0]
    signed = found.cells("sessions", "consent.signed_at")
    assert [signed.text(row) for row in range(3)] == ["2024-12-31", "", "2024-12-29"]


def test_text_is_told_apart_only_when_asked() -> None:
    cells = logs(sessions="session_id, station\n1, a\n2, n/a\n3, b\n4, a").cells("sessions", "station")
    assert isinstance(cells, Written)
    assert [cells.text(row) for row in range(4)] == ["a", "", "b", "a"]
    some = cells.take(np.array([3, 0, -1, 1]), np.array([0, 0, Reason.dangling, 0], np.uint8))
    assert [some.text(row) for row in range(4)] == ["a", "a", "", ""]
    assert "values" not in vars(cells.texts)

    assert cells.codes.tolist() == [0, -1, 2, 0]
    assert some.codes.tolist() == [0, 0, -1, -1]
    assert some.values is cells.values


@pytest.mark.parametrize("seed", range(30))
def test_the_first_row_with_a_key_is_that_of_a_plain_loop(seed: int) -> None:
    draw = random.Random(seed)
    most = draw.choice([3, 40, 2**40])
    there = [draw.randrange(most) for _ in range(draw.randrange(60))]
    wanted = [draw.choice([*there, draw.randrange(most)]) for _ in range(draw.randrange(60))]
    usable, sought = ([draw.random() < 0.8 for _ in column] for column in (there, wanted))
    first: dict[int, int] = {}
    for row, key in enumerate(there):
        if usable[row]:
            first.setdefault(key, row)

    columns = (np.array(c, kind) for c, kind in ((there, int), (usable, bool), (wanted, int), (sought, bool)))
    told = [first.get(key, -1) if meant else -1 for key, meant in zip(wanted, sought, strict=True)]
    assert first_rows(*columns).tolist() == told
