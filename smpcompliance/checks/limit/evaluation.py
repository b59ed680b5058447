"""Kind `limit`, judged."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from smpcompliance.checks.base import Evaluation, Found, Made, Scope, Verdict, missing_logs, nothing_found, with_more
from smpcompliance.checks.limit import Limit
from smpcompliance.checks.limit.ledger import Ledger
from smpcompliance.checks.limit.measuring import Judged, measured
from smpcompliance.checks.stretches import day_text
from smpcompliance.checks.subjects import FAR
from smpcompliance.dates import Codes, Ints
from smpcompliance.logs.numbers import number_text
from smpcompliance.logs.rows import groups, marked


class Judging(Evaluation[Limit]):
    def evaluate(self, scope: Scope) -> Verdict:
        missing = missing_logs(scope, list(self.check.logs_needed()))
        none = nothing_found(self.check.log)
        if scope.days is None:
            return Verdict(np.zeros(len(scope.studios), np.int64), none, none, None, missing)
        ledger = Ledger.of(self.check, scope)
        judged = Judged.joined([found for each in self.check.each_measure() for found in measured(ledger, each)])
        if not (here := scope.logs.has(self.check.log)[judged.windows.studio]).all():
            judged = judged.take(np.flatnonzero(here))
        bad, unsure = np.flatnonzero(judged.bad), np.flatnonzero(judged.why > 0)
        examined = np.bincount(judged.windows.studio, minlength=len(scope.studios))
        verdict = Verdict(
            examined,
            self._found(ledger, judged, bad, None),
            self._found(ledger, judged, unsure, judged.why[unsure]),
            None,
            missing,
        )
        undated = self._undated(ledger, judged)
        return with_more(verdict, undated) if len(undated) else verdict

    def _undated(self, ledger: Ledger, judged: Judged) -> Found:
        """The first record of each group that has no window because none of its records has a day."""
        r = ledger.records
        lost = np.flatnonzero((r.moment.why > 0) & (ledger.subject >= 0))
        if len(lost):
            windows = judged.windows.subject
            lost = lost[~marked(len(ledger.subjects), windows[windows >= 0])[ledger.subject[lost]]]
        picked = lost[np.sort(groups(ledger.subject[lost])[1])]
        facts = {
            name: [ledger.subjects.text(n, int(s)) for s in ledger.subject[picked]]
            for n, name in enumerate(self.check.per)
        }
        studio = r.studio[picked].astype(np.int64)
        return Found(self.check.log, r.rows[picked], studio, str(self.check.moment()), facts, r.moment.why[picked])

    def _found(self, ledger: Ledger, judged: Judged, entries: Ints, why: Codes | None) -> Found:
        if not len(entries):
            names = (*self.check.per, "total", "bound", "window", "measure")
            return replace(nothing_found(self.check.log), facts=dict.fromkeys(names, ()))
        picked = judged.take(entries)
        n, subject, subjects, first_days = len(entries), picked.windows.subject, ledger.subjects, ledger.first_days
        windows = Made(n, lambda at: _window_text(first_days, picked, at))
        totals = Made(n, lambda at: _number(picked.total[at]))
        bounds = Made(n, lambda at: _number(picked.bound[at]))
        facts: dict[str, Sequence[str]] = {
            name: Made(n, lambda at, place=place: subjects.text(place, int(subject[at])))  # type: ignore[misc]
            for place, name in enumerate(self.check.per)
        }
        measure = Made(n, lambda at: picked.said[int(picked.part[at])].measure)
        side = Made(n, lambda at: picked.said[int(picked.part[at])].side)
        facts |= {"total": totals, "bound": bounds, "window": windows, "measure": measure}
        rows_in = ledger.rows_in(picked.windows, picked.row)
        return Found(
            self.check.log, picked.row, picked.windows.studio, self.check.per[0] if self.check.per else "", facts, why,
            lambda: ((self.check.log, *rows_in()),),
            lambda at: f"{measure[at]} {totals[at]} ({windows[at]}), {side[at]} {bounds[at]}",
        )  # fmt: skip


def _window_text(first_days: Ints, judged: Judged, n: int) -> str:
    if label := judged.label(n):
        return label
    first, last = int(judged.windows.first[n]), int(judged.windows.last[n])
    if first == -FAR:
        first = min(int(first_days[judged.windows.subject[n]]), last)
    return day_text(first) if first == last else f"{day_text(first)} to {day_text(last)}"


def _number(value: float) -> str:
    return "" if value != value else number_text(value)
