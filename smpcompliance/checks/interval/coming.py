"""When a duty that returns is due next: the stretch of each subject that is still open."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.checks.interval.case import Case, Judged, Lengths, all_uses, exact
from smpcompliance.checks.interval.reckon import fresh_until
from smpcompliance.checks.stretches import NEVER, Calendar
from smpcompliance.checks.subjects import FAR
from smpcompliance.checks.upcoming import NO_DAY
from smpcompliance.dates import DAY, Codes, Ints, Mask
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.rows import distinct, groups

Reckoning = Callable[[Case], Judged]


@dataclass(frozen=True)
class Coming:
    """What each of some subjects must do next.

    Attributes:
        due: last day in time, `NO_DAY` where only a use makes it due.
        late: breached, and nothing has happened since; `why` why it cannot be told.
        conditional: it is due only if the subject is used.
        uses_left: uses until it is due, -1 where days count.
    """

    subject: Ints
    due: Ints
    late: Mask
    conditional: Mask
    why: Codes
    uses_left: Ints

    def take(self, keep: Mask | Ints) -> "Coming":
        """Some of them."""
        return Coming(**{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})


def in_service(case: Case, found: Coming, start: int, *, through: bool) -> Coming:
    """Only what comes while the subject is in service; whose first day nobody knows cannot be told.

    Args:
        through: a thing is also due on the very last day of service (a calendar stretch that ends on it is judged).
    """
    until = case.service.until[found.subject]
    in_time = (found.due < until) | (through & (found.due == until)) | (found.due == NO_DAY)
    found = found.take((until >= start) & (found.late | in_time))
    seen = np.zeros(len(case.subjects), bool)
    for things in (case.events, case.uses):
        if things is not None:
            known = exact(things)
            seen[known.subject] = True
    lost = ((case.service.written <= -FAR) & ~seen)[found.subject]
    why = np.where((found.why == 0) & lost, Reason.blank, found.why).astype(np.uint8)
    return replace(found, why=why, late=found.late & (why == 0))


def possibly_used(case: Case) -> Mask:
    """Per subject whether anything on record may be a use of it; always where nothing counts as a use."""
    out = np.zeros(len(case.subjects), bool)
    if case.uses is None:
        return ~out
    each = case.uses.of_each(case.subjects)
    out[each.subject[each.subject >= 0]] = True
    return out


def next_gap(case: Case, lengths: Lengths, reckoned: Reckoning, start: int) -> Coming:
    """The gap of each subject that no event has closed yet: it must be closed by its last day in time."""
    stop = np.minimum(case.service.until, min(case.last, start))
    counted = _open(case, reckoned(replace(case, idle="counts", as_of=start, stop=stop)))
    counted = _last_of_each(counted.take(counted.row < 0))
    now = _open(case, reckoned(case))
    subject, whole = counted.subject, np.zeros(len(counted.subject), bool)
    surely = exact(case.events).timeline()
    bare = surely.within(subject, case.service.since[subject], np.full(len(subject), case.as_of)) == 0
    unseen = bare & (counted.first < case.covered[subject])
    due = np.where(unseen, lengths.due(subject, np.maximum(counted.first, case.covered[subject])), counted.due)
    late, _, why = _breaches(case, now)
    _, first_use, _ = _breaches(case, now.take(now.row >= 0))
    due = np.minimum(due, first_use[subject])
    used = np.isin(subject, now.subject) if case.idle == "excused" else whole
    conditional = whole if case.uses is None or case.idle == "counts" else ~used
    left = np.full(len(subject), -1)
    if lengths.uses:
        uses = all_uses(case)
        today = np.full(len(subject), case.as_of * DAY)
        done = uses.upto(subject, today, whole) - uses.upto(subject, counted.at, counted.timed)
        left = np.maximum(lengths.uses - done, 0)
        due, conditional = np.full(len(subject), NO_DAY), ~whole
    doubt = np.where(why[subject] > 0, why[subject], counted.why)
    doubt = np.where(late[subject] | ((counted.why == 0) & (why[subject] == 0)), 0, doubt).astype(np.uint8)
    return Coming(subject, due, late[subject], conditional & ~late[subject], doubt, left)


def next_stretch(case: Case, calendar: Calendar, reckoned: Reckoning, start: int) -> Coming:
    """The calendar stretch of each subject that must still be met, or the first that was missed and not made up for."""
    final = int(calendar.last(calendar.unit(np.array([start])) + 1)[0])
    later = replace(case, as_of=final, stop=np.minimum(case.service.until, min(case.last, final)))
    counted, surely = reckoned(replace(later, idle="counts")), reckoned(later)
    ahead = counted.take((counted.row < 0) & ~counted.later & (counted.bad | (counted.why > 0)))
    ahead = _first_of_each(ahead.take(ahead.last >= start))
    late, since, _ = _breaches(case, _missed(case, reckoned(case)))
    sure = surely.take(surely.bad & (surely.row < 0))
    due_anyway = np.isin(_key(ahead), _key(sure))
    subject = distinct(np.concatenate([ahead.subject, np.flatnonzero(late)]))
    due, why, anyway = np.full(len(late), NO_DAY), np.zeros(len(late), np.uint8), np.zeros(len(late), bool)
    due[ahead.subject], why[ahead.subject], anyway[ahead.subject] = ahead.last, ahead.why, due_anyway
    due = np.where(late, since, due)
    why = np.where(late, 0, why).astype(np.uint8)
    none = np.full(len(subject), -1)
    return Coming(subject, due[subject], late[subject], ~(anyway | late)[subject], why[subject], none)


def _key(judged: Judged) -> Ints:
    return judged.subject * 2 * FAR + judged.first + FAR


def _missed(case: Case, judged: Judged) -> Judged:
    """The stretches that are over and after which nothing has happened."""
    judged = _open(case, judged)
    return judged.take((judged.last < case.as_of) | (judged.row >= 0))


def next_use(case: Case, lengths: Lengths, reckoned: Reckoning, start: int, meant: Ints) -> Coming:
    """How long each subject that is used may be used without another event; `meant` are those the rule means."""
    n = len(case.subjects)
    every, whole = np.arange(n), np.zeros(n, bool)
    today = np.full(n, case.as_of * DAY)
    last, timed = exact(case.events).timeline().latest(every, today, whole)
    now = _open(case, reckoned(case))
    late, since, why = _breaches(case, now)
    due = fresh_until(case, lengths, every, last)
    due = np.where(due <= -FAR, np.where(late, since, NO_DAY), due)
    left = np.full(n, -1)
    if lengths.uses:
        uses, known = all_uses(case), last > NEVER
        left = lengths.uses - uses.upto(every, today, whole)
        left = np.maximum(left + np.where(known, uses.upto(every, np.where(known, last, 0), timed), 0), 0)
        due = np.where(late, since, NO_DAY)
    elif start > case.as_of:
        due = np.where(due < NO_DAY, np.maximum(due, case.first - 1), due)
    why = np.where(lengths.why > 0, lengths.why, np.where(late, 0, why)).astype(np.uint8)
    return Coming(every, due, late, ~late, why, left).take(np.isin(every, meant) & possibly_used(case))


def _open(case: Case, judged: Judged) -> Judged:
    """The stretches after which no event surely has happened."""
    judged = judged.take(judged.subject >= 0)
    surely = exact(case.events).timeline()
    today = np.full(len(judged.subject), case.as_of * DAY)
    whole = np.zeros(len(judged.subject), bool)
    so_far = surely.upto(judged.subject, judged.at, judged.timed)
    return judged.take(surely.upto(judged.subject, today, whole) == so_far)


def _breaches(case: Case, judged: Judged) -> tuple[Mask, Ints, Codes]:
    """Per subject: whether one of these stretches is breached, the first last day in time, and why one may be.

    Without a last day in time (an event had to come before the first use) it is the day of that use.
    """
    n = len(case.subjects)
    late, since, why = np.zeros(n, bool), np.full(n, NO_DAY), np.zeros(n, np.uint8)
    bad = judged.take(judged.bad)
    late[bad.subject] = True
    day = np.where((bad.due > -FAR // 2) & (bad.due < FAR), bad.due, bad.first)
    np.minimum.at(since, bad.subject, day)
    open_ = judged.why > 0
    why[judged.subject[open_][::-1]] = judged.why[open_][::-1]
    return late, since, np.where(late, 0, why).astype(np.uint8)


def _first_of_each(judged: Judged) -> Judged:
    order = np.lexsort((judged.first, judged.subject))
    return judged.take(order[groups(judged.subject[order])[1]])


def _last_of_each(judged: Judged) -> Judged:
    order = np.lexsort((np.arange(len(judged.at)), judged.at, judged.subject))
    ends = order[np.r_[judged.subject[order][1:] != judged.subject[order][:-1], True]] if len(order) else order
    return judged.take(ends)
