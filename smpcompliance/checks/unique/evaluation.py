"""Kind `unique`, judged."""

from dataclasses import replace

import numpy as np

from smpcompliance.checks.base import Evaluation, Found, Scope, Verdict, group_keys, missing_logs, selected
from smpcompliance.checks.unique import Unique
from smpcompliance.dates import FIRST_DAY, Ints, Period
from smpcompliance.logs.rows import distinct_pairs, groups, in_order, marked, ranked


class Judging(Evaluation[Unique]):
    def evaluate(self, scope: Scope) -> Verdict:
        ever = replace(scope, period=Period(FIRST_DAY, scope.period.last))
        rows, belongs = selected(self.check, ever)
        now = marked(len(scope.logs.log(self.check.log)), selected(self.check, scope)[0])[rows]
        keys, why = group_keys(scope.logs, self.check.log, self.check.key, rows)
        uses = self._uses(scope, rows, keys)
        unsure = np.flatnonzero(now & ((why > 0) | belongs.unknown))
        sure = np.flatnonzero((why == 0) & belongs.met)
        place = ranked(keys[sure])
        sure = sure[marked(len(sure), place[now[sure]])[place]]
        sure = np.concatenate([sure[~now[sure]], sure[now[sure]]])
        studio = scope.logs.log(self.check.log).studio[rows].astype(np.int64)
        group, first = groups(keys[sure])
        per_group = np.bincount(
            distinct_pairs(group, uses[sure])[0] if self.check.across else group, minlength=len(first)
        )
        repeated = np.flatnonzero(per_group > 1)
        examined = np.bincount(studio[sure][first], minlength=len(scope.studios))
        examined += np.bincount(studio[unsure], minlength=len(scope.studios))
        return Verdict(
            examined,
            self._repeats(scope, rows[sure], group, repeated, per_group),
            Found(self.check.log, rows[unsure], studio[unsure], self.check.key[0],
                  why=np.where(why[unsure] > 0, why[unsure], belongs.why[unsure]).astype(np.uint8)),
            None,
            missing_logs(scope, [self.check.log]),
        )  # fmt: skip

    def _uses(self, scope: Scope, rows: Ints, keys: Ints) -> Ints:
        if not self.check.across:
            return np.arange(len(keys))
        found, why = group_keys(scope.logs, self.check.log, [self.check.across], rows)
        return np.where(why > 0, -np.arange(1, len(keys) + 1), found)

    def _repeats(self, scope: Scope, rows: Ints, group: Ints, repeated: Ints, times: Ints) -> Found:
        order = in_order(group)
        begin = np.searchsorted(group[order], repeated, "left")
        end = np.searchsorted(group[order], repeated, "right")
        last = rows[order[end - 1]] if len(repeated) else np.zeros(0, np.int64)
        entries = np.repeat(np.arange(len(repeated)), end - begin - 1)
        others = [rows[order[b : e - 1]] for b, e in zip(begin, end, strict=True)]
        table = scope.logs.log(self.check.log)
        return Found(
            self.check.log,
            last,
            table.studio[last].astype(np.int64),
            self.check.key[0],
            {"times": [str(n) for n in times[repeated]]}
            | {name: scope.logs.cells(self.check.log, name).take(last) for name in self.check.key},
            related=((self.check.log, entries, np.concatenate([np.zeros(0, np.int64), *others])),),
        )
