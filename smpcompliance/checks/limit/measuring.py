"""How `limit` measures: its windows and their answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from smpcompliance.checks.answer import Answer
from smpcompliance.checks.condition import Conditions
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.limit.ledger import Ledger
from smpcompliance.checks.limit.measure import Bound, Measure, Share, Sum
from smpcompliance.checks.limit.tally import Counted, Floats, Tally, Windows, looser, whole
from smpcompliance.checks.stretches import Calendar, ranges
from smpcompliance.checks.subjects import FAR
from smpcompliance.dates import DAY, Codes, Duration, Ints, Mask, add, add_months, duration
from smpcompliance.logs.cells import Moments, Reason, first_reason
from smpcompliance.logs.rows import distinct_pairs

_CALENDAR = {"day": "P1D", "week": "P1W", "month": "P1M", "quarter": "P3M", "year": "P1Y"}


@dataclass(frozen=True)
class Said:
    """What is measured, against which side of its bounds, and the calendar that names its windows."""

    measure: str
    side: str
    calendar: Calendar | None


@dataclass(frozen=True)
class Judged:
    """Windows and their answers; `row` is the last record in each (-1 without one), `part` its place in `said`."""

    windows: Windows
    total: Floats
    bound: Floats
    bad: Mask
    why: Codes
    row: Ints
    part: Ints
    said: tuple[Said, ...]

    def take(self, keep: Ints) -> "Judged":
        """Some of them."""
        return Judged(
            self.windows.take(keep), self.total[keep], self.bound[keep], self.bad[keep], self.why[keep],
            self.row[keep], self.part[keep], self.said,
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence["Judged"]) -> "Judged":
        """All of several."""
        if len(parts) == 1:
            return parts[0]
        windows = Windows(
            **{n: np.concatenate([getattr(p.windows, n) for p in parts]) for n in Windows.__dataclass_fields__}
        )
        before = np.cumsum([0, *(len(p.said) for p in parts)])
        return cls(
            windows,
            np.concatenate([p.total for p in parts]),
            np.concatenate([p.bound for p in parts]),
            np.concatenate([p.bad for p in parts]),
            np.concatenate([p.why for p in parts]),
            np.concatenate([p.row for p in parts]),
            np.concatenate([p.part + n for p, n in zip(parts, before, strict=False)]),
            tuple(said for p in parts for said in p.said),
        )

    def label(self, n: int) -> str:
        """The name of a window of the calendar, empty for any other."""
        calendar = self.said[int(self.part[n])].calendar
        return calendar.label(int(calendar.unit(self.windows.first[n : n + 1])[0])) if calendar else ""


def measured(ledger: Ledger, measure: Measure) -> list[Judged]:
    """Judges a measure against each of its bounds."""
    name = measure.window if isinstance(measure.window, str) else ""
    calendar = (
        Calendar.of(duration(_CALENDAR[name.removeprefix("calendar_")])) if name.startswith("calendar_") else None
    )
    by_day = measure.measure in ("distinct_days", "longest_run_days", "concurrent")
    doubt = ledger.doubt(None if by_day else calendar, name in ("whole", "record") and not by_day)
    counted = ledger.counted(measure, doubt)
    out = []
    for side in ("at_most", "at_least"):
        bound = getattr(measure, side)
        if bound is not None:
            windows = _windows(ledger, measure, calendar, counted, side)
            if side == "at_least":
                windows = windows.take(_full(ledger, windows, name))
            elif name in ("whole", "licence_year"):  # all others are made of a record that they hold
                windows = windows.take(windows.touched(counted, ledger.first, ledger.last))
            out.append(_answer(ledger, measure, calendar, Tally.of(windows, counted), bound, side))
    return out


def _windows(ledger: Ledger, measure: Measure, calendar: Calendar | None, counted: Counted, side: str) -> Windows:
    window, studio = measure.window, ledger.subjects.studio
    if window == "whole":
        return whole(ledger.subjects, ledger.last)
    if window == "record":
        inside = np.flatnonzero((counted.high >= ledger.first) & (counted.low <= ledger.last))
        columns = (counted.subject, counted.studio, counted.low, counted.high, counted.rows)
        return Windows(*(column[inside] for column in columns))
    if window == "licence_year":
        subject, first, last = _licence_years(ledger, side)
    elif calendar:
        subject, first, last = _calendar_windows(ledger, calendar, counted, side)
    else:
        assert isinstance(window, Duration)
        own = (counted.subject >= 0) & (counted.low == counted.high) & (counted.low >= ledger.first)
        subject, last = distinct_pairs(counted.subject[own], counted.low[own])
        first = add((last + 1) * DAY, window, sign=-1) // DAY
    return Windows(subject, studio[subject], first, last, np.full(len(subject), -1, np.int64))


def _calendar_windows(ledger: Ledger, calendar: Calendar, counted: Counted, side: str) -> tuple[Ints, Ints, Ints]:
    if side == "at_most":
        own = np.flatnonzero((counted.subject >= 0) & (counted.low > -FAR) & (counted.high >= ledger.first))
        low = np.maximum(calendar.unit(counted.low[own]), calendar.unit(np.array([ledger.first])))
        which, unit = ranges(low, calendar.unit(np.minimum(counted.high[own], ledger.last)))
        subject, unit = distinct_pairs(counted.subject[own][which], unit)
    else:
        low = np.maximum(calendar.unit(ledger.service.since), calendar.unit(np.array([ledger.first])))
        subject, unit = ranges(low, np.broadcast_to(calendar.unit(np.array([ledger.last])), low.shape))
    return subject, calendar.first(unit), calendar.last(unit)


def _licence_years(ledger: Ledger, side: str) -> tuple[Ints, Ints, Ints]:
    """Owner, first and last day of each year of a paper. What is left after the whole years is a window of its own for
    «at most»; for «at least» it is too short to reach anything in and counts with the year before.
    """
    assert ledger.papers
    part, owner = ledger.papers
    cells = [ledger.scope.logs.cells(part.log, c).take(part.rows) for c in ("valid_from", "issued_on", "expires_on")]
    begin, issued, until = cells
    assert isinstance(begin, Moments) and isinstance(issued, Moments) and isinstance(until, Moments)
    start = np.where(begin.why == 0, begin.at, issued.at) // DAY
    known = ((begin.why == 0) | (issued.why == 0)) & (owner >= 0) & part.belongs.met
    final = np.minimum(np.where(until.why == 0, until.at // DAY, FAR), ledger.last + 366)
    which, year = ranges(np.zeros(int(known.sum()), np.int64), np.maximum(final - start, 0)[known] // 365)
    first = (
        np.array(
            [add_months(np.array([d * DAY]), 12 * int(y))[0] for d, y in zip(start[known][which], year, strict=True)],
            np.int64,
        )
        // DAY
    )
    ends, year_ends = final[known][which], add_months(first * DAY, 12) // DAY - 1
    last = np.minimum(year_ends, ends)
    keep = first <= last
    if side == "at_least":
        keep &= year_ends <= ends
        stated = (until.why == 0)[known][which] & (until.at[known][which] // DAY == ends)
        last = np.where(stated & (add_months(first * DAY, 24) // DAY - 1 > ends), ends, last)
    return owner[known][which][keep], first[keep], last[keep]


def _full(ledger: Ledger, windows: Windows, name: str) -> Mask:
    """Windows that lie wholly in service and end on a judged day."""
    s = ledger.service
    if name == "whole":
        return np.asarray((s.since <= ledger.last) & (s.until >= ledger.first))[windows.subject]
    inside = (windows.last >= ledger.first) & (windows.last <= ledger.last) & (windows.last <= s.until[windows.subject])
    begun = ~s.stated[windows.subject] | (s.since[windows.subject] <= windows.first)
    return np.asarray(inside & begun)


def _answer(
    ledger: Ledger, measure: Measure, calendar: Calendar | None, tally: Tally, bound: Bound, side: str
) -> Judged:
    low, high, why = _least_and_most(ledger, measure, tally)
    last = tally.last_record()
    limit, limit_why = ledger.bound(bound, tally, last)
    most = side == "at_most"
    bad = low > limit if most else high < limit
    if not most:
        nobody = bad & ~ledger.surely_there[tally.windows.subject]
        bad = bad & ~nobody
        limit_why = np.where(nobody & (limit_why == 0), np.where(why > 0, why, Reason.ambiguous), limit_why)
    unsure = ~bad & ((high > limit) if most else (low < limit))
    doubt = np.where(limit_why > 0, limit_why, np.where(unsure, np.where(why > 0, why, Reason.precision), 0))
    rows = np.where(
        last >= 0, ledger.records.rows[np.maximum(last, 0)] if len(ledger.records.rows) else -1, tally.windows.row
    )
    return Judged(
        tally.windows, low if most else high, limit, bad & (limit_why == 0), doubt.astype(np.uint8), rows,
        np.zeros(tally.size, np.int64), (Said(_measure_name(measure), side.replace("_", " "), calendar),),
    )  # fmt: skip


def _least_and_most(ledger: Ledger, measure: Measure, tally: Tally) -> tuple[Floats, Floats, Codes]:
    counted, what = tally.counted, measure.measure
    more, why = tally.extra(counted.most)
    if isinstance(what, Sum):
        spread = np.bincount(tally.window, (counted.most - counted.least)[tally.record], tally.size)
        low = tally.total()
        return (
            low,
            low + spread + more,
            np.where((why == 0) & (spread > 0), Reason.unreadable, why).astype(np.uint8),
        )
    if isinstance(what, Share):
        return _share(ledger, what.share.of, tally, more, why)
    if what == "longest_run_days":
        days = replace(tally, counted=replace(counted, value=counted.low)).distinct()
        low = tally.longest_run(ledger.first)
        return low, np.where(more > 0, days + more, low), why
    if what == "concurrent":
        long = looser(counted)
        every = replace(tally, counted=long).concurrent()
        return tally.concurrent(), every + more, why
    low = tally.total() if what == "count" else tally.distinct()
    return low, low + more, why


def _share(ledger: Ledger, of: Conditions, tally: Tally, more: Floats, why: Codes) -> tuple[Floats, Floats, Codes]:
    meets = judge(of, Rows(ledger.scope.logs, ledger.check.log, ledger.records.rows))
    part: Answer = meets.take(tally.record)
    yes, maybe = (np.bincount(tally.window, m.astype(float), tally.size) for m in (part.met, part.unknown))
    every = np.maximum(tally.total() + more, 1)
    reason = np.zeros(tally.size, np.uint8)
    reason[tally.window[part.unknown]] = part.why[part.unknown]
    return yes / every, (yes + maybe + more) / every, first_reason(why, reason)


def _measure_name(measure: Measure) -> str:
    what = measure.measure
    if isinstance(what, str):
        return what.replace("_", " ")
    return next(f"{key} of {value}" if isinstance(value, str) else key for key, value in what.model_dump().items())
