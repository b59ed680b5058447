"""Kind `retention`, judged."""

import numpy as np

from smpcompliance.checks.base import Evaluation, Found, Made, Scope, Verdict, missing_logs, nothing_found
from smpcompliance.checks.judging import Rows, judge
from smpcompliance.checks.retention import Retention
from smpcompliance.checks.retention.archive import Kept, Units, complete, join, on_site, outstayed
from smpcompliance.checks.retention.reach import reach
from smpcompliance.dates import DATE, YEAR, Duration, Ints, add, end, floor
from smpcompliance.logs.cells import Moments, Reason
from smpcompliance.logs.schema import schema


class Judging(Evaluation[Retention]):
    def evaluate(self, scope: Scope) -> Verdict:
        if not scope.valid.first <= scope.as_of <= scope.valid.last:
            return Verdict(
                np.zeros(len(scope.studios), np.int64), nothing_found(self.check.log), nothing_found(self.check.log)
            )
        rows = scope.rows(self.check.log)
        belongs = judge(self.check.where, Rows(scope.logs, self.check.log, rows))
        start = scope.logs.cells(self.check.log, self.check.clock().column).take(rows)
        assert isinstance(start, Moments)
        return self._judged(scope, Kept(rows, belongs, start, *_term(start, self.check.keep, self.check.clock().round)))

    def _judged(self, scope: Scope, every: Kept) -> Verdict:
        kept = every.meant
        if self.check.on_site:
            units = [on_site(scope, self.check.log, kept)]
        elif self.check.at_most:
            units = [outstayed(scope, self.check.log, kept)]
        else:
            by_year, narrowed = (
                self.check.clock().round is not None,
                bool(self.check.each and self.check.needs and self.check.where),
            )
            whole = reach(scope, self.check.log, every, self.check.keep, by_year=by_year, narrowed=narrowed)
            records = complete(scope, self.check.log, kept, self.check.needs)
            if self.check.each:
                units = [records, whole] if schema(self.check.log).stands is None else [records]
            else:
                units = [whole.with_worst_of(records)]
        return _verdict(scope, self.check.log, self.check.clock().column, join(units), self._missing(scope, kept))

    def _missing(self, scope: Scope, kept: Kept) -> tuple[tuple[int, Reason], ...]:
        """What forbids a pass: the log itself was not handed in, or one that its records need."""
        meant = np.bincount(scope.logs.log(self.check.log).studio[kept.rows], minlength=len(scope.studios)) > 0
        _own, *needed = self.check.logs_needed()
        lacking = [(n, why) for n, why in missing_logs(scope, needed) if meant[n]]
        return tuple(dict.fromkeys((*missing_logs(scope, [self.check.log]), *lacking)))


def _term(start: Moments, keep: Duration, rounded: str | None) -> tuple[Ints, Ints]:
    """The last day of each record's term, as it may be at the earliest and at the latest (first second of the day)."""
    low, high = np.where(start.why > 0, 0, start.at), np.where(start.why > 0, 0, end(start.at, start.precision))
    if rounded:
        low, high = (end(floor(at, YEAR), YEAR) for at in (low, high))
    return floor(add(low, keep), DATE), floor(add(high, keep), DATE)


def _verdict(scope: Scope, log: str, column: str, units: Units, missing: tuple[tuple[int, Reason], ...]) -> Verdict:
    def shown(places: Ints, why: bool) -> Found:
        due = Moments(np.zeros(len(places), np.uint8), units.due[places], np.full(len(places), DATE, np.uint8))
        words = units.said
        said = Made(len(places), lambda at: words[int(places[at])])
        return Found(
            log, units.rows[places], units.studio[places], column, {"due": due, "why": said},
            why=units.answer.why[places] if why else None, words=lambda entry: f"{said[entry]}; {due.text(entry)}",
        )  # fmt: skip

    return Verdict(
        np.bincount(units.studio, minlength=len(scope.studios)),
        shown(np.flatnonzero(units.answer.bad), False),
        shown(np.flatnonzero(units.answer.unknown), True),
        None,
        missing,
    )
