"""What lies between an event and its cure, and between an event and the last record before it that was good."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from smpcompliance.checks.answer import Answer, answer
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.follow_up.course import (
    BEGINNING,
    FOREVER,
    Lanes,
    Span,
    Stretches,
    counted,
    first_why,
    listed,
    stretches,
    studios,
)
from smpcompliance.checks.follow_up.followers import Course, Part, course
from smpcompliance.checks.follow_up.occasions import Occasions
from smpcompliance.checks.follow_up.parts import Follower, Pair
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.dates import Codes, Ints, Mask
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.rows import among_sorted, distinct_pairs
from smpcompliance.logs.schema import schema


class Ends(Protocol):
    """Until when forbidden records count: surely before `first`, possibly through `last`, and why these differ."""

    @property
    def first(self) -> Ints: ...
    @property
    def last(self) -> Ints: ...
    @property
    def why(self) -> Codes: ...


@dataclass(frozen=True)
class Violations:
    """Records that lie where none may: whether there is one, how many surely, and where they are.

    `own` marks records that an event itself names; they are left out: (event, row of the log).
    """

    answer: Answer
    sure: Ints
    spans: list[Span]
    course: Course
    own: tuple[Ints, Ints]

    def shown(self, places: Ints) -> tuple[str, Ints, Ints]:
        """The records that surely are wrong, as further evidence of some events."""
        entry, found = listed(self.spans, places)
        rows = self.course.rows[found]
        width = int(max(rows.max(initial=0), self.own[1].max(initial=0))) + 1
        keep = ~among_sorted(self.own[0] * width + self.own[1], places[entry] * width + rows)
        return self.course.log, entry[keep], rows[keep]


def between(
    part: Follower, same: Sequence[Pair], here: Rows, found: Occasions, until: Ends, keep_own: bool
) -> Violations:
    """The records of a part that lie after each event and before its end; `keep_own` counts the event's own record."""
    there = course(part, same, here)
    n = len(here)
    sure = Lanes(there.subject, there.time, there.sure).inside(there.own, found.opening, until.first - 1)
    first = np.where(found.opening > found.time.high, found.time.low, found.opening)
    touching = Lanes(there.subject, there.time, there.possible).touching(there.own, first, until.last)
    anyone = Lanes(there.studio, there.time, there.anyones).touching(there.own_studio, first, until.last)
    own = (np.zeros(0, np.int64),) * 2 if keep_own else _own(here, part.log)
    certain, possible, stray = counted(sure, n), counted(touching, n), counted(anyone, n)
    event, place = _places(there, own)
    low, high = there.time.low[place], there.time.high[place]
    fits, mine = there.fits.take(place), there.subject[place] == there.own[event]
    hit = fits.met & mine & ~there.keyless[place] & (low >= found.opening[event]) & (high < until.first[event])
    touched = ~fits.bad & (high >= first[event]) & (low <= until.last[event])
    certain = certain - np.bincount(event[hit], minlength=n)
    possible = possible - np.bincount(event[touched & mine & ~there.keyless[place]], minlength=n)
    stray = stray - np.bincount(event[touched & there.keyless[place]], minlength=n)
    why = first_why(touching, n, there.fits.why)
    why = np.where(why > 0, why, until.why)
    why = np.where(why > 0, why, np.where(possible > 0, Reason.precision, Reason.ambiguous))
    why = np.where((certain == 0) & (possible + stray > 0), why, 0)
    why = np.where(there.own_why > 0, there.own_why, why)
    lacking = ~here.logs.has(part.log)[studios(here)]
    why = np.where(lacking, Reason.no_log, why).astype(np.uint8)
    return Violations(answer(certain > 0, why), np.where(why > 0, 0, certain), sure, there, own)


def _own(here: Rows, log: str) -> tuple[Ints, Ints]:
    """The records of a log that each event is, or names: (event, row)."""
    rows = np.arange(len(here)) if here.rows is None else here.rows
    event, named = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    if here.log == log:
        event.append(np.arange(len(rows)))
        named.append(rows)
    for link, (_, target) in schema(here.log).links.items():
        if target == log:
            there = here.logs.link(here.log, link)[0][rows]
            event.append(np.flatnonzero(there >= 0))
            named.append(there[there >= 0])
    return distinct_pairs(np.concatenate(event), np.concatenate(named))


