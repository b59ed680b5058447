"""Reckoning by gaps: never too long from one record to the next."""

from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.checks.interval.case import Case, Judged, Lengths, all_uses, exact, plain, sure_uses, with_first_use
from smpcompliance.checks.stretches import REACH, Timeline
from smpcompliance.checks.subjects import Happenings
from smpcompliance.dates import DAY, Ints, Mask
from smpcompliance.logs.cells import Reason


def by_gap(case: Case, lengths: Lengths) -> Judged:
    """Judges each gap between neighbours (and from the start of service, and to the end of what is looked at)."""
    sure = _points(case, exact(case.events), case.service.since)
    over, closed, ends, due, used = _overdue(case, lengths, sure, all_uses(case))
    friendly = _points(
        case, case.events.of_each(case.subjects).each_day(), np.maximum(case.service.since, case.covered)
    )
    still, *_rest = _overdue(case, lengths, friendly, sure_uses(case))
    unit = np.searchsorted(sure.key, friendly.key[still], "right") - 1
    bad = over & (np.bincount(unit, minlength=len(over)) > 0)
    subject, first = sure.subject, sure.at // DAY
    lost = case.undated()[subject]
    unseen = sure.mark & (first < case.covered[subject])
    doubt = np.where(unseen, Reason.history_starts_late, case.doubt()[subject])
    why = np.where(over & (~bad | (lost > 0)), np.where(lost > 0, lost, doubt), 0)
    why = np.where(lengths.why[subject] > 0, lengths.why[subject], why).astype(np.uint8)
    due_at_all = used if case.idle == "excused" and not lengths.uses else np.ones(len(used), bool)
    running = ~closed & ~over & (lengths.why[subject] == 0)
    later = running & (case.stop[subject] == case.as_of) & (case.service.until[subject] > case.as_of)
    keep = (due_at_all | (why > 0)) & (ends >= case.first) & (~running | later)
    found = plain(subject, first, ends, due, sure.at, bad & (why == 0), why, later)
    return with_first_use(case, replace(found, timed=sure.timed & ~sure.mark).take(keep))


@dataclass(frozen=True)
class _Points:
    subject: Ints
    at: Ints
    timed: Mask
    mark: Mask

    @property
    def key(self) -> Ints:
        return self.subject * REACH + self.at


def _points(case: Case, events: Happenings, since: Ints) -> _Points:
    """The starts of service (`mark`) and the events in it, in order."""
    inside = (events.low >= since[events.subject]) & (events.low <= case.stop[events.subject])
    served = np.flatnonzero(since <= case.stop)
    subject = np.concatenate([served, events.subject[inside]])
    at = np.concatenate([since[served] * DAY, events.at[inside]])
    timed = np.concatenate([np.zeros(len(served), bool), events.timed[inside]])
    order = np.lexsort((np.arange(len(subject)) >= len(served), at, subject))
    return _Points(subject[order], at[order], timed[order], order < len(served))


def _at_work(lengths: Lengths, uses: Timeline, subject: Ints, start: Ints, day: Ints) -> Mask:
    """Whether each subject was used after `start` until `day`, and again within the interval of that last use."""
    whole = np.zeros(len(subject), bool)
    last, _ = uses.latest(subject, day, whole)
    since = last // DAY * DAY > start // DAY * DAY
    again = lengths.due(subject, np.where(since, last, day) // DAY) * DAY
    return since & (uses.upto(subject, again, whole) > uses.upto(subject, day, whole))


def _overdue(case: Case, lengths: Lengths, points: _Points, uses: Timeline) -> tuple[Mask, Mask, Ints, Ints, Mask]:
    """For the gap after each point: too long, ended by an event, its last day, last day in time, used in between."""
    subject, at, n = points.subject, points.at, len(points.at)
    closed = np.append(subject[1:] == subject[:-1], False)[:n]
    stop = case.stop[subject] * DAY
    then = np.where(closed, np.append(at[1:], 0)[:n], stop)
    timed = np.append(points.timed[1:], False)[:n] & closed
    whole = np.zeros(n, bool)
    base = np.where(points.mark, uses.before(subject, at, whole), uses.upto(subject, at, points.timed))
    reached = np.where(closed, uses.before(subject, then, timed), uses.upto(subject, stop, whole))
    due = lengths.due(subject, at // DAY)
    over = then // DAY > due
    if lengths.uses:
        over = reached - base > lengths.uses
    elif case.uses is not None and case.idle == "excused":
        over = over & (reached > base)
    elif case.uses is not None and case.idle in ("before_use", "at_rest"):
        last_day = np.minimum(due, then // DAY) * DAY
        used = reached > uses.upto(subject, last_day, whole)
        if case.idle == "at_rest":
            used = used | _at_work(lengths, uses, subject, at, last_day)
        over = over & used
    return over, closed, then // DAY, due, (reached > base) | (case.uses is None)
