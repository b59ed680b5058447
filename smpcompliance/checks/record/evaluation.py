"""Kind `record`, judged."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import compress
from typing import TypeGuard

import numpy as np

from smpcompliance.checks.answer import Answer, all_of, answer
from smpcompliance.checks.base import (
    Evaluation,
    Found,
    Made,
    Scope,
    Verdict,
    claim,
    looked_at,
    missing_logs,
    record_verdict,
    selected,
    subject_names,
)
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.find import seek
from smpcompliance.checks.judging import Rows, column_of, holidays_of, judge, judge_columns, shift
from smpcompliance.checks.record import Record
from smpcompliance.checks.stock import last_day_columns, usable_lots
from smpcompliance.checks.upcoming import Upcoming
from smpcompliance.checks.words import say
from smpcompliance.dates import DATE, DAY, FIRST_DAY, TIME, Ints, Mask, Period, end, start_of
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.rows import marked
from smpcompliance.logs.schema import schema
from smpcompliance.logs.standing import in_use


class Judging(Evaluation[Record]):
    def evaluate(self, scope: Scope) -> Verdict:
        rows, belongs = selected(self.check, scope)
        if late := [name for name, part in self.check.require.root.items() if _within_a_time(part)]:
            rows, belongs = self._with_late(scope, rows, belongs, late)
        here = Rows(scope.logs, self.check.log, rows)
        if self.check.unless:
            belongs = belongs & ~seek(self.check.unless, here).answer
        required = all_of((each for _, each in self._judged(here, scope)), len(rows))
        return record_verdict(
            scope, self.check.log, rows, belongs, required, lambda _, found: self._found(scope, found)
        )

    def _judged(self, here: Rows, scope: Scope) -> list[tuple[str, Answer]]:
        """The answer of each column that is asked for."""
        every = judge_columns(self.check.require, here)
        return [(name, self._in_time(name, each, here, scope)) for name, each in every]

    def _found(self, scope: Scope, rows: Ints) -> Found:
        """Some records that fail or are undecided; in which columns is judged again when that is first looked at."""
        here, n = Rows(scope.logs, self.check.log, rows), len(rows)

        @cache
        def marks() -> tuple[list[str], Sequence[str], np.ndarray]:
            columns = self._judged(here, scope)
            bad = np.array([each.bad for _, each in columns])
            unsure = np.array([each.unknown for _, each in columns])
            found = np.where(bad.any(axis=0), bad, unsure) if len(columns) else np.zeros((0, n), bool)
            return [name for name, _ in columns], self._open_columns(here), found

        @cache
        def told(pattern: bytes) -> str:
            return ", ".join(compress(marks()[0], pattern))

        def failing(entry: int) -> str:
            return told(marks()[2][:, entry].tobytes())

        def first(entry: int) -> str:
            names, left_open, found = marks()
            return left_open[entry] or names[int(found[:, entry].argmax())]

        behind = cache(lambda columns: looked_at(scope.logs, self.check.log, self._behind(columns.split(", "))))
        return Found(
            self.check.log,
            rows,
            scope.logs.whose(self.check.log, rows),
            Made(n, first),
            {"columns": Made(n, failing)},
            words=lambda entry: claim(self.check, scope, int(rows[entry])) + behind(failing(entry))(int(rows[entry])),
        )

    def looks_ahead(self) -> bool:
        return bool(self._ways() or self._lots())

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        missing = missing_logs(scope, list(dict.fromkeys(self.check.logs_needed())))
        out = [self._to_be_entered(scope, ways) for ways in self._ways()]
        if lots := self._lots():
            out.append(usable_lots(scope, self.check.log, self.check.where, lots))
        return tuple(replace(each, reasons=missing).where_handed_in(len(scope.studios)) for each in out)

    def _lots(self) -> list[str]:
        return list(dict.fromkeys(last_day_columns(self.check.log, self.check.require, self.check.moment())))

    def _to_be_entered(self, scope: Scope, ways: Sequence[tuple[str, Constraint]]) -> Upcoming:
        """The records in which a column is still blank that must be filled within a time, or one of several ways to do
        the same; the last that is still open says until when.

        Where a rule looks only at what was used (`unless` there is no such use), it is due only if it is used.
        """
        rows, belongs = selected(self.check, replace(scope, period=Period(FIRST_DAY, scope.as_of)))
        if schema(self.check.log).stands:
            keep = in_use(scope.logs, self.check.log, Period(scope.as_of, scope.as_of)).within[rows]
            rows, belongs = rows[keep], belongs.take(keep)
        here = Rows(scope.logs, self.check.log, rows)
        unused = np.zeros(len(rows), bool)
        if self.check.unless:
            excused = seek(self.check.unless, here).answer
            if self.check.unless.none and schema(self.check.unless.log).stands is None:
                unused = excused.met
            else:
                belongs = belongs & ~excused
        until, why = np.full(len(rows), -1), np.zeros(len(rows), np.uint8)
        open_ = np.zeros(len(rows), bool)
        for name, part in ways:
            assert part.at_most_after
            last, known = _last_second(part, here)
            blank = here.cells(name).why == Reason.blank
            if column_of(self.check.log, part.at_most_after.column).private:
                blank[:] = False
            until = np.where(blank & known, np.maximum(until, last), until)
            why = np.where(blank & ~known, here.cells(part.at_most_after.column).why, why).astype(np.uint8)
            open_ |= blank
        if ways[0][0] not in self.check.require.root:
            open_ &= ~judge(Conditions({"any_of": self.check.require.root["any_of"]}), here).met
        why = np.where(belongs.why > 0, belongs.why, np.where(until >= 0, 0, why)).astype(np.uint8)
        found = np.flatnonzero(open_ & ~belongs.bad)
        rows, until, why, unused = rows[found], until[found], why[found], unused[found]
        timed = any(part.at_most_after and part.at_most_after.by.needs_times for _, part in ways)
        none = np.zeros(len(rows), np.uint8)
        ends = Moments(none, until, np.full(len(rows), TIME if timed else DATE, np.uint8))
        late = (why == 0) & (until < start_of(scope.as_of)) & ~unused
        key, names = schema(self.check.log).key, list(dict.fromkeys(name for name, _ in ways))
        return Upcoming(
            self.check.log, rows, scope.logs.log(self.check.log).studio[rows].astype(np.int64), until // DAY, late,
            unused & ~late, why, subject_names(scope.logs, self.check.log, [key], rows), names[0], self.check.log,
            words=lambda entry: f"{say.names(names[:1])} blank, due {ends.text(entry)}",
        )  # fmt: skip

    def _ways(self) -> list[list[tuple[str, Constraint]]]:
        """Columns that must be filled within a time: each by itself, and those that are ways of doing the same."""
        found = [[(name, part)] for name, part in self.check.require.root.items() if _within_a_time(part)]
        either = self.check.require.root.get("any_of", [])
        assert isinstance(either, list)
        either_way = [(name, part) for each in either for name, part in each.root.items() if _within_a_time(part)]
        return [*found, either_way] if either_way else found

    def _open_columns(self, here: Rows) -> Sequence[str]:
        """For each record that may not be meant the column of `where` that leaves it open; empty for the others."""
        judged = judge_columns(self.check.where, here)
        names = [*(name for name, _ in judged), ""]
        marks = np.array([*(each.unknown for _, each in judged), np.ones(len(here), bool)])
        first = marks.argmax(axis=0).astype(np.uint8)
        return Made(len(here), lambda n: names[int(first[n])])

    def _in_time(self, name: str, answered: Answer, here: Rows, scope: Scope) -> Answer:
        """A column that is wanted within a time is not yet due while it is blank and that time runs."""
        if not _within_a_time(self.check.require.root.get(name)):
            return answered
        until, known = self._until(name, here)
        runs = (here.cells(name).why == Reason.blank) & known & (until >= start_of(scope.as_of))
        return answer(answered.bad & ~runs, np.where(runs, Reason.not_yet_due, answered.why).astype(np.uint8))

    def _until(self, name: str, here: Rows) -> tuple[Ints, Mask]:
        """The last second in time for a column of each record, and whether it is known."""
        part = self.check.require.root[name]
        assert isinstance(part, Constraint)
        return _last_second(part, here)

    def _with_late(self, scope: Scope, rows: Ints, belongs: Answer, names: list[str]) -> tuple[Ints, Answer]:
        """Adds earlier records for which the time of a column ended in the period without what was wanted: when their
        own day was audited it was not yet due."""
        if scope.days is None or schema(self.check.log).stands is not None:
            return rows, belongs
        every, meant = selected(self.check, replace(scope, period=Period(FIRST_DAY, scope.period.last)))
        here = Rows(scope.logs, self.check.log, every)
        first, over = start_of(scope.days.first), start_of(scope.days.last) + DAY
        missed = np.zeros(len(every), bool)
        for name, judged in judge_columns(self.check.require, here):
            if name in names:
                until, known = self._until(name, here)
                missed |= judged.bad & known & (until >= first) & (until < over)
        more = missed & meant.met & ~marked(len(scope.logs.log(self.check.log)), rows)[every]
        both = np.concatenate([rows, every[more]])
        added = meant.take(more)
        return both, Answer(np.concatenate([belongs.bad, added.bad]), np.concatenate([belongs.why, added.why]))

    def _behind(self, failing: list[str]) -> list[str]:
        """The failing columns and those they are compared with."""
        compared = [
            other for path, c, _ in self.check.require.columns() if path in failing for _, other in c.compared()
        ]
        return [name for name in (*failing, *compared) if name]


def _within_a_time(part: object) -> TypeGuard[Constraint]:
    """Whether a column must be filled, and so long after another moment at most."""
    return isinstance(part, Constraint) and bool(part.required) and part.at_most_after is not None


def _last_second(part: Constraint, here: Rows) -> tuple[Ints, Mask]:
    """The last second in time of each record, and whether it is known."""
    assert part.at_most_after
    start = here.cells(part.at_most_after.column)
    assert isinstance(start, Moments)
    return shift(end(start.at, start.precision), part.at_most_after.by, holidays_of(here)), start.why == 0
