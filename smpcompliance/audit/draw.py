"""A sample of the period's records that anybody can draw again: by hash, not by a machine's own chance.

For each record the text `seed|studio|log|record` is hashed with SHA-256; of each log the records with the smallest
hashes are drawn. The order of files and lines, the version of Python and the platform do not matter.
"""

import hashlib
import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from smpcompliance.audit.coverage import event_column
from smpcompliance.audit.finding import Audit
from smpcompliance.dates import Ints
from smpcompliance.logs.cells import Coded, Moments
from smpcompliance.logs.schema import schema
from smpcompliance.logs.table import Logs

DRAWN_FROM: Mapping[str, tuple[str, str]] = {
    "sessions": ("status", "performed"),
    "sterilization_cycles": ("cycle_type", "load"),
    "spore_tests": ("", ""),
    "consent_forms": ("", ""),
}
"""Log → the column and word that make a record one of these (or that it is not said): sittings and loads."""


@dataclass(frozen=True)
class Drawn:
    """A record that was drawn; `text` is what was hashed, `hash` its SHA-256 in hexadecimal figures."""

    log: str
    row: int
    key: str
    text: str
    hash: str


@dataclass(frozen=True)
class Draw:
    """A sample.

    Attributes:
        seed: of the draw.
        counts: log → records of the period from which was drawn; logs without any are left out.
        drawn: by log, the smallest hash first.
    """

    seed: int
    counts: Mapping[str, int]
    drawn: tuple[Drawn, ...]


def draw(audit: Audit, studio_id: str, most: int, seed: int) -> Draw:
    """Draws records of a studio that are dated in the period.

    Args:
        most: records to draw; every log that has records gives at least one, as far as there are so many to draw; each
            further one comes from the log with the most records for each one drawn.
    """
    codes = [n for n, studio in enumerate(audit.logs.studios) if studio.studio_id == studio_id]
    rows = {log: _rows(audit, log, codes[0]) for log in DRAWN_FROM} if codes else {}
    counts = {log: len(found) for log, found in rows.items() if len(found)}
    drawn = [
        each
        for log, n in quotas(counts, most).items()
        for each in smallest_hashes(audit.logs, studio_id, log, rows[log], n, seed)
    ]  # fmt: skip
    return Draw(seed, counts, tuple(drawn))


def quotas(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """How many records each log gives."""
    given = dict.fromkeys(list(counts)[:most], 1)
    for _ in range(min(most, sum(counts.values())) - len(given)):
        free = [log for log in given if given[log] < counts[log]]
        given[max(free, key=lambda log: Fraction(counts[log], given[log] + 1))] += 1
    return given


def _rows(audit: Audit, log: str, studio: int) -> Ints:
    table, logs = audit.logs.log(log), audit.logs
    column = event_column(schema(log))
    if not len(table) or column is None:
        return np.zeros(0, np.int64)
    moment = logs.cells(log, column)
    assert isinstance(moment, Moments)
    here = (table.studio == studio) & ~table.made_up & (moment.why == 0) & audit.period.holds(moment.at)
    name, word = DRAWN_FROM[log]
    if name:
        kind = logs.cells(log, name)
        assert isinstance(kind, Coded)
        here &= (kind.why > 0) | kind.where(lambda value: value == word)
    return np.flatnonzero(here)


def smallest_hashes(logs: Logs, studio_id: str, log: str, rows: Ints, n: int, seed: int) -> list[Drawn]:
    """The records with the smallest hashes; those that share a key, in the order of file and line.

    Args:
        rows: of the log, all of this studio; at least one.
        n: records to draw, at least one.
    """
    table = logs.log(log)
    cells = logs.cells(log, table.schema.key)
    assert isinstance(cells, Coded)
    values = (*map(str, cells.values), "")
    texts = [f"{seed}|{studio_id}|{log}|{values[code]}" for code in cells.codes[rows].tolist()]
    hashes = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    last = heapq.nsmallest(n, hashes)[-1]
    found = [(hashes[at], int(rows[at]), texts[at]) for at in range(len(rows)) if hashes[at] <= last]
    found.sort(key=lambda each: (each[0], table.where(each[1]), int(table.line[each[1]])))
    return [Drawn(log, row, cells.text(row), text, digest) for digest, row, text in found[:n]]
