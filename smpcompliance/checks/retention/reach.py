"""How far a log reaches back, and whether another log proves that it should reach further."""

from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.checks.answer import answer
from smpcompliance.checks.base import Scope
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.retention.archive import Kept, Units
from smpcompliance.dates import (
    DATE,
    DAY,
    YEAR,
    Codes,
    Duration,
    Ints,
    Mask,
    add,
    add_months,
    end,
    floor,
    start_of,
    text_of,
)
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.rows import distinct_pairs
from smpcompliance.logs.schema import schema

_FAR = 2**40
_PERFORMED = Conditions({"status": Constraint(enum=["performed"])})
_LOADS = Conditions({"cycle_type": Constraint(enum=["load"])})
_PROOFS: dict[str, tuple[str, Conditions]] = {
    "consent_forms": ("sessions", _PERFORMED),
    "session_supplies": ("sessions", _PERFORMED),
    "spore_tests": ("sterilization_cycles", _LOADS),
}
"""Log → the log whose records make its records due, and which of them: their days prove activity."""
_STERILIZER = Conditions({"equipment_type": Constraint(enum=["sterilizer"])})
_STARTS: dict[str, tuple[str, str, Conditions]] = {
    "consent_forms": ("sessions", "started_at", _PERFORMED),
    "session_supplies": ("sessions", "started_at", _PERFORMED),
    "sterilization_cycles": ("equipment", "installed_on", _STERILIZER),
    "spore_tests": ("equipment", "installed_on", _STERILIZER),
    "equipment_events": ("equipment", "installed_on", Conditions({})),
    "training_records": ("practitioners", "started_on", Conditions({})),
}
"""Log → where the start of what it records stands: log, column, which of its records."""


def reach(scope: Scope, log: str, every: Kept, keep: Duration, *, by_year: bool, narrowed: bool) -> Units:
    """Judges each studio's log as a whole; a log without records is judged only where another one proves activity.

    Args:
        every: all records of the log, those that are not meant too.
        by_year: whether the term counts whole calendar years.
        narrowed: whether only some records are asked for what they need. Any record then shows how far the log reaches,
            only studios that have such records are judged, and activity before the log proves nothing against them.
    """
    need = _need(scope, log, keep, by_year)
    full, asked = _Beginning.of(scope, log, every, every.start.why == 0), every.meant
    own = _Beginning.of(scope, log, asked, asked.belongs.met & (asked.start.why == 0))
    own = replace(full, gap=np.maximum(full.gap, own.gap)) if narrowed else own
    met = own.has & (own.oldest <= np.minimum(need + own.gap, add_months(need, 1)))
    proved = _active(scope, log, need, full.surely_before(scope)) & (not narrowed)
    why = np.where(proved & ~own.doubtful & ~full.doubtful, 0, Reason.history_starts_late)
    some, unsure = _asked(scope, log, asked)
    if narrowed:
        met, why = met & (unsure == 0), np.where(unsure > 0, unsure, why)
    units = np.flatnonzero((some | proved) & scope.studios & scope.logs.has(log))
    said = [_said(int(need[s]), int(own.oldest[s])) for s in units]
    judged = answer(~met, np.where(met, 0, why).astype(np.uint8)).take(units)
    return Units(np.full(len(units), -1), units.astype(np.int64), judged, need[units], said)


def _asked(scope: Scope, log: str, asked: Kept) -> tuple[Mask, Codes]:
    """Which studios have records that may be meant, and why none of a studio's surely is (0 where one is)."""
    n, studio = len(scope.studios), scope.logs.log(log).studio[asked.rows]
    surely = np.bincount(studio[asked.belongs.met], minlength=n) > 0
    unsure = np.zeros(n, np.uint8)
    np.maximum.at(unsure, studio, asked.belongs.why)
    return np.bincount(studio, minlength=n) > 0, np.where(surely, 0, unsure).astype(np.uint8)


