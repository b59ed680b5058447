"""The records that a limit counts: whose they are, how sure they are, what each adds, and which bound they have."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from smpcompliance.checks.base import Scope, value_codes
from smpcompliance.checks.find import seek
from smpcompliance.checks.history import Records, history
from smpcompliance.checks.judging import Rows
from smpcompliance.checks.limit.measure import Bound, Distinct, Measure, Sum
from smpcompliance.checks.limit.tally import UNBOUNDED, Counted, Floats, Lined, Tally, Windows
from smpcompliance.checks.service import Service, service
from smpcompliance.checks.stretches import Calendar, day_number, ranges
from smpcompliance.checks.subjects import FAR, Happenings, Picked, Subjects, name_subjects, pick
from smpcompliance.dates import DATE, DAY, Codes, Ints, Mask
from smpcompliance.logs.cells import Moments, Numbers, Reason, among, because, first_reason
from smpcompliance.logs.rows import marked
from smpcompliance.logs.schema import schema

if TYPE_CHECKING:
    from smpcompliance.checks.limit import Limit


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
            blank = first_reason(blank, why)
        named = (
            (subjects.values[0].why == 0)[codes[0][0]] if check.per and len(subjects) else np.zeros(len(blank), bool)
        )
        subject = np.where((blank > 0) & named, -1, codes[0][0])
        papers = (parts[-1], codes[-1][0]) if check.licence else None
        days = (day_number(scope.days.first), min(day_number(scope.days.last), day_number(scope.as_of)))
        return cls(check, scope, records, subjects, subject, blank, papers, *days)

    @cached_property
    def service(self) -> Service:
        """When the groups are in service."""
        doubt, r = self.doubt(None), self.records
        found = Happenings(
            self.check.log, r.rows, self.subject, r.studio, r.low, r.high, r.moment.at, r.moment.precision < DATE, doubt
        )
        return service(self.scope, self.check.per, self.check.log, self.subjects, [found])

    def doubt(self, calendar: Calendar | None, anywhere: bool = False) -> Codes:
        r = self.records
        loose = r.low != r.high
        if anywhere:
            loose = r.moment.why > 0
        elif calendar:
            loose = calendar.unit(r.low) != calendar.unit(r.high)
        moment = first_reason(r.moment.why * loose, because(loose, Reason.precision))
        return first_reason(r.belongs.why, self.blank, moment)

    def counted(self, measure: Measure, doubt: Codes) -> Counted:
        r, n = self.records, len(self.records.rows)
        least, most, value = np.ones(n), np.ones(n), np.arange(n)
        what, here = measure.measure, Rows(self.scope.logs, self.check.log, r.rows)
        if isinstance(what, Sum):
            least, most = _amounts(here, what.sum)
        elif isinstance(what, Distinct):
            cells = here.cells(what.distinct)
            value = value_codes(cells)
            doubt = first_reason(doubt, cells.why)
        elif what == "distinct_days":
            value = r.low
        begins, ends, known = r.low, r.high, np.zeros(n, bool)
        if what == "concurrent":
            begins, ends, known = _running(here, r.moment)
            doubt = np.where(doubt == Reason.precision, np.where(r.low == r.high, 0, doubt), doubt).astype(np.uint8)
        return Counted(r.rows, self.subject, r.studio, r.low, r.high, doubt, least, most, value, begins, ends, known)

    @cached_property
    def surely_there(self) -> Mask:
        """Which groups surely are there: named by a record that surely is meant, by a register or by a paper."""
        if self.check.subjects or self.check.licence or not self.check.per:
            return np.ones(len(self.subjects), bool)
        there = np.zeros(len(self.subjects), bool)
        there[self.subject[self.records.belongs.met & (self.subject >= 0)]] = True
        return there

    def representative(self, tally: Tally, last: Ints) -> Ints:
        """The record whose bound a window has: its last sure one, else one of its group."""
        any_of_group = np.full(len(self.subjects) + 1, -1, np.int64)
        any_of_group[self.subject] = np.arange(len(self.subject))
        any_of_group[-1] = -1
        return np.where(last >= 0, last, any_of_group[tally.windows.subject])

    def bound(self, bound: Bound, tally: Tally, last: Ints) -> tuple[Floats, Codes]:
        """The bound of each window, whose last sure record is given (-1 without one), and why it is not known."""
        if isinstance(bound, float):
            return np.full(len(last), bound), np.zeros(len(last), np.uint8)
        record = self.representative(tally, last)
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
        return np.where(cells.why > 0, np.nan, cells.values), cells.why

    def rows_in(self, windows: Windows, without: Ints) -> Callable[[], tuple[Ints, Ints]]:
        """Tells the sure records of some windows: (window, row of the log), but for one row of each, which is all that
        a window of one record has. Of the ledger it keeps the records of their groups.
        """
        stretches = np.flatnonzero(windows.row < 0)
        wanted = marked(len(self.subjects), windows.subject[stretches])
        sure = np.flatnonzero((self.subject >= 0) & (self.doubt(None) == 0))
        lined = Lined.of(sure[wanted[self.subject[sure]]], self.subject, self.records.low)
        rows = self.records.rows[lined.places]

        def told() -> tuple[Ints, Ints]:
            here = windows.take(stretches)
            which, place = ranges(lined.before(here.subject, here.first), lined.upto(here.subject, here.last) - 1)
            other = rows[place] != without[stretches[which]]
            return stretches[which][other], rows[place][other]

        return told

    @cached_property
    def first_days(self) -> Ints:
        """The day of each group's first record, far away where it has none."""
        first = np.full(len(self.subjects), FAR)
        dated = (self.subject >= 0) & (self.records.low > -FAR)
        np.minimum.at(first, self.subject[dated], self.records.low[dated])
        return first


def _amounts(here: Rows, column: str) -> tuple[Floats, Floats]:
    """What each record adds at least and at most; a blank quantity is one."""
    cells = here.cells(column)
    assert isinstance(cells, Numbers)
    blank = among(cells.why, Reason.blank, Reason.no_column) & (column.split(".")[-1] == "quantity")
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
