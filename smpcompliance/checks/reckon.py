"""Three ways to reckon a duty that returns: one in each calendar stretch, never too long a gap, fresh at each use."""

from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.checks.condition import shift
from smpcompliance.checks.service import FAR, Happenings, Service, Subjects
from smpcompliance.checks.stretches import NEVER, REACH, Calendar, Marks, Timeline, ranges
from smpcompliance.dates import DAY, Codes, Duration, Ints, Mask
from smpcompliance.logs.cells import Reason

_NO_USES = Timeline(np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True)
class Lengths:
    """How long a stretch is for each subject: one of some durations by code, or a number of uses.

    Attributes:
        of: per subject the place in `durations`.
        why: per subject why its length is not known (0 where it is).
        uses: length in uses; 0 where it is a duration.
    """

    durations: tuple[Duration, ...]
    of: Ints
    why: Codes
    uses: int = 0

    def due(self, subject: Ints, day: Ints) -> Ints:
        """The last day in time after a day."""
        out = np.full(len(day), FAR)
        for code, length in enumerate(self.durations):
            here = (self.of[subject] == code) & (self.why[subject] == 0)
            out[here] = shift(day[here] * DAY, length, [(np.ones(int(here.sum()), bool), None)]) // DAY
        return out


@dataclass(frozen=True)
class Case:
    """Everything a reckoning needs, for subjects 0..n-1; days are counted from 1970-01-01.

    Attributes:
        events: what must happen; `uses` what makes it due (None where nothing does).
        covered: per subject the day from which the log of events is complete.
        stop: per subject the last day that is looked at: of service, of the judged days, or the audit day.
        first: first judged day; `last` the last one; `as_of` the audit day.
        idle: what a stretch without use means.
        before_first: whether the first use needs an event before it.
    """

    subjects: Subjects
    service: Service
    events: Happenings
    uses: Happenings | None
    covered: Ints
    stop: Ints
    first: int
    last: int
    as_of: int
    idle: str
    before_first: bool

    def undated(self) -> Codes:
        """Per subject the reason of an event that may be its own but has no date, 0 where there is none."""
        lost = self.events.of_each(self.subjects)
        lost = lost.take((lost.low == -FAR) & (lost.subject >= 0))
        return Marks.of(lost.subject, lost.doubt.astype(np.int64)).at(np.arange(len(self.subjects))).astype(np.uint8)

    def doubt(self) -> Codes:
        """Per subject a reason why it cannot be judged: an event or use that may be its own, else `blank`."""
        out = np.full(len(self.subjects), Reason.blank, np.int64)
        for found in (self.uses, self.events):
            if found is not None:
                some = found.of_each(self.subjects)
                some = some.take((some.doubt > 0) & (some.subject >= 0))
                here = Marks.of(some.subject, some.doubt.astype(np.int64)).at(np.arange(len(out)))
                out = np.where(here > 0, here, out)
        return out.astype(np.uint8)


@dataclass(frozen=True)
class Judged:
    """Due stretches and their answers.

    Attributes:
        subject: whose; -1 where it is not known.
        first, last: the days of each stretch; `due` the last day in time.
        at, timed: the moment up to which the last event is sought.
        bad: breached; `why` why it cannot be said; `later` not yet due.
        row: the use that shows it (row of the log of uses), -1 where it is the first use of the stretch.
        count: number of uses; -1 where those of the stretch are counted.
    """

    subject: Ints
    first: Ints
    last: Ints
    due: Ints
    at: Ints
    timed: Mask
    bad: Mask
    why: Codes
    later: Mask
    row: Ints
    count: Ints

    def take(self, keep: Mask | Ints) -> "Judged":
        """Some of them."""
        return Judged(**{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})

    def doubted(self, why: Codes) -> "Judged":
        """The same, but where `why` is not 0 what was breached cannot be said."""
        doubt = self.bad & (why > 0)
        return replace(self, bad=self.bad & ~doubt, why=np.where(doubt, why, self.why).astype(np.uint8))

    def and_also(self, other: "Judged") -> "Judged":
        """These and others."""
        return Judged(
            **{n: np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__dataclass_fields__}
        )


def _plain(subject: Ints, first: Ints, last: Ints, due: Ints, at: Ints, bad: Mask, why: Codes, later: Mask) -> Judged:
    none = np.full(len(subject), -1, np.int64)
    return Judged(subject, first, last, due, at, np.zeros(len(subject), bool), bad, why, later, none, none)


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
    cut = (last > case.as_of) | (case.service.stated[subject] & (case.service.since[subject] > first))
    later = cut & ~event & maybe_due
    unseen = first < case.covered[subject]
    why = np.where(maybe_event > 0, maybe_event, np.where(unseen, Reason.history_starts_late, maybe_use))
    why = np.where((why == 0) & ~due, case.doubt()[subject], why)
    why = np.where(event | later, 0, why).astype(np.uint8)
    bad = due & ~event & ~later & (why == 0)
    bad |= due & ~event & ~later & (maybe_event == 0) & ~unseen
    found = _plain(subject, first, last, last, last * DAY, bad, np.where(bad, 0, why).astype(np.uint8), later)
    return _with_first_use(case, found.take(maybe_due))


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
    return case.events.of_each(case.subjects).each_day(), _sure_uses(case)


def _pessimistic(case: Case) -> tuple[Happenings, Timeline]:
    return _exact(case.events), _all_uses(case)


