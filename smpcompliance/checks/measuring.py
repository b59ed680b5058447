"""How `limit` measures: its records, its windows, its bounds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from smpcompliance.checks.answer import Answer
from smpcompliance.checks.base import Scope, value_codes
from smpcompliance.checks.condition import Rows, judge
from smpcompliance.checks.find import seek
from smpcompliance.checks.history import Records, history
from smpcompliance.checks.service import FAR, Happenings, Picked, Service, Subjects, name_subjects, pick, service
from smpcompliance.checks.stretches import Calendar, day_number, ranges
from smpcompliance.checks.tally import UNBOUNDED, Counted, Floats, Tally, Windows, looser, whole
from smpcompliance.dates import DATE, DAY, Codes, Duration, Ints, Mask, add, add_months, duration
from smpcompliance.logs.cells import Moments, Numbers, Reason
from smpcompliance.logs.schema import schema

if TYPE_CHECKING:
    from smpcompliance.checks.limit import Bound, Limit, Measure

_CALENDAR = {"day": "P1D", "week": "P1W", "month": "P1M", "quarter": "P3M", "year": "P1Y"}


@dataclass(frozen=True)
class Judged:
    """Windows and their answers; `row` is the last record in each (-1 where there is none), `side` which bound it is."""

    windows: Windows
    total: Floats
    bound: Floats
    bad: Mask
    why: Codes
    row: Ints
    label: list[str]
    measure: list[str]
    side: list[str]

    def take(self, keep: Ints) -> "Judged":
        """Some of them."""
        lists = ([part[n] for n in keep] for part in (self.label, self.measure, self.side))
        return Judged(
            self.windows.take(keep), self.total[keep], self.bound[keep], self.bad[keep], self.why[keep],
            self.row[keep], *lists,
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence["Judged"]) -> "Judged":
        """All of several."""
        windows = Windows(
            **{n: np.concatenate([getattr(p.windows, n) for p in parts]) for n in Windows.__dataclass_fields__}
        )
        arrays = (np.concatenate([getattr(p, n) for p in parts]) for n in ("total", "bound", "bad", "why", "row"))
        lists = ([v for p in parts for v in getattr(p, n)] for n in ("label", "measure", "side"))
        return cls(windows, *arrays, *lists)


@dataclass(frozen=True)
class Ledger:
    """The records of a limit, their groups, and the days that are judged (numbers)."""

    check: "Limit"
    scope: Scope
    records: Records
    subjects: Subjects
    subject: Ints
    blank: Codes
    papers: tuple[Picked, Ints] | None
    first: int
    last: int

    @classmethod
    def of(cls, check: "Limit", scope: Scope) -> "Ledger":
        """Reads records and groups. A record without a group may be in any group of its studio."""
        moment = check.moment()
        if moment is None:
            raise ValueError(f"{check.log} has no event date; the rule must say when")
        assert scope.days
        records = history(check, scope, moment, check.unless)
        parts = [Picked(check.log, check.per, records.rows, records.belongs)]
        if check.subjects:
            parts.append(pick(scope, check.subjects.log, [schema(check.subjects.log).key], check.subjects.where))
        if check.licence:
            own = [check.licence.match[name] for name in check.per]
            parts.append(pick(scope, check.licence.log, own, check.licence.where))
        subjects, codes = name_subjects(scope, check.per, parts)
        blank = np.zeros(len(records.rows), np.uint8)
        for name in check.per:
            why = scope.logs.cells(check.log, name).why[records.rows]
            blank = np.where(blank > 0, blank, why).astype(np.uint8)
        named = (subjects.values[0].why == 0)[codes[0][0]] if check.per and len(subjects) else np.zeros(len(blank), bool)
        subject = np.where((blank > 0) & named, -1, codes[0][0])
        papers = (parts[-1], codes[-1][0]) if check.licence else None
        days = (day_number(scope.days.first), min(day_number(scope.days.last), day_number(scope.as_of)))
        return cls(check, scope, records, subjects, subject, blank, papers, *days)

    @cached_property
    def service(self) -> Service:
        """When the groups are in service."""
        doubt, r = self._doubt(None), self.records
        found = Happenings(
            self.check.log, r.rows, self.subject, r.studio, r.low, r.high, r.moment.at, r.moment.precision < DATE, doubt
        )
        return service(self.scope, self.check.per, self.check.log, self.subjects, [found])

    def _doubt(self, calendar: Calendar | None, anywhere: bool = False) -> Codes:
        r = self.records
        loose = r.low != r.high
        if anywhere:
            loose = r.moment.why > 0
        elif calendar:
            loose = calendar.unit(r.low) != calendar.unit(r.high)
        moment = np.where(loose, np.where(r.moment.why > 0, r.moment.why, Reason.precision), 0)
        doubt = np.where(r.belongs.why > 0, r.belongs.why, np.where(self.blank > 0, self.blank, moment))
        return doubt.astype(np.uint8)

    def judge(self, measure: "Measure") -> list[Judged]:
        """Judges a measure against each of its bounds."""
        name = measure.window if isinstance(measure.window, str) else ""
        calendar = Calendar.of(duration(_CALENDAR[name.removeprefix("calendar_")])) if name.startswith("calendar_") else None
        by_day = measure.measure in ("distinct_days", "longest_run_days", "concurrent")
        doubt = self._doubt(None if by_day else calendar, name in ("whole", "record") and not by_day)
        counted = self._counted(measure, doubt)
        out = []
        for side in ("at_most", "at_least"):
            bound = getattr(measure, side)
            if bound is not None:
                windows = self._windows(measure, calendar, counted, side)
                tally = Tally.of(windows, counted)
                keep = tally.touched(self.first, self.last) if side == "at_most" else self._full(windows, name)
                tally = Tally.of(windows.take(keep), counted)
                out.append(self._answer(measure, calendar, tally, bound, side))
        return out

    def _counted(self, measure: "Measure", doubt: Codes) -> Counted:
        r, n = self.records, len(self.records.rows)
        least, most, value = np.ones(n), np.ones(n), np.arange(n)
        what, here = measure.measure, Rows(self.scope.logs, self.check.log, r.rows)
        if hasattr(what, "sum"):
            least, most = _amounts(here, what.sum)
        elif hasattr(what, "distinct"):
            cells = here.cells(what.distinct)
            value = value_codes(cells)
            doubt = np.where(doubt > 0, doubt, cells.why).astype(np.uint8)
        elif what == "distinct_days":
            value = r.low
        begins, ends, known = r.low * DAY, (r.high + 1) * DAY, np.zeros(n, bool)
        if what == "concurrent":
            begins, ends, known = _running(here, r.moment)
            doubt = np.where(doubt == Reason.precision, np.where(r.low == r.high, 0, doubt), doubt).astype(np.uint8)
        return Counted(r.rows, self.subject, r.studio, r.low, r.high, doubt, least, most, value, begins, ends, known)

    def _windows(self, measure: "Measure", calendar: Calendar | None, counted: Counted, side: str) -> Windows:
        window, studio = measure.window, self.subjects.studio
        if window == "whole":
            return whole(self.subjects, self.last)
        if window == "record":
            inside = (counted.high >= self.first) & (counted.low <= self.last)
            rows = counted.take(inside)
            return Windows(rows.subject, rows.studio, rows.low, rows.high, rows.rows)
        if window == "licence_year":
            subject, first, last = self._licence_years()
        elif calendar:
            subject, first, last = self._calendar_windows(calendar, counted, side)
        else:
            assert isinstance(window, Duration)
            own = counted.take((counted.subject >= 0) & (counted.low == counted.high) & (counted.low >= self.first))
            subject, last = np.unique(np.stack([own.subject, own.low]), axis=1)
            first = add((last + 1) * DAY, window, sign=-1) // DAY
        return Windows(subject, studio[subject], first, last, np.full(len(subject), -1, np.int64))

    def _calendar_windows(self, calendar: Calendar, counted: Counted, side: str) -> tuple[Ints, Ints, Ints]:
        if side == "at_most":
            own = counted.take((counted.subject >= 0) & (counted.low > -FAR) & (counted.high >= self.first))
            low = np.maximum(calendar.unit(own.low), calendar.unit(np.array([self.first])))
            which, unit = ranges(low, calendar.unit(np.minimum(own.high, self.last)))
            subject, unit = np.unique(np.stack([own.subject[which], unit]), axis=1)
        else:
            low = np.maximum(calendar.unit(self.service.since), calendar.unit(np.array([self.first])))
            subject, unit = ranges(low, np.broadcast_to(calendar.unit(np.array([self.last])), low.shape))
        return subject, calendar.first(unit), calendar.last(unit)

    def _licence_years(self) -> tuple[Ints, Ints, Ints]:
        assert self.papers
        part, owner = self.papers
        cells = [self.scope.logs.cells(part.log, c).take(part.rows) for c in ("valid_from", "issued_on", "expires_on")]
        begin, issued, until = cells
        assert isinstance(begin, Moments) and isinstance(issued, Moments) and isinstance(until, Moments)
        start = np.where(begin.why == 0, begin.at, issued.at) // DAY
        known = ((begin.why == 0) | (issued.why == 0)) & (owner >= 0) & part.belongs.met
        final = np.minimum(np.where(until.why == 0, until.at // DAY, FAR), self.last + 366)
        which, year = ranges(np.zeros(int(known.sum()), np.int64), np.maximum(final - start, 0)[known] // 365)
        first = np.array([add_months(np.array([d * DAY]), 12 * int(y))[0] for d, y in zip(start[known][which], year, strict=True)], np.int64) // DAY
        last = np.minimum(add_months(first * DAY, 12) // DAY - 1, final[known][which])
        keep = first <= last
        return owner[known][which][keep], first[keep], last[keep]

    def _full(self, windows: Windows, name: str) -> Mask:
        """Windows that lie wholly in service and end on a judged day."""
        s = self.service
        if name == "whole":
            return np.asarray((s.since <= self.last) & (s.until >= self.first))[windows.subject]
        inside = (windows.last >= self.first) & (windows.last <= self.last) & (windows.last <= s.until[windows.subject])
        begun = ~s.stated[windows.subject] | (s.since[windows.subject] <= windows.first)
        return np.asarray(inside & begun)

    def _answer(
        self, measure: "Measure", calendar: Calendar | None, tally: Tally, bound: "Bound", side: str
    ) -> Judged:
        low, high, why = self._least_and_most(measure, tally)
        last = tally.last_record()
        limit, limit_why = self._bound(bound, self._representative(tally, last))
        most = side == "at_most"
        bad = low > limit if most else high < limit
        unsure = ~bad & ((high > limit) if most else (low < limit))
        doubt = np.where(limit_why > 0, limit_why, np.where(unsure, np.where(why > 0, why, Reason.precision), 0))
        n = tally.size
        label = [calendar.label(int(calendar.unit(np.array([day]))[0])) for day in tally.windows.first] if calendar else [""] * n
        rows = np.where(last >= 0, self.records.rows[np.maximum(last, 0)] if len(self.records.rows) else -1, tally.windows.row)
        return Judged(
            tally.windows, low if most else high, limit, bad & (limit_why == 0), doubt.astype(np.uint8), rows, label,
            [_measure_name(measure)] * n, [side.replace("_", " ")] * n,
        )  # fmt: skip

    def _least_and_most(self, measure: "Measure", tally: Tally) -> tuple[Floats, Floats, Codes]:
        counted, what = tally.counted, measure.measure
        more, why = tally.extra(counted.most)
        if hasattr(what, "sum"):
            spread = np.bincount(tally.window, (counted.most - counted.least)[tally.record], tally.size)
            low = tally.total()
            return low, low + spread + more, np.where((why == 0) & (spread > 0), Reason.unreadable, why).astype(np.uint8)
        if hasattr(what, "share"):
            return self._share(what.share.of, tally, more, why)
        if what == "longest_run_days":
            days = replace(tally, counted=replace(counted, value=counted.low)).distinct()
            low = tally.longest_run(self.first)
            return low, np.where(more > 0, days + more, low), why
        if what == "concurrent":
            long = looser(counted)
            every = replace(tally, counted=long).concurrent()
            return tally.concurrent(), every + more, why
        low = tally.total() if what == "count" else tally.distinct()
        return low, low + more, why

    def _share(self, of: "object", tally: Tally, more: Floats, why: Codes) -> tuple[Floats, Floats, Codes]:
        meets = judge(of, Rows(self.scope.logs, self.check.log, self.records.rows))  # type: ignore[arg-type]
        part: Answer = meets.take(tally.record)
        yes, maybe = (np.bincount(tally.window, m.astype(float), tally.size) for m in (part.met, part.unknown))
        every = np.maximum(tally.total() + more, 1)
        reason = np.zeros(tally.size, np.uint8)
        reason[tally.window[part.unknown]] = part.why[part.unknown]
        return yes / every, (yes + maybe + more) / every, np.where(why > 0, why, reason).astype(np.uint8)

    def _representative(self, tally: Tally, last: Ints) -> Ints:
        """The record whose bound a window has: its last sure one, else one of its group."""
        any_of_group = np.full(len(self.subjects) + 1, -1, np.int64)
        any_of_group[self.subject] = np.arange(len(self.subject))
        any_of_group[-1] = -1
        return np.where(last >= 0, last, any_of_group[tally.windows.subject])

    def _bound(self, bound: "Bound", record: Ints) -> tuple[Floats, Codes]:
        if isinstance(bound, float):
            return np.full(len(record), bound), np.zeros(len(record), np.uint8)
        missing = np.where(record < 0, Reason.blank, 0).astype(np.uint8)
        rows = self.records.rows[np.maximum(record, 0)] if len(self.records.rows) else record
        if isinstance(bound, str):
            cells = self.scope.logs.cells(self.check.log, bound).take(rows, missing)
        else:
            match = seek(bound, Rows(self.scope.logs, self.check.log, rows))
            there, unsure = np.full(len(rows), -1, np.int64), match.answer.why
            good = match.fits.met
            there[match.candidates.left[good]] = match.candidates.right[good]
            why = np.where(there >= 0, missing, np.where(unsure > 0, unsure, Reason.dangling)).astype(np.uint8)
            cells = self.scope.logs.cells(bound.log, bound.column).take(there, why)
        assert isinstance(cells, Numbers)
        return cells.values, cells.why

    def records_in(self, judged: Judged) -> tuple[Ints, Ints]:
        """The sure records of some windows: (window, row of the log), without the one that stands for it."""
        counted = Counted(
            self.records.rows, self.subject, self.records.studio, self.records.low, self.records.high,
            self._doubt(None), *(np.zeros(len(self.subject)) for _ in range(2)),
            *(np.zeros(len(self.subject), np.int64) for _ in range(3)), np.zeros(len(self.subject), bool),
        )  # fmt: skip
        tally = Tally.of(judged.windows, counted)
        rows = self.records.rows[tally.record]
        other = rows != judged.row[tally.window]
        return tally.window[other], rows[other]

    def span(self, judged: Judged, n: int) -> tuple[int, int]:
        """The first and last day of a window as far as it holds records."""
        first, last = int(judged.windows.first[n]), int(judged.windows.last[n])
        if first > -FAR:
            return first, last
        own = (self.subject == judged.windows.subject[n]) & (self.records.low > -FAR)
        return (int(self.records.low[own].min()), last) if own.any() else (last, last)


def _amounts(here: Rows, column: str) -> tuple[Floats, Floats]:
    """What each record adds at least and at most; a blank quantity is one."""
    cells = here.cells(column)
    assert isinstance(cells, Numbers)
    blank = np.isin(cells.why, (Reason.blank, Reason.no_column)) & (column.split(".")[-1] == "quantity")
    known = cells.why == 0
    least = np.where(known, cells.values, np.where(blank, 1.0, 0.0))
    return least, np.where(known, cells.values, np.where(blank, 1.0, UNBOUNDED))


def _running(here: Rows, moment: Moments) -> tuple[Ints, Ints, Mask]:
    """From which second until which each record runs, and whether both are known to the minute."""
    ends = here.cells("ended_at")
    assert isinstance(ends, Moments)
    known = (moment.why == 0) & (moment.precision < DATE) & (ends.why == 0) & (ends.precision < DATE)
    known &= ends.at >= moment.at
    ended = (ends.why == 0) & (ends.at >= moment.at)
    return moment.at, np.where(ended, ends.at + np.where(ends.precision < DATE, 0, DAY), moment.at), known


def _measure_name(measure: "Measure") -> str:
    what = measure.measure
    if isinstance(what, str):
        return what.replace("_", " ")
    return next(f"{key} of {value}" if isinstance(value, str) else key for key, value in what.model_dump().items())
