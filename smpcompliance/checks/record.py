"""Kind `record`: this line must hold these things."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import compress
from typing import Literal, TypeGuard

import numpy as np

from smpcompliance.checks.answer import Answer, all_of, answer
from smpcompliance.checks.base import (
    Found,
    Made,
    Scope,
    Selection,
    Verdict,
    looked_at,
    missing_logs,
    record_verdict,
    subject_names,
)
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.find import Find, seek
from smpcompliance.checks.judging import Rows, column_of, holidays_of, judge, judge_columns, shift
from smpcompliance.checks.stock import last_day_columns, usable_lots
from smpcompliance.checks.upcoming import Upcoming
from smpcompliance.checks.words import say
from smpcompliance.dates import DATE, DAY, FIRST_DAY, TIME, Ints, Mask, Period, end, start_of
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.rows import marked
from smpcompliance.logs.schema import schema
from smpcompliance.logs.standing import in_use


class Record(Selection):
    """Each record in `where` satisfies `require`.

    One finding is one record, listing every column that fails; facts: `columns` (the failing ones). Only `required`
    judges a blank cell; a comparison with a blank, unreadable or too coarse cell cannot be judged. What is `required`
    `at_most_after` another moment is not yet due while it is blank and that time runs on the audit day; a record
    before the period is judged when such a time ends in the period. Records for which `unless` finds a match are left
    out.
    """

    kind: Literal["record"]
    require: Conditions
    unless: Find | None = None

    def explain(self) -> str:
        return (
            f"Each record of {say.selection(self)} must have {say.conditions(self.require)}{say.unless(self.unless)}."
        )

    def logs_needed(self) -> Iterator[str]:
        yield self.log
        if self.unless:
            yield self.unless.log

    def facts(self) -> Sequence[str]:
        return ("columns",)

    def evaluate(self, scope: Scope) -> Verdict:
        rows, belongs = self.selected(scope)
        if late := [name for name, part in self.require.root.items() if _within_a_time(part)]:
            rows, belongs = self._with_late(scope, rows, belongs, late)
        here = Rows(scope.logs, self.log, rows)
        if self.unless:
            belongs = belongs & ~seek(self.unless, here).answer
        columns = [(name, self._in_time(name, each, here, scope)) for name, each in judge_columns(self.require, here)]
        required = all_of((each for _, each in columns), len(rows))

        def describe(places: Ints, found: Ints) -> Found:
            names = [name for name, _ in columns]
            bad = np.array([each.bad[places] for _, each in columns])
            unsure = np.array([each.unknown[places] for _, each in columns])
            marks = np.where(bad.any(axis=0), bad, unsure) if len(names) else np.zeros((0, len(places)), bool)
            failing = Made(len(places), lambda n: ", ".join(compress(names, marks[:, n])))
            studio = scope.logs.log(self.log).studio[found].astype(np.int64)
            open_ = self._open_columns(Rows(scope.logs, self.log, found), belongs.take(places))
            behind = cache(lambda columns: looked_at(scope.logs, self.log, self._behind(columns.split(", "))))
            return Found(
                self.log,
                found,
                studio,
                Made(len(places), lambda n: open_[n] or names[int(marks[:, n].argmax())]),
                {"columns": failing},
                words=lambda n: self.claim(scope, int(found[n])) + behind(failing[n])(int(found[n])),
            )

        return record_verdict(scope, self.log, rows, belongs, required, describe)

    def looks_ahead(self) -> bool:
        return bool(self._ways() or self._lots())

    def upcoming(self, scope: Scope) -> tuple[Upcoming, ...]:
        missing = missing_logs(scope, list(dict.fromkeys(self.logs_needed())))
        out = [self._to_be_entered(scope, ways) for ways in self._ways()]
        if lots := self._lots():
            out.append(usable_lots(scope, self.log, self.where, lots))
        return tuple(replace(each, reasons=missing).where_handed_in(len(scope.studios)) for each in out)

    def _lots(self) -> list[str]:
        return list(dict.fromkeys(last_day_columns(self.log, self.require, self.moment())))

    def _to_be_entered(self, scope: Scope, ways: Sequence[tuple[str, Constraint]]) -> Upcoming:
        """The records in which a column is still blank that must be filled within a time, or one of several ways to do
        the same; the last that is still open says until when.

        Where a rule looks only at what was used (`unless` there is no such use), it is due only if it is used.
        """
        rows, belongs = self.selected(replace(scope, period=Period(FIRST_DAY, scope.as_of)))
        if schema(self.log).stands:
            keep = in_use(scope.logs, self.log, Period(scope.as_of, scope.as_of)).within[rows]
            rows, belongs = rows[keep], belongs.take(keep)
        here = Rows(scope.logs, self.log, rows)
        unused = np.zeros(len(rows), bool)
        if self.unless:
            excused = seek(self.unless, here).answer
            if self.unless.none and schema(self.unless.log).stands is None:
                unused = excused.met
            else:
                belongs = belongs & ~excused
        until, why = np.full(len(rows), -1), np.zeros(len(rows), np.uint8)
        open_ = np.zeros(len(rows), bool)
        for name, part in ways:
            assert part.at_most_after
            last, known = _last_second(part, here)
            blank = here.cells(name).why == Reason.blank
            if column_of(self.log, part.at_most_after.column).private:
                blank[:] = False
            until = np.where(blank & known, np.maximum(until, last), until)
            why = np.where(blank & ~known, here.cells(part.at_most_after.column).why, why).astype(np.uint8)
            open_ |= blank
        if ways[0][0] not in self.require.root:
            open_ &= ~judge(Conditions({"any_of": self.require.root["any_of"]}), here).met
        why = np.where(belongs.why > 0, belongs.why, np.where(until >= 0, 0, why)).astype(np.uint8)
        found = np.flatnonzero(open_ & ~belongs.bad)
        rows, until, why, unused = rows[found], until[found], why[found], unused[found]
        timed = any(part.at_most_after and part.at_most_after.by.needs_times for _, part in ways)
        none = np.zeros(len(rows), np.uint8)
        ends = Moments(none, until, np.full(len(rows), TIME if timed else DATE, np.uint8))
        late = (why == 0) & (until < start_of(scope.as_of)) & ~unused
        key, names = schema(self.log).key, list(dict.fromkeys(name for name, _ in ways))
        return Upcoming(
            self.log, rows, scope.logs.log(self.log).studio[rows].astype(np.int64), until // DAY, late,
            unused & ~late, why, subject_names(scope.logs, self.log, [key], rows), names[0], self.log,
            words=lambda entry: f"{say.names(names[:1])} blank, due {ends.text(entry)}",
        )  # fmt: skip

    def _ways(self) -> list[list[tuple[str, Constraint]]]:
        """Columns that must be filled within a time: each by itself, and those that are ways of doing the same."""
        found = [[(name, part)] for name, part in self.require.root.items() if _within_a_time(part)]
        either = self.require.root.get("any_of", [])
        assert isinstance(either, list)
        either_way = [(name, part) for each in either for name, part in each.root.items() if _within_a_time(part)]
        return [*found, either_way] if either_way else found

    def _open_columns(self, here: Rows, belongs: Answer) -> Sequence[str]:
        """For each record that may not be meant the column of `where` that leaves it open; empty for the others."""
        if not belongs.unknown.any():
            return Made(len(here), lambda _: "")
        judged = judge_columns(self.where, here)
        names = [*(name for name, _ in judged), ""]
        marks = np.array([*(belongs.unknown & each.unknown for _, each in judged), np.ones(len(here), bool)])
        first = marks.argmax(axis=0).astype(np.uint8)
        return Made(len(here), lambda n: names[int(first[n])])

    def _in_time(self, name: str, answered: Answer, here: Rows, scope: Scope) -> Answer:
        """A column that is wanted within a time is not yet due while it is blank and that time runs."""
        if not _within_a_time(self.require.root.get(name)):
            return answered
        until, known = self._until(name, here)
        runs = (here.cells(name).why == Reason.blank) & known & (until >= start_of(scope.as_of))
        return answer(answered.bad & ~runs, np.where(runs, Reason.not_yet_due, answered.why).astype(np.uint8))

    def _until(self, name: str, here: Rows) -> tuple[Ints, Mask]:
        """The last second in time for a column of each record, and whether it is known."""
        part = self.require.root[name]
        assert isinstance(part, Constraint)
        return _last_second(part, here)

    def _with_late(self, scope: Scope, rows: Ints, belongs: Answer, names: list[str]) -> tuple[Ints, Answer]:
        """Adds earlier records for which the time of a column ended in the period without what was wanted: when their
        own day was audited it was not yet due."""
        if scope.days is None or schema(self.log).stands is not None:
            return rows, belongs
        every, meant = self.selected(replace(scope, period=Period(FIRST_DAY, scope.period.last)))
        here = Rows(scope.logs, self.log, every)
        first, over = start_of(scope.days.first), start_of(scope.days.last) + DAY
        missed = np.zeros(len(every), bool)
        for name, judged in judge_columns(self.require, here):
            if name in names:
                until, known = self._until(name, here)
                missed |= judged.bad & known & (until >= first) & (until < over)
        more = missed & meant.met & ~marked(len(scope.logs.log(self.log)), rows)[every]
        both = np.concatenate([rows, every[more]])
        added = meant.take(more)
        return both, Answer(np.concatenate([belongs.bad, added.bad]), np.concatenate([belongs.why, added.why]))

    def _behind(self, failing: list[str]) -> list[str]:
        """The failing columns and those they are compared with."""
        compared = [other for path, c, _ in self.require.columns() if path in failing for _, other in c.compared()]
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