def _exact(found: Happenings) -> Happenings:
    return found.take(found.exact & (found.subject >= 0))


def _sure_uses(case: Case) -> Timeline:
    return _exact(case.uses).timeline() if case.uses is not None else _NO_USES


def _all_uses(case: Case) -> Timeline:
    return case.uses.of_each(case.subjects).each_day().timeline() if case.uses is not None else _NO_USES


def _used_before_next(case: Case, events: Happenings, uses: Timeline, subject: Ints, day: Ints) -> Mask:
    """Whether a use follows a day before the next event does."""
    order = np.argsort(events.subject * REACH + events.at, kind="stable")
    keys = (events.subject * REACH + events.at)[order]
    place = np.searchsorted(keys, subject * REACH + (day + 1) * DAY)
    safe = np.append(order, 0)[place]
    known = place < len(order)
    owner, at, timed = (np.append(part, 0) for part in (events.subject, events.at, events.timed))
    safe = np.where(known, safe, len(events.subject))
    known &= owner[safe] == subject
    stop = case.stop[subject] * DAY
    known &= at[safe] < stop + DAY
    whole = np.zeros(len(subject), bool)
    ahead = np.where(
        known, uses.before(subject, at[safe], timed[safe].astype(bool)), uses.upto(subject, stop, whole)
    )
    return ahead > uses.upto(subject, day * DAY, whole)


def by_gap(case: Case, lengths: Lengths) -> Judged:
    """Judges each gap between neighbours (and from the start of service, and to the end of what is looked at)."""
    sure = _points(case, _exact(case.events), case.service.since)
    over, closed, ends, due, used = _overdue(case, lengths, sure, _all_uses(case))
    friendly = _points(
        case, case.events.of_each(case.subjects).each_day(), np.maximum(case.service.since, case.covered)
    )
    still, *_rest = _overdue(case, lengths, friendly, _sure_uses(case))
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
    found = _plain(subject, first, ends, due, sure.at, bad & (why == 0), why, later)
    return _with_first_use(case, replace(found, timed=sure.timed & ~sure.mark).take(keep))


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


def _overdue(
    case: Case, lengths: Lengths, points: _Points, uses: Timeline
) -> tuple[Mask, Mask, Ints, Ints, Mask]:
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
    elif case.uses is not None and case.idle == "before_use":
        over = over & (reached > uses.upto(subject, np.minimum(due, then // DAY) * DAY, whole))
    return over, closed, then // DAY, due, (reached > base) | (case.uses is None)


def _with_first_use(case: Case, found: Judged) -> Judged:
    """Adds, where the law wants it, the first use of each subject whose start is written down."""
    if not case.before_first or case.uses is None:
        return found
    uses = _exact(case.uses)
    uses = uses.take(np.argsort(uses.at, kind="stable"))
    subject, place = np.unique(uses.subject, return_index=True)
    uses = uses.take(place)
    keep = case.service.stated[subject] & (uses.low >= np.maximum(case.first, case.service.since[subject]))
    uses = uses.take(keep & (uses.low <= case.last))
    subject = uses.subject
    exact, possible = _exact(case.events).timeline(), case.events.of_each(case.subjects).each_day().timeline()
    met = exact.upto(subject, uses.at, uses.timed) > 0
    lost = case.undated()[subject]
    maybe = (possible.upto(subject, uses.at, uses.timed) > 0) | (lost > 0)
    why = np.where(~met & maybe, case.doubt()[subject], 0).astype(np.uint8)
    first = case.service.since[subject]
    return found.and_also(
        Judged(
            subject, first, uses.low, uses.low, uses.at, uses.timed, ~met & (why == 0), why,
            np.zeros(len(subject), bool), uses.rows, np.ones(len(subject), np.int64),
        )
    )  # fmt: skip


def by_fit(case: Case, lengths: Lengths) -> Judged:
    """Judges each use: the last event before it is not too old. Uses that share their last event are one stretch."""
    assert case.uses is not None
    uses = case.uses.take((case.uses.high >= case.first) & (case.uses.low <= case.last))
    uses = uses.take(np.lexsort((uses.rows, uses.low)))
    placed = (uses.subject >= 0) & (uses.low == uses.high)
    safe = np.maximum(uses.subject, 0) if len(case.subjects) else uses.subject
    at = np.where(placed, uses.at, 0)
    exact, possible = _exact(case.events).timeline(), case.events.of_each(case.subjects).each_day().timeline()
    last, timed = exact.latest(safe, at, uses.timed)
    fresh = _fresh(case, lengths, safe, at, uses.timed, (last, timed), _all_uses(case))
    could = _fresh(case, lengths, safe, at, uses.timed, possible.latest(safe, at, uses.timed), _sure_uses(case))
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
    start = np.where(known, when // DAY, case.service.since[subject])
    return np.asarray((known | (not case.before_first)) & (lengths.due(subject, start) >= at // DAY))


def _one_per_event(uses: Happenings, last: Ints, placed: Mask, bad: Mask, why: Codes, lengths: Lengths) -> Judged:
    n = len(uses.rows)
    own = np.where(placed, -1, np.arange(n))
    _, group = np.unique(np.stack([own, uses.subject, np.where(placed, last, 0)]), axis=1, return_inverse=True)
    group = group.reshape(-1)
    rank = np.where(bad, 0, np.where(why > 0, 1, 2))
    order = np.lexsort((np.arange(n), rank, group))
    first = order[np.unique(group[order], return_index=True)[1]]
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
