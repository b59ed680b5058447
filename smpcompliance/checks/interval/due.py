"""What `interval` reads from the logs before it reckons, and the evidence it gives afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from smpcompliance.checks.base import Found, Made, Related, Scope
from smpcompliance.checks.interval.case import Case, Judged
from smpcompliance.checks.interval.strays import strays
from smpcompliance.checks.service import covered_from, service
from smpcompliance.checks.stretches import REACH, Calendar, day_number, day_text
from smpcompliance.checks.subjects import FAR, Happenings, happened, name_subjects, pick
from smpcompliance.checks.words import say
from smpcompliance.dates import DAY, Codes, Ints
from smpcompliance.logs.rows import in_order
from smpcompliance.logs.schema import schema

_SAYABLE = 700_000  # days on either side of 1970 that the calendar can name

if TYPE_CHECKING:
    from smpcompliance.checks.interval import Interval


def prepare(check: "Interval", scope: Scope) -> Case | None:
    """Finds subjects, events, uses and service; None where the rule has no day in the audit."""
    if scope.days is None:
        return None
    parts = [pick(scope, check.log, check.per, check.where)]
    if check.while_:
        parts.append(pick(scope, check.while_.log, check.while_.per or check.per, check.while_.where))
    if check.subjects:
        parts.append(pick(scope, check.subjects.log, [schema(check.subjects.log).key], check.subjects.where))
    stray = strays(scope, parts[0], check.while_.log, parts[1].columns) if check.while_ else None
    subjects, codes = name_subjects(scope, check.per, parts, stray)
    events = happened(scope, parts[0], *codes[0], check.when)
    uses = happened(scope, parts[1], *codes[1], check.while_.when) if check.while_ else None
    records, nothing_else_starts = [uses, events] if uses else [events], not check.per and not check.while_
    served = service(scope, check.per, check.log, subjects, records, opening_starts=nothing_else_starts)
    first, last, as_of = map(day_number, (scope.days.first, scope.days.last, scope.as_of))
    covered = covered_from(scope, check.log, check.when)[subjects.studio]
    stop = np.minimum(served.until, min(last, as_of))
    return Case(
        subjects, served, events, uses, covered, stop, first, last, as_of, check.idle_means, check.first == "before_use"
    )


@dataclass(frozen=True)
class _Order:
    """Happenings of a known subject and day, in order of subject and time."""

    found: Happenings
    keys: Ints

    @classmethod
    def of(cls, found: Happenings, sure: bool) -> "_Order":
        known = found.take((found.exact if sure else found.low == found.high) & (found.subject >= 0))
        keys = known.subject * REACH + known.at
        order = in_order(keys)
        return cls(known.take(order), keys[order])

    def place(self, key: Ints, side: str = "right") -> Ints:
        return np.asarray(np.searchsorted(self.keys, key, side=side))  # type: ignore[call-overload]

    def day(self, place: Ints, subject: Ints) -> Ints:
        """The day at each place, far away where it is not the subject's."""
        known = (place >= 0) & (place < len(self.keys))
        safe = np.where(known, place, 0)
        if not len(self.keys):
            return np.full(len(place), FAR)
        return np.where(known & (self.found.subject[safe] == subject), self.found.low[safe], FAR)

    def row(self, place: Ints, subject: Ints) -> Ints:
        """The row at each place, -1 where it is not the subject's."""
        there = self.day(place, subject) < FAR
        return np.where(there, self.found.rows[np.where(there, place, 0)], -1) if len(self.keys) else there - 1


