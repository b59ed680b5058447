"""How far a log reaches back, and whether another log proves that it should reach further."""

import numpy as np

from smpcompliance.checks.answer import answer
from smpcompliance.checks.base import Scope
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.retention.archive import Kept, Units
from smpcompliance.dates import DATE, DAY, YEAR, Duration, Ints, Mask, add, add_months, end, floor, start_of, text_of
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.schema import schema

_FAR = 2**40
_PERFORMED: dict[str, object] = {"status": {"enum": ["performed"]}}
_LOADS: dict[str, object] = {"cycle_type": {"enum": ["load"]}}
_PROOFS: dict[str, tuple[str, dict[str, object]]] = {
    "consent_forms": ("sessions", _PERFORMED),
    "session_supplies": ("sessions", _PERFORMED),
    "spore_tests": ("sterilization_cycles", _LOADS),
}
"""Log → the log whose records make its records due, and which of them: their days prove activity."""
_STERILIZER: dict[str, object] = {"equipment_type": {"enum": ["sterilizer"]}}
_STARTS: dict[str, tuple[str, str, dict[str, object]]] = {
    "consent_forms": ("sessions", "started_at", _PERFORMED),
    "session_supplies": ("sessions", "started_at", _PERFORMED),
    "sterilization_cycles": ("equipment", "installed_on", _STERILIZER),
    "spore_tests": ("equipment", "installed_on", _STERILIZER),
    "equipment_events": ("equipment", "installed_on", {}),
    "training_records": ("practitioners", "started_on", {}),
}
"""Log → where the start of what it records stands: log, column, which of its records."""


def reach(scope: Scope, log: str, kept: Kept, keep: Duration, *, by_year: bool) -> Units:
    """Judges each studio's log as a whole; a log without records is judged only where another one proves activity."""
    n = len(scope.studios)
    need = _need(scope, log, keep, by_year)
    studio = scope.logs.log(log).studio[kept.rows].astype(np.int64)
    sure = kept.belongs.met & (kept.start.why == 0)
    day = floor(end(kept.start.at, kept.start.precision), DATE)
    oldest = np.full(n, _FAR)
    np.minimum.at(oldest, studio[sure], day[sure])
    gap = _largest_gap(studio[sure], day[sure], n)
    has = oldest < _FAR
    far = np.where(has, oldest, start_of(scope.as_of) + DAY)
    met = has & (far <= np.minimum(need + gap, add_months(need, 1)))
    before = np.where(has, np.maximum(far - gap, add_months(far, -1)), far)
    proved = _active(scope, log, need, before)
    doubtful = np.bincount(studio[~sure], minlength=n) > 0
    why = np.where(proved & ~doubtful, 0, Reason.history_starts_late)
    units = np.flatnonzero((has | proved | doubtful) & scope.studios & scope.logs.has(log))
    said = [_said(int(need[s]), int(oldest[s])) for s in units]
    judged = answer(~met, np.where(met, 0, why).astype(np.uint8)).take(units)
    return Units(np.full(len(units), -1), units.astype(np.int64), judged, need[units], said)


def _said(need: int, oldest: int) -> str:
    begins = f"the oldest record is of {text_of(oldest, DATE)}" if oldest < _FAR else "there is no record"
    return f"{begins}, records must reach back to {text_of(need, DATE)}"


def _need(scope: Scope, log: str, keep: Duration, by_year: bool) -> Ints:
    """The day to which each studio's log must reach back: start of the term, or of what the log records if later."""
    term = add(np.array([start_of(scope.as_of)]), keep, sign=-1)
    term = np.repeat(floor(term, YEAR if by_year else DATE), len(scope.studios))
    opened = scope.logs.profile("opened_on")
    assert isinstance(opened, Moments)
    need = np.where(opened.why == 0, np.maximum(term, opened.at), term)
    return np.maximum(need, _start_of_what(scope, log))


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


def _dated(scope: Scope, log: str, column: str, where: dict[str, object]) -> tuple[Moments, Ints, Mask]:
    """Moments of a log's records, their studios, and which records surely are meant."""
    at = scope.logs.cells(log, column)
    assert isinstance(at, Moments)
    meant = judge(Conditions.model_validate(where), Rows(scope.logs, log)).met
    return at, scope.logs.log(log).studio.astype(np.int64), meant


def _largest_gap(studio: Ints, day: Ints, n: int) -> Ints:
    """The longest time between neighbouring days of each studio (seconds); very long where there are not two days."""
    pairs = np.unique(np.stack([studio, day]), axis=1)
    same = pairs[0][1:] == pairs[0][:-1]
    gap = np.zeros(n, np.int64)
    np.maximum.at(gap, pairs[0][1:][same], np.diff(pairs[1])[same])
    return np.where(gap == 0, 400 * DAY, gap)