@dataclass(frozen=True)
class _Beginning:
    """Where the records of each studio begin.

    Attributes:
        oldest: day of the first sure record, far away where there is none.
        gap: the largest gap between such days (seconds).
        doubtful: whether others may be older.
    """

    oldest: Ints
    gap: Ints
    doubtful: Mask

    @classmethod
    def of(cls, scope: Scope, log: str, kept: Kept, sure: Mask) -> "_Beginning":
        n, studio = len(scope.studios), scope.logs.log(log).studio[kept.rows].astype(np.int64)
        day = floor(end(kept.start.at, kept.start.precision), DATE)
        oldest = np.full(n, _FAR)
        np.minimum.at(oldest, studio[sure], day[sure])
        return cls(oldest, _largest_gap(studio[sure], day[sure], n), np.bincount(studio[~sure], minlength=n) > 0)

    @property
    def has(self) -> Mask:
        return np.asarray(self.oldest < _FAR)

    def surely_before(self, scope: Scope) -> Ints:
        """The day before which activity ought to have left a record: one usual gap before the oldest one."""
        far = np.where(self.has, self.oldest, start_of(scope.as_of) + DAY)
        return np.where(self.has, np.maximum(far - self.gap, add_months(far, -1)), far)


def _said(need: int, oldest: int) -> str:
    begins = f"the oldest record is of {text_of(oldest, DATE)}" if oldest < _FAR else "there is no record"
    return f"{begins}, records must reach back to {text_of(need, DATE)}"


def _need(scope: Scope, log: str, keep: Duration, by_year: bool) -> Ints:
    """The day to which each studio's log must reach back: start of the term, of the law, or of what the log records."""
    term = add(np.array([start_of(scope.as_of)]), keep, sign=-1)
    term = np.repeat(floor(term, YEAR if by_year else DATE), len(scope.studios))
    opened = scope.logs.profile("opened_on")
    assert isinstance(opened, Moments)
    need = np.where(opened.why == 0, np.maximum(term, opened.at), term)
    return np.maximum(np.maximum(need, start_of(scope.law.first)), _start_of_what(scope, log))


def _start_of_what(scope: Scope, log: str) -> Ints:
    """The day on which each studio could first have something to record; long ago where that is not known."""
    n = len(scope.studios)
    if log not in _STARTS:
        return np.full(n, -_FAR)
    other, column, where = _STARTS[log]
    at, studio, meant = _dated(scope, other, column, where)
    unknown = np.bincount(studio[meant & (at.why > 0)], minlength=n) > 0
    first = np.full(n, _FAR)
    known = meant & (at.why == 0)
    np.minimum.at(first, studio[known], floor(at.at, DATE)[known])
    return np.where((first == _FAR) | unknown, -_FAR, first)


def _active(scope: Scope, log: str, since: Ints, before: Ints) -> Mask:
    """Which studios have a record of the proving log from the day `since` on and before the day `before`."""
    n = len(scope.studios)
    if log not in _PROOFS:
        return np.zeros(n, bool)
    other, where = _PROOFS[log]
    moment = schema(other).when
    assert moment
    at, studio, meant = _dated(scope, other, moment, where)
    first, last = floor(at.at, DATE), floor(end(at.at, at.precision), DATE)
    inside = meant & (at.why == 0) & (first >= since[studio]) & (last < before[studio])
    return np.asarray((np.bincount(studio[inside], minlength=n) > 0) & scope.studios)


def _dated(scope: Scope, log: str, column: str, where: Conditions) -> tuple[Moments, Ints, Mask]:
    """Moments of a log's records, their studios, and which records surely are meant."""
    at = scope.logs.cells(log, column)
    assert isinstance(at, Moments)
    meant = judge(where, Rows(scope.logs, log)).met
    return at, scope.logs.log(log).studio.astype(np.int64), meant


def _largest_gap(studio: Ints, day: Ints, n: int) -> Ints:
    """The longest time between neighbouring days of each studio (seconds); very long where there are not two days."""
    studio, day = distinct_pairs(studio, day)
    same = studio[1:] == studio[:-1]
    gap = np.zeros(n, np.int64)
    np.maximum.at(gap, studio[1:][same], np.diff(day)[same])
    return np.where(gap == 0, 400 * DAY, gap)
