"""Reckoning by the calendar, and by freshness at each use."""

import numpy as np

from smpcompliance.checks.interval.case import Case, Judged, Lengths, all_uses, exact, plain, sure_uses, with_first_use
from smpcompliance.checks.stretches import NEVER, REACH, Calendar, Marks, Timeline, ranges
from smpcompliance.checks.subjects import FAR, Happenings
from smpcompliance.dates import DAY, Codes, Ints, Mask
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.rows import begins, in_order


def by_calendar(case: Case, calendar: Calendar) -> Judged:
    """Judges each calendar stretch of service whose last day is judged, and the one that runs on the audit day."""
    until = np.minimum(case.service.until, case.as_of)
    low = np.maximum(calendar.unit(case.service.since), calendar.unit(np.array([case.first])))
    subject, unit = ranges(low, calendar.unit(np.maximum(until, -FAR)))
    first, last = calendar.first(unit), calendar.last(unit)
    keep = (last <= case.last) & (case.service.until[subject] >= np.minimum(last, case.as_of))
    subject, unit, first, last = subject[keep], unit[keep], first[keep], last[keep]
    event, maybe_event = _presence(case, case.events, calendar, subject, unit)
    use, maybe_use = np.zeros(len(unit), bool), np.zeros(len(unit), np.uint8)
    if case.uses is not None:
        use, maybe_use = _presence(case, case.uses, calendar, subject, unit)
    due, maybe_due = _due(case, subject, last, use, use | (maybe_use > 0))
    cut = (last > case.as_of) | (case.service.written[subject] > first)
    later = cut & ~event & maybe_due
    unseen = first < case.covered[subject]
    why = np.where(maybe_event > 0, maybe_event, np.where(unseen, Reason.history_starts_late, maybe_use))
    why = np.where((why == 0) & ~due, case.doubt()[subject], why)
    why = np.where(event | later, 0, why).astype(np.uint8)
    bad = due & ~event & ~later & (why == 0)
    bad |= due & ~event & ~later & (maybe_event == 0) & ~unseen
    found = plain(subject, first, last, last, last * DAY, bad, np.where(bad, 0, why).astype(np.uint8), later)
    return with_first_use(case, found.take(maybe_due))


def _presence(case: Case, found: Happenings, calendar: Calendar, subject: Ints, unit: Ints) -> tuple[Mask, Codes]:
    """For stretches of subjects: whether something surely happened in it, and why something else may have (or 0)."""
    each = found.of_each(case.subjects)
    each = each.take(each.subject >= 0)
    low, high = calendar.unit(each.low), calendar.unit(each.high)
    sure = (each.why == 0) & (low == high)
    wanted = subject * REACH + unit
    surely = Marks.of(each.subject[sure] * REACH + low[sure], np.ones(int(sure.sum()), np.int64))
    dated = ~sure & (each.low > -FAR)
    which, units = ranges(low[dated], high[dated])
    reason = np.where(each.why > 0, each.why, Reason.precision).astype(np.int64)
    possible = Marks.of(each.subject[dated][which] * REACH + units, reason[dated][which])
    lost = each.low == -FAR
    anywhere = Marks.of(each.subject[lost], reason[lost])
    maybe = possible.at(wanted)
    return surely.at(wanted) > 0, np.where(maybe > 0, maybe, anywhere.at(subject)).astype(np.uint8)


def _due(case: Case, subject: Ints, last: Ints, use: Mask, maybe_use: Mask) -> tuple[Mask, Mask]:
    """Whether each stretch is surely due, and whether it may be."""
    if case.uses is None or case.idle == "counts":
        return np.ones(len(use), bool), np.ones(len(use), bool)
    if case.idle == "excused":
        return use, maybe_use
    sure = _used_before_next(case, *_optimistic(case), subject, last)
    maybe = _used_before_next(case, *_pessimistic(case), subject, last)
    return use | sure, maybe_use | maybe


def _optimistic(case: Case) -> tuple[Happenings, Timeline]:
    return case.events.of_each(case.subjects).each_day(), sure_uses(case)


def _pessimistic(case: Case) -> tuple[Happenings, Timeline]:
    return exact(case.events), all_uses(case)


