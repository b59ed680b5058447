"""The cure of an event: the record that must follow it, and whether it comes in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np

from smpcompliance.checks.answer import Answer, answer
from smpcompliance.checks.follow_up.course import BEGINNING, FOREVER, Lanes, Stretches, studios
from smpcompliance.checks.follow_up.followers import Course, course
from smpcompliance.checks.follow_up.occasions import Occasions
from smpcompliance.checks.follow_up.parts import Follower, Pair
from smpcompliance.checks.follow_up.runs import in_a_row, one_each
from smpcompliance.checks.judging import Rows, distance, holidays_of, latest_start, shift
from smpcompliance.dates import DATE, DAY, TIME, YEAR, Codes, Duration, Ints, Mask, end, floor, start_of
from smpcompliance.logs.cells import Coded, Moments, Reason
from smpcompliance.logs.schema import schema


class Duty(Protocol):
    """What a cure must be."""

    @property
    def same(self) -> Sequence[Pair]: ...
    @property
    def then(self) -> Follower | None: ...
    @property
    def times(self) -> int: ...
    @property
    def each(self) -> bool: ...
    @property
    def lead(self) -> Duration | None: ...
    @property
    def early(self) -> Duration | str | None: ...


@dataclass(frozen=True)
class Deadline:
    """Until when the cure is due: the first and the last second it may end at; `running` where it is not over yet."""

    first: Ints
    last: Ints
    running: Mask
    ends: Moments

    def shown(self, places: Ints) -> Moments:
        """The deadline of some events as cells."""
        return self.ends.take(places)


def deadline(here: Rows, found: Occasions, within: Duration | None, as_of: date) -> Deadline | None:
    """The deadlines of events; a day is over when the next one begins."""
    if within is None:
        return None
    known = found.time.level <= YEAR
    low, high = (np.where(known, at, 0) for at in (found.time.low, found.time.high))
    calendars = holidays_of(here)
    first, last = shift(low, within, calendars), shift(high, within, calendars)
    level = np.where(known, found.time.level, TIME).astype(np.uint8)
    if not within.needs_times:
        first, last = (floor(shift(floor(at, DATE), within, calendars), DATE) + DAY - 1 for at in (low, high))
        level = np.maximum(level, DATE).astype(np.uint8)
    ends = Moments(np.where(known, 0, Reason.blank).astype(np.uint8), first, level)
    return Deadline(
        np.where(known, first, BEGINNING), np.where(known, last, FOREVER), known & (last >= start_of(as_of)), ends
    )


@dataclass(frozen=True)
class Cure:
    """The record that cures each event.

    Attributes:
        course: the records of `then`.
        sure: place of the record that surely does (first to end); -1 without one.
        possible: place of the first that may; -1 without one, -2 where one of unknown subject or time may.
        why: the reason where only a possible one is there.
        first: the first second at which the event may be cured; forbidden records before it surely are wrong.
        last: the last second until which it may not be cured.
    """

    course: Course | None
    sure: Ints
    possible: Ints
    why: Codes
    first: Ints
    last: Ints

    @classmethod
    def never_comes(cls, n: int, due: Deadline | None) -> "Cure":
        """For duties without a cure: forbidden for ever, or until the deadline."""
        none = np.full(n, -1)
        first = due.first + 1 if due else np.full(n, FOREVER)
        return cls(None, none, none, np.zeros(n, np.uint8), first, due.last if due else np.full(n, FOREVER))

    def time(self, places: Ints) -> Stretches:
        """The time of some records of `then`; all time for negative places."""
        n = len(places)
        if self.course is None or not len(self.course.rows):
            return Stretches(np.full(n, BEGINNING), np.full(n, FOREVER), np.full(n, YEAR + 1, np.uint8))
        found = self.course.time.take(np.maximum(places, 0))
        return Stretches(
            np.where(places < 0, BEGINNING, found.low),
            np.where(places < 0, FOREVER, found.high),
            np.where(places < 0, YEAR + 1, found.level).astype(np.uint8),
        )

    def shown(self, events: Ints) -> Moments:
        """When the cure of some events came, surely or at least possibly; blank where it did not."""
        places = np.where(self.sure[events] >= 0, self.sure[events], self.possible[events])
        time = self.time(places)
        return time.moments(time.level <= YEAR, Reason.blank)

    def rows(self, events: Ints) -> Ints:
        """The record of each of some events that have one."""
        assert self.course
        return self.course.rows[np.where(self.sure[events] >= 0, self.sure[events], self.possible[events])]


def cured(duty: Duty, here: Rows, found: Occasions) -> Cure:
    """Finds the cure of each event."""
    n = len(here)
    if duty.then is None:
        return Cure.never_comes(n, None)
    there = course(duty.then, duty.same, here)
    since = np.full(n, BEGINNING) if duty.lead else _since(duty, here, found)
    if duty.times > 1:
        failed, may_fail = _failures(here, duty.then.log)
        sure, possible = in_a_row(there, failed[there.rows], may_fail[there.rows], since, duty.times)
    elif duty.each:
        dated = (found.time.level <= YEAR) & (there.own_why == 0)
        sure, possible = one_each(there, found.time.low, since, found.exists.met & dated)
    else:
        sure = Lanes(there.subject, there.time, there.sure).earliest(there.own, since, by_end=True)
        possible = Lanes(there.subject, there.time, there.possible).earliest(there.own, since, by_end=False)
    sure = np.where(found.time.level <= YEAR, sure, -1)
    return _with_strays(duty.then, here, there, since, sure, possible)


def _with_strays(then: Follower, here: Rows, there: Course, since: Ints, sure: Ints, possible: Ints) -> Cure:
    """Adds what may cure although its subject is not known, and what a missing log may hold."""
    stray = Lanes(there.studio, there.time, there.anyones).earliest(there.own_studio, since, by_end=False)
    low = np.where(possible >= 0, _pick(there.time.low, possible), FOREVER)
    stray_low = np.where(stray >= 0, _pick(there.time.low, stray), FOREVER)
    possible = np.where(stray_low < low, stray, possible)
    keyless = (possible >= 0) & _pick(there.keyless, possible)
    why = np.where(possible >= 0, _pick(there.fits.why, possible), 0)
    why = np.where((why == 0) & keyless, Reason.ambiguous, why)
    why = np.where(there.own_why > 0, there.own_why, why)
    lacking = ~here.logs.has(then.log)[studios(here)]
    why = np.where(lacking, Reason.no_log, why).astype(np.uint8)
    unsaid = lacking | (there.own_why > 0)
    sure, possible = np.where(unsaid, -1, sure), np.where(unsaid, -2, possible)
    first = np.where(possible >= 0, np.minimum(low, stray_low), FOREVER)
    last = np.where(sure >= 0, _pick(there.time.high, sure), FOREVER)
    return Cure(there, sure, possible, why, np.where(unsaid, BEGINNING, first), last)


def _pick(values: np.ndarray, places: Ints) -> np.ndarray:
    return values[np.maximum(places, 0)] if len(values) else np.zeros(len(places), values.dtype)


def _since(duty: Duty, here: Rows, found: Occasions) -> Ints:
    if duty.early is None:
        return found.since
    if isinstance(duty.early, Duration):
        known = found.time.level <= YEAR
        earlier = shift(floor(np.where(known, found.since, 0), DATE), duty.early, holidays_of(here), sign=-1)
        return np.where(known, earlier, BEGINNING)
    moment = schema(here.log).when
    if moment is None:
        raise ValueError(f"{here.log} has no event date, so early: record says nothing")
    own = here.cells(moment)
    assert isinstance(own, Moments)
    return np.where(own.why == 0, end(own.at, own.precision) + 1, BEGINNING)


def _failures(here: Rows, log: str) -> tuple[Mask, Mask]:
    """Which records of a log surely, or possibly, are failures by their `result`."""
    n = len(here.logs.log(log))
    if "result" not in schema(log).columns:
        return np.zeros(n, bool), np.zeros(n, bool)
    result = here.logs.cells(log, "result")
    assert isinstance(result, Coded)
    return result.where(lambda word: word in ("fail", "aborted")), result.why > 0


def in_time(here: Rows, found: Occasions, cure: Cure, within: Duration, due: Deadline) -> Answer:
    """Whether the cure comes within the deadline; not yet due while the deadline runs and there is none."""
    calendars = holidays_of(here)
    event = found.time.moments(found.time.level <= YEAR, Reason.blank)
    late = []
    for places in (cure.sure, cure.possible):
        time = cure.time(places)
        late.append(distance(event, time.moments(time.level <= YEAR, Reason.blank), within, calendars)[0])
    met = (cure.sure >= 0) & late[0].met
    missed = (cure.possible == -1) | ((cure.possible >= 0) & late[1].bad)
    why = np.where(cure.why > 0, cure.why, np.where(late[1].why > 0, late[1].why, Reason.precision))
    why = np.where(missed, np.where(due.running, Reason.not_yet_due, 0), why)
    return answer(~met, np.where(met, 0, why).astype(np.uint8))


def follows(found: Occasions, cure: Cure) -> Answer:
    """Whether the cure has come at all; without a deadline its absence is not yet due."""
    why = np.where(cure.why > 0, cure.why, Reason.precision)
    why = np.where(cure.possible == -1, Reason.not_yet_due, why)
    return answer(np.zeros(len(why), bool), np.where(cure.sure >= 0, 0, why).astype(np.uint8))


def precedes(here: Rows, found: Occasions, cure: Cure, lead: Duration, as_of: date) -> Answer:
    """Whether the record lies at least so long before the event; not yet due while there is still time for one."""
    calendars = holidays_of(here)
    event = found.time.moments(found.time.level <= YEAR, Reason.blank)
    early = []
    for places in (cure.sure, cure.possible):
        time = cure.time(places)
        early.append(distance(time.moments(time.level <= YEAR, Reason.blank), event, lead, calendars)[1])
    met = (cure.sure >= 0) & early[0].met
    missed = (cure.possible == -1) | ((cure.possible >= 0) & early[1].bad)
    why = np.where(cure.why > 0, cure.why, np.where(early[1].why > 0, early[1].why, Reason.precision))
    known = found.time.level <= YEAR
    running = known & (latest_start(np.where(known, found.time.high, 0), lead, calendars) >= start_of(as_of))
    why = np.where(missed, np.where(running, Reason.not_yet_due, 0), why)
    return answer(~met, np.where(met, 0, why).astype(np.uint8))