def _places(there: Course, own: tuple[Ints, Ints]) -> tuple[Ints, Ints]:
    """The same pairs as (event, place in the course); a record that stands there several times as its first place."""
    at = np.searchsorted(there.rows, own[1])
    has = at < len(there.rows)
    has[has] = there.rows[at[has]] == own[1][has]
    return own[0][has], at[has]


@dataclass(frozen=True)
class Window:
    """From the last good record (`start`; all time where none is known) to the event (`stop`)."""

    start: Stretches
    known: Mask
    stop: Stretches

    def take(self, places: Ints) -> "Window":
        return Window(self.start.take(places), self.known[places], self.stop.take(places))

    def said(self, places: Ints) -> list[str]:
        """The window in words."""
        start, stop = self.start.take(places).moments(), self.stop.take(places).moments()
        return [
            f"from {start.text(n)} to {stop.text(n)}" if known else f"from the first record to {stop.text(n)}, at least"
            for n, known in enumerate(self.known[places])
        ]

    def spans(self, there: Course) -> tuple[list[Span], list[Span], list[Span]]:
        """Records that surely lie in the window, that may, and that may and belong to any subject."""
        begin = np.where(self.known, self.start.high + 1, BEGINNING)
        first = np.where(self.known, self.start.low, BEGINNING)
        return (
            Lanes(there.subject, there.time, there.sure).inside(there.own, begin, self.stop.low - 1),
            Lanes(there.subject, there.time, there.possible).touching(there.own, first, self.stop.high),
            Lanes(there.studio, there.time, there.anyones).touching(there.own_studio, first, self.stop.high),
        )

    def counts(self, part: Part, same: Sequence[Pair], here: Rows) -> list[str]:
        """How many records of a log lie in the window: «12», or «12 to 14» where some only may."""
        spans = self.spans(course(part, same, here))
        sure, possible, stray = (counted(each, len(here)) for each in spans)
        return [f"{a}" if a == b else f"{a} to {b}" for a, b in zip(sure, possible + stray, strict=True)]


def look_back(back_to: Follower, same: Sequence[Pair], here: Rows, found: Occasions) -> Window:
    """From each event back to the last record that surely is a good one.

    Where the good records stand in the event's own log, the look starts at the event's own moment of the same column
    (the placement of the failed test, not the day its result came).
    """
    there = course(back_to, same, here)
    reference = found.time.low
    if back_to.log == here.log:
        moment = back_to.at or schema(back_to.log).when
        assert moment
        own = here.cells(moment)
        assert isinstance(own, Moments)
        reference = np.where(own.why == 0, stretches(own).low, reference)
    last = Lanes(there.subject, there.time, there.sure).latest(there.own, reference - 1)
    known = (last >= 0) & (there.own_why == 0)
    everything = Stretches(np.full(1, BEGINNING), np.full(1, FOREVER), np.full(1, 4, np.uint8))
    time = there.time if len(there.rows) else everything
    return Window(time.take(np.where(known, last, 0)), known, found.time)


def recalled(part: Part, require: Conditions, same: Sequence[Pair], here: Rows, window: Window) -> Answer:
    """Whether every record of the window is what the rule requires; the record an event names lies in it surely."""
    other = Rows(here.logs, part.log)
    fails = judge(part.where, other) & ~judge(require, other)
    there = course(part, same, here, fails)
    n = len(here)
    sure, possible, stray = window.spans(there)
    own_event, own_row = _own(here, part.log)
    own = fails.take(own_row)
    bad = (counted(sure, n) > 0) | (np.bincount(own_event[own.met], minlength=n) > 0)
    maybe = counted(possible, n) + counted(stray, n) + np.bincount(own_event[own.unknown], minlength=n)
    why = first_why(possible, n, there.fits.why)
    why = np.where(maybe > 0, np.where(why > 0, why, Reason.precision), 0)
    why = np.where(there.own_why > 0, there.own_why, np.where(bad, 0, why))
    why = np.where(here.logs.has(part.log)[studios(here)], why, Reason.no_log).astype(np.uint8)
    return answer(bad, why)