def _used_before_next(case: Case, events: Happenings, uses: Timeline, subject: Ints, day: Ints) -> Mask:
    """Whether a use follows a day before the next event does."""
    keys = events.subject * REACH + events.at
    order = in_order(keys)
    keys = keys[order]
    place = np.searchsorted(keys, subject * REACH + (day + 1) * DAY)
    safe = np.append(order, 0)[place]
    known = place < len(order)
    owner, at, timed = (np.append(part, 0) for part in (events.subject, events.at, events.timed))
    safe = np.where(known, safe, len(events.subject))
    known &= owner[safe] == subject
    stop = case.stop[subject] * DAY
    known &= at[safe] < stop + DAY
    whole = np.zeros(len(subject), bool)
    ahead = np.where(known, uses.before(subject, at[safe], timed[safe].astype(bool)), uses.upto(subject, stop, whole))
    return ahead > uses.upto(subject, day * DAY, whole)


def by_fit(case: Case, lengths: Lengths) -> Judged:
    """Judges each use: the last event before it is not too old. Uses that share their last event are one stretch."""
    assert case.uses is not None
    uses = case.uses.take((case.uses.high >= case.first) & (case.uses.low <= case.last))
    uses = uses.take(in_order(uses.low))
    placed = (uses.subject >= 0) & (uses.low == uses.high)
    safe = np.maximum(uses.subject, 0) if len(case.subjects) else uses.subject
    at = np.where(placed, uses.at, 0)
    surely, possible = exact(case.events).timeline(), case.events.of_each(case.subjects).each_day().timeline()
    last, timed = surely.latest(safe, at, uses.timed)
    fresh = _fresh(case, lengths, safe, at, uses.timed, (last, timed), all_uses(case))
    could = _fresh(case, lengths, safe, at, uses.timed, possible.latest(safe, at, uses.timed), sure_uses(case))
    lost, doubt = case.undated()[safe], case.doubt()[safe]
    unseen = lengths.due(safe, case.covered[safe] - 1) >= uses.low
    why = np.where(lost > 0, lost, np.where(could, doubt, np.where(unseen, Reason.history_starts_late, uses.doubt)))
    why = np.where(placed & fresh, 0, np.where(placed, why, uses.doubt)).astype(np.uint8)
    why = np.where(lengths.why[safe] > 0, lengths.why[safe], why).astype(np.uint8)
    bad = placed & ~fresh & (why == 0)
    return _one_per_event(uses, last, placed, bad, why, lengths)


def _fresh(
    case: Case, lengths: Lengths, subject: Ints, at: Ints, timed: Mask, last: tuple[Ints, Mask], uses: Timeline
) -> Mask:
    when, by_time = last
    known = when > NEVER
    if lengths.uses:
        since = np.where(known, uses.upto(subject, np.where(known, when, 0), by_time), 0)
        return np.asarray((uses.upto(subject, at, timed) - since <= lengths.uses) & (known | (not case.before_first)))
    return np.asarray(fresh_until(case, lengths, subject, when) >= at // DAY)


def fresh_until(case: Case, lengths: Lengths, subject: Ints, last: Ints) -> Ints:
    """The last day of use in time after each subject's last event; long ago where an event must come first."""
    known = last > NEVER
    start = np.where(known, last // DAY, case.service.since[subject])
    return np.where(known | (not case.before_first), lengths.due(subject, start), -FAR)


def _one_per_event(uses: Happenings, last: Ints, placed: Mask, bad: Mask, why: Codes, lengths: Lengths) -> Judged:
    n = len(uses.rows)
    shared = uses.subject * REACH + np.where(placed, last, 0) - NEVER
    _, group = np.unique(np.where(placed, shared, 2**62 + np.arange(n)), return_inverse=True)
    rank = np.where(bad, 0, np.where(why > 0, 1, 2))
    order = in_order(group * 3 + rank)
    first = order[begins(group[order])]
    worst = rank[first][group] == rank
    count = np.bincount(group[worst], minlength=len(first))
    day = uses.low[first]
    final = np.full(len(first), -FAR)
    np.maximum.at(final, group[worst], uses.low[worst])
    subject = uses.subject[first]
    safe = np.where(placed[first], last[first] // DAY, day)
    due = lengths.due(np.maximum(subject, 0), safe) if len(lengths.of) else day
    return Judged(
        subject, day, np.maximum(final, day), due, uses.at[first], uses.timed[first], bad[first], why[first],
        np.zeros(len(first), bool), uses.rows[first], count,
    )  # fmt: skip
