"""Kind `unique`, judged."""

from dataclasses import replace

import numpy as np

from smpcompliance.checks.base import (
    Evaluation,
    Found,
    Made,
    Scope,
    Verdict,
    first_alike,
    group_keys,
    missing_logs,
    selected,
)
from smpcompliance.checks.unique import Unique
from smpcompliance.dates import FIRST_DAY, Ints, Period
from smpcompliance.logs.cells import first_reason
from smpcompliance.logs.rows import begins, distinct_pairs, marked


class Judging(Evaluation[Unique]):
    def evaluate(self, scope: Scope) -> Verdict:
        ever = replace(scope, period=Period(FIRST_DAY, scope.period.last))
        rows, belongs = selected(self.check, ever)
        table = scope.logs.log(self.check.log)
        now = marked(len(table), selected(self.check, scope)[0])[rows]
        keys, why = first_alike(scope.logs, self.check.log, self.check.key)
        keys, why = keys[rows], why[rows]
        unsure = now & ((why > 0) | belongs.unknown)
        sure = (why == 0) & belongs.met
        sure &= marked(len(table), keys[sure & now])[keys]
        times = self._times(scope, rows[sure], keys[sure])
        key = np.flatnonzero(times)
        open_ = rows if unsure.all() else rows[unsure]
        unknowns = Found(
            self.check.log, open_, scope.logs.whose(self.check.log, open_), self.check.key[0],
            why=first_reason(why, belongs.why)[unsure],
        )  # fmt: skip
        examined = np.bincount(table.studio.take(key), minlength=len(scope.studios))
        examined += np.bincount(unknowns.studio, minlength=len(scope.studios))
        again = np.flatnonzero(sure & (times > 1)[keys])
        again = again[np.lexsort((now[again], keys[again]))]
        return Verdict(
            examined,
            self._repeats(scope, rows[again], keys[again], times),
            unknowns,
            None,
            missing_logs(scope, [self.check.log]),
        )  # fmt: skip

    def _times(self, scope: Scope, rows: Ints, keys: Ints) -> Ints:
        """How often each key is used, by the number of the first row that has it."""
        if self.check.across:
            found, why = group_keys(scope.logs, self.check.log, [self.check.across], rows)
            keys = distinct_pairs(keys, np.where(why > 0, -np.arange(1, len(keys) + 1), found))[0]
        return np.bincount(keys, minlength=len(scope.logs.log(self.check.log)))

    def _repeats(self, scope: Scope, rows: Ints, keys: Ints, times: Ints) -> Found:
        """One entry per key, its last row the first evidence; rows come key by key, those before the period first."""
        is_last = np.append(begins(keys)[1:], True)[: len(keys)]
        last, used = rows[is_last], times[keys[is_last]]
        entries = np.cumsum(is_last) - is_last
        return Found(
            self.check.log,
            last,
            scope.logs.whose(self.check.log, last),
            self.check.key[0],
            {"times": Made(len(last), lambda n: str(used[n]))}
            | {name: scope.logs.cells(self.check.log, name).take(last) for name in self.check.key},
            related=lambda: ((self.check.log, entries[~is_last], rows[~is_last]),),
        )
