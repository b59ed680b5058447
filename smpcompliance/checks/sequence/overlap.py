"""Stretches of one subject that must not overlap."""

import numpy as np

from smpcompliance.checks.answer import Answer
from smpcompliance.checks.sequence.neighbours import Members, Pairs, alone, moment_of
from smpcompliance.checks.stretches import REACH
from smpcompliance.dates import Ints, end
from smpcompliance.logs.cells import Moments, Reason


def no_overlap(members: Members, to: str) -> Pairs:
    """Judges each record against those of its subject that began before it."""
    lost = members.lost
    every = np.flatnonzero(lost == 0)
    every = every[members.take(every).in_order(np.zeros(len(every), np.int64))]
    sure = every[members.doubt[every] == 0]
    places, before, answer = _overlaps(members.take(every), to)
    known = members.take(every).doubt
    unsure = np.where(known[places] > 0, known[places], known[before])
    certain, earlier, strict = _overlaps(members.take(sure), to)
    row_of = members.records.rows
    worst = np.zeros(len(every), bool)
    instead = np.full(len(every), -1, np.int64)
    spot = np.searchsorted(every, sure) if np.all(np.diff(every) > 0) else _places(every, sure)
    worst[spot[certain[strict.bad]]] = True
    instead[spot[certain[strict.bad]]] = sure[earlier[strict.bad]]
    bad = worst[places]
    why = np.where(bad, 0, np.where(answer.bad & (unsure > 0), unsure, answer.why))
    why = np.where(~bad & answer.bad & (why == 0), Reason.ambiguous, why).astype(np.uint8)
    first = np.where(bad, row_of[np.maximum(instead[places], 0)], row_of[every[before]])
    found = Pairs.of("overlap", moment_of(members), first, row_of[every[places]], Answer(bad, why))
    return Pairs.joined([found, alone("overlap", moment_of(members), members, lost)])


def _places(every: Ints, some: Ints) -> Ints:
    order = np.argsort(every)
    return order[np.searchsorted(every[order], some)]


def _overlaps(known: Members, to: str) -> tuple[Ints, Ints, Answer]:
    """For members in order: (places with a predecessor, the predecessor that matters, whether they are apart)."""
    moment, n = known.records.moment, len(known.group)
    ends = known.scope.logs.cells(known.log, to).take(known.records.rows)
    assert isinstance(ends, Moments)
    low, high = moment.at, end(moment.at, moment.precision)
    broken = (ends.why == 0) & (end(ends.at, ends.precision) < low)
    why = np.where(broken, Reason.ambiguous, ends.why).astype(np.uint8)
    done, done_high = ends.at, end(ends.at, ends.precision)
    place = np.flatnonzero(np.append(np.array([], bool), np.diff(known.group, prepend=-1) == 0))
    if not n:
        return place, place, Answer(np.zeros(0, bool), np.zeros(0, np.uint8))
    offset = known.group * REACH
    best = np.maximum.accumulate(offset + np.where(why == 0, done, -(REACH // 2)))
    holder = np.maximum.accumulate(np.where(offset + np.where(why == 0, done, -(REACH // 2)) == best, np.arange(n), 0))
    strictly = np.searchsorted(offset + low, (offset + low)[place], "left") - 1
    bad, doubt, shown = np.zeros(len(place), bool), np.zeros(len(place), bool), place - 1
    for last in (strictly, place - 1):
        other = holder[np.maximum(last, 0)]
        there = (last >= 0) & (known.group[other] == known.group[place]) & (why[other] == 0)
        begun = (high[other] < low[place]) | ((why[place] == 0) & (high[other] < done[place]))
        apart = (low[place] >= done_high[other]) | ((why[place] == 0) & (done_high[place] <= low[other]))
        over = there & begun & (high[place] < done[other])
        shown = np.where(over & ~bad, other, shown)
        bad |= over
        doubt |= there & ~over & ~apart
    blank = why[place - 1]
    unsure = np.where(blank > 0, blank, np.where(doubt, np.where(why[place] > 0, why[place], Reason.precision), 0))
    unsure = np.where(bad, 0, unsure).astype(np.uint8)
    return place, shown, Answer(bad, unsure)
