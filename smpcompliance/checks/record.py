"""Kind `record`: this line must hold these things."""

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from smpcompliance.checks.answer import Answer, all_of, answer
from smpcompliance.checks.base import Found, Scope, Selection, Texts, Verdict, looked_at, record_verdict
from smpcompliance.checks.condition import Conditions, Constraint
from smpcompliance.checks.find import Find, seek
from smpcompliance.checks.judging import Rows, holidays_of, judge_columns, shift
from smpcompliance.checks.words import say
from smpcompliance.dates import Ints, end, start_of
from smpcompliance.logs.cells import Moments, Reason


class Record(Selection):
    """Each record in `where` satisfies `require`.

    One finding is one record, listing every column that fails; facts: `columns` (the failing ones). Only `required`
    judges a blank cell; a comparison with a blank, unreadable or too coarse cell cannot be judged. What is `required`
    `at_most_after` another moment is not yet due while it is blank and that time runs on the audit day. Records for
    which `unless` finds a match are left out.
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
            first = marks.argmax(axis=0) if len(names) else np.zeros(len(places), np.int64)
            failing = Texts(len(places), lambda n: ", ".join(np.array(names)[marks[:, n]]))
            studio = scope.logs.log(self.log).studio[found].astype(np.int64)
            open_ = self._open_columns(Rows(scope.logs, self.log, found), belongs.take(places))
            return Found(
                self.log,
                found,
                studio,
                Texts(len(places), lambda n: open_[n] or names[int(first[n])]),
                {"columns": failing},
                words=lambda n: (
                    self.claim(scope, int(found[n]))
                    + looked_at(scope.logs, self.log, int(found[n]), self._behind(failing[n].split(", ")))
                ),
            )

        return record_verdict(scope, self.log, rows, belongs, required, describe)

    def _open_columns(self, here: Rows, belongs: Answer) -> Sequence[str]:
        """For each record that may not be meant the column of `where` that leaves it open; empty for the others."""
        judged = judge_columns(self.where, here) if belongs.unknown.any() else []
        names = [*(name for name, _ in judged), ""]
        marks = np.array([*(belongs.unknown & each.unknown for _, each in judged), np.ones(len(here), bool)])
        first = marks.argmax(axis=0)
        return Texts(len(here), lambda n: names[int(first[n])])

    def _in_time(self, name: str, answered: Answer, here: Rows, scope: Scope) -> Answer:
        """A column that is wanted within a time is not yet due while it is blank and that time runs."""
        part = self.require.root.get(name)
        if not isinstance(part, Constraint) or not part.required or not part.at_most_after:
            return answered
        start = here.cells(part.at_most_after.column)
        assert isinstance(start, Moments)
        until = shift(end(start.at, start.precision), part.at_most_after.by, holidays_of(here))
        runs = (here.cells(name).why == Reason.blank) & (start.why == 0) & (until >= start_of(scope.as_of))
        return answer(answered.bad & ~runs, np.where(runs, Reason.not_yet_due, answered.why).astype(np.uint8))

    def _behind(self, failing: list[str]) -> list[str]:
        """The failing columns and those they are compared with."""
        compared = [other for path, c, _ in self.require.columns() if path in failing for _, other in c.compared()]
        return [name for name in (*failing, *compared) if name]
