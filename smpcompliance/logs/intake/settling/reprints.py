"""Printouts that bear the same machine and number: copies of one cycle, or cycles before and after a counter restarted.

Copies are one record, and a failure on one of them is not undone by another. Cycles that began at different times are
records of their own, whatever their number.
"""

import numpy as np

from smpcompliance.dates import TIME, Ints
from smpcompliance.logs import arrow
from smpcompliance.logs.cells import Moments
from smpcompliance.logs.intake.raw import Misfits, Remarks
from smpcompliance.logs.table import Log

_BEST_FIRST = {"fail": 0, "aborted": 1, "pass": 2}
_NO_RESULT = 3


def left_aside(log: Log, printed: Ints, misfits: Misfits, remarks: Remarks) -> tuple[Ints, dict[int, str]]:
    """Which printouts are copies of others, and which need a key of their own.

    Of several copies the one with a failure stands, else the one that shows a good end.

    Args:
        log: the cycles; `cycle_id` is machine and number.
        printed: its rows that are printouts.
        misfits: takes the copies that are left aside.
        remarks: takes the numbers that stand for several cycles.

    Returns:
        The rows of the copies, and row → the key of a cycle whose number another cycle has too: with its start.
    """
    gone: list[int] = []
    renamed: dict[int, str] = {}
    starts = log.cells("started_at")
    assert isinstance(starts, Moments)
    for rows in _repeated(log, printed):
        known = [row for row in rows if starts.why[row] == 0]
        by_start: dict[str, list[int]] = {}
        for row in known:
            by_start.setdefault(starts.text(row)[: 16 if starts.precision[row] == TIME else 10], []).append(row)
        if len(by_start) <= 1:
            gone += _copies(log, rows, misfits)
            continue
        key = log.text["cycle_id"][rows[0]].as_py()
        days = ", ".join(sorted(by_start))
        text = (
            f"{len(by_start)} cycles have the number of {key}, begun {days}: the counter was set back, or a date was "
            "changed; each is a record of its own, and its id carries its start"
        )
        remarks.append((int(log.studio[rows[0]]), log.where(rows[0]), text))
        for start, same in by_start.items():
            renamed |= dict.fromkeys(same, f"{key} {start}")
            gone += _copies(log, same, misfits)
    return np.array(sorted(gone), np.int64), renamed


def _repeated(log: Log, printed: Ints) -> list[list[int]]:
    """The printouts of each key that several of one studio have."""
    if "cycle_id" not in log.text:
        return []
    cells = arrow.take(log.text["cycle_id"], printed).dictionary_encode()
    filled = np.array([bool(text.strip()) for text in cells.dictionary.to_pylist()] + [False])
    codes = arrow.numbers(cells.indices).astype(np.int64)
    key = log.studio[printed].astype(np.int64) * len(filled) + codes
    key, rows = key[filled[codes]], printed[filled[codes]]
    order = np.argsort(key, kind="stable")
    parts = np.split(rows[order], np.flatnonzero(np.diff(key[order])) + 1) if len(order) else []
    return [part.tolist() for part in parts if len(part) > 1]


def _copies(log: Log, rows: list[int], misfits: Misfits) -> list[int]:
    """All rows but the one that stands, each told."""
    results = log.cells("result")
    said = {row: "" if results.why[row] else results.text(row) for row in rows}
    stands = min(rows, key=lambda row: (_BEST_FIRST.get(said[row], _NO_RESULT), row))
    others = [row for row in rows if row != stands]
    for row in others:
        differs = said[row] and said[row] != said[stands]
        reason = f"this cycle already stands at {log.where(stands)}, line {log.line[stands]}; " + (
            f"that says {said[stands]} and this {said[row]}: the worse of the two stands. Find out which is right"
            if differs
            else "it counts once"
        )
        misfits.append((int(log.studio[row]), log.unreadable_at(row, "cycle_id", reason)))
    return others
