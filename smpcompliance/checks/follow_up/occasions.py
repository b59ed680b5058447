"""The events after which something must follow: every record, the first of each group, or one that ends a long gap."""

from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.checks.answer import Answer, all_met, answer
from smpcompliance.checks.base import Scope, group_keys, judged_rows
from smpcompliance.checks.follow_up.course import Stretches, stretches
from smpcompliance.checks.follow_up.parts import Event
from smpcompliance.checks.judging import Rows, distance, holidays_of, narrowed
from smpcompliance.dates import DATE, Duration, Ints, Mask, floor
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.rows import begins, in_order, paired
from smpcompliance.logs.schema import schema


@dataclass(frozen=True)
class Occasions:
    """Events X: row of the log, whether each surely is one, its time, from when on a cure counts, whether it is judged.

    `opening` is the first second at which a forbidden record surely lies after X.
    """

    rows: Ints
    exists: Answer
    time: Stretches
    since: Ints
    opening: Ints
    judged: Mask

    def take(self, keep: Mask) -> "Occasions":
        return Occasions(
            self.rows[keep], self.exists.take(keep), self.time.take(keep), self.since[keep], self.opening[keep],
            self.judged[keep],
        )  # fmt: skip


def occasions(scope: Scope, after: Event, subject: list[str]) -> Occasions:
    """All events X of the studios that the rule reaches, in the whole history; `judged` marks those of the audit."""
    log, at = after.log, scope.logs.cells(after.log, after.moment())
    assert isinstance(at, Moments)
    rows = scope.rows(log)
    rows, exists = narrowed(after.where, scope.logs, log, rows, all_met(len(rows)))
    exists = exists & answer(np.zeros(len(rows), bool), at.why[rows])
    keep = ~_has_not_happened(after, at)[rows]
    rows, exists = rows[keep], exists.take(keep)
    time = stretches(at.take(rows))
    found = Occasions(rows, exists, time, time.low, time.high + 1, _judged(scope, after, at)[rows])
    if after.first:
        return _first(scope, after.log, after.first, found)
    return _after_gap(scope, after.log, subject, after.gap, found) if after.gap else found


def _has_not_happened(after: Event, at: Moments) -> Mask:
    """A standing record whose end is blank (a person who has not left) is no event yet."""
    known = schema(after.log)
    still = known.stands is not None and after.moment() != known.when
    return at.why == Reason.blank if still else np.zeros(len(at.why), bool)


def _judged(scope: Scope, after: Event, at: Moments) -> Mask:
    days = scope.days
    if days is None:
        return np.zeros(len(at.why), bool)
    inside = days.holds(floor(at.at, np.maximum(at.precision, DATE)))
    fallback = np.zeros(len(at.why), bool)
    fallback[judged_rows(scope, after.log, schema(after.log).when)[0]] = True
    return np.where(at.why == 0, inside, fallback)


def _first(scope: Scope, log: str, columns: list[str], found: Occasions) -> Occasions:
    """Keeps the earliest record of each group, and every record whose group or moment is not known."""
    key, why = group_keys(scope.logs, log, columns, found.rows)
    exists = found.exists & answer(np.zeros(len(why), bool), why)
    lost = (why > 0) | (found.time.level > 3)
    keep = lost.copy()
    rest = np.flatnonzero(~lost)
    rest = rest[in_order(paired(key[rest], found.time.low[rest]))]
    keep[rest] = begins(key[rest])
    return replace(found, exists=exists).take(keep)


def _after_gap(scope: Scope, log: str, subject: list[str], gap: Duration, found: Occasions) -> Occasions:
    """Keeps the records that follow the one before them by more than the gap; the time for a cure begins there."""
    key, why = group_keys(scope.logs, log, subject, found.rows)
    usable = (why == 0) & (found.time.level <= 3)
    sure, near = (_previous(key, found, usable & mask) for mask in (found.exists.met, ~found.exists.bad))
    here = Rows(scope.logs, log, found.rows)
    long, longest = (_longer(here, found, before, gap) for before in (near, sure))
    exists = found.exists & long
    undecided = long.bad & ~longest.bad & found.exists.met
    undecided_why = np.where(near >= 0, found.exists.why[np.maximum(near, 0)], 0)
    exists = Answer(exists.bad & ~undecided, np.where(undecided, undecided_why, exists.why).astype(np.uint8))
    exists = exists & answer(np.zeros(len(why), bool), np.where(usable, 0, why).astype(np.uint8))
    begin = np.where(sure >= 0, found.time.low[np.maximum(sure, 0)], found.time.low)
    return replace(found, exists=exists, since=begin, opening=found.time.low).take(~exists.bad)


def _previous(key: Ints, found: Occasions, usable: Mask) -> Ints:
    """For each record the place of the last usable one of its subject that lies before it in order; -1 without one."""
    order = in_order(paired(key, found.time.low))
    marks = np.where(usable[order], np.arange(len(order)), -1)
    last = np.maximum.accumulate(np.r_[-1, marks[:-1]]) if len(order) else marks
    same = (last >= 0) & (key[order][np.maximum(last, 0)] == key[order])
    out = np.full(len(order), -1)
    out[order] = np.where(same, order[np.maximum(last, 0)], -1)
    return out


def _longer(here: Rows, found: Occasions, before: Ints, gap: Duration) -> Answer:
    """Whether each record lies more than the gap after another one; not so where there is none."""
    has = before >= 0
    start = found.time.take(np.maximum(before, 0)).moments(has, Reason.blank)
    late, _ = distance(start, found.time.moments(found.time.level <= 3, Reason.blank), gap, holidays_of(here))
    more = ~late
    return Answer(np.where(has, more.bad, True), np.where(has, more.why, 0).astype(np.uint8))