@dataclass(frozen=True)
class Table:
    """Judged stretches as evidence."""

    check: "Interval"
    scope: Scope
    case: Case
    calendar: Calendar | None

    @cached_property
    def events(self) -> _Order:
        """What happened, in order."""
        return _Order.of(self.case.events, sure=True)

    @cached_property
    def uses(self) -> _Order | None:
        """The uses, those in doubt too, in order."""
        return _Order.of(self.case.uses, sure=False) if self.case.uses is not None else None

    def studio(self, judged: Judged) -> Ints:
        """The studio of each stretch."""
        known = judged.subject >= 0
        out = np.zeros(len(judged.subject), np.int64)
        out[known] = self.case.subjects.studio[judged.subject[known]]
        if not known.all():
            assert self.check.while_
            out[~known] = self.scope.logs.log(self.check.while_.log).studio[judged.row[~known]]
        return out

    def handed_in(self, judged: Judged) -> Judged:
        """The stretches of studios that handed in what is needed."""
        has = self.scope.logs.has(self.check.log)
        if self.check.while_:
            has = has & self.scope.logs.has(self.check.while_.log)
        return judged.take(has[self.studio(judged)])

    def grouped(self, judged: Judged, entries: Ints) -> list[list[int]]:
        """Stretches that are one finding: all calendar stretches of a subject without any record."""
        if self.calendar is None:
            return [[int(n)] for n in entries]
        each = self.case.events.of_each(self.case.subjects)
        some = np.bincount(each.subject[each.subject >= 0], minlength=len(self.case.subjects)) > 0
        alone = some[judged.subject[entries]] | (judged.row[entries] >= 0)
        own = np.where(alone, len(some) + entries, judged.subject[entries])
        order = np.argsort(own, kind="stable")
        bounds = np.flatnonzero(np.diff(own[order])) + 1
        return [part.tolist() for part in np.split(entries[order], bounds)] if len(entries) else []

    def entries(self, judged: Judged) -> Callable[[list[list[int]], Codes | None], Found]:
        """The maker of evidence for groups of these stretches."""
        return lambda groups, why: self._found(judged, groups, why)

    def _found(self, judged: Judged, groups: list[list[int]], why: Codes | None) -> Found:
        first = judged.take(np.array([group[0] for group in groups], np.int64))
        every = np.array([n for group in groups for n in group], np.int64)
        owner = np.repeat(np.arange(len(groups)), [len(group) for group in groups]).astype(np.int64)
        count = np.bincount(owner, self._count(judged.take(every)), len(groups)).astype(np.int64)
        joined = Made(len(groups), lambda at: ", ".join(self._span(judged, n) for n in groups[at]))
        place = self.events.place(
            first.subject * REACH + np.where(first.timed, first.at, first.at // DAY * DAY + DAY - 1)
        )
        before, after = (self.events.day(place + step, first.subject) for step in (-1, 0))
        facts: dict[str, Made[str]] = {
            name: Made(len(groups), partial(self._name, n, first.subject)) for n, name in enumerate(self.check.per)
        } | {
            "span": joined,
            "spans": joined,
            "times": Made(len(groups), lambda at: str(len(groups[at]))),
            "count": Made(len(groups), lambda at: str(count[at])),
            "last": _days(before),
            "next": _days(after),
            "due": _days(first.due),
        }
        rows = self._rows(first, place)
        uses = self.check.while_
        return Found(
            uses.log if uses else self.check.log, rows, self.studio(first), self.check.per[0] if self.check.per else "",
            facts, why, lambda: self._related(first, place),
            lambda entry: self._words(facts, entry),
        )  # fmt: skip

    def _name(self, column: int, subject: Ints, at: int) -> str:
        return self.case.subjects.text(column, int(subject[at]))

    def last_events(self, subject: Ints) -> tuple[Sequence[str], Ints]:
        """The day and the row of the last event of some subjects; empty and -1 where there is none."""
        place = self.events.place(subject * REACH + self.case.as_of * DAY + DAY - 1) - 1
        return _days(self.events.day(place, subject)), self.events.row(place, subject)

    def _count(self, judged: Judged) -> Ints:
        if self.uses is None:
            return np.zeros(len(judged.subject), np.int64)
        low = self.uses.place(judged.subject * REACH + judged.first * DAY, "left")
        high = self.uses.place(judged.subject * REACH + (judged.last + 1) * DAY, "left")
        return np.where(judged.count >= 0, judged.count, high - low)

    def _span(self, judged: Judged, n: int) -> str:
        first, last = int(judged.first[n]), int(judged.last[n])
        if self.calendar and judged.row[n] < 0:
            return self.calendar.label(int(self.calendar.unit(np.array([first]))[0]))
        texts = _days(np.array([first, last]))
        return texts[0] if texts[0] == texts[1] else " to ".join(filter(None, texts))

    def _rows(self, judged: Judged, place: Ints) -> Ints:
        if self.uses is None:
            return self.events.row(place - 1, judged.subject)
        at = self.uses.place(judged.subject * REACH + judged.first * DAY, "left")
        inside = self.uses.day(at, judged.subject) <= judged.last
        return np.where(judged.row >= 0, judged.row, np.where(inside, self.uses.row(at, judged.subject), -1))

    def _related(self, judged: Judged, place: Ints) -> Related:
        steps = (-1, 0) if self.uses is not None else (0,)
        rows = np.concatenate([self.events.row(place + step, judged.subject) for step in steps])
        entries = np.tile(np.arange(len(judged.subject)), len(steps))
        return ((self.check.log, entries[rows >= 0], rows[rows >= 0]),)

    def _words(self, facts: Mapping[str, Sequence[str]], entry: int) -> str:
        said = f"no record of {say.log(self.check.log)} in {facts['span'][entry]}"
        if self.check.reckon == "fit" and self.check.while_:
            said = f"{facts['count'][entry]} records of {say.log(self.check.while_.log)} in {facts['span'][entry]}"
            said += f" without a record of {say.log(self.check.log)} in time"
        elif self.check.while_:
            said = f"{facts['count'][entry]} records of {say.log(self.check.while_.log)}, {said}"
        last, then = facts["last"][entry], facts["next"][entry]
        said += f"; the last one before on {last}" if last else "; none before"
        return said + (f", the next on {then}" if then else ", none after")


def _days(days: Ints) -> Made[str]:
    return Made(len(days), lambda at: day_text(int(days[at])) if abs(days[at]) < _SAYABLE else "")
