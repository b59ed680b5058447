"""Cures that take more than the next record: several in a row without a failure, or one for each event."""

import numpy as np

from smpcompliance.checks.follow_up.followers import Course
from smpcompliance.dates import Ints, Mask, floor

_SPAN = 2**39


def in_a_row(course: Course, failed: Mask, may_fail: Mask, since: Ints, times: int) -> tuple[Ints, Ints]:
    """For each event the record that completes `times` good ones in a row, without a failure between them.

    Args:
        failed: records that surely are failures; `may_fail` those that may be.
        since: from when on records count, per event.

    Returns:
        Places of the record that surely completes the run, and of the first that may complete it; -1 without one.
    """
    dated = course.time.level <= 3
    sure, possible = course.sure, np.flatnonzero(~course.fits.bad & ~course.keyless & dated)
    breaks = np.flatnonzero((failed | may_fail) & ~course.keyless & dated & ~course.fits.met)
    twice = np.concatenate([breaks, breaks])
    at = np.concatenate([course.time.low[breaks], course.time.high[breaks]])
    done = _completed(course, sure, course.time.low[sure], twice, at, np.ones(len(twice), bool), since, times, True)
    breaks = np.flatnonzero(failed & ~course.keyless & dated)
    first = np.zeros(len(breaks), bool)
    may = _completed(
        course, possible, course.time.high[possible], breaks, course.time.low[breaks], first, since, times, False
    )
    return done, may


def _completed(
    course: Course, good: Ints, good_at: Ints, breaks: Ints, break_at: Ints, after: Mask, since: Ints, times: int,
    certain: bool,
) -> Ints:  # fmt: skip
    """Walks the good records and the failures of each subject in order; `after` puts a failure behind its equals."""
    place = np.concatenate([good, breaks])
    at = np.concatenate([good_at, break_at])
    is_good = np.r_[np.ones(len(good), bool), np.zeros(len(breaks), bool)]
    rank = np.r_[np.ones(len(good), np.int64), np.where(after, 2, 0)]
    subject = course.subject[place]
    order = np.lexsort((place, rank, at, subject))
    place, at, is_good, subject = place[order], at[order], is_good[order], subject[order]
    n = len(place)
    if not n:
        return np.full(len(since), -1)
    total = np.cumsum(is_good)
    opens = np.r_[True, subject[1:] != subject[:-1]] | ~is_good
    base = np.maximum.accumulate(np.where(opens, total - is_good, 0))
    completes = np.where(is_good & (total - base >= times), np.arange(n), n)
    following = np.minimum.accumulate(completes[::-1])[::-1]
    goods = np.flatnonzero(is_good)
    start = np.searchsorted(total, _first_good(course, place, at, subject, goods, since, certain) + times)
    found = np.where(start < n, following[np.minimum(start, n - 1)], n)
    ok = (found < n) & (subject[np.minimum(found, n - 1)] == course.own)
    return np.where(ok, place[np.minimum(found, n - 1)], -1)


def _first_good(course: Course, place: Ints, at: Ints, subject: Ints, goods: Ints, since: Ints, certain: bool) -> Ints:
    """How many good records lie, in order, before the first one that counts for each event."""
    levels = course.time.level[place[goods]]
    level = int(levels.min() if certain else levels.max()) if len(goods) else 0
    limit = floor(np.clip(since, -(2**36), 2**37), level)
    keys = subject[goods] * _SPAN + np.clip(at[goods], -(2**37), 2**37)
    return np.searchsorted(keys, course.own * _SPAN + limit)


def one_each(course: Course, occurred: Ints, since: Ints, takes: Mask) -> tuple[Ints, Ints]:
    """For each event a record of its own: the earliest that no earlier event of its subject has taken.

    Args:
        occurred: when each event happened, for their order; `since` from when on records count.
        takes: events that surely happened; in the second answer only these take a record away.

    Returns:
        Places of the record that surely is there for the event, and of one that may be; -1 without one.
    """
    everyone = np.ones(len(since), bool)
    sure = _assigned(course, course.sure, occurred, since, everyone, True)
    dated = np.flatnonzero(~course.fits.bad & ~course.keyless & (course.time.level <= 3))
    return sure, _assigned(course, dated, occurred, since, takes, False)


def _assigned(course: Course, good: Ints, occurred: Ints, since: Ints, takes: Mask, certain: bool) -> Ints:
    good = good[np.lexsort((good, course.time.low[good], course.subject[good]))]
    subject, at = course.subject[good], course.time.low[good]
    first = _first_good(course, good, at, subject, np.arange(len(good)), since, certain)
    order = np.lexsort((np.arange(len(since)), occurred, course.own))
    counts = takes[order]
    turn: Ints = np.cumsum(counts) - counts
    shifted = np.where(counts, first[order] - turn, -(2**30))
    own = course.own[order]
    new = np.r_[True, own[1:] != own[:-1]] if len(own) else np.zeros(0, bool)
    group = np.cumsum(new)
    running = np.maximum.accumulate(shifted + group * 2**31) - group * 2**31
    at_turn = np.where(counts, running + turn, first[order])
    out = np.full(len(since), -1)
    if len(good):
        safe = np.minimum(at_turn, len(good) - 1)
        out[order] = np.where((at_turn < len(good)) & (subject[safe] == own), good[safe], -1)
    return out
