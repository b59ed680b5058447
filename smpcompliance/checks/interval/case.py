"""A duty that returns, ready to be reckoned: its subjects, what happened to them, and the stretches that are judged."""

from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.checks.judging import shift
from smpcompliance.checks.service import Service
from smpcompliance.checks.stretches import Marks, Timeline
from smpcompliance.checks.subjects import FAR, Happenings, Subjects
from smpcompliance.dates import DAY, Codes, Duration, Ints, Mask
from smpcompliance.logs.cells import Reason
from smpcompliance.logs.rows import groups, in_order

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
        return Judged(**{n: np.concatenate([getattr(self, n), getattr(other, n)]) for n in self.__dataclass_fields__})


def plain(subject: Ints, first: Ints, last: Ints, due: Ints, at: Ints, bad: Mask, why: Codes, later: Mask) -> Judged:
    none = np.full(len(subject), -1, np.int64)
    return Judged(subject, first, last, due, at, np.zeros(len(subject), bool), bad, why, later, none, none)


def exact(found: Happenings) -> Happenings:
    return found.take(found.exact & (found.subject >= 0))


def sure_uses(case: Case) -> Timeline:
    return exact(case.uses).timeline() if case.uses is not None else _NO_USES


def all_uses(case: Case) -> Timeline:
    return case.uses.of_each(case.subjects).each_day().timeline() if case.uses is not None else _NO_USES


def with_first_use(case: Case, found: Judged) -> Judged:
    """Adds, where the law wants it, the first use of each subject whose start is written down."""
    if not case.before_first or case.uses is None:
        return found
    uses = exact(case.uses)
    uses = uses.take(in_order(uses.at))
    uses = uses.take(groups(uses.subject)[1])
    subject = uses.subject
    keep = case.service.stated[subject] & (uses.low >= np.maximum(case.first, case.service.since[subject]))
    uses = uses.take(keep & (uses.low <= case.last))
    subject = uses.subject
    surely, possible = exact(case.events).timeline(), case.events.of_each(case.subjects).each_day().timeline()
    met = surely.upto(subject, uses.at, uses.timed) > 0
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
